import assert from 'node:assert/strict';
import { createPublicKey, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describeWhyUnusable,
  hasUsable,
  showTlsa,
  sortRecords,
  type TlsaRecord,
  tlsaRecord,
  type WhyUnusable,
} from '../../src/dane/usable.ts';
import { issueCertificate } from '../../src/pki/issue.ts';

const certificate = issueCertificate({
  subject: { CN: 'mx.example.test' },
  notBefore: new Date('2026-01-01'),
  notAfter: new Date('2027-01-01'),
});

/** `3 1 1 hex` as a record. */
function tlsa(text: string): TlsaRecord {
  const [usage, selector, matchingType, data] = text.split(' ');
  return { usage: Number(usage), selector: Number(selector), matchingType: Number(matchingType), data: data ?? '' };
}

const D32 = 'ab'.repeat(32);
const D64 = 'cd'.repeat(64);
const SPKI = 'spki';
const SPKI_HEX = createPublicKey(certificate.privateKey).export({ format: 'der', type: 'spki' }).toString('hex');

describe('a TLSA record', () => {
  const table: readonly (readonly [text: string, why: WhyUnusable | null])[] = [
    [`3 1 1 ${D32}`, null],
    [`3 0 2 ${D64}`, null],
    [`2 0 1 ${D32}`, null],
    [`2 1 2 ${D64}`, null],
    [`0 1 1 ${D32}`, 'pkix-usage'],
    [`1 0 1 ${D32}`, 'pkix-usage'],
    [`4 1 1 ${D32}`, 'unknown-usage'],
    [`255 1 1 ${D32}`, 'unknown-usage'],
    [`3 2 1 ${D32}`, 'unknown-selector'],
    [`3 1 3 ${D32}`, 'unknown-matching-type'],
    [`3 1 255 ${D32}`, 'unknown-matching-type'],
    [`3 1 1 ${D64}`, 'wrong-digest-length'],
    [`3 1 2 ${D32}`, 'wrong-digest-length'],
    ['3 1 1 ', 'wrong-digest-length'],
    [`3 0 0 ${D32}`, 'malformed-data'],
    [`2 1 0 ${D32}`, 'malformed-data'],
    ['3 0 0 ', 'malformed-data'],
    [`3 0 0 ${certificate.der.toString('hex')}`, null],
    [`2 0 0 ${certificate.der.toString('hex')}00`, 'malformed-data'],
    [`3 1 0 ${SPKI}`, null],
    [`3 0 0 ${SPKI}`, 'malformed-data'],
  ];
  for (const [text, why] of table) {
    const record = tlsa(text.replace(SPKI, SPKI_HEX));
    it(`${showTlsa(record)} with ${record.data.length / 2} octets is ${why ?? 'usable'} (S-DANE-7)`, () => {
      const [sorted] = sortRecords([record]);
      assert.equal(sorted?.why, why);
      assert.equal(hasUsable([record]), why === null);
      if (why !== null) assert.match(describeWhyUnusable(why, record), /^(has|should) /);
    });
  }

  it('with the digest of no data at all is called by its name', () => {
    for (const text of [`3 1 1 ${hash('sha256', '', 'hex')}`, `2 0 2 ${hash('sha512', '', 'hex')}`]) {
      const [sorted] = sortRecords([tlsa(text)]);
      assert.deepEqual([sorted?.state, sorted?.digestOfNothing], ['counts', true]);
    }
    assert.equal(sortRecords([tlsa(`3 1 1 ${D32}`)])[0]?.digestOfNothing, false);
  });

  it('gives way to a stronger digest of the same usage and selector alone (S-DANE-13)', () => {
    const states = (...texts: readonly string[]): readonly string[] =>
      sortRecords(texts.map((text) => tlsa(text.replace(SPKI, SPKI_HEX)))).map(({ state }) => state);
    assert.deepEqual(states(`3 1 1 ${D32}`, `3 1 2 ${D64}`), ['superseded', 'counts']);
    assert.deepEqual(states(`3 1 1 ${D32}`, `3 0 2 ${D64}`), ['counts', 'counts']);
    assert.deepEqual(states(`3 1 1 ${D32}`, `2 1 2 ${D64}`), ['counts', 'counts']);
    assert.deepEqual(states(`3 1 1 ${D32}`, `3 1 2 ${D64}`, `3 1 0 ${SPKI}`), ['superseded', 'counts', 'counts']);
  });

  it('does not give way to a stronger digest that is itself unusable (S-DANE-13)', () => {
    const sorted = sortRecords([tlsa(`3 1 1 ${D32}`), tlsa(`3 1 2 ${D32}`), tlsa(`1 1 2 ${D64}`)]);
    assert.deepEqual(
      sorted.map(({ state }) => state),
      ['counts', 'unusable', 'unusable'],
    );
  });

  it('is sorted without an error whatever its octets are, and a set keeps its order and length', () => {
    const octet = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }));
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(certificate.der.length).map((end) => certificate.der.subarray(0, end)),
    );
    const record = fc.record({ usage: octet, selector: octet, matchingType: octet, data });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (set) => {
        const records = set.map((one) => tlsaRecord({ ...one, data: Buffer.from(one.data) }));
        const sorted = sortRecords(records);
        assert.deepEqual(
          sorted.map(({ data }) => data),
          records.map(({ data }) => data),
        );
        assert.equal(
          sorted.some(({ state }) => state === 'counts'),
          hasUsable(records),
        );
        for (const { usage, state } of sorted) assert.ok(state === 'unusable' || usage === 2 || usage === 3);
      }),
      { numRuns: 1000 },
    );
  });
});
