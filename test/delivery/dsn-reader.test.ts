import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { composeDsn } from '../../src/delivery/dsn.ts';
import { MAX_FIELD_LENGTH, MAX_READ_RECIPIENTS, readDeliveryStatus, readDsn } from '../../src/delivery/dsn-reader.ts';
import type { RecipientOutcome } from '../../src/delivery/hand-over.ts';
import type { ClaimedMessage, ClaimedRecipient } from '../../src/delivery/queue-store.ts';
import { DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';

const AT = Date.UTC(2026, 10, 23, 10, 0, 0);
const TEXT = 'From: ann@example.com\r\nSubject: Lunch\r\n\r\nAt noon?\r\n';

/** What we write about one recipient, read again. */
async function throughOurOwn(address: string, said: string, international: boolean, orcpt: string | null) {
  const recipient: ClaimedRecipient = {
    rid: 0,
    address,
    notify: null,
    orcpt,
    attempts: 1,
    delayWarnings: 0,
    lastWarningAt: null,
    last: null,
  };
  const outcome: RecipientOutcome = {
    rid: 0,
    address,
    result: 'deferred',
    channel: 'none',
    verified: null,
    host: 'mx.example.net',
    ip: '192.0.2.25',
    dcid: 7,
    status: '4.2.2',
    reason: 'Mailbox full',
    reply: { code: '452', lines: [said] },
    category: '4xx',
    possible: false,
    because: [],
  };
  const message: ClaimedMessage = {
    mid: 12,
    attemptId: 3,
    sender: 'ann@example.com',
    options: { eightBit: false, international, requireTls: false, tlsOptional: false, ret: null, envid: 'QQ314159' },
    acceptedAt: AT - 3_600_000,
    gateway: null,
    bytes: Buffer.from(TEXT),
    recipients: [recipient],
  };
  const written = composeDsn({
    kind: 'delayed',
    message,
    notices: [{ recipient, outcome, retryUntil: AT + 86_400_000 }],
    profile: DEFAULT_BOUNCE_SETTINGS,
    reportingMta: 'mail.example.com',
    at: AT,
    unique: '0123456789abcdef0123',
    destinationOf: () => 'example.com',
  });
  assert.ok(written !== null);
  const read = await readDsn(written.bytes);
  assert.ok(read.ok);
  return read.value;
}

test('what we write is read with every field it has (S-DSN-1)', async () => {
  const { original, ...read } = await throughOurOwn('ben@example.net', '4.2.2 Full', false, 'rfc822;b+2Bn@example.org');
  assert.deepEqual(read, {
    reportingMta: { type: 'dns', text: 'mail.example.com' },
    envelopeId: 'QQ314159',
    arrivedAt: AT - 3_600_000,
    recipients: [
      {
        originalRecipient: { type: 'rfc822', text: 'b+2Bn@example.org' },
        finalRecipient: { type: 'rfc822', text: 'ben@example.net' },
        action: 'delayed',
        status: '4.2.2',
        diagnosticCode: { type: 'smtp', text: '452 4.2.2 Full' },
        remoteMta: { type: 'dns', text: 'mx.example.net (192.0.2.25)' },
        lastAttemptAt: AT,
        retryUntil: AT + 86_400_000,
      },
    ],
  });
  assert.equal(original?.isWhole, true);
  assert.equal(
    Buffer.from(original?.bytes ?? [])
      .toString()
      .trimEnd(),
    TEXT.replaceAll('\r', '').trimEnd(),
  );
});

test('addresses beyond ASCII survive in a DSN that may hold them and in one that may not (S-DSN-4)', async () => {
  for (const international of [true, false]) {
    const { recipients } = await throughOurOwn('bén@exämple.net', 'no', international, null);
    assert.deepEqual(recipients[0]?.finalRecipient, { type: 'utf-8', text: 'bén@exämple.net' }, `${international}`);
  }
});

test('whatever a server said, the other fields come through as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (said) => {
      const { recipients } = await throughOurOwn('ben@example.net', said, false, null);
      assert.equal(recipients.length, 1);
      assert.deepEqual([recipients[0]?.action, recipients[0]?.status], ['delayed', '4.2.2']);
    }),
    { numRuns: 20 },
  );
});

const read = (text: string) => readDeliveryStatus(Buffer.from(text));

test('folded fields, odd cases, comments, bare line ends and missing empty lines are taken as meant', () => {
  const { reportingMta, recipients } = read(
    'REPORTING-MTA : dns;mx.example.net\nFinal-Recipient: RFC822;<ben@example.net>\nAction: Failed (for good)\n' +
      'Status: 5.1.1 (no such user)\nDiagnostic-Code: smtp;\n 550\n\tno; really\nFinal-recipient: rfc822; eve@example.net\nStatus: none\n',
  );
  assert.deepEqual(reportingMta, { type: 'dns', text: 'mx.example.net' });
  assert.deepEqual(
    recipients.map(({ finalRecipient, action, status, diagnosticCode }) => [
      finalRecipient?.text,
      action,
      status,
      diagnosticCode?.text ?? null,
    ]),
    [
      ['ben@example.net', 'failed', '5.1.1', '550 no; really'],
      ['eve@example.net', null, null, null],
    ],
  );
});

test('a text without a type has none, and a status that is none is not read out of a longer number', () => {
  const { recipients } = read(
    'Final-Recipient: ben@example.net\nStatus: 15.1.1\nDiagnostic-Code: Sorry, no; try later\n',
  );
  assert.deepEqual(recipients[0]?.finalRecipient, { type: null, text: 'ben@example.net' });
  assert.deepEqual(recipients[0]?.diagnosticCode, { type: null, text: 'Sorry, no; try later' });
  assert.equal(recipients[0]?.status, null);
});

test('recipients and the length of fields are bounded', () => {
  const one = 'Final-Recipient: rfc822; ben@example.net\n\n';
  assert.equal(read(one.repeat(MAX_READ_RECIPIENTS + 5)).recipients.length, MAX_READ_RECIPIENTS);
  const long = read(`${one.trimEnd()}\nDiagnostic-Code: smtp; ${'x'.repeat(9_000)}\n${' more\n'.repeat(5_000)}`);
  assert.ok((long.recipients[0]?.diagnosticCode?.text.length ?? 0) <= MAX_FIELD_LENGTH);
});

test('mail that is no DSN is told apart', async () => {
  const kindOf = async (text: string) => {
    const outcome = await readDsn(Buffer.from(text));
    return outcome.ok ? 'dsn' : outcome.failure.kind;
  };
  assert.equal(await kindOf(TEXT), 'no-status');
  const report = (status: string) =>
    `Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${status}\r\n--b--\r\n`;
  assert.equal(await kindOf(report('Reporting-MTA: dns; mx.example.net\r\n')), 'no-status');
  assert.equal(await kindOf(report('Final-Recipient: rfc822; ben@example.net\r\n')), 'dsn');
});

test('no octets whatever make the reader throw', async () => {
  const head = 'Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n';
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 800 }), fc.boolean(), async (octets, framed) => {
      const outcome = await readDsn(framed ? Buffer.concat([Buffer.from(head), octets]) : octets);
      assert.equal(typeof outcome.ok, 'boolean');
    }),
    { numRuns: 100 },
  );
});
