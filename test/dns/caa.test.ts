import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaaLookup, lookUpCaa, readCaa } from '../../src/dns/caa.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { dnsOf, type Ending } from '../support/dns.ts';

const caa = (tag: string, value: string, critical = false) => ({ tag, value, critical });

async function lookUp(t: Ending, zones: ZoneData, name = 'mx.a.example.test'): Promise<CaaLookup> {
  const { resolver } = await dnsOf(t, zones);
  return lookUpCaa(resolver, name);
}

test('the nearest set on the way up counts, and no other (RFC 8659 3)', async (t) => {
  const zones: ZoneData = {
    'mx.a.example.test': { A: ['192.0.2.1'] },
    'a.example.test': { CAA: [caa('issue', 'near.test')] },
    'example.test': { CAA: [caa('issue', 'far.test')] },
  };
  const found = await lookUp(t, zones);
  assert.ok(found.kind === 'found');
  assert.deepEqual([found.at, found.issuers], ['a.example.test', ['near.test']]);
  const top = await lookUp(t, { 'mx.a.example.test': { A: ['192.0.2.1'] }, test: { CAA: [caa('issue', 'top.test')] } });
  assert.equal(top.kind === 'found' && top.at, 'test');
});

test('a name without any set, or that does not exist, restricts nobody', async (t) => {
  assert.deepEqual(await lookUp(t, { 'example.test': { A: ['192.0.2.1'] } }), { kind: 'none' });
});

test('a set behind an alias is the set of the name, whose own parents are asked next', async (t) => {
  const zones: ZoneData = {
    'mx.a.example.test': { CNAME: 'host.elsewhere.test' },
    'host.elsewhere.test': { CAA: [caa('issue', 'alias.test')] },
    'elsewhere.test': { CAA: [caa('issue', 'wrong.test')] },
  };
  const found = await lookUp(t, zones);
  assert.deepEqual(found.kind === 'found' && found.issuers, ['alias.test']);
  const empty = await lookUp(t, { ...zones, 'host.elsewhere.test': { A: ['192.0.2.1'] } });
  assert.deepEqual(empty, { kind: 'none' });
});

test('a failure on the way is not absence', async (t) => {
  const found = await lookUp(t, { 'a.example.test': { fault: 'servfail' }, 'mx.a.example.test': {} });
  assert.deepEqual(found, { kind: 'failed', at: 'a.example.test', failure: { kind: 'servfail' } });
});

test('issuers are read without their parameters; wildcards have their own, else the same (RFC 8659 4.2, 4.3)', () => {
  const of = (...records: readonly ReturnType<typeof caa>[]) => readCaa(records);
  assert.deepEqual(of(caa('issue', ' CA.test ; accounturi=https://x')).issuers, ['ca.test']);
  assert.deepEqual(of(caa('issue', ';')).issuers, [], 'nobody');
  assert.deepEqual(of(caa('issue', '%%%')).issuers, [], 'malformed allows nobody');
  assert.deepEqual(of(caa('iodef', 'mailto:x@y.test')), { issuers: null, wildcardIssuers: null, unknownCritical: [] });
  assert.deepEqual(of(caa('issue', 'a.test'), caa('issuewild', 'b.test')).wildcardIssuers, ['b.test']);
  assert.deepEqual(of(caa('issue', 'a.test')).wildcardIssuers, ['a.test']);
  assert.equal(of(caa('issuewild', 'b.test')).issuers, null);
  assert.deepEqual(of(caa('future', 'x', true), caa('other', 'x')).unknownCritical, ['future']);
});
