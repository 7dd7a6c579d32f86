/**
 * Policies that were fetched and are still to be kept, and when to ask for them again (RFC 8461 sections 3.3 and 5.1).
 * The rule is pure; what is kept is plain data behind a small interface, in memory here, elsewhere in a store.
 */

import type { FetchFailure } from './fetch.ts';
import { type StsPolicy, samePolicy } from './policy.ts';

/** One policy as it was fetched. Plain data. */
export interface KeptPolicy {
  readonly policy: StsPolicy;
  /** Of the record by which it was found. */
  readonly id: string;
  /** ms since the epoch. */
  readonly fetchedAt: number;
}

/** A fetch that failed, so that it is not repeated at once. */
export interface FailedFetch {
  readonly id: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly failure: FetchFailure;
}

export interface PolicyEntry {
  readonly kept: KeptPolicy | null;
  readonly failed: FailedFetch | null;
}

/** What the discovery needs of a store. Entries are looked up by domain; an entry may be forgotten at any time. */
export interface PolicyCache {
  get(domain: string): Promise<PolicyEntry | null>;
  put(domain: string, entry: PolicyEntry): Promise<void>;
}

/** Domains of which policies are kept in memory; the one that was not asked for longest goes first. */
export const MAX_KEPT_POLICIES = 10_000;
/** RFC 8461 3.3: "no more frequently than every five minutes" for the same policy id, ms. */
export const RETRY_AFTER_MS = 5 * 60_000;
/** RFC 8461 10.2 and S-STS-13: a policy in use is looked at daily, ms; a short-lived one at half its life. */
export const REFRESH_AFTER_MS = 86_400_000;

export function createMemoryPolicyCache(most = MAX_KEPT_POLICIES): PolicyCache {
  const entries = new Map<string, PolicyEntry>();
  return {
    get: async (domain) => {
      const entry = entries.get(domain);
      if (entry === undefined) return null;
      entries.delete(domain);
      entries.set(domain, entry);
      return entry;
    },
    put: async (domain, entry) => {
      entries.delete(domain);
      entries.set(domain, entry);
      if (entries.size <= most) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
  };
}

/** ms since the epoch: from then on the policy no longer applies. */
export function expiresAt(kept: KeptPolicy): number {
  return kept.fetchedAt + kept.policy.maxAge * 1000;
}

/** The kept policy where it still applies, whatever DNS and HTTPS say (RFC 8461 5.1, S-STS-2); else null. */
export function liveOf(entry: PolicyEntry | null, at: number): KeptPolicy | null {
  const kept = entry?.kept ?? null;
  return kept !== null && at < expiresAt(kept) ? kept : null;
}

export type RefreshPlan =
  /** The kept policy applies, and there is no reason to ask again yet. */
  | { readonly kind: 'keep'; readonly kept: KeptPolicy }
  | { readonly kind: 'fetch'; readonly why: 'no-policy' | 'new-id' | 'due' }
  /** The fetch for this id failed less than five minutes ago. */
  | { readonly kind: 'wait'; readonly failed: FailedFetch };

/** What to do when the record of the domain says `id` (S-STS-6, S-STS-12, S-STS-13). */
export function planRefresh(entry: PolicyEntry | null, id: string, at: number): RefreshPlan {
  const kept = liveOf(entry, at);
  if (kept !== null && kept.id === id && at < kept.fetchedAt + refreshAfter(kept)) return { kind: 'keep', kept };
  const failed = entry?.failed ?? null;
  // A clock that was set back must not keep us from asking for long.
  if (failed !== null && failed.id === id && at >= failed.at && at < failed.at + RETRY_AFTER_MS) {
    return { kind: 'wait', failed };
  }
  return { kind: 'fetch', why: kept === null ? 'no-policy' : kept.id === id ? 'due' : 'new-id' };
}

/** The entry after a fetch that succeeded. */
export function afterFetch(policy: StsPolicy, id: string, at: number): PolicyEntry {
  return { kept: { policy, id, fetchedAt: at }, failed: null };
}

/** The entry after a fetch that failed: the old policy stays until its own end (S-STS-12). */
export function afterFailure(entry: PolicyEntry | null, failed: FailedFetch): PolicyEntry {
  return { kept: liveOf(entry, failed.at), failed };
}

/** S-STS-18: the policy changed and its id did not, so that others will not notice for long. */
export function changedUnderSameId(before: KeptPolicy | null, after: KeptPolicy): boolean {
  return before !== null && before.id === after.id && !samePolicy(before.policy, after.policy);
}

function refreshAfter(kept: KeptPolicy): number {
  return Math.min(REFRESH_AFTER_MS, (kept.policy.maxAge * 1000) / 2);
}
