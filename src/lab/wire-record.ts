/**
 * Records of the test bed as octets: signatures are made over these, and a test may bend every one of them.
 */

import { encodeRecord } from '../dns/encode.ts';
import { encodeName } from '../dns/name.ts';
import type { KnownRecord } from '../dns/record.ts';
import { CLASS_IN, OPT_TYPE, TYPE_NUMBERS, typeNumber } from '../dns/record-type.ts';

export interface WireRecord {
  readonly name: string;
  /** The number of the type. */
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

export const DNAME = 39;

/** The octets of a record we know. */
export function toWire(record: KnownRecord): WireRecord {
  const octets = encodeRecord(record);
  const data = octets.subarray(wireName(record.name).length + 10);
  return { name: record.name, type: TYPE_NUMBERS[record.type], ttl: record.ttl, data };
}

export function wireName(name: string): Buffer {
  const wire = encodeName(name);
  if (wire === null) throw new Error(`${JSON.stringify(name)} is no domain name`);
  return wire;
}

/** RFC 4034 section 4.1.2. */
export function typeBitmap(types: readonly number[]): Buffer {
  const windows = new Map<number, Buffer>();
  for (const type of types) {
    const window = windows.get(type >> 8) ?? Buffer.alloc(32);
    window[(type & 0xff) >> 3] = (window[(type & 0xff) >> 3] ?? 0) | (0x80 >> (type & 7));
    windows.set(type >> 8, window);
  }
  const pieces: Buffer[] = [];
  for (const [number, window] of [...windows].sort(([a], [b]) => a - b)) {
    let length = 32;
    while (length > 1 && window[length - 1] === 0) length -= 1;
    pieces.push(Buffer.from([number, length]), window.subarray(0, length));
  }
  return Buffer.concat(pieces);
}

export function numberOfType(name: string): number {
  const number = typeNumber(name);
  if (number === null) throw new Error(`${name} is no record type`);
  return number;
}

export interface WireMessage {
  readonly id: number;
  /** Bits of the header beside the rcode. */
  readonly flags: number;
  readonly rcode: number;
  readonly question: { readonly name: string; readonly type: number };
  readonly answers: readonly WireRecord[];
  readonly authorities: readonly WireRecord[];
}

/** The octets of a message, uncompressed, with an OPT record that has DO set. */
export function encodeWireMessage(message: WireMessage): Buffer {
  const header = Buffer.alloc(12);
  const counts = [1, message.answers.length, message.authorities.length, 1];
  for (const [index, value] of [message.id, message.flags | message.rcode, ...counts].entries()) {
    header.writeUInt16BE(value, 2 * index);
  }
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(OPT_TYPE, 1);
  opt.writeUInt16BE(1232, 3);
  opt.writeUInt16BE(0x8000, 7);
  const question = Buffer.concat([wireName(message.question.name), words(message.question.type, CLASS_IN)]);
  const records = [...message.answers, ...message.authorities].map(encodeWireRecord);
  return Buffer.concat([header, question, ...records, opt]);
}

function encodeWireRecord({ name, type, ttl, data }: WireRecord): Buffer {
  return Buffer.concat([wireName(name), words(type, CLASS_IN, ttl >>> 16, ttl & 0xffff, data.length), data]);
}

export function words(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) octets.writeUInt16BE(value, 2 * index);
  return octets;
}
