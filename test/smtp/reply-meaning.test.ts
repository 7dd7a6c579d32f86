import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { enhancedStatusOf, type SmtpReply } from '../../src/smtp/reply.ts';
import { MAX_JUDGED_CHARACTERS, MAX_RETRY_AFTER_S, meaningOf } from '../../src/smtp/reply-meaning.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

/** A reply as it stands in a log: the code, then the text of each line. */
function reply(text: string): SmtpReply {
  const code = Number(text.slice(0, 3));
  const lines = text
    .slice(4)
    .split(/\n/)
    .map((line) => line.replace(/^\d{3}[- ]/, ''));
  return { code, lines, enhancedStatus: enhancedStatusOf(code, lines[0] ?? '') };
}

function told(text: string): string {
  const meaning = meaningOf(reply(text));
  if (meaning === null) return 'nothing';
  return [meaning.kind, meaning.act, meaning.list ?? '', meaning.retryAfter ?? ''].join(' ').replace(/ +/g, ' ').trim();
}

/** Texts as servers and filters in wide use send them, and what they mean. */
const KNOWN: readonly (readonly [who: string, text: string, meaning: string])[] = [
  [
    'a greylister that names the wait',
    '450 4.2.0 <a@b.test>: Recipient address rejected: Greylisted for 5 minutes',
    'greylisted nobody 300',
  ],
  [
    'a greylister with a clock',
    '451 4.7.1 Greylisting in action, please come back in 00:05:00',
    'greylisted nobody 300',
  ],
  ['a greylister in British spelling, in seconds', '451 greylisted, try again in 120 seconds', 'greylisted nobody 120'],
  ['a greylister in the plain form', '451 4.7.1 graylisted, try again in a minute', 'greylisted nobody 60'],
  ['a greylister that says only later', '451 4.7.1 Try again later', 'greylisted nobody'],
  ['the tar pit of a BSD', '451 Temporary failure, please try again later.', 'greylisted nobody'],
  ['a gate that has just tested the client', '450 4.3.2 Service currently unavailable', 'greylisted nobody'],
  ['too many connections', '421 4.7.0 mx.b.test Error: too many connections from 192.0.2.1', 'rate-limited nobody'],
  ['too many sessions', '421 Too many concurrent SMTP connections; please try again later.', 'rate-limited nobody'],
  ['a rate of connections', '421 4.3.2 Connection rate limit exceeded.', 'rate-limited nobody'],
  [
    'a mailbox provider with a code',
    '421 4.7.28 Our system has detected an unusual rate of mail from you',
    'rate-limited nobody',
  ],
  ['a busy farm', '451 4.7.500 Server busy. Please try again later from 192.0.2.1', 'rate-limited nobody'],
  [
    'a named zone',
    '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query',
    'blocklisted us zen.spamhaus.org',
  ],
  [
    'a page instead of a zone',
    '554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1',
    'blocklisted us ipcheck.proofpoint.com',
  ],
  ['a list without a name', '550 5.7.1 your IP address is on our block list (S3140)', 'blocklisted us'],
  [
    'a reputation',
    "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation",
    'blocklisted us',
  ],
  [
    'no reverse name',
    '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]',
    'reverse-dns-wanted us',
  ],
  [
    'no reverse name, older',
    '450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]',
    'reverse-dns-wanted us',
  ],
  ['no PTR', '550-5.7.25 [192.0.2.1] The IP address has no\n550-5.7.25 PTR record', 'reverse-dns-wanted us'],
  [
    'a name in HELO that is none',
    '504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname',
    'helo-refused us',
  ],
  [
    'a name in HELO that does not exist',
    '450 4.7.1 <x.test>: Helo command rejected: Host not found',
    'helo-refused us',
  ],
  ['a syntactically wrong HELO', '501 Syntactically invalid HELO argument(s)', 'helo-refused us'],
  [
    'a sender domain',
    '553 5.1.8 <a@x.test>... Domain of sender address a@x.test does not exist',
    'sender-not-verified us',
  ],
  ['a call back', '550-Verification failed for <a@x.test>\n550 Sender verify failed', 'sender-not-verified us'],
  ['SPF by its status', '550 5.7.23 rejected', 'sender-not-verified us'],
  ['a quota', '552 5.2.2 Over quota', 'mailbox-full them'],
  ['a full mailbox', '452 4.2.2 <a@b.test>: mailbox full', 'mailbox-full them'],
  ['a demand for TLS', '530 5.7.0 Must issue a STARTTLS command first', 'tls-wanted us'],
  ['a demand for TLS by its status', '550 5.7.10 no', 'tls-wanted us'],
  // What must not be mistaken for any of them.
  ['a demand for a password', '530 5.7.0 Authentication required', 'nothing'],
  ['a user that does not exist', '550 5.1.1 <a@b.test>: Recipient address rejected: User unknown', 'nothing'],
  ['a relay that is denied', '554 5.7.1 <a@b.test>: Relay access denied', 'nothing'],
  ['TLS that is out of order', '454 4.7.0 TLS not available due to temporary reason', 'nothing'],
  ['a mailbox that cannot be reached', '550 Requested action not taken: mailbox unavailable', 'nothing'],
  ['a full disk of the server', '452 4.3.1 Insufficient system storage', 'nothing'],
  ['a message that is too large', '552 5.3.4 Message size exceeds fixed limit', 'nothing'],
  ['a refusal without a reason', '554 no', 'nothing'],
  ['a greeting that is fine', '220 mx.b.test ESMTP greylisting enabled', 'nothing'],
];

describe('what a refusal means', () => {
  for (const [who, text, meaning] of KNOWN) {
    it(`${who}: ${meaning}`, () => assert.equal(told(text), meaning));
  }

  it('is the same whatever the case, the lines and the statuses repeated on each', () => {
    assert.equal(told('450-4.2.0 PLEASE COME BACK:\n450 4.2.0 GREYLISTED'), 'greylisted nobody');
  });

  it('believes no wait that is longer than a day, and none of zero', () => {
    assert.equal(meaningOf(reply('451 greylisted for 900000 seconds'))?.retryAfter, null);
    assert.equal(meaningOf(reply('451 greylisted for 0 seconds'))?.retryAfter, null);
    assert.equal(meaningOf(reply(`451 greylisted for ${MAX_RETRY_AFTER_S} s`))?.retryAfter, MAX_RETRY_AFTER_S);
  });

  it('is read from the beginning of a text alone', () => {
    const padding = 'x'.repeat(MAX_JUDGED_CHARACTERS);
    assert.equal(told(`451 ${padding} greylisted`), 'nothing');
    assert.equal(told(`451 greylisted ${padding}`), 'greylisted nobody');
  });

  it('is found quickly in whatever a stranger writes, and never for a good answer', () => {
    const words = fc.constantFrom(
      'helo name ',
      'mailbox ',
      'blocked using ',
      'a.',
      'https://',
      'requires ',
      '0:',
      '1',
      ' ',
      '<',
      'x',
    );
    const text = fc.array(words, { maxLength: 400 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), text, (code, line) => {
        let meaning: ReturnType<typeof meaningOf> = null;
        const cost = cpuMsOf(() => {
          meaning = meaningOf({ code, lines: [line], enhancedStatus: null });
        });
        assert.ok(cost < 50, `${cost} ms`);
        if (code < 400) assert.equal(meaning, null);
      }),
      { numRuns: 500 },
    );
  });
});
