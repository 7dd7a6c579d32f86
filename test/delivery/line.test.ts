/** A connection that carries more than one message, and what it refuses to carry. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { issueCertificate } from '../../src/pki/issue.ts';
import { outgoing, recipients, senderIn } from '../support/delivery.ts';
import { NO_OPTIONS } from '../support/options.ts';
import { tlsOf, VALIDITY } from '../support/smtp-peer.ts';

const HOST = '192.0.2.1';

describe('a line', { concurrency: 4 }, () => {
  it('carries messages up to the limit of the destination, then no more', async (test) => {
    const sender = await senderIn(test);
    const { line } = await sender.deliver({ controls: { maxMessagesPerConnection: 3 }, keep: true });
    assert.ok(line !== null);
    for (const mid of [2, 3]) {
      assert.equal(line.takes(outgoing({ mid })), true);
      const report = await line.send(outgoing({ mid }));
      assert.deepEqual(
        [report.recipients[0]?.result, report.recipients[0]?.dcid, report.busy],
        ['delivered', 1, false],
      );
    }
    assert.equal(line.carried, 3);
    assert.equal(line.takes(outgoing({ mid: 4 })), false);
    const [session] = sender.peer(HOST).sessions;
    assert.equal(session?.messages.length, 3);
    assert.deepEqual(
      sender.events.filter(({ kind }) => kind === 'message-done').map((event) => 'mid' in event && event.mid),
      [1, 2, 3],
    );
    assert.equal(sender.events.at(-1)?.kind, 'connection-closed', 'the limit closes it');
  });

  it('begins anew with RSET where a message was refused before its text', async (test) => {
    const sender = await senderIn(test, {
      hosts: { [HOST]: { recipients: { 'no@example.com': '550 5.1.1 no' } } },
    });
    const { line } = await sender.deliver({ message: { recipients: recipients('no@example.com') }, keep: true });
    const report = await line?.send(outgoing({ mid: 2 }));
    assert.equal(report?.recipients[0]?.result, 'delivered');
    const said = sender.peer(HOST).sessions[0]?.commands.map(({ text }) => text.split(' ')[0]);
    assert.deepEqual(said?.slice(3), ['MAIL', 'RCPT', 'DATA', 'RSET', 'MAIL', 'RCPT', 'DATA']);
    await line?.close();
  });

  it('carries nothing that asks more of TLS than what it has (R78, S-RTLS-2)', async (test) => {
    const stranger = issueCertificate({ subject: { CN: 'x' }, dnsNames: ['mx.example.com'], ...VALIDITY });
    const sender = await senderIn(test, { hosts: { [HOST]: { tls: tlsOf(stranger) } } });
    const { line } = await sender.deliver({ keep: true });
    assert.equal(line?.takes(outgoing()), true);
    assert.equal(line?.takes(outgoing({ options: { ...NO_OPTIONS, requireTls: true } })), false);
    assert.equal(line?.takes(outgoing({ options: { ...NO_OPTIONS, international: true } })), false);
    await line?.close();
  });

  it('that went away meanwhile does not count against the message it was to carry', async (test) => {
    const sender = await senderIn(test);
    const { line } = await sender.deliver({ keep: true });
    await sender.peer(HOST).stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(line?.takes(outgoing()), false);
    const report = await line?.send(outgoing({ mid: 2 }));
    assert.deepEqual([report?.recipients[0]?.result, report?.busy], ['deferred', true]);
    await line?.close();
    const kinds = sender.events.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'connection-closed').length, 1);
  });

  it('is ended by the signal of its order', async (test) => {
    const sender = await senderIn(test);
    const stop = new AbortController();
    let released = 0;
    const admit = async () => () => {
      released += 1;
    };
    const { line } = await sender.deliver({ order: { signal: stop.signal, admit }, keep: true });
    stop.abort();
    assert.equal(line?.takes(outgoing()), false);
    await line?.close();
    assert.equal(released, 1);
  });
});

describe('a TLS session', { concurrency: 4 }, () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`is resumed, and the chain of the first handshake judged again (${maxVersion})`, async (test) => {
      const sender = await senderIn(test, { hosts: { [HOST]: { tls: { ...tlsOf(await good()), maxVersion } } } });
      const verified: (boolean | null | undefined)[] = [];
      for (let connection = 0; connection < 3; connection++) {
        const { report } = await sender.deliver({ controls: { tls: 'required-verify' } });
        verified.push(report.recipients[0]?.verified);
      }
      assert.deepEqual(verified, [true, true, true]);
      const judged = sender.events.flatMap((event) => (event.kind === 'session-judged' ? [event.evidence] : []));
      assert.deepEqual(
        judged.map(({ handshake }) => handshake.kind === 'seen' && handshake.value.resumed),
        [false, true, true],
      );
      const chains = judged.map(({ handshake }) => handshake.kind === 'seen' && handshake.value.chainAsSent.join());
      assert.equal(new Set(chains).size, 1);
    });
  }

  it('does not carry a certificate over to a demand it does not meet (R81)', async (test) => {
    const stranger = issueCertificate({ subject: { CN: 'x' }, dnsNames: ['mx.example.com'], ...VALIDITY });
    const sender = await senderIn(test, { hosts: { [HOST]: { tls: tlsOf(stranger) } } });
    const first = await sender.deliver({ controls: { tls: 'required' } });
    assert.equal(first.report.recipients[0]?.result, 'delivered');
    const second = await sender.deliver({ controls: { tls: 'required-verify' } });
    assert.deepEqual([second.report.recipients[0]?.result, second.report.attempts[0]?.event], ['deferred', 'E6']);
  });
});

async function good() {
  const { mint } = await import('../support/smtp-peer.ts');
  return mint();
}
