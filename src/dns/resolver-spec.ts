/**
 * How a resolver is named: on the command line (`192.0.2.1`, `192.0.2.1:5353`, `[::1]:53`, `tls://host`,
 * `https://host/dns-query`, each with optional `?trust-ad`), and in the system's resolv.conf. Pure.
 */
import { type Domain, parseDomain } from '../base/domain.ts';
import { addressAndPort, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

interface Named {
  /** How it is named in results: as specified, without the option. */
  readonly text: string;
  /** Whether its AD flag is believed. */
  readonly trustAd: boolean;
}

export type ResolverSpec =
  | (Named & { readonly kind: 'plain'; readonly address: IpAddress; readonly port: number })
  /** RFC 7858. */
  | (Named & { readonly kind: 'tls'; readonly host: Domain | IpAddress; readonly port: number })
  /** RFC 8484. */
  | (Named & { readonly kind: 'https'; readonly url: string });

export type ResolverSpecFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'bad-option'; readonly option: string }
  | { readonly kind: 'bad-scheme'; readonly scheme: string }
  | { readonly kind: 'name-without-scheme'; readonly text: string }
  | { readonly kind: 'bad-host'; readonly text: string }
  | { readonly kind: 'bad-port'; readonly text: string }
  | { readonly kind: 'bad-url'; readonly text: string };

export const DNS_PORT = 53;
export const DNS_OVER_TLS_PORT = 853;

/** Reads one `--resolver`. */
export function parseResolverSpec(typed: string): Outcome<ResolverSpec, ResolverSpecFault> {
  const [bare = '', ...options] = typed.trim().split('?');
  if (bare === '') return failed({ kind: 'empty' });
  const option = options.join('?');
  if (options.length > 0 && option !== 'trust-ad') return failed({ kind: 'bad-option', option });
  const named = { text: bare, trustAd: options.length > 0 };
  const scheme = /^([a-z0-9+.-]*):\/\//i.exec(bare)?.[1]?.toLowerCase();
  if (scheme === undefined) return plainSpec(bare, named);
  if (scheme === 'tls') return tlsSpec(bare.slice('tls://'.length), named);
  if (scheme === 'https') return httpsSpec(bare, named);
  return failed({ kind: 'bad-scheme', scheme });
}

export function describeResolverSpecFault(fault: ResolverSpecFault): string {
  switch (fault.kind) {
    case 'empty':
      return 'the resolver is empty';
    case 'bad-option':
      return `"?${printable(fault.option, 80)}" is no option of a resolver; there is only ?trust-ad`;
    case 'bad-scheme':
      return `"${printable(fault.scheme, 80)}://" is no way to ask a resolver; write an address, tls://host or https://host/dns-query`;
    case 'name-without-scheme':
      return `"${printable(fault.text, 80)}" is not an IP address; a resolver can be named only as tls://host or https://host/dns-query`;
    case 'bad-host':
      return `"${printable(fault.text, 80)}" is neither an IP address nor a host name`;
    case 'bad-port':
      return `"${printable(fault.text, 80)}" is not a port; ports are 1 to 65535`;
    case 'bad-url':
      return `"${printable(fault.text, 80)}" is not a URL of a resolver, as https://host/dns-query`;
  }
}

export interface ResolvConf {
  /** The system's resolvers; loopback where the file names none (resolv.conf(5)). */
  readonly servers: readonly ResolverSpec[];
  readonly timeoutMs: number;
  readonly attempts: number;
  /** `nameserver` lines that hold no address we can ask (a zone index, a name). */
  readonly ignored: readonly string[];
}

/** resolv.conf(5): MAXNS, RES_TIMEOUT and RES_DFLRETRY, and the caps it sets silently. */
export const MAX_SYSTEM_RESOLVERS = 3;
export const DEFAULT_RESOLV_TIMEOUT_MS = 5000;
export const MAX_RESOLV_TIMEOUT_MS = 30_000;
export const DEFAULT_RESOLV_ATTEMPTS = 2;
export const MAX_RESOLV_ATTEMPTS = 5;

/** Reads the text of resolv.conf: `nameserver`, and of `options` trust-ad, timeout and attempts. Never fails. */
export function parseResolvConf(text: string): ResolvConf {
  const addresses: IpAddress[] = [];
  const ignored: string[] = [];
  let trustAd = false;
  let timeoutMs = DEFAULT_RESOLV_TIMEOUT_MS;
  let attempts = DEFAULT_RESOLV_ATTEMPTS;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') {
      const address = parseIpAddress(words[0] ?? '');
      if (address === null) ignored.push(printable(line.trim(), 100));
      else if (addresses.length < MAX_SYSTEM_RESOLVERS) addresses.push(address);
    }
    if (keyword !== 'options') continue;
    for (const word of words) {
      if (word === 'trust-ad') trustAd = true;
      const [, name, digits] = /^(timeout|attempts):(\d{1,6})$/.exec(word) ?? [];
      if (name === 'timeout') timeoutMs = Math.min(Math.max(1, Number(digits)) * 1000, MAX_RESOLV_TIMEOUT_MS);
      if (name === 'attempts') attempts = Math.min(Math.max(1, Number(digits)), MAX_RESOLV_ATTEMPTS);
    }
  }
  const asked = addresses.length > 0 ? addresses : [LOOPBACK];
  const servers = asked.map((address) => plain(address, DNS_PORT, { text: address.text, trustAd }));
  return { servers, timeoutMs, attempts, ignored };
}

const LOOPBACK: IpAddress = { family: 4, text: '127.0.0.1' };

function plain(address: IpAddress, port: number, named: Named): ResolverSpec {
  return { kind: 'plain', address, port, ...named };
}

function plainSpec(bare: string, named: Named): Outcome<ResolverSpec, ResolverSpecFault> {
  const whole = parseIpAddress(bare);
  if (whole !== null) return succeeded(plain(whole, DNS_PORT, named));
  const parts = hostAndPort(bare, DNS_PORT);
  if (!parts.ok) return parts;
  const address = parseIpAddress(parts.value.host);
  if (address === null) {
    const kind = parseDomain(parts.value.host).ok ? 'name-without-scheme' : 'bad-host';
    return failed({ kind, text: parts.value.host });
  }
  return succeeded(plain(address, parts.value.port, { ...named, text: addressAndPort(address, parts.value.port) }));
}

function tlsSpec(rest: string, named: Named): Outcome<ResolverSpec, ResolverSpecFault> {
  const parts = hostAndPort(rest.endsWith('/') ? rest.slice(0, -1) : rest, DNS_OVER_TLS_PORT);
  if (!parts.ok) return parts;
  const domain = parseDomain(parts.value.host);
  const host = parseIpAddress(parts.value.host) ?? (domain.ok ? domain.value : null);
  if (host === null) return failed({ kind: 'bad-host', text: parts.value.host });
  return succeeded({ kind: 'tls', host, port: parts.value.port, ...named });
}

function httpsSpec(bare: string, named: Named): Outcome<ResolverSpec, ResolverSpecFault> {
  const url = URL.canParse(bare) ? new URL(bare) : null;
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '' || /[\s\p{Cc}]/u.test(bare)) {
    return failed({ kind: 'bad-url', text: bare });
  }
  return succeeded({ kind: 'https', url: url.href, ...named });
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`, or an IPv6 address bare. */
function hostAndPort(
  text: string,
  defaultPort: number,
): Outcome<{ readonly host: string; readonly port: number }, ResolverSpecFault> {
  if (parseIpAddress(text)?.family === 6) return succeeded({ host: text, port: defaultPort });
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null && parseIpAddress(bracketed[1] ?? '')?.family !== 6) return failed({ kind: 'bad-host', text });
  const [, host = '', portText] = bracketed ?? /^([^:[\]]*)(?::(.*))?$/s.exec(text) ?? [];
  if (host === '') return failed({ kind: 'bad-host', text });
  if (portText === undefined) return succeeded({ host, port: defaultPort });
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  return port >= 1 && port <= 65_535 ? succeeded({ host, port }) : failed({ kind: 'bad-port', text: portText });
}
