/**
 * The lab's name server, heard by resolvers that are not ours.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { encodeQuery } from '../../src/dns/encode.ts';
import { type DnsMessage, decodeMessage } from '../../src/dns/message.ts';
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { startZoneServer, type ZoneServer } from '../../src/lab/zone-server.ts';
import { type Ending, serveZones } from '../support/dns.ts';

const ZONES: ZoneData = {
  'good.lab.test': { MX: [[10, 'mx.good.lab.test']], TXT: [['v=STSv1; ', 'id=1'], 'other'], ad: true },
  'mx.good.lab.test': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'], ad: true },
  'alias.lab.test': { CNAME: 'mx.good.lab.test' },
  'away.lab.test': { CNAME: 'elsewhere.invalid' },
  '*.wild.lab.test': { A: ['192.0.2.2'] },
  'deep.empty.lab.test': { A: ['192.0.2.3'] },
  'long.lab.test': { TXT: Array.from({ length: 30 }, () => 'x'.repeat(100)) },
};

function theirResolver(server: ZoneServer): Resolver {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([server.spec]);
  return resolver;
}

async function asked(
  server: ZoneServer,
  name: string,
  type: keyof typeof TYPE_NUMBERS,
  edns: 'offered' | 'left-out' = 'offered',
): Promise<DnsMessage> {
  const query = encodeQuery({ name, type: TYPE_NUMBERS[type], class: 1 }, { id: 1, edns, dnssecOk: false });
  assert.ok(query !== null);
  const socket = createSocket('udp4');
  const bytes = await new Promise<Buffer>((resolve) => {
    socket.on('message', resolve);
    socket.send(query, server.port, server.host);
  });
  socket.close();
  const message = decodeMessage(bytes);
  assert.ok(message.ok);
  return message.value;
}

test('another resolver reads its records, and knows absence from failure', async (t) => {
  const server = await serveZones(t, { ...ZONES, 'bad.lab.test': { fault: 'servfail' } });
  const resolver = theirResolver(server);
  const [mx] = await resolver.resolveMx('good.lab.test');
  assert.deepEqual([mx?.exchange, mx?.priority], ['mx.good.lab.test', 10]);
  assert.deepEqual(await resolver.resolve4('alias.lab.test'), ['192.0.2.1']);
  assert.deepEqual(await resolver.resolve6('mx.good.lab.test'), ['2001:db8::1']);
  assert.deepEqual(await resolver.resolveTxt('good.lab.test'), [['v=STSv1; ', 'id=1'], ['other']]);
  assert.deepEqual(await resolver.resolve4('any.thing.wild.lab.test'), ['192.0.2.2']);
  assert.equal((await resolver.resolveTxt('long.lab.test')).length, 30);
  await assert.rejects(resolver.resolveMx('absent.lab.test'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver.resolveMx('mx.good.lab.test'), { code: 'ENODATA' });
  await assert.rejects(resolver.resolve4('empty.lab.test'), { code: 'ENODATA' });
  await assert.rejects(resolver.resolveMx('bad.lab.test'), { code: 'ESERVFAIL' });
});

test('absence comes with the SOA of its zone, and names outside of the zones are refused', async (t) => {
  const server = await serveZones(t, ZONES, ['lab.test']);
  const absent = await asked(server, 'absent.lab.test', 'A');
  assert.equal(absent.rcode, 3);
  assert.deepEqual(
    absent.authorities.map(({ type, name }) => [type, name]),
    [['SOA', 'lab.test']],
  );
  const noData = await asked(server, 'empty.lab.test', 'A');
  assert.equal(noData.rcode, 0);
  assert.deepEqual(
    noData.authorities.map(({ type }) => type),
    ['SOA'],
  );
  assert.equal((await asked(server, 'example.test', 'A')).rcode, 5);
  const away = await asked(server, 'away.lab.test', 'A');
  assert.deepEqual([away.rcode, away.answers.length, away.authorities.length], [0, 1, 0]);
});

test('what does not fit the asker is truncated', async (t) => {
  const server = await serveZones(t, { 'mid.lab.test': { TXT: ['x'.repeat(250), 'y'.repeat(250), 'z'.repeat(250)] } });
  assert.equal((await asked(server, 'mid.lab.test', 'TXT')).truncated, false);
  const small = await asked(server, 'mid.lab.test', 'TXT', 'left-out');
  assert.deepEqual([small.truncated, small.answers.length, small.edns], [true, 0, null]);
});

test('the AD flag is set for a chain whose every name has it', async (t) => {
  const server = await serveZones(t, { ...ZONES, 'signed.lab.test': { CNAME: 'mx.good.lab.test', ad: true } });
  assert.equal((await asked(server, 'signed.lab.test', 'A')).authenticData, true);
  assert.equal((await asked(server, 'alias.lab.test', 'A')).authenticData, false);
});

test('questions are counted by name and type, and zones may change while it runs', async (t) => {
  const server = await serveZones(t, ZONES);
  await asked(server, 'new.lab.test', 'A');
  server.zones.set('new.lab.test', { A: ['192.0.2.9'] });
  assert.equal((await asked(server, 'new.lab.test', 'A')).answers.length, 1);
  server.zones.remove('new.lab.test');
  assert.equal((await asked(server, 'new.lab.test', 'MX')).rcode, 3);
  assert.deepEqual(
    [server.queries('new.lab.test'), server.queries('new.lab.test', 'A'), server.queries('other'), server.queries()],
    [3, 2, 0, 3],
  );
});

test('a zone with something that is no name does not start', async () => {
  await assert.rejects(startZoneServer({ zones: { 'a..b': {} }, clock: systemClock }), /no domain name/);
});

test('the port given is taken, and free again when it stops', async (t: Ending) => {
  const first = await startZoneServer({ zones: {}, clock: systemClock });
  await first.stop();
  const second = await startZoneServer({ zones: {}, clock: systemClock, port: first.port });
  t.after(() => second.stop());
  assert.equal(second.port, first.port);
});
