/**
 * A strict and bounded reader of DER (X.690 section 10): definite lengths in their shortest form, single-byte tags,
 * every length checked against what holds it. It looks without copying.
 *
 * Inside this folder a fault is thrown as `DerFault` and caught at the door of each parser, which answers with an
 * `Outcome`: a certificate is read in some sixty small steps, none of which has anything to add to a failure.
 */

/** Deepest nesting followed; certificates need about ten. */
export const MAX_DER_DEPTH = 24;
/** Members of one SEQUENCE or SET, or names of one list: far above any honest certificate. */
export const MAX_DER_MEMBERS = 10_000;

export class DerFault extends Error {}

/** One value: where its tag is, where its content begins and ends. */
export interface DerValue {
  readonly bytes: Buffer;
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
  readonly depth: number;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The one value that fills the buffer; bytes behind it are a fault. */
export function readDer(bytes: Buffer): DerValue {
  const value = valueAt({ bytes, offset: 0, limit: bytes.length, depth: 0 });
  if (value.end !== bytes.length) throw new DerFault('there are bytes behind the end of the structure');
  return value;
}

/** The values inside a constructed one, which must be of the given tag. */
export function members(value: DerValue, tag: number = TAG.sequence): DerValue[] {
  expectTag(value, tag);
  const list: DerValue[] = [];
  let offset = value.contentStart;
  while (offset < value.end) {
    if (list.length >= MAX_DER_MEMBERS) throw new DerFault('a list has too many members');
    const member = valueAt({ bytes: value.bytes, offset, limit: value.end, depth: value.depth + 1 });
    list.push(member);
    offset = member.end;
  }
  return list;
}

/** The members of a list that honest authorities make long, as that of a CRL; its bound is the one on its octets. */
export function* eachMember(value: DerValue): Iterable<DerValue> {
  expectTag(value, TAG.sequence);
  for (let offset = value.contentStart; offset < value.end; ) {
    const member = valueAt({ bytes: value.bytes, offset, limit: value.end, depth: value.depth + 1 });
    yield member;
    offset = member.end;
  }
}

/** The single value inside an explicit tag or a wrapping OCTET STRING. */
export function inside(value: DerValue, tag: number): DerValue {
  const list = members(value, tag);
  const [only] = list;
  if (only === undefined || list.length !== 1) throw new DerFault('a wrapper does not hold exactly one value');
  return only;
}

export function content(value: DerValue): Buffer {
  return value.bytes.subarray(value.contentStart, value.end);
}

/** Tag, length and content: the bytes to compare or to hash. */
export function whole(value: DerValue): Buffer {
  return value.bytes.subarray(value.start, value.end);
}

export function expectTag(value: DerValue, tag: number): void {
  if (value.tag !== tag) {
    throw new DerFault(`a value has the tag 0x${value.tag.toString(16)} where 0x${tag.toString(16)} belongs`);
  }
}

export function readBoolean(value: DerValue): boolean {
  expectTag(value, TAG.boolean);
  const bytes = content(value);
  if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) throw new DerFault('a BOOLEAN is not in DER form');
  return bytes[0] === 0xff;
}

/** The content of an INTEGER, checked to be in its shortest form. */
export function readInteger(value: DerValue, tag: number = TAG.integer): Buffer {
  expectTag(value, tag);
  const bytes = content(value);
  const [first, second] = bytes;
  if (first === undefined) throw new DerFault('an INTEGER is empty');
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new DerFault('an INTEGER is not in its shortest form');
  }
  return bytes;
}

/** A small INTEGER of at least 0; anything larger than 2^31 - 1 is read as that. */
export function readCount(value: DerValue, tag: number = TAG.integer): number {
  const bytes = readInteger(value, tag);
  if ((bytes[0] ?? 0) >= 0x80) throw new DerFault('a count is negative');
  return bytes.length > 4 ? 0x7fffffff : Math.min(0x7fffffff, bytes.readUIntBE(0, bytes.length));
}

/** The bits of a BIT STRING, from the most significant one of the first byte. */
export function readBits(value: DerValue): { readonly bytes: Buffer; readonly unused: number } {
  expectTag(value, TAG.bitString);
  const all = content(value);
  const unused = all[0];
  if (unused === undefined || unused > 7 || (all.length === 1 && unused !== 0)) {
    throw new DerFault('a BIT STRING is malformed');
  }
  return { bytes: all.subarray(1), unused };
}

/** A BIT STRING of whole octets, as signatures and keys are. */
export function readOctets(value: DerValue): Buffer {
  const { bytes, unused } = readBits(value);
  if (unused !== 0) throw new DerFault('a signature or key ends in the middle of an octet');
  return bytes;
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function readOid(value: DerValue): string {
  expectTag(value, TAG.oid);
  const bytes = content(value);
  const known = KNOWN_OIDS.get(bytes.toString('latin1'));
  if (known !== undefined) return known;
  if (bytes.length === 0 || bytes.length > MAX_OID_OCTETS) throw new DerFault('an OBJECT IDENTIFIER has an odd length');
  const text = dottedOid(bytes);
  if (KNOWN_OIDS.size < MAX_KNOWN_OIDS) KNOWN_OIDS.set(bytes.toString('latin1'), text);
  return text;
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 allows them: with seconds, in Z. */
export function readTime(value: DerValue): number {
  const text = content(value).toString('latin1');
  let year: string;
  let rest: string;
  if (value.tag === TAG.utcTime && /^\d{12}Z$/.test(text)) {
    year = (Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text.slice(0, 2);
    rest = text.slice(2);
  } else if (value.tag === TAG.generalizedTime && /^\d{14}Z$/.test(text)) {
    year = text.slice(0, 4);
    rest = text.slice(4);
  } else {
    throw new DerFault('a date is not written as RFC 5280 asks');
  }
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => Number(rest.slice(at, at + 2)));
  const date = new Date(0);
  date.setUTCFullYear(Number(year), (month ?? 0) - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day || date.getUTCHours() !== hour) {
    throw new DerFault('a date is not in the calendar');
  }
  if ((minute ?? 0) > 59 || (second ?? 0) > 59) throw new DerFault('a date is not in the calendar');
  return date.getTime();
}

const MAX_OID_OCTETS = 64;
const MAX_KNOWN_OIDS = 500;
const KNOWN_OIDS = new Map<string, string>();

interface Place {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly limit: number;
  readonly depth: number;
}

function valueAt({ bytes, offset, limit, depth }: Place): DerValue {
  if (depth > MAX_DER_DEPTH) throw new DerFault('the structure is nested too deeply');
  if (offset + 2 > limit) throw new DerFault('the structure ends in the middle of a value');
  const tag = bytes[offset] ?? 0;
  if ((tag & 0x1f) === 0x1f) throw new DerFault('a tag has more than one byte');
  const first = bytes[offset + 1] ?? 0;
  let contentStart = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0) throw new DerFault('a length is indefinite, which DER forbids');
    if (octets > 4 || contentStart + octets > limit) throw new DerFault('a length is larger than the whole structure');
    length = bytes.readUIntBE(contentStart, octets);
    if (length < 0x80 || length < 2 ** (8 * (octets - 1))) throw new DerFault('a length is not in its shortest form');
    contentStart += octets;
  }
  const end = contentStart + length;
  if (end > limit) throw new DerFault('a value reaches beyond the structure that holds it');
  return { bytes, tag, start: offset, contentStart, end, depth };
}

function dottedOid(bytes: Buffer): string {
  const arcs: string[] = [];
  let arc = 0n;
  let begun = false;
  for (const byte of bytes) {
    if (!begun && byte === 0x80) throw new DerFault('an OBJECT IDENTIFIER is not in its shortest form');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    begun = byte >= 0x80;
    if (begun) continue;
    if (arcs.length === 0) {
      const root = arc < 40n ? 0n : arc < 80n ? 1n : 2n;
      arcs.push(root.toString(), (arc - root * 40n).toString());
    } else {
      arcs.push(arc.toString());
    }
    arc = 0n;
  }
  if (begun) throw new DerFault('an OBJECT IDENTIFIER ends in the middle of a number');
  return arcs.join('.');
}
