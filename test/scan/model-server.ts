/** A server as a table: what it would answer to a question, without a socket. For properties over thousands of them. */
import fc from 'fast-check';
import { cipherSuite, LEGACY_SUITES, TLS13_SUITES } from '../../src/scan/cipher-suites.ts';
import type { Answer, HelloQuestion, Question } from '../../src/scan/question.ts';
import {
  ECDHE_GROUPS,
  SIGNATURE_SCHEMES,
  TLS_VERSIONS,
  TLS13_GROUPS,
  type TlsVersion,
  versionsDownFrom,
} from '../../src/scan/registry.ts';

export interface ModelServer {
  readonly versions: readonly TlsVersion[];
  /** In the server's order. */
  readonly suites: readonly number[];
  readonly tls13Suites: readonly number[];
  readonly groups: readonly number[];
  readonly curves: readonly number[];
  readonly signatures: readonly number[];
  readonly serverOrder: boolean;
  readonly dhBits: number;
  /** How it says no. */
  readonly refusal: 'alert' | 'close' | 'handshake-failure';
  readonly sslv2: boolean;
}

const some = <Item>(items: readonly Item[], minLength = 0) =>
  fc.shuffledSubarray([...items], { minLength }) as fc.Arbitrary<readonly Item[]>;

export const modelServers: fc.Arbitrary<ModelServer> = fc
  .record({
    versions: some(TLS_VERSIONS, 1),
    suites: fc.shuffledSubarray(
      LEGACY_SUITES.map(({ code }) => code),
      { minLength: 1, maxLength: 40 },
    ),
    tls13Suites: some(
      TLS13_SUITES.map(({ code }) => code),
      1,
    ),
    groups: some(TLS13_GROUPS, 1),
    curves: some(ECDHE_GROUPS, 1),
    signatures: some(SIGNATURE_SCHEMES, 1),
    serverOrder: fc.boolean(),
    dhBits: fc.constantFrom(512, 1024, 2048, 3072),
    refusal: fc.constantFrom('alert' as const, 'close' as const, 'handshake-failure' as const),
    sslv2: fc.boolean(),
  })
  .map((server) => ({ ...server, versions: server.versions.filter((version) => canSpeak(server, version)) }));

/** Whether a version has a suite that it can speak (AEAD and SHA-2 came with TLS 1.2). */
function canSpeak({ suites }: Pick<ModelServer, 'suites'>, version: TlsVersion): boolean {
  return version === 'TLSv1.3' || suites.some((code) => fits(code, version));
}

export function fits(code: number, version: TlsVersion): boolean {
  const suite = cipherSuite(code);
  if (suite === null || suite.tls13 !== (version === 'TLSv1.3')) return false;
  return version === 'TLSv1.3' || version === 'TLSv1.2' || !/GCM|CCM|POLY1305|SHA256|SHA384/.test(suite.name);
}

export function answerOf(server: ModelServer, question: Question): Answer {
  switch (question.kind) {
    case 'sslv2':
      return server.sslv2 ? { kind: 'sslv2', ciphers: [0x010080] } : no(server);
    case 'injection':
      return { kind: 'injection', outcome: 'discarded' };
    case 'handshake':
      return {
        kind: 'encrypted',
        resumed: question.resume,
        protocol: TLS_VERSIONS.find((version) => server.versions.includes(version)) ?? 'none',
        chainAsSent: ['AAAA'],
        stapled: false,
        ticket: true,
      };
    case 'hello':
      return helloAnswer(server, question);
  }
}

function helloAnswer(server: ModelServer, { hello }: HelloQuestion): Answer {
  const offered =
    hello.onlyThisVersion && hello.version === 'TLSv1.3' ? ['TLSv1.3' as const] : versionsDownFrom(hello.version);
  const version = offered.find((each) => server.versions.includes(each));
  if (version === undefined) return no(server);
  const newest = TLS_VERSIONS.find((each) => server.versions.includes(each));
  if (hello.fallback && newest !== version) return { kind: 'alert', code: 86 };
  const own = version === 'TLSv1.3' ? server.tls13Suites : server.suites;
  const group = (server: readonly number[]) => server.find((code) => hello.groups.includes(code)) ?? null;
  const signature = server.signatures.find((code) => hello.signatures.includes(code)) ?? null;
  const usable = (code: number): boolean => {
    if (!fits(code, version)) return false;
    const exchange = cipherSuite(code)?.keyExchange;
    if ((exchange === 'ECDHE' || exchange === 'ECDH_anon') && group(server.curves) === null) return false;
    return version !== 'TLSv1.2' || signature !== null || (exchange !== 'ECDHE' && exchange !== 'DHE');
  };
  const suites = server.serverOrder
    ? own.filter((code) => hello.suites.includes(code))
    : hello.suites.filter((code) => own.includes(code));
  const suite = suites.find(usable);
  const tls13Group = version === 'TLSv1.3' ? group(server.groups) : null;
  if (suite === undefined || (version === 'TLSv1.3' && tls13Group === null)) return no(server, 40);
  const exchange = cipherSuite(suite)?.keyExchange;
  const curve = exchange === 'ECDHE' || exchange === 'ECDH_anon' ? group(server.curves) : null;
  const dhe = exchange === 'DHE' || exchange === 'DH_anon';
  const signed = version === 'TLSv1.2' && (exchange === 'ECDHE' || exchange === 'DHE');
  return {
    kind: 'hello',
    hello: {
      version,
      suite,
      compression: 0,
      retry: version === 'TLSv1.3',
      group: tls13Group,
      sessionIdBytes: 0,
      extensions: [23, 0xff01],
    },
    keyExchange:
      version === 'TLSv1.3'
        ? null
        : { group: curve, dhBits: dhe ? server.dhBits : null, signature: signed ? signature : null },
    chainAsSent: version === 'TLSv1.3' ? [] : ['AAAA'],
    stapled: false,
    stalled: false,
  };
}

function no({ refusal }: ModelServer, code = 70): Answer {
  if (refusal === 'close') return { kind: 'closed', how: 'end' };
  return { kind: 'alert', code: refusal === 'handshake-failure' ? 40 : code };
}
