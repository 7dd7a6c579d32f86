import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { printable } from '../../src/base/printable.ts';

describe('text from strangers', () => {
  it('comes out on one line, without anything a terminal would act on (R54)', () => {
    assert.equal(printable('220 \x1b[31mred\r\nQUIT\0'), '220 \\x1b[31mred\\x0d\\x0aQUIT\\x00');
    assert.equal(printable('abc\u202edef'), 'abc\\u{202e}def');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        assert.doesNotMatch(printable(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u),
      ),
    );
  });

  it('is bounded', () => assert.equal(printable('x'.repeat(5000), 10), 'xxxxxxxxxx…'));
  it('keeps letters of every language', () => assert.equal(printable('грüße 日本'), 'грüße 日本'));
});
