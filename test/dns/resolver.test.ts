import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { MAX_ALIASES_OF_DOMAIN, MAX_ALIASES_OF_HOST } from '../../src/dns/alias-chain.ts';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import { MAX_CACHE_TTL, MAX_NEGATIVE_CACHE_TTL } from '../../src/dns/answer-cache.ts';
import { MAX_OPEN_UDP_SOCKETS } from '../../src/dns/udp.ts';
import { DOWN_FOR_MS } from '../../src/dns/upstreams.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { dnsOf, type Ending, resolverOf, serveZones, startZoneServer } from '../support/dns.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

function failureOf(answer: DnsAnswer): string {
  return answer.kind === 'failed' ? answer.failure.kind : answer.kind;
}

/** An address of loopback where nobody listens. */
async function deafPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** A resolver of the system's kind that never answers. */
async function silentServer(t: Ending): Promise<string> {
  const server = await serveZones(t, { '*': { fault: 'drop' } });
  return server.spec;
}

test('records, no data, no such name and every kind of failure are told apart', async (t) => {
  const { resolver } = await dnsOf(t, {
    'good.test': { A: ['192.0.2.1'] },
    'servfail.test': { fault: 'servfail' },
    'refused.test': { fault: 'refused' },
    'malformed.test': { fault: 'malformed' },
    'silent.test': { fault: 'drop' },
    'wrong-id.test': { A: ['192.0.2.1'], fault: 'wrong-id' },
    'wrong-question.test': { A: ['192.0.2.1'], fault: 'wrong-question' },
    'referral.test': { fault: 'referral' },
    'raw.test': { fault: { raw: Buffer.from('0000ffff', 'hex') } },
    'deep.below.empty.test': { A: ['192.0.2.1'] },
  });
  const asked = async (name: string): Promise<string> => failureOf(await resolver.ask(name, 'A'));
  assert.equal(await asked('good.test'), 'records');
  assert.equal(failureOf(await resolver.ask('good.test', 'MX')), 'no-data');
  assert.equal(await asked('below.empty.test'), 'no-data', 'an empty non-terminal exists');
  assert.equal(await asked('absent.test'), 'no-such-name');
  assert.equal(await asked('servfail.test'), 'servfail');
  assert.equal(await asked('refused.test'), 'refused');
  assert.equal(await asked('malformed.test'), 'malformed');
  assert.equal(await asked('silent.test'), 'timed-out');
  assert.equal(await asked('wrong-id.test'), 'timed-out');
  assert.equal(await asked('wrong-question.test'), 'timed-out');
  assert.equal(await asked('raw.test'), 'timed-out');
  assert.equal(await asked('referral.test'), 'malformed');
  assert.equal(await asked('no name'), 'malformed');
});

test('forged answers before the right one are passed over', async (t) => {
  const { resolver } = await dnsOf(t, { 'good.test': { A: ['192.0.2.7'], fault: 'spoofed-first' } });
  const answer = await resolver.ask('good.test', 'A');
  assert.ok(answer.kind === 'records');
  assert.deepEqual(
    answer.records.map(({ data }) => data),
    ['192.0.2.7'],
  );
});

test('every question comes from a port of its own', async (t) => {
  const { server, resolver } = await dnsOf(t, {});
  await Promise.all(Array.from({ length: 30 }, (_, index) => resolver.ask(`n${index}.test`, 'A')));
  assert.equal(server.sourcePorts().length, 30);
  assert.ok(new Set(server.sourcePorts()).size > 20);
});

test('a truncated answer and one too long for a datagram are fetched over TCP', async (t) => {
  const long = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(90)}`);
  const { server, resolver } = await dnsOf(t, {
    'truncated.test': { A: ['192.0.2.1'], fault: 'truncate' },
    'long.test': { TXT: long },
  });
  assert.equal((await resolver.ask('truncated.test', 'A')).kind, 'records');
  const answer = await resolver.ask('long.test', 'TXT');
  assert.ok(answer.kind === 'records');
  assert.equal(answer.records.length, 60);
  assert.equal(server.queriesByTcp(), 2);
});

test('a server that cannot read EDNS is asked without it', async (t) => {
  const { resolver } = await dnsOf(t, { 'old.test': { A: ['192.0.2.1'], fault: 'no-edns' } });
  assert.equal((await resolver.ask('old.test', 'A')).kind, 'records');
});

function chain(links: number, rest: ZoneData = {}): ZoneData {
  const zones: Record<string, ZoneData[string]> = { ...rest };
  for (let link = 0; link < links; link += 1) zones[`c${link}.test`] = { CNAME: `c${link + 1}.test`, ttl: 100 - link };
  zones[`c${links}.test`] = { A: ['192.0.2.1'], MX: [[10, 'mx.test']] };
  return zones;
}

test('a chain of aliases is followed to its end, in one message or over several (S-MX-1)', async (t) => {
  const zones: Record<string, ZoneData[string]> = {};
  for (const [name, records] of Object.entries(chain(3))) zones[name] = { ...records, fault: 'partial-chain' };
  for (const data of [chain(3), zones]) {
    const { resolver } = await dnsOf(t, data);
    const answer = await resolver.ask('c0.test', 'A');
    assert.ok(answer.kind === 'records');
    assert.deepEqual(answer.aliases, ['c1.test', 'c2.test', 'c3.test']);
    assert.equal(answer.canonicalName, 'c3.test');
    assert.equal(answer.ttl, 98);
  }
});

test('a chain of aliases is bounded: 16 links for a domain, 10 for a host (S-MX-1)', async (t) => {
  assert.deepEqual([MAX_ALIASES_OF_DOMAIN, MAX_ALIASES_OF_HOST], [16, 10]);
  const asked = async (links: number, type: 'A' | 'MX'): Promise<string> => {
    const { resolver } = await dnsOf(t, chain(links));
    return failureOf(await resolver.ask('c0.test', type));
  };
  assert.equal(await asked(16, 'MX'), 'records');
  assert.equal(await asked(17, 'MX'), 'alias-loop');
  assert.equal(await asked(10, 'A'), 'records');
  assert.equal(await asked(11, 'A'), 'alias-loop');
});

test('a loop of aliases ends, also when every message shows one link only (S-MX-1)', async (t) => {
  const { server, resolver } = await dnsOf(t, {
    'a.test': { CNAME: 'b.test', fault: 'partial-chain' },
    'b.test': { CNAME: 'a.test', fault: 'partial-chain' },
  });
  assert.equal(failureOf(await resolver.ask('a.test', 'A')), 'alias-loop');
  assert.equal(server.queries(), 2);
});

test('an alias to nowhere says so of its target', async (t) => {
  const { resolver } = await dnsOf(t, {
    'a.test': { CNAME: 'gone.test' },
    'b.test': { CNAME: 'd.test' },
    'd.test': {},
  });
  const gone = await resolver.ask('a.test', 'A');
  assert.ok(gone.kind === 'no-such-name');
  assert.equal(gone.canonicalName, 'gone.test');
  assert.equal((await resolver.ask('b.test', 'A')).kind, 'no-data');
});

test('the next resolver is asked when one is silent, deaf, fails, refuses or talks nonsense', async (t) => {
  const second = await serveZones(t, { 'good.test': { A: ['192.0.2.2'] } });
  for (const fault of ['drop', 'servfail', 'refused', 'malformed', 'referral'] as const) {
    const first = await serveZones(t, { 'good.test': { fault } });
    const answer = await resolverOf(t, [first.spec, second.spec]).ask('good.test', 'A');
    assert.equal(answer.kind, 'records', fault);
    assert.equal(answer.resolver, second.spec);
  }
  const deaf = `127.0.0.1:${await deafPort()}`;
  const answer = await resolverOf(t, [deaf, second.spec]).ask('good.test', 'A');
  assert.equal(answer.kind, 'records');
  assert.equal(failureOf(await resolverOf(t, [deaf]).ask('good.test', 'A')), 'unreachable');
});

test('a resolver that was silent is asked last for a while', async (t) => {
  const silent = await serveZones(t, { '*': { fault: 'drop' } });
  const good = await serveZones(t, {});
  const resolver = resolverOf(t, [silent.spec, good.spec]);
  await resolver.ask('one.test', 'A');
  await resolver.ask('two.test', 'A');
  await resolver.ask('three.test', 'A');
  assert.equal(silent.queries(), 1);
  assert.equal(good.queries(), 3);
});

test('a resolver that was silent gets its place back after a while', async (t) => {
  const clock = handWoundClock();
  const good = await serveZones(t, {});
  // The port has to be free twice, and in between somebody else may be given it: then it is tried with another one.
  for (let tries = 1; ; tries += 1) {
    const port = await deafPort();
    const resolver = resolverOf(t, [`127.0.0.1:${port}`, good.spec], { clock });
    await resolver.ask('one.test', 'A');
    assert.equal((await resolver.ask('two.test', 'A')).resolver, good.spec);
    clock.wind(DOWN_FOR_MS);
    const back = await startZoneServer({ zones: {}, clock, port }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' || tries === 5) throw error;
      return null;
    });
    if (back === null) continue;
    t.after(() => back.stop());
    assert.equal((await resolver.ask('three.test', 'A')).resolver, `127.0.0.1:${port}`);
    return;
  }
});

test('silence is tried again, an answer that failed is not', async (t) => {
  const server = await serveZones(t, { 'silent.test': { fault: 'drop' }, 'bad.test': { fault: 'servfail' } });
  await resolverOf(t, [server.spec], { attempts: 2, timeoutMs: 60 }).ask('silent.test', 'A');
  // Time enough that nothing but the failure itself can lead to a second try.
  await resolverOf(t, [server.spec], { attempts: 2, timeoutMs: 20_000 }).ask('bad.test', 'A');
  assert.equal(server.queries('silent.test'), 2);
  assert.equal(server.queries('bad.test'), 1);
});

test('the AD flag is believed from a resolver that is trusted with it, and from no other', async (t) => {
  const server = await serveZones(t, {
    'signed.test': { A: ['192.0.2.1'], ad: true },
    'plain.test': { A: ['192.0.2.1'] },
    'mixed.test': { CNAME: 'plain.test', ad: true },
  });
  const believed = resolverOf(t, [`${server.spec}?trust-ad`]);
  const signed = await believed.ask('signed.test', 'A');
  assert.deepEqual([signed.security, signed.securityFrom], ['secure', server.spec]);
  const plain = await believed.ask('plain.test', 'A');
  assert.deepEqual([plain.security, plain.securityFrom], ['insecure', server.spec]);
  assert.equal((await believed.ask('mixed.test', 'A')).security, 'insecure');
  const other = await resolverOf(t, [server.spec]).ask('signed.test', 'A');
  assert.deepEqual([other.security, other.securityFrom], ['indeterminate', null]);
});

test('what a believed resolver could not validate is not asked of one that does not validate', async (t) => {
  const validating = await serveZones(t, { 'bogus.test': { fault: 'servfail' } });
  const credulous = await serveZones(t, { 'bogus.test': { A: ['192.0.2.66'] } });
  const resolver = resolverOf(t, [`${validating.spec}?trust-ad`, credulous.spec]);
  assert.equal(failureOf(await resolver.ask('bogus.test', 'A')), 'servfail');
  assert.equal(credulous.queries(), 0);
});

test('answers and absence are kept as long as their owners say, failures are not', async (t) => {
  const clock = handWoundClock();
  const server = await serveZones(
    t,
    {
      'good.test': { A: ['192.0.2.1'], ttl: 60 },
      'bad.test': { fault: 'servfail' },
      test: { SOA: { mname: 'ns.test', rname: 'root.test', serial: 1, minimum: 30 } },
    },
    ['test'],
  );
  const resolver = resolverOf(t, [server.spec], { clock });
  const asked = async (name: string): Promise<DnsAnswer> => resolver.ask(name, 'A');
  await asked('good.test');
  await asked('GOOD.test.');
  await asked('absent.test');
  clock.wind(29_000);
  const aged = await asked('good.test');
  assert.ok(aged.kind === 'records');
  assert.equal(aged.ttl, 31);
  await asked('absent.test');
  assert.equal(server.queries('good.test'), 1);
  assert.equal(server.queries('absent.test'), 1);
  clock.wind(2000);
  await asked('absent.test');
  assert.equal(server.queries('absent.test'), 2);
  clock.wind(30_000);
  await asked('good.test');
  assert.equal(server.queries('good.test'), 2);
  await asked('bad.test');
  await asked('bad.test');
  assert.equal(server.queries('bad.test'), 2);
});

test('the cache holds so many answers and no more', async (t) => {
  const { server, resolver } = await dnsOf(t, {}, { cacheEntries: 3 });
  for (const name of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await resolver.ask(`${name}.test`, 'A');
  assert.equal(server.queries('a.test'), 1, 'used again before it was the oldest');
  assert.equal(server.queries('b.test'), 2, 'made room for another');
});

test('many who ask the same at once cause one question', async (t) => {
  const { server, resolver } = await dnsOf(
    t,
    { 'good.test': { A: ['192.0.2.1'], fault: { delayMs: 20 } } },
    { cacheEntries: 0 },
  );
  const answers = await Promise.all(Array.from({ length: 50 }, () => resolver.ask('good.test', 'A')));
  assert.ok(answers.every(({ kind }) => kind === 'records'));
  assert.equal(server.queries(), 1);
});

test('one asker giving up does not disturb the others', async (t) => {
  const { resolver } = await dnsOf(t, { 'good.test': { A: ['192.0.2.1'], fault: { delayMs: 40 } } });
  const impatient = new AbortController();
  const first = resolver.ask('good.test', 'A', { signal: impatient.signal });
  const second = resolver.ask('good.test', 'A');
  impatient.abort();
  assert.equal(failureOf(await first), 'cancelled');
  assert.equal(failureOf(await second), 'records');
  assert.equal(failureOf(await resolver.ask('x.test', 'A', { signal: impatient.signal })), 'cancelled');
});

test('a question nobody waits for any longer is called off', async (t) => {
  const resolver = resolverOf(t, [await silentServer(t)], { timeoutMs: 60_000 });
  const impatient = new AbortController();
  const asked = resolver.ask('silent.test', 'A', { signal: impatient.signal });
  setTimeout(() => impatient.abort(), 20);
  assert.equal(failureOf(await asked), 'cancelled');
});

test('a flood of forged answers moves the question to TCP', async (t) => {
  const { server, resolver } = await dnsOf(t, { 'good.test': { A: ['192.0.2.7'], fault: 'flooded' } });
  assert.equal((await resolver.ask('good.test', 'A')).kind, 'records');
  assert.equal(server.queriesByTcp(), 1);
});

test('a thousand questions at once to a silent server all end, and only so many sockets are open', async (t) => {
  const clock = handWoundClock();
  const server = await serveZones(t, { '*': { fault: 'drop' } });
  const resolver = resolverOf(t, [server.spec], { clock, timeoutMs: 1000 });
  const asked = Promise.all(Array.from({ length: 1000 }, (_, index) => resolver.ask(`n${index}.test`, 'A')));
  for (let round = 1; round <= Math.ceil(1000 / MAX_OPEN_UDP_SOCKETS); round += 1) {
    const most = Math.min(1000, round * MAX_OPEN_UDP_SOCKETS);
    while (server.queries() < most) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(server.queries(), most);
    clock.wind(1000);
  }
  assert.ok((await asked).every((answer) => failureOf(answer) === 'timed-out'));
});

test('however long its owner says, an answer is kept for a day at most, and absence for an hour', async (t) => {
  const clock = handWoundClock();
  const soa = { mname: 'ns.test', rname: 'root.test', serial: 1, minimum: 1_000_000 };
  const zones = { 'long.test': { A: ['192.0.2.1'], ttl: 1_000_000 }, test: { SOA: soa } };
  const server = await serveZones(t, zones, ['test']);
  const resolver = resolverOf(t, [server.spec], { clock });
  const askBoth = async (): Promise<number[]> => {
    for (const name of ['long.test', 'absent.test']) await resolver.ask(name, 'A');
    return [server.queries('long.test'), server.queries('absent.test')];
  };
  assert.deepEqual(await askBoth(), [1, 1]);
  clock.wind(MAX_NEGATIVE_CACHE_TTL * 1000);
  assert.deepEqual(await askBoth(), [1, 2]);
  clock.wind((MAX_CACHE_TTL - MAX_NEGATIVE_CACHE_TTL) * 1000);
  assert.deepEqual(await askBoth(), [2, 3]);
});
