/**
 * Proofs that something is not there, from denial records whose signatures are right already (RFC 4035 section 5.4,
 * RFC 5155 section 8). Which kind a zone uses, it decides; the questions are the same.
 */
import type { Work } from './limits.ts';
import { type Nsec, nsecDeniesDs, nsecProvesNoCloserName, nsecProvesNoData, nsecProvesNoName } from './nsec.ts';
import { type Nsec3, nsec3DeniesDs, nsec3ProvesNoCloserName, nsec3ProvesNoData, nsec3ProvesNoName } from './nsec3.ts';

/**
 * `opt-out`: the span may hold unsigned delegations, so that nothing is proven and nobody lies (RFC 5155 section 9.2).
 * `too-many-iterations`: RFC 9276 section 3.2.
 */
export type Proof = 'proven' | 'opt-out' | 'too-many-iterations' | 'too-much-work' | 'unproven';

/**
 * What the parent's side says of a name that has no DS: `delegation` (an unsigned zone begins there), `no-cut` (a name
 * of the parent's own), `nothing-below` (no such name, and therefore none under it: RFC 8020).
 */
export type DsDenial = 'delegation' | 'no-cut' | 'nothing-below' | Exclude<Proof, 'proven'>;

/** Denial records of one zone, signed by it and under their own names. */
export interface DenialRecords {
  readonly zone: string;
  readonly nsec: readonly Nsec[];
  readonly nsec3: readonly Nsec3[];
  readonly work: Work;
}

export function proveNoData(records: DenialRecords, name: string, type: string): Proof {
  return records.nsec.length > 0 && nsecProvesNoData(records, name, type)
    ? 'proven'
    : byNsec3(records, () => nsec3ProvesNoData(records, name, type));
}

export function proveNoName(records: DenialRecords, name: string): Proof {
  return records.nsec.length > 0 && nsecProvesNoName(records, name)
    ? 'proven'
    : byNsec3(records, () => nsec3ProvesNoName(records, name));
}

/** That a wildcard below `encloser` was right to answer for `name`: nothing stands closer. */
export function proveNoCloserName(records: DenialRecords, name: string, encloser: string): Proof {
  return records.nsec.length > 0 && nsecProvesNoCloserName(records, name, encloser)
    ? 'proven'
    : byNsec3(records, () => nsec3ProvesNoCloserName(records, name, encloser));
}

export function denyDs(records: DenialRecords, name: string): DsDenial {
  const denied = records.nsec.length > 0 ? nsecDeniesDs(records, name) : 'unproven';
  if (denied !== 'unproven') return denied;
  return byNsec3(records, () => nsec3DeniesDs(records, name));
}

function byNsec3<Result>(records: DenialRecords, prove: () => Result): Result | 'unproven' {
  return records.nsec3.length === 0 ? 'unproven' : prove();
}
