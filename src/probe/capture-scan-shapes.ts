/** The shape of the report of a deep scan in a capture. */
import { byKind, exactly, list, orNull, record, type Shape, text, truth, whole, word } from '../base/shape.ts';
import type {
  CipherClass,
  Finding,
  FoundGroup,
  FoundSignature,
  FoundSuite,
  FoundSuites,
  InjectionOutcome,
  ScanProblem,
  ScanReport,
  ScanStep,
  ScanVersion,
  Throttling,
  UnknownWhy,
} from '../policy/scan-evidence.ts';
import { MAX_SHORT_LIST, MAX_TEXT, milliseconds } from './capture-limits.ts';
import { chainShape } from './capture-session-shapes.ts';

const line = text(MAX_TEXT);
const count = whole(0, Number.MAX_SAFE_INTEGER);
const code = whole(0, 0xff_ff_ff);
const some = <T>(each: Shape<T>): Shape<readonly T[]> => list(each, MAX_SHORT_LIST);

const version = word<ScanVersion>({
  SSLv2: true,
  SSLv3: true,
  TLSv1: true,
  'TLSv1.1': true,
  'TLSv1.2': true,
  'TLSv1.3': true,
});

const cipherClass = word<CipherClass>({
  anonymous: true,
  null: true,
  export: true,
  des: true,
  rc4: true,
  '3des': true,
  obsolete: true,
  'static-rsa': true,
  dhe: true,
  'forward-secret': true,
  cbc: true,
  aead: true,
});

const unknownWhy = word<UnknownWhy>({ 'not-asked': true, 'put-off': true, 'no-answer': true, 'not-applicable': true });

function finding<Value>(value: Shape<Value>): Shape<Finding<Value>> {
  const basis = word<'seen' | 'inferred'>({ seen: true, inferred: true });
  const known = record<object>({ kind: exactly('known'), value, basis, steps: some(count) });
  const unknown = record<object>({ kind: exactly('unknown'), why: unknownWhy });
  return (given, place) => {
    const isKnown = typeof given === 'object' && given !== null && 'kind' in given && given.kind === 'known';
    return (isKnown ? known : unknown)(given, place) as Finding<Value>;
  };
}

const accepted = finding(word<'accepted' | 'refused'>({ accepted: true, refused: true }));
const fact = finding(truth);

const suites = record<FoundSuites>({
  version,
  accepted: some(record<FoundSuite>({ code, name: line, bits: count, classes: some(cipherClass), step: count })),
  order: finding(word<'server' | 'client'>({ server: true, client: true })),
  complete: truth,
});

const problem = byKind<ScanProblem>({
  unreachable: { detail: line },
  'no-starttls': { detail: line },
  refused: { detail: line },
  cancelled: { detail: line },
});

export const scanShape: Shape<ScanReport> = record<ScanReport>({
  format: exactly('tlsreach.scan/1'),
  address: line,
  port: whole(1, 65_535),
  serverName: orNull(line),
  startedAt: line,
  elapsedMs: milliseconds,
  budget: count,
  connections: count,
  complete: truth,
  inconclusive: truth,
  throttled: orNull(record<Throttling>({ times: count, waitedMs: milliseconds, said: line, gaveUp: truth })),
  problem: orNull(problem),
  versions: record<ScanReport['versions']>({
    SSLv2: accepted,
    SSLv3: accepted,
    TLSv1: accepted,
    'TLSv1.1': accepted,
    'TLSv1.2': accepted,
    'TLSv1.3': accepted,
  }),
  suites: some(suites),
  classes: record<ScanReport['classes']>({
    anonymous: fact,
    null: fact,
    export: fact,
    des: fact,
    rc4: fact,
    '3des': fact,
    obsolete: fact,
    'static-rsa': fact,
    dhe: fact,
    'forward-secret': fact,
    cbc: fact,
    aead: fact,
  }),
  groups: record<ScanReport['groups']>({
    accepted: some(record<FoundGroup>({ code, name: line, versions: some(version), steps: some(count) })),
    refused: some(line),
    complete: truth,
    postQuantum: fact,
  }),
  dheBits: finding(count),
  signatures: record<ScanReport['signatures']>({
    accepted: some(record<FoundSignature>({ code, name: line, step: count })),
    complete: truth,
    weak: fact,
  }),
  extendedMasterSecret: fact,
  secureRenegotiation: fact,
  compression: fact,
  sessionTickets: fact,
  resumption: fact,
  ocspStaple: fact,
  withoutServerName: finding(
    word<'same-certificate' | 'other-certificate' | 'refused'>({
      'same-certificate': true,
      'other-certificate': true,
      refused: true,
    }),
  ),
  largeHello: finding(word<'answered' | 'not-answered'>({ answered: true, 'not-answered': true })),
  fallbackScsv: fact,
  commandInjection: finding(
    word<InjectionOutcome>({ discarded: true, 'executed-inside-tls': true, 'answered-in-clear': true, refused: true }),
  ),
  chainAsSent: chainShape,
  chainWithoutServerName: chainShape,
  remarks: some(line),
  trail: some(record<ScanStep>({ asked: line, answer: line, ms: milliseconds, putOff: truth })),
});
