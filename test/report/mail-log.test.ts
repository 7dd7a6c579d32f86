import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import { TLS_MODES, type TlsMode } from '../../src/policy/mode.ts';
import { logTime, MAX_LOGGED_TEXT } from '../../src/report/log-text.ts';
import { bounceLogLines, mailLogLines, mailLogTexts, receptionLines } from '../../src/report/mail-log.ts';
import { tlsByMessage } from '../../src/report/tls-by-message.ts';
import { AT, FACTS, judged, STAMP } from './delivery-scenario.ts';

const BOUNCED: DeliveryEvent = {
  kind: 'bounced',
  at: AT,
  dcid: 3,
  mid: 4,
  rid: 0,
  sender: 'a@example.org',
  recipient: 'george@example.com',
  destination: 'example.com',
  status: '5.1.0',
  reason: 'Unknown address error',
  reply: { code: '550', lines: ['<george@example.com>... Relaying denied'] },
  nextAttemptAt: null,
};

test('the time stamp is that of the appliance, in UTC, with the day padded by a space (R119)', () => {
  assert.equal(logTime(AT), STAMP);
  assert.equal(logTime(Date.UTC(2026, 0, 3, 9, 5, 7)), 'Sat Jan  3 09:05:07 2026');
});

test('a delivery over TLS reads as on the appliance, line for line (R119)', () => {
  const events: readonly DeliveryEvent[] = [
    {
      kind: 'message-queued',
      at: AT,
      mid: 4,
      sender: 'a@example.org',
      recipients: [{ rid: 0, address: 'b@example.com' }],
      bytes: 494,
      messageId: '<1@example.org>',
      subject: 'sample',
      origin: 'listener',
      icid: 3160,
    },
    { kind: 'connection-opened', at: AT, ...FACTS },
    judged({ event: 'E8', mode: 'required-verify' }),
    { kind: 'delivery-started', at: AT, dcid: 5, mid: 4, rids: [0] },
    {
      kind: 'message-done',
      at: AT,
      dcid: 5,
      mid: 4,
      rids: [0],
      response: '2.6.0 <1@example.org> Queued mail for delivery',
    },
    { kind: 'connection-closed', at: AT, dcid: 5 },
    { kind: 'message-finished', at: AT, mid: 4, how: 'done' },
  ];
  assert.deepEqual(
    events.flatMap(mailLogLines),
    [
      'MID 4 ICID 3160 From: <a@example.org>',
      'MID 4 ICID 3160 RID 0 To: <b@example.com>',
      "MID 4 Message-ID '<1@example.org>'",
      "MID 4 Subject 'sample'",
      'MID 4 ready 494 bytes from <a@example.org>',
      'MID 4 queued for delivery',
      'New SMTP DCID 5 interface 192.0.2.99 address 192.0.2.1 port 25',
      'DCID 5 TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
      'Delivery start DCID 5 MID 4 to RID [0]',
      'Message done DCID 5 MID 4 to RID [0]',
      'MID 4 RID [0] Response 2.6.0 <1@example.org> Queued mail for delivery',
      'DCID 5 close',
      'Message finished MID 4 done',
    ].map((text) => `${STAMP} Info: ${text}`),
  );
});

test('what a listener saw reads as on the appliance (R119)', () => {
  const icid = 590125205;
  const lines = [
    {
      kind: 'connection-received',
      interface: 'Data 1',
      localAddress: '192.168.1.1',
      address: '10.0.0.1',
      reverseName: 'mail.example.com',
      reverseVerified: true,
    },
    { kind: 'sender-judged', action: 'ACCEPT', senderGroup: 'SUSPECTLIST', match: 'sbrs[-1.4:2.0] SBRS -1.1' },
    { kind: 'tls-established', protocol: 'TLSv1', cipher: 'DHE-RSA-AES256-SHA' },
    { kind: 'message-started', mid: 179701980 },
    { kind: 'tls-failed', code: '336109761', detail: 'error:1408A0C1:SSL routines:no shared cipher' },
    { kind: 'bounce-refused', mid: 26603, recipient: 'bob@example.com' },
    { kind: 'message-aborted', mid: 26603, why: 'Receiving aborted' },
    { kind: 'connection-lost' },
    { kind: 'connection-ended' },
  ] as const;
  assert.deepEqual(
    lines.flatMap((event) => receptionLines({ ...event, at: AT, icid })),
    [
      'New SMTP ICID 590125205 interface Data 1 (192.168.1.1) address 10.0.0.1 reverse dns host mail.example.com verified yes',
      'ICID 590125205 ACCEPT SG SUSPECTLIST match sbrs[-1.4:2.0] SBRS -1.1',
      'ICID 590125205 TLS success protocol TLSv1 cipher DHE-RSA-AES256-SHA',
      'Start MID 179701980 ICID 590125205',
      "ICID 590125205 TLS failed: (336109761, 'error:1408A0C1:SSL routines:no shared cipher')",
      'MID 26603 ICID 590125205 invalid bounce, rcpt address <bob@example.com> rejected by bounce verification.',
      'Message aborted MID 26603 Receiving aborted',
      'ICID 590125205 lost',
      'ICID 590125205 close',
    ].map((text) => `${STAMP} Info: ${text}`),
  );
});

test('a 454 to STARTTLS is told as a connection error and then as a TLS failure (R121)', () => {
  for (const mode of ['required', 'preferred'] as const) {
    assert.deepEqual(mailLogTexts(judged({ event: 'E3', mode })), [
      "Info: Connection Error: DCID 5 domain: example.com IP:192.0.2.1 port: 25 details: 454-'TLS not available due to temporary reason' interface: 192.0.2.99 reason: unexpected SMTP response",
      'Info: DCID 5 TLS failed: STARTTLS unexpected response',
    ]);
  }
});

test('no ESMTP, no STARTTLS and a refused STARTTLS can be told apart in the log, in every mode that needs TLS (R83)', () => {
  for (const mode of ['required', 'required-verify', 'required-verify-hosted'] as const) {
    const told = (['E1', 'E2', 'E3', 'E4'] as const).map((event) => mailLogTexts(judged({ event, mode })).join('\n'));
    assert.equal(told[0], 'Info: DCID 5 EHLO command not supported.');
    assert.equal(told[1], 'Info: DCID 5 STARTTLS command not supported.');
    assert.match(told[2] ?? '', /details: 454-.*\n.*TLS failed: STARTTLS unexpected response$/);
    assert.match(told[3] ?? '', /details: 502-'not implemented'.*\n.*TLS failed: STARTTLS unexpected response$/);
  }
});

test('an unverified certificate is named where the mode asks for one, and only there', () => {
  const success = 'Info: DCID 5 TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384';
  const said = (event: 'E6' | 'E7', mode: TlsMode): readonly string[] => mailLogTexts(judged({ event, mode }));
  assert.deepEqual(said('E6', 'required'), [success]);
  assert.deepEqual(said('E6', 'preferred-verify'), [`${success} unverified (the certificate is signed by itself)`]);
  assert.match(
    said('E7', 'preferred-verify')[0] ?? '',
    /unverified \(V1: SAN other\.example\.net is not example\.com; /,
  );
  assert.deepEqual(said('E6', 'required-verify'), [
    'Info: DCID 5 TLS failed: certificate verify failed (the certificate chain is not trusted: the certificate is signed by itself)',
  ]);
});

test('where TLS broke a moment ago, the log says why clear text is not used either', () => {
  const event = judged({ event: 'E2', mode: 'preferred', history: { brokenAfter220: true } });
  assert.deepEqual(mailLogTexts(event), [
    'Info: DCID 5 STARTTLS command not supported.',
    'Info: DCID 5 not used in clear: TLS with this host broke after the 220 in this attempt, so clear text is not used',
  ]);
});

test('a policy that the operator overrides is named at the delivery', () => {
  const dane = {
    kind: 'records',
    baseDomain: 'mx.example.com',
    tlsaName: '_25._tcp.mx.example.com',
    records: [],
    ttl: 300,
    securityFrom: null,
    nameSecure: true,
    steps: [],
  } as const;
  const event = judged({ event: 'E8', mode: 'no', overridden: true, published: { mtaSts: null, dane } });
  assert.deepEqual(
    mailLogTexts({
      ...event,
      decision: { kind: 'clear', event: null, because: ['STARTTLS is not used'] },
      evidence: { ...event.evidence, handshake: { kind: 'not-tried', why: 'not-asked' } },
    }),
    [
      'Info: DCID 5 TLS policy overridden: example.com publishes TLSA records at _25._tcp.mx.example.com, TLS is set to no',
    ],
  );
});

test('every event in every mode is told in lines of the form, and TLS success only where the session is encrypted (R119)', () => {
  const events = ['E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7', 'E8', 'E9', 'E10', 'E11', 'E12', 'E13'] as const;
  for (const mode of TLS_MODES) {
    for (const event of events) {
      const session = judged({ event, mode });
      const lines = mailLogLines(session);
      for (const line of lines)
        assert.match(line, /^Tue Apr 17 00:57:53 2018 Info: (DCID 5 |Connection Error: DCID 5 )/);
      const success = lines.filter((line) => line.includes('TLS success')).length;
      const { decision, evidence } = session;
      if (decision.kind === 'encrypted') assert.equal(success, 1, `${mode} ${event}`);
      if (evidence.handshake.kind !== 'seen') assert.equal(success, 0, `${mode} ${event}`);
      if (decision.kind === 'next') assert.ok(lines.length > 0, `${mode} ${event}: why the host is passed by is said`);
    }
  }
});

test('bounces and delays stand in the mail log and, in their other form, in the bounce log (R119)', () => {
  assert.deepEqual(mailLogLines(BOUNCED), [
    `${STAMP} Info: Bounced: DCID 3 MID 4 to RID 0 - 5.1.0 - Unknown address error ('550', ['<george@example.com>... Relaying denied']) []`,
  ]);
  assert.deepEqual(bounceLogLines({ ...BOUNCED, kind: 'delayed', reply: { code: '000', lines: [] } }), [
    `${STAMP} Info: Delayed: 4:0 From:<a@example.org> To:<george@example.com> Reason: "5.1.0 - Unknown address error" Response: "('000', [])"`,
  ]);
});

test('no text of a stranger begins a line, ends its quotes or fills the log (R119)', () => {
  const nasty = fc
    .string({ unit: 'binary', maxLength: 600 })
    .map((text) => `${text}\r\n${STAMP} Info: Message done DCID 5 MID 9 to RID [0]`);
  fc.assert(
    fc.property(nasty, nasty, (text, other) => {
      const events: readonly DeliveryEvent[] = [
        { ...BOUNCED, sender: text, recipient: other, reason: text, reply: { code: '550', lines: [text, other] } },
        { kind: 'message-done', at: AT, dcid: 5, mid: 4, rids: [0], response: text },
        judged({
          event: 'E3',
          mode: 'required',
          facts: { destination: other },
          evidence: {
            starttls: {
              kind: 'failed',
              ms: 1,
              failure: { kind: 'refused', reply: { code: 454, lines: [text, other], enhancedStatus: null } },
            },
          },
        }),
        {
          kind: 'message-queued',
          at: AT,
          mid: 4,
          sender: text,
          recipients: [{ rid: 0, address: other }],
          bytes: 1,
          messageId: text,
          subject: other,
          origin: 'api',
        },
      ];
      for (const line of events.flatMap((event) => [...mailLogLines(event), ...bounceLogLines(event)])) {
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u);
        assert.ok(line.startsWith(`${STAMP} Info: `));
        assert.ok(line.length < 12 * MAX_LOGGED_TEXT);
      }
      const log = events.flatMap(mailLogLines).join('\n');
      assert.deepEqual([...tlsByMessage(log).keys()], [4], 'no message is delivered by a line somebody else wrote');
    }),
    { numRuns: 150 },
  );
});

test('from the log alone, whatever is interleaved, each delivered message is known to have gone over TLS or not (R120)', () => {
  const connection = fc.record({
    event: fc.constantFrom('E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7', 'E8', 'E11'),
    mode: fc.constantFrom(...TLS_MODES),
    mids: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(
      fc.array(connection, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (connections, choice) => {
        const expected = new Map<number, Set<boolean>>();
        const stories = connections.map(({ event, mode, mids }, index): DeliveryEvent[] => {
          const dcid = index + 1;
          const session = judged({ event: mode === 'no' ? 'E2' : event, mode, facts: { dcid } });
          const story: DeliveryEvent[] = [{ kind: 'connection-opened', at: AT, ...FACTS, dcid }, session];
          const { kind } = session.decision;
          if (kind === 'clear' || kind === 'encrypted') {
            for (const mid of mids) {
              story.push({ kind: 'delivery-started', at: AT, dcid, mid, rids: [0] });
              story.push({ kind: 'message-done', at: AT, dcid, mid, rids: [0], response: '2.0.0 ok' });
              expected.set(mid, (expected.get(mid) ?? new Set()).add(kind === 'encrypted'));
            }
          }
          story.push({ kind: 'connection-closed', at: AT, dcid });
          return story;
        });
        const log: string[] = [];
        for (
          let left = stories.filter(({ length }) => length > 0);
          left.length > 0;
          left = left.filter(({ length }) => length > 0)
        ) {
          const next = left[choice.next().value % left.length]?.shift();
          if (next !== undefined) log.push(...mailLogLines(next));
        }
        const found = tlsByMessage(log.join('\n'));
        assert.equal(found.size, expected.size);
        for (const [mid, ways] of expected) {
          assert.equal(found.get(mid), ways.size === 2 ? 'partly' : ways.has(true) ? 'tls' : 'clear');
        }
      },
    ),
    { numRuns: 200 },
  );
});
