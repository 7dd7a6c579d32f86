import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { firstMatch, matchesMx } from '../../src/mtasts/match.ts';

describe('a pattern of a policy', () => {
  const table: readonly (readonly [pattern: string, exchange: string, matches: boolean])[] = [
    ['mx.example.test', 'MX.Example.Test.', true],
    ['*.example.test', 'mx.example.test', true],
    ['*.example.test', 'example.test', false],
    ['*.example.test', 'a.b.example.test', false],
    ['*.mx.microsoft', 'contoso-com.h-v1.mx.microsoft', false],
    ['*.example.test', '*.example.test', false],
    ['192.0.2.1', '192.0.2.1', false],
    ['*.0.2.1', '192.0.2.1', false],
    ['example.test', 'mx.example.test', false],
    ['mx.example.test', 'mx.example.test.evil.test', false],
    ['*.example.test', 'evilexample.test', false],
    ['', '', false],
    ['*.', 'test', false],
  ];
  for (const [pattern, exchange, matches] of table) {
    it(`"${pattern}" ${matches ? 'names' : 'does not name'} "${exchange}" (S-STS-8)`, () => {
      assert.equal(matchesMx([pattern], exchange), matches);
    });
  }

  it('is found among others, and named', () => {
    assert.equal(firstMatch(['a.test', '*.b.test', '*.test'], 'x.b.test'), '*.b.test');
    assert.equal(firstMatch(['a.test'], 'b.test'), null);
  });

  it('with a wildcard names exactly the hosts one label below it, whatever they are called (S-STS-8)', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9]{0,8}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(name, name, (base, host) => {
        const matched = matchesMx([`*.${base.join('.')}`], host.join('.'));
        assert.equal(matched, host.slice(1).join('.') === base.join('.') && host.length === base.length + 1);
      }),
    );
  });

  it('is compared without an error, whatever is written there', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, host) => typeof matchesMx([pattern], host) === 'boolean'),
    );
  });
});
