import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CERTIFICATE_CACHE_ENTRIES, MAX_CERTIFICATE_OCTETS, parseCertificate } from '../../src/pki/certificate.ts';
import { issueOcspResponse } from '../../src/pki/issue-ocsp.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { judgeStaple } from '../../src/pki/revocation.ts';
import { AT, DATES, mintWorld } from './scenario.ts';

const { leaf, intermediate, root, anchors } = mintWorld({
  intermediate: { nameConstraints: { permitted: { dnsNames: ['example.com'] } } },
  leaf: { ipAddresses: [], extendedKeyUsage: ['serverAuth', 'clientAuth'] },
});

describe('certificates with damaged bytes', () => {
  it('never stop the judge, and no damage to the leaf or the intermediate leaves the chain trusted', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, place, flip) => {
        const damaged = Buffer.from(which ? leaf.der : intermediate.der);
        const offset = place % damaged.length;
        damaged[offset] = (damaged[offset] ?? 0) ^ flip;
        const chainAsSent = which ? [damaged, intermediate.der] : [leaf.der, damaged];
        const verdict = judgeChain({ chainAsSent, anchors, at: AT });
        assert.equal(verdict.trusted, false, `${which ? 'leaf' : 'intermediate'} at ${offset} ^ ${flip}`);
        assert.ok((verdict.detail ?? '').length > 10);
      }),
      { numRuns: 1500 },
    );
  });

  it('never stop the judge when they are cut, repeated or random', () => {
    const piece = fc.oneof(
      fc.nat(leaf.der.length).map((length) => leaf.der.subarray(0, length)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(leaf.der, intermediate.der, root.der),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (chainAsSent) => {
        const verdict = judgeChain({ chainAsSent, anchors, at: AT });
        const [first] = chainAsSent;
        if (verdict.trusted)
          assert.ok([leaf, intermediate, root].some(({ der }) => first !== undefined && der.equals(first)));
        assert.equal(verdict.sent.length, chainAsSent.length);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused by size before they are read', () => {
    const outcome = parseCertificate(Buffer.alloc(MAX_CERTIFICATE_OCTETS + 1));
    assert.equal(outcome.ok, false);
    assert.match(outcome.ok ? '' : outcome.failure.why, /octets long/);
  });

  it('do not push the memory up: the cache of read certificates is bounded', () => {
    const first = parseCertificate(leaf.der);
    const again = parseCertificate(Buffer.from(leaf.der));
    assert.ok(first.ok && again.ok);
    assert.equal(first.value, again.value);
    assert.ok(CERTIFICATE_CACHE_ENTRIES <= 4096);
  });
});

describe('a damaged staple', () => {
  it('is never good news and never an error', () => {
    const staple = issueOcspResponse({
      certificate: leaf.der,
      issuer: intermediate.der,
      signer: { key: intermediate.privateKey },
      status: 'good',
      thisUpdate: DATES.notBefore,
      nextUpdate: DATES.notAfter,
    });
    const [end, issuer] = [parseCertificate(leaf.der), parseCertificate(intermediate.der)];
    assert.ok(end.ok && issuer.ok);
    const state = (bytes: Buffer): string =>
      judgeStaple({ staple: bytes, leaf: end.value, issuer: issuer.value, at: AT }).state;
    assert.equal(state(staple), 'good');
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const damaged = Buffer.from(staple);
        const offset = place % damaged.length;
        damaged[offset] = (damaged[offset] ?? 0) ^ flip;
        assert.equal(state(damaged), 'unknown', `at ${offset} ^ ${flip}`);
      }),
      { numRuns: 500 },
    );
  });
});
