import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import { seededRandom, shuffled } from '../../src/base/random.ts';
import type { MailHost } from '../../src/dns/mail-route.ts';
import { dropSelf, type TargetOrder, targetsOf } from '../../src/dns/targets.ts';

function host(preference: number, exchange: string, ...addresses: readonly string[]): MailHost {
  return {
    exchange,
    preference,
    addresses: addresses.flatMap((text) => parseIpAddress(text) ?? []),
    canonicalName: exchange,
    addressSecurity: 'insecure',
  };
}

const HOSTS = [
  host(10, 'a.test', '2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2'),
  host(10, 'b.test', '192.0.2.3'),
  host(10, 'empty.test'),
  host(20, 'c.test', '192.0.2.4'),
];

const walked = (order: TargetOrder): string[] =>
  [...targetsOf({ hosts: HOSTS }, order)].map(({ host: { exchange }, address }) => `${exchange} ${address.text}`);

test('a probe walks hosts and addresses as listed', () => {
  assert.deepEqual(walked({ kind: 'listed' }), [
    'a.test 2001:db8::1',
    'a.test 2001:db8::2',
    'a.test 192.0.2.1',
    'a.test 192.0.2.2',
    'b.test 192.0.2.3',
    'c.test 192.0.2.4',
  ]);
});

test('delivery shuffles equal hosts and the addresses of a family, and nothing else (S-MX-2)', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed += 1) {
    const order = walked({ kind: 'shuffled', random: seededRandom(seed) });
    seen.add(order.join());
    assert.equal(order.length, 6);
    assert.equal(order.at(-1), 'c.test 192.0.2.4');
    const ofA = order.filter((target) => target.startsWith('a.test'));
    assert.ok(ofA.slice(0, 2).every((target) => target.includes(':')));
    assert.equal(order.indexOf(ofA[3] ?? '') - order.indexOf(ofA[0] ?? ''), 3, 'a host is walked in one go');
  }
  assert.equal(seen.size, 2 * 2 * 2, 'every order that is allowed, and only these');
});

test('the same seed gives the same order', () => {
  const order = (): string[] => walked({ kind: 'shuffled', random: seededRandom(42) });
  assert.deepEqual(order(), order());
  const random = seededRandom(7);
  const drawn = Array.from({ length: 10_000 }, () => random());
  assert.ok(drawn.every((number) => number >= 0 && number < 1));
  const mean = drawn.reduce((sum, number) => sum + number, 0) / drawn.length;
  assert.ok(Math.abs(mean - 0.5) < 0.02);
  assert.deepEqual(shuffled([1, 2, 3], seededRandom(1)).sort(), [1, 2, 3]);
});

test('our own host among them drops itself and everything not better than it (S-MX-8)', () => {
  const self = (name: string) => dropSelf(HOSTS, ({ exchange }) => exchange === name);
  assert.deepEqual(self('c.test'), { kind: 'kept', hosts: HOSTS.slice(0, 3) });
  assert.deepEqual(self('b.test'), { kind: 'loop' });
  assert.deepEqual(self('other.test'), { kind: 'kept', hosts: HOSTS });
});
