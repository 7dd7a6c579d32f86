/**
 * What asking the DNS can yield. "No record", "no such name" and "no answer" are three different things and stay so:
 * a failure is never taken for absence (S-MX-3, S-DANE-3).
 */

/** RFC 4035 section 4.3. `indeterminate`: nobody we believe has said anything. */
export type DnsSecurity = 'secure' | 'insecure' | 'bogus' | 'indeterminate';

/** Why nothing can be validated through a resolver: no signatures, no proofs of absence, no DNSSEC at all. */
export type ResolverFault = 'signatures-stripped' | 'denials-stripped' | 'no-dnssec';

export type DnsFailure = FailureKind & {
  /** What was asked for when it failed, where that was not the answer itself but the chain that vouches for it. */
  readonly behind?: string | undefined;
};

type FailureKind =
  | { readonly kind: 'servfail' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'bogus'; readonly detail: string }
  | { readonly kind: 'alias-loop'; readonly links: number }
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'rcode'; readonly rcode: string }
  | { readonly kind: 'cancelled' };

interface Answered {
  readonly name: string;
  readonly type: RecordType;
  readonly security: DnsSecurity;
  /** Whose word `security` is: a believed resolver's AD flag, or our own validation; null when nobody's. */
  readonly securityFrom: string | null;
  /** Why it is as secure as it is, one clause; only where we validated ourselves. */
  readonly securityDetail?: string | undefined;
  /** What the resolver keeps from us, where it is to blame that nothing can be said (`indeterminate`). */
  readonly resolverFault?: ResolverFault | undefined;
  /** Until when the signatures behind a secure answer hold, ms since the epoch; only where we validated ourselves. */
  readonly signedUntil?: number | undefined;
  /**
   * The TTL that the owner signed, s, of which a cache on the way shows only what is left; only of secure records, and
   * only where we validated ourselves.
   */
  readonly signedTtl?: number | undefined;
  /** Which resolver answered, as it was specified. */
  readonly resolver: string;
  readonly ms: number;
}

export type DnsAnswer<T extends RecordType = RecordType> =
  | (Answered & {
      readonly kind: 'records';
      readonly records: readonly DnsRecord<T>[];
      /** The name at the end of the CNAME chain; equals `name` where there was none. */
      readonly canonicalName: string;
      /** The names of the CNAME chain after `name`, the canonical one last. */
      readonly aliases: readonly string[];
      /** Smallest TTL of the answer, seconds. */
      readonly ttl: number;
    })
  | (Answered & { readonly kind: 'no-data'; readonly canonicalName: string; readonly aliases: readonly string[] })
  | (Answered & { readonly kind: 'no-such-name'; readonly canonicalName: string; readonly aliases: readonly string[] })
  | (Answered & { readonly kind: 'failed'; readonly failure: DnsFailure });

/** The record data we decode, by type. Names are lower case without a trailing dot; the root is the empty string. */
export interface RecordData {
  A: string;
  AAAA: string;
  CNAME: string;
  NS: string;
  PTR: string;
  MX: { readonly preference: number; readonly exchange: string };
  /** The character-strings of one record, concatenated by the reader, not here. */
  TXT: readonly Buffer[];
  TLSA: { readonly usage: number; readonly selector: number; readonly matchingType: number; readonly data: Buffer };
  CAA: { readonly critical: boolean; readonly tag: string; readonly value: string };
  SOA: { readonly mname: string; readonly rname: string; readonly serial: number; readonly minimum: number };
  DS: { readonly keyTag: number; readonly algorithm: number; readonly digestType: number; readonly digest: Buffer };
  DNSKEY: { readonly flags: number; readonly protocol: number; readonly algorithm: number; readonly key: Buffer };
  RRSIG: {
    readonly typeCovered: string;
    readonly algorithm: number;
    readonly labels: number;
    readonly originalTtl: number;
    readonly expiration: number;
    readonly inception: number;
    readonly keyTag: number;
    readonly signersName: string;
    readonly signature: Buffer;
  };
  NSEC: { readonly nextDomain: string; readonly types: readonly string[] };
  NSEC3: {
    readonly algorithm: number;
    readonly flags: number;
    readonly iterations: number;
    readonly salt: Buffer;
    readonly nextHashed: Buffer;
    readonly types: readonly string[];
  };
}

export type RecordType = keyof RecordData;

export interface DnsRecord<T extends RecordType = RecordType> {
  readonly name: string;
  readonly type: T;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData[T];
}

/** One sentence part for people: "the name server …". */
export function describeDnsFailure(failure: DnsFailure): string {
  const { behind } = failure;
  return behind === undefined
    ? wordsOf(failure)
    : `${wordsOf(failure)} (asked for ${behind}, without which the answer cannot be validated)`;
}

function wordsOf(failure: DnsFailure): string {
  switch (failure.kind) {
    case 'servfail':
      return 'the resolver answered SERVFAIL: it could not get a trustworthy answer';
    case 'refused':
      return 'the resolver refused the question (REFUSED)';
    case 'timed-out':
      return `no resolver answered within ${failure.afterMs / 1000} s`;
    case 'malformed':
      return `the answer could not be read (${failure.detail})`;
    case 'bogus':
      return `the answer fails DNSSEC validation (${failure.detail})`;
    case 'alias-loop':
      return `the CNAME chain does not end within ${failure.links} links`;
    case 'unreachable':
      return `the resolver cannot be reached (${failure.code})`;
    case 'rcode':
      return `the resolver answered ${failure.rcode}`;
    case 'cancelled':
      return 'the run was stopped before an answer came';
  }
}
