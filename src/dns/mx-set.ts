/**
 * An MX RRset put in order before any host of it is looked up: the null MX (RFC 7505), address literals and names that
 * cannot be hosts, duplicates, and a bound. Pure.
 */
import { type Domain, parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import type { RecordData } from './answer.ts';
import type { RouteRemark } from './mail-route.ts';

/** Hosts of one domain that are looked up; the most preferred are kept. */
export const MAX_MX_HOSTS = 32;

export interface ListedHost {
  /** As published. */
  readonly exchange: string;
  readonly preference: number;
  /** Null where the name cannot be a host's: it is shown, not asked for. */
  readonly lookup: Domain | null;
}

export type MxSet =
  | { readonly kind: 'null-mx' }
  | { readonly kind: 'hosts'; readonly hosts: readonly ListedHost[]; readonly remarks: readonly RouteRemark[] };

/** By preference ascending, among equals by name; the same name once, at its best preference. */
export function orderMxSet(records: readonly RecordData['MX'][]): MxSet {
  const remarks: RouteRemark[] = [];
  const real = records.filter(({ exchange }) => exchange !== '');
  if (real.length === 0) return { kind: 'null-mx' };
  // RFC 7505 section 3: a null MX stands alone; beside others it is a mistake, and the others are meant (S-MX-5).
  if (real.length < records.length) remarks.push({ kind: 'null-mx-among-others' });
  const inOrder = [...real].sort((a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1));
  const byName = new Map<string, RecordData['MX']>();
  const twice = new Set<string>();
  for (const record of inOrder) {
    if (byName.has(record.exchange)) twice.add(record.exchange);
    else byName.set(record.exchange, record);
  }
  const kept = [...byName.values()].slice(0, MAX_MX_HOSTS);
  for (const exchange of twice) remarks.push({ kind: 'mx-duplicate', exchange });
  if (byName.size > kept.length) remarks.push({ kind: 'too-many-hosts', hosts: byName.size, kept: kept.length });
  const hosts = kept.map(({ exchange, preference }) => {
    const named = nameOf(exchange);
    if (named.remark !== null) remarks.push({ kind: named.remark, exchange });
    return { exchange, preference, lookup: named.lookup };
  });
  return { kind: 'hosts', hosts, remarks };
}

/** RFC 5321 2.3.5: only resolvable names; an address as exchange is used by some MTAs and refused by others, not by us. */
function nameOf(exchange: string): {
  readonly lookup: Domain | null;
  readonly remark: 'mx-is-address-literal' | 'mx-bad-name' | null;
} {
  const bare = exchange.replace(/^\[(?:ipv6:)?(.*)\]$/, '$1');
  if (parseIpAddress(bare) !== null) return { lookup: null, remark: 'mx-is-address-literal' };
  const domain = parseDomain(exchange);
  return domain.ok ? { lookup: domain.value, remark: null } : { lookup: null, remark: 'mx-bad-name' };
}
