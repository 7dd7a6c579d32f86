import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChainProblem, ChainRemark } from '../../src/pki/chain-verdict.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { EVENTS } from '../../src/policy/state-table.ts';
import { isFindingCode } from '../../src/probe/finding-catalogue.ts';
import { findingsOfRoute, findingsOfSession, SLOW_GREETING_MS } from '../../src/probe/findings.ts';

function codes(evidence: Evidence): readonly string[] {
  return findingsOfSession(evidence).map(({ code }) => code);
}

function withChain(problem: ChainProblem | null, remarks: readonly ChainRemark[] = []): Evidence {
  if (GOOD_EVIDENCE.path.kind !== 'seen') throw new Error('the happy path has a chain');
  const value = {
    ...GOOD_EVIDENCE.path.value,
    trusted: problem === null,
    problem,
    detail: problem === null ? null : 'why',
    remarks,
  };
  return { ...GOOD_EVIDENCE, path: { ...GOOD_EVIDENCE.path, value } };
}

describe('findings', () => {
  it('are none on the happy path', () => assert.deepEqual(codes(GOOD_EVIDENCE), []));

  for (const [event, expected] of [
    ['E1', ['helo-only']],
    ['E2', ['starttls-not-offered']],
    ['E3', ['starttls-temporarily-refused']],
    ['E4', ['starttls-refused']],
    ['E5', ['broken-after-220']],
    ['E6', ['certificate-self-signed']],
    ['E7', ['certificate-name']],
    ['E9', ['not-reachable']],
    ['E10', ['ehlo-refused']],
    ['E11', ['second-ehlo-refused']],
    ['E12', ['sender-refused']],
  ] as const) {
    it(`of ${event} are ${expected}`, () => assert.deepEqual(codes(exampleEvidence(event)), expected));
  }

  it('say what was seen, with whom, and what to do, on one line each', () => {
    for (const { event } of EVENTS) {
      for (const finding of findingsOfSession(exampleEvidence(event))) {
        assert.ok(isFindingCode(finding.code));
        assert.equal(finding.host, 'mx.example.com');
        for (const text of [finding.title, finding.detail, finding.advice, finding.reference])
          assert.match(text, /^[^\r\n{}]{3,}$/);
      }
    }
    assert.match(findingsOfSession(exampleEvidence('E4'))[0]?.detail ?? '', /502 not implemented/);
  });

  it('tell each reason why a chain is not trusted apart (R19) (R87)', () => {
    const seen = (
      [
        'expired',
        'not-yet-valid',
        'self-signed',
        'untrusted-root',
        'missing-intermediate',
        'revoked',
        'weak-key',
      ] as const
    ).map((problem) => codes(withChain(problem))[0]);
    assert.equal(new Set(seen).size, seen.length);
  });

  it('name duplicate, misordered, foreign and root certificates as warnings or remarks, not as failures (R20)', () => {
    const remarks: readonly ChainRemark[] = [
      { kind: 'duplicate', position: 2, of: 1 },
      { kind: 'misordered', position: 1 },
      { kind: 'foreign', position: 3, subject: 'CN=stranger' },
      { kind: 'root-sent', position: 2 },
      { kind: 'near-expiry', position: 1, daysLeft: 5, lifetimeDays: 90 },
    ];
    const findings = findingsOfSession(withChain(null, remarks));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['chain-duplicate', 'chain-misordered', 'chain-foreign', 'chain-root-sent', 'certificate-near-expiry'],
    );
    assert.ok(findings.every(({ severity }) => severity !== 'error'));
    assert.match(findings[4]?.detail ?? '', /5 of 90 days/);
  });

  it('warn of STARTTLS offered again inside TLS, and of nothing else there (R15)', () => {
    if (GOOD_EVIDENCE.ehlo.kind !== 'seen') throw new Error('the happy path has an EHLO');
    assert.deepEqual(codes({ ...GOOD_EVIDENCE, ehloUnderTls: GOOD_EVIDENCE.ehlo }), ['starttls-advertised-inside-tls']);
  });

  it('point at a middlebox that writes over extensions (S-TLS-6)', () => {
    const evidence = exampleEvidence('E2');
    if (evidence.ehlo.kind !== 'seen') throw new Error('E2 has an EHLO');
    const ehlo = {
      ...evidence.ehlo,
      value: { ...evidence.ehlo.value, keywords: [{ keyword: 'XXXXXXXA', parameters: [] }] },
    };
    assert.deepEqual(codes({ ...evidence, ehlo }), ['starttls-not-offered', 'extensions-changed']);
  });

  it('mention a slow greeting', () => {
    if (GOOD_EVIDENCE.greeting.kind !== 'seen') throw new Error('the happy path has a greeting');
    const greeting = { ...GOOD_EVIDENCE.greeting, ms: SLOW_GREETING_MS + 1 };
    assert.deepEqual(codes({ ...GOOD_EVIDENCE, greeting }), ['slow-greeting']);
  });

  it('report faults of the route by their host (R22) (S-MX-6)', () => {
    const findings = findingsOfRoute(
      [
        { kind: 'mx-is-alias', exchange: 'mx.example.com', canonicalName: 'real.example.net' },
        { kind: 'mx-is-address-literal', exchange: '192.0.2.1' },
        { kind: 'mx-has-no-address', exchange: 'gone.example.com' },
        { kind: 'null-mx-among-others' },
      ],
      'example.com',
      new Set(),
    );
    assert.deepEqual(
      findings.map(({ code, host }) => [code, host]),
      [
        ['mx-is-alias', 'mx.example.com'],
        ['mx-is-address-literal', '192.0.2.1'],
        ['mx-has-no-address', 'gone.example.com'],
        ['null-mx-among-others', undefined],
      ],
    );
  });

  it('leave out that an address is private where it answered, and say so where it did not (S-MX-7)', () => {
    const remarks = ['10.0.0.1', '10.0.0.2'].map(
      (address) => ({ kind: 'mx-not-public', exchange: 'mx.example.com', address, scope: 'private' }) as const,
    );
    const findings = findingsOfRoute(remarks, 'example.com', new Set(['10.0.0.1']));
    assert.deepEqual(
      findings.map(({ code, address }) => [code, address]),
      [['mx-not-public', '10.0.0.2']],
    );
  });
});
