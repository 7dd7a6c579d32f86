/**
 * CAA: which certification authorities may issue for a name (RFC 8659). The record set that counts is the first one
 * found on the way from the name up to, and not including, the root (section 3); aliases are followed by the resolver.
 */
import type { DnsFailure, DnsSecurity, RecordData } from './answer.ts';
import type { Resolver } from './resolver.ts';

/** Names asked on the way up: no name has more labels than this. */
export const MAX_CAA_LABELS = 127;
/** Records of one set that are read. */
export const MAX_CAA_RECORDS = 64;

export type CaaLookup =
  | {
      readonly kind: 'found';
      /** Where the set stands. */
      readonly at: string;
      /** Issuers for ordinary names, by their domains; empty: nobody may issue. Null: every one may. */
      readonly issuers: readonly string[] | null;
      /** The same for wildcards (section 4.3). */
      readonly wildcardIssuers: readonly string[] | null;
      /** Critical properties that nobody knows: a conforming authority issues nothing then (section 4.1). */
      readonly unknownCritical: readonly string[];
      readonly security: DnsSecurity;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly at: string; readonly failure: DnsFailure };

export async function lookUpCaa(resolver: Resolver, name: string, signal?: AbortSignal): Promise<CaaLookup> {
  const labels = name.split('.');
  for (let skip = 0; skip < Math.min(labels.length, MAX_CAA_LABELS); skip += 1) {
    const at = labels.slice(skip).join('.');
    const answer = await resolver.ask(at, 'CAA', { signal });
    // Not knowing is not the same as there being none (section 3 leaves no doubt to the authority either).
    if (answer.kind === 'failed') return { kind: 'failed', at, failure: answer.failure };
    if (answer.kind !== 'records') continue;
    const records = answer.records.slice(0, MAX_CAA_RECORDS).map(({ data }) => data);
    return { kind: 'found', at, ...readCaa(records), security: answer.security };
  }
  return { kind: 'none' };
}

/** What a set of records says; pure. */
export function readCaa(
  records: readonly RecordData['CAA'][],
): Pick<Extract<CaaLookup, { kind: 'found' }>, 'issuers' | 'wildcardIssuers' | 'unknownCritical'> {
  const issuers = issuersOf(records, 'issue');
  return {
    issuers,
    wildcardIssuers: issuersOf(records, 'issuewild') ?? issuers,
    unknownCritical: records.filter(({ critical, tag }) => critical && !KNOWN_TAGS.includes(tag)).map(({ tag }) => tag),
  };
}

const KNOWN_TAGS: readonly string[] = [
  'issue',
  'issuewild',
  'iodef',
  'contactemail',
  'contactphone',
  'issuemail',
  'issuevmc',
];

/** Null where no such property is there; an empty or malformed value allows nobody (section 4.2). */
function issuersOf(records: readonly RecordData['CAA'][], wanted: string): readonly string[] | null {
  const values = records.filter(({ tag }) => tag === wanted).map(({ value }) => value);
  if (values.length === 0) return null;
  const domains = values.map((value) => (value.split(';')[0] ?? '').trim().toLowerCase());
  return [...new Set(domains.filter((domain) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)))];
}
