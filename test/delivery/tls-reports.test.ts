import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { DaneLookup } from '../../src/dane/lookup.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import { sessionResults } from '../../src/delivery/tls-reports.ts';
import type { StsDiscovery } from '../../src/mtasts/discover.ts';
import type { PolicyEvent } from '../../src/policy/decide.ts';
import { DANE_NOT_TESTED, type Evidence } from '../../src/policy/evidence.ts';
import { RESULT_TYPES } from '../../src/tlsrpt/report.ts';
import { DayTally } from '../../src/tlsrpt/tally.ts';
import { FACTS, type JudgedScenario, judged } from '../report/delivery-scenario.ts';

const SEEN = {
  name: '_mta-sts.example.com',
  security: 'insecure',
  securityFrom: null,
} as const;
const NO_RECORD = { ...SEEN, kind: 'absent', ignored: [] } as const;
const ABSENT: StsDiscovery = { kind: 'absent', record: NO_RECORD, warnings: [], fetch: null };
const DANE_NONE: DaneLookup = { kind: 'none', why: 'no-records', steps: [] };

function sts(mode: 'enforce' | 'testing' | 'none', mx: readonly string[] = ['mx.example.com']): StsDiscovery {
  const policy = { mode, mx, maxAge: 604_800 };
  return {
    kind: 'policy',
    policy,
    id: '1',
    from: 'cache',
    fetchedAt: 0,
    expiresAt: 1,
    record: NO_RECORD,
    warnings: [],
    fetch: null,
  };
}

const TLSA: DaneLookup = {
  kind: 'records',
  baseDomain: 'mx.example.com',
  tlsaName: '_25._tcp.mx.example.com',
  records: [{ usage: 3, selector: 1, matchingType: 1, data: 'ab'.repeat(32) }],
  ttl: 300,
  securityFrom: null,
  nameSecure: true,
  steps: [],
};

function dane(status: 'match' | 'mismatch' | 'unusable'): Partial<Evidence> {
  return { dane: { kind: 'seen', ms: 1, value: { ...DANE_NOT_TESTED, status } } };
}

type Given = Omit<JudgedScenario, 'mode' | 'published'> & {
  readonly sts?: StsDiscovery | null;
  readonly dane?: DaneLookup | null;
};

function session({
  sts = ABSENT,
  dane = DANE_NONE,
  ...rest
}: Given): Extract<DeliveryEvent, { kind: 'session-judged' }> {
  return judged({ mode: 'preferred', ...rest, published: { mtaSts: sts, dane } });
}

/** `sts:certificate-expired`, `tlsa:ok`, as told to the recipient's domain. */
function told(given: Given): readonly string[] {
  return sessionResults(session(given))
    .filter(({ reportTo }) => reportTo === 'example.com')
    .map(({ policy, failure }) => `${policy.type}:${failure?.resultType ?? 'ok'}`);
}

test('each way to fail has its result type (S-RPT-3)', () => {
  const expired: Partial<Evidence> = {
    path: {
      kind: 'seen',
      ms: 1,
      value: {
        sent: [],
        trusted: false,
        problem: 'expired',
        detail: '',
        path: [],
        anchor: null,
        remarks: [],
        revocation: 'not-checked',
      },
    },
  };
  const failedFetch: StsDiscovery = {
    kind: 'failed',
    failure: { kind: 'status', status: 404 },
    record: { ...SEEN, kind: 'record', id: '1', text: 'v=STSv1; id=1' },
    warnings: [],
    fetch: null,
  };
  const bogus: DaneLookup = {
    kind: 'failed',
    name: '_25._tcp.mx.example.com',
    type: 'TLSA',
    failure: { kind: 'bogus', detail: 'x' },
    steps: [],
  };
  const mandatory = session({ event: 'E13' });
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [told({ event: 'E8' }), ['no-policy-found:ok']],
    [told({ event: 'E6' }), ['no-policy-found:ok']],
    [told({ event: 'E2' }), ['no-policy-found:starttls-not-supported']],
    [told({ event: 'E8', sts: sts('enforce') }), ['sts:ok']],
    [told({ event: 'E8', sts: sts('none') }), ['no-policy-found:ok']],
    [told({ event: 'E6', sts: sts('testing') }), ['sts:certificate-not-trusted']],
    [told({ event: 'E6', sts: sts('enforce'), evidence: expired }), ['sts:certificate-expired']],
    [told({ event: 'E7', sts: sts('enforce') }), ['sts:certificate-host-mismatch']],
    [told({ event: 'E5', sts: sts('enforce') }), ['sts:validation-failure']],
    [told({ event: 'E4', sts: sts('enforce') }), ['sts:starttls-not-supported']],
    [told({ event: 'E8', sts: sts('enforce', ['other.example.com']) }), ['sts:validation-failure']],
    [told({ event: 'E8', sts: failedFetch }), ['sts:sts-policy-fetch-error']],
    [told({ event: 'E8', dane: TLSA, evidence: dane('match') }), ['tlsa:ok']],
    [told({ event: 'E8', dane: TLSA, evidence: dane('mismatch') }), ['tlsa:validation-failure']],
    [told({ event: 'E8', dane: TLSA, evidence: dane('unusable') }), ['tlsa:tlsa-invalid']],
    [told({ event: 'E8', dane: bogus }), ['tlsa:dnssec-invalid']],
    [told({ event: 'E8', sts: sts('enforce'), dane: TLSA, evidence: dane('match') }), ['sts:ok', 'tlsa:ok']],
    [
      sessionResults({ ...mandatory, controls: { ...mandatory.controls, dane: 'mandatory' } })
        .filter(({ reportTo }) => reportTo === 'example.com')
        .map(({ policy, failure }) => `${policy.type}:${failure?.resultType}`),
      ['tlsa:dane-required'],
    ],
  ];
  for (const [found, expected] of cases) assert.deepEqual(found, expected);
});

test('what says nothing about TLS, what nobody looked for, and reports themselves are not counted (S-RPT-5, S-RPT-7)', () => {
  assert.deepEqual(told({ event: 'E9' }), []);
  assert.deepEqual(told({ event: 'E10' }), []);
  assert.deepEqual(told({ event: 'E8', sts: null }), []);
  assert.deepEqual(told({ event: 'E8', facts: { destination: '[192.0.2.1]' } }), []);
  assert.deepEqual(sessionResults({ ...session({ event: 'E8' }), tlsOptional: true }), []);
  const off = session({ event: 'E8', sts: sts('enforce') });
  assert.deepEqual(sessionResults({ ...off, controls: { ...off.controls, mtaSts: 'off' } }), []);
});

test('a host that fails and the next one that serves are one failure and one success (S-RPT-7)', () => {
  const tally = new DayTally('2018-04-17');
  const first = session({
    event: 'E5',
    sts: sts('enforce', ['*.example.com']),
    facts: { exchange: 'mx1.example.com' },
  });
  const second = session({
    event: 'E8',
    sts: sts('enforce', ['*.example.com']),
    facts: { exchange: 'mx2.example.com' },
  });
  for (const event of [first, second]) for (const result of sessionResults(event)) tally.count(result);
  const [policy, ...others] = tally.stored().domains[0]?.policies ?? [];
  assert.equal(others.length, 0);
  assert.deepEqual([policy?.successful, policy?.failed], [1, 1]);
  assert.deepEqual(policy?.details, [
    {
      resultType: 'validation-failure',
      sendingMtaIp: FACTS.localAddress,
      receivingMxHostname: 'mx1.example.com',
      receivingIp: FACTS.address,
      failureReasonCode: 'tls-closed',
      count: 1,
    },
  ]);
});

test('the mail host hears of its TLSA records, too, under its own name (S-RPT-2)', () => {
  const results = sessionResults(session({ event: 'E8', dane: TLSA, evidence: dane('match') }));
  assert.deepEqual(
    results.map(({ reportTo, policy }) => [reportTo, policy.domain, policy.strings]),
    [
      ['example.com', 'mx.example.com', [`3 1 1 ${'ab'.repeat(32)}`]],
      ['mx.example.com', 'mx.example.com', [`3 1 1 ${'ab'.repeat(32)}`]],
    ],
  );
});

test('whatever sessions there are, successes and failures add up to them under each policy, details to the failures (S-RPT-2, S-RPT-7)', () => {
  const events: readonly PolicyEvent[] = [
    'E1',
    'E2',
    'E3',
    'E4',
    'E5',
    'E6',
    'E7',
    'E8',
    'E9',
    'E10',
    'E11',
    'E12',
    'E13',
  ];
  const one = fc.record({
    event: fc.constantFrom(...events),
    destination: fc.constantFrom('example.com', 'example.net'),
    exchange: fc.constantFrom('mx.example.com', 'mx2.example.com'),
    sts: fc.constantFrom(ABSENT, sts('enforce'), sts('testing', ['*.example.com']), null),
    dane: fc.constantFrom(DANE_NONE, TLSA, null),
    status: fc.constantFrom('match' as const, 'mismatch' as const, 'unusable' as const),
    restart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), (sessions) => {
      let tally = new DayTally('2018-04-17');
      const expected = new Map<string, number>();
      for (const { event, destination, exchange, sts, dane: lookup, status, restart } of sessions) {
        const facts = { destination, exchange };
        const evidence = event === 'E8' ? dane(status) : undefined;
        for (const result of sessionResults(session({ event, facts, sts, dane: lookup, evidence }))) {
          tally.count(result);
          const key = JSON.stringify([result.reportTo, result.policy]);
          expected.set(key, (expected.get(key) ?? 0) + 1);
          if (result.failure !== null) assert.ok(RESULT_TYPES.includes(result.failure.resultType));
        }
        if (restart) tally = new DayTally('2018-04-17', JSON.parse(JSON.stringify(tally.stored())));
      }
      const found = new Map<string, number>();
      for (const { domain, policies } of tally.stored().domains) {
        for (const { policy, successful, failed, details } of policies) {
          found.set(JSON.stringify([domain, policy]), successful + failed);
          assert.equal(
            details.reduce((sum, { count }) => sum + count, 0),
            failed,
          );
        }
      }
      assert.deepEqual(found, expected);
    }),
  );
});
