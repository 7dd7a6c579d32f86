/**
 * What a SubjectPublicKeyInfo and a signature AlgorithmIdentifier say, without loading the key: sort, size, how weak,
 * and what one signature check with it costs.
 */
import type { CertificateFacts } from './chain-verdict.ts';
import { DerFault, type DerValue, members, readDer, readInteger, readOctets, readOid, TAG, whole } from './der.ts';

export interface KeyFacts {
  readonly type: CertificateFacts['keyType'];
  /** RSA modulus or curve size; 0 where that means nothing. */
  readonly bits: number;
  /** `RSA 2048`, `ECDSA P-256`, `Ed25519`. */
  readonly text: string;
  /** Estimated time of one signature check, microseconds. */
  readonly checkCost: number;
}

export interface SignatureFacts {
  /** As OpenSSL names it, the OID where the name is not known. */
  readonly name: string;
  readonly weak: boolean;
}

/** Keys below this are refused (NIST SP 800-131A: 1024-bit RSA is disallowed since 2014). */
export const MIN_RSA_BITS = 2048;
/** Curves below this are refused: less than 112 bits of strength. */
export const MIN_CURVE_BITS = 224;

/** Too weak to be trusted at all. */
export function isWeakKey(key: KeyFacts): boolean {
  switch (key.type) {
    case 'rsa':
    case 'rsa-pss':
      return key.bits < MIN_RSA_BITS;
    case 'ec':
      return key.bits < MIN_CURVE_BITS;
    case 'dsa':
      return true;
    default:
      return false;
  }
}

/** Reads a SubjectPublicKeyInfo; throws `DerFault`. */
export function readPublicKey(value: DerValue): KeyFacts {
  const [algorithm, bits, ...rest] = members(value);
  if (algorithm === undefined || bits === undefined || rest.length > 0)
    throw new DerFault('the public key is malformed');
  const [type, parameters] = members(algorithm);
  if (type === undefined) throw new DerFault('the public key has no algorithm');
  const oid = readOid(type);
  const key = readOctets(bits);
  switch (oid) {
    case '1.2.840.113549.1.1.1':
      return rsaKey('rsa', 'RSA', key);
    case '1.2.840.113549.1.1.10':
      return rsaKey('rsa-pss', 'RSA-PSS', key);
    case '1.2.840.10045.2.1':
      return curveKey(parameters);
    case '1.3.101.112':
      return { type: 'ed25519', bits: 255, text: 'Ed25519', checkCost: 110 };
    case '1.3.101.113':
      return { type: 'ed448', bits: 448, text: 'Ed448', checkCost: 230 };
    case '1.2.840.10040.4.1':
      return { type: 'dsa', bits: 0, text: 'DSA', checkCost: 500 };
    default:
      return { type: 'other', bits: 0, text: oid, checkCost: 1000 };
  }
}

/** Reads an AlgorithmIdentifier of a signature; throws `DerFault`. */
export function readSignatureAlgorithm(value: DerValue): SignatureFacts {
  const [type, parameters] = members(value);
  if (type === undefined) throw new DerFault('the signature has no algorithm');
  const oid = readOid(type);
  if (oid === '1.2.840.113549.1.1.10') return { name: 'rsassaPss', weak: isWeakPss(parameters) };
  return SIGNATURES.get(oid) ?? { name: oid, weak: false };
}

const SIGNATURES: ReadonlyMap<string, SignatureFacts> = new Map(
  [
    ['1.2.840.113549.1.1.2', 'md2WithRSAEncryption', true],
    ['1.2.840.113549.1.1.3', 'md4WithRSAEncryption', true],
    ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption', true],
    ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption', true],
    ['1.3.14.3.2.29', 'sha1WithRSA', true],
    ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption', false],
    ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption', false],
    ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption', false],
    ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption', false],
    ['1.2.840.10045.4.1', 'ecdsa-with-SHA1', true],
    ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224', false],
    ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256', false],
    ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384', false],
    ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512', false],
    ['1.2.840.10040.4.3', 'dsa-with-SHA1', true],
    ['2.16.840.1.101.3.4.3.1', 'dsa-with-SHA224', true],
    ['2.16.840.1.101.3.4.3.2', 'dsa-with-SHA256', true],
    ['1.3.101.112', 'Ed25519', false],
    ['1.3.101.113', 'Ed448', false],
  ].map(([oid, name, weak]) => [String(oid), { name: String(name), weak: weak === true }]),
);

const CURVES: ReadonlyMap<string, { readonly name: string; readonly bits: number; readonly checkCost: number }> =
  new Map(
    [
      ['1.2.840.10045.3.1.1', 'P-192', 192, 300],
      ['1.3.132.0.33', 'P-224', 224, 300],
      ['1.2.840.10045.3.1.7', 'P-256', 256, 100],
      ['1.3.132.0.34', 'P-384', 384, 900],
      ['1.3.132.0.35', 'P-521', 521, 1500],
      ['1.3.132.0.10', 'secp256k1', 256, 400],
      ['1.3.36.3.3.2.8.1.1.7', 'brainpoolP256r1', 256, 500],
      ['1.3.36.3.3.2.8.1.1.11', 'brainpoolP384r1', 384, 1000],
      ['1.3.36.3.3.2.8.1.1.13', 'brainpoolP512r1', 512, 1500],
    ].map(([oid, name, bits, checkCost]) => [
      String(oid),
      { name: String(name), bits: Number(bits), checkCost: Number(checkCost) },
    ]),
  );

function rsaKey(type: 'rsa' | 'rsa-pss', label: string, bytes: Buffer): KeyFacts {
  const [modulus, exponent] = members(readDer(bytes));
  if (modulus === undefined || exponent === undefined) throw new DerFault('the RSA key is malformed');
  const bits = bitLength(readInteger(modulus));
  const exponentBits = bitLength(readInteger(exponent));
  // Squarings grow with the exponent, each with the square of the modulus; measured 21 us for 2048 bits and 65537.
  const checkCost = 25 * Math.max(1, bits / 2048) ** 2 * Math.max(1, exponentBits / 17);
  return { type, bits, text: `${label} ${bits}`, checkCost };
}

function bitLength(integer: Buffer): number {
  const first = integer.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (integer.length - first - 1) * 8 + (32 - Math.clz32(integer[first] ?? 0));
}

/** RFC 5480 2.1.1: the curve is named; spelling out its parameters is forbidden (and was CVE-2020-0601). */
function curveKey(parameters: DerValue | undefined): KeyFacts {
  if (parameters?.tag !== TAG.oid)
    throw new DerFault('the public key spells out its elliptic curve instead of naming it');
  const oid = readOid(parameters);
  const curve = CURVES.get(oid);
  if (curve === undefined) return { type: 'ec', bits: 256, text: `ECDSA ${oid}`, checkCost: 1500 };
  return { type: 'ec', bits: curve.bits, text: `ECDSA ${curve.name}`, checkCost: curve.checkCost };
}

/** RFC 4055 3.1: the hash is the first parameter, SHA-1 when it is left out. */
function isWeakPss(parameters: DerValue | undefined): boolean {
  if (parameters === undefined) return true;
  const [first] = members(parameters);
  if (first?.tag !== 0xa0) return true;
  const [algorithm] = members(first, 0xa0);
  const [hash] = algorithm === undefined ? [] : members(algorithm);
  return hash === undefined || WEAK_HASHES.has(readOid(hash));
}

const WEAK_HASHES: ReadonlySet<string> = new Set(['1.3.14.3.2.26', '1.2.840.113549.2.5', '1.2.840.113549.2.2']);

/** Whether two AlgorithmIdentifiers are the same, byte for byte. */
export function sameAlgorithm(first: DerValue, second: DerValue): boolean {
  return whole(first).equals(whole(second));
}
