/**
 * A certificate as this house sees it: structure and extensions read by our own DER reader (RFC 5280 section 4), the
 * signature checked by node:crypto's X509Certificate, which is loaded only when a signature has to be checked.
 */
import { hash, X509Certificate } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { type KnownExtensions, readExtensions, readKnownExtensions } from './certificate-extensions.ts';
import {
  DerFault,
  type DerValue,
  inside,
  members,
  readCount,
  readDer,
  readInteger,
  readOctets,
  readTime,
} from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import {
  type KeyFacts,
  readPublicKey,
  readSignatureAlgorithm,
  type SignatureFacts,
  sameAlgorithm,
} from './public-key.ts';

export interface Certificate extends KnownExtensions {
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

function readVersion(field: DerValue | undefined): 1 | 2 | 3 {
  const number = field === undefined ? 0 : readCount(inside(field, 0xa0));
  // DER leaves out a default, so v1 is never spelled out; some old roots do it all the same.
  if (number > 2) throw new DerFault('its version does not exist');
  return number === 2 ? 3 : number === 1 ? 2 : 1;
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
