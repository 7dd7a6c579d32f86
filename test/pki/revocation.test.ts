import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChainVerdict } from '../../src/pki/chain-verdict.ts';
import { generateKey, type KeySpec } from '../../src/pki/issue-key.ts';
import { issueOcspResponse, type OcspRequest } from '../../src/pki/issue-ocsp.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';
import { MAX_STAPLE_OCTETS } from '../../src/pki/revocation.ts';
import { AT, LONG_AGO, mintUnder, mintWorld } from './scenario.ts';

const world = mintWorld();
const day = 86_400_000;

function staple(overrides: Partial<OcspRequest> = {}): Buffer {
  return issueOcspResponse({
    certificate: world.leaf.der,
    issuer: world.intermediate.der,
    signer: { key: world.intermediate.privateKey },
    status: 'good',
    thisUpdate: new Date(AT - day),
    nextUpdate: new Date(AT + day),
    ...overrides,
  });
}

function judge(ocspStaple: Buffer | null): ChainVerdict {
  const chainAsSent = [world.leaf.der, world.intermediate.der];
  return judgeChain({ chainAsSent, anchors: world.anchors, at: AT, ocspStaple });
}

describe('a stapled OCSP response', () => {
  it('is not there: revocation was not checked', () => {
    assert.equal(judge(null).revocation, 'not-checked');
  });

  it('that is good changes nothing but the word', () => {
    const verdict = judge(staple());
    assert.equal(verdict.revocation, 'good');
    assert.equal(verdict.trusted, true);
  });

  it('that says revoked ends the trust, with the date', () => {
    const verdict = judge(staple({ status: 'revoked', revokedAt: new Date('2026-05-30T12:00:00Z') }));
    assert.equal(verdict.trusted, false);
    assert.equal(verdict.problem, 'revoked');
    assert.equal(verdict.revocation, 'revoked');
    assert.equal(
      verdict.detail,
      'the server certificate “mx.example.com” was revoked by its issuer on 2026-05-30 12:00:00 UTC',
    );
  });

  for (const spec of ['rsa2048', 'p384', 'ed25519'] satisfies KeySpec[]) {
    it(`counts when a responder with a ${spec} key, appointed by the issuer, signed it`, () => {
      const key = generateKey(spec);
      const responder = mintUnder(world.intermediate, {
        subject: { CN: 'Responder' },
        key,
        extendedKeyUsage: ['ocspSigning'],
      });
      assert.equal(judge(staple({ signer: { key, certificate: responder.der } })).revocation, 'good');
    });
  }

  const unknown: readonly (readonly [string, () => Buffer])[] = [
    ['whose answer is unknown', () => staple({ status: 'unknown' })],
    ['that is out of date', () => staple({ thisUpdate: new Date(AT - 9 * day), nextUpdate: new Date(AT - 2 * day) })],
    ['that is from the future', () => staple({ thisUpdate: new Date(AT + day), nextUpdate: new Date(AT + 2 * day) })],
    ['that is old and names no next one', () => issueOcspResponse({ ...base(), thisUpdate: new Date(AT - 8 * day) })],
    ['about another certificate', () => staple({ certificate: mintUnder(world.intermediate, { serial: 5n }).der })],
    ['signed by a stranger', () => staple({ signer: { key: generateKey('p256') } })],
    ['signed with a weak hash', () => staple({ signatureHash: 'sha1' })],
    [
      'signed by a certificate of the issuer that is no responder',
      () => {
        const key = generateKey('p256');
        return staple({ signer: { key, certificate: mintUnder(world.intermediate, { key }).der } });
      },
    ],
    [
      'signed by a responder whose time is over',
      () => {
        const key = generateKey('p256');
        const request = { key, extendedKeyUsage: ['ocspSigning'], ...LONG_AGO };
        return staple({ signer: { key, certificate: mintUnder(world.intermediate, request).der } });
      },
    ],
    [
      'signed by a responder of another authority',
      () => {
        const key = generateKey('p256');
        const responder = mintUnder(world.root, { key, extendedKeyUsage: ['ocspSigning'] });
        return staple({ signer: { key, certificate: responder.der } });
      },
    ],
    ['that is no OCSP response', () => Buffer.from('not DER')],
    ['in which the responder reports an error', () => Buffer.from('30030a0106', 'hex')],
    ['beyond the limit', () => Buffer.alloc(MAX_STAPLE_OCTETS + 1)],
  ];
  for (const [what, make] of unknown) {
    it(`${what} leaves revocation unknown and the chain trusted`, () => {
      const verdict = judge(make());
      assert.equal(verdict.revocation, 'unknown');
      assert.equal(verdict.trusted, true);
    });
  }
});

function base(): OcspRequest {
  return {
    certificate: world.leaf.der,
    issuer: world.intermediate.der,
    signer: { key: world.intermediate.privateKey },
    status: 'good',
    thisUpdate: new Date(AT - day),
  };
}
