/** The band on top of a result: the answer, why, and what was lost, in the language of the page. */
import { showDomain } from '../base/domain.ts';
import { isFindingCode } from '../probe/finding-catalogue.ts';
import type { Finding, ProbeResult } from '../probe/result.ts';
import { doubtsOf, lookedAt } from '../report/verdict-facts.ts';
import { capital } from './finding-view.ts';
import { findingWords } from './language-words.ts';
import type { Language, Say } from './languages.ts';
import { scalePicture } from './pictures.ts';

export function verdictView(result: ProbeResult, shown: readonly ShownFinding[], language: Language, say: Say) {
  const { confidence, status } = result;
  const { value, maximum, secure } = confidence;
  return {
    tone: value === null ? 'unknown' : secure ? 'good' : 'bad',
    sign: status === 'null-mx' ? '–' : value === null ? '?' : secure ? '✓' : '✕',
    headline:
      status === 'tested' ? say(value === null ? 'notJudged' : secure ? 'secure' : 'notSecure') : say(`head.${status}`),
    value,
    score: value === null ? '' : say('confidence', { value, maximum }),
    scale: value === null ? '' : scalePicture(value, say('scale')),
    sentences: sentencesOf(result, say),
    // What is no language of ours: how the DNS failed is told by the resolver.
    evidence: status === 'dns-failure' ? (result.problem ?? '') : '',
    losses: confidence.losses.map(({ code, points, host, address }) => ({
      points,
      title: capital(isFindingCode(code) ? findingWords(code, language).title : code),
      host: showDomain(host),
      anchor:
        shown.find(
          ({ finding }) =>
            finding.code === code &&
            finding.host === host &&
            (address === null || (finding.address ?? address) === address),
        )?.anchor ?? null,
    })),
  };
}

export interface ShownFinding {
  readonly anchor: string;
  readonly finding: Finding;
}

/** Why it is so and what it means, in a few sentences; never the headline again. */
function sentencesOf(result: ProbeResult, say: Say): readonly string[] {
  const { confidence, status, domain } = result;
  if (status !== 'tested') {
    return [say(`status.${status}`, { domain: showDomain(domain), port: portOf(result) })];
  }
  if (confidence.value === null) return [say('why.notJudged')];
  const doubts = doubtsOf(result);
  const told = doubts.map(({ kind, number, total }) =>
    say(total <= 1 ? `doubt.${kind}.one` : `doubt.${kind}`, { number, total }),
  );
  const good = lookedAt(result.hosts) <= 1 ? say('why.good.one') : say('why.good');
  return [
    ...(doubts.length === 0 && confidence.secure ? [good] : told),
    ...(confidence.secure ? obligation(result, say) : []),
    ...(confidence.provisional ? [say('why.provisional')] : []),
  ];
}

/** What makes senders insist on the encryption; nothing where that was not looked at. */
function obligation(result: ProbeResult, say: Say): readonly string[] {
  const { dane, mtaSts } = result;
  const words = [
    ...(dane.status === 'match' ? [say('why.dane')] : []),
    ...(mtaSts.mode === 'enforce' ? [enforced(result, say)] : []),
  ];
  if (words.length > 0) return words;
  const looked = dane.status === 'none' && (mtaSts.mode === 'absent' || mtaSts.mode === 'none');
  return looked ? [say('why.unguarded')] : [];
}

/** What comes of an MTA-STS policy that is in force. */
function enforced({ hosts, senders }: ProbeResult, say: Say): string {
  if (senders['mta-sts'].channel !== 'encrypted') return say('why.stsUnmet');
  const outside = hosts.filter(({ mtaSts }) => mtaSts.status === 'not-covered');
  if (outside.length === 0) return say('why.sts');
  return say('why.stsPartly', { number: lookedAt(outside), total: lookedAt(hosts) });
}

function portOf({ hosts }: ProbeResult): number {
  return hosts[0]?.port ?? 25;
}
