/** From questions and answers to a report: pure, and the same at any point of a scan. */
import {
  type CipherClass,
  type Finding,
  type FoundGroup,
  type FoundSuites,
  type InjectionOutcome,
  SCAN_VERSIONS,
  type ScanReport,
  type ScanVersion,
  type UnknownWhy,
} from '../policy/scan-evidence.ts';
import { cipherSuite, suiteName, suitesOf, usableSuites } from './cipher-suites.ts';
import { SSLV2_CIPHERS } from './client-hello.ts';
import {
  about,
  acceptedLegacyVersions,
  acceptedVersions,
  find,
  groupStanding,
  isAcceptedHello,
  type Knowledge,
  learn,
  serverHellos,
  signatureStanding,
  standing,
  suiteStanding,
} from './knowledge.ts';
import type { Asked } from './question.ts';
import {
  ALERT_INAPPROPRIATE_FALLBACK,
  ECDHE_GROUPS,
  groupName,
  isPostQuantum,
  SIGNATURE_SCHEMES,
  signatureName,
  TLS13_GROUPS,
  type TlsVersion,
  WEAK_SIGNATURE_SCHEMES,
} from './registry.ts';
import { EXTENSION } from './server-messages.ts';
import { isExhausted, nextQuestion, type StrategyOptions } from './strategy.ts';

/** What the run itself adds to what the answers say. */
export type ScanRun = Pick<
  ScanReport,
  'address' | 'port' | 'startedAt' | 'elapsedMs' | 'budget' | 'connections' | 'throttled' | 'problem' | 'trail'
>;

type Facts = Omit<ScanReport, keyof ScanRun | 'format' | 'serverName' | 'complete' | 'inconclusive'>;

export function reportOf(history: readonly Asked[], options: StrategyOptions, run: ScanRun): ScanReport {
  const left = nextQuestion(history, options) !== null;
  const complete = run.problem === null && !left;
  const gaveUp = run.throttled?.gaveUp === true;
  return {
    format: 'tlsreach.scan/1',
    ...run,
    serverName: options.serverName,
    complete,
    inconclusive: gaveUp && !complete,
    ...factsOf(history, options, gaveUp ? 'put-off' : 'not-asked'),
  };
}

function factsOf(history: readonly Asked[], options: StrategyOptions, why: UnknownWhy): Facts {
  const knowledge = learn(history);
  const view: View = { knowledge, history, options, why };
  return {
    versions: Object.fromEntries(SCAN_VERSIONS.map((version) => [version, versionFinding(view, version)])) as Record<
      ScanVersion,
      Finding<'accepted' | 'refused'>
    >,
    suites: suitesFound(view),
    classes: Object.fromEntries(CLASSES.map((name) => [name, classFinding(view, name)])) as Record<
      CipherClass,
      Finding<boolean>
    >,
    groups: groupsFound(view),
    dheBits: dheBits(view),
    signatures: signaturesFound(view),
    extendedMasterSecret: extensionFinding(view, EXTENSION.extendedMasterSecret, true),
    secureRenegotiation: extensionFinding(view, EXTENSION.renegotiationInfo, true),
    compression: compressionFinding(view),
    sessionTickets: ticketFinding(view),
    resumption: resumptionFinding(view),
    ocspStaple: stapleFinding(view),
    ...withoutServerName(view),
    largeHello: largeHelloFinding(view),
    fallbackScsv: fallbackFinding(view),
    commandInjection: injectionFinding(view),
    chainAsSent: chainSeen(view),
    remarks: remarksOf(view),
  };
}

interface View {
  readonly knowledge: Knowledge;
  readonly history: readonly Asked[];
  readonly options: StrategyOptions;
  /** Why what is not known is not. */
  readonly why: UnknownWhy;
}

const CLASSES: readonly CipherClass[] = [
  'anonymous',
  'null',
  'export',
  'des',
  'rc4',
  '3des',
  'obsolete',
  'static-rsa',
  'dhe',
  'forward-secret',
  'cbc',
  'aead',
];

const NOT_APPLICABLE = { kind: 'unknown', why: 'not-applicable' } as const;

function known<Value>(value: Value, steps: readonly number[], basis: 'seen' | 'inferred' = 'seen'): Finding<Value> {
  return { kind: 'known', value, basis, steps };
}

function unknown({ why }: View, asked = false): Finding<never> {
  return { kind: 'unknown', why: asked ? 'no-answer' : why };
}

function versionFinding(view: View, version: ScanVersion): Finding<'accepted' | 'refused'> {
  const found = standing(view.knowledge, version);
  if (found !== null) return known(found.accepted ? 'accepted' : 'refused', found.steps, found.basis);
  const id = version === 'SSLv2' ? 'sslv2' : `version:${version}`;
  return unknown(view, find(view.knowledge, id) !== null);
}

function suitesFound(view: View): readonly FoundSuites[] {
  const { knowledge, history, options } = view;
  const found = acceptedVersions(knowledge).map((version): FoundSuites => {
    const { sequence, accepted } = suiteStanding(knowledge, version);
    return {
      version,
      accepted: [...new Map([...sequence, ...accepted])].map(([code, step]) => ({
        code,
        name: suiteName(code),
        bits: cipherSuite(code)?.bits ?? 0,
        classes: cipherSuite(code)?.classes ?? [],
        step,
      })),
      order: orderFinding(view, version),
      complete: isExhausted(history, options, { kind: 'order', version }),
    };
  });
  const sslv2 = find(knowledge, 'sslv2');
  if (sslv2?.answer.kind !== 'sslv2' || sslv2.verdict !== 'accepted') return found;
  const accepted = sslv2.answer.ciphers.map((code) => {
    const [, name = 'unknown', bits = 0] = SSLV2_CIPHERS.find(([each]) => each === code) ?? [];
    return { code, name, bits, classes: [], step: sslv2.steps.at(-1) ?? 0 };
  });
  return [...found, { version: 'SSLv2', accepted, order: NOT_APPLICABLE, complete: true }];
}

function orderFinding(view: View, version: TlsVersion): Finding<'server' | 'client'> {
  const { knowledge } = view;
  for (const firm of about(knowledge, 'preference')) {
    const { topic } = firm.question;
    if (topic.kind !== 'preference' || !isAcceptedHello(firm)) continue;
    const rule = firm.answer.hello.suite === topic.chosen ? 'server' : 'client';
    // One server has one habit for all versions, until asked for each.
    const own = about(knowledge, 'preference', version).some(isAcceptedHello);
    if (!own || topic.version === version) return known(rule, firm.steps, own ? 'seen' : 'inferred');
  }
  const { sequence } = suiteStanding(knowledge, version);
  const only = sequence.size === 1 && isExhausted(view.history, view.options, { kind: 'order', version });
  return only ? NOT_APPLICABLE : unknown(view);
}

function classFinding(view: View, name: CipherClass): Finding<boolean> {
  const { knowledge } = view;
  const versions = acceptedVersions(knowledge);
  for (const version of versions) {
    for (const [code, step] of suiteStanding(knowledge, version).accepted) {
      if (cipherSuite(code)?.classes.includes(name)) return known(true, [step]);
    }
  }
  const legacy = acceptedLegacyVersions(knowledge);
  // Whether there is an older version decides whether TLS 1.3 alone can answer (RFC 8446 has none of the bad ones).
  if (versions[0] === 'TLSv1.3' && legacy.length === 0) {
    const proof = standing(knowledge, 'TLSv1.3');
    const settled = standing(knowledge, 'TLSv1.2')?.accepted === false;
    return settled && proof !== null ? known(false, proof.steps, 'inferred') : unknown(view);
  }
  const newest = legacy[0];
  if (newest === undefined) return unknown(view);
  const refusals = knowledge.firm.filter(
    ({ question, verdict }) =>
      verdict === 'refused' &&
      question.kind === 'hello' &&
      (question.topic.kind === 'class' || question.topic.kind === 'order') &&
      question.topic.version === newest &&
      question.hello.suites.some((code) => cipherSuite(code)?.classes.includes(name)),
  );
  if (!isClassRuledOut(view, name, newest)) return unknown(view);
  return known(
    false,
    refusals.flatMap(({ steps }) => steps),
  );
}

/** Every suite of the class that the version can speak was offered, and refused. */
function isClassRuledOut({ knowledge }: View, name: CipherClass, version: TlsVersion): boolean {
  const { refused } = suiteStanding(knowledge, version);
  return usableSuites(suitesOf(name), version).every((code) => refused.has(code));
}

function groupsFound(view: View): ScanReport['groups'] {
  const { knowledge, history, options } = view;
  const found = new Map<number, FoundGroup>();
  const refused = new Set<number>();
  for (const version of acceptedVersions(knowledge)) {
    const standingHere = groupStanding(knowledge, version);
    for (const [code, step] of standingHere.accepted) {
      const before = found.get(code);
      found.set(code, {
        code,
        name: groupName(code),
        versions: [...(before?.versions ?? []), version],
        steps: [...(before?.steps ?? []), step],
      });
    }
    for (const code of standingHere.refused) refused.add(code);
  }
  const accepted = [...found.values()];
  return {
    accepted,
    refused: [...TLS13_GROUPS, ...ECDHE_GROUPS]
      .filter((code, index, all) => all.indexOf(code) === index && refused.has(code) && !found.has(code))
      .map(groupName),
    complete: acceptedVersions(knowledge).length > 0 && isExhausted(history, options, { kind: 'group' }),
    postQuantum: postQuantum(view),
  };
}

function postQuantum(view: View): Finding<boolean> {
  const { accepted, refused } = groupStanding(view.knowledge, 'TLSv1.3');
  const proof = [...accepted].find(([code]) => isPostQuantum(groupName(code)));
  if (proof !== undefined) return known(true, [proof[1]]);
  const tls13 = standing(view.knowledge, 'TLSv1.3');
  if (tls13?.accepted === false) return known(false, tls13.steps, 'inferred');
  if (tls13 === null) return unknown(view);
  const ruledOut = TLS13_GROUPS.filter((code) => isPostQuantum(groupName(code))).every((code) => refused.has(code));
  const steps = about(view.knowledge, 'group', 'TLSv1.3').flatMap((firm) => firm.steps);
  return ruledOut ? known(false, steps) : unknown(view, steps.length > 0);
}

function dheBits(view: View): Finding<number> {
  const seen = serverHellos(view.knowledge).flatMap(({ answer, steps }) =>
    answer.keyExchange?.dhBits == null ? [] : [{ bits: answer.keyExchange.dhBits, steps }],
  );
  const least = seen.sort((a, b) => a.bits - b.bits)[0];
  if (least !== undefined) return known(least.bits, least.steps);
  const dhe = classFinding(view, 'dhe');
  return dhe.kind === 'known' && !dhe.value ? NOT_APPLICABLE : unknown(view);
}

function signaturesFound(view: View): ScanReport['signatures'] {
  const { accepted, refused } = signatureStanding(view.knowledge);
  const weak = [...accepted].find(([code]) => (WEAK_SIGNATURE_SCHEMES as readonly number[]).includes(code));
  const ruledOut = WEAK_SIGNATURE_SCHEMES.every((code) => refused.has(code));
  const steps = about(view.knowledge, 'signature').flatMap((firm) => firm.steps);
  const tls12 = standing(view.knowledge, 'TLSv1.2');
  const weakFinding = (): Finding<boolean> => {
    if (weak !== undefined) return known(true, [weak[1]]);
    if (ruledOut) return known(false, steps);
    if (tls12?.accepted === false) return NOT_APPLICABLE;
    return unknown(view, steps.length > 0);
  };
  return {
    accepted: [...accepted]
      .sort(([a], [b]) => SIGNATURE_SCHEMES.indexOf(a) - SIGNATURE_SCHEMES.indexOf(b))
      .map(([code, step]) => ({ code, name: signatureName(code), step })),
    complete: isExhausted(view.history, view.options, { kind: 'signature' }),
    weak: weakFinding(),
  };
}

/** An extension that the server echoes up to TLS 1.2; TLS 1.3 has what it stands for built in. */
function extensionFinding(view: View, type: number, builtIn: boolean): Finding<boolean> {
  const legacy = legacyHello(view);
  if (legacy !== null) return known(legacy.answer.hello.extensions.includes(type), legacy.steps);
  return onlyTls13(view) ? known(builtIn, standing(view.knowledge, 'TLSv1.3')?.steps ?? [], 'inferred') : unknown(view);
}

function compressionFinding(view: View): Finding<boolean> {
  const asked = serverHellos(view.knowledge).filter(({ question }) => question.hello.compression);
  const compressed = asked.find(({ answer }) => answer.hello.compression !== 0);
  if (compressed !== undefined) return known(true, compressed.steps);
  if (asked[0] !== undefined) return known(false, asked[0].steps);
  return onlyTls13(view) ? known(false, standing(view.knowledge, 'TLSv1.3')?.steps ?? [], 'inferred') : unknown(view);
}

function ticketFinding(view: View): Finding<boolean> {
  const whole = find(view.knowledge, 'handshake');
  if (whole?.answer.kind === 'encrypted' && whole.answer.protocol === 'TLSv1.3') {
    return known(whole.answer.ticket, whole.steps);
  }
  const legacy = legacyHello(view);
  if (legacy === null) return unknown(view);
  return known(legacy.answer.hello.extensions.includes(EXTENSION.sessionTicket), legacy.steps);
}

function resumptionFinding(view: View): Finding<boolean> {
  const first = find(view.knowledge, 'handshake');
  const second = find(view.knowledge, 'resumption');
  if (second?.answer.kind === 'encrypted') return known(second.answer.resumed, second.steps);
  if (first?.answer.kind === 'encrypted' && !first.answer.ticket) return known(false, first.steps, 'inferred');
  return unknown(view, first !== null || second !== null);
}

function stapleFinding(view: View): Finding<boolean> {
  const stapled = serverHellos(view.knowledge).find(({ answer }) => answer.stapled);
  if (stapled !== undefined) return known(true, stapled.steps);
  const whole = view.knowledge.firm.find(({ answer }) => answer.kind === 'encrypted');
  if (whole?.answer.kind === 'encrypted') return known(whole.answer.stapled, whole.steps);
  const legacy = legacyHello(view);
  return legacy !== null && !legacy.answer.stalled ? known(false, legacy.steps) : unknown(view);
}

function withoutServerName(view: View): Pick<ScanReport, 'withoutServerName' | 'chainWithoutServerName'> {
  const nothing = { chainWithoutServerName: [] };
  if (view.options.serverName === null) return { withoutServerName: NOT_APPLICABLE, ...nothing };
  const firm = find(view.knowledge, 'without-server-name') ?? find(view.knowledge, 'handshake-without-server-name');
  if (firm === null) return { withoutServerName: unknown(view), ...nothing };
  if (firm.verdict === 'refused') return { withoutServerName: known('refused', firm.steps), ...nothing };
  const { answer } = firm;
  const chain = answer.kind === 'hello' || answer.kind === 'encrypted' ? answer.chainAsSent : [];
  const named = chainSeen(view);
  if (chain.length === 0 || named.length === 0) return { withoutServerName: unknown(view, true), ...nothing };
  if (chain[0] === named[0]) return { withoutServerName: known('same-certificate', firm.steps), ...nothing };
  return { withoutServerName: known('other-certificate', firm.steps), chainWithoutServerName: chain };
}

function largeHelloFinding(view: View): Finding<'answered' | 'not-answered'> {
  const firm = find(view.knowledge, 'large-hello');
  if (firm === null) return unknown(view);
  return known(firm.verdict === 'accepted' ? 'answered' : 'not-answered', firm.steps);
}

function fallbackFinding(view: View): Finding<boolean> {
  const firm = find(view.knowledge, 'fallback');
  if (firm === null) return acceptedVersions(view.knowledge).length === 1 ? NOT_APPLICABLE : unknown(view);
  if (firm.answer.kind === 'alert' && firm.answer.code === ALERT_INAPPROPRIATE_FALLBACK) return known(true, firm.steps);
  return firm.verdict === 'accepted' ? known(false, firm.steps) : unknown(view, true);
}

function injectionFinding(view: View): Finding<InjectionOutcome> {
  const firm = find(view.knowledge, 'injection');
  if (firm?.answer.kind === 'injection') return known(firm.answer.outcome, firm.steps);
  return view.options.injectionTest ? unknown(view, firm !== null) : { kind: 'unknown', why: 'not-asked' };
}

/** With the server name, of the newest version that shows it. */
function chainSeen({ knowledge, options }: View): readonly string[] {
  const clear = serverHellos(knowledge).find(
    ({ question, answer }) => answer.chainAsSent.length > 0 && question.hello.serverName === options.serverName,
  );
  if (clear !== undefined) return clear.answer.chainAsSent;
  const whole = find(knowledge, 'handshake');
  return whole?.answer.kind === 'encrypted' ? whole.answer.chainAsSent : [];
}

function remarksOf({ knowledge }: View): readonly string[] {
  const remarks: string[] = [];
  for (const { question, answer, verdict, steps } of knowledge.firm) {
    const at = `step ${steps.join(', ')}`;
    if (answer.kind === 'hello' && answer.stalled) {
      remarks.push(`the server's flight began and stalled: something on the way may swallow large segments (${at})`);
    }
    if (answer.kind === 'hello' && verdict === 'refused' && question.kind === 'hello') {
      remarks.push(`the server chose what was not on offer: ${suiteName(answer.hello.suite)} (${at})`);
    }
    if (verdict === 'unanswered') remarks.push(`a question got no answer in TLS, twice (${at})`);
  }
  return remarks;
}

function legacyHello({ knowledge }: View) {
  const [newest] = acceptedLegacyVersions(knowledge);
  return (
    serverHellos(knowledge).find(
      ({ answer, question }) => answer.hello.version === newest && question.hello.version !== 'SSLv3',
    ) ?? null
  );
}

function onlyTls13({ knowledge }: View): boolean {
  return acceptedVersions(knowledge).join() === 'TLSv1.3' && standing(knowledge, 'TLSv1.2')?.accepted === false;
}
