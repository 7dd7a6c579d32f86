/**
 * How a destination is written, in the table and in routes: a domain, `.partial` for every name below one, or an
 * address in brackets; routes know `ALL` as well. Parsed once, into the form that lookups compare (specification 2.a.3).
 */
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { addressLiteral, parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

/** The key of the route for every domain without one of its own. */
export const ALL_DOMAINS = 'ALL';

/** Reads a destination as a person wrote it; the failure is the end of a sentence. */
export function parseDestinationName(text: string): Outcome<string, string> {
  const bare = text.trim();
  if (bare.startsWith('[') && bare.endsWith(']')) {
    const address = parseIpAddress(bare.slice(1, -1).replace(/^ipv6:/i, ''));
    if (address !== null) return succeeded(addressLiteral(address));
    return failed(`"${printable(bare, 80)}" is no address literal; write [192.0.2.1] or [IPv6:2001:db8::1]`);
  }
  const partial = bare.startsWith('.');
  const domain = parseDomain(partial ? bare.slice(1) : bare);
  if (!domain.ok) return failed(describeDomainFault(domain.failure));
  return succeeded(`${partial ? '.' : ''}${domain.value}`);
}

/** The same, and `ALL` in any case. */
export function parseRouteName(text: string): Outcome<string, string> {
  return text.trim().toUpperCase() === ALL_DOMAINS ? succeeded(ALL_DOMAINS) : parseDestinationName(text);
}

/** A host to connect to: a name, or an address without brackets. */
export function parseHost(text: string): Outcome<string, string> {
  const bare = text.trim();
  const inner = bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1).replace(/^ipv6:/i, '') : bare;
  const address = parseIpAddress(inner);
  if (address !== null) return succeeded(address.text);
  const domain = parseDomain(bare);
  return domain.ok ? succeeded(domain.value) : failed(describeDomainFault(domain.failure));
}

/**
 * What stands for `domain` among `byName`: its own key, then the longest `.partial` that covers it; undefined when
 * there is neither. As many lookups as the name has labels, whatever the size of the table.
 */
export function mostSpecific<Value>(byName: ReadonlyMap<string, Value>, domain: string): Value | undefined {
  const exact = byName.get(domain);
  if (exact !== undefined || domain.startsWith('[')) return exact;
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    const partial = byName.get(domain.slice(dot));
    if (partial !== undefined) return partial;
  }
  return undefined;
}
