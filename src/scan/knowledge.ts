/**
 * What the answers so far prove. Pure: everything is reckoned from the list of questions and answers, so that an earlier
 * proof is never withdrawn by a later silence.
 */
import { X509Certificate } from 'node:crypto';
import type { ScanVersion } from '../policy/scan-evidence.ts';
import { suiteParts } from './cipher-suites.ts';
import type { Answer, Asked, HelloQuestion, Question, Topic } from './question.ts';
import { ALERT_PROTOCOL_VERSION, TLS_VERSIONS, type TlsVersion, versionsDownFrom } from './registry.ts';

/** A closed or silent connection says little the first time: the question is put again, this often in all. */
export const TRIES = 2;

export type HelloAnswer = Extract<Answer, { readonly kind: 'hello' }>;

/** A question that needs no repeating. */
export interface Firm {
  readonly question: Question;
  readonly answer: Answer;
  readonly steps: readonly number[];
  readonly verdict: 'accepted' | 'refused' | 'unanswered';
}

export interface FirmHello extends Firm {
  readonly question: HelloQuestion;
}

export interface AcceptedHello extends FirmHello {
  readonly answer: HelloAnswer;
}

export interface Knowledge {
  readonly firm: readonly Firm[];
  /** To be asked again before anything else. */
  readonly repeat: Question | null;
}

export interface VersionStanding {
  readonly accepted: boolean;
  readonly basis: 'seen' | 'inferred';
  readonly steps: readonly number[];
}

export function learn(history: readonly Asked[]): Knowledge {
  const byId = new Map<string, Asked[]>();
  for (const asked of history) byId.set(asked.question.id, [...(byId.get(asked.question.id) ?? []), asked]);
  const groups = [...byId.values()];
  // A server that twice in a row hung up on a question does so in place of an alert.
  const hangsUp = groups.some((asked) => asked.filter(({ answer }) => answer.kind === 'closed').length >= TRIES);
  const firm: Firm[] = [];
  let repeat: Question | null = null;
  for (const asked of groups) {
    const best = asked.find(({ answer }) => isTelling(answer)) ?? asked.at(-1);
    if (best === undefined) continue;
    const { question, answer } = best;
    const settled = isTelling(answer) || asked.length >= TRIES || (hangsUp && answer.kind === 'closed');
    if (!settled) repeat ??= question;
    else firm.push({ question, answer, steps: asked.map(({ step }) => step), verdict: verdictOf(question, answer) });
  }
  return { firm, repeat };
}

/** All firm answers to questions about one topic. */
export function about(
  knowledge: Knowledge,
  kind: Topic['kind'],
  version: TlsVersion | null = null,
): readonly FirmHello[] {
  return knowledge.firm.filter((firm): firm is FirmHello => {
    if (firm.question.kind !== 'hello') return false;
    const { topic } = firm.question;
    return topic.kind === kind && (version === null || ('version' in topic && topic.version === version));
  });
}

export function find(knowledge: Knowledge, id: string): Firm | null {
  return knowledge.firm.find(({ question }) => question.id === id) ?? null;
}

/** Every ServerHello there is, in the order in which they came. */
export function serverHellos(knowledge: Knowledge): readonly AcceptedHello[] {
  return knowledge.firm.filter(isAcceptedHello);
}

export function isAcceptedHello(firm: Firm): firm is AcceptedHello {
  return firm.verdict === 'accepted' && firm.answer.kind === 'hello';
}

/** Null: nothing says so or otherwise. */
export const standingOf = perVersion(reckonStanding);

function reckonStanding(knowledge: Knowledge, version: TlsVersion): VersionStanding | null {
  const proof = serverHellos(knowledge).find(({ answer }) => answer.hello.version === version);
  if (proof !== undefined) return { accepted: true, basis: 'seen', steps: proof.steps };
  const whole = knowledge.firm.find(({ answer }) => answer.kind === 'encrypted' && answer.protocol === version);
  if (whole !== undefined) return { accepted: true, basis: 'seen', steps: whole.steps };
  const asked = about(knowledge, 'version', version);
  const refused = asked.find(({ verdict, answer }) => verdict === 'refused' && answer.kind !== 'hello');
  if (refused !== undefined && isSureRefusal(knowledge, version, refused.answer)) {
    return { accepted: false, basis: 'seen', steps: refused.steps };
  }
  for (const { question, answer, verdict, steps } of [...about(knowledge, 'version'), ...about(knowledge, 'order')]) {
    const { topic } = question;
    if (!('version' in topic) || !versionsDownFrom(topic.version).includes(version)) continue;
    // The newest in common is chosen (RFC 5246 E.1, RFC 8446 4.2.1): what is newer than the answer is not spoken.
    if (verdict === 'accepted' && answer.kind === 'hello' && isNewer(version, answer.hello.version)) {
      return { accepted: false, basis: topic.version === version ? 'seen' : 'inferred', steps };
    }
    // And where nothing is in common the alert says so.
    const offeredToAll = topic.kind === 'version' && topic.version !== 'TLSv1.3';
    if (offeredToAll && answer.kind === 'alert' && answer.code === ALERT_PROTOCOL_VERSION) {
      return { accepted: false, basis: 'inferred', steps };
    }
  }
  return null;
}

/** A version refused for want of a suite may be spoken with one that was not on offer yet. */
function isSureRefusal(knowledge: Knowledge, version: TlsVersion, answer: Answer): boolean {
  if (version === 'TLSv1.3' || (answer.kind === 'alert' && answer.code === ALERT_PROTOCOL_VERSION)) return true;
  const [, ...unasked] = suiteParts(version);
  const { refused } = suiteStanding(knowledge, version);
  return unasked.flat().every((suite) => refused.has(suite));
}

/** Newest first. */
export function acceptedVersions(knowledge: Knowledge): readonly TlsVersion[] {
  return TLS_VERSIONS.filter((version) => standingOf(knowledge, version)?.accepted === true);
}

/** Newest first, without TLS 1.3. */
export function acceptedLegacyVersions(knowledge: Knowledge): readonly TlsVersion[] {
  return acceptedVersions(knowledge).filter((version) => version !== 'TLSv1.3');
}

export interface SuiteStanding {
  /** Code and the step that showed it. In the order in which they were chosen out of all that were left. */
  readonly sequence: ReadonlyMap<number, number>;
  /** Of any question. */
  readonly accepted: ReadonlyMap<number, number>;
  readonly refused: ReadonlySet<number>;
}

export const suiteStanding = perVersion(reckonSuites);

function reckonSuites(knowledge: Knowledge, version: TlsVersion): SuiteStanding {
  const sequence = new Map<number, number>();
  const accepted = new Map<number, number>();
  const refused = new Set<number>();
  for (const firm of knowledge.firm) {
    if (firm.question.kind !== 'hello') continue;
    const { topic, hello } = firm.question;
    const step = firm.steps.at(-1) ?? 0;
    if (isAcceptedHello(firm)) {
      const { suite } = firm.answer.hello;
      if (firm.answer.hello.version !== version) continue;
      if (!accepted.has(suite)) accepted.set(suite, step);
      const ordered = topic.kind === 'order' || topic.kind === 'version';
      if (ordered && !sequence.has(suite) && isFromAllLeft(hello.suites, version, { sequence, refused })) {
        sequence.set(suite, step);
      }
    } else if (firm.verdict === 'refused' && (topic.kind === 'class' || topic.kind === 'order')) {
      if (topic.version === version) for (const suite of hello.suites) refused.add(suite);
    }
  }
  for (const suite of accepted.keys()) refused.delete(suite);
  return { sequence, accepted, refused };
}

/** A choice shows an order when all that was not chosen yet was there to choose from. */
function isFromAllLeft(
  offered: readonly number[],
  version: TlsVersion,
  { sequence, refused }: Pick<SuiteStanding, 'sequence' | 'refused'>,
): boolean {
  const left = suiteParts(version)
    .map((part) => part.filter((suite) => !sequence.has(suite) && !refused.has(suite)))
    .find((part) => part.length > 0);
  return left?.every((suite) => offered.includes(suite)) ?? false;
}

export interface GroupStanding {
  readonly accepted: ReadonlyMap<number, number>;
  readonly refused: ReadonlySet<number>;
  /** The server answers with what was not offered, or not at all: asking on would show nothing. */
  readonly stuck: boolean;
}

/** Groups of one version, from every answer that names one. */
export const groupStanding = perVersion(reckonGroups);

function reckonGroups(knowledge: Knowledge, version: TlsVersion): GroupStanding {
  const accepted = new Map<number, number>();
  const refused = new Set<number>();
  let stuck = false;
  for (const { answer, steps } of serverHellos(knowledge)) {
    const group = answer.hello.group ?? answer.keyExchange?.group ?? null;
    if (answer.hello.version === version && group !== null && !accepted.has(group))
      accepted.set(group, steps.at(-1) ?? 0);
  }
  const anchor = version === 'TLSv1.3' ? null : leafCurve(knowledge);
  for (const firm of about(knowledge, 'group', version)) {
    const offered = firm.question.hello.groups;
    if (firm.verdict === 'refused') for (const group of offered) refused.add(group);
    if (firm.verdict === 'unanswered') stuck = true;
    if (!isAcceptedHello(firm)) continue;
    const chosen = firm.answer.hello.group ?? firm.answer.keyExchange?.group ?? null;
    if (chosen === null || !offered.includes(chosen) || chosen === anchor) stuck = true;
  }
  for (const group of accepted.keys()) refused.delete(group);
  return { accepted, refused, stuck };
}

export interface SignatureStanding {
  readonly accepted: ReadonlyMap<number, number>;
  readonly refused: ReadonlySet<number>;
  readonly stuck: boolean;
}

export function signatureStanding(knowledge: Knowledge): SignatureStanding {
  const accepted = new Map<number, number>();
  const refused = new Set<number>();
  let stuck = false;
  for (const { answer, steps } of serverHellos(knowledge)) {
    const signature = answer.keyExchange?.signature ?? null;
    if (signature !== null && !accepted.has(signature)) accepted.set(signature, steps.at(-1) ?? 0);
  }
  for (const firm of about(knowledge, 'signature')) {
    const offered = firm.question.hello.signatures;
    if (firm.verdict === 'refused') for (const signature of offered) refused.add(signature);
    if (firm.verdict === 'unanswered') stuck = true;
    if (!isAcceptedHello(firm)) continue;
    const chosen = firm.answer.keyExchange?.signature ?? null;
    if (chosen === null || !offered.includes(chosen)) stuck = true;
  }
  for (const signature of accepted.keys()) refused.delete(signature);
  return { accepted, refused, stuck };
}

/**
 * The curve of the server's own EC key: up to TLS 1.2 the client's groups speak for certificates, too (RFC 8422 5.1), so
 * that leaving it out would have the server refuse for another reason than the one asked about.
 */
export function leafCurve(knowledge: Knowledge): number | null {
  const leaf = serverHellos(knowledge).find(({ answer }) => answer.chainAsSent.length > 0)?.answer.chainAsSent[0];
  if (leaf === undefined) return null;
  try {
    const { publicKey } = new X509Certificate(Buffer.from(leaf, 'base64'));
    return CURVES[publicKey.asymmetricKeyDetails?.namedCurve ?? ''] ?? null;
  } catch {
    return null;
  }
}

const CURVES: Readonly<Record<string, number>> = {
  prime256v1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  secp224r1: 0x0015,
  brainpoolP256r1: 0x001a,
  brainpoolP384r1: 0x001b,
  brainpoolP512r1: 0x001c,
};

/** SSLv2, where it was asked. */
export function sslv2Standing(knowledge: Knowledge): VersionStanding | null {
  const firm = find(knowledge, 'sslv2');
  if (firm === null || firm.verdict === 'unanswered') return null;
  return { accepted: firm.verdict === 'accepted', basis: 'seen', steps: firm.steps };
}

export function standing(knowledge: Knowledge, version: ScanVersion): VersionStanding | null {
  return version === 'SSLv2' ? sslv2Standing(knowledge) : standingOf(knowledge, version);
}

/** Reckons once for each state of knowledge: every investigation asks for the same. */
function perVersion<Standing>(
  reckon: (knowledge: Knowledge, version: TlsVersion) => Standing,
): (knowledge: Knowledge, version: TlsVersion) => Standing {
  const memory = new WeakMap<Knowledge, Map<TlsVersion, Standing>>();
  return (knowledge, version) => {
    const known = memory.get(knowledge) ?? new Map<TlsVersion, Standing>();
    memory.set(knowledge, known);
    const standing = known.get(version) ?? reckon(knowledge, version);
    known.set(version, standing);
    return standing;
  };
}

function isTelling(answer: Answer): boolean {
  return answer.kind !== 'closed' && answer.kind !== 'silent' && answer.kind !== 'not-tls';
}

function verdictOf(question: Question, answer: Answer): Firm['verdict'] {
  switch (answer.kind) {
    case 'hello':
      return question.kind === 'hello' && isInOffer(question, answer) ? 'accepted' : 'refused';
    case 'sslv2':
      return answer.ciphers.length > 0 ? 'accepted' : 'refused';
    case 'encrypted':
    case 'injection':
      return 'accepted';
    case 'silent':
      return 'unanswered';
    // An SSLv2 hello that is answered in TLS, or hung up on, is refused all the same.
    case 'not-tls':
      return question.kind === 'sslv2' ? 'refused' : 'unanswered';
    case 'alert':
    case 'closed':
    case 'handshake-failed':
      return 'refused';
  }
}

function isInOffer({ hello }: HelloQuestion, { hello: chosen }: HelloAnswer): boolean {
  const versions = hello.onlyThisVersion ? [hello.version] : versionsDownFrom(hello.version);
  return hello.suites.includes(chosen.suite) && versions.includes(chosen.version);
}

function isNewer(one: TlsVersion, other: TlsVersion): boolean {
  return TLS_VERSIONS.indexOf(one) < TLS_VERSIONS.indexOf(other);
}
