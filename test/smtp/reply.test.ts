import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  isClosing,
  isPermanent,
  isPositive,
  isTransient,
  MAX_REPLY_BYTES,
  MAX_REPLY_LINE_BYTES,
  MAX_REPLY_LINES,
  ReplyReader,
} from '../../src/smtp/reply.ts';

function read(...chunks: readonly string[]) {
  const reader = new ReplyReader();
  for (const chunk of chunks) reader.push(Buffer.from(chunk, 'latin1'));
  return reader.next();
}

function faultOf(...chunks: readonly string[]) {
  const result = read(...chunks);
  assert.ok(result !== null && !result.ok, 'a fault');
  return result.failure;
}

describe('a reply', () => {
  it('may have many lines, texts or none, and an enhanced status (S-MX-12)', () => {
    assert.deepEqual(read('250-2.1.0 one\r\n250-\r\n250\r\n'), {
      ok: true,
      value: { code: 250, lines: ['2.1.0 one', '', ''], enhancedStatus: { class: 2, subject: 1, detail: 0 } },
    });
  });

  it('keeps every line of a long greeting', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index} of our terms of use`);
    const raw = lines.map((line, index) => `220${index === 99 ? ' ' : '-'}${line}\r\n`).join('');
    const result = read(raw);
    assert.ok(result?.ok);
    assert.deepEqual(result.value.lines, lines);
  });

  it('counts by its first digit when its code is unknown (S-MX-12)', () => {
    const of = (code: number) => ({ code, lines: [''], enhancedStatus: null });
    assert.deepEqual([isPositive(of(299)), isTransient(of(498)), isPermanent(of(577))], [true, true, true]);
    assert.deepEqual([isPositive(of(354)), isPositive(of(450)), isPermanent(of(450))], [false, false, false]);
    assert.deepEqual([isClosing(of(421)), isClosing(of(221))], [true, false]);
  });

  it('is refused when its lines have different codes (S-MX-12)', () => {
    assert.deepEqual(faultOf('250-a\r\n251 b\r\n'), { kind: 'mixed-codes', first: 250, second: 251 });
  });

  it('is refused when it does not begin with a code of three digits and a separator', () => {
    for (const raw of ['hello', '199 no', '600 no', '25 x', '2500 x', '250_x', '250\tx', '', ' 250 ok', '2x0 ok']) {
      assert.deepEqual(faultOf(`${raw}\r\n`), { kind: 'not-a-reply', line: raw }, raw);
    }
  });

  it('has lines of bounded length (R7, S-MX-12)', () => {
    const exact = read(`250 ${'x'.repeat(MAX_REPLY_LINE_BYTES - 4)}\r\n`);
    assert.ok(exact?.ok);
    const limit = MAX_REPLY_LINE_BYTES;
    assert.deepEqual(faultOf(`250 ${'x'.repeat(limit - 3)}\r\n`), { kind: 'line-too-long', limit });
    assert.deepEqual(faultOf('x'.repeat(limit + 2)), { kind: 'line-too-long', limit });
  });

  it('has a bounded number of lines (R7, S-MX-12)', () => {
    const most = read('220-x\r\n'.repeat(MAX_REPLY_LINES - 1), '220 x\r\n');
    assert.ok(most?.ok);
    assert.equal(most.value.lines.length, MAX_REPLY_LINES);
    assert.deepEqual(faultOf('220-x\r\n'.repeat(MAX_REPLY_LINES + 1)), {
      kind: 'too-many-lines',
      limit: MAX_REPLY_LINES,
    });
  });

  it('is of bounded size in all (R7, S-MX-12)', () => {
    const line = `220-${'x'.repeat(1018)}\r\n`;
    assert.ok(line.length * 64 === MAX_REPLY_BYTES);
    assert.equal(read(line.repeat(64)), null);
    assert.deepEqual(faultOf(line.repeat(65)), { kind: 'reply-too-large', limit: MAX_REPLY_BYTES });
  });

  it('is read as far as its end: what follows stays unread and can be looked at (S-TLS-3)', () => {
    const reader = new ReplyReader();
    assert.equal(reader.begun, false);
    reader.push(Buffer.from('220 go ahead\r\n250-mx.evil\r\n25'));
    assert.ok(reader.next()?.ok);
    assert.equal(reader.surplus, 15);
    assert.equal(reader.surplusSample(), '250-mx.evil\r\n25');
    assert.equal(reader.begun, true);
  });

  it('that is broken stays broken', () => {
    const reader = new ReplyReader();
    reader.push(Buffer.from('nonsense\r\n'));
    assert.equal(reader.next()?.ok, false);
    reader.push(Buffer.from('250 ok\r\n'));
    assert.equal(reader.next()?.ok, false);
  });

  it('is the same however its bytes are cut, whatever they are', () => {
    const piece = fc.constantFrom('220 ', '220-', '2', '50', ' ok', '\r\n', '\n', '-', 'x', '250', '4.7.0 ', '\0', 'ü');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''));
        const all = (chunks: readonly Buffer[]): string => {
          const reader = new ReplyReader();
          const found: string[] = [];
          for (const chunk of chunks) {
            reader.push(chunk);
            for (let next = reader.next(); next !== null; next = reader.next()) {
              found.push(JSON.stringify(next));
              if (!next.ok) return found.join();
            }
          }
          return found.join();
        };
        assert.equal(all(Array.from(bytes, (byte) => Buffer.of(byte))), all([bytes]));
      }),
      { numRuns: 500 },
    );
  });
});
