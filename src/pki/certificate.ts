/**
 * A certificate as this house sees it: structure and extensions read by our own DER reader (RFC 5280 section 4), the
 * signature checked by node:crypto's X509Certificate, which is loaded only when a signature has to be checked.
 */
import { hash, X509Certificate } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import {
  content,
  DerFault,
  type DerValue,
  inside,
  members,
  readBits,
  readBoolean,
  readCount,
  readDer,
  readInteger,
  readOctets,
  readOid,
  readTime,
  TAG,
} from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import {
  type AlternativeNames,
  type NameConstraints,
  NO_NAMES,
  readAlternativeNames,
  readNameConstraints,
} from './general-names.ts';
import {
  type KeyFacts,
  readPublicKey,
  readSignatureAlgorithm,
  type SignatureFacts,
  sameAlgorithm,
} from './public-key.ts';

export interface Certificate {
  readonly der: Buffer;
  /** SHA-256 over the DER, hexadecimal, lower case. */
  readonly fingerprint: string;
  readonly version: 1 | 2 | 3;
  /** Hexadecimal, upper case, without leading zero octets; a minus sign in front of a negative one. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: KeyFacts;
  /** The whole SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly signature: SignatureFacts;
  /** Issuer and subject are the same name. */
  readonly selfIssued: boolean;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  /** Null when the extension is absent. */
  readonly keyUsage: { readonly keyCertSign: boolean; readonly digitalSignature: boolean } | null;
  /** OIDs; null when the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly alternativeNames: AlternativeNames;
  readonly nameConstraints: NameConstraints | null;
  /** OIDs of critical extensions that we do not process. */
  readonly unknownCritical: readonly string[];
  /** Hexadecimal key identifiers; null when absent or unreadable, since they only help to find issuers. */
  readonly subjectKeyIdentifier: string | null;
  readonly authorityKeyIdentifier: string | null;
  /** Node's view, made on first use; null when OpenSSL cannot read the certificate or its key. */
  x509(): X509Certificate | null;
}

export interface CertificateFault {
  readonly kind: 'malformed';
  /** What is wrong, as the end of a sentence that begins with the certificate. */
  readonly why: string;
}

/** Largest certificate read, octets: honest ones have 1 to 4 KiB. */
export const MAX_CERTIFICATE_OCTETS = 256 * 1024;
/** Parsed certificates kept, since the same intermediates come again and again. */
export const CERTIFICATE_CACHE_ENTRIES = 1024;
/** Larger ones are read each time, so that the cache stays small. */
export const MAX_CACHED_CERTIFICATE_OCTETS = 16 * 1024;

const cache = new Map<string, Certificate>();

/** Reads one certificate from its DER. Never throws. */
export function parseCertificate(der: Buffer): Outcome<Certificate, CertificateFault> {
  if (der.length > MAX_CERTIFICATE_OCTETS) {
    return failed({ kind: 'malformed', why: `is ${der.length} octets long; ${MAX_CERTIFICATE_OCTETS} is the limit` });
  }
  const fingerprint = hash('sha256', der, 'hex');
  const known = cache.get(fingerprint);
  if (known !== undefined) {
    cache.delete(fingerprint);
    cache.set(fingerprint, known);
    return succeeded(known);
  }
  try {
    // A copy: the bytes may be a window on a buffer that lives on, and the cache must not pin it.
    const certificate = readCertificate(Buffer.from(der), fingerprint);
    if (der.length <= MAX_CACHED_CERTIFICATE_OCTETS) remember(certificate);
    return succeeded(certificate);
  } catch (error) {
    if (error instanceof DerFault) return failed({ kind: 'malformed', why: `cannot be read: ${error.message}` });
    throw error;
  }
}

/** Issuer check without a signature: the names chain (RFC 5280 6.1.3 (a)(4)). */
export function namesChain(child: Certificate, issuer: Certificate): boolean {
  return child.issuer.key === issuer.subject.key;
}

function remember(certificate: Certificate): void {
  cache.set(certificate.fingerprint, certificate);
  if (cache.size <= CERTIFICATE_CACHE_ENTRIES) return;
  const oldest = cache.keys().next();
  if (!oldest.done) cache.delete(oldest.value);
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: DerValue;
}

function readCertificate(der: Buffer, fingerprint: string): Certificate {
  const [tbs, algorithm, signatureBits, ...rest] = members(readDer(der));
  if (tbs === undefined || algorithm === undefined || signatureBits === undefined || rest.length > 0) {
    throw new DerFault('it is not a SEQUENCE of three');
  }
  readOctets(signatureBits);
  const fields = members(tbs);
  const version = fields[0]?.tag === 0xa0 ? readVersion(fields.shift()) : 1;
  const [serial, inner, issuerName, validity, subjectName, spki, ...optional] = fields;
  if (serial === undefined || inner === undefined || issuerName === undefined || validity === undefined) {
    throw new DerFault('fields are missing');
  }
  if (subjectName === undefined || spki === undefined) throw new DerFault('fields are missing');
  // RFC 5280 4.1.1.2: both fields must be the same.
  if (!sameAlgorithm(inner, algorithm)) throw new DerFault('it names two different signature algorithms');
  const [notBefore, notAfter, ...more] = members(validity);
  if (notBefore === undefined || notAfter === undefined || more.length > 0)
    throw new DerFault('its dates are malformed');
  const issuer = readName(issuerName);
  // RFC 5280 4.1.2.4: the issuer is never empty.
  if (issuer.key === '') throw new DerFault('it has no issuer');
  const subject = readName(subjectName);
  const extensions = readExtensions(optional, version);
  let x509: X509Certificate | null | undefined;
  return {
    der,
    fingerprint,
    version,
    serial: showSerial(readInteger(serial)),
    issuer,
    subject,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    key: readPublicKey(spki),
    spki: der.subarray(spki.start, spki.end),
    signature: readSignatureAlgorithm(algorithm),
    selfIssued: issuer.key === subject.key,
    ...readKnownExtensions(extensions),
    x509: () => {
      if (x509 === undefined) x509 = loadX509(der);
      return x509;
    },
  };
}

type FromExtensions = Pick<
  Certificate,
  | 'basicConstraints'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'alternativeNames'
  | 'nameConstraints'
  | 'unknownCritical'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
>;

function readKnownExtensions(extensions: readonly Extension[]): FromExtensions {
  const found = new Map(extensions.map((extension) => [extension.oid, extension.value]));
  const read = <Value>(oid: string, reader: (value: DerValue) => Value): Value | null => {
    const value = found.get(oid);
    return value === undefined ? null : reader(readDer(content(value)));
  };
  return {
    basicConstraints: read('2.5.29.19', readBasicConstraints),
    keyUsage: read('2.5.29.15', readKeyUsage),
    extendedKeyUsage: read('2.5.29.37', (value) => readPurposes(value)),
    alternativeNames: read('2.5.29.17', readAlternativeNames) ?? NO_NAMES,
    nameConstraints: read('2.5.29.30', readNameConstraints),
    unknownCritical: extensions.filter(({ oid, critical }) => critical && !PROCESSED.has(oid)).map(({ oid }) => oid),
    subjectKeyIdentifier: lenient(() => read('2.5.29.14', (value) => hex(value, TAG.octetString))),
    authorityKeyIdentifier: lenient(() => read('2.5.29.35', readAuthorityKeyIdentifier)),
  };
}

/**
 * Extensions that may be critical: those we process, and those whose absence of effect is safe here: policies are not
 * asked for (no explicit policy is required of mail servers), distribution points only say where lists would be.
 */
const PROCESSED: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);

function readVersion(field: DerValue | undefined): 1 | 2 | 3 {
  const number = field === undefined ? 0 : readCount(inside(field, 0xa0));
  // DER leaves out a default, so v1 is never spelled out; some old roots do it all the same.
  if (number > 2) throw new DerFault('its version does not exist');
  return number === 2 ? 3 : number === 1 ? 2 : 1;
}

function readExtensions(optional: readonly DerValue[], version: 1 | 2 | 3): Extension[] {
  let list: Extension[] = [];
  let last = 0;
  for (const field of optional) {
    if (field.tag === 0xa3 && last < 3 && version === 3) {
      list = members(inside(field, 0xa3)).map(readExtension);
      // RFC 5280 4.2: at most one of each.
      if (new Set(list.map(({ oid }) => oid)).size !== list.length) throw new DerFault('it has an extension twice');
      last = 3;
    } else if ((field.tag === 0x81 || field.tag === 0x82) && version !== 1 && (field.tag & 3) > last) {
      last = field.tag & 3;
    } else {
      throw new DerFault('it has a field that does not belong to its version');
    }
  }
  return list;
}

function readExtension(value: DerValue): Extension {
  const parts = members(value);
  const [type, second] = parts;
  const wrapped = parts.at(-1);
  if (type === undefined || second === undefined || wrapped?.tag !== TAG.octetString || parts.length > 3) {
    throw new DerFault('an extension is malformed');
  }
  return { oid: readOid(type), critical: parts.length === 3 && readBoolean(second), value: wrapped };
}

function readBasicConstraints(value: DerValue): { ca: boolean; pathLength: number | null } {
  const parts = members(value);
  const ca = parts[0]?.tag === TAG.boolean ? readBoolean(parts[0]) : false;
  const rest = parts.slice(parts[0]?.tag === TAG.boolean ? 1 : 0);
  const [length, ...more] = rest;
  if (more.length > 0) throw new DerFault('its basic constraints are malformed');
  return { ca, pathLength: length === undefined ? null : readCount(length) };
}

function readKeyUsage(value: DerValue): { keyCertSign: boolean; digitalSignature: boolean } {
  const first = readBits(value).bytes[0] ?? 0;
  return { digitalSignature: (first & 0x80) !== 0, keyCertSign: (first & 0x04) !== 0 };
}

function readPurposes(value: DerValue): readonly string[] {
  const purposes = members(value).map(readOid);
  // RFC 5280 4.2.1.12: at least one.
  if (purposes.length === 0) throw new DerFault('its extended key usage is empty');
  return purposes;
}

function readAuthorityKeyIdentifier(value: DerValue): string | null {
  const keyIdentifier = members(value).find(({ tag }) => tag === 0x80);
  return keyIdentifier === undefined ? null : hex(keyIdentifier, 0x80);
}

function hex(value: DerValue, tag: number): string {
  if (value.tag !== tag) throw new DerFault('a key identifier is malformed');
  return content(value).toString('hex');
}

function lenient(read: () => string | null): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerFault) return null;
    throw error;
  }
}

function showSerial(bytes: Buffer): string {
  const negative = (bytes[0] ?? 0) >= 0x80;
  const value = BigInt(`0x${bytes.toString('hex')}`) - (negative ? 1n << BigInt(8 * bytes.length) : 0n);
  const digits = (negative ? -value : value).toString(16).toUpperCase();
  return `${negative ? '-' : ''}${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}

/** OpenSSL refuses keys that the structure alone does not show to be broken (a point off the curve). */
function loadX509(der: Buffer): X509Certificate | null {
  try {
    const loaded = new X509Certificate(der);
    return loaded.publicKey === undefined ? null : loaded;
  } catch {
    return null;
  }
}
