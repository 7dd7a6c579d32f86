import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { composeDsn, type DsnOptions } from '../../src/delivery/dsn.ts';
import type { RecipientOutcome } from '../../src/delivery/hand-over.ts';
import type { ClaimedMessage, ClaimedRecipient } from '../../src/delivery/queue-store.ts';
import { DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';
import { NO_OPTIONS } from '../support/options.ts';

const AT = Date.UTC(2026, 10, 23, 10, 0, 0);

const RECIPIENT: ClaimedRecipient = {
  rid: 0,
  address: 'ben@example.net',
  notify: null,
  orcpt: null,
  attempts: 0,
  delayWarnings: 0,
  lastWarningAt: null,
  last: null,
};

const REFUSED: RecipientOutcome = {
  rid: 0,
  address: 'ben@example.net',
  result: 'failed',
  channel: 'none',
  verified: null,
  host: 'mx.example.net',
  ip: '192.0.2.25',
  dcid: 7,
  status: '5.1.1',
  reason: 'Bad destination mailbox address',
  reply: { code: '550', lines: ['5.1.1 No such user here'] },
  category: '5xx',
  possible: false,
  because: ['encrypted with TLSv1.3', 'RCPT was answered 550 5.1.1 No such user here'],
};

const TEXT = 'From: ann@example.com\r\nSubject: Lunch\r\nMessage-ID: <one@example.com>\r\n\r\nAt noon?\r\n';

function messageOf(changes: Partial<ClaimedMessage> = {}): ClaimedMessage {
  return {
    mid: 12,
    attemptId: 3,
    sender: 'ann@example.com',
    options: NO_OPTIONS,
    acceptedAt: AT - 3_600_000,
    gateway: null,
    bytes: Buffer.from(TEXT),
    recipients: [RECIPIENT],
    ...changes,
  };
}

function dsn(changes: Partial<DsnOptions> = {}) {
  return composeDsn({
    kind: 'failed',
    message: messageOf(),
    notices: [{ recipient: RECIPIENT, outcome: REFUSED, retryUntil: null }],
    profile: DEFAULT_BOUNCE_SETTINGS,
    reportingMta: 'mail.example.com',
    at: AT,
    unique: '0123456789abcdef0123',
    destinationOf: (address) => address.split('@')[1] ?? '',
    ...changes,
  });
}

const textOf = (changes: Partial<DsnOptions> = {}): string => Buffer.from(dsn(changes)?.bytes ?? []).toString();

test('a bounce goes from nobody to the envelope sender, and nobody is told about it in turn (R109)', () => {
  const bounce = dsn();
  assert.equal(bounce?.sender, '');
  assert.deepEqual(bounce?.recipients, [
    { address: 'ann@example.com', notify: ['NEVER'], orcpt: null, destination: 'example.com' },
  ]);
  assert.equal(dsn({ message: messageOf({ sender: '' }) }), null, 'a bounce never bounces');
});

test('it has its three parts: words, facts and the message (R109, S-DSN-1)', () => {
  const text = textOf();
  assert.match(text, /^Content-Type: multipart\/report; report-type=delivery-status;\r\n boundary=/m);
  assert.match(text, /^Auto-Submitted: auto-replied\r$/m);
  assert.match(text, /^In-Reply-To: <one@example\.com>\r$/m);
  for (const field of [
    'Reporting-MTA: dns; mail.example.com',
    'Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000',
    'Final-Recipient: rfc822; ben@example.net',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mx.example.net (192.0.2.25)',
    'Diagnostic-Code: smtp; 550 5.1.1 No such user here',
    'Last-Attempt-Date: Mon, 23 Nov 2026 10:00:00 +0000',
  ]) {
    assert.ok(text.includes(`\r\n${field}\r\n`), field);
  }
  assert.ok(text.includes(`Content-Type: message/rfc822\r\n\r\n${TEXT}`));
});

test('the words say what happened, with whom, what it means and what to do', () => {
  const text = textOf().replace(/\r\n {16}/g, ' ');
  assert.match(text, /Your message "Lunch"/);
  assert.match(text, /With: {7}mx\.example\.net \[192\.0\.2\.25\]/);
  assert.match(text, /It said: {4}550 5\.1\.1 No such user here/);
  assert.match(text, /Meaning: {4}There is no such mailbox\./);
  assert.match(text, /To do: {6}Check the part before the @/);
});

test('up to its limit a message goes back whole, a larger one as its header, and a large header is cut (R110)', () => {
  const body = `${TEXT}${'x'.repeat(70)}\r\n`.padEnd(DEFAULT_BOUNCE_SETTINGS.maxBounceCopy, 'y');
  assert.match(textOf({ message: messageOf({ bytes: Buffer.from(body) }) }), /message\/rfc822/);
  const large = textOf({ message: messageOf({ bytes: Buffer.from(`${body}z`) }) });
  assert.match(large, /Content-Type: text\/rfc822-headers\r\n\r\nFrom: ann@example\.com\r\n/);
  assert.doesNotMatch(large, /At noon/);
  const header = `${'X-Filler: 0123456789\r\n'.repeat(1_000)}\r\nbody\r\n`;
  const cut = textOf({ message: messageOf({ bytes: Buffer.from(header) }) });
  const kept = cut.slice(cut.indexOf('X-Filler'), cut.lastIndexOf('\r\n--'));
  assert.ok(kept.length <= DEFAULT_BOUNCE_SETTINGS.maxBounceCopy, `${kept.length}`);
  assert.ok(kept.trimEnd().endsWith('X-Filler: 0123456789'), 'no half line');
});

test('RET=HDRS and REQUIRETLS bring the header alone, and the latter binds the bounce as well (S-RTLS-6)', () => {
  const options = messageOf().options;
  assert.match(textOf({ message: messageOf({ options: { ...options, ret: 'HDRS' } }) }), /text\/rfc822-headers/);
  const secret = dsn({ message: messageOf({ options: { ...options, requireTls: true } }) });
  assert.match(Buffer.from(secret?.bytes ?? []).toString(), /text\/rfc822-headers/);
  assert.equal(secret?.options.requireTls, true);
});

test('what the submitter asked for is honoured: NEVER, FAILURE, DELAY, SUCCESS (S-DSN-2)', () => {
  const about = (kind: DsnOptions['kind'], notify: ClaimedRecipient['notify']): boolean =>
    dsn({ kind, notices: [{ recipient: { ...RECIPIENT, notify }, outcome: REFUSED, retryUntil: null }] }) !== null;
  assert.deepEqual(
    (['failed', 'delayed', 'relayed'] as const).map((kind) =>
      [null, ['NEVER'], ['FAILURE'], ['DELAY'], ['SUCCESS']].map((notify) =>
        about(kind, notify as ClaimedRecipient['notify']),
      ),
    ),
    [
      [true, false, true, false, false],
      [true, false, false, true, false],
      [false, false, false, false, true],
    ],
  );
});

test('bounces can be turned off, and can go to somebody else', () => {
  assert.equal(dsn({ profile: { ...DEFAULT_BOUNCE_SETTINGS, sendHardBounces: false } }), null);
  const bounceTo = 'bounces@example.org';
  assert.equal(dsn({ profile: { ...DEFAULT_BOUNCE_SETTINGS, bounceTo } })?.recipients[0]?.address, bounceTo);
});

test('a delay says until when it is tried, and has another key for each attempt (R111)', () => {
  const notices = [{ recipient: { ...RECIPIENT, attempts: 1 }, outcome: REFUSED, retryUntil: AT + 86_400_000 }];
  const text = textOf({ kind: 'delayed', notices });
  assert.ok(text.includes('\r\nAction: delayed\r\n') && text.includes('\r\nStatus: 4.1.1\r\n'));
  assert.ok(text.includes('\r\nWill-Retry-Until: Tue, 24 Nov 2026 10:00:00 +0000\r\n'));
  assert.equal(dsn({ kind: 'delayed', notices })?.idempotencyKey, 'dsn:delayed:12:0:1');
});

test('no reply, subject or address can add a field, a part or a line that is too long', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 2_000 });
  fc.assert(
    fc.property(hostile, hostile, (reply, subject) => {
      const outcome = { ...REFUSED, reply: { code: '550', lines: [reply, '\r\n\r\nAction: delivered'] } };
      const bytes = Buffer.from(`Subject: ${subject.replace(/[\r\n]/g, '')}\r\n\r\ntext\r\n`);
      const text = textOf({
        message: messageOf({ bytes, options: { ...messageOf().options, ret: 'HDRS' } }),
        notices: [{ recipient: RECIPIENT, outcome, retryUntil: null }],
      });
      const facts = /Content-Type: message\/delivery-status\r\n\r\n(.*?)\r\n--=_/s.exec(text)?.[1] ?? '';
      assert.match(facts, /^[\x20-\x7e\r\n]+$/);
      assert.equal(facts.split('\r\n').filter((line) => line.startsWith('Action:')).length, 1);
      assert.ok(facts.split('\r\n').every((line) => line.length <= 998));
      const [words = ''] = text.split('Content-Type: message/delivery-status');
      assert.ok(words.split('\r\n').every((line) => line.length <= 998));
    }),
    { numRuns: 200 },
  );
});
