/**
 * An e-mail address as RFC 5321 section 4.1.2 has it: an opaque local part and a domain, with RFC 6531 characters
 * allowed in the local part. Quoted local parts are kept as written.
 */
import { type Domain, type DomainFault, describeCharacter, describeDomainFault, parseDomain } from './domain.ts';
import { addressLiteral, type IpAddress, parseIpAddress } from './ip-address.ts';
import { failed, type Outcome, succeeded } from './outcome.ts';

export interface Mailbox {
  readonly localPart: string;
  readonly domain: Domain | IpAddress;
  /** As it goes between the angle brackets of MAIL and RCPT. */
  readonly text: string;
}

export type MailboxFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-long'; readonly octets: number }
  | { readonly kind: 'no-at' }
  | { readonly kind: 'several-ats' }
  | { readonly kind: 'bad-character'; readonly character: string }
  | { readonly kind: 'bad-local-part'; readonly why: string }
  | { readonly kind: 'bad-domain'; readonly fault: DomainFault }
  | { readonly kind: 'bad-literal'; readonly text: string };

/** RFC 5321 4.5.3.1.1. */
export const MAX_LOCAL_PART_OCTETS = 64;
/** RFC 5321 4.5.3.1.3: a path of 256 octets holds the two angle brackets too. */
export const MAX_MAILBOX_OCTETS = 254;

/** Reads `local@domain` or `local@[address literal]`. */
export function parseMailbox(text: string): Outcome<Mailbox, MailboxFault> {
  if (text === '') return failed({ kind: 'empty' });
  const control = CONTROL.exec(text);
  if (control !== null) return failed({ kind: 'bad-character', character: control[0] });
  const at = text.lastIndexOf('@');
  if (at < 0) return failed({ kind: 'no-at' });
  const localPart = text.slice(0, at);
  const local = localPartFault(localPart);
  if (local !== null) return failed(local);
  const domain = parseMailDomain(text.slice(at + 1));
  if (!domain.ok) return domain;
  const shown = typeof domain.value === 'string' ? domain.value : addressLiteral(domain.value);
  const mailbox = `${localPart}@${shown}`;
  const octets = Buffer.byteLength(mailbox);
  if (octets > MAX_MAILBOX_OCTETS) return failed({ kind: 'too-long', octets });
  return succeeded({ localPart, domain: domain.value, text: mailbox });
}

/** Whether `text` may stand before the `@` (RFC 5321 Local-part with RFC 6531's UTF-8). */
export function isLocalPart(text: string): boolean {
  return localPartFault(text) === null;
}

export function describeMailboxFault(fault: MailboxFault): string {
  switch (fault.kind) {
    case 'empty':
      return 'the address is empty';
    case 'too-long':
      return `the address is ${fault.octets} octets long; SMTP allows ${MAX_MAILBOX_OCTETS}`;
    case 'no-at':
      return 'there is no @ in the address';
    case 'several-ats':
      return 'there is more than one @ in the address';
    case 'bad-character':
      return `the address contains ${describeCharacter(fault.character)}`;
    case 'bad-local-part':
      return `the part before the @ ${fault.why}`;
    case 'bad-domain':
      return describeDomainFault(fault.fault);
    case 'bad-literal':
      return `"${fault.text}" is not an address literal; write [192.0.2.1] or [IPv6:2001:db8::1]`;
  }
}

/** The part behind the `@`: a domain, or an address literal in brackets (RFC 5321 4.1.3). */
function parseMailDomain(text: string): Outcome<Domain | IpAddress, MailboxFault> {
  if (text.startsWith('[') && text.endsWith(']')) {
    const address = parseIpAddress(text.slice(1, -1).replace(/^ipv6:/i, ''));
    return address === null ? failed({ kind: 'bad-literal', text }) : succeeded(address);
  }
  const domain = parseDomain(text);
  return domain.ok ? domain : failed({ kind: 'bad-domain', fault: domain.failure });
}

const CONTROL = /[\p{Cc}\u2028\u2029]|\p{Cs}/u;
const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\u{10ffff}-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\u{10ffff}-]+)*$/u;
const QUOTED_STRING = /^"([ !#-[\]-~\x80-\u{10ffff}]|\\[ -~])*"$/u;

function localPartFault(localPart: string): MailboxFault | null {
  if (localPart === '') return { kind: 'bad-local-part', why: 'is empty' };
  if (Buffer.byteLength(localPart) > MAX_LOCAL_PART_OCTETS) {
    return { kind: 'bad-local-part', why: `is longer than ${MAX_LOCAL_PART_OCTETS} octets` };
  }
  if (DOT_STRING.test(localPart) || QUOTED_STRING.test(localPart)) return null;
  const control = CONTROL.exec(localPart);
  if (control !== null) return { kind: 'bad-character', character: control[0] };
  if (localPart.includes('@')) return { kind: 'several-ats' };
  if (/^\.|\.\.|\.$/.test(localPart))
    return { kind: 'bad-local-part', why: 'has a dot at its beginning, its end, or two in a row' };
  return { kind: 'bad-local-part', why: 'has a character that must be quoted there' };
}
