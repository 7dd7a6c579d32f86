/**
 * DANE for one host put together: what was looked up, how it matched, and what a sender has to do about it (RFC 7672 sections
 * 2.2 and 6). Plain data; pure.
 */
import { assertNever } from '../base/outcome.ts';
import { type DaneLookup, describeDaneLookup } from './lookup.ts';
import type { DaneVerdict } from './match.ts';
import { hasUsable } from './usable.ts';

export interface DaneOutcome {
  readonly status: 'none' | 'match' | 'mismatch' | 'unusable' | 'failed' | 'not-tested';
  readonly usage: 2 | 3 | null;
  readonly lookup: DaneLookup;
  /** Null where there was nothing to match, or no TLS session to match it with. */
  readonly verdict: DaneVerdict | null;
  /** One sentence. */
  readonly detail: string;
}

export function daneOutcome(lookup: DaneLookup, verdict: DaneVerdict | null): DaneOutcome {
  const base = { usage: null, lookup, verdict, detail: describeDaneLookup(lookup) } as const;
  switch (lookup.kind) {
    case 'none':
      return { ...base, status: 'none' };
    case 'failed':
      return { ...base, status: 'failed' };
    case 'unknown':
      return { ...base, status: 'not-tested' };
    case 'records':
      if (verdict !== null) return { ...base, status: verdict.status, usage: verdict.usage, detail: verdict.detail };
      return { ...base, status: hasUsable(lookup.records) ? 'not-tested' : 'unusable' };
    default:
      return assertNever(lookup);
  }
}

/** What DANE asks of a sender at one host, before the connection. */
export type DaneDemand =
  /** DANE says nothing; other policy decides. */
  | 'nothing'
  /** TLS is needed, nobody has to be authenticated (RFC 7672 2.2, S-DANE-8). */
  | 'encrypt'
  /** TLS is needed and a record has to match; without STARTTLS the host is of no use (S-DANE-15, S-DANE-16). */
  | 'authenticate'
  /** Leave this host for later; another one may serve. */
  | 'defer';

/**
 * `mandatory` is RFC 7672 section 6: without usable records, or where the name of the host is not secure, nothing is
 * delivered (S-DANE-22). `opportunistic` takes what is there, half DANE included (S-DANE-17).
 */
export function daneDemand(lookup: DaneLookup, force: 'off' | 'opportunistic' | 'mandatory'): DaneDemand {
  if (force === 'off') return 'nothing';
  const mandatory = force === 'mandatory';
  switch (lookup.kind) {
    case 'failed':
      return 'defer';
    case 'none':
    case 'unknown':
      return mandatory ? 'defer' : 'nothing';
    case 'records': {
      const usable = hasUsable(lookup.records);
      if (mandatory) return usable && lookup.nameSecure ? 'authenticate' : 'defer';
      return usable ? 'authenticate' : 'encrypt';
    }
    default:
      return assertNever(lookup);
  }
}
