/**
 * Messages of ours on their way out: queries, and the answers of the lab's name server. Names are written by our own
 * hand (see `name.ts`), record data without names by the library.
 */
import { type Answer, encode as encodePacket } from 'dns-packet';
import type { Question } from './message.ts';
import { encodeName } from './name.ts';
import type { KnownRecord } from './record.ts';
import { CLASS_IN, OPT_TYPE, TYPE_NUMBERS } from './record-type.ts';

/** What fits every path without fragments (DNS flag day 2020): both our offer and the size the lab keeps to. */
export const EDNS_UDP_OCTETS = 1232;
/** RFC 1035 4.2.1: an answer over UDP to somebody who does not speak EDNS. */
export const PLAIN_UDP_OCTETS = 512;

export interface QueryOptions {
  readonly id: number;
  /** Left out for servers that cannot read it (RFC 6891 section 7). */
  readonly edns: 'offered' | 'left-out';
  /** Whether signatures are wanted with the answer (RFC 3225). */
  readonly dnssecOk: boolean;
  /** `not-desired`: to an authoritative server, of which only its own data is wanted. Default `desired`. */
  readonly recursion?: 'desired' | 'not-desired' | undefined;
}

/**
 * A recursive query; AD is set to say that we understand it in the answer (RFC 6840 5.7). Whoever wants the signatures
 * checks them himself: CD asks for what the resolver finds bogus too (RFC 6840 5.9). Null for a name that is none.
 */
export function encodeQuery(question: Question, { id, edns, dnssecOk, recursion }: QueryOptions): Buffer | null {
  const asked = encodeQuestion(question);
  if (asked === null) return null;
  const desired = recursion === 'not-desired' ? 0 : FLAG.recursionDesired;
  const flags = desired | FLAG.authenticData | (dnssecOk ? FLAG.checkingDisabled : 0);
  const header = encodeHeader({ id, flags, counts: [1, 0, 0, 0] });
  if (edns === 'left-out') return Buffer.concat([header, asked]);
  header.writeUInt16BE(1, 10);
  return Buffer.concat([header, asked, encodeOpt({ udpPayloadSize: EDNS_UDP_OCTETS, dnssecOk, extendedRcode: 0 })]);
}

/** The bits of the header's second word (RFC 1035 4.1.1, RFC 4035 3.1.6 and 3.2.2). */
export const FLAG = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
} as const;

export interface AnswerMessage {
  readonly id: number;
  /** Bits of `FLAG`; the response bit and the rcode are added. */
  readonly flags: number;
  readonly rcode: number;
  readonly question: Question | null;
  readonly answers: readonly KnownRecord[];
  readonly authorities: readonly KnownRecord[];
  /** Null where the asker did not speak EDNS. */
  readonly edns: { readonly udpPayloadSize: number; readonly dnssecOk: boolean } | null;
}

/** Encodes an answer, uncompressed. Throws for data that cannot be written: zones are ours, so that is a bug of ours. */
export function encodeAnswer(answer: AnswerMessage): Buffer {
  const question = answer.question === null ? null : encodeQuestion(answer.question);
  const header = encodeHeader({
    id: answer.id,
    flags: FLAG.response | answer.flags | (answer.rcode & 0xf),
    counts: [question === null ? 0 : 1, answer.answers.length, answer.authorities.length, answer.edns === null ? 0 : 1],
  });
  const records = [...answer.answers, ...answer.authorities].map(encodeRecord);
  const opt = answer.edns === null ? [] : [encodeOpt({ ...answer.edns, extendedRcode: answer.rcode >> 4 })];
  return Buffer.concat([header, ...(question === null ? [] : [question]), ...records, ...opt]);
}

/** One record with its owner, uncompressed. */
export function encodeRecord(record: KnownRecord): Buffer {
  const owner = requireName(record.name);
  const data = encodeRecordData(record);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPE_NUMBERS[record.type], 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(record.ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function encodeRecordData(record: KnownRecord): Buffer {
  switch (record.type) {
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return requireName(record.data);
    case 'MX':
      return Buffer.concat([word(record.data.preference), requireName(record.data.exchange)]);
    case 'SOA': {
      const { mname, rname, serial, minimum } = record.data;
      const numbers = Buffer.alloc(20);
      for (const [index, value] of [serial, 3600, 600, 86_400, minimum].entries())
        numbers.writeUInt32BE(value, 4 * index);
      return Buffer.concat([requireName(mname), requireName(rname), numbers]);
    }
    case 'DNSKEY': {
      const { flags, protocol, algorithm, key } = record.data;
      return Buffer.concat([word(flags), Buffer.from([protocol, algorithm]), key]);
    }
    case 'CAA': {
      const tag = Buffer.from(record.data.tag, 'latin1');
      const head = Buffer.from([record.data.critical ? 0x80 : 0, tag.length]);
      return Buffer.concat([head, tag, Buffer.from(record.data.value, 'latin1')]);
    }
    default:
      return dataByLibrary(libraryForm(record));
  }
}

type LibraryType = 'A' | 'AAAA' | 'TXT' | 'TLSA' | 'DS' | 'RRSIG' | 'NSEC' | 'NSEC3';

function libraryForm(record: Extract<KnownRecord, { type: LibraryType }>): Answer {
  const name = '.';
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { name, type: record.type, data: record.data };
    case 'TXT':
      return { name, type: 'TXT', data: [...record.data] };
    case 'TLSA': {
      const { data: certificate, ...numbers } = record.data;
      return { name, type: 'TLSA', data: { ...numbers, certificate } };
    }
    case 'DS':
      return { name, type: 'DS', data: record.data };
    case 'RRSIG': {
      const { originalTtl: originalTTL, ...rest } = record.data;
      return { name, type: 'RRSIG', data: { ...rest, originalTTL, signersName: rest.signersName || '.' } };
    }
    case 'NSEC':
      return {
        name,
        type: 'NSEC',
        data: { nextDomain: record.data.nextDomain || '.', rrtypes: [...record.data.types] },
      };
    case 'NSEC3': {
      const { types, nextHashed: nextDomain, ...rest } = record.data;
      return { name, type: 'NSEC3', data: { ...rest, nextDomain, rrtypes: [...types] } };
    }
  }
}

/** A message with one record of the root: header (12), name (1), type, class, TTL and length (10) stand before the data. */
function dataByLibrary(answer: Answer): Buffer {
  return encodePacket({ type: 'response', answers: [answer] }).subarray(23);
}

function encodeHeader(header: {
  id: number;
  flags: number;
  counts: readonly [number, number, number, number];
}): Buffer {
  const bytes = Buffer.alloc(12);
  for (const [index, value] of [header.id, header.flags, ...header.counts].entries())
    bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}

function encodeQuestion(question: Question): Buffer | null {
  const name = encodeName(question.name);
  return name === null ? null : Buffer.concat([name, word(question.type), word(question.class)]);
}

/** RFC 6891 6.1.2 and 6.1.3: the root, type 41, our size as class, flags as TTL, no options. */
function encodeOpt(edns: { udpPayloadSize: number; dnssecOk: boolean; extendedRcode: number }): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(OPT_TYPE, 1);
  opt.writeUInt16BE(edns.udpPayloadSize, 3);
  opt.writeUInt8(edns.extendedRcode, 5);
  opt.writeUInt16BE(edns.dnssecOk ? 0x8000 : 0, 7);
  return opt;
}

function word(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function requireName(text: string): Buffer {
  const wire = encodeName(text);
  if (wire === null) throw new Error(`a zone holds ${JSON.stringify(text)}, which is no domain name`);
  return wire;
}
