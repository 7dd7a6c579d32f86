import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Domain, parseDomain } from '../../src/base/domain.ts';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import { MAX_ADDRESSES_PER_HOST } from '../../src/dns/host-addresses.ts';
import type { MailRoute } from '../../src/dns/mail-route.ts';
import { MAX_MX_HOSTS } from '../../src/dns/mx-set.ts';
import { givenRoute, type MailRouteQuestion, resolveMailRoute } from '../../src/dns/resolve-mail-route.ts';
import type { ZoneData, ZoneName } from '../../src/lab/zone.ts';
import { dnsOf, type Ending, resolverOf, serveZones } from '../support/dns.ts';

function domain(text: string): Domain {
  const parsed = parseDomain(text);
  assert.ok(parsed.ok, text);
  return parsed.value;
}

function address(text: string) {
  const parsed = parseIpAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

/** The default world: `good.test` with one host of two public addresses; a test changes what it is about. */
const GOOD: ZoneData = {
  'good.test': { MX: [[10, 'mx.good.test']] },
  'mx.good.test': { A: ['9.9.9.9'], AAAA: ['2620:fe::9'] },
};

async function routeIn(t: Ending, zones: ZoneData, options: Partial<MailRouteQuestion> = {}): Promise<MailRoute> {
  const { resolver } = await dnsOf(t, { ...GOOD, ...zones });
  const defaults = { domain: domain('good.test'), families: 'any', ipPreference: 'default' } as const;
  return resolveMailRoute({ resolver, ...defaults, ...options });
}

type Found = Extract<MailRoute, { kind: 'route' }>;

async function foundIn(t: Ending, zones: ZoneData, options: Partial<MailRouteQuestion> = {}): Promise<Found> {
  const route = await routeIn(t, zones, options);
  assert.equal(route.kind, 'route');
  return route as Found;
}

const hostsOf = (route: Found): unknown[] =>
  route.hosts.map(({ preference, exchange, addresses }) => [
    preference,
    exchange,
    ...addresses.map(({ text }) => text),
  ]);
const remarksOf = (route: { readonly remarks: readonly { readonly kind: string }[] }): string[] =>
  route.remarks.map(({ kind }) => kind);

test('the hosts of a domain come by preference, among equals by name, with both families (S-MX-2)', async (t) => {
  const route = await foundIn(t, {
    'good.test': {
      MX: [
        [20, 'c.test'],
        [10, 'b.test'],
        [10, 'a.test'],
      ],
    },
    'a.test': { A: ['9.9.9.10', '9.9.9.9'], AAAA: ['2620:fe::10', '2620:fe::9'] },
    'b.test': { A: ['9.9.9.11'] },
    'c.test': { AAAA: ['2620:fe::12'] },
  });
  assert.equal(route.source, 'mx');
  assert.deepEqual(hostsOf(route), [
    [10, 'a.test', '2620:fe::9', '2620:fe::10', '9.9.9.9', '9.9.9.10'],
    [10, 'b.test', '9.9.9.11'],
    [20, 'c.test', '2620:fe::12'],
  ]);
  assert.deepEqual(route.remarks, []);
});

test('a domain that is an alias is followed, and its end is what counts (S-MX-1)', async (t) => {
  const aliased = await foundIn(t, { 'good.test': { CNAME: 'real.test' }, 'real.test': { MX: [[5, 'mx.good.test']] } });
  assert.deepEqual(hostsOf(aliased), [[5, 'mx.good.test', '2620:fe::9', '9.9.9.9']]);
  assert.deepEqual(aliased.remarks, [{ kind: 'domain-is-alias', domain: 'good.test', canonicalName: 'real.test' }]);
  const implicit = await foundIn(t, { 'good.test': { CNAME: 'real.test' }, 'real.test': { A: ['9.9.9.9'] } });
  assert.deepEqual(hostsOf(implicit), [[0, 'real.test', '9.9.9.9']]);
});

test('a domain without MX records takes its mail itself (S-MX-3)', async (t) => {
  const route = await foundIn(t, { 'good.test': { A: ['9.9.9.9'] } });
  assert.equal(route.source, 'implicit');
  assert.deepEqual(hostsOf(route), [[0, 'good.test', '9.9.9.9']]);
});

test('no such domain, no answer and no MX record are three things (S-MX-3)', async (t) => {
  assert.equal((await routeIn(t, {}, { domain: domain('absent.test') })).kind, 'no-such-domain');
  for (const fault of ['servfail', 'refused', 'drop', 'malformed'] as const) {
    const route = await routeIn(t, { 'good.test': { A: ['9.9.9.9'], fault: { MX: fault } } });
    assert.equal(route.kind, 'dns-failure', fault);
  }
  const addressUnknown = await routeIn(t, { 'good.test': { fault: { A: 'servfail', AAAA: 'servfail' } } });
  assert.equal(addressUnknown.kind, 'dns-failure');
  assert.equal((await routeIn(t, { 'good.test': { TXT: ['no address'] } })).kind, 'no-address');
});

test('with MX records and none of them usable the domain itself is no way out (S-MX-4)', async (t) => {
  const zones = { 'good.test': { MX: [[10, 'gone.test']], A: ['9.9.9.9'] } } satisfies ZoneData;
  const route = await routeIn(t, zones);
  assert.ok(route.kind === 'no-address');
  assert.deepEqual(route.remarks, [{ kind: 'mx-has-no-address', exchange: 'gone.test' }]);
  const unknown = await routeIn(t, { ...zones, 'gone.test': { fault: 'servfail' } });
  assert.ok(unknown.kind === 'dns-failure');
  assert.equal(unknown.failure.kind, 'servfail');
});

test('a null MX alone means no mail, beside others it is passed over and reported (S-MX-5)', async (t) => {
  const alone = await routeIn(t, { 'good.test': { MX: [[0, '']], A: ['9.9.9.9'] } });
  assert.equal(alone.kind, 'null-mx');
  const among = await foundIn(t, {
    'good.test': {
      MX: [
        [0, ''],
        [10, 'mx.good.test'],
      ],
    },
  });
  assert.deepEqual(remarksOf(among), ['null-mx-among-others']);
  assert.deepEqual(hostsOf(among), [[10, 'mx.good.test', '2620:fe::9', '9.9.9.9']]);
});

test('an MX host that is an alias is reported and followed (S-MX-6)', async (t) => {
  const route = await foundIn(t, {
    'good.test': { MX: [[10, 'alias.test']] },
    'alias.test': { CNAME: 'mx.good.test' },
  });
  assert.deepEqual(hostsOf(route), [[10, 'alias.test', '2620:fe::9', '9.9.9.9']]);
  assert.equal(route.hosts[0]?.canonicalName, 'mx.good.test');
  assert.deepEqual(route.remarks, [{ kind: 'mx-is-alias', exchange: 'alias.test', canonicalName: 'mx.good.test' }]);
});

test('an address or no host name in place of a host is reported and not used (S-MX-7)', async (t) => {
  const route = await foundIn(t, {
    'good.test': {
      MX: [
        [5, '9.9.9.9'],
        [6, 'mx one.test'.replace(' ', '\\032')],
        [7, 'mx\\.good.test'],
        [10, 'mx.good.test'],
      ],
    },
  });
  assert.deepEqual(remarksOf(route), ['mx-is-address-literal', 'mx-bad-name', 'mx-bad-name']);
  assert.deepEqual(hostsOf(route), [
    [5, '9.9.9.9'],
    [6, 'mx\\032one.test'],
    [7, 'mx\\.good.test'],
    [10, 'mx.good.test', '2620:fe::9', '9.9.9.9'],
  ]);
});

test('a host without address and a host in private space are reported (S-MX-7)', async (t) => {
  const route = await foundIn(t, {
    'good.test': {
      MX: [
        [5, 'gone.test'],
        [10, 'inside.test'],
      ],
    },
    'inside.test': { A: ['10.0.0.1', '127.0.0.1', '192.0.2.1'], AAAA: ['fd00::1', '::ffff:10.0.0.1'] },
  });
  assert.deepEqual(route.remarks, [
    { kind: 'mx-has-no-address', exchange: 'gone.test' },
    { kind: 'mx-not-public', exchange: 'inside.test', address: '::ffff:a00:1', scope: 'private' },
    { kind: 'mx-not-public', exchange: 'inside.test', address: 'fd00::1', scope: 'private' },
    { kind: 'mx-not-public', exchange: 'inside.test', address: '10.0.0.1', scope: 'private' },
    { kind: 'mx-not-public', exchange: 'inside.test', address: '127.0.0.1', scope: 'loopback' },
    { kind: 'mx-not-public', exchange: 'inside.test', address: '192.0.2.1', scope: 'documentation' },
  ]);
});

test('one family that cannot be looked up does not sink the other (S-MX-9)', async (t) => {
  for (const [broken, kept] of [
    ['A', '2620:fe::9'],
    ['AAAA', '9.9.9.9'],
  ] as const) {
    const mx: ZoneName = { ...GOOD['mx.good.test'], fault: { [broken]: 'servfail' } };
    const route = await foundIn(t, { 'mx.good.test': mx });
    assert.deepEqual(hostsOf(route), [[10, 'mx.good.test', kept]]);
    assert.deepEqual(route.remarks, [
      { kind: 'mx-lookup-failed', exchange: 'mx.good.test', failure: { kind: 'servfail' } },
    ]);
  }
});

test('the same host twice counts once, at its better preference', async (t) => {
  const route = await foundIn(t, {
    'good.test': {
      MX: [
        [20, 'MX.good.test'],
        [10, 'mx.good.test'],
      ],
    },
  });
  assert.deepEqual(hostsOf(route), [[10, 'mx.good.test', '2620:fe::9', '9.9.9.9']]);
  assert.deepEqual(remarksOf(route), ['mx-duplicate']);
});

test('hosts and addresses beyond the limits are left out, and that is said', async (t) => {
  const MX = Array.from({ length: MAX_MX_HOSTS + 3 }, (_, index): [number, string] => [
    index,
    'mx.good.test'.replace('mx', `m${index}`),
  ]);
  const A = Array.from({ length: MAX_ADDRESSES_PER_HOST + 4 }, (_, index) => `9.9.9.${index + 1}`);
  const route = await foundIn(t, { 'good.test': { MX }, 'm0.good.test': { A } });
  assert.equal(route.hosts.length, MAX_MX_HOSTS);
  assert.equal(route.hosts[0]?.addresses.length, MAX_ADDRESSES_PER_HOST);
  assert.deepEqual(
    route.remarks.filter(({ kind }) => kind.startsWith('too-many')),
    [
      { kind: 'too-many-hosts', hosts: MAX_MX_HOSTS + 3, kept: MAX_MX_HOSTS },
      { kind: 'too-many-addresses', exchange: 'm0.good.test', addresses: A.length, kept: MAX_ADDRESSES_PER_HOST },
    ],
  );
});

test('families are asked for, preferred and required as wished', async (t) => {
  const six = '2620:fe::9';
  const four = '9.9.9.9';
  const cases: readonly (readonly [Partial<MailRouteQuestion>, readonly string[]])[] = [
    [{ families: 'any', ipPreference: 'default' }, [six, four]],
    [{ families: 'any', ipPreference: 'prefer-v4' }, [four, six]],
    [{ families: 'any', ipPreference: 'require-v4' }, [four]],
    [{ families: 'any', ipPreference: 'require-v6' }, [six]],
    [{ families: '4', ipPreference: 'prefer-v6' }, [four]],
    [{ families: '6', ipPreference: 'prefer-v4' }, [six]],
  ];
  for (const [options, addresses] of cases) {
    const route = await foundIn(t, {}, options);
    assert.deepEqual(
      route.hosts[0]?.addresses.map(({ text }) => text),
      addresses,
    );
  }
});

test('the security of a route is that of its MX answer, of a host the weakest of its addresses', async (t) => {
  const server = await serveZones(t, {
    'good.test': { ...GOOD['good.test'], ad: true },
    'mx.good.test': { CNAME: 'real.test', ad: true },
    'real.test': { A: ['9.9.9.9'], ad: false },
  });
  const resolver = resolverOf(t, [`${server.spec}?trust-ad`]);
  const route = await resolveMailRoute({
    resolver,
    domain: domain('good.test'),
    families: 'any',
    ipPreference: 'default',
  });
  assert.ok(route.kind === 'route');
  assert.deepEqual([route.security, route.securityFrom], ['secure', server.spec]);
  assert.equal(route.hosts[0]?.addressSecurity, 'insecure');
});

test('a named server and an address literal make a route of their own, without asking for MX', async (t) => {
  const { server, resolver } = await dnsOf(t, GOOD);
  const question = { resolver, families: 'any', ipPreference: 'default' } as const;
  const named = await givenRoute({ ...question, exchange: domain('mx.good.test') });
  assert.ok(named.kind === 'route');
  assert.equal(named.source, 'given');
  assert.deepEqual(hostsOf(named), [[0, 'mx.good.test', '2620:fe::9', '9.9.9.9']]);
  const asked = server.queries();
  const literal = await resolveMailRoute({ ...question, domain: address('2620:fe::9') });
  assert.ok(literal.kind === 'route');
  assert.deepEqual(hostsOf(literal), [[0, '2620:fe::9', '2620:fe::9']]);
  assert.equal(server.queries(), asked);
  assert.equal((await givenRoute({ ...question, exchange: domain('gone.test') })).kind, 'no-address');
});

test('an internationalised domain is asked for by its A-labels (S-MX-17)', async (t) => {
  const route = await foundIn(
    t,
    { 'xn--bcher-kva.test': { MX: [[1, 'mx.good.test']] } },
    { domain: domain('bücher.test') },
  );
  assert.equal(route.answers[0]?.name, 'xn--bcher-kva.test');
});
