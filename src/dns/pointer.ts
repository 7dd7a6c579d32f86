/**
 * The names of an address that lead back to it (R91): anybody may claim any name in a PTR record of theirs, but only the
 * owner of the name can make it point back.
 */
import { parseDomain } from '../base/domain.ts';
import { type IpAddress, parseIpAddress, reverseName } from '../base/ip-address.ts';
import type { DnsFailure, DnsSecurity } from './answer.ts';
import type { Resolver } from './resolver.ts';
import { weakestSecurity } from './security.ts';

/** Names of one address that are looked up; the first ones of the answer, by name. */
export const MAX_PTR_NAMES = 8;

export type PointerLookup =
  | {
      readonly kind: 'confirmed';
      /** In the order of the alphabet. */
      readonly names: readonly string[];
      /** Names that were claimed and do not lead back, or could not be looked up. */
      readonly unconfirmed: readonly string[];
      readonly security: DnsSecurity;
    }
  /** No PTR record, or none that leads back. */
  | { readonly kind: 'none'; readonly unconfirmed: readonly string[]; readonly security: DnsSecurity }
  /** Nobody could tell. */
  | { readonly kind: 'failed'; readonly failure: DnsFailure };

export async function confirmedNames(
  resolver: Resolver,
  address: IpAddress,
  signal?: AbortSignal,
): Promise<PointerLookup> {
  const pointers = await resolver.ask(reverseName(address), 'PTR', { signal });
  if (pointers.kind === 'failed') return { kind: 'failed', failure: pointers.failure };
  if (pointers.kind !== 'records') return { kind: 'none', unconfirmed: [], security: pointers.security };
  const claimed = [...new Set(pointers.records.map(({ data }) => data))].sort().slice(0, MAX_PTR_NAMES);
  const checks = await Promise.all(claimed.map((name) => leadsBack(resolver, name, address, signal)));
  const names = checks.flatMap((check) => (check.leads === true ? [check.name] : []));
  const unconfirmed = checks.flatMap((check) => (check.leads === true ? [] : [check.name]));
  const security = weakestSecurity([pointers.security, ...checks.flatMap((check) => check.security ?? [])]);
  if (names.length > 0) return { kind: 'confirmed', names, unconfirmed, security };
  const failure = checks.find((check) => check.failure !== null)?.failure;
  return failure === undefined || failure === null
    ? { kind: 'none', unconfirmed, security }
    : { kind: 'failed', failure };
}

interface Check {
  readonly name: string;
  readonly leads: boolean;
  readonly failure: DnsFailure | null;
  readonly security: DnsSecurity | null;
}

async function leadsBack(
  resolver: Resolver,
  name: string,
  address: IpAddress,
  signal: AbortSignal | undefined,
): Promise<Check> {
  // A name no host can have is never a reference identity.
  if (!parseDomain(name).ok) return { name, leads: false, failure: null, security: null };
  const answer = await resolver.ask(name, address.family === 4 ? 'A' : 'AAAA', { signal });
  if (answer.kind === 'failed') return { name, leads: false, failure: answer.failure, security: null };
  const leads =
    answer.kind === 'records' && answer.records.some(({ data }) => parseIpAddress(data)?.text === address.text);
  return { name, leads, failure: null, security: answer.security };
}
