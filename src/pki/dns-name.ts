/**
 * Host names and addresses as they stand in certificates, and when one matches a reference (RFC 9525 section 6).
 * A name that is not a well-formed host name never matches anything, whatever its bytes spell (R97).
 */
import ipaddr from 'ipaddr.js';
import { parseIpAddress } from '../base/ip-address.ts';

/** RFC 1035 2.3.4, as text without the trailing dot. */
const MAX_NAME_LENGTH = 253;
const REFERENCE_LABEL = /^[a-z0-9_-]{1,63}$/i;
/** As presented by an authority: no hyphen at either end. */
const PRESENTED_LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/**
 * Whether a text may be looked for: letters, digits, hyphens and underscores (host names of mail servers have them), one
 * trailing dot allowed, no wildcard. A name whose last label is a number is an address or a slip, never a name.
 */
export function isReferenceName(text: string): boolean {
  return areLabels(text.endsWith('.') ? text.slice(0, -1) : text, REFERENCE_LABEL);
}

/**
 * Whether a text is well-formed as a dNSName of a certificate: no trailing dot, and a wildcard only as the whole
 * left-most label above at least two more, so that no certificate covers a whole top-level domain.
 */
export function isPresentedName(text: string): boolean {
  if (!text.startsWith('*.')) return areLabels(text, PRESENTED_LABEL);
  const parent = text.slice(2);
  return parent.includes('.') && areLabels(parent, PRESENTED_LABEL);
}

/**
 * RFC 9525 6.3: does the presented dNSName match the reference? Case does not count; a wildcard stands for exactly one
 * whole label (R18). `wildcards: false` compares exactly.
 */
export function matchesDnsName(presented: string, reference: string, wildcards = true): boolean {
  if (!isPresentedName(presented) || !isReferenceName(reference)) return false;
  const name = foldName(presented);
  const wanted = foldName(reference);
  if (!name.startsWith('*.')) return name === wanted;
  if (!wildcards) return false;
  const dot = wanted.indexOf('.');
  return dot > 0 && wanted.slice(dot + 1) === name.slice(2);
}

/** Lower case, without a trailing dot. */
export function foldName(name: string): string {
  const folded = name.toLowerCase();
  return folded.endsWith('.') ? folded.slice(0, -1) : folded;
}

/** The octets of an address literal, 4 or 16; null when it is none. The unspecified `::` identifies nobody. */
export function addressOctets(text: string): Buffer | null {
  const address = parseIpAddress(text);
  if (address === null || text === '::') return null;
  return Buffer.from(ipaddr.parse(address.text).toByteArray());
}

/** RFC 9525 6.5: an iPAddress matches only octet for octet; an IPv4-mapped address is another one. */
export function matchesIpAddress(presented: Buffer, reference: string): boolean {
  const octets = addressOctets(reference);
  return octets?.equals(presented) ?? false;
}

function areLabels(name: string, label: RegExp): boolean {
  if (name.length === 0 || name.length > MAX_NAME_LENGTH) return false;
  const labels = name.split('.');
  return labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '');
}
