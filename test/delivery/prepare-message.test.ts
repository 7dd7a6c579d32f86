/** What a message is made into at the door, and what is not let in. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';
import {
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_LINE_BYTES,
  type MessageEnvelope,
  type PreparedMessage,
  prepareMessage,
} from '../../src/delivery/prepare-message.ts';

const PASSING: MessageEnvelope = { sender: 'a@example.net', recipients: ['b@example.com'], submission: null };
const SUBMITTED: MessageEnvelope = {
  ...PASSING,
  submission: { now: Date.UTC(2026, 10, 23, 9, 8, 7), domain: 'sender.example.net', random: seededRandom(1) },
};

function prepared(text: string | Buffer, envelope = PASSING): PreparedMessage {
  const message = prepareMessage(Buffer.from(text), envelope);
  assert.ok(message.ok, JSON.stringify(message));
  return message.value;
}

function textOf({ bytes }: PreparedMessage): string {
  return Buffer.from(bytes).toString('latin1');
}

test('bare line ends become CRLF, however they are mixed, and nothing else changes (S-MX-15)', () => {
  assert.equal(textOf(prepared('A: b\n\nx\ry\r\nz\n.\rw')), 'A: b\r\n\r\nx\r\ny\r\nz\r\n.\r\nw\r\n');
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\r', '\n', '\r\n', '.', 'x', ': '), { maxLength: 40 }), (pieces) => {
      const written = `A: b\r\n\r\n${pieces.join('')}`;
      const text = textOf(prepared(written));
      assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)/);
      assert.equal(text.replaceAll('\r\n', ''), written.replace(/[\r\n]/g, ''));
      assert.ok(text.endsWith('\r\n'));
    }),
  );
});

test('a line of 998 octets goes, one of 999 does not, and the fault names it (S-MX-15)', () => {
  const long = 'x'.repeat(MAX_MESSAGE_LINE_BYTES);
  assert.ok(textOf(prepared(`A: b\n\n${long}`)).includes(long));
  const longer = prepareMessage(Buffer.from(`A: b\n\n${long}x\n`), PASSING);
  assert.deepEqual(longer, { ok: false, failure: { kind: 'line-too-long', line: 3, limit: MAX_MESSAGE_LINE_BYTES } });
});

test('nothing, NUL and more than we carry are refused', () => {
  const faultOf = (bytes: Buffer): string => {
    const message = prepareMessage(bytes, PASSING);
    return message.ok ? 'none' : message.failure.kind;
  };
  assert.equal(faultOf(Buffer.alloc(0)), 'empty');
  assert.equal(faultOf(Buffer.from('A: b\n\n\0')), 'nul');
  assert.equal(faultOf(Buffer.alloc(MAX_MESSAGE_BYTES + 1, '\n')), 'too-large');
});

test('a submission gets the Date and the Message-ID it lacks, and keeps those it has', () => {
  const added = prepared('Subject: hi\n\nx\n', SUBMITTED);
  assert.match(
    textOf(added),
    /^Message-ID: <[a-z0-9.]{20,}@sender\.example\.net>\r\nDate: Mon, 23 Nov 2026 09:08:07 \+0000\r\nSubject: hi\r\n\r\nx\r\n$/,
  );
  assert.match(added.messageId ?? '', /^<.*@sender\.example\.net>$/);
  assert.equal(added.subject, 'hi');
  const own = 'MESSAGE-ID: <1@x>\r\ndate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nx\r\n';
  assert.equal(textOf(prepared(own, SUBMITTED)), own);
  assert.equal(textOf(prepared('Subject: hi\n\nx\n')), 'Subject: hi\r\n\r\nx\r\n', 'what passes through gets nothing');
});

test('a text without header gets one, with the empty line between them', () => {
  assert.match(
    textOf(prepared('just words\nin lines\n', SUBMITTED)),
    /^Message-ID: .*\r\nDate: .*\r\n\r\njust words\r\n/,
  );
  assert.equal(textOf(prepared('A: b\nno field\n')), 'A: b\r\n\r\nno field\r\n');
});

test('eight bits, and what needs SMTPUTF8, are seen (S-EXT-3, S-EXT-4)', () => {
  const options = (text: string, envelope = PASSING) => prepared(text, envelope).options;
  assert.deepEqual([options('A: b\n\nx').eightBit, options('A: b\n\nx').international], [false, false]);
  assert.deepEqual([options('A: b\n\nü').eightBit, options('A: b\n\nü').international], [true, false]);
  assert.deepEqual([options('A: ü\n\nx').eightBit, options('A: ü\n\nx').international], [true, true]);
  assert.equal(options('A: b\n\nx', { ...PASSING, recipients: ['jürgen@example.com'] }).international, true);
});

test('TLS-Required: No is read, alone and not against REQUIRETLS (S-RTLS-7)', () => {
  const optional = (text: string, envelope = PASSING) => prepared(text, envelope).options.tlsOptional;
  assert.equal(optional('TLS-Required: No\n\nx'), true);
  assert.equal(optional('tls-required:\n no\n\nx'), true);
  assert.equal(optional('TLS-Required: Yes\n\nx'), false);
  assert.equal(optional('TLS-Required: No\nTLS-Required: No\n\nx'), false);
  assert.equal(optional('A: b\n\nTLS-Required: No\n'), false);
  assert.equal(optional('TLS-Required: No\n\nx', { ...PASSING, requireTls: true }), false);
});
