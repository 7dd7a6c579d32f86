import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ScoredAddress } from '../../src/probe/confidence.ts';
import { type WhatIfInput, type WhatIfRow, whatIfs } from '../../src/probe/what-if.ts';

const CERTIFICATE_CODES = ['certificate-name', 'certificate-expired', 'certificate-weak-key'] as const;
const HOSTS = ['mx1.example.com', 'mx2.example.com', 'mx3.example.com'] as const;
const FAULT_OF = {
  clear: 'starttls-not-offered',
  'broken-tls': 'broken-after-220',
  unreachable: 'not-reachable',
  inconclusive: 'throttled',
  skipped: 'family-unusable',
} as const;

/** An encrypted address with a good certificate, changed. */
function row(changes: Partial<ScoredAddress> = {}, codes: readonly string[] = [], valid = true): WhatIfRow {
  return {
    codes,
    valid,
    scored: {
      exchange: HOSTS[0],
      address: '192.0.2.1',
      preference: 10,
      verdict: 'encrypted',
      protocol: 'TLSv1.3',
      fault: null,
      certificateFault: null,
      cipher: {
        name: 'TLS_AES_256_GCM_SHA384',
        bits: 256,
        keyType: 'ec',
        keyBits: 256,
        signature: 'ecdsa-with-SHA256',
      },
      mtaSts: null,
      daneMatch: false,
      ...changes,
    },
  };
}

function input(rows: readonly WhatIfRow[], changes: Partial<WhatIfInput> = {}): WhatIfInput {
  return {
    rows,
    findings: rows.flatMap(({ codes, scored }) => codes.map((code) => ({ code, host: scored.exchange }))),
    options: { ignoreNoConnect: false, mtaStsTested: true, daneTested: true },
    cover: () => null,
    advised: () => null,
    removes: () => false,
    ...changes,
  };
}

/** Rows as a probe makes them: faults, codes and the certificate's validity fit each other. */
const anyRow: fc.Arbitrary<WhatIfRow> = fc
  .record({
    exchange: fc.constantFrom(...HOSTS),
    preference: fc.constantFrom(10, 20),
    verdict: fc.constantFrom('encrypted', 'clear', 'broken-tls', 'unreachable', 'inconclusive', 'skipped'),
    protocol: fc.constantFrom('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
    certificate: fc.subarray([...CERTIFICATE_CODES]),
    bits: fc.constantFrom(256, 112, 56),
    dane: fc.constantFrom('none', 'match', 'mismatch'),
    sts: fc.constantFrom(null, 'covered-testing', 'covered-enforce'),
  })
  .map(({ exchange, preference, verdict, protocol, certificate, bits, dane, sts }) => {
    if (verdict !== 'encrypted') {
      const fault = FAULT_OF[verdict as keyof typeof FAULT_OF];
      const none = { protocol: null, cipher: null };
      return row(
        { exchange, preference, verdict: verdict as ScoredAddress['verdict'], fault, ...none },
        [fault],
        false,
      );
    }
    const old = protocol === 'TLSv1' || protocol === 'TLSv1.1';
    const codes = [
      ...certificate,
      ...(old ? ['tls-old-version'] : []),
      ...(bits < 112 ? ['cipher-weak'] : []),
      ...(dane === 'mismatch' ? ['dane-mismatch'] : []),
    ];
    const weakKey = certificate.includes('certificate-weak-key');
    return row(
      {
        exchange,
        preference,
        protocol,
        certificateFault: certificate[0] ?? null,
        cipher: {
          name: 'X',
          bits,
          keyType: 'rsa',
          keyBits: weakKey ? 1024 : 2048,
          signature: 'sha256WithRSAEncryption',
        },
        daneMatch: dane === 'match',
        mtaSts: certificate.length === 0 ? (sts as ScoredAddress['mtaSts']) : null,
      },
      codes,
      certificate.length === 0,
    );
  });

describe('what a mended finding would give', () => {
  it('is what the formula says of the host without it', () => {
    const { whatIf, allMended } = whatIfs(
      input([
        row(
          { protocol: 'TLSv1', certificateFault: 'certificate-name' },
          ['certificate-name', 'tls-old-version'],
          false,
        ),
      ]),
    );
    assert.deepEqual(whatIf, [
      { code: 'certificate-name', host: HOSTS[0], value: 70, gain: 10 },
      { code: 'tls-old-version', host: HOSTS[0], value: 97, gain: 37 },
    ]);
    assert.deepEqual(allMended, { value: 107, gain: 47 });
  });

  it('is nothing for one of two faults of the same certificate, and all of it for both', () => {
    const codes = ['certificate-expired', 'certificate-name'];
    const { whatIf, allMended } = whatIfs(input([row({ certificateFault: 'certificate-expired' }, codes, false)]));
    assert.deepEqual(
      whatIf.map(({ gain }) => gain),
      [0, 0],
    );
    assert.deepEqual(allMended, { value: 107, gain: 10 });
  });

  it('brings the bonus of a policy that was waiting for a valid certificate', () => {
    const rows = [row({ certificateFault: 'certificate-name' }, ['certificate-name'], false)];
    assert.equal(whatIfs(input(rows, { cover: () => 'covered-enforce' })).whatIf[0]?.value, 114);
  });

  it('is not told where nothing could be judged', () => {
    const rows = [row({ verdict: 'inconclusive', fault: 'throttled' }, ['throttled'], false)];
    assert.deepEqual(whatIfs(input(rows)), { whatIf: [], allMended: null });
  });

  it('is never a loss, for any domain and any finding of it', () => {
    const findings = [{ code: 'mta-sts-failed' }, { code: 'dane-absent', host: HOSTS[1] }];
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 6 }), fc.boolean(), (rows, enforced) => {
        const asked = input(rows, {
          cover: () => (enforced ? 'covered-enforce' : null),
          advised: ({ code }) => (code === 'mta-sts-failed' ? () => 'covered-testing' : null),
        });
        const { whatIf, allMended } = whatIfs({ ...asked, findings: [...asked.findings, ...findings] });
        const gains = whatIf.map(({ gain }) => gain);
        return gains.every((gain) => gain >= 0) && (allMended?.gain ?? 0) >= Math.max(0, ...gains);
      }),
      { numRuns: 500 },
    );
  });
});
