/**
 * Will the next certificate still match? What a TLSA set, the live chain and the TTL say about changing keys (RFC 7671 section
 * 8, RFC 7672 section 3.1.1, S-DANE-20). Pure: history and time are given.
 */
import type { DaneVerdict, JudgedRecord } from './match.ts';
import { showTlsa } from './usable.ts';

export interface RolloverRequest {
  readonly verdict: DaneVerdict;
  /** Of the TLSA set, seconds. */
  readonly ttl: number;
  /** Of the live certificate, ms since the epoch. */
  readonly notAfter: number;
  /** ms since the epoch. */
  readonly at: number;
  /** When each record last matched, by `showTlsa` in full, ms since the epoch; what nobody watched is left out. */
  readonly lastMatched?: ReadonlyMap<string, number> | undefined;
}

/** What the set puts up with, without any change to the DNS. */
export interface Survives {
  /** A new certificate for the key in use. */
  readonly renewalWithSameKey: boolean;
  /** A new key under the authority that is in use now. */
  readonly newKeyUnderSameAuthority: boolean;
}

export type RolloverRemark =
  /** The next key is not announced: a change needs the DNS first. */
  | { readonly kind: 'no-next-record' }
  /** 3 0 x: every renewal breaks it, even with the same key. */
  | { readonly kind: 'pins-certificate' }
  /** A record that matched once and no longer does. */
  | { readonly kind: 'old-record'; readonly record: string; readonly lastMatched: number }
  /** Resolvers keep the set so long that mending takes as long. */
  | { readonly kind: 'long-ttl'; readonly ttl: number };

export interface RolloverFacts {
  /** Records that match now. */
  readonly live: readonly string[];
  /** Usable ones that match nothing now: of the next key, or left over; `old` are those known to be left over. */
  readonly waiting: readonly string[];
  readonly old: readonly string[];
  readonly survives: Survives;
  /** RFC 7671 8.1: two TTLs after a record is published, everybody has it; ms since the epoch, if it were now. */
  readonly switchSafeAt: number;
  /** Until when the record of the next certificate has to stand, ms since the epoch; null when none is needed. */
  readonly publishBefore: number | null;
  readonly remarks: readonly RolloverRemark[];
}

/** Above this a mistake in the set takes more than a day to be forgotten, seconds. */
export const LONG_TTL = 86_400;

export function rolloverFacts({ verdict, ttl, notAfter, at, lastMatched }: RolloverRequest): RolloverFacts {
  const name = (record: JudgedRecord): string => showTlsa(record, Number.POSITIVE_INFINITY);
  const usable = verdict.records.filter(({ state }) => state !== 'unusable');
  const matching = usable.filter(({ matched }) => matched);
  // A weaker digest beside a stronger one speaks of the same key; it announces nothing of its own.
  const waiting = usable.filter(
    ({ state, matched, digestOfNothing }) => state === 'counts' && !matched && !digestOfNothing,
  );
  const old = waiting.filter((record) => lastMatched?.has(name(record)) === true);
  const next = waiting.filter((record) => !old.includes(record));
  const survives: Survives = {
    renewalWithSameKey: matching.some(({ usage, selector }) => usage === 2 || selector === 1),
    newKeyUnderSameAuthority: matching.some(({ usage }) => usage === 2),
  };
  const remarks: RolloverRemark[] = [];
  if (matching.length > 0 && !survives.renewalWithSameKey) remarks.push({ kind: 'pins-certificate' });
  const covered = survives.newKeyUnderSameAuthority || next.length > 0;
  if (matching.length > 0 && !covered) remarks.push({ kind: 'no-next-record' });
  for (const record of old) {
    const since = lastMatched?.get(name(record));
    if (since !== undefined) remarks.push({ kind: 'old-record', record: name(record), lastMatched: since });
  }
  if (ttl > LONG_TTL) remarks.push({ kind: 'long-ttl', ttl });
  const spread = 2 * ttl * 1000;
  return {
    live: matching.map(name),
    waiting: next.map(name),
    old: old.map(name),
    survives,
    switchSafeAt: at + spread,
    publishBefore: matching.length === 0 || survives.renewalWithSameKey ? null : notAfter - spread,
    remarks,
  };
}

/** One sentence for the owner of the host. */
export function describeRolloverRemark(remark: RolloverRemark): string {
  switch (remark.kind) {
    case 'no-next-record':
      return 'No TLSA record announces a next key: publish one before the key changes, and wait two TTLs.';
    case 'pins-certificate':
      return 'The TLSA records pin the certificate itself: every renewal breaks them; use selector 1.';
    case 'old-record':
      return `The TLSA record ${remark.record.slice(0, 22)}… has not matched since ${new Date(remark.lastMatched).toISOString().slice(0, 10)} and can go.`;
    case 'long-ttl':
      return `The TLSA records are kept for ${remark.ttl} s; a mistake in them lasts as long.`;
  }
}
