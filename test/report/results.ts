/**
 * Results as a probe would give them, for the renderings: the two published examples of a receiver tester, and parts to
 * make others from.
 */

import type { TlsMode } from '../../src/policy/mode.ts';
import { type ConfidenceOptions, noConfidence, scoreHosts } from '../../src/probe/confidence.ts';
import { adviceFor, type FindingCode, findingEntry } from '../../src/probe/finding-catalogue.ts';
import {
  type Finding,
  type HostResult,
  type Prediction,
  type ProbeResult,
  SENDERS,
  STAGES,
  type StageName,
  type StageResult,
} from '../../src/probe/result.ts';
import { averageOf } from '../../src/probe/stages.ts';

const OPTIONS: ConfidenceOptions = { ignoreNoConnect: false, mtaStsTested: false, daneTested: false };

/** ms per stage; `FAIL` for a failed one, `null` where nothing ran, `undefined` at the end: not tested. */
export type Times = readonly (number | 'FAIL' | null | undefined)[];

export function stagesFrom(
  times: Times,
  code: FindingCode = 'certificate-name',
): Readonly<Record<StageName, StageResult>> {
  const entries = STAGES.map((stage, index): readonly [StageName, StageResult] => {
    const ms = times[index];
    if (ms === undefined) return [stage, { result: 'not-tested' }];
    if (ms === null) return [stage, { result: 'not-run' }];
    if (ms === 'FAIL') return [stage, { result: 'fail', code, detail: findingEntry(code).title }];
    return [stage, { result: 'ok', ms }];
  });
  return Object.fromEntries(entries) as Record<StageName, StageResult>;
}

export function certificate(
  commonName: string,
  issuer: string,
  names: readonly string[] = [],
): NonNullable<HostResult['chain']>['sent'][number] {
  return {
    subject: `CN=${commonName}`,
    issuer: `CN=${issuer}`,
    commonName,
    serial: '01AB',
    notBefore: '2026-09-25T00:00:00.000Z',
    notAfter: '2026-12-24T00:00:00.000Z',
    key: 'RSA 2048',
    keyType: 'rsa',
    keyBits: 2048,
    signature: 'sha256WithRSAEncryption',
    names,
    addresses: [],
    selfIssued: commonName === issuer,
    ca: names.length === 0,
    fingerprint: 'ab'.repeat(32),
  };
}

export function finding(code: FindingCode, host: string, detail: string, presented?: string): Finding {
  const { severity, title, reference } = findingEntry(code);
  return { code, severity, host, title, detail, advice: adviceFor(code, { host, presented }), reference };
}

export interface HostParts {
  readonly exchange: string;
  readonly address?: string | null;
  readonly preference?: number;
  readonly times: Times;
  readonly verdict?: HostResult['verdict'];
  /** Names the certificate carries, when not the host's own. */
  readonly presented?: readonly string[];
  readonly more?: Partial<HostResult>;
}

/** An encrypted host on TLS 1.2 with a chain of three, unless the parts say otherwise. */
export function host({
  exchange,
  address = '192.0.2.1',
  preference = 10,
  times,
  verdict = 'encrypted',
  presented,
  more,
}: HostParts): HostResult {
  const stages = stagesFrom(times);
  const names = presented ?? [exchange];
  const matched = names.includes(exchange);
  const step = {
    matched,
    step: matched ? 'H3' : null,
    strength: matched ? 'weak' : null,
    presented: null,
    trail: [`H3: SAN ${names[0]} is ${matched ? '' : 'not '}${exchange}`],
  } as const;
  const encrypted = verdict === 'encrypted';
  return {
    exchange,
    preference,
    address,
    port: 25,
    verdict,
    blame: null,
    score: null,
    terms: { state: 'encrypted', base: 0, certificate: 0, cipher: 0, bonus: 0, rank: 0, weight: 0 },
    stages,
    greeting: `220 ${exchange} ESMTP`,
    extensions: ['SIZE 1000', 'STARTTLS'],
    extensionsUnderTls: ['SIZE 1000'],
    tls: encrypted
      ? {
          protocol: 'TLSv1.2',
          cipher: 'ECDHE-RSA-AES256-GCM-SHA384',
          cipherStandardName: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
          bits: 256,
          group: 'X25519',
          serverName: exchange,
        }
      : null,
    chain: encrypted
      ? {
          sent: [
            certificate(names[0] ?? '', 'Example ICA', names),
            certificate('Example ICA', 'Example Root'),
            certificate('Example Root', 'Example Root'),
          ],
          trusted: true,
          problem: null,
          detail: null,
          path: [],
          anchor: { subject: 'CN=Example Root', fingerprint: 'cd'.repeat(32), from: 'bundled' },
          remarks: [{ kind: 'root-sent', position: 2 }],
          revocation: 'not-checked',
        }
      : null,
    identity: encrypted
      ? {
          matched,
          mx: { matched, expected: exchange, presented: names },
          verify: {
            ...step,
            matched: false,
            step: null,
            strength: null,
            trail: ['V1: no SAN is example.com', 'V2: the CN is not example.com'],
          },
          hosted: step,
        }
      : null,
    dane: { status: 'not-tested' },
    mtaSts: { status: 'not-tested' },
    findings:
      matched || !encrypted
        ? []
        : [
            finding(
              'certificate-name',
              exchange,
              `the certificate is for ${names.join(', ')}, not for ${exchange}`,
              names[0],
            ),
          ],
    transcript: [
      { at: 41, kind: 'note', tls: false, text: 'Connected to server' },
      { at: 301, kind: 'received', tls: false, text: `220 ${exchange} ESMTP` },
      { at: 301, kind: 'sent', tls: false, text: 'EHLO tester.example.net' },
      { at: 344, kind: 'received', tls: false, text: `250-${exchange}` },
      { at: 344, kind: 'continued', tls: false, text: '250 STARTTLS' },
      { at: 344, kind: 'sent', tls: false, text: 'STARTTLS' },
      { at: 385, kind: 'received', tls: false, text: '220 Go ahead with TLS' },
      { at: 558, kind: 'note', tls: false, text: 'Connection converted to SSL' },
      { at: 558, kind: 'detail', tls: true, text: 'SSLVersion in use: TLSv1.2' },
      { at: 831, kind: 'sent', tls: true, text: 'EHLO tester.example.net' },
      { at: 874, kind: 'received', tls: true, text: `250 ${exchange}` },
      { at: 916, kind: 'sent', tls: true, text: 'QUIT' },
    ],
    ...more,
  };
}

export function prediction(parts: Partial<Prediction> = {}): Prediction {
  return {
    channel: 'encrypted',
    host: 'mx1.example.com',
    verified: null,
    basis: 'observed',
    alternatives: [],
    outcomes: [],
    because: [],
    ...parts,
  };
}

export interface ResultParts {
  readonly target?: string;
  readonly hosts?: readonly HostResult[];
  readonly options?: Partial<ConfidenceOptions>;
  readonly predictions?: Partial<Record<TlsMode, Prediction>>;
  readonly more?: Partial<ProbeResult>;
}

/** A whole result; score, average and predictions follow from the hosts. */
export function result({
  target = 'ann@example.com',
  hosts = [],
  options = {},
  predictions = {},
  more = {},
}: ResultParts): ProbeResult {
  const settings = { ...OPTIONS, ...options };
  const scored = scoreHosts(
    hosts.map((each) => ({
      exchange: each.exchange,
      address: each.address,
      preference: each.preference,
      verdict: each.verdict,
      protocol: each.tls?.protocol ?? null,
      fault: each.findings[0]?.code ?? null,
      certificateFault: each.stages.cert.result === 'fail' ? (each.stages.cert.code ?? 'certificate-name') : null,
      cipher: null,
      mtaSts: null,
      daneMatch: false,
    })),
    settings,
  );
  const judged = hosts.map((each, index) => ({
    ...each,
    score: scored.scores[index] ?? null,
    terms: scored.terms[index] ?? each.terms,
  }));
  const first = hosts[0]?.exchange ?? null;
  const encrypted = prediction({ host: first });
  return {
    format: 'tlsreach.probe/1',
    target,
    domain: target.slice(target.lastIndexOf('@') + 1),
    startedAt: '2026-10-24T00:00:00.000Z',
    elapsedMs: 1234,
    status: 'tested',
    problem: null,
    confidence: hosts.length === 0 ? noConfidence(settings) : scored.confidence,
    hosts: judged,
    average: averageOf(judged.map(({ stages }) => stages)),
    dns: {
      mx: {
        security: 'insecure',
        securityFrom: null,
        source: 'mx',
        records: judged.map(({ exchange, preference }) => ({ exchange, preference })),
      },
      hosts: judged.map(({ exchange }) => ({ exchange, addresses: 'insecure', tlsa: null })),
      resolvers: ['192.0.2.53'],
    },
    clock: [],
    mtaSts: { mode: 'not-tested' },
    tlsRpt: { status: 'not-tested' },
    dane: { status: 'not-tested' },
    trust: { anchors: 146, sources: [{ name: 'bundled', date: '2026-08-01', count: 146 }] },
    senders: Object.fromEntries(SENDERS.map((sender) => [sender, encrypted])) as ProbeResult['senders'],
    predictions: {
      no: prediction({
        channel: 'clear',
        host: first,
        basis: 'inferred',
        alternatives: ['none'],
        outcomes: [{ channel: 'none', host: null, verified: null }],
      }),
      preferred: encrypted,
      required: encrypted,
      'preferred-verify': prediction({ host: first, verified: false }),
      'required-verify': prediction({
        channel: 'none',
        host: null,
        because: ['mx1.example.com: V1: no SAN is example.com', 'mx2.example.com: the same'],
      }),
      'required-verify-hosted': prediction({ host: first, verified: true }),
      ...predictions,
    },
    findings: judged.flatMap(({ findings }) => findings),
    ...more,
  };
}

/** The published good example: three hosts, everything OK, 100. */
export const THREE_GOOD_HOSTS: ProbeResult = result({
  target: 'postmaster@cisco.com',
  hosts: [
    host({
      exchange: 'alln-mx-01.cisco.com',
      address: '173.37.147.230',
      preference: 10,
      times: [41, 422, 50, 48, 450, 58, 41],
    }),
    host({
      exchange: 'rcdn-mx-01.cisco.com',
      address: '72.163.7.166',
      preference: 20,
      times: [41, 260, 42, 41, 446, 43, 42],
    }),
    host({
      exchange: 'aer-mx-01.cisco.com',
      address: '173.38.212.150',
      preference: 30,
      times: [80, 484, 81, 79, 548, 80, 81],
    }),
  ],
});

/** The published bad example: two hosts of equal preference, both certificates for another name, 90. */
export const TWO_WRONG_NAMES: ProbeResult = result({
  target: 'ann@example.com',
  hosts: [
    host({
      exchange: 'mailc.example.com',
      address: '192.0.2.7',
      preference: 5,
      times: [26, 71, 24, 26, 'FAIL', 2122, 27, 25],
      presented: ['gvsvipa006.example.com'],
    }),
    host({
      exchange: 'maild.example.com',
      address: '192.0.2.8',
      preference: 5,
      times: [26, 71, 24, 26, 'FAIL', 122, 27, 25],
      presented: ['gvsvipa007.example.com'],
    }),
  ],
});

/** What a hostile server might send, in every place that holds its words. */
export const HOSTILE = '<script>alert("x")</script>\x1b[2J\r\n| **b** `=cmd()` \u202etxt\u0000\u009b31m';

export const HOSTILE_HOST: ProbeResult = result({
  target: '=cmd@example.com',
  hosts: [
    host({
      exchange: 'mx1.example.com',
      times: [1, 2, 3, 4, 'FAIL', 6, 7],
      presented: [HOSTILE],
      more: {
        greeting: HOSTILE,
        extensions: [HOSTILE],
        transcript: [{ at: 1, kind: 'received', tls: false, text: `220 ${HOSTILE}` }],
        findings: [finding('certificate-name', 'mx1.example.com', HOSTILE, HOSTILE)],
      },
    }),
  ],
});
