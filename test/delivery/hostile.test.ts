/** Whatever a server does, at whatever byte: no mail in clear that must not be, an end in time, one outcome for each. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import { requirementOf } from '../../src/policy/requirement.ts';
import { recipients, type Sender, senderIn } from '../support/delivery.ts';
import type { Ending } from '../support/dns.ts';
import { orderFaults } from '../support/event-order.ts';
import { MISBEHAVIOURS, startManglingWire } from '../support/misbehaviour.ts';
import { goodTls, startSmtpPeer } from '../support/smtp-peer.ts';

const HOST = '192.0.2.1';
const STAGE_S = 0.15;
const TIMEOUTS = {
  connect: STAGE_S,
  greeting: STAGE_S,
  command: STAGE_S,
  data: STAGE_S,
  dataBlock: STAGE_S,
  finalDot: STAGE_S,
  handOver: 3_600,
};
/** Stages of a session and of a transaction for three, and what a busy machine adds. */
const MOST_MS = 25 * STAGE_S * 1000 + 2000;
const CASES = 400;
/** Where the dialogue with the text is over. */
const LAST_BYTE = 2600;
const OFFERS = [
  ['PIPELINING', '8BITMIME', 'STARTTLS'],
  ['8BITMIME', 'STARTTLS'],
  ['PIPELINING', 'CHUNKING', 'STARTTLS'],
];

describe('delivery to a server that misbehaves', () => {
  it('keeps its promises at every byte, in every way, in every mode (R77, R78, S-TLS-3)', {
    timeout: 60_000,
  }, async (test) => {
    let next = 0;
    const faults: string[] = [];
    const results: Record<string, number> = {};
    const work = async (): Promise<void> => {
      const peer = await startSmtpPeer({}, { remember: 4 });
      const wire = await startManglingWire(peer.port);
      const sender = await senderIn(test, {
        hosts: { [HOST]: null },
        settings: { redirect: () => ({ address: { family: 4, text: '127.0.0.1' }, port: wire.port }) },
        delivery: { timeouts: TIMEOUTS },
        resumeTls: false,
      });
      test.after(async () => {
        await wire.stop();
        await peer.stop();
      });
      while (next < CASES) {
        const index = next++;
        const random = seededRandom(index);
        const kind = MISBEHAVIOURS[index % MISBEHAVIOURS.length] ?? 'reset';
        const mode = TLS_MODES[Math.floor(random() * TLS_MODES.length)] ?? 'no';
        const keywords = OFFERS[Math.floor(random() * OFFERS.length)] ?? [];
        const at = Math.floor(random() * (mode === 'no' ? 500 : LAST_BYTE));
        peer.play({ tls: goodTls(), keywords, keywordsUnderTls: keywords });
        wire.mangle({ kind, at, random });
        const name = `${kind} at ${at}, ${mode}, ${keywords.join()} (case ${index})`;
        const told = sender.events.length;
        const since = performance.now();
        const { report } = await sender.deliver({
          controls: { tls: mode, dane: 'off', mtaSts: 'off' },
          message: { recipients: recipients('a@example.com', 'b@example.com', 'c@example.com') },
        });
        const took = performance.now() - since;
        const rids = report.recipients.map(({ rid }) => rid);
        if (rids.join() !== '0,1,2') faults.push(`${name}: outcomes for ${rids.join()}`);
        for (const { result } of report.recipients) results[result] = (results[result] ?? 0) + 1;
        if (took > MOST_MS) faults.push(`${name}: took ${took} ms`);
        const clear = peer.sessions.at(-1)?.clearText ?? '';
        const mayGoInClear = requirementOf(mode).clear !== 'never';
        if (!mayGoInClear && /MAIL|RCPT|Subject/.test(clear)) faults.push(`${name}: in clear`);
        if (
          /STARTTLS\r\n/.test(clear) &&
          report.recipients.some(({ channel }) => channel === 'encrypted') &&
          /MAIL/.test(clear)
        )
          faults.push(`${name}: both in clear and encrypted`);
        faults.push(...orderFaults(sender.events.slice(told)).map((fault) => `${name}: ${fault}`));
      }
    };
    await Promise.all(Array.from({ length: 12 }, work));
    assert.deepEqual(faults, []);
    assert.ok((results['delivered'] ?? 0) > 50 && (results['deferred'] ?? 0) > 200, JSON.stringify(results));
  });

  it('goes on only as fast as the server reads, and gives up on one that does not (S-MX-13)', async (test) => {
    const { sender } = await rawServer(test, (socket, line) => {
      if (line === 'DATA') {
        socket.write('354 go\r\n');
        socket.pause();
      } else socket.write(line.startsWith('EHLO') ? '250 mx\r\n' : '250 ok\r\n');
    });
    const bytes = Buffer.from(`A: b\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(400_000));
    const since = performance.now();
    const { report } = await sender.deliver({ controls: { tls: 'no' }, message: { bytes } });
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.possible], ['deferred', false]);
    assert.ok(performance.now() - since < 30_000);
  });

  it('really waits for no reply where PIPELINING is offered (S-EXT-1)', async (test) => {
    // This server says nothing before it has seen the last command of the group.
    let held = 0;
    const { sender, said } = await rawServer(test, (socket, line) => {
      if (line.startsWith('EHLO')) socket.write('250-mx\r\n250 PIPELINING\r\n');
      else if (line === 'DATA') socket.write(`${'250 ok\r\n'.repeat(held)}354 go\r\n`);
      else if (line === '.') socket.write('250 2.0.0 taken\r\n');
      else if (line === 'QUIT') socket.end('221 bye\r\n');
      else if (/^(MAIL|RCPT)/.test(line)) held += 1;
    });
    const { report } = await sender.deliver({
      controls: { tls: 'no' },
      message: { recipients: recipients('a@example.com', 'b@example.com') },
    });
    assert.deepEqual(
      report.recipients.map(({ result }) => result),
      ['delivered', 'delivered'],
    );
    assert.equal(said.filter((line) => line.startsWith('RCPT')).length, 2);
  });

  it('is known to have been willing where it breaks at the text, and not where it breaks before', async (test) => {
    for (const at of ['MAIL', '.']) {
      const { sender } = await rawServer(test, (socket, line) => {
        if (line.startsWith(at)) socket.destroy();
        else if (line.startsWith('EHLO')) socket.write('250 mx\r\n');
        else if (line === 'DATA') socket.write('354 go\r\n', () => at === '.' && socket.resetAndDestroy());
        else if (/^(MAIL|RCPT)/.test(line)) socket.write('250 ok\r\n');
      });
      const bytes = Buffer.from(`A: b\r\n\r\n${'x\r\n'.repeat(2_000_000)}`);
      const { report } = await sender.deliver({ controls: { tls: 'no' }, message: { bytes } });
      assert.deepEqual(
        report.recipients.map(({ result, category, possible, begun }) => [result, category, possible, begun === true]),
        [['deferred', 'connection', false, at === '.']],
      );
    }
  });

  it('tells a broken dialogue from a refusal: replies that do not come defer (S-MX-11)', async (test) => {
    const { sender } = await rawServer(test, (socket, line) => {
      if (line.startsWith('EHLO')) socket.write('250-mx\r\n250 PIPELINING\r\n');
      else if (line.startsWith('MAIL')) socket.write('250 ok\r\n550 5.1.1 not the first one\r\n421 bye\r\n');
    });
    const { report } = await sender.deliver({
      controls: { tls: 'no' },
      message: { recipients: recipients('a@example.com', 'b@example.com', 'c@example.com') },
    });
    assert.deepEqual(
      report.recipients.map(({ result, status }) => [result, status]),
      [
        ['failed', '5.1.1'],
        ['deferred', '4.4.2'],
        ['deferred', '4.4.2'],
      ],
    );
  });
});

/** A server that answers line by line as the test says, in clear. */
async function rawServer(
  test: Ending,
  answer: (socket: Socket, line: string) => void,
): Promise<{ readonly sender: Sender; readonly said: readonly string[] }> {
  const said: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('220 mx ESMTP\r\n');
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk.toString('latin1')}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        answer(socket, line);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const sender = await senderIn(test, {
    hosts: { [HOST]: null },
    settings: { redirect: () => ({ address: { family: 4, text: '127.0.0.1' }, port }) },
    delivery: { timeouts: { ...TIMEOUTS, command: 1, dataBlock: 1 } },
  });
  return { sender, said };
}
