/**
 * The denial records of a message that may be used: in the zone, signed by it, and standing under their own names
 * (RFC 4035 section 5.4, RFC 6840 section 4.2).
 */
import { isWithin } from '../name.ts';
import { TYPE_NUMBERS } from '../record-type.ts';
import type { DenialRecords } from './denial.ts';
import { MAX_DENIAL_SETS, type Work } from './limits.ts';
import type { Nsec } from './nsec.ts';
import { type Nsec3, readNsec3 } from './nsec3.ts';
import type { RrSet, Section } from './rrset.ts';
import { checkSignatures, type SignatureMemory } from './signature.ts';
import type { BogusReason } from './verdict.ts';
import type { KeyRing } from './zone-key.ts';

export interface DenialRequest {
  readonly authorities: Section;
  readonly zone: string;
  readonly keys: KeyRing;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly work: Work;
  readonly memory: SignatureMemory;
}

export interface CheckedDenials {
  readonly records: DenialRecords;
  /** Why the first set that was left out is not believed; null where none was. */
  readonly fault: BogusReason | null;
  /** Least of all used, seconds; infinite where there is none. */
  readonly ttl: number;
  readonly validUntil: number;
}

export function isDenial(set: RrSet): boolean {
  return set.type === TYPE_NUMBERS.NSEC || set.type === TYPE_NUMBERS.NSEC3;
}

/** The zone that denies `name`: the deepest signer of denial records at or above it; null where nobody does. */
export function denyingZone(authorities: Section, name: string): string | null {
  let zone: string | null = null;
  for (const set of authorities.sets) {
    if (!isDenial(set)) continue;
    for (const { data } of set.signatures) {
      const deeper = zone === null || data.signersName.length > zone.length;
      if (deeper && isWithin(name, data.signersName)) zone = data.signersName;
    }
  }
  return zone;
}

export function checkDenials(request: DenialRequest): CheckedDenials {
  const { authorities, zone, keys, now, work, memory } = request;
  const nsec: Nsec[] = [];
  const nsec3: Nsec3[] = [];
  let fault: BogusReason | null = null;
  let ttl = Number.POSITIVE_INFINITY;
  let validUntil = Number.POSITIVE_INFINITY;
  const sets = authorities.sets.filter((set) => isDenial(set) && isWithin(set.name, zone));
  for (const set of sets.slice(0, MAX_DENIAL_SETS)) {
    const signed = checkSignatures({ set, zone, keys, now, work, memory });
    // A denial record made from a wildcard would deny whatever name one likes.
    const reason = !signed.ok ? signed.failure : signed.value.expandedBelow === null ? null : 'denial-incomplete';
    if (reason !== null || !signed.ok) {
      fault ??= reason;
      continue;
    }
    ttl = Math.min(ttl, signed.value.ttl);
    validUntil = Math.min(validUntil, signed.value.validUntil);
    for (const record of set.records) {
      if (record.type === 'NSEC') {
        nsec.push({ owner: set.name, next: record.data.nextDomain, types: record.data.types });
      }
      const read = record.type === 'NSEC3' ? readNsec3(set.name, zone, record.data) : null;
      if (read !== null) nsec3.push(read);
    }
  }
  return { records: { zone, nsec, nsec3, work }, fault, ttl, validUntil };
}
