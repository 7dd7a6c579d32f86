import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_COMMAND_LINE_BYTES, parseCommand, type SmtpCommand, writeCommand, xtext } from '../../src/smtp/command.ts';

describe('a command', () => {
  const written: readonly (readonly [SmtpCommand, string])[] = [
    [{ verb: 'EHLO', name: 'tester.example.net' }, 'EHLO tester.example.net'],
    [{ verb: 'HELO', name: '[192.0.2.1]' }, 'HELO [192.0.2.1]'],
    [{ verb: 'STARTTLS' }, 'STARTTLS'],
    [{ verb: 'MAIL', path: '', parameters: [] }, 'MAIL FROM:<>'],
    [
      {
        verb: 'MAIL',
        path: 'a@example.com',
        parameters: [
          { keyword: 'SIZE', value: '1000' },
          { keyword: 'SMTPUTF8', value: null },
        ],
      },
      'MAIL FROM:<a@example.com> SIZE=1000 SMTPUTF8',
    ],
    [{ verb: 'RCPT', path: '"a > b"@example.com', parameters: [] }, 'RCPT TO:<"a > b"@example.com>'],
    [{ verb: 'AUTH', mechanism: 'PLAIN', initialResponse: 'AGEAYg==' }, 'AUTH PLAIN AGEAYg=='],
    [{ verb: 'AUTH', mechanism: 'LOGIN', initialResponse: null }, 'AUTH LOGIN'],
    [{ verb: 'BDAT', octets: 1000, last: true }, 'BDAT 1000 LAST'],
    [{ verb: 'NOOP', argument: '' }, 'NOOP'],
    [{ verb: 'VRFY', argument: 'someone' }, 'VRFY someone'],
    [{ verb: 'QUIT' }, 'QUIT'],
  ];

  for (const [command, line] of written) {
    it(`is written and read back: ${line}`, () => {
      assert.equal(writeCommand(command), line);
      assert.deepEqual(parseCommand(line), { ok: true, value: command });
    });
  }

  it('never holds a line break or NUL: nothing smuggles a second command in (S-MX-15)', () => {
    for (const bad of ['\r', '\n', '\0', '\r\nDATA']) {
      const commands: readonly SmtpCommand[] = [
        { verb: 'EHLO', name: `a${bad}b` },
        { verb: 'MAIL', path: `a${bad}@example.com`, parameters: [] },
        { verb: 'RCPT', path: 'a@example.com', parameters: [{ keyword: 'X', value: `1${bad}` }] },
        { verb: 'NOOP', argument: bad },
      ];
      for (const command of commands) assert.throws(() => writeCommand(command), /line break/);
    }
    assert.throws(() => writeCommand({ verb: 'EHLO', name: 'x'.repeat(MAX_COMMAND_LINE_BYTES) }), /too long/);
  });

  it('is read as people and old clients write it', () => {
    const from = (path: string, parameters: readonly { keyword: string; value: string | null }[] = []) => ({
      ok: true,
      value: { verb: 'MAIL', path, parameters },
    });
    assert.deepEqual(parseCommand('mail from: <a@example.com>'), from('a@example.com'));
    assert.deepEqual(parseCommand('MAIL FROM:<@a.example,@b.example:c@example.com>'), from('c@example.com'));
    assert.deepEqual(
      parseCommand('MAIL FROM:<a@example.com>  body=8BITMIME '),
      from('a@example.com', [{ keyword: 'BODY', value: '8BITMIME' }]),
    );
    assert.deepEqual(parseCommand('quit  '), { ok: true, value: { verb: 'QUIT' } });
  });

  it('that is unknown or malformed is told apart', () => {
    const kind = (line: string): string => {
      const parsed = parseCommand(line);
      return parsed.ok ? 'ok' : parsed.failure.kind;
    };
    for (const line of ['FOO', '', ' ', '\x16\x03\x01', 'GET / HTTP/1.1']) assert.equal(kind(line), 'unknown-command');
    for (const line of [
      'EHLO',
      'EHLO a b',
      'MAIL',
      'MAIL TO:<a@b>',
      'MAIL FROM:a@example.com',
      'MAIL FROM:<a@b',
      'MAIL FROM:<a b@c>',
      'RCPT TO:<>',
      'RCPT TO:<a@b> =x',
      'MAIL FROM:<a@b>x',
      'STARTTLS now',
      'DATA x',
      'AUTH',
      'BDAT x',
    ]) {
      assert.equal(kind(line), 'bad-syntax', line);
    }
  });

  it('of any sort from a stranger is read or refused, and what is read can be written', () => {
    const word = fc.constantFrom(
      'MAIL',
      'RCPT',
      ' ',
      'FROM:',
      'TO:',
      '<',
      '>',
      'a@b',
      '"',
      '\\',
      '=',
      'EHLO',
      '\r',
      '@c:',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const parsed = parseCommand(words.join(''));
        if (parsed.ok) assert.doesNotMatch(writeCommand(parsed.value), /[\r\n\0]/);
      }),
      { numRuns: 1000 },
    );
  });

  it('has parameter values in xtext', () => {
    assert.equal(xtext('a+b=c d'), 'a+2Bb+3Dc+20d');
  });
});
