/** The scripted mail server does what its script says, seen by a plain socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { MAX_PEER_LINE_BYTES } from '../../src/lab/peer-dialogue.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { runSession } from '../support/session.ts';
import { type PeerScript, type SmtpPeer, startSmtpPeer } from '../support/smtp-peer.ts';

interface Client {
  readonly socket: Socket;
  /** Everything received so far. */
  received(): string;
  /** Waits until what was received matches. */
  until(pattern: RegExp): Promise<string>;
  say(line: string): void;
}

async function client(peer: SmtpPeer): Promise<Client> {
  const socket = connect(peer.port, peer.host);
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    socket.emit('more');
  });
  await once(socket, 'connect');
  const until = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(received)) await once(socket, 'more');
    return received;
  };
  return { socket, received: () => received, until, say: (line) => void socket.write(`${line}\r\n`) };
}

async function withPeer(script: Partial<PeerScript>, test: (peer: SmtpPeer) => Promise<void>): Promise<void> {
  const peer = await startSmtpPeer(script);
  try {
    await test(peer);
  } finally {
    await peer.stop();
  }
}

describe('the scripted mail server', () => {
  it('takes mail on the happy path, and remembers commands and message as they were', () =>
    withPeer({}, async (peer) => {
      const { say, until, socket } = await client(peer);
      await until(/^220 mx\.example\.com ESMTP\r\n$/);
      for (const line of ['EHLO me', 'MAIL FROM:<a@example.net>', 'RCPT TO:<b@example.com>', 'DATA']) say(line);
      await until(/354 [^\r]*\r\n$/);
      socket.write('Subject: x\r\n\r\n..dots\r\n');
      socket.write('.\r\nQUIT\r\n');
      const all = await until(/221 [^\r]*\r\n$/);
      assert.match(
        all,
        /250-mx\.example\.com\r\n250-PIPELINING\r\n[\s\S]*250 STARTTLS\r\n250 2\.1\.0[\s\S]*250 2\.0\.0 queued/,
      );
      await once(socket, 'close');
      const [session] = peer.sessions;
      assert.deepEqual(
        session?.commands.map(({ text }) => text.split(' ')[0]),
        ['EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'],
      );
      assert.equal(session?.messages[0]?.toString(), 'Subject: x\r\n\r\n.dots\r\n');
      assert.match(session?.clearText ?? '', /^EHLO me\r\nMAIL/);
    }));

  it('answers with delay, byte by byte, in pieces, and with what is no reply, as it is told', () =>
    withPeer(
      {
        greeting: { reply: '220-slow\n220 server', delayMs: 40, dribbleMs: 1 },
        ehlo: { bytes: Buffer.from([0, 255, 10]), after: 'close' },
        drip: { bytes: 3, everyMs: 0 },
      },
      async (peer) => {
        const started = performance.now();
        const { say, until, socket, received } = await client(peer);
        await until(/^220-slow\r\n220 server\r\n$/);
        assert.ok(performance.now() - started >= 40 + 20);
        say('NOOP');
        await until(/250 2\.0\.0 ok\r\n$/);
        say('EHLO me');
        await once(socket, 'close');
        assert.ok(received().endsWith('ok\r\n\0\xff\n'));
      },
    ));

  it('resets when so many bytes have been sent', async () => {
    for (const bytes of [1, 5, 24, 30]) {
      await withPeer({ resetAfterBytes: bytes }, async (peer) => {
        const { evidence } = await runSession({ port: peer.port });
        // So early a reset may be seen before the connection itself is.
        const broken = [evidence.connect, evidence.greeting, evidence.ehlo].find(({ kind }) => kind === 'failed');
        assert.ok(broken?.kind === 'failed' && /^(closed|reset)$/.test(broken.failure.kind), `${bytes} bytes`);
      });
    }
  });

  it('puts the first recipients off and takes the later ones', () =>
    withPeer({ greylist: { attempts: 2, answer: '451 4.7.1 greylisted' } }, async (peer) => {
      const codes: number[] = [];
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { evidence } = await runSession({ port: peer.port });
        const { rcpt } = evidence;
        if (rcpt.kind === 'seen') codes.push(rcpt.value.code);
        else if (rcpt.kind === 'failed' && rcpt.failure.kind === 'refused') codes.push(rcpt.failure.reply.code);
      }
      assert.deepEqual(codes, [451, 451, 250]);
    }));

  it('throttles whoever comes too often within a minute', async () => {
    const clock = handWoundClock();
    const perMinute = { connections: 2, answer: { reply: '421 4.7.0 slow down', after: 'close' } } as const;
    const peer = await startSmtpPeer({ perMinute }, { clock });
    const greetings: string[] = [];
    const greet = async (): Promise<void> => {
      const { until, socket } = await client(peer);
      greetings.push((await until(/\n/)).slice(0, 3));
      socket.destroy();
    };
    for (let count = 0; count < 3; count += 1) await greet();
    clock.wind(60_000);
    await greet();
    await peer.stop();
    assert.deepEqual(greetings, ['220', '220', '421', '220']);
    assert.equal(peer.accepted(), 4);
  });

  it('has injected bytes in the segment of its 220', () =>
    withPeer({ afterStarttls: { inject: '250 evil\r\n' } }, async (peer) => {
      const { say, until, socket } = await client(peer);
      await until(/\n/);
      say('STARTTLS');
      const all = await until(/250 evil\r\n$/);
      assert.match(all, /220 2\.0\.0 Ready to start TLS\r\n250 evil\r\n$/);
      socket.destroy();
    }));

  it('speaks TLS behind its 220, and tells of the handshake', () =>
    withPeer({ keywordsUnderTls: ['SIZE 1'] }, async (peer) => {
      const { say, until, socket } = await client(peer);
      await until(/\n/);
      say('STARTTLS');
      await until(/Ready to start TLS\r\n$/);
      socket.removeAllListeners('data');
      const tls = connectTls({ socket, servername: 'mx.example.com', rejectUnauthorized: false });
      await once(tls, 'secureConnect');
      tls.write('EHLO me\r\n');
      const [answer] = await once(tls, 'data');
      assert.equal(String(answer), '250-mx.example.com\r\n250 SIZE 1\r\n');
      tls.destroy();
      const [session] = peer.sessions;
      assert.equal(session?.serverName, 'mx.example.com');
      assert.equal(session?.protocol, 'TLSv1.3');
      assert.deepEqual(session?.commands, [
        { text: 'STARTTLS', tls: false },
        { text: 'EHLO me', tls: true },
      ]);
    }));

  it('plays another script from the next connection on, and remembers as many sessions as it is told', async () => {
    const peer = await startSmtpPeer({}, { remember: 2 });
    for (const greeting of ['220 one', '220 two', '220 three']) {
      peer.play({ greeting });
      const { until, socket } = await client(peer);
      assert.equal(await until(/\n/), `${greeting}\r\n`);
      socket.destroy();
    }
    await peer.stop();
    assert.equal(peer.accepted(), 3);
    assert.equal(peer.sessions.length, 2);
  });

  it('leaves a client whose line has no end', () =>
    withPeer({}, async (peer) => {
      const { socket } = await client(peer);
      socket.write(Buffer.alloc(2 * MAX_PEER_LINE_BYTES, 'x'));
      await once(socket, 'close');
    }));

  it('closes its port and every connection when it is stopped', async () => {
    const peer = await startSmtpPeer({ greeting: { after: 'silence' } });
    const { socket } = await client(peer);
    const closed = once(socket, 'close');
    await peer.stop();
    await closed;
    const { evidence } = await runSession({ port: peer.port });
    assert.ok(evidence.connect.kind === 'failed');
  });
});
