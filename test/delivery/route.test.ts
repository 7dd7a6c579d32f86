/** Where a message goes: the hosts of the DNS, or an operator's own route, and what happens when there is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SmtpRoute, SmtpRouteTarget } from '../../src/delivery/settings.ts';
import { recipients, senderIn } from '../support/delivery.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

function host(name: string, priority = 0, port: number | null = null): SmtpRouteTarget {
  return { kind: 'host', host: name, port, priority };
}

function route(...targets: readonly SmtpRouteTarget[]): { readonly route: SmtpRoute } {
  return { route: { domain: 'example.com', targets } };
}

const TWO = {
  hosts: { [A]: {}, [B]: {}, [C]: {} },
  zones: {
    'example.com': { MX: [[10, 'mx.example.com']] },
    'mx.example.com': { A: [A] },
    'relay.example.net': { MX: [[10, 'in.relay.example.net']], A: [C] },
    'in.relay.example.net': { A: [B] },
    'plain.example.net': { A: [C] },
  },
} as const;

describe('an SMTP route', { concurrency: 4 }, () => {
  it('leads to the mail hosts of a name, to the addresses of one without MX, and to an address (R113)', async (test) => {
    const sender = await senderIn(test, TWO);
    for (const [target, ip, name] of [
      ['relay.example.net', B, 'in.relay.example.net'],
      ['plain.example.net', C, 'plain.example.net'],
      ['[relay.example.net]', C, 'relay.example.net'],
      [B, B, B],
    ] as const) {
      const { report } = await sender.deliver({ order: route(host(target)) });
      const [outcome] = report.recipients;
      assert.deepEqual([outcome?.result, outcome?.ip, outcome?.host], ['delivered', ip, name], target);
    }
    assert.equal(sender.peer(A).accepted(), 0, 'the MX of the destination is not asked');
  });

  it('is tried by priority, and equals take turns connection by connection (R113)', async (test) => {
    const sender = await senderIn(test, TWO);
    const byPriority = route(host(C, 5), host(B, 1));
    const equals = route(host(B), host(C));
    const ips: (string | null | undefined)[] = [];
    for (const order of [byPriority, byPriority, equals, equals, equals]) {
      const { report } = await sender.deliver({ order: { ...order, seed: null } });
      ips.push(report.recipients[0]?.ip);
    }
    assert.deepEqual(ips, [B, B, B, C, B]);
  });

  it('goes on to the next target when one is down, and never to the MX when all are (R113)', async (test) => {
    const sender = await senderIn(test, { ...TWO, hosts: { [A]: {}, [B]: null, [C]: {} } });
    const backed = await sender.deliver({ order: route(host(B, 0), host(C, 1)) });
    assert.equal(backed.report.recipients[0]?.ip, C);
    const down = await sender.deliver({ order: route(host(B), host('no.such.example.net')) });
    const [outcome] = down.report.recipients;
    assert.deepEqual([outcome?.result, outcome?.status.charAt(0)], ['deferred', '4']);
    assert.equal(sender.peer(A).accepted(), 0);
  });

  it('USEDNS leads to the MX hosts of the destination, /dev/null to nobody (R113)', async (test) => {
    const sender = await senderIn(test, TWO);
    const dns = await sender.deliver({ order: route({ kind: 'use-dns', priority: 0 }) });
    assert.equal(dns.report.recipients[0]?.ip, A);
    const dropped = await sender.deliver({ order: route({ kind: 'discard', priority: 0 }) });
    const [outcome] = dropped.report.recipients;
    assert.deepEqual([outcome?.result, outcome?.channel, outcome?.dcid], ['delivered', 'none', 0]);
    assert.equal(dropped.report.contacted, false);
  });

  it("is an operator's word: its name may stand in the certificate, and it may be private (R93, R113)", async (test) => {
    const sender = await senderIn(test, { ...TWO, settings: { privateAddresses: 'denied' } });
    const { report } = await sender.deliver({ order: route(host(B)) });
    assert.equal(report.recipients[0]?.result, 'delivered');
    const byDns = await sender.deliver();
    assert.equal(byDns.report.recipients[0]?.result, 'deferred');
    assert.match(byDns.report.attempts[0]?.detail ?? '', /not allowed/);
  });

  it('has a port of its own', async (test) => {
    const ports: number[] = [];
    const sender = await senderIn(test, {
      ...TWO,
      settings: {
        redirect: ({ address, port }) => {
          ports.push(port);
          return { address, port: 1 };
        },
      },
    });
    await sender.deliver({ order: route(host(B, 0, 2525)) });
    assert.deepEqual(ports, [2525]);
  });
});

describe('the route of a domain', { concurrency: 4 }, () => {
  for (const [what, zone, result, status, code] of [
    ['a null MX', { MX: [[0, '']] }, 'failed', '5.1.10', '556'],
    ['no such domain', null, 'failed', '5.1.2', '000'],
    ['hosts without address', { MX: [[10, 'gone.example.com']] }, 'failed', '5.1.2', '000'],
    ['a name server that fails', { fault: 'servfail' }, 'deferred', '4.4.3', '000'],
  ] as const) {
    it(`${what}: ${result} with ${status}, and nobody is connected to (S-MX-3, S-MX-4, S-MX-5)`, async (test) => {
      const sender = await senderIn(test, { hosts: { [A]: {} }, zones: zone === null ? {} : { 'example.com': zone } });
      const { report } = await sender.deliver();
      const [outcome] = report.recipients;
      assert.deepEqual(
        [outcome?.result, outcome?.status, outcome?.reply.code, outcome?.category, outcome?.dcid, report.contacted],
        [result, status, code, 'dns', 0, false],
      );
      assert.equal(sender.peer(A).accepted(), 0);
    });
  }

  it('drops ourselves and whoever is not better; nobody left is a loop (S-MX-8)', async (test) => {
    const zones = {
      'example.com': {
        MX: [
          [10, 'mx.example.com'],
          [20, 'sender.example.net'],
          [30, 'late.example.com'],
        ],
      },
      'loop.example.com': {
        MX: [
          [10, 'sender.example.net'],
          [20, 'late.example.com'],
        ],
      },
      'mx.example.com': { A: [A] },
      'sender.example.net': { A: [B] },
      'late.example.com': { A: [C] },
    } as const;
    const own = { names: [], addresses: [] };
    const sender = await senderIn(test, { hosts: { [A]: { greeting: '554 no' }, [B]: {}, [C]: {} }, zones, own });
    const { report } = await sender.deliver();
    assert.deepEqual(
      report.attempts.map(({ host: name }) => name),
      ['mx.example.com'],
    );
    const loop = await sender.deliver({
      order: { destination: 'loop.example.com' },
      message: { recipients: recipients('a@loop.example.com') },
    });
    assert.deepEqual([loop.report.recipients[0]?.result, loop.report.recipients[0]?.status], ['failed', '5.4.6']);
    assert.equal(sender.peer(B).accepted() + sender.peer(C).accepted(), 0);
  });

  it('begins with the preferred family, and every other attempt with the other one (S-MX-9, S-MX-10)', async (test) => {
    const six = '2001:db8::1';
    const sender = await senderIn(test, {
      hosts: { [A]: { greeting: '554 no' }, [six]: { greeting: '554 no' } },
      zones: { 'example.com': { MX: [[10, 'mx.example.com']] }, 'mx.example.com': { A: [A], AAAA: [six] } },
    });
    const ipsOf = async (ipPreference: 'prefer-v6' | 'prefer-v4' | 'require-v4', attempt: number) => {
      const { report } = await sender.deliver({ controls: { ipPreference }, order: { attempt } });
      return report.attempts.map(({ ip }) => ip);
    };
    assert.deepEqual(await ipsOf('prefer-v6', 0), [six, A]);
    assert.deepEqual(await ipsOf('prefer-v6', 1), [A, six]);
    assert.deepEqual(await ipsOf('prefer-v4', 0), [A, six]);
    assert.deepEqual(await ipsOf('require-v4', 1), [A]);
  });

  it('an address literal is connected to, without a server name (R86)', async (test) => {
    const sender = await senderIn(test, { hosts: { [A]: {} }, zones: {} });
    const { report } = await sender.deliver({
      order: { destination: `[${A}]` },
      message: { recipients: recipients(`a@[${A}]`) },
    });
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.ip], ['delivered', A]);
    assert.equal(sender.peer(A).sessions[0]?.serverName, null);
  });

  it('an address that is busy is passed by; when all are, nothing counts', async (test) => {
    const sender = await senderIn(test, { hosts: { [A]: {}, [B]: {} } });
    const one = await sender.deliver({ order: { admit: async (ip) => (ip === A ? null : () => {}) } });
    assert.deepEqual([one.report.recipients[0]?.ip, one.report.busy], [B, false]);
    const none = await sender.deliver({ order: { admit: async () => null } });
    assert.deepEqual(
      [none.report.recipients[0]?.result, none.report.busy, none.report.contacted],
      ['deferred', true, false],
    );
  });

  it('what was admitted is given back, however it ends', async (test) => {
    const sender = await senderIn(test, { hosts: { [A]: { afterStarttls: 'close' }, [B]: null, [C]: {} } });
    let open = 0;
    const admit = async () => {
      open += 1;
      return () => {
        open -= 1;
      };
    };
    const kept = await sender.deliver({ order: { admit }, keep: true });
    assert.equal(open, 1);
    await kept.line?.close();
    await kept.line?.close();
    assert.equal(open, 0);
  });
});
