/**
 * X.501 names as certificates carry them: how they are shown, and when two of them are the same (RFC 5280 section 7.1).
 */
import { printable } from '../base/printable.ts';
import { content, type DerValue, members, readDer, readOid, TAG, whole } from './der.ts';

export interface DistinguishedName {
  readonly der: Buffer;
  /** RDNs in the order of the encoding, each in canonical form: equal strings mean equal RDNs. */
  readonly canonical: readonly string[];
  /** All RDNs as one key; the empty string for the empty name. */
  readonly key: string;
  /** Most specific part first: `CN=mx.example.com, O=Example`. */
  readonly text: string;
  /** The most specific CN, exactly as written (never trimmed or folded). */
  readonly commonName: string | null;
  /** emailAddress attributes, which name constraints look at too (RFC 5280 4.2.1.10). */
  readonly emailAddresses: readonly string[];
}

interface Attribute {
  readonly oid: string;
  /** Null when the value is not a character string. */
  readonly text: string | null;
  readonly der: Buffer;
}

/** Reads a Name; throws `DerFault`. */
export function readName(value: DerValue): DistinguishedName {
  const rdns = members(value).map((rdn) => members(rdn, TAG.set).map(readAttribute));
  const attributes = rdns.flat();
  const canonical = rdns.map(canonicalRdn);
  return {
    der: whole(value),
    canonical,
    key: canonical.join('\u0002'),
    text: rdns
      .map((rdn) => rdn.map(showAttribute).join('+'))
      .reverse()
      .join(', '),
    commonName: attributes.findLast(({ oid }) => oid === COMMON_NAME)?.text ?? null,
    emailAddresses: attributes.flatMap(({ oid, text }) => (oid === EMAIL_ADDRESS && text !== null ? [text] : [])),
  };
}

/** The key alone, for those who only look a name up. */
export function readNameKey(value: DerValue): string {
  return members(value)
    .map((rdn) => canonicalRdn(members(rdn, TAG.set).map(readAttribute)))
    .join('\u0002');
}

export function parseName(der: Buffer): DistinguishedName {
  return readName(readDer(der));
}

/** Whether `name` lies in the subtree under `base`: it begins with the RDNs of `base` (RFC 5280 4.2.1.10). */
export function isWithinSubtree(name: DistinguishedName, base: DistinguishedName): boolean {
  return (
    base.canonical.length <= name.canonical.length &&
    base.canonical.every((rdn, index) => rdn === name.canonical[index])
  );
}

/** How a certificate is called in a sentence: its CN, else the whole subject. */
export function shortName(name: DistinguishedName): string {
  const text = name.commonName ?? name.text;
  return text === '' ? 'with the empty subject' : `“${printable(text, MAX_SHOWN_NAME)}”`;
}

/** Longest name shown inside a sentence, characters. */
const MAX_SHOWN_NAME = 120;
const COMMON_NAME = '2.5.4.3';
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

const ATTRIBUTE_NAMES: ReadonlyMap<string, string> = new Map([
  [COMMON_NAME, 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  [EMAIL_ADDRESS, 'emailAddress'],
  ['1.3.6.1.4.1.311.60.2.1.1', 'jurisdictionL'],
  ['1.3.6.1.4.1.311.60.2.1.2', 'jurisdictionST'],
  ['1.3.6.1.4.1.311.60.2.1.3', 'jurisdictionC'],
]);

function readAttribute(value: DerValue): Attribute {
  const [type, text, ...rest] = members(value);
  if (type === undefined || text === undefined || rest.length > 0) return { oid: '', text: null, der: whole(value) };
  return { oid: readOid(type), text: readText(text), der: whole(text) };
}

function readText(value: DerValue): string | null {
  switch (value.tag) {
    case TAG.utf8String:
      return content(value).toString('utf8');
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString, Latin-1 in practice
    case 0x16: // IA5String
    case 0x1a: // VisibleString
      return content(value).toString('latin1');
    case 0x1e: {
      const bytes = Buffer.from(content(value));
      return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : null;
    }
    default:
      return null;
  }
}

function canonicalRdn(rdn: readonly Attribute[]): string {
  return rdn.map(canonicalAttribute).sort().join('\u0001');
}

/** RFC 5280 7.1 in short: string types are compared without regard to case, and runs of white space count as one. */
function canonicalAttribute({ oid, text, der }: Attribute): string {
  if (text === null) return `${oid}#${der.toString('hex')}`;
  const folded = PLAIN.test(text) ? text : text.trim().replace(/\s+/g, ' ').normalize('NFKC');
  return `${oid}=${folded.toLowerCase()}`;
}

/** ASCII with single inner spaces only: nothing to fold but case. */
const PLAIN = /^[!-~]+( [!-~]+)*$/;

/** RFC 4514 with the escapes that keep one line readable. */
function showAttribute({ oid, text, der }: Attribute): string {
  const name = ATTRIBUTE_NAMES.get(oid) ?? oid;
  if (text === null) return `${name}=#${der.toString('hex')}`;
  return `${name}=${printable(text).replace(/[,+"\\<>;]/g, (character) => `\\${character}`)}`;
}
