/**
 * The numbers of record types and response codes (IANA "Domain Name System (DNS) Parameters"). Types without a name
 * here are written `TYPE123` (RFC 3597 section 5).
 */
import type { RecordType } from './answer.ts';

/** The types whose data we read, with their numbers. */
export const TYPE_NUMBERS: { readonly [Type in RecordType]: number } = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  CAA: 257,
};

/** RFC 6891: not data, but where EDNS lives. */
export const OPT_TYPE = 41;
export const CLASS_IN = 1;

export const RCODE = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 };

/** Other names a type bitmap may hold: read, so that people can read them too. */
const OTHER_TYPES: Readonly<Record<string, number>> = {
  HINFO: 13,
  RP: 17,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  SSHFP: 44,
  NSEC3PARAM: 51,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
};

const RCODE_NAMES: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** The name of a type number. */
export function typeName(number: number): string {
  return NAMES.get(number) ?? `TYPE${number}`;
}

/** The number of a type name, `TYPE123` included; null when there is none. */
export function typeNumber(name: string): number | null {
  const known = NUMBERS.get(name);
  if (known !== undefined) return known;
  const number = Number(/^TYPE(\d{1,5})$/.exec(name)?.[1] ?? Number.NaN);
  return number <= 0xffff ? number : null;
}

/** The type of ours with this number; null when its data is not read. */
export function knownType(number: number): RecordType | null {
  return KNOWN.get(number) ?? null;
}

export function rcodeName(rcode: number): string {
  return RCODE_NAMES[rcode] ?? (rcode === 16 ? 'BADVERS' : `RCODE${rcode}`);
}

const NUMBERS: ReadonlyMap<string, number> = new Map([...Object.entries(TYPE_NUMBERS), ...Object.entries(OTHER_TYPES)]);
const NAMES: ReadonlyMap<number, string> = new Map([...NUMBERS].map(([name, number]) => [number, name]));
const KNOWN: ReadonlyMap<number, RecordType> = new Map(
  Object.entries(TYPE_NUMBERS).map(([name, number]) => [number, name as RecordType]),
);
