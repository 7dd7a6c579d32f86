import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import {
  type DaneHost,
  type DaneLookup,
  type DaneLookupOptions,
  describeDaneLookup,
  lookUpDane,
} from '../../src/dane/lookup.ts';
import { daneDemand, daneOutcome } from '../../src/dane/outcome.ts';
import type { DnsAnswer, RecordType } from '../../src/dns/answer.ts';
import { createResolver, type OwnedResolver, type Resolver } from '../../src/dns/resolver.ts';
import { parseResolverSpec } from '../../src/dns/resolver-spec.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';

const RECORD = { usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, 7) };
const TLSA = [RECORD];
const HOST: DaneHost = { exchange: 'mx.example.test', port: 25, nameSecurity: 'secure' };

/** A zone is signed where its answers carry AD. */
const signed = { A: ['192.0.2.1'], ad: true } as const;
const unsigned = { A: ['192.0.2.1'], ad: false } as const;

describe('looking TLSA records up', () => {
  let server: ZoneServer;
  let believed: OwnedResolver;
  let unbelieved: OwnedResolver;
  let published: string[] = [];

  before(async () => {
    server = await startZoneServer({ zones: {}, clock: systemClock });
    const resolverAt = (text: string): OwnedResolver => {
      const spec = parseResolverSpec(text);
      assert.ok(spec.ok);
      return createResolver({
        servers: [spec.value],
        clock: systemClock,
        random: unpredictableRandom,
        cacheEntries: 0,
        timeoutMs: 4000,
        attempts: 1,
      });
    };
    believed = resolverAt(`${server.spec}?trust-ad`);
    unbelieved = resolverAt(server.spec);
  });
  after(async () => {
    await Promise.all([believed.close(), unbelieved.close()]);
    await server.stop();
  });
  beforeEach(() => {
    for (const name of published) server.zones.remove(name);
    published = [];
  });

  function publish(zones: ZoneData): void {
    for (const [name, records] of Object.entries(zones)) {
      server.zones.set(name, records);
      published.push(name);
    }
  }

  async function look(host: Partial<DaneHost> = {}, options?: DaneLookupOptions): Promise<DaneLookup> {
    const found = await lookUpDane(believed, { ...HOST, ...host }, options);
    assert.match(describeDaneLookup(found), /\.$/);
    return found;
  }

  /** `records mx.example.test`, `none no-records`, `failed TLSA servfail`. */
  function inShort(found: DaneLookup): string {
    switch (found.kind) {
      case 'records':
        return `records ${found.baseDomain}`;
      case 'none':
        return `none ${found.why}`;
      case 'failed':
        return `failed ${found.type} ${found.failure.kind}`;
      case 'unknown':
        return `unknown ${found.seen.length}`;
    }
  }

  it('asks for the address first, and for the records of the port where that is secure (S-DANE-1, S-DANE-2, S-DANE-19)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { TLSA, ttl: 600, ad: true } });
    const found = await look();
    assert.ok(found.kind === 'records');
    assert.deepEqual(found.records, [{ usage: 3, selector: 1, matchingType: 1, data: '07'.repeat(32) }]);
    assert.deepEqual([found.ttl, found.tlsaName, found.nameSecure], [600, '_25._tcp.mx.example.test', true]);
    assert.deepEqual(
      found.steps.map(({ name, type, outcome, security }) => [name, type, outcome, security]),
      [
        ['mx.example.test', 'A', 'records', 'secure'],
        ['mx.example.test', 'AAAA', 'no-data', 'secure'],
        ['_25._tcp.mx.example.test', 'TLSA', 'records', 'secure'],
      ],
    );
    assert.equal(found.securityFrom, server.spec);
    assert.deepEqual(JSON.parse(JSON.stringify(found)), found);
    publish({ '_587._tcp.mx.example.test': { TLSA, ad: true } });
    const submission = await look({ port: 587 });
    assert.equal(submission.kind === 'records' && submission.tlsaName, '_587._tcp.mx.example.test');
  });

  it('never asks an unsigned zone for TLSA, where servers choke on the question (S-DANE-2, S-DANE-3)', async () => {
    publish({ 'mx.example.test': unsigned, '_25._tcp.mx.example.test': { fault: 'servfail' } });
    assert.equal(inShort(await look()), 'none insecure-address');
    assert.equal(server.queries('_25._tcp.mx.example.test', 'TLSA'), 1, 'from the case before');
  });

  it('is content with one secure family, and with one that answers (S-DANE-2)', async () => {
    publish({
      'mx.example.test': { ...signed, fault: { AAAA: 'servfail' } },
      '_25._tcp.mx.example.test': { TLSA, ad: true },
    });
    assert.equal(inShort(await look()), 'records mx.example.test');
    publish({ 'mx.example.test': { ...unsigned, fault: { AAAA: 'servfail' } } });
    assert.equal(inShort(await look()), 'none insecure-address');
  });

  for (const fault of ['servfail', 'refused', 'drop', 'malformed'] as const) {
    it(`lets the host wait when a look-up ends with ${fault}, and never says that there is no DANE (S-DANE-3)`, async () => {
      const kinds = { servfail: 'servfail', refused: 'refused', drop: 'timed-out', malformed: 'malformed' } as const;
      publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { fault } });
      const tlsa = await look();
      assert.equal(inShort(tlsa), `failed TLSA ${kinds[fault]}`);
      assert.equal(daneDemand(tlsa, 'opportunistic'), 'defer');
      assert.equal(daneOutcome(tlsa, null).status, 'failed');
      publish({ 'mx.example.test': { fault } });
      assert.equal(inShort(await look()), `failed A ${kinds[fault]}`);
    });
  }

  it('says that there are none when a secure answer does: no data or no such name (S-DANE-3)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { ad: true } });
    assert.equal(inShort(await look()), 'none no-records');
    server.zones.remove('_25._tcp.mx.example.test');
    const proven: Resolver = {
      ask: async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> => ({
        ...(await believed.ask(name, type)),
        security: 'secure',
      }),
    };
    const found = await lookUpDane(proven, HOST);
    assert.equal(inShort(found), 'none no-records');
    assert.equal(found.steps.at(-1)?.outcome, 'no-such-name');
  });

  it('does not use records from an unsigned name below a signed host, nor its absence as proof (S-DANE-1, S-DANE-4)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { TLSA, ad: false } });
    assert.equal(inShort(await look()), 'none insecure-records');
    publish({ '_25._tcp.mx.example.test': { ad: false } });
    assert.equal(inShort(await look()), 'none insecure-records');
  });

  it('looks at the end of a secure CNAME chain first, then at the name itself (S-DANE-5)', async () => {
    publish({
      'mx.example.test': { CNAME: 'host.hoster.test', ad: true },
      'host.hoster.test': signed,
      '_25._tcp.mx.example.test': { TLSA, ad: true },
      '_25._tcp.host.hoster.test': { TLSA, ad: true },
    });
    assert.equal(inShort(await look()), 'records host.hoster.test');
    publish({ '_25._tcp.host.hoster.test': { ad: true } });
    assert.equal(inShort(await look()), 'records mx.example.test');
    publish({ '_25._tcp.host.hoster.test': { fault: 'servfail' } });
    assert.equal(inShort(await look()), 'failed TLSA servfail');
  });

  it('looks at the name itself when only the first link of the chain is secure (S-DANE-5)', async () => {
    publish({
      'mx.example.test': { CNAME: 'host.hoster.test', ad: true },
      'host.hoster.test': unsigned,
      '_25._tcp.mx.example.test': { TLSA, ad: true },
      '_25._tcp.host.hoster.test': { fault: 'servfail' },
    });
    assert.equal(inShort(await look()), 'records mx.example.test');
    publish({ 'mx.example.test': { CNAME: 'host.hoster.test', ad: false } });
    assert.equal(inShort(await look()), 'none insecure-address');
  });

  it('follows a CNAME at the TLSA name, all links secure (S-DANE-6)', async () => {
    publish({
      'mx.example.test': signed,
      '_25._tcp.mx.example.test': { CNAME: 'tlsa.hoster.test', ad: true },
      'tlsa.hoster.test': { TLSA, ad: true },
    });
    assert.equal(inShort(await look()), 'records mx.example.test');
    publish({ 'tlsa.hoster.test': { TLSA, ad: false } });
    assert.equal(inShort(await look()), 'none insecure-records');
  });

  it('believes nobody who was not named as believed, and shows what it saw for people alone (S-DANE-1)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { TLSA, ad: true } });
    const silent = await lookUpDane(unbelieved, HOST);
    assert.equal(inShort(silent), 'unknown 0');
    assert.equal(silent.steps.length, 2);
    const curious = await lookUpDane(unbelieved, HOST, { alsoUnbelieved: true });
    assert.equal(inShort(curious), 'unknown 1');
    assert.equal(daneDemand(curious, 'opportunistic'), 'nothing');
    assert.equal(daneOutcome(curious, null).status, 'not-tested');
  });

  it('takes an answer nobody vouches for behind a secure address as a failure (S-DANE-3)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': {} });
    const mixed: Resolver = {
      ask: <T extends RecordType>(name: string, type: T) => (type === 'TLSA' ? unbelieved : believed).ask(name, type),
    };
    assert.equal(inShort(await lookUpDane(mixed, HOST)), 'failed TLSA bogus');
  });

  it('takes a bogus answer as a failure, whatever records it holds (S-DANE-3)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { TLSA, ad: true } });
    const bogus: Resolver = {
      ask: async <T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> => {
        const answer = await believed.ask(name, type);
        return type === 'TLSA' ? { ...answer, security: 'bogus' } : answer;
      },
    };
    assert.equal(inShort(await lookUpDane(bogus, HOST)), 'failed TLSA bogus');
  });

  it('uses the records of a host found by insecure MX, and says what they cannot do (S-DANE-17, S-DANE-18)', async () => {
    publish({ 'mx.example.test': signed, '_25._tcp.mx.example.test': { TLSA, ad: true } });
    for (const nameSecurity of ['insecure', 'indeterminate'] as const) {
      const half = await look({ nameSecurity });
      assert.ok(half.kind === 'records' && !half.nameSecure);
      assert.match(describeDaneLookup(half), /MX set is not secure/);
      assert.equal(daneDemand(half, 'opportunistic'), 'authenticate');
      assert.equal(daneDemand(half, 'mandatory'), 'defer');
    }
  });

  it('asks nothing about an address literal, and nothing more about a host without address', async () => {
    const before = server.queries();
    for (const exchange of ['192.0.2.1', '[192.0.2.1]', '[IPv6:2001:db8::1]']) {
      assert.equal(inShort(await look({ exchange })), 'none address-literal');
    }
    assert.equal(server.queries(), before);
    assert.equal(inShort(await look()), 'none no-address');
  });

  it('asks of a sender what the records and his own strictness ask (S-DANE-8, S-DANE-15, S-DANE-22)', async () => {
    publish({ 'mx.example.test': signed });
    const none = await look();
    publish({ '_25._tcp.mx.example.test': { TLSA: [{ ...RECORD, usage: 1 }], ad: true } });
    const unusable = await look();
    publish({ '_25._tcp.mx.example.test': { TLSA, ad: true } });
    const usable = await look();
    const demands = (lookup: DaneLookup) =>
      (['off', 'opportunistic', 'mandatory'] as const).map((force) => daneDemand(lookup, force));
    assert.deepEqual(demands(none), ['nothing', 'nothing', 'defer']);
    assert.deepEqual(demands(unusable), ['nothing', 'encrypt', 'defer']);
    assert.deepEqual(demands(usable), ['nothing', 'authenticate', 'authenticate']);
    assert.equal(daneOutcome(unusable, null).status, 'unusable');
    assert.equal(daneOutcome(usable, null).status, 'not-tested');
  });
});
