import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { succeeded } from '../../src/base/outcome.ts';
import { reply, writeServerReply } from '../../src/smtp/server-reply.ts';
import { ServerSession, type ServerTerms, type Step } from '../../src/smtp/server-session.ts';

const TERMS: ServerTerms = {
  hostname: 'mx.example',
  tls: 'preferred',
  maxMessageBytes: 1_000,
  maxRecipients: 3,
  maxMessages: 2,
};

function session(terms: Partial<ServerTerms> = {}): ServerSession {
  return new ServerSession({ ...TERMS, ...terms }, { sender: () => null, recipient: (address) => succeeded(address) });
}

const said = (each: ServerSession, line: string): Step => each.command({ bytes: Buffer.from(line), ending: 'crlf' });

const WORDS = [
  'EHLO a.example',
  'HELO a.example',
  'MAIL FROM:<a@b.example>',
  'MAIL FROM:<>',
  'RCPT TO:<c@d.example>',
  'DATA',
  'RSET',
  'NOOP',
  'STARTTLS',
  'VRFY x',
  'FOO',
  '(handshake)',
  '(message)',
];

test('whatever is said in whatever order: text is read only behind sender and recipients, TLS begins once, clear mail never where TLS is required (R128, R129)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('off', 'preferred', 'required'),
      fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }),
      (tls, words) => {
        const each = session({ tls });
        let last: Step | null = null;
        for (const word of words) {
          if (last?.next === 'close') break;
          if (word === '(handshake)') {
            if (last?.next !== 'start-tls') continue;
            each.tlsEstablished();
            assert.deepEqual([each.client, each.transaction], [null, null]);
            last = null;
          } else if (word === '(message)') {
            if (last?.next !== 'data') continue;
            last = each.messageDone(reply(250, '2.0.0', 'ok'));
            assert.equal(each.transaction, null);
          } else if (last?.next !== 'data' && last?.next !== 'start-tls') last = said(each, word);
          else continue;
          if (last?.next === 'data') assert.ok((each.transaction?.recipients.length ?? 0) > 0);
          if (last?.next === 'start-tls') assert.ok(!each.encrypted && tls !== 'off');
          if (tls === 'required' && !each.encrypted) assert.equal(each.transaction, null);
          if (last !== null) {
            for (const line of writeServerReply(last.reply).split('\r\n').slice(0, -1)) {
              assert.match(line, /^[2-5]\d\d[ -](?:[245]\.\d+\.\d+ )?[ -~]*$/);
            }
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a reply never holds more lines than it has, whatever stands in its text', () => {
  assert.equal(
    writeServerReply(reply(550, '5.7.1', 'a\r\n250 ok', 'b')),
    '550-5.7.1 a\\x0d\\x0a250 ok\r\n550 5.7.1 b\r\n',
  );
  assert.ok(writeServerReply(reply(550, '5.7.1', 'x'.repeat(2_000))).length <= 512);
});

test('who puts off, and who is put off, is borne longer than who is wrong', () => {
  const each = session({ maxRecipients: 1 });
  said(each, 'EHLO a.example');
  said(each, 'MAIL FROM:<>');
  for (let count = 0; count < 1_000; count++) {
    assert.equal(said(each, `RCPT TO:<r${count}@d.example>`).reply.code, count === 0 ? 250 : 452);
  }
  assert.equal(said(each, 'DATA').next, 'data');
});
