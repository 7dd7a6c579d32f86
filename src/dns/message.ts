/**
 * DNS messages as a stranger sent them (RFC 1035 section 4, EDNS(0) of RFC 6891), decoded whole and strictly bounded:
 * whatever is wrong with one comes back as a sentence, never as an exception. Names are read by our own reader because
 * the library's joins labels with dots, so that a hostile name could pass for another.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { readName } from './name.ts';
import { Reader } from './reader.ts';
import { type KnownRecord, readRecordData } from './record.ts';
import { CLASS_IN, knownType, OPT_TYPE } from './record-type.ts';

/** The 16-bit length of DNS over TCP (RFC 1035 4.2.2). */
export const MAX_MESSAGE_OCTETS = 65_535;
/** Records of all sections together. A message of 64 KiB could claim 5,957 of the shortest ones; real ones hold dozens. */
export const MAX_MESSAGE_RECORDS = 4096;
/** More questions than one are unheard of in answers; a few are let through, since they are not harmful. */
export const MAX_MESSAGE_QUESTIONS = 16;

export interface Question {
  /** As `name.ts` writes names. */
  readonly name: string;
  /** The number of the type. */
  readonly type: number;
  readonly class: number;
}

export interface MessageHeader {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  /** The low four bits, as in the header itself. */
  readonly headerRcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  /** RFC 4035 3.2.3. */
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
}

export interface Edns {
  readonly udpPayloadSize: number;
  readonly version: number;
  /** RFC 3225. */
  readonly dnssecOk: boolean;
}

/** Where the data of a record lies in `DnsMessage.bytes`: for signatures, which are made over the raw form. */
interface WirePlace {
  readonly class: number;
  readonly rdataAt: number;
  readonly rdataLength: number;
}

/** A record whose data is not read: another type, another class, or none. */
export interface OpaqueRecord {
  readonly name: string;
  readonly type: 'opaque';
  readonly typeNumber: number;
  readonly ttl: number;
}

export type MessageRecord = (KnownRecord | OpaqueRecord) & WirePlace;

export interface DnsMessage extends MessageHeader {
  /** With the upper eight bits that EDNS adds. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly MessageRecord[];
  readonly authorities: readonly MessageRecord[];
  /** The OPT record is among them (opaque), and read into `edns`. */
  readonly additionals: readonly MessageRecord[];
  readonly edns: Edns | null;
  readonly bytes: Buffer;
}

/** The twelve octets every message begins with; null when there are fewer. */
export function readHeader(bytes: Buffer): MessageHeader | null {
  if (bytes.length < 12) return null;
  const flags = bytes.readUInt16BE(2);
  return {
    id: bytes.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    headerRcode: flags & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
  };
}

/** Reads a whole message. The failure is one clause for people. */
export function decodeMessage(bytes: Buffer): Outcome<DnsMessage, string> {
  const header = readHeader(bytes);
  if (header === null) return failed('it is shorter than a header');
  if (bytes.length > MAX_MESSAGE_OCTETS) return failed('it is longer than 65,535 octets');
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  const [questionCount = 0, answerCount = 0, authorityCount = 0, additionalCount = 0] = counts;
  if (questionCount > MAX_MESSAGE_QUESTIONS) return failed('it has too many questions');
  const recordCount = answerCount + authorityCount + additionalCount;
  if (recordCount > MAX_MESSAGE_RECORDS || questionCount * 5 + recordCount * 11 > bytes.length - 12) {
    return failed('it claims more records than it can hold');
  }
  const reader = new Reader(bytes, 12);
  const questions = readMany(questionCount, reader, readQuestion);
  const answers = readMany(answerCount, reader, readRecord);
  const authorities = readMany(authorityCount, reader, readRecord);
  const additionals = readMany(additionalCount, reader, readRecord);
  const edns = ednsOf(bytes, additionals, reader);
  if (reader.fault === null && reader.left > 0) reader.fail('octets are left over behind its last record');
  if (reader.fault !== null) return failed(reader.fault);
  const rcode = header.headerRcode | ((edns?.extendedRcode ?? 0) << 4);
  return succeeded({ ...header, rcode, questions, answers, authorities, additionals, edns, bytes });
}

/**
 * Whether this is an answer to that question: the id, the response bit, an ordinary query, and the one question with
 * its name in any case (RFC 5452 9.1). Looks no further, so that a truncated answer can be told before it is read.
 */
export function answersQuestion(bytes: Buffer, id: number, question: Question): boolean {
  const header = readHeader(bytes);
  if (header === null || header.id !== id || !header.isResponse || header.opcode !== 0) return false;
  if (bytes.readUInt16BE(4) === 0) {
    // Servers that refuse or fail to read a query may leave its question out (RFC 9619 allows none).
    return header.headerRcode !== 0 && header.headerRcode !== 3 && bytes.readUInt16BE(6) === 0;
  }
  if (bytes.readUInt16BE(4) !== 1) return false;
  const reader = new Reader(bytes, 12);
  const asked = readQuestion(reader);
  if (reader.fault !== null) return false;
  return asked.name === question.name && asked.type === question.type && asked.class === question.class;
}

function readMany<Item>(count: number, reader: Reader, read: (reader: Reader) => Item): Item[] {
  const items: Item[] = [];
  for (let index = 0; index < count && reader.fault === null; index += 1) items.push(read(reader));
  return items;
}

function readQuestion(reader: Reader): Question {
  return { name: readName(reader), type: reader.u16(), class: reader.u16() };
}

function readRecord(reader: Reader): MessageRecord {
  const name = readName(reader);
  const typeNumber = reader.u16();
  const recordClass = reader.u16();
  const wireTtl = reader.u32();
  const rdataLength = reader.u16();
  const place = { class: recordClass, rdataAt: reader.at, rdataLength };
  // RFC 2181 section 8: a TTL with the top bit set counts as zero.
  const ttl = wireTtl > 0x7fff_ffff ? 0 : wireTtl;
  const type = recordClass === CLASS_IN ? knownType(typeNumber) : null;
  const endRecord = reader.limitTo(rdataLength);
  let record: MessageRecord;
  if (type === null) {
    // The TTL field of OPT holds flags, and is wanted as it is.
    record = { name, type: 'opaque', typeNumber, ttl: typeNumber === OPT_TYPE ? wireTtl : ttl, ...place };
    reader.moveTo(reader.at + (reader.fault === null ? rdataLength : 0));
  } else {
    // The reader of `type` yields the data of `type`; the compiler cannot follow a union through a table.
    record = { name, type, ttl, data: readRecordData(reader, type), ...place } as MessageRecord;
  }
  endRecord();
  return record;
}

function ednsOf(
  bytes: Buffer,
  additionals: readonly MessageRecord[],
  reader: Reader,
): (Edns & { readonly extendedRcode: number }) | null {
  const options = additionals.filter((record) => record.type === 'opaque' && record.typeNumber === OPT_TYPE);
  const option = options[0];
  if (option === undefined) return null;
  if (options.length > 1) reader.fail('it has more than one OPT record');
  if (option.name !== '') reader.fail('its OPT record has a name');
  if (!hasWholeOptions(bytes, option)) reader.fail('an EDNS option is longer than the OPT record');
  return {
    udpPayloadSize: option.class,
    version: (option.ttl >> 16) & 0xff,
    dnssecOk: (option.ttl & 0x8000) !== 0,
    extendedRcode: option.ttl >>> 24,
  };
}

/** RFC 6891 6.1.2: pairs of code and length, none of which may run over the end. */
function hasWholeOptions(bytes: Buffer, option: WirePlace): boolean {
  const end = option.rdataAt + option.rdataLength;
  let at = option.rdataAt;
  while (at + 4 <= end && at + 4 <= bytes.length) at += 4 + bytes.readUInt16BE(at + 2);
  return at === end;
}
