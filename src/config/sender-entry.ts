/**
 * Who is meant by an entry of a sender group: an address, a network, a host name, every name below one, or everybody.
 * Parsed once, into the form that comparisons use.
 */
import ipaddr from 'ipaddr.js';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

export const ALL_SENDERS = 'ALL';

export type SenderEntry =
  | { readonly kind: 'all' }
  | { readonly kind: 'network'; readonly address: IpAddress; readonly bits: number }
  /** `.example.com` for every name below it. */
  | { readonly kind: 'name'; readonly name: string };

/** Reads an entry; the failure is the end of a sentence. The text comes out in its one form. */
export function parseSenderEntry(
  text: string,
): Outcome<{ readonly text: string; readonly entry: SenderEntry }, string> {
  const bare = text.trim();
  if (bare.toUpperCase() === ALL_SENDERS) return succeeded({ text: ALL_SENDERS, entry: { kind: 'all' } });
  const [head = '', tail, ...more] = bare.split('/');
  const address = parseIpAddress(head.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
  if (address !== null) {
    const widest = address.family === 4 ? 32 : 128;
    const bits = tail === undefined ? widest : /^\d{1,3}$/.test(tail) ? Number(tail) : Number.NaN;
    if (more.length > 0 || !(bits <= widest)) {
      return failed(`"${printable(bare, 80)}" is no network; write 192.0.2.0/24 or 2001:db8::/32`);
    }
    const network = ipaddr.parse(address.text);
    const first = ipaddr.parse(firstOf(network, bits));
    const known = parseIpAddress(first.toString()) ?? address;
    const shown = bits === widest ? known.text : `${known.text}/${bits}`;
    return succeeded({ text: shown, entry: { kind: 'network', address: known, bits } });
  }
  const below = bare.startsWith('.');
  const domain = parseDomain(below ? bare.slice(1) : bare);
  if (!domain.ok) return failed(describeDomainFault(domain.failure));
  const shown = `${below ? '.' : ''}${domain.value}`;
  return succeeded({ text: shown, entry: { kind: 'name', name: shown } });
}

/** `names`: those of the address that lead back to it. */
export function matchesSender(entry: SenderEntry, address: IpAddress, names: readonly string[]): boolean {
  switch (entry.kind) {
    case 'all':
      return true;
    case 'network': {
      if (entry.address.family !== address.family) return false;
      const [mine, theirs] = [ipaddr.parse(address.text), ipaddr.parse(entry.address.text)];
      return firstOf(mine, entry.bits) === firstOf(theirs, entry.bits);
    }
    case 'name':
      return names.some((name) => (entry.name.startsWith('.') ? name.endsWith(entry.name) : name === entry.name));
  }
}

/** More of the Internet than anybody owns: who may relay from there is everybody. */
export function isVeryWide(entry: SenderEntry): boolean {
  if (entry.kind === 'network') return entry.bits < (entry.address.family === 4 ? 8 : 16);
  return entry.kind === 'all' || !entry.name.slice(1).includes('.');
}

/** The first address of a network, as text. */
function firstOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff << (8 - left)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes).toString();
}
