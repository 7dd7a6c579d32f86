import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isLocalPart } from '../../src/base/mailbox.ts';
import { taggedSender, untagged, verifiedRecipient } from '../../src/delivery/bounce-verification.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 0, 0);
const DAY = 86_400_000;
const OLD = { id: 1, secret: 'an old secret', addedAt: '2026-09-01T00:00:00Z' };
const NEW = { id: 2, secret: 'a new secret', addedAt: '2026-11-01T00:00:00Z' };
const KEYS = [NEW, OLD];

test('a sender goes out with a tag of ten characters, and its bounces are known by it (R112)', () => {
  const tagged = taggedSender('joe@example.com', KEYS, NOW);
  assert.match(tagged, /^prvs=joe=2\d{3}[A-Z2-7]{6}@example\.com$/);
  assert.deepEqual(verifiedRecipient(tagged, KEYS, NOW), { kind: 'valid', address: 'joe@example.com' });
});

test('what has a tag gets no second one, nor the empty sender any, nor is there one without a key (R112)', () => {
  const tagged = taggedSender('joe@example.com', KEYS, NOW);
  for (const address of [tagged, 'prvs=7219a0b1c2=joe@example.org', 'PRVS=joe=1234ABCDEF@example.com', '']) {
    assert.equal(taggedSender(address, KEYS, NOW + DAY), address);
  }
  assert.equal(taggedSender('joe@example.com', [], NOW), 'joe@example.com');
});

test('a tag is good for seven days, and no longer (R112)', () => {
  const tagged = taggedSender('joe@example.com', KEYS, NOW);
  const kindAfter = (days: number) => verifiedRecipient(tagged, KEYS, NOW + days * DAY).kind;
  assert.deepEqual([0, 1, 6, 7, 8, 30, 900].map(kindAfter), [
    'valid',
    'valid',
    'valid',
    'valid',
    'expired',
    'expired',
    'expired',
  ]);
  for (let day = 0; day < 1_000; day += 1) {
    const then = NOW + day * DAY;
    const each = taggedSender('joe@example.com', KEYS, then);
    assert.equal(verifiedRecipient(each, KEYS, then + 7 * DAY).kind, 'valid', 'also where the days come round');
    assert.equal(verifiedRecipient(each, KEYS, then + 8 * DAY).kind, 'expired');
  }
});

test('after a rotation the new key signs and the old one verifies until it is purged (R112)', () => {
  const before = taggedSender('joe@example.com', [OLD], NOW);
  assert.equal(verifiedRecipient(before, KEYS, NOW).kind, 'valid');
  assert.equal(verifiedRecipient(before, [NEW], NOW).kind, 'unknown-key');
  const twin = { ...NEW, id: 11 };
  assert.equal(verifiedRecipient(before, [twin, OLD], NOW).kind, 'valid', 'two keys with one digit');
});

test('what is not tagged, or not by us, is told apart (R112)', () => {
  const tagged = taggedSender('joe@example.com', KEYS, NOW);
  const forged = tagged.replace(/.@/, (end) => (end === 'A@' ? 'B@' : 'A@'));
  const kinds = [
    'joe@example.com',
    'prvs=joe@example.com',
    forged,
    tagged.replace('joe', 'bob'),
    tagged.replace('example.com', 'example.net'),
    tagged.replace('=2', '=9'),
    `${'x'.repeat(49)}@example.com`,
    `${'x'.repeat(48)}@example.com`,
    'nonsense',
  ].map((address) => verifiedRecipient(address, KEYS, NOW).kind);
  assert.deepEqual(kinds, [
    'not-tagged',
    'not-tagged',
    'bad',
    'bad',
    'bad',
    'unknown-key',
    'never-tagged',
    'not-tagged',
    'not-tagged',
  ]);
});

test('mail that is no bounce loses the tag, however old it is (R112)', () => {
  assert.equal(untagged(taggedSender('joe@example.com', [OLD], 0)), 'joe@example.com');
  assert.equal(untagged('joe@example.com'), 'joe@example.com');
  assert.equal(untagged('prvs=joe=nonsense@example.com'), 'prvs=joe=nonsense@example.com');
});

const atom = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[A-Za-z0-9=+-]{1,20}){0,2}$/);
const quoted = fc.stringMatching(/^"([ !#-[\]-~]|\\[ -~]){0,40}"$/);
const locals = fc
  .oneof(
    atom,
    quoted,
    atom.map((text) => `é${text}`),
  )
  .filter(isLocalPart);

test('whatever the local part: tagged it is legal, comes back as it was, and letters may change their case', () => {
  fc.assert(
    fc.property(locals, fc.integer({ min: 0, max: 4e12 }), (local, now) => {
      const address = `${local}@example.com`;
      const tagged = taggedSender(address, KEYS, now);
      if (tagged === address) {
        const tooLong = Buffer.byteLength(local) + 16 > 64;
        assert.ok(tooLong || /^"?prvs=/i.test(local));
        return;
      }
      assert.ok(isLocalPart(tagged.slice(0, tagged.lastIndexOf('@'))), tagged);
      assert.equal(untagged(tagged), address);
      assert.deepEqual(verifiedRecipient(tagged, KEYS, now), { kind: 'valid', address });
      const lowered = tagged.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      assert.equal(verifiedRecipient(lowered, KEYS, now).kind, 'valid');
      assert.equal(taggedSender(tagged, KEYS, now), tagged);
    }),
    { numRuns: 500 },
  );
});

test('no address of any shape makes the check fail otherwise than with a verdict', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `prvs=${text}=2123ABCDEF@example.com`),
  );
  fc.assert(
    fc.property(hostile, (address) => {
      assert.notEqual(verifiedRecipient(address, KEYS, NOW).kind, 'valid');
      assert.equal(typeof untagged(address), 'string');
    }),
  );
});
