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
        assert.doesNotMatch(printable(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/u),
      ),
    );
  });

  it('hides nothing: marks that nobody sees and characters that XML cannot hold are shown as escapes (R54)', () => {
    assert.equal(
      printable('pay\u00adpal\u2060\u061c\u{e0041}\ufffe'),
      'pay\\xadpal\\u{2060}\\u{61c}\\u{e0041}\\u{fffe}',
    );
  });

  it('is bounded', () => assert.equal(printable('x'.repeat(5000), 10), 'xxxxxxxxxx…'));
  it('keeps letters of every language', () => assert.equal(printable('грüße 日本'), 'грüße 日本'));
});
