import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { type CrlVerdict, judgeCrl, MAX_CRL_OCTETS, MAX_OPEN_LIST_AGE_MS } from '../../src/pki/crl.ts';
import { type CrlRequest, issueCrl } from '../../src/pki/issue-crl.ts';
import { issuingDistributionPoint } from '../../src/pki/issue-extensions.ts';
import { generateKey } from '../../src/pki/issue-key.ts';
import { AT, KEY, mintUnder, mintWorld } from './scenario.ts';

const world = mintWorld();
const other = mintUnder(world.intermediate, { subject: { CN: 'other' } });
const day = 86_400_000;
const URL = 'http://crl.example.com/one.crl';
const revokedAt = new Date('2026-05-30T12:00:00Z');

function read(der: Buffer): Certificate {
  const parsed = parseCertificate(der);
  return parsed.ok ? parsed.value : assert.fail(parsed.failure.why);
}

function list(overrides: Partial<CrlRequest> = {}): Buffer {
  return issueCrl({
    issuer: world.intermediate.der,
    key: world.intermediate.privateKey,
    thisUpdate: new Date(AT - day),
    nextUpdate: new Date(AT + day),
    revoked: [{ certificate: other.der, at: revokedAt }],
    ...overrides,
  });
}

function judge(bytes: Buffer, issuer = world.intermediate.der, at = AT): CrlVerdict {
  return judgeCrl({ list: bytes, url: URL, leaf: read(world.leaf.der), issuer: read(issuer), at });
}

const REVOKED = [{ certificate: world.leaf.der, at: revokedAt }];
const NOTHING = Buffer.from('3000', 'hex');

describe('a list of revoked certificates', () => {
  it('without the certificate says that it is good, with an end', () => {
    assert.deepEqual(judge(list()), { state: 'good', keepUntil: AT + day });
    assert.equal(judge(list({ revoked: [] })).state, 'good');
  });

  it('with the certificate says since when it is revoked', () => {
    assert.deepEqual(judge(list({ revoked: [{ certificate: other.der, at: revokedAt }, ...REVOKED] })), {
      state: 'revoked',
      revokedAt: revokedAt.getTime(),
      keepUntil: AT + day,
    });
  });

  it('may be long, and is read to its end', () => {
    const many = Array.from({ length: 15_000 }, () => ({ certificate: other.der, at: revokedAt }));
    const verdict = judge(list({ revoked: [...many, ...REVOKED] }));
    assert.equal(verdict.state, 'revoked', verdict.state === 'unknown' ? verdict.why : '');
  });

  it('may name the place it was fetched from, and say that it is about servers alone', () => {
    assert.equal(
      judge(list({ extensions: [issuingDistributionPoint(['http://x.example/', URL], [1])] })).state,
      'good',
    );
  });

  it('without an end is taken for a week', () => {
    const { nextUpdate: _, ...open } = { ...BASE };
    assert.equal(judge(issueCrl(open)).state, 'good');
    const old = issueCrl({ ...open, thisUpdate: new Date(AT - MAX_OPEN_LIST_AGE_MS - 1000) });
    assert.match(why(judge(old)), /out of date/);
  });

  const REFUSED: readonly (readonly [string, () => Buffer, RegExp])[] = [
    ['out of date', () => list({ nextUpdate: new Date(AT - 1000) }), /out of date/],
    ['from the future', () => list({ thisUpdate: new Date(AT + day) }), /from the future/],
    ['signed by another key', () => list({ key: KEY }), /not signed by the issuer/],
    ['of another authority', () => list({ issuer: world.root.der, key: world.root.privateKey }), /somebody else/],
    ['signed with SHA-1', () => list({ signatureHash: 'sha1' }), /is signed with/],
    ['that holds changes alone', () => list({ extensions: [critical('2.5.29.27', '020101')] }), /a delta/],
    ['that speaks for others', () => list({ extensions: [issuingDistributionPoint([URL], [4])] }), /indirect/],
    ['about authorities alone', () => list({ extensions: [issuingDistributionPoint([], [2])] }), /authorities alone/],
    ['about attributes alone', () => list({ extensions: [issuingDistributionPoint([], [5])] }), /something else/],
    ['about some reasons', () => list({ extensions: [critical('2.5.29.28', '300483020640')] }), /some reasons/],
    [
      'for another place',
      () => list({ extensions: [issuingDistributionPoint(['http://x.example/'])] }),
      /another distribution point/,
    ],
    ['with something critical and unknown', () => list({ extensions: [critical('1.2.3.4', '0500')] }), /1\.2\.3\.4/],
    [
      'with an entry that has something critical',
      () => list({ revoked: [{ certificate: other.der, at: revokedAt, extensions: [critical('2.5.29.29', '3000')] }] }),
      /critical extension 2\.5\.29\.29/,
    ],
    ['of no bytes', () => Buffer.alloc(0), /cannot be read/],
    ['of nothing', () => NOTHING, /cannot be read/],
    ['too large', () => Buffer.alloc(MAX_CRL_OCTETS + 1), /is larger than/],
  ];
  for (const [what, make, says] of REFUSED) {
    it(`${what} is not used`, () => assert.match(why(judge(make())), says));
  }

  it('is not used where the authority may sign certificates alone', () => {
    const key = generateKey('p256');
    const strict = mintWorld({ intermediate: { key, keyUsage: ['keyCertSign'] } });
    const bytes = issueCrl({ ...BASE, issuer: strict.intermediate.der, key });
    assert.match(why(judge(bytes, strict.intermediate.der)), /may not sign lists/);
  });

  it('with any byte changed never says more than it did', () => {
    const good = list({ revoked: REVOKED });
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const damaged = Buffer.from(good);
        const offset = place % damaged.length;
        damaged[offset] = (damaged[offset] ?? 0) ^ flip;
        assert.notEqual(judge(damaged).state, 'good');
      }),
    );
  });
});

const BASE: CrlRequest = {
  issuer: world.intermediate.der,
  key: world.intermediate.privateKey,
  thisUpdate: new Date(AT - day),
  nextUpdate: new Date(AT + day),
};

function critical(oid: string, value: string) {
  return { oid, critical: true, value: Buffer.from(value, 'hex') };
}

function why(verdict: CrlVerdict): string {
  return verdict.state === 'unknown' ? verdict.why : assert.fail(`the list was used: ${verdict.state}`);
}
