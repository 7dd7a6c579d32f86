/**
 * The algorithms of DNSSEC we check, over node:crypto (RFC 8624, RFC 9904: 8, 10, 13, 14, 15, 16; DS digests 1, 2, 4).
 *
 * RSA with SHA-1 (5, 7) counts as unsupported, so that what only it signs is insecure: RFC 9905 section 2 demands it of
 * operators of validators. What is not in the tables is unsupported in the same way (RFC 4035 section 5.2).
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { MAX_RSA_EXPONENT_OCTETS, MAX_RSA_MODULUS_OCTETS, MIN_RSA_MODULUS_OCTETS } from './limits.ts';

export const ALGORITHM = {
  rsaSha1: 5,
  rsaSha1Nsec3: 7,
  rsaSha256: 8,
  rsaSha512: 10,
  ecdsaP256: 13,
  ecdsaP384: 14,
  ed25519: 15,
  ed448: 16,
} as const;

interface Scheme {
  /** Null where the hash is part of the scheme (RFC 8080). */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keyOf: (key: Buffer) => KeyObject | null;
  /** Octets of a signature; null where the key decides. */
  readonly signatureOctets: number | null;
}

const SCHEMES: ReadonlyMap<number, Scheme> = new Map<number, Scheme>([
  [ALGORITHM.rsaSha256, { hash: 'sha256', keyOf: rsaKey, signatureOctets: null }],
  [ALGORITHM.rsaSha512, { hash: 'sha512', keyOf: rsaKey, signatureOctets: null }],
  [ALGORITHM.ecdsaP256, { hash: 'sha256', keyOf: curveKey('P-256', 32), signatureOctets: 64 }],
  [ALGORITHM.ecdsaP384, { hash: 'sha384', keyOf: curveKey('P-384', 48), signatureOctets: 96 }],
  [ALGORITHM.ed25519, { hash: null, keyOf: edwardsKey('Ed25519', 32), signatureOctets: 64 }],
  [ALGORITHM.ed448, { hash: null, keyOf: edwardsKey('Ed448', 57), signatureOctets: 114 }],
]);

/** RFC 4509, RFC 6605. The strongest first. */
const DIGESTS: ReadonlyMap<number, { readonly hash: string; readonly octets: number }> = new Map([
  [4, { hash: 'sha384', octets: 48 }],
  [2, { hash: 'sha256', octets: 32 }],
  [1, { hash: 'sha1', octets: 20 }],
]);

export const SHA1_DIGEST = 1;

export function isSupportedAlgorithm(algorithm: number): boolean {
  return SCHEMES.has(algorithm);
}

export function isSupportedDigest(digestType: number): boolean {
  return DIGESTS.has(digestType);
}

/** The digest of a DS record over owner and DNSKEY data (RFC 4034 section 5.1.4); null when unsupported. */
export function dsDigest(digestType: number, ownerWire: Buffer, keyData: Buffer): Buffer | null {
  const digest = DIGESTS.get(digestType);
  return digest === undefined ? null : hash(digest.hash, Buffer.concat([ownerWire, keyData]), 'buffer');
}

/** The key of a DNSKEY record; null when the algorithm is unsupported or the octets are no key of it. */
export function publicKeyOf(algorithm: number, key: Buffer): KeyObject | null {
  return SCHEMES.get(algorithm)?.keyOf(key) ?? null;
}

/** Whether `signature` was made over `data` by the owner of `key`. Never throws for what a stranger sent. */
export function isSignedBy(algorithm: number, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const scheme = SCHEMES.get(algorithm);
  if (scheme === undefined) return false;
  if (scheme.signatureOctets !== null && signature.length !== scheme.signatureOctets) return false;
  try {
    return verify(scheme.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    // OpenSSL refuses some keys and signatures instead of finding them wrong.
    return false;
  }
}

/** RFC 3110 section 2: the length of the exponent in one octet, or a zero and two; exponent; modulus. */
function rsaKey(key: Buffer): KeyObject | null {
  if (key.length < 3) return null;
  const long = key[0] === 0;
  const length = long ? key.readUInt16BE(1) : (key[0] ?? 0);
  const at = long ? 3 : 1;
  const exponent = withoutLeadingZeros(key.subarray(at, at + length));
  const modulus = withoutLeadingZeros(key.subarray(at + length));
  if (exponent.length === 0 || exponent.length > MAX_RSA_EXPONENT_OCTETS) return null;
  if (modulus.length < MIN_RSA_MODULUS_OCTETS || modulus.length > MAX_RSA_MODULUS_OCTETS) return null;
  return keyOfJwk({ kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') });
}

/** RFC 6605 section 4: both coordinates, nothing before them. */
function curveKey(crv: string, octets: number): (key: Buffer) => KeyObject | null {
  return (key) => {
    if (key.length !== 2 * octets) return null;
    const x = key.subarray(0, octets).toString('base64url');
    return keyOfJwk({ kty: 'EC', crv, x, y: key.subarray(octets).toString('base64url') });
  };
}

/** RFC 8080 section 3. */
function edwardsKey(crv: string, octets: number): (key: Buffer) => KeyObject | null {
  return (key) => (key.length === octets ? keyOfJwk({ kty: 'OKP', crv, x: key.toString('base64url') }) : null);
}

function keyOfJwk(key: Record<string, string>): KeyObject | null {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    // A point that is not on the curve, an even modulus: no key.
    return null;
  }
}

function withoutLeadingZeros(octets: Buffer): Buffer {
  let start = 0;
  while (start < octets.length && octets[start] === 0) start += 1;
  return octets.subarray(start);
}
