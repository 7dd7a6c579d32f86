import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateKey } from '../../src/pki/issue-key.ts';
import { NEAR_EXPIRY_FRACTION } from '../../src/pki/remarks.ts';
import { AT, anchorsOf, judge, mintRoot, mintUnder, mintWorld, OTHER_KEY } from './scenario.ts';

describe('remarks on a chain', () => {
  it('are none for leaf and intermediate in order', () => {
    const { leaf, intermediate, anchors } = mintWorld();
    assert.deepEqual(judge([leaf, intermediate], anchors).remarks, []);
  });

  it('name a duplicate and what it repeats, and the chain stays trusted (R20)', () => {
    const { leaf, intermediate, anchors } = mintWorld();
    const verdict = judge([leaf, intermediate, leaf, intermediate], anchors);
    assert.equal(verdict.trusted, true);
    assert.deepEqual(verdict.remarks, [
      { kind: 'duplicate', position: 3, of: 1 },
      { kind: 'duplicate', position: 4, of: 2 },
    ]);
  });

  it('name what stands before the certificate that it certifies, and the chain stays trusted (R20)', () => {
    const { leaf, intermediate, root, anchors } = mintWorld();
    const verdict = judge([leaf, root, intermediate], anchors);
    assert.equal(verdict.trusted, true);
    assert.deepEqual(verdict.remarks, [
      { kind: 'misordered', position: 2 },
      { kind: 'root-sent', position: 2 },
    ]);
  });

  it('name a certificate that has nothing to do with the leaf', () => {
    const { leaf, intermediate, anchors } = mintWorld();
    const stranger = mintRoot({ subject: { CN: 'Stranger' }, key: OTHER_KEY });
    assert.deepEqual(judge([leaf, intermediate, stranger], anchors).remarks, [
      { kind: 'foreign', position: 3, subject: 'CN=Stranger' },
    ]);
  });

  it('name a root that was sent along', () => {
    const { leaf, intermediate, root, anchors } = mintWorld();
    assert.deepEqual(judge([leaf, intermediate, root], anchors).remarks, [{ kind: 'root-sent', position: 3 }]);
  });

  it('name the issuer of a certificate that is missing (R20)', () => {
    const { leaf, anchors } = mintWorld();
    assert.deepEqual(judge([leaf], anchors).remarks, [{ kind: 'missing-intermediate', issuer: 'CN=Test Issuing' }]);
  });

  it('warn of expiry by the part of the lifetime that is left, not by days (S-PKI-9)', () => {
    const day = 86_400_000;
    const remarksAt = (lifetimeDays: number, leftDays: number): unknown => {
      const notBefore = new Date(AT - (lifetimeDays - leftDays) * day);
      const leaf = { notBefore, notAfter: new Date(notBefore.getTime() + lifetimeDays * day) };
      const { leaf: issued, intermediate, anchors } = mintWorld({ leaf });
      return judge([issued, intermediate], anchors).remarks;
    };
    assert.equal(NEAR_EXPIRY_FRACTION, 0.2);
    assert.deepEqual(remarksAt(45, 10), []);
    assert.deepEqual(remarksAt(45, 8), [{ kind: 'near-expiry', position: 1, daysLeft: 8, lifetimeDays: 45 }]);
    assert.deepEqual(remarksAt(400, 79), [{ kind: 'near-expiry', position: 1, daysLeft: 79, lifetimeDays: 400 }]);
    assert.deepEqual(remarksAt(400, 81), []);
  });

  it('name weak keys and weak signatures, but not the signature that a root made on itself', () => {
    const key = generateKey('rsa1024');
    const root = mintRoot({ signatureHash: 'sha1' });
    const leaf = mintUnder(root, { key, signatureHash: 'sha1' });
    assert.deepEqual(judge([leaf, root], anchorsOf(root)).remarks, [
      { kind: 'weak-key', position: 1, key: 'RSA 1024' },
      { kind: 'weak-signature', position: 1, signature: 'ecdsa-with-SHA1' },
      { kind: 'root-sent', position: 2 },
    ]);
  });
});
