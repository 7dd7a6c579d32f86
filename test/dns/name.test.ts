import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalName,
  encodeName,
  isWithin,
  MAX_NAME_OCTETS,
  MAX_NAME_POINTERS,
  readName,
} from '../../src/dns/name.ts';
import { Reader } from '../../src/dns/reader.ts';

function wire(labels: readonly Buffer[]): Buffer {
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

const label = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((octets) => Buffer.from(octets));
const labels = fc.array(label, { maxLength: 6 });

test('every name there can be comes back from its text', () => {
  fc.assert(
    fc.property(labels, (parts) => {
      const reader = new Reader(wire(parts));
      const text = readName(reader);
      assert.equal(reader.fault, null);
      assert.equal(canonicalName(text), text);
      const again = encodeName(text);
      assert.ok(again !== null);
      assert.equal(readName(new Reader(again)), text);
      assert.equal(again.length, wire(parts).length);
    }),
  );
});

test('a dot, a backslash or an odd octet inside a label cannot make one name pass for another', () => {
  const read = (...parts: string[]): string =>
    readName(new Reader(wire(parts.map((part) => Buffer.from(part, 'latin1')))));
  assert.equal(read('mx.good', 'test'), 'mx\\.good.test');
  assert.notEqual(read('mx.good', 'test'), read('mx', 'good', 'test'));
  assert.equal(read('a\\', 'b'), 'a\\\\.b');
  assert.equal(read('good\0', 'test'), 'good\\000.test');
  assert.equal(read('\xe9 ', 'test'), '\\233\\032.test');
  assert.equal(read('MX', 'Good', 'TEST'), 'mx.good.test');
  assert.equal(read(), '');
});

test('a name has 255 octets at most, and its labels 63', () => {
  const longest = [63, 63, 63, 61].map((length) => Buffer.alloc(length, 0x61));
  assert.equal(wire(longest).length, MAX_NAME_OCTETS);
  const fits = new Reader(wire(longest));
  readName(fits);
  assert.equal(fits.fault, null);
  const tooLong = new Reader(wire([...longest, Buffer.from('a')]));
  readName(tooLong);
  assert.match(tooLong.fault ?? '', /longer than 255/);
  assert.equal(encodeName(`${'a'.repeat(64)}.test`), null);
  assert.equal(encodeName(`${'a.'.repeat(127)}aa`), null);
});

test('compression is followed backwards, and only so often', () => {
  const chain = (jumps: number): Reader => {
    const bytes = Buffer.alloc(1 + 2 * jumps);
    for (let jump = 1; jump < jumps; jump += 1) bytes.writeUInt16BE(0xc000 | (2 * jump - 1), 2 * jump + 1);
    if (jumps > 0) bytes.writeUInt16BE(0xc000, 1);
    return new Reader(bytes, jumps === 0 ? 0 : 2 * jumps - 1);
  };
  const allowed = chain(MAX_NAME_POINTERS);
  readName(allowed);
  assert.equal(allowed.fault, null);
  const more = chain(MAX_NAME_POINTERS + 1);
  readName(more);
  assert.match(more.fault ?? '', /too many compression pointers/);
  const itself = new Reader(Buffer.from('c000', 'hex'));
  readName(itself);
  assert.match(itself.fault ?? '', /backwards/);
});

test('what cannot be asked for is no name', () => {
  for (const text of ['a..b', '.a', 'a b', 'a\n', 'é.test', '\\999.test', `${'x'.repeat(2000)}`]) {
    assert.equal(canonicalName(text), null, JSON.stringify(text));
  }
  assert.equal(canonicalName('Good.Test.'), 'good.test');
  assert.equal(canonicalName(''), '');
  assert.equal(canonicalName('a\\.'), 'a\\.', 'an escaped dot at the end is part of the label');
});

test('being within a domain goes by labels', () => {
  assert.equal(isWithin('mx.good.test', 'good.test'), true);
  assert.equal(isWithin('good.test', 'good.test'), true);
  assert.equal(isWithin('notgood.test', 'good.test'), false);
  assert.equal(isWithin('mx\\.good.test', 'good.test'), false);
  assert.equal(isWithin('anything', ''), true);
});
