import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import { confirmedNames, MAX_PTR_NAMES, type PointerLookup } from '../../src/dns/pointer.ts';
import type { ZoneData, ZoneName } from '../../src/lab/zone.ts';
import { dnsOf, type Ending } from '../support/dns.ts';

const ADDRESS = parseIpAddress('192.0.2.1');
const REVERSE = '1.2.0.192.in-addr.arpa';

async function namesIn(t: Ending, zones: ZoneData): Promise<PointerLookup> {
  const { resolver } = await dnsOf(t, zones);
  assert.ok(ADDRESS !== null);
  return confirmedNames(resolver, ADDRESS);
}

const GOOD: ZoneData = { [REVERSE]: { PTR: ['mx.test'] }, 'mx.test': { A: ['192.0.2.9', '192.0.2.1'] } };

test('a name counts when it leads back to the address (R91)', async (t) => {
  const found = await namesIn(t, GOOD);
  assert.ok(found.kind === 'confirmed');
  assert.deepEqual(found.names, ['mx.test']);
});

test('a claimed name that leads elsewhere, nowhere or is none does not count (R91)', async (t) => {
  const found = await namesIn(t, {
    ...GOOD,
    [REVERSE]: { PTR: ['mx.test', 'bank.test', 'gone.test', 'mx\\.test.test'] },
    'bank.test': { A: ['198.51.100.1'] },
    'mx\\.test.test': { A: ['192.0.2.1'] },
  });
  assert.ok(found.kind === 'confirmed');
  assert.deepEqual(found.names, ['mx.test']);
  assert.deepEqual(found.unconfirmed, ['bank.test', 'gone.test', 'mx\\.test.test']);
  assert.equal((await namesIn(t, { [REVERSE]: { PTR: ['gone.test'] } })).kind, 'none');
});

test('no name and no answer are two things', async (t) => {
  assert.equal((await namesIn(t, {})).kind, 'none');
  const failed: readonly ZoneData[] = [
    { [REVERSE]: { fault: 'servfail' } },
    { ...GOOD, 'mx.test': { fault: 'servfail' } satisfies ZoneName },
  ];
  for (const zones of failed) {
    const found = await namesIn(t, zones);
    assert.ok(found.kind === 'failed');
    assert.equal(found.failure.kind, 'servfail');
  }
});

test('only so many names of an address are looked up', async (t) => {
  const PTR = Array.from({ length: MAX_PTR_NAMES + 5 }, (_, index) => `n${index}.test`);
  const { server, resolver } = await dnsOf(t, { [REVERSE]: { PTR } });
  assert.ok(ADDRESS !== null);
  assert.equal((await confirmedNames(resolver, ADDRESS)).kind, 'none');
  assert.equal(server.queries(), 1 + MAX_PTR_NAMES);
});

test('an IPv6 address is found under its nibbles', async (t) => {
  const address = parseIpAddress('2001:db8::1');
  assert.ok(address !== null);
  const reverse = `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`;
  const { resolver } = await dnsOf(t, { [reverse]: { PTR: ['six.test'] }, 'six.test': { AAAA: ['2001:db8:0::1'] } });
  const found = await confirmedNames(resolver, address);
  assert.equal(found.kind, 'confirmed');
});
