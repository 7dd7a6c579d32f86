import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { describeDomainFault, parseDomain, showDomain } from '../../src/base/domain.ts';

function parsed(text: string): string {
  const domain = parseDomain(text);
  return domain.ok ? domain.value : `refused: ${domain.failure.kind}`;
}

describe('a domain', () => {
  for (const [typed, is] of [
    ['example.com', 'example.com'],
    ['EXAMPLE.Com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['日本。jp', 'xn--wgv71a.jp'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['under_score.example', 'under_score.example'],
    ['', 'refused: empty'],
    ['.', 'refused: empty'],
    ['a..b', 'refused: bad-label'],
    ['.example.com', 'refused: bad-label'],
    ['-a.example', 'refused: bad-label'],
    ['a-.example', 'refused: bad-label'],
    [`${'a'.repeat(64)}.example`, 'refused: bad-label'],
    [`${'a.'.repeat(127)}aa`, 'refused: too-long'],
    ['1.2', 'refused: looks-like-address'],
    ['192.0.2.1', 'refused: looks-like-address'],
    ['example.0x7f', 'refused: looks-like-address'],
    ['ex ample.com', 'refused: bad-character'],
    ['ex%41mple.com', 'refused: bad-character'],
    ['a/b.example', 'refused: bad-character'],
    ['a\r\nb.example', 'refused: bad-character'],
    ['a\0.example', 'refused: bad-character'],
    ['\u249c.example', 'refused: not-idna'],
    ['xn--a.com', 'refused: bad-label'],
    ['xn--zzzzzzzz.example', 'refused: bad-label'],
  ] as const) {
    it(`${JSON.stringify(typed.slice(0, 40))} is ${is} (R97) (S-MX-17)`, () => assert.equal(parsed(typed), is));
  }

  it('is the same when parsed again, and always fits the DNS', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.string({ unit: 'grapheme' })), (text) => {
        const once = parseDomain(text);
        if (!once.ok) return assert.equal(describeDomainFault(once.failure).length > 0, true);
        assert.deepEqual(parseDomain(once.value), once);
        assert.match(once.value, /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/);
        assert.ok(once.value.length <= 253);
      }),
    );
  });

  it('is no number in digits of another script either, which conversion would make an address of', () => {
    for (const text of ['\u{1fbf0}', '\uff11.\uff12', '\u{1d7d8}.1']) {
      const parsed = parseDomain(text);
      assert.equal(parsed.ok ? parsed.value : parsed.failure.kind, 'looks-like-address', text);
    }
  });

  it('is shown in the letters of its language', () => {
    assert.equal(showDomain('xn--bcher-kva.example'), 'bücher.example');
    assert.equal(showDomain('example.com'), 'example.com');
  });

  it('is shown label by label: what is no A-label stays as the DNS gave it, and alphabets are not mixed (R54)', () => {
    assert.equal(showDomain('bank.example/.xn--bcher-kva.test'), 'bank.example/.bücher.test');
    assert.equal(showDomain('a%41\\027.xn--bcher-kva.test'), 'a%41\\027.bücher.test');
    assert.equal(showDomain('xn--pple-43d.test'), 'xn--pple-43d.test', 'a Cyrillic letter among Latin ones');
    assert.equal(showDomain('xn--abc-6q0a.test'), 'xn--abc-6q0a.test', 'a bidirectional override');
    assert.equal(showDomain('xn--e1afmkfd.xn--p1ai'), 'пример.рф');
  });
});
