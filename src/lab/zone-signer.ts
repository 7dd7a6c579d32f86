/**
 * Signs zones of the test bed (RFC 4034, RFC 5155): signatures over every set the zone is responsible for, a chain of
 * NSEC or NSEC3 records, and the DS records for its parent.
 */
import { hash } from 'node:crypto';
import { compareNames, labelCount, labelsOf, lastLabels } from '../dns/dnssec/names.ts';
import { nsec3Hash } from '../dns/dnssec/nsec3.ts';
import { isWithin } from '../dns/name.ts';
import { CLASS_IN, TYPE_NUMBERS } from '../dns/record-type.ts';
import type { SigningKey } from './signing-key.ts';
import { typeBitmap, type WireRecord, wireName, words } from './wire-record.ts';

export type DenialMethod =
  | { readonly kind: 'nsec' }
  | { readonly kind: 'nsec3'; readonly iterations: number; readonly salt: Buffer; readonly optOut: boolean };

export interface ZoneToSign {
  readonly apex: string;
  /** With SOA and NS; below the apex NS marks a delegation, DS a signed one. */
  readonly records: readonly WireRecord[];
  /** In the DNSKEY set; none for a zone that is not signed. */
  readonly keys: readonly SigningKey[];
  /** Who signs the keys, and who signs everything else; all of `keys` where left out. */
  readonly keySigners?: readonly SigningKey[] | undefined;
  readonly zoneSigners?: readonly SigningKey[] | undefined;
  readonly denial: DenialMethod;
  /** Seconds since the epoch. */
  readonly inception: number;
  readonly expiration: number;
}

export interface SignedZone {
  readonly apex: string;
  readonly denial: DenialMethod;
  readonly isSigned: boolean;
  /** Sets by `setKey`, denial records included, signatures left out. */
  readonly sets: ReadonlyMap<string, readonly WireRecord[]>;
  /** The signatures over a set, by the same key. */
  readonly signatures: ReadonlyMap<string, readonly WireRecord[]>;
  /** Owners of denial records: names in canonical order, or hashes (hexadecimal) in theirs with the owner's name. */
  readonly chain: readonly { readonly at: string; readonly owner: string }[];
  /** Every name that exists, those without records included. */
  readonly names: ReadonlySet<string>;
  /** Delegations. */
  readonly cuts: ReadonlySet<string>;
}

export function setKey(name: string, type: number): string {
  return `${type} ${name}`;
}

export function signZone(zone: ZoneToSign): SignedZone {
  const dnskeys = zone.keys.map((key) => record(zone.apex, TYPE_NUMBERS.DNSKEY, 3600, key.data));
  const sets = new Map<string, WireRecord[]>();
  for (const one of [...zone.records, ...dnskeys]) {
    const key = setKey(one.name, one.type);
    sets.set(key, [...(sets.get(key) ?? []), one]);
  }
  const cuts = new Set(
    zone.records.filter(({ name, type }) => type === TYPE_NUMBERS.NS && name !== zone.apex).map(({ name }) => name),
  );
  const ownNames = new Set([...sets.values()].flatMap((set) => set.map(({ name }) => name)).filter(isOwn));
  function isOwn(name: string): boolean {
    return ![...cuts].some((cut) => cut !== name && isWithin(name, cut));
  }
  const isSigned = zone.keys.length > 0;
  const chain = isSigned ? addDenials(zone, sets, ownNames, cuts) : [];
  const signatures = new Map<string, readonly WireRecord[]>();
  for (const [key, set] of isSigned ? sets : []) {
    const first = set[0];
    if (first === undefined || !isOwn(first.name)) continue;
    if (cuts.has(first.name) && first.type !== TYPE_NUMBERS.DS && first.type !== TYPE_NUMBERS.NSEC) continue;
    const signers = first.type === TYPE_NUMBERS.DNSKEY ? zone.keySigners : zone.zoneSigners;
    signatures.set(
      key,
      (signers ?? zone.keys).map((signer) => signSet({ ...zone, zone: zone.apex, set, signer })),
    );
  }
  const names = new Set([...ownNames].flatMap((name) => namesDownTo(zone.apex, name)));
  return { apex: zone.apex, denial: zone.denial, isSigned, sets, signatures, chain, names, cuts };
}

export interface SetToSign {
  readonly zone: string;
  readonly set: readonly WireRecord[];
  readonly signer: SigningKey;
  readonly inception: number;
  readonly expiration: number;
  /** Where the signature is to claim something else than what holds. */
  readonly labels?: number | undefined;
  readonly tag?: number | undefined;
}

/** RFC 4034 section 3.1.8.1. The data of our records is in canonical form as it is made. */
export function signSet({ zone, set, signer, ...claims }: SetToSign): WireRecord {
  const { name, type, ttl } = set[0] ?? record(zone, 0, 0, Buffer.alloc(0));
  const labels = claims.labels ?? labelCount(name) - (labelsOf(name)[0] === '*' ? 1 : 0);
  const head = Buffer.alloc(18);
  words(type, (signer.algorithm << 8) | labels).copy(head);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt32BE(claims.expiration >>> 0, 8);
  head.writeUInt32BE(claims.inception >>> 0, 12);
  head.writeUInt16BE(claims.tag ?? signer.tag, 16);
  const start = Buffer.concat([head, wireName(zone)]);
  const owner = Buffer.concat([wireName(name), words(type, CLASS_IN, ttl >>> 16, ttl & 0xffff)]);
  const sorted = set.map(({ data }) => data).sort(Buffer.compare);
  const octets = Buffer.concat([start, ...sorted.flatMap((data) => [owner, words(data.length), data])]);
  return record(name, TYPE_NUMBERS.RRSIG, ttl, Buffer.concat([start, signer.sign(octets)]));
}

/** The DS record by which a parent vouches for `key` (RFC 4034 section 5.1.4). */
export function dsRecord(zone: string, key: SigningKey, digestType = 2): WireRecord {
  const algorithm = { 1: 'sha1', 2: 'sha256', 4: 'sha384' }[digestType] ?? 'sha512';
  const digest = hash(algorithm, Buffer.concat([wireName(zone), key.data]), 'buffer');
  const head = Buffer.concat([words(key.tag), Buffer.from([key.algorithm, digestType])]);
  return record(zone, TYPE_NUMBERS.DS, 3600, Buffer.concat([head, digest]));
}

function addDenials(
  zone: ZoneToSign,
  sets: Map<string, WireRecord[]>,
  ownNames: ReadonlySet<string>,
  cuts: ReadonlySet<string>,
): SignedZone['chain'] {
  const typesAt = (name: string): number[] => {
    const types = [...sets.values()].flatMap((set) => (set[0]?.name === name ? [set[0].type] : []));
    return cuts.has(name) ? types.filter((type) => type === TYPE_NUMBERS.NS || type === TYPE_NUMBERS.DS) : types;
  };
  const { denial } = zone;
  if (denial.kind === 'nsec') {
    const chain = [...ownNames].sort(compareNames).map((name) => ({ at: name, owner: name }));
    for (const [index, { owner }] of chain.entries()) {
      const next = chain[(index + 1) % chain.length]?.owner ?? zone.apex;
      const types = [...typesAt(owner), TYPE_NUMBERS.NSEC, TYPE_NUMBERS.RRSIG];
      const data = Buffer.concat([wireName(next), typeBitmap(types)]);
      sets.set(setKey(owner, TYPE_NUMBERS.NSEC), [record(owner, TYPE_NUMBERS.NSEC, NEGATIVE_TTL, data)]);
    }
    return chain;
  }
  const { iterations, salt, optOut } = denial;
  const isUnsignedCut = (name: string): boolean => cuts.has(name) && !sets.has(setKey(name, TYPE_NUMBERS.DS));
  const kept = [...ownNames].filter((name) => !(optOut && isUnsignedCut(name)));
  const named = new Set(kept.flatMap((name) => namesDownTo(zone.apex, name)));
  const chain = [...named]
    .map((name) => ({ name, at: nsec3Hash(wireName(name), salt, iterations).toString('hex') }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ name, at }) => ({ name, at, owner: hashedOwner(at, zone.apex) }));
  for (const [index, { name, owner }] of chain.entries()) {
    const next = Buffer.from(chain[(index + 1) % chain.length]?.at ?? '', 'hex');
    const own = typesAt(name);
    const types = own.length === 0 || isUnsignedCut(name) ? own : [...own, TYPE_NUMBERS.RRSIG];
    const head = Buffer.concat([Buffer.from([1, optOut ? 1 : 0]), words(iterations), Buffer.from([salt.length]), salt]);
    const data = Buffer.concat([head, Buffer.from([next.length]), next, typeBitmap(types)]);
    sets.set(setKey(owner, TYPE_NUMBERS.NSEC3), [record(owner, TYPE_NUMBERS.NSEC3, NEGATIVE_TTL, data)]);
  }
  return chain;
}

/** Seconds; RFC 2308 and RFC 9077: the TTL of denial records is that of absence. */
export const NEGATIVE_TTL = 300;

/** `name` and every name between it and the apex, the apex included. */
function namesDownTo(apex: string, name: string): readonly string[] {
  const names: string[] = [];
  for (let count = labelCount(apex); count <= labelCount(name); count += 1) names.push(lastLabels(name, count));
  return names;
}

export function hashedOwner(digest: string, apex: string): string {
  const bits = BigInt(`0x${digest}`);
  const label = bits.toString(32).padStart(32, '0');
  return apex === '' ? label : `${label}.${apex}`;
}

function record(name: string, type: number, ttl: number, data: Buffer): WireRecord {
  return { name, type, ttl, data };
}
