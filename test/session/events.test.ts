/** What each event of the state table looks like as evidence, seen at a server that behaves so. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { decide, type PolicyEvent } from '../../src/policy/decide.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { requirementOf } from '../../src/policy/requirement.ts';
import { runSession, type SessionChanges } from '../support/session.ts';
import { goodTls, mint, type PeerScript, type PeerSession, startSmtpPeer, tlsOf } from '../support/smtp-peer.ts';

interface Observation {
  readonly evidence: Evidence;
  readonly transcript: readonly string[];
  readonly peer: PeerSession;
}

/** A probe of a server that follows `script`. */
async function observe(script: Partial<PeerScript>, changes: Partial<SessionChanges> = {}): Promise<Observation> {
  const peer = await startSmtpPeer(script);
  try {
    const { evidence, transcript } = await runSession({ port: peer.port, ...changes });
    const [session] = peer.sessions;
    assert.ok(session !== undefined);
    return { evidence, transcript: transcript.map(({ text }) => text), peer: session };
  } finally {
    await peer.stop();
  }
}

function kinds(evidence: Evidence): Readonly<Record<string, string>> {
  const { connect, greeting, ehlo, starttls, handshake, path, identity, ehloUnderTls, mail, rcpt } = evidence;
  const phases = { connect, greeting, ehlo, starttls, handshake, path, identity, ehloUnderTls, mail, rcpt };
  return Object.fromEntries(
    Object.entries(phases).map(([name, phase]) => [name, phase.kind === 'not-tried' ? phase.why : phase.kind]),
  );
}

const ALL_SEEN = {
  connect: 'seen',
  greeting: 'seen',
  ehlo: 'seen',
  starttls: 'seen',
  handshake: 'seen',
  path: 'seen',
  identity: 'seen',
  ehloUnderTls: 'seen',
  mail: 'seen',
  rcpt: 'seen',
};
const NO_TLS = {
  handshake: 'no-session',
  path: 'no-session',
  identity: 'no-session',
  ehloUnderTls: 'no-session',
};
const ENDED = {
  starttls: 'not-reached',
  handshake: 'not-reached',
  path: 'not-reached',
  identity: 'not-reached',
  ehloUnderTls: 'not-reached',
  mail: 'not-reached',
  rcpt: 'not-reached',
};
const BROKEN = { ...ENDED, starttls: 'seen', handshake: 'failed' };

/** ms for a stage that is to run out. */
const SHORT_MS = 300;

/** Short where nothing will come, long where something will, however busy the machine. */
function patience(failure: string | undefined): Partial<SessionChanges> {
  return failure === 'timed-out' ? { stageTimeoutMs: SHORT_MS } : {};
}

function eventFor(mode: Parameters<typeof requirementOf>[0], evidence: Evidence): PolicyEvent | null {
  const decision = decide(requirementOf(mode), evidence);
  return 'event' in decision ? decision.event : null;
}

describe('a session with a server that', () => {
  it('does everything right leaves every phase seen, and never comes to DATA (R9)', async () => {
    const { evidence, peer } = await observe({});
    assert.deepEqual(kinds(evidence), ALL_SEEN);
    assert.deepEqual(
      peer.commands.map(({ text, tls }) => `${tls ? 'tls' : 'clear'} ${text}`),
      [
        'clear EHLO tester.example.net',
        'clear STARTTLS',
        'tls EHLO tester.example.net',
        'tls MAIL FROM:<sender@example.net>',
        'tls RCPT TO:<user@example.com>',
        'tls QUIT',
      ],
    );
    assert.deepEqual(peer.messages, []);
    assert.equal(eventFor('required-verify', evidence), 'E8');
  });

  it('knows HELO alone (E1) is greeted with HELO and goes on in clear (R10, S-MX-16)', async () => {
    const { evidence, peer } = await observe({ ehlo: '500 what?', helo: '250 STARTTLS is my middle name' });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...NO_TLS, starttls: 'helo-only' });
    assert.ok(evidence.ehlo.kind === 'seen');
    assert.equal(evidence.ehlo.value.verb, 'HELO');
    assert.equal(evidence.ehlo.value.ehloRefusal?.code, 500);
    assert.deepEqual(evidence.ehlo.value.keywords, []);
    assert.deepEqual(
      peer.commands.map(({ text }) => text.split(' ')[0]),
      ['EHLO', 'HELO', 'MAIL', 'RCPT', 'QUIT'],
    );
    assert.equal(eventFor('required', evidence), 'E1');
  });

  it('puts EHLO off is not asked with HELO: that would be another server in the same breath (S-MX-16)', async () => {
    const { evidence, peer } = await observe({ ehlo: '451 4.3.0 later' });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...ENDED, ehlo: 'failed' });
    assert.deepEqual(
      peer.commands.map(({ text }) => text.split(' ')[0]),
      ['EHLO', 'QUIT'],
    );
    assert.equal(eventFor('preferred', evidence), 'E10');
  });

  it('does not offer STARTTLS (E2) is never sent it (S-TLS-1)', async () => {
    const { evidence, peer, transcript } = await observe({ keywords: ['SIZE 1000'] });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...NO_TLS, starttls: 'not-offered' });
    assert.ok(!peer.clearText.includes('STARTTLS'));
    assert.ok(transcript.includes('TLS is not an option on this server'));
    assert.equal(eventFor('required', evidence), 'E2');
  });

  it('says STARTTLS on the greeting line alone does not offer it (R11)', async () => {
    const { evidence, peer } = await observe({ ehlo: '250-mx.example.com STARTTLS\n250 SIZE 1000' });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...NO_TLS, starttls: 'not-offered' });
    assert.ok(evidence.ehlo.kind === 'seen' && evidence.ehlo.value.starttlsOnGreetingLine);
    assert.ok(!peer.clearText.includes('STARTTLS'));
  });

  for (const [reply, event] of [
    ['454 4.7.0 TLS not available due to temporary reason', 'E3'],
    ['501 5.5.4 Syntax error', 'E4'],
    ['502 5.5.1 Not implemented', 'E4'],
    ['250 2.0.0 ok', 'E4'],
    ['221 2.0.0 bye', 'E4'],
    ['334 go on', 'E4'],
  ] as const) {
    it(`answers STARTTLS with ${reply.slice(0, 3)} (${event}) is kept word for word and used in clear (R12, R77, S-TLS-2)`, async () => {
      const { evidence, peer } = await observe({ starttls: reply });
      assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...NO_TLS, starttls: 'failed' });
      assert.ok(evidence.starttls.kind === 'failed' && evidence.starttls.failure.kind === 'refused');
      const { code, lines } = evidence.starttls.failure.reply;
      assert.equal(`${code} ${lines.join('')}`, reply);
      assert.equal(eventFor('required', evidence), event);
      assert.equal(eventFor('preferred', evidence), event);
      assert.match(peer.clearText, /MAIL FROM/);
    });
  }

  for (const [how, afterStarttls, failure] of [
    ['closes the connection', 'close', { kind: 'closed' }],
    ['resets the connection', 'reset', { kind: 'closed' }],
    ['says something that is no TLS', 'garbage', { kind: 'not-tls', code: 'ERR_SSL_WRONG_VERSION_NUMBER' }],
    ['speaks SMTP on', { instead: '250 ok\r\n' }, { kind: 'not-tls', code: 'ERR_SSL_WRONG_VERSION_NUMBER' }],
    ['says nothing', 'silence', { kind: 'timed-out', afterMs: SHORT_MS }],
  ] as const) {
    it(`${how} behind the 220 (E5) gets not one byte more (R77, S-TLS-7)`, async () => {
      const { evidence, peer } = await observe({ afterStarttls }, patience(failure.kind));
      assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...BROKEN });
      assert.ok(evidence.handshake.kind === 'failed');
      // Whether a reset or an end is seen depends on what the kernel was doing: it tells the write, or the read.
      const { failure: seen } = evidence.handshake;
      if (seen.kind === 'timed-out') {
        assert.ok((seen.bytes?.sent ?? 0) > 300, 'the ClientHello is counted');
        assert.deepEqual({ ...seen, bytes: seen.bytes?.received }, { ...failure, bytes: 0 });
      } else assert.deepEqual(seen.kind === 'closed' ? { kind: 'closed' } : seen, failure);
      assert.equal(eventFor('preferred', evidence), 'E5');
      assert.doesNotMatch(peer.clearText, /MAIL|QUIT/);
    });
  }

  it('lets bytes in clear stand behind the 220 is left at once: nothing is said inside TLS either (R13, S-TLS-3, S-TLS-8)', async () => {
    const inject = '250-mx.evil\r\n250 AUTH LOGIN\r\n';
    const { evidence, peer, transcript } = await observe({ afterStarttls: { inject } });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...ENDED, starttls: 'failed' });
    assert.ok(evidence.starttls.kind === 'failed');
    assert.deepEqual(evidence.starttls.failure, { kind: 'injected', bytes: inject.length, sample: inject });
    assert.deepEqual(
      peer.commands.map(({ text }) => text.split(' ')[0]),
      ['EHLO', 'STARTTLS'],
    );
    assert.equal(peer.protocol, null);
    assert.ok(transcript.some((line) => line.includes(`${inject.length} bytes in clear`)));
    assert.equal(eventFor('preferred', evidence), 'E5');
  });

  it('has a self-signed certificate (E6) is talked to all the same (R14)', async () => {
    const key = mint().privateKey;
    const tls = tlsOf(mint({ key, issuer: { certificate: mint({ key }).certificate, key } }));
    const { evidence, transcript } = await observe({ tls });
    assert.deepEqual(kinds(evidence), ALL_SEEN);
    assert.ok(evidence.path.kind === 'seen' && !evidence.path.value.trusted);
    assert.ok(transcript.some((line) => line.startsWith('Certificate 1 of 1 in chain: Cert NOT VALIDATED: ')));
    assert.equal(eventFor('required-verify', evidence), 'E6');
    assert.equal(eventFor('required', evidence), 'E6');
  });

  it('has a certificate in another name (E7) is talked to all the same, and both names are shown (R14, R17)', async () => {
    const tls = tlsOf(mint({ subject: { CN: 'other.example.net' }, dnsNames: ['a.example.net', 'b.example.net'] }));
    const { evidence, transcript } = await observe({ tls });
    assert.deepEqual(kinds(evidence), ALL_SEEN);
    assert.ok(
      transcript.includes(
        'Cert Hostname DOES NOT VERIFY (mx.example.com != other.example.net | DNS:a.example.net | DNS:b.example.net)',
      ),
    );
    assert.equal(eventFor('required-verify', evidence), 'E7');
  });

  for (const code of [421, 451, 521, 554]) {
    it(`greets with ${code} (E9) takes no mail now (S-MX-11)`, async () => {
      const { evidence, peer } = await observe({ greeting: `${code} no service for you` });
      assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...ENDED, greeting: 'failed', ehlo: 'not-reached' });
      // 421 is the server's goodbye; the others wait for ours (RFC 5321 3.1).
      assert.equal(peer.clearText, code === 421 ? '' : 'QUIT\r\n');
      assert.equal(eventFor('preferred', evidence), 'E9');
    });
  }

  it('does not listen (E9) is not connected', async () => {
    const peer = await startSmtpPeer();
    await peer.stop();
    const { evidence } = await runSession({ port: peer.port });
    assert.deepEqual(kinds(evidence), {
      ...ALL_SEEN,
      ...ENDED,
      connect: 'failed',
      greeting: 'not-reached',
      ehlo: 'not-reached',
    });
    assert.ok(evidence.connect.kind === 'failed' && evidence.connect.failure.kind === 'refused');
  });

  for (const [how, ehlo, failure] of [
    ['closes', { after: 'close' }, { kind: 'closed', how: 'end', begun: false }],
    [
      'closes in the middle of its answer',
      { bytes: '250-mx', after: 'close' },
      { kind: 'closed', how: 'end', begun: true },
    ],
    ['resets', { after: 'reset' }, { kind: 'closed', how: 'reset', begun: false }],
    ['says goodbye', '421 4.3.2 shutting down', null],
    [
      'babbles',
      { bytes: 'lorem ipsum\r\n' },
      { kind: 'malformed', fault: { kind: 'not-a-reply', line: 'lorem ipsum' } },
    ],
    ['says nothing', { after: 'silence' }, { kind: 'timed-out', afterMs: SHORT_MS, begun: false }],
    [
      'begins and stops',
      { bytes: '250-mx\r\n', after: 'silence' },
      { kind: 'timed-out', afterMs: SHORT_MS, begun: true },
    ],
  ] as const) {
    it(`${how} at EHLO (E10) is left for the next (S-MX-11, S-MX-13)`, async () => {
      const { evidence } = await observe({ ehlo }, patience(failure?.kind));
      assert.deepEqual(kinds(evidence), { ...ALL_SEEN, ...ENDED, ehlo: 'failed' });
      assert.ok(evidence.ehlo.kind === 'failed');
      if (failure !== null) assert.deepEqual(evidence.ehlo.failure, failure);
      assert.equal(eventFor('preferred', evidence), 'E10');
    });
  }

  for (const [how, ehloUnderTls] of [
    ['refuses', '550 5.7.1 not you'],
    ['closes', { after: 'close' }],
    ['resets', { after: 'reset' }],
    ['says goodbye', '421 4.3.2 shutting down'],
  ] as const) {
    it(`${how} at the second EHLO (E11) gets no MAIL (R77, S-TLS-4)`, async () => {
      const { evidence, peer } = await observe({ ehloUnderTls });
      assert.deepEqual(kinds(evidence), {
        ...ALL_SEEN,
        ehloUnderTls: 'failed',
        mail: 'not-reached',
        rcpt: 'not-reached',
      });
      assert.ok(!peer.commands.some(({ text }) => /^(HELO|MAIL)/.test(text)));
      assert.equal(eventFor('preferred', evidence), 'E11');
    });
  }

  it('refuses MAIL or RCPT (E12) has refused that and nothing else', async () => {
    const mail = await observe({ mail: '550 5.7.1 sender rejected' });
    assert.deepEqual(kinds(mail.evidence), { ...ALL_SEEN, mail: 'failed', rcpt: 'not-reached' });
    assert.equal(eventFor('preferred', mail.evidence), 'E12');
    const rcpt = await observe({ rcpt: '450 4.2.0 greylisted' });
    assert.deepEqual(kinds(rcpt.evidence), { ...ALL_SEEN, rcpt: 'failed' });
    assert.equal(eventFor('preferred', rcpt.evidence), 'E12');
    assert.deepEqual(rcpt.peer.commands.at(-1), { text: 'QUIT', tls: true });
  });

  it('insists on TLS says so at MAIL in clear', async () => {
    const { evidence } = await observe({ keywords: [], mailInClear: '530 5.7.0 Must issue a STARTTLS command first' });
    assert.ok(evidence.mail.kind === 'failed' && evidence.mail.failure.kind === 'refused');
    assert.equal(evidence.mail.failure.reply.code, 530);
  });

  it('still offers STARTTLS inside TLS gets a remark and no other treatment (R15)', async () => {
    const { evidence, transcript } = await observe({ keywordsUnderTls: ['STARTTLS'] });
    assert.deepEqual(kinds(evidence), ALL_SEEN);
    assert.ok(transcript.includes('warning: STARTTLS after second EHLO (see RFC3207 #4.2)'));
  });

  it('forgets the final 221 or the closing alert has been seen all the same (S-TLS-10)', async () => {
    for (const quit of [{ after: 'reset' }, { after: 'close' }, '500 what?'] as const) {
      assert.deepEqual(kinds((await observe({ quit })).evidence), ALL_SEEN);
    }
  });

  it('speaks TLS from the first byte is heard from the first byte (R4, S-PKI-3)', async () => {
    const { evidence, peer } = await observe({ implicitTls: true }, { implicitTls: true });
    assert.deepEqual(kinds(evidence), { ...ALL_SEEN, starttls: 'implicit-tls', ehloUnderTls: 'implicit-tls' });
    assert.equal(peer.clearText, '');
    assert.deepEqual(
      peer.commands.map(({ text }) => text.split(' ')[0]),
      ['EHLO', 'MAIL', 'RCPT', 'QUIT'],
    );
    const clear = await observe({}, { implicitTls: true, stageTimeoutMs: 300 });
    assert.ok(clear.evidence.handshake.kind === 'failed' && clear.evidence.handshake.failure.kind === 'not-tls');
    assert.equal(clear.evidence.greeting.kind, 'not-reached');
  });

  it('offers other things inside TLS is known by those (R85, S-TLS-4, S-TLS-6)', async () => {
    const { evidence } = await observe({ keywords: ['STARTTLS', 'XXXXXXXA'], keywordsUnderTls: ['SIZE 5'] });
    assert.ok(evidence.ehlo.kind === 'seen' && evidence.ehloUnderTls.kind === 'seen');
    assert.deepEqual(
      evidence.ehlo.value.keywords.map(({ keyword }) => keyword),
      ['STARTTLS', 'XXXXXXXA'],
    );
    assert.deepEqual(evidence.ehloUnderTls.value.keywords, [{ keyword: 'SIZE', parameters: ['5'] }]);
  });

  it('cannot name an address in UTF-8 is not sent one; one that can is told so', async () => {
    const deaf = await observe({}, { rcptTo: 'jürgen@example.com' });
    assert.deepEqual(kinds(deaf.evidence), { ...ALL_SEEN, mail: 'not-offered', rcpt: 'not-offered' });
    // What the EHLO in clear offered does not count inside TLS.
    const early = await observe({ keywords: ['STARTTLS', 'SMTPUTF8'] }, { rcptTo: 'jürgen@example.com' });
    assert.equal(early.evidence.mail.kind, 'not-tried');
    const able = await observe({ keywordsUnderTls: ['SMTPUTF8'] }, { rcptTo: 'jürgen@example.com' });
    assert.deepEqual(kinds(able.evidence), ALL_SEEN);
    assert.ok(able.peer.commands.some(({ text }) => text === 'MAIL FROM:<sender@example.net> SMTPUTF8'));
    assert.ok(able.peer.commands.some(({ text }) => text === 'RCPT TO:<jürgen@example.com>'));
  });
});

describe('the transcript', () => {
  it('says what happened in the words and order that testers know, marked inside TLS (R53)', async () => {
    const peer = await startSmtpPeer({ keywords: ['STARTTLS'], keywordsUnderTls: [], tls: goodTls() });
    const { transcript, evidence } = await runSession({ port: peer.port });
    await peer.stop();
    const shown = transcript.map(({ kind, tls, text }) => `${tls ? 'tls' : 'clear'} ${kind}: ${text}`);
    assert.ok(evidence.handshake.kind === 'seen' && evidence.path.kind === 'seen');
    const { protocol, cipher, group } = evidence.handshake.value;
    const [leaf] = evidence.path.value.sent;
    assert.ok(leaf !== undefined);
    assert.deepEqual(
      shown.filter((line) => !/Not Valid/.test(line)),
      [
        'clear note: Connected to server',
        'clear received: 220 mx.example.com ESMTP',
        'clear note: We are allowed to connect',
        'clear sent: EHLO tester.example.net',
        'clear received: 250-mx.example.com',
        'clear continued: 250 STARTTLS',
        'clear note: We can use this server',
        'clear note: TLS is an option on this server',
        'clear sent: STARTTLS',
        'clear received: 220 2.0.0 Ready to start TLS',
        'clear note: STARTTLS command works on this server',
        'clear note: Connection converted to SSL',
        `tls detail: SSLVersion in use: ${protocol}`,
        `tls detail: Cipher in use: ${cipher}`,
        `tls detail: Key exchange in use: ${group}`,
        'tls detail: Certificate 1 of 1 in chain: Cert VALIDATED: ok',
        'tls detail: Cert Hostname VERIFIED (mx.example.com = mx.example.com | DNS:mx.example.com | DNS:example.com)',
        `tls detail: subject= ${leaf.subject}`,
        `tls detail: issuer= ${leaf.issuer}`,
        `tls detail: serialNumber= ${leaf.serial}`,
        'tls sent: EHLO tester.example.net',
        'tls received: 250 mx.example.com',
        'tls note: TLS successfully started on this server',
        'tls sent: MAIL FROM:<sender@example.net>',
        'tls received: 250 2.1.0 sender ok',
        'tls note: Sender is OK',
        'tls sent: RCPT TO:<user@example.com>',
        'tls received: 250 2.1.5 recipient ok',
        'tls note: Recipient OK, E-mail address proofed',
        'tls sent: QUIT',
        'tls received: 221 2.0.0 bye',
      ],
    );
    assert.ok(shown.some((line) => /Not Valid After: [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/.test(line)));
  });

  it('has marks that are the sums of the phases before them (R31)', async () => {
    const peer = await startSmtpPeer({
      greeting: { reply: '220 slow', delayMs: 60 },
      mail: { reply: '250 ok', delayMs: 40 },
    });
    // Time stands still while the session works and moves between its steps: what is compared is the arithmetic.
    let now = performance.now();
    const tick = setInterval(() => {
      now = performance.now();
    }, 1);
    const clock = { ...systemClock, monotonic: () => now };
    const { transcript, evidence } = await runSession({ port: peer.port, dependencies: { clock } });
    clearInterval(tick);
    await peer.stop();
    const mark = (text: string): number => {
      const line = transcript.find((each) => each.text === text);
      assert.ok(line !== undefined, text);
      return line.at;
    };
    let sum = 0;
    for (const [phase, note] of [
      ['connect', 'Connected to server'],
      ['greeting', 'We are allowed to connect'],
      ['ehlo', 'We can use this server'],
      ['starttls', 'STARTTLS command works on this server'],
      ['handshake', 'Connection converted to SSL'],
      ['path', null],
      ['identity', null],
      ['dane', null],
      ['ehloUnderTls', 'TLS successfully started on this server'],
      ['mail', 'Sender is OK'],
      ['rcpt', 'Recipient OK, E-mail address proofed'],
    ] as const) {
      const seen = evidence[phase];
      assert.ok(seen.kind === 'seen');
      sum += seen.ms;
      if (note !== null) assert.ok(Math.abs(mark(note) - sum) <= 2, `${phase}: ${sum} and ${mark(note)}`);
    }
    assert.ok(evidence.greeting.kind === 'seen' && evidence.greeting.ms >= 55);
    assert.ok(evidence.mail.kind === 'seen' && evidence.mail.ms >= 35);
  });
});
