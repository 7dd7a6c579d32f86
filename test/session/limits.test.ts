/** Every bound of a session, at a server that tries to pass it. */

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { DANE_NOT_TESTED } from '../../src/policy/evidence.ts';
import { QUIT_WAIT_MS } from '../../src/session/dialogue.ts';
import { MAX_HANDSHAKE_BYTES } from '../../src/session/handshake.ts';
import { MAX_CERTIFICATE_MESSAGE_BYTES } from '../../src/session/handshake-failure.ts';
import { DEFAULT_SESSION_TIMEOUT_MS, type OpenedSession } from '../../src/session/open.ts';
import { MAX_SESSION_BYTES } from '../../src/session/reply-channel.ts';
import { MAX_REPLY_BYTES, MAX_REPLY_LINE_BYTES, MAX_REPLY_LINES } from '../../src/smtp/reply.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { net, runSession, type SessionChanges, testJudge } from '../support/session.ts';
import { mint, type PeerScript, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

async function observe(script: Partial<PeerScript>, changes: Partial<SessionChanges> = {}): Promise<OpenedSession> {
  const peer = await startSmtpPeer(script);
  try {
    return await runSession({ port: peer.port, ...changes });
  } finally {
    await peer.stop();
  }
}

/** A server of raw bytes: what `speak` does with each connection. */
async function rawPeer(speak: (socket: Socket) => void): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

describe('a server that never stops', () => {
  for (const [what, bytes, fault] of [
    ['one line', 'x'.repeat(1000), { kind: 'line-too-long', limit: MAX_REPLY_LINE_BYTES }],
    ['lines', '220-x\r\n', { kind: 'too-many-lines', limit: MAX_REPLY_LINES }],
    ['long lines', `220-${'x'.repeat(1000)}\r\n`, { kind: 'reply-too-large', limit: MAX_REPLY_BYTES }],
  ] as const) {
    it(`talking in ${what} is left when it has said too much (R7, S-MX-12)`, async () => {
      const { evidence } = await observe({ greeting: { bytes, endless: true } });
      assert.ok(evidence.greeting.kind === 'failed');
      assert.deepEqual(evidence.greeting.failure, { kind: 'malformed', fault });
    });
  }

  for (const phase of ['ehlo', 'starttls', 'ehloUnderTls', 'mail', 'rcpt'] as const) {
    it(`talking at ${phase} is left there, in clear and inside TLS alike (R7)`, async () => {
      for (const bytes of ['x'.repeat(1000), '250-x\r\n', `250-${'x'.repeat(1000)}\r\n`]) {
        const { evidence } = await observe({ [phase]: { bytes, endless: true } });
        const seen = evidence[phase];
        assert.ok(seen.kind === 'failed' && seen.failure.kind === 'malformed', JSON.stringify(seen));
      }
    });
  }

  it('answering what nobody asked is left at the bound of the session, and keeps no memory (R7)', async () => {
    const peer = await startSmtpPeer({ ehloUnderTls: { bytes: '250 ok\r\n', endless: true } });
    const { connection } = await runSession({ port: peer.port, mailFrom: null, rcptTo: null, keepOpen: true });
    assert.ok(connection !== null);
    let last = await connection.reply(1_000);
    for (let count = 0; last.ok && count < MAX_SESSION_BYTES; count += 1) last = await connection.reply(1_000);
    assert.ok(!last.ok);
    assert.deepEqual(last.failure, { kind: 'too-much', limit: MAX_SESSION_BYTES });
    connection.close();
    await peer.stop();
  });

  it('its handshake is left when it has sent too much (R7)', async () => {
    // RFC 5246 7.4.1.1: a client ignores HelloRequest while it negotiates, so a server may send it for ever.
    const helloRequest = Buffer.from('160303000400000000', 'hex');
    const flood = Buffer.concat(new Array(1000).fill(helloRequest));
    const peer = await rawPeer((socket) => {
      socket.write('220 mx\r\n');
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        if (text.startsWith('EHLO')) socket.write('250-mx\r\n250 STARTTLS\r\n');
        else if (text.startsWith('STARTTLS')) socket.write('220 go\r\n');
        else {
          const more = (): void => {
            while (socket.writable && socket.write(flood)) {
              // Until the kernel has had enough.
            }
          };
          socket.on('drain', more);
          more();
        }
      });
    });
    const started = performance.now();
    const { evidence } = await runSession({ port: peer.port, stageTimeoutMs: 60_000 });
    await peer.stop();
    assert.ok(evidence.handshake.kind === 'failed');
    assert.deepEqual(evidence.handshake.failure, { kind: 'too-much', limit: MAX_HANDSHAKE_BYTES });
    assert.ok(performance.now() - started < 30_000);
  });

  it('its certificates is left when OpenSSL has had enough of them (R7)', async () => {
    const key = mint().privateKey;
    const dnsNames = Array.from({ length: 400 }, (_, index) => `a-rather-long-name-${index}.example.com`);
    const many = Array.from({ length: 10 }, (_, index) => mint({ key, dnsNames, subject: { CN: `n${index}` } }));
    const { evidence } = await observe({ tls: tlsOf(mint({ key }), many) });
    assert.ok(evidence.handshake.kind === 'failed');
    assert.deepEqual(evidence.handshake.failure, { kind: 'too-much', limit: MAX_CERTIFICATE_MESSAGE_BYTES });
  });
});

describe('a stage', () => {
  for (const [what, script, phase] of [
    ['the greeting', { greeting: { reply: '220 patience', dribbleMs: 150 } }, 'greeting'],
    ['EHLO', { ehlo: { reply: '250-mx\n250 STARTTLS', dribbleMs: 150 } }, 'ehlo'],
    ['EHLO inside TLS', { ehloUnderTls: { reply: '250 mx.example.com', dribbleMs: 150 } }, 'ehloUnderTls'],
    ['MAIL', { keywords: [], mail: { reply: '250 2.1.0 fine', dribbleMs: 150 } }, 'mail'],
  ] as const) {
    it(`ends on time although bytes keep dribbling in at ${what} (R7, S-MX-13)`, async () => {
      const { evidence } = await observe(script, { stageTimeoutMs: 1_000 });
      const seen = evidence[phase];
      assert.ok(seen.kind === 'failed');
      assert.deepEqual(seen.failure, { kind: 'timed-out', afterMs: 1_000, begun: true });
    });
  }

  it('has all of its time, and not a moment more, on a clock wound by hand (S-MX-13)', async () => {
    const clock = handWoundClock();
    const peer = await startSmtpPeer({ greeting: { after: 'silence' } });
    // The connection itself is made in real time.
    const connect: typeof net.connect = (request) => net.connect({ ...request, timeoutMs: 2_000 });
    let over = false;
    const running = runSession({
      port: peer.port,
      stageTimeoutMs: 30_000,
      sessionTimeoutMs: DEFAULT_SESSION_TIMEOUT_MS,
      dependencies: { clock, net: { ...net, connect } },
    }).finally(() => {
      over = true;
    });
    while (peer.sessions.length === 0) await turn();
    await settle();
    clock.wind(29_999);
    await settle();
    assert.equal(over, false);
    clock.wind(1);
    const { evidence, transcript } = await running;
    await peer.stop();
    assert.ok(evidence.greeting.kind === 'failed');
    assert.deepEqual(evidence.greeting.failure, { kind: 'timed-out', afterMs: 30_000, begun: false });
    assert.equal(evidence.greeting.ms, 30_000);
    assert.equal(transcript.at(-1)?.text, 'Connected to server');
  });

  it('cannot outlive the session: what is left of that is all it gets (R7)', async () => {
    const started = performance.now();
    const { evidence } = await observe(
      { rcpt: { after: 'silence' } },
      { stageTimeoutMs: 60_000, sessionTimeoutMs: 2_000 },
    );
    assert.ok(evidence.rcpt.kind === 'failed' && evidence.rcpt.failure.kind === 'timed-out');
    assert.ok(evidence.rcpt.failure.afterMs < 2_000);
    assert.ok(performance.now() - started < 30_000);
  });

  it('of judging the identity ends with its time, too', async () => {
    const judge = {
      ...testJudge(),
      judgeDane: () => DANE_NOT_TESTED,
      judgeIdentity: async (chain: readonly Buffer[], signal: AbortSignal) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        return testJudge().judgeIdentity(chain, signal);
      },
    };
    const { evidence } = await observe({}, { dependencies: { judge }, stageTimeoutMs: 1_500 });
    assert.equal(evidence.identity.kind, 'seen');
    assert.equal(evidence.rcpt.kind, 'seen');
  });

  it('after QUIT is short, and its end changes nothing (S-TLS-10)', async () => {
    const started = performance.now();
    const { evidence } = await observe({ quit: { after: 'silence' } }, { stageTimeoutMs: 60_000 });
    assert.equal(evidence.rcpt.kind, 'seen');
    assert.ok(performance.now() - started >= QUIT_WAIT_MS - 10);
    assert.ok(performance.now() - started < 30_000, 'a stage would have had twice as long');
  });
});

describe('whatever the judge does', () => {
  it('the connection is closed: a bug of ours comes out as an error, and nothing stays open', async () => {
    const peer = await startSmtpPeer();
    const judge = {
      ...testJudge(),
      judgeChain: () => {
        throw new Error('a bug');
      },
    };
    await assert.rejects(runSession({ port: peer.port, dependencies: { judge } }), /a bug/);
    while (peer.sessions[0]?.closed !== true) await turn();
    await peer.stop();
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Long enough for what is on loopback to have arrived. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
