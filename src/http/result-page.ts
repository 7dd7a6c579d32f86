/** A result as its page shows it: the answer, the reason, the evidence. Everything is text here; templates escape it. */
import type { Job } from '../app/probe-jobs.ts';
import { showDomain } from '../base/domain.ts';
import type { Finding, HostResult, PredictedOutcome, ProbeResult } from '../probe/result.ts';
import { remarkSentence } from '../report/chain-lines.ts';
import { cleanResult } from '../report/clean.ts';
import { clockLines } from '../report/clock-lines.ts';
import { serverCell } from '../report/headings.ts';
import { remedyTitle } from '../report/remedy-lines.ts';
import { allFindings, hostFacts } from '../report/table.ts';
import { timeMark } from '../report/transcript.ts';
import {
  groupPredictions,
  groupSenders,
  lossSentence,
  policyRows,
  showModes,
  verdictSentence,
} from '../report/wording.ts';
import { formatsOf } from './formats.ts';
import type { Say } from './languages.ts';
import { matrixOf } from './matrix.ts';
import { lifetimePicture, scalePicture, waterfallPicture } from './pictures.ts';

/** Lines of a transcript that are shown; the JSON has them all. */
const MAX_TRANSCRIPT = 400;

export function resultPage(job: Job, unclean: ProbeResult, say: Say, reuseMs: number) {
  const result = cleanResult(unclean);
  const { confidence } = result;
  const findings = allFindings(result);
  return {
    id: job.id,
    target: result.target,
    domain: result.domain,
    shownDomain: showDomain(result.domain),
    tested: result.status === 'tested',
    tone: confidence.value === null ? 'unknown' : confidence.secure ? 'good' : 'bad',
    sign: confidence.value === null ? '?' : confidence.secure ? '✓' : '✕',
    value: confidence.value,
    headline: say(confidence.value === null ? 'notJudged' : confidence.secure ? 'secure' : 'notSecure'),
    score: confidence.value === null ? '' : say('confidence', { value: confidence.value, maximum: confidence.maximum }),
    scale: confidence.value === null ? '' : scalePicture(confidence.value, say('scale')),
    sentence: verdictSentence(result),
    losses: confidence.losses.map((loss) => ({
      points: loss.points,
      text: lossSentence(loss, result),
      code: loss.code,
    })),
    senders: groupPredictions(result).map(({ modes, prediction, sentence }) => ({
      modes: showModes(modes),
      tone:
        prediction.channel === 'encrypted'
          ? prediction.verified === true
            ? 'good'
            : 'fair'
          : prediction.channel === 'clear'
            ? 'caution'
            : 'bad',
      sign: prediction.channel === 'encrypted' ? '✓' : prediction.channel === 'clear' ? '!' : '✕',
      outcome: [
        outcomeWords(prediction, say),
        ...prediction.outcomes.map((each) => say('perhaps', { other: outcomeWords(each, say) })),
      ].join(', '),
      why: prediction.channel === 'none' ? sentence.replace(/^not go:? ?/, '') : '',
    })),
    otherSenders: groupSenders(result).map(([senders, sentence]) => ({ senders, sentence })),
    policies: policyRows(result).map(([name, words]) => ({ name, words })),
    matrix: matrixOf(result),
    hosts: result.hosts.map((host, index) => hostView(host, index, result, say)),
    findings: findings.map((finding) => findingView(finding, say)),
    dns: {
      source: result.dns.mx.source ?? '–',
      security: result.dns.mx.security,
      from: result.dns.mx.securityFrom,
      records: result.dns.mx.records.map(({ exchange, preference }) => `${preference} ${showDomain(exchange)}`),
      hosts: result.dns.hosts,
      mtaSts: result.mtaSts,
      tlsRpt: [result.tlsRpt.status, ...(result.tlsRpt.addresses ?? [])].join(', '),
      resolvers: result.dns.resolvers.join(', '),
    },
    clock: clockLines(result),
    testedAt: say('testedAt', {
      time: result.startedAt.slice(0, 16).replace('T', ' ').concat(' UTC'),
      seconds: (result.elapsedMs / 1000).toFixed(1),
    }),
    reused: say('reused', { minutes: Math.round(reuseMs / 60_000) }),
    formats: formatsOf(),
    options: job.options,
  };
}

export type ResultPage = ReturnType<typeof resultPage>;

/** "encrypted to mx.example.com", in the words of the page's language. */
export function outcomeWords({ channel, host, verified }: PredictedOutcome, say: Say): string {
  const to = { host: host === null ? '–' : showDomain(host) };
  if (channel === 'none') return say('notGo');
  if (channel === 'clear') return say('goClear', to);
  return say(verified === true ? 'goVerified' : verified === false ? 'goUnverified' : 'goEncrypted', to);
}

function hostView(host: HostResult, index: number, result: ProbeResult, say: Say) {
  const { chain, identity } = host;
  const at = Date.parse(result.startedAt);
  return {
    anchor: `host-${index + 1}`,
    name: serverCell(host),
    verdict: host.verdict,
    tone:
      host.verdict === 'encrypted'
        ? host.terms.certificate > 0
          ? 'caution'
          : 'good'
        : host.verdict === 'clear' || host.verdict === 'broken-tls'
          ? 'bad'
          : 'unknown',
    facts: hostFacts(host, result.startedAt),
    score: host.score,
    greeting: host.greeting ?? '',
    extensions: host.extensions.join(' · '),
    waterfall: waterfallPicture(host, say('times')),
    chain:
      chain === null
        ? null
        : {
            trusted: chain.trusted,
            verdict:
              chain.anchor === null
                ? say('notTrusted', { why: chain.detail ?? chain.problem ?? '' })
                : say('trustedRoot', { root: chain.anchor.subject }),
            certificates: chain.sent.map((certificate, position) => ({
              subject: certificate.subject === '' ? '–' : certificate.subject,
              key: `${certificate.key}, ${certificate.signature}`,
              names: [...certificate.names, ...certificate.addresses].slice(0, 12).join(', '),
              from: certificate.notBefore.slice(0, 10),
              to: certificate.notAfter.slice(0, 10),
              bar: lifetimePicture(
                certificate.notBefore,
                certificate.notAfter,
                at,
                `${certificate.notBefore.slice(0, 10)} – ${certificate.notAfter.slice(0, 10)}`,
              ),
              remarks: chain.remarks
                .filter((remark) => 'position' in remark && remark.position === position + 1)
                .map(remarkSentence),
            })),
            remarks: chain.remarks.filter((remark) => !('position' in remark)).map(remarkSentence),
          },
    identity:
      identity === null
        ? null
        : [
            {
              name: say('byMx'),
              matched: identity.mx.matched,
              step: '',
              trail: [
                `${say('expected')}: ${identity.mx.expected}`,
                `${say('presented')}: ${identity.mx.presented.join(', ') || '–'}`,
              ],
            },
            {
              name: say('byVerify'),
              matched: identity.verify.matched,
              step: stepWords(identity.verify),
              trail: identity.verify.trail,
            },
            {
              name: say('byHosted'),
              matched: identity.hosted.matched,
              step: stepWords(identity.hosted),
              trail: identity.hosted.trail,
            },
          ],
    dane: { status: host.dane.status, detail: host.dane.detail ?? '', records: host.dane.records ?? [] },
    mtaSts: host.mtaSts.status,
    transcript: host.transcript.slice(0, MAX_TRANSCRIPT).map(({ at: ms, kind, tls, text }) => ({
      mark: timeMark(ms),
      kind: kind === 'sent' ? 'sent' : kind === 'received' || kind === 'continued' ? 'received' : 'note',
      arrow: kind === 'sent' ? (tls ? '~~>' : '-->') : kind === 'received' ? (tls ? '<~~' : '<--') : '',
      text,
    })),
  };
}

function stepWords({ step, strength }: { readonly step: string | null; readonly strength: string | null }): string {
  return step === null ? '' : `${step}, ${strength ?? ''}`;
}

function findingView(finding: Finding, say: Say) {
  const { code, severity, host, detail, advice, reference, remedies = [] } = finding;
  return {
    code,
    severity,
    word: say(severity),
    host: host === undefined ? '' : showDomain(host),
    detail,
    advice,
    reference,
    remedies: remedies.map((remedy) => ({ title: remedyTitle(remedy), text: remedy.text })),
  };
}
