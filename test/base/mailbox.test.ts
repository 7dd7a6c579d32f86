import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeMailboxFault, parseMailbox } from '../../src/base/mailbox.ts';

describe('a mailbox', () => {
  for (const [typed, is] of [
    ['ann@example.com', 'ann@example.com'],
    ['Ann.B+tag@EXAMPLE.com', 'Ann.B+tag@example.com'],
    ['"a b"@example.com', '"a b"@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['jürgen@bücher.example', 'jürgen@xn--bcher-kva.example'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['ann@[IPv6:2001:db8::1]', 'ann@[IPv6:2001:db8::1]'],
    ['', 'empty'],
    ['ann', 'no-at'],
    ['a@b@example.com', 'several-ats'],
    ['@example.com', 'bad-local-part'],
    ['ann@', 'bad-domain'],
    ['.ann@example.com', 'bad-local-part'],
    ['a b@example.com', 'bad-local-part'],
    ['ann@[1.2.3]', 'bad-literal'],
    ['ann\r\nRCPT TO:<x>@example.com', 'bad-character'],
    [`${'a'.repeat(65)}@example.com`, 'bad-local-part'],
    [`${'a'.repeat(60)}@${'b.'.repeat(100)}example.com`, 'too-long'],
  ] as const) {
    it(`${JSON.stringify(typed.slice(0, 40))} is ${is} (R5)`, () => {
      const mailbox = parseMailbox(typed);
      assert.equal(mailbox.ok ? mailbox.value.text : mailbox.failure.kind, is);
      if (!mailbox.ok) assert.match(describeMailboxFault(mailbox.failure), /^[^\r\n\0]+$/);
    });
  }
});
