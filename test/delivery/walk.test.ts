/** A message walks the route until a host takes it, and every recipient comes out with one outcome. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { senderIn } from '../support/delivery.ts';
import { mint, tlsOf } from '../support/smtp-peer.ts';

describe('a message', { concurrency: 4 }, () => {
  it('goes over TLS to the host of its domain, and all of it is told in order (R76)', async (test) => {
    const sender = await senderIn(test);
    const { report, line } = await sender.deliver();
    const [outcome] = report.recipients;
    assert.deepEqual(
      [outcome?.result, outcome?.channel, outcome?.verified, outcome?.host, outcome?.ip, outcome?.status],
      ['delivered', 'encrypted', null, 'mx.example.com', '192.0.2.1', '2.0.0'],
    );
    assert.equal(report.contacted, true);
    assert.notEqual(line, null);
    const session = sender.peer('192.0.2.1').sessions[0];
    assert.equal(session?.messages[0]?.toString(), 'Subject: hello\r\n\r\nHello.\r\n');
    assert.equal(session?.serverName, 'mx.example.com');
    assert.deepEqual(
      sender.events.map(({ kind }) => kind),
      ['connection-opened', 'session-judged', 'delivery-started', 'message-done', 'connection-closed'],
    );
  });

  it('is not sent in clear to another address of a host where TLS broke behind the 220, but to another host (R77)', async (test) => {
    const sender = await senderIn(test, {
      hosts: {
        '192.0.2.1': { afterStarttls: 'close' },
        '192.0.2.2': { keywords: ['PIPELINING'] },
        '192.0.2.3': { keywords: ['PIPELINING'] },
      },
      zones: {
        'example.com': {
          MX: [
            [10, 'mx.example.com'],
            [20, 'mx2.example.com'],
          ],
        },
        'mx.example.com': { A: ['192.0.2.1', '192.0.2.2'] },
        'mx2.example.com': { A: ['192.0.2.3'] },
      },
    });
    // Of the two addresses of the first host the one that breaks has to come first.
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    let proven = 0;
    for (const seed of seeds) {
      const { report } = await sender.deliver({ controls: { tls: 'preferred' }, order: { seed } });
      const [outcome] = report.recipients;
      if (report.attempts[0]?.ip !== '192.0.2.1') continue;
      proven += 1;
      assert.deepEqual(
        report.attempts.map(({ ip, event, action }) => [ip, event, action]),
        [
          ['192.0.2.1', 'E5', 'next'],
          ['192.0.2.2', 'E2', 'next'],
          ['192.0.2.3', 'E2', 'clear'],
        ],
      );
      assert.deepEqual([outcome?.result, outcome?.channel, outcome?.host], ['delivered', 'clear', 'mx2.example.com']);
    }
    assert.ok(proven > 0 && proven < seeds.length);
  });

  it('shows the certificate of the operator, and comes from the address and by the name of its gateway', async (test) => {
    const client = mint({ subject: { CN: 'client.example.net' }, dnsNames: [], extendedKeyUsage: ['clientAuth'] });
    const sender = await senderIn(test, {
      hosts: { '192.0.2.1': { tls: { ...tlsOf(mint()), clientCertificate: 'require' } } },
      client: { certificate: client.certificate, key: client.keyPem },
    });
    const gateway = { name: 'second', sourceAddress: '127.0.0.2', heloName: 'second.example.net' };
    const { report } = await sender.deliver({ order: { gateway } });
    assert.equal(report.recipients[0]?.result, 'delivered');
    const [session] = sender.peer('192.0.2.1').sessions;
    assert.equal(session?.clientCertificate, true);
    assert.equal(session?.commands[0]?.text, 'EHLO second.example.net');
    const [opened] = sender.events;
    assert.ok(opened?.kind === 'connection-opened');
    assert.deepEqual([opened.localAddress, opened.gateway], ['127.0.0.2', 'second']);
  });

  it('is not begun by somebody who has been stopped, and every recipient waits', async (test) => {
    const sender = await senderIn(test);
    const { report } = await sender.deliver({ order: { signal: AbortSignal.abort() } });
    assert.deepEqual([report.recipients[0]?.result, report.contacted], ['deferred', false]);
    assert.equal(sender.peer('192.0.2.1').accepted(), 0);
  });
});
