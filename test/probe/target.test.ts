import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { describeTargetFault, MAX_TARGET_LENGTH, parseTarget, showTargetDomain } from '../../src/probe/target.ts';

/** Mailbox, domain, server, as one line. */
function read(text: string): string {
  const target = parseTarget(text);
  if (!target.ok) return `refused: ${describeTargetFault(target.failure)}`;
  const { mailbox, domain, server } = target.value;
  const shown = server === null ? '-' : `${showTargetDomain(server.host)} ${server.port ?? 'default'}`;
  return `${mailbox?.text ?? '-'} | ${showTargetDomain(domain)} | ${shown}`;
}

const GOOD: readonly (readonly [string, string])[] = [
  ['ann@example.com', 'ann@example.com | example.com | -'],
  ['  ann@example.com ', 'ann@example.com | example.com | -'],
  ['Ann.Lee+x@EXAMPLE.com.', 'Ann.Lee+x@example.com | example.com | -'],
  ['"a b"@example.com', '"a b"@example.com | example.com | -'],
  ['example.com', '- | example.com | -'],
  ['bücher.example', '- | xn--bcher-kva.example | -'],
  ['ann@example.com[mx.example.net:2525]', 'ann@example.com | example.com | mx.example.net 2525'],
  ['ann@example.com[mx.example.net]', 'ann@example.com | example.com | mx.example.net default'],
  ['ann@example.com[192.0.2.1:26]', 'ann@example.com | example.com | [192.0.2.1] 26'],
  ['ann@example.com[2001:db8::1]', 'ann@example.com | example.com | [IPv6:2001:db8::1] default'],
  ['ann@example.com[[2001:db8::1]:26]', 'ann@example.com | example.com | [IPv6:2001:db8::1] 26'],
  ['example.com[[192.0.2.1]]', '- | example.com | [192.0.2.1] default'],
  ['ann@[192.0.2.1][[2001:db8::1]:26]', 'ann@[192.0.2.1] | [192.0.2.1] | [IPv6:2001:db8::1] 26'],
  ['example.com[mx.example.net:25]', '- | example.com | mx.example.net 25'],
  ['ann@[192.0.2.1]', 'ann@[192.0.2.1] | [192.0.2.1] | -'],
  ['ann@[IPv6:2001:DB8:0::1]', 'ann@[IPv6:2001:db8::1] | [IPv6:2001:db8::1] | -'],
  ['ann@[192.0.2.1][192.0.2.2:2525]', 'ann@[192.0.2.1] | [192.0.2.1] | [192.0.2.2] 2525'],
  ['[192.0.2.1]:2525', '- | [192.0.2.1] | [192.0.2.1] 2525'],
  ['[192.0.2.1]', '- | [192.0.2.1] | [192.0.2.1] default'],
  ['[192.0.2.1:25]', '- | [192.0.2.1] | [192.0.2.1] 25'],
  ['[2001:db8::1]:25', '- | [IPv6:2001:db8::1] | [IPv6:2001:db8::1] 25'],
  ['[IPv6:2001:db8::1]', '- | [IPv6:2001:db8::1] | [IPv6:2001:db8::1] default'],
  ['[mx.example.net:25]', '- | mx.example.net | mx.example.net 25'],
];

for (const [text, expected] of GOOD) {
  test(`reads the target ${text.trim()} (R1, R2)`, () => assert.equal(read(text), expected));
}

const BAD: readonly (readonly [string, RegExp])[] = [
  ['', /nothing was given/],
  ['   ', /nothing was given/],
  ['ann@', /the domain is empty/],
  ['@example.com', /before the @ is empty/],
  ['a@b@example.com', /more than one @/],
  ['ann@exa mple.com', /a space/],
  ['ann@example.com\r\nDATA', /a line break/],
  ['ann@example.com\r\n', /a line break/],
  ['ann\u0000@example.com', /control character \(0x00\)/],
  ['ann@example..com', /two dots in a row/],
  ['ann@-a.example', /hyphen/],
  ['ann@xn--zzzzzzzzz9.example', /xn--zzzzzzzzz9|internationalised|A-label/],
  ['1.2.3.4', /written in brackets/],
  ['ann@1.2', /written in brackets/],
  ['ann@[300.1.1.1]', /not an address literal/],
  ['[300.1.1.1]:25', /no IP address/],
  ['[192.0.2.1]:0', /port "0" is not a number from 1 to 65535/],
  ['[192.0.2.1]:65536', /port "65536"/],
  ['[192.0.2.1]:25x', /port "25x"/],
  ['[192.0.2.1]:', /port ""/],
  ['ann@example.com[mx.example.net:99999]', /port "99999"/],
  ['ann@example.com[[mx.example.net]:25]', /brackets hold no IP address/],
  ['ann@example.com[[2001:db8::1]:0]', /port "0"/],
  ['ann@example.com[]', /not an address literal|domain/],
  [`${'a'.repeat(65)}@example.com`, /64 octets/],
  [`ann@${'a'.repeat(64)}.example`, /63 is the limit/],
  [`ann@${'abcdefgh.'.repeat(40)}example`, /253|SMTP allows/],
  ['x'.repeat(MAX_TARGET_LENGTH + 1), /601 characters long/],
];

for (const [text, expected] of BAD) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))} with a sentence (R5)`, () => {
    assert.match(read(text), /^refused: /);
    assert.match(read(text), expected);
  });
}

test('what people type never throws, and what is accepted holds no control character (R5)', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'a@.[]:1x-"\r\n ') })),
      (text) => {
        const target = parseTarget(text);
        if (!target.ok) return describeTargetFault(target.failure).length > 0;
        return !/\p{Cc}/u.test(target.value.text) && target.value.domain !== '';
      },
    ),
    { numRuns: 2000 },
  );
});
