/**
 * Which question is next: pure, by elimination, the most telling first. A budget cuts the list of questions anywhere, and
 * what was learned by then stands. In order:
 *
 *   1. versions, newest first, each with everything on offer
 *   2. weak classes of suites, SSLv2
 *   3. whose preference counts, and the classes that every rating asks about
 *   4. size of the ClientHello, post-quantum groups, weak signatures, server name, fallback, resumption
 *   5. the groups and suites of TLS 1.3
 *   6. what was only inferred, and older curves
 *   7. all signature algorithms, all curves, the full order of suites for each version
 */
import type { CipherClass } from '../policy/scan-evidence.ts';
import {
  cipherSuite,
  MAIN_SUITES,
  suiteParts,
  suitesOf,
  TLS13_SUITES,
  usableSuites,
  WEAK_CLASSES,
  WEAK_SUITES,
} from './cipher-suites.ts';
import { type ClientHello, MAX_SUITES_OFFERED } from './client-hello.ts';
import {
  about,
  acceptedLegacyVersions,
  acceptedVersions,
  find,
  groupStanding,
  isAcceptedHello,
  type Knowledge,
  leafCurve,
  learn,
  serverHellos,
  signatureStanding,
  standingOf,
  suiteStanding,
} from './knowledge.ts';
import type { Asked, HelloQuestion, Question, Topic } from './question.ts';
import {
  ECDHE_GROUPS,
  groupName,
  isPostQuantum,
  SIGNATURE_SCHEMES,
  TLS_VERSIONS,
  TLS13_GROUPS,
  type TlsVersion,
  WEAK_SIGNATURE_SCHEMES,
} from './registry.ts';

/** Bytes of the large hello: what hybrid key shares and a client certificate's hints amount to, three segments (S-PKI-12). */
export const LARGE_HELLO_BYTES = 3_200;
/** It goes out in pieces below the smallest usual segment. */
export const LARGE_HELLO_PIECE_BYTES = 1_200;

export interface StrategyOptions {
  /** SNI; null for an address literal. */
  readonly serverName: string | null;
  readonly injectionTest: boolean;
}

/** Null: nothing is left to ask. */
export function nextQuestion(history: readonly Asked[], options: StrategyOptions): Question | null {
  const knowledge = learn(history);
  if (knowledge.repeat !== null) return knowledge.repeat;
  const state: State = { knowledge, options };
  for (const investigation of INVESTIGATIONS) {
    const question = investigation(state);
    // A question that has its answer is not put again: whoever would do so has come to the end of what can be learned.
    if (question !== null && find(knowledge, question.id) === null) return question;
  }
  return null;
}

interface State {
  readonly knowledge: Knowledge;
  readonly options: StrategyOptions;
}

type Investigation = (state: State) => Question | null;

const RATED: readonly CipherClass[] = ['dhe', 'static-rsa', 'cbc', 'forward-secret', 'aead'];

const INVESTIGATIONS: readonly Investigation[] = [
  ...TLS_VERSIONS.map((version) => (state: State) => askVersion(state, version)),
  (state) => askWeakClasses(state, acceptedLegacyVersions(state.knowledge)[0]),
  ({ knowledge }) => (knowledge.firm.length > 0 ? { kind: 'sslv2', id: 'sslv2' } : null),
  ({ options: { injectionTest, serverName } }) =>
    injectionTest ? { kind: 'injection', id: 'injection', serverName } : null,
  (state) => askPreference(state, acceptedLegacyVersions(state.knowledge)[0]),
  ...RATED.map((name) => (state: State) => askClass(state, name)),
  askLargeHello,
  askPostQuantum,
  askWeakSignatures,
  askWithoutServerName,
  askFallback,
  (state) => askHandshake(state, 'handshake'),
  (state) => askHandshake(state, 'resumption'),
  askTls13Groups,
  (state) => (isAccepted(state, 'TLSv1.3') ? askOrder(state, 'TLSv1.3') : null),
  ...TLS_VERSIONS.toReversed().map((version) => (state: State) => confirmVersion(state, version)),
  (state) => askWeakClasses(state, acceptedLegacyVersions(state.knowledge).at(-1)),
  askUnusualCurves,
  askSignatures,
  askCurves,
  ...TLS_VERSIONS.flatMap((version) => [
    (state: State) => (isAccepted(state, version) ? askPreference(state, version) : null),
    (state: State) => (isAccepted(state, version) ? askOrder(state, version) : null),
  ]),
];

function isAccepted({ knowledge }: State, version: TlsVersion): boolean {
  return standingOf(knowledge, version)?.accepted === true;
}

function askVersion(state: State, version: TlsVersion): Question | null {
  if (standingOf(state.knowledge, version) !== null) return null;
  if (find(state.knowledge, `version:${version}`) === null) return versionQuestion(state, version);
  // Refused for want of a suite: perhaps it has only such as nobody should have.
  return version === 'TLSv1.2' ? askRest(state, version) : null;
}

function askRest(state: State, version: TlsVersion): Question | null {
  const { refused } = suiteStanding(state.knowledge, version);
  const suites = (suiteParts(version)[1] ?? []).filter((code) => !refused.has(code));
  if (suites.length === 0) return null;
  return question(state, `rest:${version}`, { kind: 'order', version }, { version, suites });
}

/** What follows from another answer is asked itself where there is room for it. */
function confirmVersion(state: State, version: TlsVersion): Question | null {
  return standingOf(state.knowledge, version)?.basis === 'inferred' ? versionQuestion(state, version) : null;
}

function versionQuestion(state: State, version: TlsVersion): HelloQuestion {
  return question(state, `version:${version}`, { kind: 'version', version }, { version });
}

/** Suites drop out when all that is wrong with them is known of others, until the rest is refused. */
function askWeakClasses(state: State, version: TlsVersion | undefined): Question | null {
  if (version === undefined) return null;
  const { accepted, refused } = suiteStanding(state.knowledge, version);
  const seen = new Set([...accepted.keys()].flatMap((code) => cipherSuite(code)?.classes ?? []));
  const suites = usableSuites(WEAK_SUITES, version).filter(
    (code) => !refused.has(code) && WEAK_CLASSES.some((name) => isOfClass(code, name) && !seen.has(name)),
  );
  if (suites.length === 0) return null;
  return question(state, `weak:${version}:${suites.length}`, { kind: 'class', version }, { version, suites });
}

function askClass(state: State, name: CipherClass): Question | null {
  const version = acceptedLegacyVersions(state.knowledge)[0];
  if (version === undefined) return null;
  const { accepted, refused } = suiteStanding(state.knowledge, version);
  if ([...accepted.keys()].some((code) => isOfClass(code, name))) return null;
  const suites = usableSuites(suitesOf(name), version).filter((code) => !refused.has(code));
  if (suites.length === 0) return null;
  return question(state, `class:${name}:${version}`, { kind: 'class', version }, { version, suites });
}

/** The first two of the order, the other way round (a second one is looked for first). */
function askPreference(state: State, version: TlsVersion | undefined): Question | null {
  if (version === undefined) return null;
  const [first, second] = [...suiteStanding(state.knowledge, version).sequence.keys()];
  if (first === undefined || second === undefined) return askOrder(state, version);
  const pair = { version, onlyThisVersion: true, suites: [first, second] };
  const together = suiteParts(version).some((part) => part.includes(first) && part.includes(second));
  const id = `pair:${version}`;
  const asked = find(state.knowledge, id);
  // Never on offer together so far: which of the two it would be has to be seen first.
  if (!together && asked === null) return question(state, id, { kind: 'class', version }, pair);
  const chosen = asked !== null && isAcceptedHello(asked) ? asked.answer.hello.suite : first;
  const other = chosen === first ? second : first;
  return question(
    state,
    `preference:${version}`,
    { kind: 'preference', version, chosen },
    { ...pair, suites: [other, chosen] },
  );
}

/** What is chosen out of all that was not chosen yet: first among the usual suites, then among the rest. */
function askOrder(state: State, version: TlsVersion): Question | null {
  const { sequence, refused } = suiteStanding(state.knowledge, version);
  for (const [place, part] of suiteParts(version).entries()) {
    const suites = part.filter((code) => !sequence.has(code) && !refused.has(code));
    if (suites.length > 0) {
      const id = `order:${version}:${place}:${suites.length}`;
      return question(state, id, { kind: 'order', version }, { version, onlyThisVersion: true, suites });
    }
  }
  return null;
}

function askLargeHello(state: State): Question | null {
  const usual = serverHellos(state.knowledge).find(({ question: { topic } }) => topic.kind === 'version');
  if (usual === undefined || usual.question.hello.version === 'SSLv3') return null;
  return {
    ...usual.question,
    id: 'large-hello',
    topic: { kind: 'large-hello' },
    hello: { ...usual.question.hello, padTo: LARGE_HELLO_BYTES },
    pieceBytes: LARGE_HELLO_PIECE_BYTES,
  };
}

function askPostQuantum(state: State): Question | null {
  const hybrids = TLS13_GROUPS.filter((code) => isPostQuantum(groupName(code)));
  return askGroups(state, 'TLSv1.3', hybrids);
}

function askTls13Groups(state: State): Question | null {
  return askGroups(state, 'TLSv1.3', TLS13_GROUPS);
}

/** Curves that TLS 1.3 has no more. */
function askUnusualCurves(state: State): Question | null {
  const version = acceptedLegacyVersions(state.knowledge)[0];
  if (version === undefined || !isAccepted(state, 'TLSv1.3')) return null;
  return askGroups(
    state,
    version,
    ECDHE_GROUPS.filter((code) => !(TLS13_GROUPS as readonly number[]).includes(code)),
  );
}

function askCurves(state: State): Question | null {
  const version = acceptedLegacyVersions(state.knowledge)[0];
  return version === undefined ? null : askGroups(state, version, ECDHE_GROUPS);
}

function askGroups(state: State, version: TlsVersion, candidates: readonly number[]): Question | null {
  if (!isAccepted(state, version) || version === 'SSLv3') return null;
  const { accepted, refused, stuck } = groupStanding(state.knowledge, version);
  const rest = candidates.filter((code) => !accepted.has(code) && !refused.has(code));
  if (stuck || rest.length === 0) return null;
  const topic = { kind: 'group', version } as const;
  const id = `group:${version}:${rest[0]}:${rest.length}`;
  if (version === 'TLSv1.3') {
    return question(state, id, topic, { version, onlyThisVersion: true, suites: TLS13_CODES, groups: rest });
  }
  const curve = leafCurve(state.knowledge);
  const suites = keyExchangeSuites(version, 'ECDHE');
  // A server that has shown no curve so far may have none: the suites alone tell.
  const groups = curve === null || rest.includes(curve) ? rest : [...rest, curve];
  return question(state, id, topic, { version, suites, groups });
}

/** One is enough to know that hashes of yesterday are taken. */
function askWeakSignatures(state: State): Question | null {
  const { accepted } = signatureStanding(state.knowledge);
  if (WEAK_SIGNATURE_SCHEMES.some((code) => accepted.has(code))) return null;
  return askAmong(state, WEAK_SIGNATURE_SCHEMES, 'weak');
}

function askSignatures(state: State): Question | null {
  return askAmong(state, SIGNATURE_SCHEMES, 'all');
}

/** Signature algorithms show in the ServerKeyExchange of TLS 1.2 alone: with TLS 1.3 they are encrypted. */
function askAmong(state: State, candidates: readonly number[], which: string): Question | null {
  if (!isAccepted(state, 'TLSv1.2')) return null;
  const { accepted, refused, stuck } = signatureStanding(state.knowledge);
  const signatures = candidates.filter((code) => !accepted.has(code) && !refused.has(code));
  if (stuck || signatures.length === 0) return null;
  const suites = [...keyExchangeSuites('TLSv1.2', 'ECDHE'), ...keyExchangeSuites('TLSv1.2', 'DHE')];
  return question(
    state,
    `signature:${which}:${signatures.length}`,
    { kind: 'signature' },
    { version: 'TLSv1.2', suites, signatures },
  );
}

/** Up to TLS 1.2 the certificate shows in clear; where there is only TLS 1.3 it takes whole handshakes. */
function askWithoutServerName(state: State): Question | null {
  if (state.options.serverName === null) return null;
  const version = acceptedLegacyVersions(state.knowledge)[0];
  if (version !== undefined && version !== 'SSLv3') {
    const id = 'without-server-name';
    const { hello, ...rest } = question(state, id, { kind: id }, { version });
    return { ...rest, hello: { ...hello, serverName: null } };
  }
  if (!isAccepted(state, 'TLSv1.3')) return null;
  return { kind: 'handshake', id: 'handshake-without-server-name', serverName: null, resume: false };
}

/** The version below the best one, as if the best had failed: the server has to see the attack (RFC 7507 3). */
function askFallback(state: State): Question | null {
  const version = acceptedVersions(state.knowledge)[1];
  if (version === undefined || version === 'SSLv3') return null;
  return question(state, 'fallback', { kind: 'fallback' }, { version, fallback: true });
}

function askHandshake(state: State, id: 'handshake' | 'resumption'): Question | null {
  const newest = acceptedVersions(state.knowledge)[0];
  if (newest === undefined || newest === 'SSLv3') return null;
  const first = find(state.knowledge, 'handshake');
  if (id === 'resumption' && (first?.answer.kind !== 'encrypted' || !first.answer.ticket)) return null;
  return { kind: 'handshake', id, serverName: state.options.serverName, resume: id === 'resumption' };
}

const TLS13_CODES: readonly number[] = TLS13_SUITES.map(({ code }) => code);

function isOfClass(code: number, name: CipherClass): boolean {
  return cipherSuite(code)?.classes.includes(name) === true;
}

function keyExchangeSuites(version: TlsVersion, keyExchange: 'ECDHE' | 'DHE'): readonly number[] {
  return usableSuites(MAIN_SUITES, version).filter((code) => cipherSuite(code)?.keyExchange === keyExchange);
}

function question(
  { options }: State,
  id: string,
  topic: Topic,
  changes: Partial<ClientHello> & { readonly version: TlsVersion },
): HelloQuestion {
  const { version } = changes;
  const usual = suiteParts(version === 'TLSv1.3' ? 'TLSv1.2' : version)[0] ?? [];
  const hello: ClientHello = {
    onlyThisVersion: false,
    suites: version === 'TLSv1.3' ? [...TLS13_CODES, ...usual] : usual,
    groups: version === 'TLSv1.3' ? ALL_GROUPS : ECDHE_GROUPS,
    signatures: SIGNATURE_SCHEMES,
    serverName: version === 'SSLv3' ? null : options.serverName,
    compression: version !== 'TLSv1.3',
    fallback: false,
    padTo: 0,
    ...changes,
  };
  if (hello.suites.length > MAX_SUITES_OFFERED) throw new Error(`${id} offers ${hello.suites.length} suites`);
  return { kind: 'hello', id, topic, hello, pieceBytes: null };
}

const ALL_GROUPS: readonly number[] = [...new Set<number>([...TLS13_GROUPS, ...ECDHE_GROUPS])];

/** Whether a whole topic has come to its end: no investigation of it would ask anything more. */
export function isExhausted(history: readonly Asked[], options: StrategyOptions, topic: ExhaustibleTopic): boolean {
  const knowledge = learn(history);
  const state: State = { knowledge, options };
  const open = (question: Question | null): boolean => question !== null && find(knowledge, question.id) === null;
  switch (topic.kind) {
    case 'order':
      return !open(askOrder(state, topic.version));
    case 'group':
      return !open(askTls13Groups(state)) && !open(askCurves(state));
    case 'signature':
      return about(knowledge, 'signature').length > 0 && !open(askSignatures(state));
  }
}

export type ExhaustibleTopic =
  | { readonly kind: 'order'; readonly version: TlsVersion }
  | { readonly kind: 'group' }
  | { readonly kind: 'signature' };
