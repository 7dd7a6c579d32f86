/** One mail server as its part of the page shows it: facts, chain, identity, policies, transcript. */

import type { CertificateFacts, ChainRemark, ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict, StepVerdict } from '../pki/identity-verdict.ts';
import { isFindingCode } from '../probe/finding-catalogue.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';
import { NEW_HEADINGS, socketOf } from '../report/headings.ts';
import { phasesOf, type TranscriptPhase, timeMark } from '../report/transcript.ts';
import { capital } from './finding-view.ts';
import { findingWords } from './language-words.ts';
import type { Language, Say } from './languages.ts';
import { lifetimePicture } from './pictures.ts';

/** Lines of a transcript that are shown; the JSON has them all. */
const MAX_TRANSCRIPT = 400;
const MAX_NAMES = 12;
const DAY_MS = 86_400_000;

const TONES = {
  encrypted: 'good',
  clear: 'bad',
  'broken-tls': 'bad',
  unreachable: 'unknown',
  inconclusive: 'unknown',
  skipped: 'unknown',
} as const;
const SIGNS = { good: '✓', caution: '!', bad: '✕', unknown: '?' } as const;

export function hostView(host: HostResult, index: number, result: ProbeResult, language: Language, say: Say) {
  const { chain, identity, dane } = host;
  const at = Date.parse(result.startedAt);
  const tone = host.verdict === 'encrypted' && host.terms.certificate > 0 ? 'caution' : TONES[host.verdict];
  return {
    anchor: hostAnchor(index),
    name: hostName(host, say),
    tone,
    sign: SIGNS[tone],
    facts: factsOf(host, at, language, say),
    greeting: host.greeting ?? '',
    extensions: host.extensions.join(' · '),
    chain: chain === null ? null : chainView(chain, at, say),
    identity: identity === null ? null : identityView(identity, say),
    dane: {
      words: say(
        dane.status === 'not-tested' && (dane.records ?? []).length > 0
          ? 'daneIs.uncompared'
          : `hostDane.${dane.status}`,
      ),
      evidence: dane.detail ?? '',
      records: dane.records ?? [],
    },
    mtaSts: say(`hostSts.${host.mtaSts.status}`),
    transcript: transcriptView(host),
    leftOut:
      host.transcript.length > MAX_TRANSCRIPT
        ? say('linesLeftOut', { number: host.transcript.length - MAX_TRANSCRIPT })
        : '',
  };
}

export function hostAnchor(index: number): string {
  return `host-${index + 1}`;
}

export function hostName({ exchange, address, port }: HostResult, say: Say): string {
  return `${exchange} [${address === null ? say('noAddress') : socketOf(address, port)}]`;
}

/** `TLSv1.3 · TLS_AES_256_GCM_SHA384 · X25519 · certificate 61 of 90 days left`, or why there is no TLS. */
function factsOf(host: HostResult, at: number, language: Language, say: Say): string {
  const failing = Object.values(host.stages).find(({ result }) => result === 'fail')?.code;
  const fault = failing !== undefined && isFindingCode(failing) ? capital(findingWords(failing, language).title) : '';
  if (host.tls === null) return fault === '' ? say(`verdict.${host.verdict}`) : fault;
  const leaf = host.chain?.sent[0];
  const life = leaf === undefined ? null : lifeOf(leaf, at);
  return [
    host.tls.protocol,
    host.tls.cipher,
    host.tls.group ?? '',
    fault !== '' ? fault : life === null ? '' : say(life.left < 0 ? 'certificateOver' : 'certificateLeft', life),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Whole days; null where the dates cannot be read. */
function lifeOf({ notBefore, notAfter }: CertificateFacts, at: number) {
  const left = Math.floor((Date.parse(notAfter) - at) / DAY_MS);
  const whole = Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / DAY_MS);
  return Number.isFinite(left) && Number.isFinite(whole) ? { left, whole } : null;
}

function chainView(chain: ChainVerdict, at: number, say: Say) {
  const placed = (remark: ChainRemark): number | null => ('position' in remark ? remark.position : null);
  const { anchor, revocation, revocationFrom } = chain;
  // A root that was sent, too, is told of as what it is: the end.
  return {
    trusted: chain.trusted,
    certificates: chain.sent.map((certificate, index) => ({
      ...certificateView(certificate, at, say),
      remarks: chain.remarks.filter((remark) => placed(remark) === index + 1).map((remark) => remarkWords(remark, say)),
    })),
    remarks: chain.remarks.filter((remark) => placed(remark) === null).map((remark) => remarkWords(remark, say)),
    anchor:
      anchor === null
        ? null
        : {
            subject: anchor.subject,
            from: isAnchorSource(anchor.from) ? say(`anchor.${anchor.from}`) : anchor.from,
            ...anchorLife(chain, at, say),
          },
    verdict: chain.trusted
      ? say('trustedEnd')
      : say('untrustedEnd', { why: chain.problem === null ? '–' : say(`chain.${chain.problem}`) }),
    evidence: chain.trusted ? '' : (chain.detail ?? ''),
    revocation:
      revocation === 'not-checked' ? '' : say(`revocation.${revocation}`, { from: revocationFrom ?? say('aStaple') }),
  };
}

/** The anchor's own dates, where the path has them. */
function anchorLife({ path, anchor }: ChainVerdict, at: number, say: Say) {
  const facts = path.at(-1);
  return facts === undefined || facts.fingerprint !== anchor?.fingerprint
    ? { bar: '', life: '' }
    : { bar: barOf(facts, at, say), life: lifeWords(facts, at, say) };
}

const ANCHOR_SOURCES = ['bundled', 'system', 'ca-file'] as const;

function isAnchorSource(from: string): from is (typeof ANCHOR_SOURCES)[number] {
  return (ANCHOR_SOURCES as readonly string[]).includes(from);
}

function certificateView(certificate: CertificateFacts, at: number, say: Say) {
  const names = [...certificate.names, ...certificate.addresses];
  const more = names.length > MAX_NAMES ? `, ${say('moreNames', { number: names.length - MAX_NAMES })}` : '';
  return {
    subject: certificate.subject === '' ? say('noSubject') : certificate.subject,
    key: say('signedWith', { key: certificate.key, signature: certificate.signature }),
    names: names.slice(0, MAX_NAMES).join(', ') + more,
    life: lifeWords(certificate, at, say),
    bar: barOf(certificate, at, say),
  };
}

function lifeWords(certificate: CertificateFacts, at: number, say: Say): string {
  const dates = { from: certificate.notBefore.slice(0, 10), to: certificate.notAfter.slice(0, 10) };
  const life = lifeOf(certificate, at);
  if (life === null) return `${dates.from} – ${dates.to}`;
  if (Date.parse(certificate.notBefore) > at) return say('lifetimeAhead', dates);
  return say(life.left < 0 ? 'lifetimeOver' : 'lifetime', { ...dates, ...life });
}

function barOf(certificate: CertificateFacts, at: number, say: Say): string {
  return lifetimePicture(certificate.notBefore, certificate.notAfter, at, lifeWords(certificate, at, say));
}

function remarkWords(remark: ChainRemark, say: Say): string {
  switch (remark.kind) {
    case 'duplicate':
      return say('remark.duplicate', { of: remark.of + 1 });
    case 'near-expiry':
      return say('remark.near-expiry', { left: remark.daysLeft, whole: remark.lifetimeDays });
    case 'missing-intermediate':
      return say('remark.missing-intermediate', { issuer: remark.issuer });
    case 'weak-key':
      return say('remark.weak-key', { key: remark.key });
    case 'weak-signature':
      return say('remark.weak-signature', { signature: remark.signature });
    case 'misordered':
    case 'foreign':
    case 'root-sent':
    case 'staple-missing':
    case 'revocation-not-known':
      return say(`remark.${remark.kind}`);
  }
}

function identityView({ mx, verify, hosted }: IdentityVerdict, say: Say) {
  const step = (name: string, verdict: StepVerdict) => ({
    name,
    matched: verdict.matched,
    how: [
      ...(verdict.step === null ? [] : [say('matchedBy', { step: verdict.step })]),
      ...(verdict.strength === null ? [] : [say(`strength.${verdict.strength}`)]),
    ].join(', '),
    names: verdict.presented === null ? [] : [{ label: say('presented'), text: verdict.presented }],
    trail: verdict.trail,
  });
  return [
    {
      name: say('byMx'),
      matched: mx.matched,
      how: '',
      names: [
        { label: say('expected'), text: mx.expected },
        { label: say('presented'), text: mx.presented.slice(0, MAX_NAMES).join(', ') || '–' },
      ],
      trail: [],
    },
    step(say('byVerify'), verify),
    step(say('byHosted'), hosted),
  ];
}

function transcriptView({ transcript }: HostResult) {
  const lines = transcript.slice(0, MAX_TRANSCRIPT);
  const phases = phasesOf(lines);
  return {
    phases: [...new Set(phases)].map((phase) => ({ phase, heading: phaseHeading(phase) })),
    lines: lines.map(({ at, kind, tls, text }, index) => ({
      mark: timeMark(at),
      phase: phases[index],
      // The first line of a phase says which.
      opens: index === 0 || phases[index] !== phases[index - 1] ? phaseHeading(phases[index] ?? 'connect') : '',
      kind: kind === 'sent' ? 'sent' : kind === 'received' || kind === 'continued' ? 'received' : 'noted',
      arrow: kind === 'sent' ? (tls ? '~~>' : '-->') : kind === 'received' ? (tls ? '<~~' : '<--') : '',
      text,
    })),
  };
}

function phaseHeading(phase: TranscriptPhase): string {
  return phase === 'quit' ? 'QUIT' : NEW_HEADINGS[phase];
}
