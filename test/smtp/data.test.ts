import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataEncoder, encodeData, stuffDots, unstuffDots } from '../../src/smtp/data.ts';

describe('message text inside DATA', () => {
  it('ends in a line with a dot, which no line of its own can be', () => {
    assert.equal(encodeData(Buffer.from('a\r\n.\r\nb')).toString(), 'a\r\n..\r\nb\r\n.\r\n');
    assert.equal(encodeData(Buffer.from('')).toString(), '.\r\n');
  });

  it('has CRLF for every bare CR and LF, so that no receiver sees another end than ours (S-MX-15)', () => {
    assert.equal(encodeData(Buffer.from('a\n.\nb\r.\rc\r\n')).toString(), 'a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n');
    assert.equal(encodeData(Buffer.from('a\n.\r\nMAIL FROM:<x>')).toString(), 'a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '.', '\r', '\n', '\r\n'), { maxLength: 30 }), (pieces) => {
        const wire = encodeData(Buffer.from(pieces.join(''))).toString('latin1');
        assert.doesNotMatch(wire, /(^|[^\r])\n|\r(?!\n)/, 'only CRLF');
        assert.equal(wire.search(/(^|\r\n)\.\r\n/), wire.length - (wire === '.\r\n' ? 3 : 5), 'one end, at the end');
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '.', '\r', '\n', '\r\n'), { maxLength: 30 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''));
        const encoder = new DataEncoder();
        const chunks = [...Array.from(bytes, (byte) => encoder.push(Buffer.of(byte))), encoder.end()];
        assert.equal(Buffer.concat(chunks).toString(), encodeData(bytes).toString());
      }),
      { numRuns: 500 },
    );
  });

  it('loses its stuffing and nothing else on the other side', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '.', '..', '\r\n', '\xff'), { maxLength: 30 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        assert.deepEqual(unstuffDots(stuffDots(bytes)), bytes);
      }),
    );
  });
});
