import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { parseIpAddress } from '../../src/base/ip-address.ts';
import {
  type AuthorityQuestion,
  type AuthorityReport,
  askAuthorities,
  describeWord,
  groupsOf,
  MAX_AUTHORITY_QUESTIONS,
  MAX_NAME_SERVERS,
} from '../../src/dns/authoritative.ts';
import type { ZoneData } from '../../src/lab/zone.ts';
import { createNet, type Destination } from '../../src/net/net.ts';
import { dnsOf, type Ending, serveZones, type ZoneServer } from '../support/dns.ts';

const MX: AuthorityQuestion = { name: 'example.test', type: 'MX' };

/** Name servers at documentation addresses, each a server of its own on loopback. */
interface Stage {
  /** By the address in the DNS. */
  readonly servers: Readonly<Record<string, ZoneData | null>>;
  readonly questions?: readonly AuthorityQuestion[];
  readonly apexes?: readonly string[];
  readonly privateAddresses?: 'allowed' | 'denied';
}

const DELEGATION: ZoneData = {
  'example.test': { NS: ['ns1.example.test', 'ns2.example.test'] },
  'ns1.example.test': { A: ['192.0.2.1'] },
  'ns2.example.test': { A: ['192.0.2.2'] },
};

interface Played {
  readonly reports: readonly AuthorityReport[];
  readonly served: ReadonlyMap<string, ZoneServer>;
}

async function play(
  t: Ending,
  { servers, questions = [MX], apexes, privateAddresses = 'allowed' }: Stage,
  zones = DELEGATION,
): Promise<Played> {
  const { resolver } = await dnsOf(t, zones);
  const served = new Map<string, ZoneServer>();
  for (const [address, data] of Object.entries(servers)) {
    if (data !== null) served.set(address, await serveZones(t, data, apexes));
  }
  const closed = await serveZones(t, { '*': { fault: 'drop' } });
  const redirect = ({ address }: Destination): Destination => {
    const real = parseIpAddress('127.0.0.1');
    assert.ok(real !== null);
    return { address: real, port: (served.get(address.text) ?? closed).port };
  };
  const net = createNet({ clock: systemClock, privateAddresses });
  const world = { resolver, net, clock: systemClock, random: unpredictableRandom, redirect, timeoutMs: 4000 };
  return { reports: await askAuthorities(questions, world, new AbortController().signal), served };
}

const same: ZoneData = { 'example.test': { MX: [[10, 'mx.example.test']] } };
const stale: ZoneData = { 'example.test': { MX: [[10, 'old.example.test']] } };

test('servers that say the same agree, whatever the order', async (t) => {
  const two: ZoneData = {
    'example.test': {
      MX: [
        [20, 'b.test'],
        [10, 'a.test'],
      ],
    },
  };
  const turned: ZoneData = {
    'example.test': {
      MX: [
        [10, 'a.test'],
        [20, 'b.test'],
      ],
    },
  };
  const { reports, served } = await play(t, { servers: { '192.0.2.1': two, '192.0.2.2': turned } });
  const [report] = reports;
  assert.ok(report !== undefined);
  assert.equal(report.zone, 'example.test');
  assert.deepEqual([...groupsOf(report).keys()], ['10 a.test | 20 b.test']);
  assert.equal(served.get('192.0.2.1')?.queries(), 1);
});

test('a stale server is named with what it says', async (t) => {
  const { reports } = await play(t, { servers: { '192.0.2.1': same, '192.0.2.2': stale } });
  const groups = reports[0] === undefined ? new Map() : groupsOf(reports[0]);
  assert.deepEqual(
    [...groups].map(([word, answers]) => [word, answers[0].server]),
    [
      ['10 mx.example.test', 'ns1.example.test'],
      ['10 old.example.test', 'ns2.example.test'],
    ],
  );
});

test('TLSA records, policy records, absence, and a name that is gone, all count', async (t) => {
  const tlsa = (byte: number) => ({ usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, byte) });
  const tlsaName = '_25._tcp.mx.example.test';
  const one: ZoneData = { [tlsaName]: { TLSA: [tlsa(1)] }, '_mta-sts.example.test': { TXT: [['v=STSv1; ', 'id=1;']] } };
  const other: ZoneData = { [tlsaName]: { TLSA: [tlsa(2)] }, 'x.test': {} };
  const { reports } = await play(t, {
    servers: { '192.0.2.1': one, '192.0.2.2': other },
    questions: [{ name: tlsaName, type: 'TLSA' }, { name: '_mta-sts.example.test', type: 'TXT' }, MX],
  });
  assert.deepEqual(
    reports.map((report) => [...groupsOf(report).keys()]),
    [
      [`3 1 1 ${'01'.repeat(32)}`, `3 1 1 ${'02'.repeat(32)}`],
      ['"v=STSv1; id=1;"', 'no such name'],
      ['no such record'],
    ],
  );
});

test('a server that is silent or does not hold the zone says nothing, and disagrees with nobody', async (t) => {
  const { reports } = await play(t, { servers: { '192.0.2.1': same, '192.0.2.2': null } });
  const [report] = reports;
  assert.ok(report !== undefined);
  assert.equal(groupsOf(report).size, 1);
  assert.equal(report.answers[1]?.word.kind, 'failed');
  const lame = await play(t, {
    servers: { '192.0.2.1': { 'other.test': {} }, '192.0.2.2': { 'other.test': {} } },
    apexes: ['other.test'],
  });
  assert.deepEqual(
    lame.reports[0]?.answers.map(({ word }) => describeWord(word)),
    ['it does not hold the zone', 'it does not hold the zone'],
  );
});

test('a server without EDNS, and one that answers with an alias, are understood', async (t) => {
  const old: ZoneData = { 'example.test': { ...same['example.test'], fault: 'no-edns' } };
  const alias: ZoneData = { 'example.test': { CNAME: 'else.test' } };
  const { reports } = await play(t, { servers: { '192.0.2.1': old, '192.0.2.2': alias } });
  assert.deepEqual(
    reports[0]?.answers.map(({ word }) => describeWord(word)),
    ['10 mx.example.test', 'a CNAME for else.test'],
  );
});

test('an address that is not permitted is not asked, and not one packet goes there (R6)', async (t) => {
  const zones: ZoneData = {
    ...DELEGATION,
    'ns2.example.test': { A: ['10.0.0.1'] },
    'ns1.example.test': { AAAA: ['::1'] },
  };
  const servers = { '10.0.0.1': same, '::1': same };
  const { reports, served } = await play(t, { servers, privateAddresses: 'denied' }, zones);
  assert.deepEqual(
    reports[0]?.answers.map(({ word }) => word.kind),
    ['not-asked', 'not-asked'],
  );
  assert.deepEqual(
    [...served.values()].map((server) => server.queries()),
    [0, 0],
  );
});

test('servers and questions are bounded', async (t) => {
  const names = Array.from({ length: MAX_NAME_SERVERS + 5 }, (_, index) => `ns${index}.example.test`);
  const zones: ZoneData = {
    'example.test': { NS: names },
    ...Object.fromEntries(names.map((name) => [name, { A: ['192.0.2.1'] }])),
  };
  const questions = Array.from({ length: MAX_AUTHORITY_QUESTIONS + 5 }, () => MX);
  const { reports } = await play(t, { servers: { '192.0.2.1': same }, questions }, zones);
  assert.equal(reports.length, MAX_AUTHORITY_QUESTIONS);
  assert.equal(reports[0]?.answers.length, MAX_NAME_SERVERS);
});

test('no zone, and a server without an address, are said as such', async (t) => {
  const { reports } = await play(t, { servers: {} }, { 'example.test': { A: ['192.0.2.9'] } });
  assert.deepEqual(
    reports.map(({ zone, answers }) => [zone, answers]),
    [[null, []]],
  );
  const gone = await play(t, { servers: {} }, { 'example.test': { NS: ['gone.test'] } });
  assert.deepEqual(
    gone.reports[0]?.answers.map(({ address, word }) => [address, describeWord(word)]),
    [[null, 'it has no address']],
  );
});
