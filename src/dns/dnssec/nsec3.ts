/**
 * What NSEC3 records prove (RFC 5155 section 8, RFC 6840, RFC 9276). Pure but for the count of names hashed.
 */
import { hash } from 'node:crypto';
import { encodeName, isWithin } from '../name.ts';
import { MAX_NSEC3_ITERATIONS, type Work } from './limits.ts';
import { labelCount, labelsOf, lastLabels, parentOf, wildcardBelow } from './names.ts';
import { lacksType, speaksOfNamesBelow } from './nsec.ts';

export interface Nsec3 {
  /** Hash of the name it stands for, hexadecimal, as `next`. */
  readonly owner: string;
  readonly next: string;
  readonly optOut: boolean;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly types: readonly string[];
}

interface Nsec3Records {
  readonly zone: string;
  readonly nsec3: readonly Nsec3[];
  readonly work: Work;
}

type Nsec3Proof = 'proven' | 'opt-out' | 'too-many-iterations' | 'too-much-work' | 'unproven';

/** The only hash there is (RFC 5155 section 11). */
const SHA1_HASH = 1;
const SHA1_OCTETS = 20;
const OPT_OUT = 0x01;

/** Reads one record; null where RFC 5155 section 8.2 says to ignore it. */
export function readNsec3(
  name: string,
  zone: string,
  data: {
    readonly algorithm: number;
    readonly flags: number;
    readonly iterations: number;
    readonly salt: Buffer;
    readonly nextHashed: Buffer;
    readonly types: readonly string[];
  },
): Nsec3 | null {
  const owner = fromBase32Hex(labelsOf(name)[0] ?? '');
  if (owner === null || parentOf(name) !== zone || data.nextHashed.length !== SHA1_OCTETS) return null;
  if (data.algorithm !== SHA1_HASH || (data.flags & ~OPT_OUT) !== 0) return null;
  const { iterations, salt, types } = data;
  const next = data.nextHashed.toString('hex');
  return { owner, next, optOut: (data.flags & OPT_OUT) !== 0, iterations, salt, types };
}

export function nsec3ProvesNoData(records: Nsec3Records, name: string, type: string): Nsec3Proof {
  return withHasher(records, (hasher) => {
    const own = hasher.at(name);
    if (own !== null) return lacksType(own.types, name, type) ? 'proven' : 'unproven';
    const closest = closestEncloser(hasher, records.zone, name);
    if (closest === null) return 'unproven';
    const wildcard = wildcardBelow(closest.encloser);
    const atWildcard = hasher.at(wildcard);
    if (atWildcard !== null && !lacksType(atWildcard.types, wildcard, type)) return 'unproven';
    if (closest.optOut) return 'opt-out';
    return atWildcard === null ? 'unproven' : 'proven';
  });
}

export function nsec3ProvesNoName(records: Nsec3Records, name: string): Nsec3Proof {
  return withHasher(records, (hasher) => {
    const closest = closestEncloser(hasher, records.zone, name);
    if (closest === null || hasher.over(wildcardBelow(closest.encloser)) === null) return 'unproven';
    return closest.optOut ? 'opt-out' : 'proven';
  });
}

export function nsec3ProvesNoCloserName(records: Nsec3Records, name: string, encloser: string): Nsec3Proof {
  return withHasher(records, (hasher) => {
    const over = hasher.over(lastLabels(name, labelCount(encloser) + 1));
    if (over === null) return 'unproven';
    return over.optOut ? 'opt-out' : 'proven';
  });
}

export function nsec3DeniesDs(
  records: Nsec3Records,
  name: string,
): 'delegation' | 'no-cut' | 'nothing-below' | Exclude<Nsec3Proof, 'proven'> {
  return withHasher(records, (hasher) => {
    const own = hasher.at(name);
    if (own !== null) {
      if (!lacksType(own.types, name, 'DS')) return 'unproven';
      return own.types.includes('NS') ? 'delegation' : 'no-cut';
    }
    const closest = closestEncloser(hasher, records.zone, name);
    if (closest === null) return 'unproven';
    return closest.optOut ? 'opt-out' : 'nothing-below';
  });
}

/** RFC 5155 section 5. */
export function nsec3Hash(nameWire: Buffer, salt: Buffer, iterations: number): Buffer {
  let digest = hash('sha1', Buffer.concat([nameWire, salt]), 'buffer');
  for (let round = 0; round < iterations; round += 1) digest = hash('sha1', Buffer.concat([digest, salt]), 'buffer');
  return digest;
}

interface Hasher {
  /** The record that stands for the name. */
  at(name: string): Nsec3 | null;
  /** The record in whose span the hash of the name lies. */
  over(name: string): Nsec3 | null;
}

/** The bound was reached in the midst of a proof. */
const TOO_MUCH_WORK = Symbol('too much work');

function withHasher<Result>(
  { zone, nsec3, work }: Nsec3Records,
  prove: (hasher: Hasher) => Result,
): Result | 'too-many-iterations' | 'too-much-work' | 'unproven' {
  const first = nsec3[0];
  if (first === undefined) return 'unproven';
  if (nsec3.some((record) => record.iterations > MAX_NSEC3_ITERATIONS)) return 'too-many-iterations';
  // RFC 5155 section 8.2: one set of parameters in one answer.
  const chain = nsec3.filter(({ iterations, salt }) => iterations === first.iterations && salt.equals(first.salt));
  const known = new Map<string, string>();
  const hashOf = (name: string): string => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (!work.hash()) throw TOO_MUCH_WORK;
    const wire = encodeName(name);
    // A wildcard below a very long name can itself be too long to exist; nothing has the empty hash.
    const digest = wire === null ? '' : nsec3Hash(wire, first.salt, first.iterations).toString('hex');
    known.set(name, digest);
    return digest;
  };
  const within = (name: string): boolean => isWithin(name, zone);
  try {
    return prove({
      at: (name) => (within(name) ? (chain.find((record) => record.owner === hashOf(name)) ?? null) : null),
      over: (name) => (within(name) ? (chain.find((record) => spans(record, hashOf(name))) ?? null) : null),
    });
  } catch (reason) {
    if (reason === TOO_MUCH_WORK) return 'too-much-work';
    throw reason;
  }
}

function spans({ owner, next }: Nsec3, digest: string): boolean {
  if (digest === '') return false;
  if (owner < next) return owner < digest && digest < next;
  // The last record of the chain leads round to the first; a chain of one spans everything but itself.
  return digest !== owner && (digest > owner || digest < next);
}

/** RFC 5155 section 8.3: the longest ancestor that exists, and the span over the name one label longer. */
function closestEncloser(
  hasher: Hasher,
  zone: string,
  name: string,
): { readonly encloser: string; readonly optOut: boolean } | null {
  for (let count = labelCount(name) - 1; count >= labelCount(zone); count -= 1) {
    const encloser = lastLabels(name, count);
    const at = hasher.at(encloser);
    if (at === null) continue;
    if (!speaksOfNamesBelow(at.types)) return null;
    const over = hasher.over(lastLabels(name, count + 1));
    return over === null ? null : { encloser, optOut: over.optOut };
  }
  return null;
}

const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv';

/** RFC 4648 section 7: the 32 characters of a SHA-1 hash, as hexadecimal. */
function fromBase32Hex(text: string): string | null {
  if (text.length !== 32) return null;
  let value = 0n;
  for (const character of text) {
    const digit = BASE32_HEX.indexOf(character);
    if (digit < 0) return null;
    value = value * 32n + BigInt(digit);
  }
  return value.toString(16).padStart(2 * SHA1_OCTETS, '0');
}
