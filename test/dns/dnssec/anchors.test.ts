import assert from 'node:assert/strict';
import test from 'node:test';
import { dsDigest } from '../../../src/dns/dnssec/algorithm.ts';
import {
  anchorFor,
  describeAnchorFault,
  MAX_ANCHOR_FILE,
  parseTrustAnchors,
  ROOT_ANCHORS,
} from '../../../src/dns/dnssec/anchors.ts';
import { dnskeyData, keyTag } from '../../../src/dns/dnssec/zone-key.ts';

/** The root's key of 2017 as IANA publishes it. */
const KSK_2017 =
  'AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv' +
  'ArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+e' +
  'oZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwN' +
  'R1AkUTV74bU=';

test('the built-in anchors are the keys of the root that are in force today (S-DANE-1)', () => {
  const anchored = anchorFor(ROOT_ANCHORS, 'example.com', Date.UTC(2026, 10, 24));
  assert.equal(anchored?.zone, '');
  assert.deepEqual(
    anchored?.entries.map(({ data }) => ('keyTag' in data ? data.keyTag : null)),
    [20326, 38696],
  );
});

test('an anchor is not in force before its day', () => {
  const anchored = anchorFor(ROOT_ANCHORS, '', Date.UTC(2020, 0, 1));
  assert.equal(anchored?.entries.length, 1);
  assert.equal(anchorFor(ROOT_ANCHORS, '', Date.UTC(2010, 0, 1))?.entries.length, 0);
});

test('the published key of 2017 has the tag and the digest that are built in', () => {
  const parsed = parseTrustAnchors(`. 172800 IN DNSKEY 257 3 8 ${KSK_2017}`);
  assert.ok(parsed.ok);
  const entry = parsed.value[0]?.entry;
  assert.ok(entry?.kind === 'dnskey');
  const data = dnskeyData(entry.data);
  assert.equal(keyTag(data), 20326);
  const built = ROOT_ANCHORS[0]?.entry;
  assert.ok(built?.kind === 'ds');
  assert.deepEqual(dsDigest(2, Buffer.from([0]), data), built.data.digest);
});

test('a zone file of anchors is read with comments, TTL, class, parentheses and inherited owners', () => {
  const parsed = parseTrustAnchors(
    [
      '; for the test bed',
      '.\t3600 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084 58E880409BBC683457104237C7F8EC8D ; 2017',
      'Example.TEST. IN 1h DNSKEY 257 3 13 ( ; a key',
      '   GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb',
      '   krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )',
      '   DS 1 13 2 00ff',
      '',
    ].join('\r\n'),
  );
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.deepEqual(
    parsed.value.map(({ zone, entry }) => [zone, entry.kind]),
    [
      ['', 'ds'],
      ['example.test', 'dnskey'],
      ['example.test', 'ds'],
    ],
  );
});

test('the deepest anchor above a name counts', () => {
  const parsed = parseTrustAnchors('. DS 1 13 2 00\ntest. DS 2 13 2 00\n');
  assert.ok(parsed.ok);
  assert.equal(anchorFor(parsed.value, 'a.test', 0)?.zone, 'test');
  assert.equal(anchorFor(parsed.value, 'test', 0)?.zone, 'test');
  assert.equal(anchorFor(parsed.value, 'contest', 0)?.zone, '');
  assert.equal(anchorFor([], 'a.test', 0), null);
});

for (const [text, sentence] of [
  ['', 'there is no DS or DNSKEY record in it'],
  ['; nothing\n', 'there is no DS or DNSKEY record in it'],
  ['. IN A 192.0.2.1', 'line 1: "IN A 192.0.2.1" is not a DS or DNSKEY record'],
  ['\n. IN DS 1 2 3 xy', 'line 2: the DS is malformed'],
  ['. IN DS 70000 8 2 00', 'line 1: the DS is malformed'],
  ['. IN DNSKEY 257 3 8 ?', 'line 1: the DNSKEY is malformed'],
  ['. IN TLSA 3 1 1 00', 'line 1: "TLSA" is neither DS nor DNSKEY'],
  ['. IN DS (1 8 2 00', 'line 1: a parenthesis is never closed'],
  ['. IN DS 1 8 2 00)', 'line 1: a parenthesis is closed that was never opened'],
  ['$ORIGIN .', 'line 1: "$ORIGIN" is not the name of a zone'],
  [' DS 1 8 2 00', 'line 1: "" is not the name of a zone'],
  [' '.repeat(MAX_ANCHOR_FILE + 1), 'the file is far too long for trust anchors'],
] as const) {
  test(`an anchor file that reads ${JSON.stringify(text.slice(0, 30))} is refused with a sentence`, () => {
    const parsed = parseTrustAnchors(text);
    assert.ok(!parsed.ok);
    assert.equal(describeAnchorFault(parsed.failure), sentence);
  });
}
