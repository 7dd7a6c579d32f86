/**
 * The examples that the standards themselves print.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { dsDigest, publicKeyOf } from '../../../src/dns/dnssec/algorithm.ts';
import { commonAncestor, compareNames, labelCount, lastLabels } from '../../../src/dns/dnssec/names.ts';
import { nsec3Hash } from '../../../src/dns/dnssec/nsec3.ts';
import { keyTag } from '../../../src/dns/dnssec/zone-key.ts';
import { encodeName } from '../../../src/dns/name.ts';

test('names stand in the order of RFC 4034 section 6.1', () => {
  const ordered = [
    'example',
    'a.example',
    'yljkjljk.a.example',
    'z.a.example',
    'zabc.a.example',
    'z.example',
    '\\001.z.example',
    '*.z.example',
    '\\200.z.example',
  ];
  assert.deepEqual([...ordered].reverse().sort(compareNames), ordered);
});

test('labels are counted whatever stands in them', () => {
  assert.equal(labelCount(''), 0);
  assert.equal(labelCount('a\\.b.c'), 2);
  assert.equal(lastLabels('x.a\\.b.c', 2), 'a\\.b.c');
  assert.equal(lastLabels('\\046x.\\\\.c', 2), '\\\\.c');
  assert.equal(commonAncestor('a.b.example', 'c.b.example'), 'b.example');
  assert.equal(commonAncestor('a.b', 'a.c'), '');
});

test('a key has the tag and the digest of RFC 4034 section 5.4', () => {
  const data = dnskey(
    '0100',
    5,
    'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==',
  );
  assert.equal(keyTag(data), 60485);
  const digest = dsDigest(1, wire('dskey.example.com'), data)?.toString('hex');
  assert.equal(digest, '2bb183af5f22588179a53b0a98631fad1a292118');
});

test('a P-256 key has the digest of RFC 6605 section 6.1', () => {
  const data = dnskey(
    '0101',
    13,
    'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
  );
  assert.equal(keyTag(data), 55648);
  const digest = dsDigest(2, wire('example.net'), data)?.toString('hex');
  assert.equal(digest, 'b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17');
  assert.notEqual(publicKeyOf(13, data.subarray(4)), null);
});

for (const [name, hashed] of [
  ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'],
  ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'],
  ['ai.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
  ['ns1.example', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
  ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'],
  ['x.y.w.example', '2vptu5timamqttgl4luu9kg21e0aor3s'],
] as const) {
  test(`${name} has the hash of RFC 5155 appendix A`, () => {
    const digest = nsec3Hash(wire(name), Buffer.from('aabbccdd', 'hex'), 12).toString('hex');
    assert.equal(BigInt(`0x${digest}`).toString(32).padStart(32, '0'), hashed);
  });
}

function wire(name: string): Buffer {
  return encodeName(name) ?? Buffer.alloc(0);
}

function dnskey(flags: string, algorithm: number, key: string): Buffer {
  return Buffer.concat([Buffer.from(flags, 'hex'), Buffer.from([3, algorithm]), Buffer.from(key, 'base64')]);
}
