import assert from 'node:assert/strict';
import test from 'node:test';
import {
  hostStatusJson,
  hostStatusText,
  orderedHosts,
  type TopHostRow,
  topHostsJson,
  topHostsText,
} from '../../src/report/host-status.ts';

const AT = Date.UTC(2026, 10, 23, 10, 0, 0);

function host(destination: string, told: Partial<TopHostRow> = {}): TopHostRow {
  return {
    destination,
    downUntil: null,
    lastFailure: null,
    last5xx: null,
    lastActivity: AT - 1_000,
    softBounced: 0,
    hardBounced: { dns: 0, fivexx: 0, expired: 0, other: 0 },
    delivered: 0,
    active: 0,
    attempted: 0,
    oldestAt: AT - 60_000,
    connections: 0,
    ...told,
  };
}

const AOL = host('aol.example', {
  active: 365,
  connections: 10,
  delivered: 255,
  softBounced: 21,
  hardBounced: { dns: 1, fivexx: 4, expired: 2, other: 1 },
});
const DOWN = host('down.example', { active: 290, attempted: 7, downUntil: AT - 5, lastFailure: 'nobody answers' });

test('tophosts: columns in the order of the appliance, a star where the host was down (R125)', () => {
  assert.equal(
    topHostsText([AOL, DOWN], AT),
    [
      'Status as of:                 Mon Nov 23 10:00:00 2026',
      "Hosts marked with '*' were down as of the last delivery attempt.",
      '',
      '                              Active    Conn.   Deliv.     Soft     Hard',
      '   #  Recipient Host          Recip.      Out   Recip.  Bounced  Bounced',
      '',
      '   1  aol.example                365       10      255       21        8',
      '   2* down.example               290        0        0        0        0',
      '',
    ].join('\n'),
  );
  assert.match(topHostsText([], AT), /no recipients are waiting/);
});

test('tophosts: ordered by any of its columns, by name among equals (R125)', () => {
  const hosts = [DOWN, host('b.example'), AOL, host('a.example')];
  const names = (order: Parameters<typeof orderedHosts>[1]) =>
    orderedHosts(hosts, order).map(({ destination }) => destination);
  assert.deepEqual(names('active_rcpts'), ['aol.example', 'down.example', 'a.example', 'b.example']);
  assert.deepEqual(names('hard_bounced'), ['aol.example', 'a.example', 'b.example', 'down.example']);
});

test('hoststatus: state, counters with their breakdown, gauges, addresses and the last refusal (R125)', () => {
  const state = { ...AOL, last5xx: '550 5.1.1 no\u001b[2Jsuch user' };
  const hosts = [{ exchange: 'mx.aol.example', preference: 15, addresses: ['192.0.2.1', '192.0.2.2'] }];
  const text = hostStatusText({
    destination: 'aol.example',
    at: AT,
    state,
    active: AOL,
    connections: 10,
    route: { kind: 'hosts', hosts },
  });
  for (const line of [
    "Host mail status for: 'aol.example'",
    'Host up/down:         up',
    '    Soft Bounced Events                           21',
    '    Completed Recipients                         263',
    '      Hard Bounced Recipients                      8',
    '        DNS Hard Bounces                           1',
    '        5XX Hard Bounces                           4',
    '        Expired Hard Bounces                       2',
    '      Delivered Recipients                       255',
    '    Active Recipients                            365',
    '      Unattempted Recipients                     365',
    '    Current Outbound Connections                  10',
    'Oldest Message        Mon Nov 23 09:59:00 2026',
    '    15           192.0.2.1 192.0.2.2  (mx.aol.example)',
    'Last 5XX Error:',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\nis missing in\n${text}`);
  assert.doesNotMatch(text, /\u001b/);
});

test('hoststatus: a host that is down says until when and why; one that nobody knows is unknown (R125)', () => {
  const rest = { destination: 'down.example', at: AT, active: null, connections: 0, route: null };
  const down = hostStatusText({ ...rest, state: { ...DOWN, downUntil: AT + 60_000 } });
  assert.match(down, /Host up\/down: +down\nTried again: +Mon Nov 23 10:01:00 2026\nLast failure: +nobody answers\n/);
  const unknown = hostStatusText({ ...rest, state: null });
  assert.match(unknown, /Host up\/down: +unknown\n/);
  assert.match(unknown, /Oldest Message +No Messages\n/);
});

test('hoststatus: the gateway that mail leaves by, where somebody asked (R125)', () => {
  const rest = { destination: 'a.example', at: AT, state: null, active: null, connections: 0, route: null };
  const gateway = { name: 'Second', sourceAddress: '192.0.2.9' };
  assert.match(hostStatusText({ ...rest, gateway }), /\nVirtual gateway: +Second \(192\.0\.2\.9\)\n$/);
  assert.match(hostStatusText({ ...rest, gateway: null }), /\nVirtual gateway: +none \(by routing\)\n$/);
  assert.doesNotMatch(hostStatusText(rest), /Virtual gateway/);
  assert.deepEqual((hostStatusJson({ ...rest, gateway }) as { gateway?: unknown }).gateway, gateway);
});

test('both as JSON, for programs', () => {
  assert.deepEqual(topHostsJson([DOWN], AT), {
    format: 'tlsreach.tophosts/1',
    at: '2026-11-23T10:00:00.000Z',
    hosts: [
      {
        host: 'down.example',
        down: true,
        active: 290,
        connections: 0,
        delivered: 0,
        softBounced: 0,
        hardBounced: { dns: 0, fivexx: 0, expired: 0, other: 0 },
      },
    ],
  });
  const status = hostStatusJson({ destination: 'x', at: AT, state: AOL, active: AOL, connections: 3, route: null });
  assert.deepEqual((status as { gauges: unknown }).gauges, {
    active: 365,
    attempted: 0,
    unattempted: 365,
    connections: 3,
  });
});
