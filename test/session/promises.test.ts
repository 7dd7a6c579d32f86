/** What holds whatever the caller steers and the peer does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/app/world.ts';
import { createNet } from '../../src/net/net.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { type Course, OBSERVE, STAY_IN_CLEAR } from '../../src/session/open.ts';
import { runSession, testJudge } from '../support/session.ts';
import { goodTls, mint, type PeerScript, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

const COURSES: readonly Course[] = ['start-tls', 'in-clear', 'go-on', 'stop'];

/** Every way of going wrong before, at and behind the 220. */
const SCRIPTS: readonly Partial<PeerScript>[] = [
  {},
  { ehlo: '500 what?' },
  { keywords: [] },
  { starttls: '454 4.7.0 not now' },
  { starttls: '502 5.5.1 never' },
  { starttls: '421 4.3.2 bye' },
  { starttls: { after: 'close' } },
  { afterStarttls: 'close' },
  { afterStarttls: 'garbage' },
  { afterStarttls: { inject: '250 ok\r\n250 ok\r\n250 ok\r\n' } },
  { afterStarttls: { instead: '250 ok\r\n250 ok\r\n' } },
  { ehloUnderTls: '550 no' },
  { ehloUnderTls: { after: 'close' } },
];

describe('a session', () => {
  it('sends no MAIL in clear unless it was told so before any 220, whatever it is told (R77, R78, S-TLS-7)', async () => {
    const peers = await Promise.all(SCRIPTS.map((script) => startSmtpPeer(script)));
    try {
      const course = fc.constantFrom(...COURSES);
      await fc.assert(
        fc.asyncProperty(fc.nat(SCRIPTS.length - 1), fc.array(course, { maxLength: 4 }), async (index, courses) => {
          const peer = peers[index];
          assert.ok(peer !== undefined);
          let asked = 0;
          let saidInClear = false;
          const steer = (evidence: Evidence): Course => {
            const answer = courses[asked] ?? 'stop';
            asked += 1;
            if (answer === 'in-clear' && evidence.handshake.kind !== 'seen') saidInClear = true;
            return answer;
          };
          const before = peer.sessions.length;
          const { evidence } = await runSession({ port: peer.port, steer, stageTimeoutMs: 500 });
          const session = peer.sessions[before];
          assert.ok(session !== undefined);
          if (/MAIL|RCPT|AUTH|DATA/i.test(session.clearText)) {
            assert.ok(saidInClear, 'told to go on in clear');
            assert.notEqual(evidence.starttls.kind, 'seen', 'no 220 was seen');
          }
          const encrypted = session.commands.some(({ text, tls }) => tls && text.startsWith('MAIL'));
          if (encrypted) assert.equal(courses[1], 'go-on', 'told to go on inside TLS');
        }),
        { numRuns: 150, seed: 20_261_123 },
      );
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  });

  it('never sends STARTTLS that was not offered, nor anything behind it before its answer (S-TLS-1, S-TLS-5)', async () => {
    const deaf = await startSmtpPeer({ keywords: [] });
    await runSession({ port: deaf.port, steer: () => 'start-tls' });
    assert.equal(deaf.sessions[0]?.clearText, 'EHLO tester.example.net\r\nQUIT\r\n');
    await deaf.stop();
    const slow = await startSmtpPeer({ starttls: { reply: '220 go', delayMs: 100 } });
    const { evidence } = await runSession({ port: slow.port });
    assert.equal(evidence.ehloUnderTls.kind, 'seen');
    assert.equal(slow.sessions[0]?.clearText, 'EHLO tester.example.net\r\nSTARTTLS\r\n');
    await slow.stop();
  });

  it('leaves an offered STARTTLS alone when it is to stay in clear (R24)', async () => {
    const peer = await startSmtpPeer();
    const { evidence } = await runSession({ port: peer.port, steer: STAY_IN_CLEAR });
    await peer.stop();
    assert.deepEqual(evidence.starttls, { kind: 'not-tried', why: 'not-asked' });
    assert.equal(evidence.mail.kind, 'seen');
    assert.doesNotMatch(peer.sessions[0]?.clearText ?? '', /STARTTLS/);
  });

  it('stops where it is told to stop, with QUIT and without mail', async () => {
    const peer = await startSmtpPeer();
    const { evidence } = await runSession({
      port: peer.port,
      steer: (seen) => (seen.handshake.kind === 'seen' ? 'stop' : 'start-tls'),
    });
    await peer.stop();
    assert.equal(evidence.ehloUnderTls.kind, 'seen');
    assert.equal(evidence.mail.kind, 'not-reached');
    assert.deepEqual(peer.sessions[0]?.commands.at(-1), { text: 'QUIT', tls: true });
  });

  it('is handed over open to whoever delivers, and only where mail may go (R78)', async () => {
    const peer = await startSmtpPeer({ message: '250 2.0.0 queued as 1' });
    const { connection, evidence } = await runSession({
      port: peer.port,
      mailFrom: null,
      rcptTo: null,
      keepOpen: true,
    });
    assert.ok(connection !== null);
    assert.equal(connection.encrypted, true);
    assert.equal(connection.ehlo.verb, 'EHLO');
    assert.deepEqual(evidence.mail, { kind: 'not-tried', why: 'not-asked' });
    for (const [path, verb] of [
      ['a@example.net', 'MAIL'],
      ['b@example.com', 'RCPT'],
    ] as const) {
      const reply = await connection.command({ verb, path, parameters: [] }, 1000);
      assert.ok(reply.ok && reply.value.code === 250);
    }
    const data = await connection.command({ verb: 'DATA' }, 1000);
    assert.ok(data.ok && data.value.code === 354);
    await connection.sendBytes(Buffer.from('Subject: x\r\n\r\n..dot\r\n.\r\n'));
    const accepted = await connection.reply(1000);
    assert.ok(accepted.ok && accepted.value.lines[0] === '2.0.0 queued as 1');
    await connection.quit();
    assert.equal(peer.sessions[0]?.messages[0]?.toString(), 'Subject: x\r\n\r\n.dot\r\n');
    await peer.stop();

    for (const script of [{ afterStarttls: 'close' }, { ehloUnderTls: '550 no' }, { greeting: '554 no' }] as const) {
      const bad = await startSmtpPeer(script);
      const refused = await runSession({ port: bad.port, mailFrom: null, rcptTo: null, keepOpen: true });
      assert.equal(refused.connection, null);
      await bad.stop();
    }
  });

  it('gives its place at the address back, however it ends', async () => {
    const net = createNet({ clock: systemClock, privateAddresses: 'allowed', connectionsPerAddress: 1 });
    const scripts: readonly Partial<PeerScript>[] = [
      ...SCRIPTS,
      { quit: { after: 'silence' } },
      { quit: { after: 'reset' } },
    ];
    for (const script of scripts) {
      const peer = await startSmtpPeer(script);
      const dependencies = { net, judge: testJudge() };
      await runSession({ port: peer.port, dependencies, stageTimeoutMs: 300, sessionTimeoutMs: 600 });
      await peer.stop();
    }
    const peer = await startSmtpPeer();
    const { evidence } = await runSession({ port: peer.port, dependencies: { net } });
    await peer.stop();
    assert.equal(evidence.rcpt.kind, 'seen');
  });

  it('tells each phase as it ends, with the evidence so far, in order', async () => {
    const peer = await startSmtpPeer();
    const phases: string[] = [];
    await runSession({
      port: peer.port,
      onPhase: (phase, evidence) => {
        phases.push(phase);
        const value = evidence[phase];
        assert.ok(typeof value === 'object' && value.kind === 'seen', phase);
      },
    });
    await peer.stop();
    assert.deepEqual(phases, [
      'connect',
      'greeting',
      'ehlo',
      'starttls',
      'handshake',
      'path',
      'identity',
      'dane',
      'ehloUnderTls',
      'mail',
      'rcpt',
    ]);
  });

  it('shows the same evidence however the bytes of the server are cut', async () => {
    const greeting = '220-mx.example.com ESMTP grüße\n220-some terms\n220 and more';
    const strip = (evidence: Evidence): string =>
      JSON.stringify(evidence, (key, value) => (['ms', 'startedAt', 'port', 'localAddress'].includes(key) ? 0 : value));
    for (const script of [{}, { starttls: '454 4.7.0 not now' }, { ehlo: '250-mx\n251 x' }] as const) {
      const seen = new Set<string>();
      for (const drip of [null, { bytes: 1, everyMs: 0 }, { bytes: 2, everyMs: 0 }, { bytes: 7, everyMs: 0 }]) {
        const peer = await startSmtpPeer({ greeting, tls: goodTls(), ...script, drip });
        seen.add(strip((await runSession({ port: peer.port })).evidence));
        await peer.stop();
      }
      assert.equal(seen.size, 1);
    }
  });

  it('ends with the caller: at whatever point the signal fires, nothing more is waited for (R7)', async () => {
    const stages: readonly Partial<PeerScript>[] = [
      { greeting: { after: 'silence' } },
      { ehlo: { after: 'silence' } },
      { starttls: { after: 'silence' } },
      { afterStarttls: 'silence' },
      { ehloUnderTls: { after: 'silence' } },
      { mail: { after: 'silence' } },
    ];
    for (const script of stages) {
      const peer = await startSmtpPeer(script);
      const stop = new AbortController();
      const started = performance.now();
      const running = runSession({ port: peer.port, signal: stop.signal, stageTimeoutMs: 60_000 });
      setTimeout(() => stop.abort(), 50);
      const { evidence } = await running;
      assert.ok(performance.now() - started < 30_000);
      const failures = Object.values(evidence).flatMap((phase) =>
        typeof phase === 'object' && phase.kind === 'failed' ? [phase.failure.kind] : [],
      );
      assert.deepEqual(failures, ['cancelled']);
      await peer.stop();
    }
    const { evidence } = await runSession({ port: 1, signal: AbortSignal.abort() });
    assert.ok(evidence.connect.kind === 'failed' && evidence.connect.failure.kind === 'cancelled');
  });
});

describe('credentials', () => {
  const credentials = { mechanism: 'plain', user: 'tester', secret: 'open sesame' } as const;
  const keywordsUnderTls = ['AUTH PLAIN LOGIN XOAUTH2'];

  for (const [mechanism, sent] of [
    ['plain', ['\0tester\0open sesame']],
    ['login', ['tester', 'open sesame']],
    ['xoauth2', ['user=tester\x01auth=Bearer open sesame\x01\x01']],
  ] as const) {
    it(`go to a verified server by ${mechanism}, and are seen nowhere (R3, R55)`, async () => {
      const echo = `235 2.7.0 welcome ${['\0tester\0open sesame', sent[0]].map((text) => Buffer.from(text).toString('base64')).join(' ')} open sesame`;
      const peer = await startSmtpPeer({ keywordsUnderTls, auth: echo });
      const opened = await runSession({ port: peer.port, credentials: { ...credentials, mechanism } });
      await peer.stop();
      assert.deepEqual(peer.sessions[0]?.credentials, sent);
      assert.equal(opened.evidence.auth.kind, 'seen');
      assert.equal(opened.evidence.rcpt.kind, 'seen');
      const told = JSON.stringify(opened);
      for (const secret of [
        'sesame',
        Buffer.from('open sesame').toString('base64'),
        Buffer.from(sent[0]).toString('base64'),
      ]) {
        assert.ok(!told.includes(secret), secret);
      }
      assert.ok(opened.transcript.some(({ text, kind }) => kind === 'sent' && text.endsWith('****')));
    });
  }

  it('are not sent in clear, nor to a server that is not verified, nor by what it does not offer (R55, R78)', async () => {
    const foreign = tlsOf(mint({ subject: { CN: 'x.example.net' }, dnsNames: ['x.example.net'] }));
    const key = mint().privateKey;
    const selfSigned = tlsOf(mint({ key, issuer: { certificate: mint({ key }).certificate, key } }));
    for (const [script, why] of [
      [{ keywords: keywordsUnderTls }, 'no-session'],
      [{ keywordsUnderTls, tls: foreign }, 'not-verified'],
      [{ keywordsUnderTls, tls: selfSigned }, 'not-verified'],
      [{ keywordsUnderTls: ['AUTH LOGIN'], keywords: ['STARTTLS', 'AUTH PLAIN'] }, 'not-offered'],
    ] as const) {
      const peer = await startSmtpPeer(script);
      const { evidence } = await runSession({ port: peer.port, credentials });
      await peer.stop();
      assert.deepEqual(evidence.auth, { kind: 'not-tried', why });
      assert.deepEqual(peer.sessions[0]?.credentials, []);
      assert.doesNotMatch(peer.sessions[0]?.clearText ?? '', /AUTH/);
    }
  });

  it('that are refused are evidence; what it means for mail the server says', async () => {
    const peer = await startSmtpPeer({ keywordsUnderTls, auth: '535 5.7.8 no', mail: '530 5.7.0 authenticate first' });
    const { evidence } = await runSession({ port: peer.port, credentials });
    await peer.stop();
    assert.ok(evidence.auth.kind === 'failed' && evidence.auth.failure.kind === 'refused');
    assert.ok(evidence.mail.kind === 'failed' && evidence.mail.failure.kind === 'refused');
    assert.equal(OBSERVE(evidence), 'go-on');
  });
});
