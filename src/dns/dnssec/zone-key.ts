/**
 * The keys of a zone: which of its DNSKEY records may sign, and which a DS or a trust anchor vouches for (RFC 4034
 * sections 2 and 5, RFC 4035 section 5.2, RFC 5011 section 2.1).
 */
import type { KeyObject } from 'node:crypto';
import type { RecordData } from '../answer.ts';
import { encodeName } from '../name.ts';
import { dsDigest, isSupportedAlgorithm, isSupportedDigest, publicKeyOf, SHA1_DIGEST } from './algorithm.ts';
import { MAX_DS_PER_ZONE, MAX_KEYS_PER_TAG } from './limits.ts';
import type { RrSet } from './rrset.ts';

export interface ZoneKey {
  readonly tag: number;
  readonly algorithm: number;
  /** The whole DNSKEY data as it came. */
  readonly data: Buffer;
  /** Made when first wanted; null when the octets are no key. */
  publicKey(): KeyObject | null;
}

/** A way into a zone: a DS record of its parent, or an anchor of ours. */
export type EntryPoint =
  | { readonly kind: 'ds'; readonly data: RecordData['DS'] }
  | { readonly kind: 'dnskey'; readonly data: RecordData['DNSKEY'] };

const ZONE_KEY = 0x0100;
const REVOKED = 0x0080;
const DNSSEC_PROTOCOL = 3;

/** The keys of a zone by algorithm and tag: a crowd of keys and a crowd of signatures must not multiply. */
export interface KeyRing {
  readonly keys: readonly ZoneKey[];
  /** The keys of this algorithm and tag that are tried: tags collide, by chance or by intent (RFC 4034 section 5.1.1). */
  withTag(algorithm: number, tag: number): readonly ZoneKey[];
}

export function keyRing(keys: readonly ZoneKey[]): KeyRing {
  const byTag = new Map<number, ZoneKey[]>();
  for (const key of keys) {
    const place = (key.algorithm << 16) | key.tag;
    const there = byTag.get(place);
    if (there === undefined) byTag.set(place, [key]);
    else if (there.length < MAX_KEYS_PER_TAG) there.push(key);
  }
  return { keys, withTag: (algorithm, tag) => byTag.get((algorithm << 16) | tag) ?? [] };
}

/** Keys that may sign: the zone flag and protocol 3 are set, they are not revoked, and we know their algorithm. */
export function keysOf(set: RrSet): KeyRing {
  const keys: ZoneKey[] = [];
  for (const record of set.records) {
    if (record.type !== 'DNSKEY') continue;
    const { flags, protocol, algorithm, key } = record.data;
    if ((flags & ZONE_KEY) === 0 || (flags & REVOKED) !== 0 || protocol !== DNSSEC_PROTOCOL) continue;
    if (!isSupportedAlgorithm(algorithm)) continue;
    const data = Buffer.from(set.bytes.subarray(record.rdataAt, record.rdataAt + record.rdataLength));
    keys.push(zoneKey(algorithm, key, data));
  }
  return keyRing(keys);
}

function zoneKey(algorithm: number, key: Buffer, data: Buffer): ZoneKey {
  let made: KeyObject | null | undefined;
  return {
    tag: keyTag(data),
    algorithm,
    data,
    publicKey: () => {
      if (made === undefined) made = publicKeyOf(algorithm, key);
      return made;
    },
  };
}

/** The ways in that we can follow. SHA-1 is left aside where there is a stronger digest (RFC 4509 section 3). */
export function usableEntries(entries: readonly EntryPoint[]): readonly EntryPoint[] {
  const known = entries.filter(
    (entry) =>
      isSupportedAlgorithm(entry.data.algorithm) &&
      (entry.kind === 'dnskey' || isSupportedDigest(entry.data.digestType)),
  );
  const stronger = known.filter((entry) => entry.kind === 'dnskey' || entry.data.digestType !== SHA1_DIGEST);
  return (stronger.length > 0 ? stronger : known).slice(0, MAX_DS_PER_ZONE);
}

/** Those keys that one of the ways in vouches for. */
export function keysVouchedFor(zone: string, ring: KeyRing, entries: readonly EntryPoint[]): KeyRing {
  const owner = encodeName(zone);
  if (owner === null) return keyRing([]);
  const found = new Set<ZoneKey>();
  for (const entry of entries) {
    const tag = entry.kind === 'ds' ? entry.data.keyTag : keyTag(dnskeyData(entry.data));
    for (const key of ring.withTag(entry.data.algorithm, tag)) {
      const fits =
        entry.kind === 'ds'
          ? (dsDigest(entry.data.digestType, owner, key.data)?.equals(entry.data.digest) ?? false)
          : key.data.equals(dnskeyData(entry.data));
      if (fits) found.add(key);
    }
  }
  return keyRing([...found]);
}

/** RFC 4034 appendix B. */
export function keyTag(dnskeyRecordData: Buffer): number {
  let sum = 0;
  for (const [index, octet] of dnskeyRecordData.entries()) sum += index % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}

export function dnskeyData({ flags, protocol, algorithm, key }: RecordData['DNSKEY']): Buffer {
  return Buffer.concat([Buffer.from([flags >> 8, flags & 0xff, protocol, algorithm]), key]);
}
