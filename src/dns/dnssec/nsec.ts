/**
 * What NSEC records prove (RFC 4034 section 4, RFC 4035 section 5.4, RFC 6840 sections 4.1 to 4.4). Pure.
 */
import { isWithin } from '../name.ts';
import { commonAncestor, compareNames, labelCount, wildcardBelow } from './names.ts';

export interface Nsec {
  readonly owner: string;
  readonly next: string;
  /** Names of the types at the owner. */
  readonly types: readonly string[];
}

interface NsecRecords {
  readonly zone: string;
  readonly nsec: readonly Nsec[];
}

export function nsecProvesNoData({ zone, nsec }: NsecRecords, name: string, type: string): boolean {
  const own = nsec.find((record) => record.owner === name);
  if (own !== undefined) return lacksType(own.types, name, type);
  if (nsec.some((record) => isEmptyNonTerminal(record, zone, name))) return true;
  return nsec.some((record) => {
    if (!deniesName(record, zone, name)) return false;
    const wildcard = wildcardBelow(closestEncloser(record, name));
    return nsec.some((at) => at.owner === wildcard && lacksType(at.types, wildcard, type));
  });
}

export function nsecProvesNoName({ zone, nsec }: NsecRecords, name: string): boolean {
  return nsec.some((record) => {
    if (!deniesName(record, zone, name)) return false;
    const wildcard = wildcardBelow(closestEncloser(record, name));
    return nsec.some((at) => deniesName(at, zone, wildcard));
  });
}

export function nsecProvesNoCloserName({ zone, nsec }: NsecRecords, name: string, encloser: string): boolean {
  return nsec.some(
    (record) => deniesName(record, zone, name) && labelCount(closestEncloser(record, name)) <= labelCount(encloser),
  );
}

export function nsecDeniesDs(
  { zone, nsec }: NsecRecords,
  name: string,
): 'delegation' | 'no-cut' | 'nothing-below' | 'unproven' {
  const own = nsec.find((record) => record.owner === name);
  if (own !== undefined) {
    if (!lacksType(own.types, name, 'DS')) return 'unproven';
    return own.types.includes('NS') ? 'delegation' : 'no-cut';
  }
  if (nsec.some((record) => isEmptyNonTerminal(record, zone, name))) return 'no-cut';
  return nsec.some((record) => deniesName(record, zone, name)) ? 'nothing-below' : 'unproven';
}

/**
 * Whether a type bitmap at `name` says that there is nothing of `type` to be had: an alias would have been followed (RFC 6840
 * section 4.3), the parent's side of a cut knows of DS alone, the child's side of everything else (section 4.4).
 */
export function lacksType(types: readonly string[], name: string, type: string): boolean {
  if (types.includes(type) || types.includes('CNAME')) return false;
  if (type === 'DS') return !types.includes('SOA') || name === '';
  return !types.includes('NS') || types.includes('SOA');
}

/** RFC 6840 section 4.1: a parent's record at a cut, or one at a DNAME, says nothing of the names below it. */
export function speaksOfNamesBelow(types: readonly string[]): boolean {
  return !types.includes('DNAME') && (!types.includes('NS') || types.includes('SOA'));
}

function mayDenyBelow(record: Nsec, name: string): boolean {
  return !isWithin(name, record.owner) || speaksOfNamesBelow(record.types);
}

/** Whether `name` lies strictly between owner and next; the last record of a zone leads back to its apex. */
function covers(record: Nsec, zone: string, name: string): boolean {
  if (!isWithin(name, zone) || compareNames(record.owner, name) >= 0) return false;
  return compareNames(name, record.next) < 0 || record.next === zone;
}

/** A name without records of its own, but with names below it, lies in a span that ends below it. */
function isEmptyNonTerminal(record: Nsec, zone: string, name: string): boolean {
  return covers(record, zone, name) && mayDenyBelow(record, name) && isWithin(record.next, name);
}

function deniesName(record: Nsec, zone: string, name: string): boolean {
  return covers(record, zone, name) && mayDenyBelow(record, name) && !isWithin(record.next, name);
}

/** RFC 4592 section 3.3.1: the last existing ancestor, which both ends of the span that covers the name know. */
function closestEncloser(record: Nsec, name: string): string {
  const left = commonAncestor(name, record.owner);
  const right = commonAncestor(name, record.next);
  return labelCount(left) >= labelCount(right) ? left : right;
}
