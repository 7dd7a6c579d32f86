import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineReader, textOfBytes } from '../../src/smtp/lines.ts';

/** Every line until more bytes are needed, as `text|ending`; `!` for a line that is too long. */
function drain(reader: LineReader): string[] {
  const found: string[] = [];
  for (;;) {
    const next = reader.next();
    if (next === null) return found;
    if (next.kind === 'too-long') return [...found, '!'];
    found.push(`${next.line.bytes.toString('latin1')}|${next.line.ending}`);
  }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [0, ...[...at].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

describe('lines', () => {
  it('end in CRLF or, reported, in a bare LF; a bare CR is text (S-MX-15)', () => {
    const reader = new LineReader(100);
    reader.push(Buffer.from('one\r\ntwo\nth\rree\r\n\r\nrest'));
    assert.deepEqual(drain(reader), ['one|crlf', 'two|lf', 'th\rree|crlf', '|crlf']);
    assert.equal(reader.buffered, 4);
    assert.equal(reader.peek(2).toString(), 're');
  });

  it('may be as long as the limit, in CRLF or LF, and not one byte longer (R7)', () => {
    for (const ending of ['\r\n', '\n']) {
      const exact = new LineReader(5);
      exact.push(Buffer.from(`12345${ending}`));
      assert.deepEqual(drain(exact), [`12345|${ending === '\n' ? 'lf' : 'crlf'}`]);
      const longer = new LineReader(5);
      longer.push(Buffer.from(`123456${ending}`));
      assert.deepEqual(drain(longer), ['!']);
    }
  });

  it('are too long before their end has come, except for a CR that may belong to it', () => {
    const reader = new LineReader(5);
    reader.push(Buffer.from('12345\r'));
    assert.deepEqual(drain(reader), []);
    reader.push(Buffer.from('6'));
    assert.deepEqual(drain(reader), ['!']);
  });

  it('are the same however the bytes are cut', () => {
    const piece = fc.constantFrom('a', 'bc', '\r', '\n', '\r\n', '1234567');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 20 }), (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''));
        const whole = new LineReader(8);
        whole.push(bytes);
        const expected = drain(whole);
        const reader = new LineReader(8);
        const found: string[] = [];
        for (const chunk of cut(bytes, cuts)) {
          reader.push(chunk);
          found.push(...drain(reader));
          if (found.includes('!')) break;
        }
        // Found in pieces, a line that is too long may be noticed before the line's end has come, never after it.
        assert.deepEqual(found, expected);
      }),
      { numRuns: 500 },
    );
  });

  it('cost no more when every byte comes alone', () => {
    const reader = new LineReader(1 << 20);
    const byte = Buffer.from('x');
    const started = process.cpuUsage();
    for (let count = 0; count < 200_000; count += 1) {
      reader.push(byte);
      reader.next();
    }
    const { user } = process.cpuUsage(started);
    assert.equal(reader.buffered, 200_000);
    assert.ok(user < 2_000_000, `${user} µs: the cost per byte grows with the line`);
  });
});

describe('bytes as text', () => {
  it('are UTF-8 where they are valid UTF-8, and one character a byte where they are not', () => {
    assert.equal(textOfBytes(Buffer.from('grüß dich')), 'grüß dich');
    assert.equal(textOfBytes(Buffer.from([0x67, 0x72, 0xfc, 0xdf])), 'grüß');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = textOfBytes(Buffer.from(bytes));
        const back = [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf8')].map((each) => each.toString('hex'));
        assert.ok(back.includes(Buffer.from(bytes).toString('hex')), 'every byte can be told from the text');
      }),
    );
  });
});

it('bytes that are counted are taken as they are, and lines go on behind them', () => {
  const reader = new LineReader(100);
  reader.push(Buffer.from('BDAT 5\r\na\r\nb'));
  assert.equal(reader.next()?.kind, 'line');
  assert.equal(reader.take(3).toString(), 'a\r\n');
  assert.equal(reader.take(3).toString(), 'b');
  reader.push(Buffer.from('cQUIT\r\n'));
  assert.equal(reader.take(1).toString(), 'c');
  const line = reader.next();
  assert.equal(line?.kind === 'line' && line.line.bytes.toString(), 'QUIT');
});
