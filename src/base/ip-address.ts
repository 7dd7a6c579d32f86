/**
 * IP addresses, parsed once and written in one canonical form (RFC 5952), with the special-purpose ranges of the IANA
 * registries (RFC 6890), looked at through mapped, NAT64 and 6to4 wrappings, so that a private address cannot hide.
 */
import ipaddr from 'ipaddr.js';

export interface IpAddress {
  readonly family: 4 | 6;
  /** Canonical text: dotted quad, or RFC 5952 without brackets and zone. */
  readonly text: string;
}

export type AddressScope =
  | 'global'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'documentation'
  | 'multicast'
  | 'unspecified'
  | 'reserved';

/** Reads a strict textual address (no leading zeros, no shortened IPv4, no zone); null when it is none. */
export function parseIpAddress(text: string): IpAddress | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    if (text.split('.').some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return null;
    return { family: 4, text };
  }
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text) || !text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  return { family: 6, text: ipaddr.IPv6.parse(text).toRFC5952String() };
}

/** The scope of an address; anything but `global` is not a place to which public mail can go. */
export function addressScope(address: IpAddress): AddressScope {
  if (address.family === 4) return scopeOfRange(ipaddr.IPv4.parse(address.text).range(), address.text);
  const parsed = ipaddr.IPv6.parse(address.text);
  const inner = embeddedIpv4(parsed);
  if (inner !== null) return addressScope({ family: 4, text: inner });
  const scope = scopeOfRange(parsed.range(), address.text);
  return scope === 'global' && !parsed.match(GLOBAL_UNICAST, 3) ? 'reserved' : scope;
}

/** How an address is written inside SMTP and in our `[address]:port` form (RFC 5321 4.1.3). */
export function addressLiteral(address: IpAddress): string {
  return address.family === 4 ? `[${address.text}]` : `[IPv6:${address.text}]`;
}

/** `192.0.2.1:25` or `[2001:db8::1]:25`. */
export function addressAndPort(address: IpAddress, port: number): string {
  return address.family === 4 ? `${address.text}:${port}` : `[${address.text}]:${port}`;
}

/** The name to ask for a PTR record (RFC 1035 3.5, RFC 3596 2.5), without a trailing dot. */
export function reverseName(address: IpAddress): string {
  if (address.family === 4) return `${address.text.split('.').reverse().join('.')}.in-addr.arpa`;
  const nibbles = ipaddr.IPv6.parse(address.text)
    .toByteArray()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`;
}

/** IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96, RFC 6052) and 6to4 (2002::/16, RFC 3056). */
function embeddedIpv4(address: ipaddr.IPv6): string | null {
  const bytes = address.toByteArray();
  const dotted = (from: number): string => bytes.slice(from, from + 4).join('.');
  if (address.isIPv4MappedAddress()) return dotted(12);
  if (address.match(NAT64, 96)) return dotted(12);
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return dotted(2);
  return null;
}

const NAT64 = ipaddr.IPv6.parse('64:ff9b::');
/**
 * All that is given out for public use (RFC 4291 2.4 and the registry of IANA). Whatever else the library knows no name for
 * is nobody's, as `::10.0.0.1`, which once led through a tunnel to 10.0.0.1 (RFC 4291 2.5.5.1).
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');

function scopeOfRange(range: string, text: string): AddressScope {
  switch (range) {
    case 'unicast':
      return isDocumentation(text) ? 'documentation' : 'global';
    case 'loopback':
      return 'loopback';
    case 'private':
    case 'uniqueLocal':
    case 'carrierGradeNat':
      return 'private';
    case 'linkLocal':
      return 'link-local';
    case 'multicast':
    case 'broadcast':
      return 'multicast';
    case 'unspecified':
      return 'unspecified';
    default:
      return isDocumentation(text) ? 'documentation' : 'reserved';
  }
}

/** RFC 5737, RFC 3849, RFC 9637. */
function isDocumentation(text: string): boolean {
  return (
    /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(text) || /^2001:0?db8(:|$)/.test(text) || /^3fff(:|$)/.test(text)
  );
}
