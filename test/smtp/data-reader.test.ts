import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { encodeData } from '../../src/smtp/data.ts';
import { DataReader } from '../../src/smtp/data-reader.ts';

const LINES = fc.array(fc.constantFrom('', '.', '..', 'a', '.a', 'hello', '\r', '\n', '\0'), { maxLength: 8 });

test('what a sender encodes is read back as it was, however it is cut, and what is behind its end is left alone', () => {
  fc.assert(
    fc.property(LINES, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }), (lines, cuts) => {
      const text = lines.map((line) => `${line.replace(/[\r\n]/g, '-')}\r\n`).join('');
      const wire = Buffer.concat([encodeData(Buffer.from(text)), Buffer.from('NOOP\r\n')]);
      const reader = new DataReader(10_000);
      let at = 0;
      for (const cut of [...cuts, wire.length]) {
        if (reader.ended) break;
        const chunk = wire.subarray(at, at + cut);
        const used = reader.push(chunk);
        assert.ok(used === chunk.length || reader.ended);
        at += used;
      }
      assert.ok(reader.ended && !reader.hasBareBreak);
      assert.equal(reader.text().toString(), text);
      assert.equal(wire.subarray(at).toString(), 'NOOP\r\n');
    }),
    { numRuns: 500 },
  );
});

test('of any octets, only a dot between two CRLF ends a message, and every bare CR or LF is noticed (S-MX-15)', () => {
  const octets = fc.array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.\r\n'), { maxLength: 20 });
  fc.assert(
    fc.property(octets, (pieces) => {
      const wire = pieces.join('');
      const reader = new DataReader(10_000);
      const used = reader.push(Buffer.from(wire));
      const end = `\r\n${wire}`.indexOf('\r\n.\r\n');
      assert.equal(reader.ended, end >= 0, JSON.stringify(wire));
      if (end < 0) return;
      assert.equal(used, end + 3);
      const bare = /(^|[^\r])\n|\r(?!\n)/.test(wire.slice(0, used));
      assert.equal(reader.hasBareBreak, bare, JSON.stringify(wire));
    }),
    { numRuns: 1_000 },
  );
});

test('a message that is too large is read to its end and not kept', () => {
  const reader = new DataReader(10);
  assert.equal(reader.push(Buffer.from(`${'x'.repeat(100)}\r\n.\r\nQUIT`)), 105);
  assert.deepEqual([reader.ended, reader.isTooLarge, reader.bytes, reader.text().length], [true, true, 102, 0]);
  const exact = new DataReader(10);
  exact.push(Buffer.from('12345678\r\n.\r\n'));
  assert.deepEqual([exact.isTooLarge, exact.text().length], [false, 10]);
});
