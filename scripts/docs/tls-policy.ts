/** Prints docs/tls-policy.md from the code that decides: `node scripts/docs/tls-policy.ts --write`. */
import { writeFileSync } from 'node:fs';
import { stateTableMarkdown } from '../../src/policy/state-table.ts';

export function tlsPolicyPage(): string {
  return `# What each TLS mode does

This page is printed from \`src/policy/decide.ts\` by \`scripts/docs/tls-policy.ts\`; a test fails when the two differ.

- **clear**: the message goes unencrypted on the same connection.
- **encrypted**: the message goes over TLS. **verified** and **unverified** say whether the receiver proved who it is,
  in the modes that look.
- **next**: this connection is dropped with no mail on it. The next address is tried, then the next MX host. When none
  is left the message waits for its next retry, and is returned when its retries or its time run out.
- **alert**: an operator asked for TLS and this is why it could not be had, so the operator is told.
- **deferred**, **failed**: ordinary SMTP. A 4xx answer puts the recipient off, a 5xx answer ends it.

${stateTableMarkdown()}

Three rules the table cannot show:

1. After a failure behind the 220 (E5, E11) no address of that MX name gets the message in clear in the same delivery
   attempt, in any mode that uses TLS when offered.
2. In mode No STARTTLS is never sent, so E3 to E8 and E11 cannot come up; the cells say what happens to the message.
3. Published policy (MTA-STS, DANE) is joined with the mode: the stricter of each field holds, never the laxer.

## The levels of Postfix

A probe also foretells what Postfix does at each of its TLS security levels (\`senders\` in its JSON). Held against a real
Postfix that sends to the same servers (\`test/interop/delivery-by-postfix*.test.ts\`), it is right but for this:

- Debian's OpenSSL has security level 2, at which TLS 1.0 and 1.1 are over. Postfix takes it down where it admits anonymous
  ciphers, at \`may\` and \`encrypt\`, and not at the levels that look at the certificate: there a host that speaks nothing
  newer gets nothing, although its certificate is good.
- Of a TLSA record that matched at a host whose MX record is not signed, Postfix says "Trusted" and not "Verified": nobody
  vouches for the name of the host. The message goes all the same.
- The prediction is of the first try. At \`may\` Postfix goes on in clear where TLS fails behind the 220, once the message
  has waited for minimal_backoff_time; Preferred never does.
`;
}

if (process.argv.includes('--write')) {
  writeFileSync(new URL('../../docs/tls-policy.md', import.meta.url), tlsPolicyPage());
}
