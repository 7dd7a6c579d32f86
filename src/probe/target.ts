/**
 * What is to be tested, as a person types it: a mailbox, a domain, either with a server to use instead of the MX hosts,
 * or a server alone (R1, R2). Pure; refuses before anything is sent (R5).
 */
import { type Domain, type DomainFault, describeCharacter, describeDomainFault, parseDomain } from '../base/domain.ts';
import { addressLiteral, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { describeMailboxFault, type Mailbox, type MailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

export interface GivenServer {
  readonly host: Domain | IpAddress;
  /** Null where none was written: the port of the run counts. */
  readonly port: number | null;
}

export interface Target {
  /** As typed, without surrounding blanks. */
  readonly text: string;
  /** Null for a bare domain and for a server alone. */
  readonly mailbox: Mailbox | null;
  readonly domain: Domain | IpAddress;
  /** Set where the MX records are not to be asked. */
  readonly server: GivenServer | null;
}

export type TargetFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-long'; readonly characters: number }
  | { readonly kind: 'bad-character'; readonly character: string }
  | { readonly kind: 'bad-mailbox'; readonly fault: MailboxFault }
  | { readonly kind: 'bad-domain'; readonly fault: DomainFault }
  | { readonly kind: 'bad-server'; readonly text: string; readonly why: string }
  | { readonly kind: 'bad-port'; readonly text: string }
  /** Something else with an address or a domain in it: a link, a name with an address behind it, a domain with a port. */
  | { readonly kind: 'wrapped'; readonly as: 'link' | 'name' | 'port'; readonly meant: string };

/** A mailbox of 254 octets with a bracketed server of 253 characters and its port, and some room. */
export const MAX_TARGET_LENGTH = 600;

/**
 * Reads `user@domain`, `domain`, either followed by `[host:port]`, `user@[address]`, and `[address]` or `[address]:port`
 * alone. Blanks around it are dropped; everything else is taken as it stands.
 */
export function parseTarget(typed: string): Outcome<Target, TargetFault> {
  const text = typed.trim();
  if (text === '') return failed({ kind: 'empty' });
  if (text.length > MAX_TARGET_LENGTH) return failed({ kind: 'too-long', characters: text.length });
  const control = CONTROL.exec(typed.replace(/^ +| +$/g, ''));
  if (control !== null) return failed({ kind: 'bad-character', character: control[0] });
  const alone = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (alone !== null) return serverAlone(text, alone[1] ?? '', alone[2]);
  const routed = ROUTED.exec(text) ?? ROUTED_LITERAL.exec(text);
  const address = routed?.[1] ?? text;
  const recipient = parseRecipient(address);
  if (!recipient.ok) return wrappedIn(text) ?? recipient;
  if (routed === null) return succeeded({ text, ...recipient.value, server: null });
  const server = parseServer(routed[2] ?? '');
  return server.ok ? succeeded({ text, ...recipient.value, server: server.value }) : server;
}

/** `host`, `host:port`, an IPv4 address, or an IPv6 address (with a port as `[address]:port`): a server to connect to. */
export function parseServer(text: string): Outcome<GivenServer, TargetFault> {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const address = parseLiteral(bracketed[1] ?? '');
    if (address === null) return failed({ kind: 'bad-server', text, why: 'the brackets hold no IP address' });
    return withPort(address, bracketed[2]);
  }
  const bare = parseLiteral(text);
  if (bare !== null) return succeeded({ host: bare, port: null });
  const colon = text.lastIndexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const host = parseLiteral(name) ?? parseDomain(name);
  if (!('ok' in host)) return withPort(host, colon < 0 ? undefined : text.slice(colon + 1));
  if (!host.ok) return failed({ kind: 'bad-server', text, why: describeDomainFault(host.failure) });
  return withPort(host.value, colon < 0 ? undefined : text.slice(colon + 1));
}

/** 1 to 65535 in plain digits; null for anything else. */
export function parsePort(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : null;
}

/** The domain as it stands in results: an A-label, or a literal in brackets. */
export function showTargetDomain(domain: Domain | IpAddress): string {
  return typeof domain === 'string' ? domain : addressLiteral(domain);
}

/** One sentence part for people: what is wrong with what was typed. */
export function describeTargetFault(fault: TargetFault): string {
  switch (fault.kind) {
    case 'empty':
      return 'nothing was given to test; write an address as ann@example.com, or a domain';
    case 'too-long':
      return `it is ${fault.characters} characters long; ${MAX_TARGET_LENGTH} is more than any address needs`;
    case 'bad-character':
      return `it contains ${describeCharacter(fault.character)}`;
    case 'bad-mailbox':
      return describeMailboxFault(fault.fault);
    case 'bad-domain':
      return describeDomainFault(fault.fault);
    case 'bad-server':
      return `the server "${printable(fault.text, 80)}" cannot be used: ${fault.why}`;
    case 'bad-port':
      return `the port "${printable(fault.text, 20)}" is not a number from 1 to 65535`;
    case 'wrapped':
      return describeWrapping(fault.as, printable(fault.meant, 260));
  }
}

function describeWrapping(as: 'link' | 'name' | 'port', meant: string): string {
  switch (as) {
    case 'link':
      return `it is a link; write ${meant} alone`;
    case 'name':
      return `there is more than an address in it; write ${meant} alone`;
    case 'port':
      return `a port goes with a server, not with a domain; write ${meant} alone and give the port as an option, or name the server, as ${meant}[mx.example.com:25]`;
  }
}

/** `recipient[server]`; the server may be an address in brackets of its own, as an IPv6 address with a port needs them. */
const ROUTED = /^(.*[^@[\]])\[(\[[^[\]]*\](?::[^[\]]*)?|[^[\]]*)\]$/;
/** The same behind `user@[address]`. */
const ROUTED_LITERAL = /^(.*@\[[^[\]]*\])\[(\[[^[\]]*\](?::[^[\]]*)?|[^[\]]*)\]$/;

const CONTROL = /[\p{Cc}\u2028\u2029]|\p{Cs}/u;

function parseRecipient(text: string): Outcome<Pick<Target, 'mailbox' | 'domain'>, TargetFault> {
  if (text.includes('@')) {
    const mailbox = parseMailbox(text);
    if (!mailbox.ok) return failed({ kind: 'bad-mailbox', fault: mailbox.failure });
    return succeeded({ mailbox: mailbox.value, domain: mailbox.value.domain });
  }
  const domain = parseDomain(text);
  return domain.ok
    ? succeeded({ mailbox: null, domain: domain.value })
    : failed({ kind: 'bad-domain', fault: domain.failure });
}

/** What people paste, where a target can be read in it; null for anything else. */
function wrappedIn(text: string): Outcome<Target, TargetFault> | null {
  for (const [as, form] of WRAPPINGS) {
    const meant = form.exec(text)?.[1];
    if (meant !== undefined && parseRecipient(meant).ok) return failed({ kind: 'wrapped', as, meant });
  }
  return null;
}

const WRAPPINGS = [
  ['link', /^mailto:([^?]+)/i],
  ['link', /^[a-z][a-z0-9+.-]*:\/\/([^/?#:]+)/i],
  ['name', /<([^<>]+)>$/],
  ['port', /^([^:@]+):[0-9]{1,5}$/],
] as const;

/** `[192.0.2.1]:25` and, as older testers write it, `[192.0.2.1:25]` or `[mx.example.com:25]`. */
function serverAlone(text: string, inside: string, port: string | undefined): Outcome<Target, TargetFault> {
  const literal = parseLiteral(inside);
  const server = literal === null && port === undefined ? parseServer(inside) : null;
  if (server !== null) {
    return server.ok ? succeeded({ text, mailbox: null, domain: server.value.host, server: server.value }) : server;
  }
  if (literal === null) return failed({ kind: 'bad-server', text, why: 'the brackets hold no IP address' });
  const given = withPort(literal, port);
  return given.ok ? succeeded({ text, mailbox: null, domain: literal, server: given.value }) : given;
}

function withPort(host: Domain | IpAddress, text: string | undefined): Outcome<GivenServer, TargetFault> {
  if (text === undefined) return succeeded({ host, port: null });
  const port = parsePort(text);
  return port === null ? failed({ kind: 'bad-port', text }) : succeeded({ host, port });
}

/** An address with or without the `IPv6:` of SMTP (RFC 5321 4.1.3). */
function parseLiteral(text: string): IpAddress | null {
  return parseIpAddress(text.replace(/^ipv6:/i, ''));
}
