/**
 * Record data from its wire form, type by type (RFC 1035 3.3, 3596, 6698, 8659, 4034, 5155). The reader is confined to
 * the record; a form that does not fill it exactly is a fault of the message.
 */
import { parseIpAddress } from '../base/ip-address.ts';
import type { DnsRecord, RecordData, RecordType } from './answer.ts';
import { readName } from './name.ts';
import type { Reader } from './reader.ts';
import { typeName } from './record-type.ts';

/** A record of one of the types we read, discriminated by `type`. */
export type KnownRecord = { [Type in RecordType]: DnsRecord<Type> }[RecordType];

/** Reads the data of one record to the reader's limit; faults stay with the reader. */
export function readRecordData(reader: Reader, type: RecordType): RecordData[RecordType] {
  const data = READERS[type](reader);
  if (reader.left > 0) reader.fail(`a record of type ${type} has octets left over`);
  return data;
}

/** Those records of a section that are of this name and type. */
export function recordsOf<T extends RecordType>(
  records: readonly { readonly type: string; readonly name: string }[],
  name: string,
  type: T,
): DnsRecord<T>[] {
  return records.filter((record): record is DnsRecord<T> => record.type === type && record.name === name);
}

const READERS: { readonly [Type in RecordType]: (reader: Reader) => RecordData[Type] } = {
  A: (reader) => [reader.u8(), reader.u8(), reader.u8(), reader.u8()].join('.'),
  AAAA: (reader) => {
    const groups = Array.from({ length: 8 }, () => reader.u16().toString(16)).join(':');
    return parseIpAddress(groups)?.text ?? groups;
  },
  CNAME: readName,
  NS: readName,
  PTR: readName,
  MX: (reader) => ({ preference: reader.u16(), exchange: readName(reader) }),
  TXT: (reader) => {
    const strings: Buffer[] = [];
    while (reader.left > 0) strings.push(reader.take(reader.u8()));
    return strings;
  },
  TLSA: (reader) => ({
    usage: reader.u8(),
    selector: reader.u8(),
    matchingType: reader.u8(),
    data: reader.rest(),
  }),
  CAA: (reader) => {
    const critical = (reader.u8() & 0x80) !== 0;
    const tag = reader.take(reader.u8()).toString('latin1').toLowerCase();
    return { critical, tag, value: reader.rest().toString('latin1') };
  },
  SOA: (reader) => {
    const mname = readName(reader);
    const rname = readName(reader);
    const serial = reader.u32();
    for (let skipped = 0; skipped < 3; skipped += 1) reader.u32();
    return { mname, rname, serial, minimum: reader.u32() };
  },
  DS: (reader) => ({
    keyTag: reader.u16(),
    algorithm: reader.u8(),
    digestType: reader.u8(),
    digest: reader.rest(),
  }),
  DNSKEY: (reader) => ({
    flags: reader.u16(),
    protocol: reader.u8(),
    algorithm: reader.u8(),
    key: reader.rest(),
  }),
  RRSIG: (reader) => ({
    typeCovered: typeName(reader.u16()),
    algorithm: reader.u8(),
    labels: reader.u8(),
    originalTtl: reader.u32(),
    expiration: reader.u32(),
    inception: reader.u32(),
    keyTag: reader.u16(),
    signersName: readName(reader),
    signature: reader.rest(),
  }),
  NSEC: (reader) => ({ nextDomain: readName(reader), types: readTypeBitmap(reader) }),
  NSEC3: (reader) => ({
    algorithm: reader.u8(),
    flags: reader.u8(),
    iterations: reader.u16(),
    salt: reader.take(reader.u8()),
    nextHashed: reader.take(reader.u8()),
    types: readTypeBitmap(reader),
  }),
};

/** RFC 4034 4.1.2: windows in ascending order, 1 to 32 octets each. */
function readTypeBitmap(reader: Reader): string[] {
  const types: string[] = [];
  let lastWindow = -1;
  while (reader.left > 0) {
    const window = reader.u8();
    const length = reader.u8();
    if (window <= lastWindow) reader.fail('the windows of a type bitmap are out of order');
    if (length < 1 || length > 32) reader.fail('a window of a type bitmap has an impossible length');
    lastWindow = window;
    for (const [index, octet] of reader.take(length).entries()) {
      for (let bit = 0; bit < 8; bit += 1) {
        if ((octet & (0x80 >> bit)) !== 0) types.push(typeName(window * 256 + index * 8 + bit));
      }
    }
  }
  return types;
}
