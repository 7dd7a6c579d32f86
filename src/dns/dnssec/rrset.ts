/**
 * The sets of a message with the signatures over them, and the octets such a signature is made over: canonical form and
 * order of RFC 4034 section 6, RFC 6840 section 5.1.
 */
import type { DnsMessage, MessageRecord } from '../message.ts';
import { encodeName, readName } from '../name.ts';
import { Reader } from '../reader.ts';
import { CLASS_IN, TYPE_NUMBERS, typeNumber } from '../record-type.ts';
import { labelCount, lastLabels, wildcardBelow } from './names.ts';

export type SignatureRecord = Extract<MessageRecord, { readonly type: 'RRSIG' }>;

/** All records of one name and type in one section, and what signs them. */
export interface RrSet {
  readonly name: string;
  /** The number of the type. */
  readonly type: number;
  readonly records: readonly MessageRecord[];
  readonly signatures: readonly SignatureRecord[];
  readonly bytes: Buffer;
  /** Smallest TTL as received, seconds. */
  readonly ttl: number;
}

export interface Section {
  get(name: string, type: number): RrSet | undefined;
  /** In the order of their first records. */
  readonly sets: readonly RrSet[];
}

export const DNAME_TYPE = 39;

export function sectionOf(message: DnsMessage, records: readonly MessageRecord[]): Section {
  const byKey = new Map<string, { set: MessageRecord[]; signatures: SignatureRecord[] }>();
  const at = (name: string, type: number) => {
    const key = `${type} ${name}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const fresh = { set: [], signatures: [] };
    byKey.set(key, fresh);
    return fresh;
  };
  for (const record of records) {
    if (record.class !== CLASS_IN) continue;
    if (record.type === 'RRSIG') at(record.name, typeNumber(record.data.typeCovered) ?? -1).signatures.push(record);
    else at(record.name, record.type === 'opaque' ? record.typeNumber : TYPE_NUMBERS[record.type]).set.push(record);
  }
  const sets = new Map<string, RrSet>();
  for (const [key, { set, signatures }] of byKey) {
    const first = set[0];
    if (first === undefined) continue;
    const ttl = set.reduce((least, record) => Math.min(least, record.ttl), first.ttl);
    const type = Number(key.slice(0, key.indexOf(' ')));
    sets.set(key, { name: first.name, type, records: set, signatures, bytes: message.bytes, ttl });
  }
  return { get: (name, type) => sets.get(`${type} ${name}`), sets: [...sets.values()] };
}

/** The canonical data of the records, in order and without duplicates; null when a name in it cannot be written. */
export function canonicalData(set: RrSet): readonly Buffer[] | null {
  const all: Buffer[] = [];
  for (const record of set.records) {
    const data = canonicalRecordData(set.bytes, set.type, record);
    if (data === null) return null;
    all.push(data);
  }
  all.sort(Buffer.compare);
  return all.filter((data, index) => index === 0 || Buffer.compare(data, all[index - 1] ?? data) !== 0);
}

/** The name the signature was made for: the owner, or the wildcard it was expanded from (RFC 4035 section 5.3.2). */
export function signedName(owner: string, labels: number): string {
  return labels < labelCount(owner) ? wildcardBelow(lastLabels(owner, labels)) : owner;
}

/** What `signature` is made over (RFC 4034 section 3.1.8.1); null when a name in it cannot be written. */
export function signedOctets(set: RrSet, data: readonly Buffer[], signature: SignatureRecord): Buffer | null {
  const owner = encodeName(signedName(set.name, signature.data.labels));
  const signer = encodeName(signature.data.signersName);
  if (owner === null || signer === null) return null;
  const head = Buffer.alloc(owner.length + 8);
  owner.copy(head);
  head.writeUInt16BE(set.type, owner.length);
  head.writeUInt16BE(CLASS_IN, owner.length + 2);
  head.writeUInt32BE(signature.data.originalTtl, owner.length + 4);
  const pieces: Buffer[] = [set.bytes.subarray(signature.rdataAt, signature.rdataAt + SIGNATURE_FIXED_OCTETS), signer];
  for (const one of data) pieces.push(head, Buffer.from([one.length >> 8, one.length & 0xff]), one);
  return Buffer.concat(pieces);
}

/** RFC 4034 section 3.1: what stands before the signer's name. */
const SIGNATURE_FIXED_OCTETS = 18;

/**
 * The types whose data holds names that are written in lower case and uncompressed (RFC 4034 section 6.2 without NSEC,
 * which RFC 6840 section 5.1 took out): octets to copy, character-strings, names; what follows is copied.
 */
const NAMES_IN_DATA: Readonly<Record<number, readonly (number | 'name' | 'string')[]>> = {
  2: ['name'],
  3: ['name'],
  4: ['name'],
  5: ['name'],
  6: ['name', 'name'],
  7: ['name'],
  8: ['name'],
  9: ['name'],
  12: ['name'],
  14: ['name', 'name'],
  15: [2, 'name'],
  17: ['name', 'name'],
  18: [2, 'name'],
  21: [2, 'name'],
  26: [2, 'name', 'name'],
  33: [6, 'name'],
  35: [4, 'string', 'string', 'string', 'name'],
  36: [2, 'name'],
  [DNAME_TYPE]: ['name'],
};

function canonicalRecordData(bytes: Buffer, type: number, record: MessageRecord): Buffer | null {
  const layout = NAMES_IN_DATA[type];
  const raw = bytes.subarray(record.rdataAt, record.rdataAt + record.rdataLength);
  if (layout === undefined) return raw;
  const reader = new Reader(bytes, record.rdataAt);
  const leave = reader.limitTo(record.rdataLength);
  const pieces: Buffer[] = [];
  for (const part of layout) {
    if (part === 'name') {
      const name = encodeName(readName(reader));
      if (name === null) return null;
      pieces.push(name);
    } else if (part === 'string') {
      const length = reader.u8();
      pieces.push(Buffer.from([length]), reader.take(length));
    } else {
      pieces.push(reader.take(part));
    }
  }
  pieces.push(reader.rest());
  leave();
  return reader.fault === null ? Buffer.concat(pieces) : null;
}

/** The one name that is the data of a record, as CNAME and DNAME have it; null when it cannot be read. */
export function nameInData(set: RrSet): string | null {
  const record = set.records[0];
  if (record === undefined) return null;
  const reader = new Reader(set.bytes, record.rdataAt);
  const leave = reader.limitTo(record.rdataLength);
  const name = readName(reader);
  if (reader.left > 0) reader.fail('octets are left over');
  leave();
  return reader.fault === null ? name : null;
}
