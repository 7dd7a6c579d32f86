/**
 * Keys that sign the zones of the test bed: every algorithm we validate, those we do not, and octets that only look
 * like a key.
 */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ALGORITHM } from '../dns/dnssec/algorithm.ts';
import { keyTag } from '../dns/dnssec/zone-key.ts';

export interface SigningKey {
  readonly algorithm: number;
  readonly flags: number;
  /** The DNSKEY data. */
  readonly data: Buffer;
  readonly tag: number;
  sign(octets: Buffer): Buffer;
}

/** RFC 4034 section 2.1.1: a zone key that is a way in, and one that is not; RFC 5011: one that is given up. */
export const KEY_FLAGS = { entry: 257, zone: 256, revoked: 385, notForZones: 0 } as const;

export interface KeyOptions {
  readonly flags?: number | undefined;
  readonly protocol?: number | undefined;
}

export function createSigningKey(algorithm: number, options: KeyOptions = {}): SigningKey {
  switch (algorithm) {
    case ALGORITHM.rsaSha1:
    case ALGORITHM.rsaSha1Nsec3:
      return rsaKey(algorithm, 'sha1', options);
    case ALGORITHM.rsaSha256:
      return rsaKey(algorithm, 'sha256', options);
    case ALGORITHM.rsaSha512:
      return rsaKey(algorithm, 'sha512', options);
    case ALGORITHM.ecdsaP256:
      return curveKey(algorithm, { curve: 'P-256', hash: 'sha256' }, options);
    case ALGORITHM.ecdsaP384:
      return curveKey(algorithm, { curve: 'P-384', hash: 'sha384' }, options);
    case ALGORITHM.ed25519: {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      return edwardsKey(algorithm, privateKey, publicKey, options);
    }
    case ALGORITHM.ed448: {
      const { privateKey, publicKey } = generateKeyPairSync('ed448');
      return edwardsKey(algorithm, privateKey, publicKey, options);
    }
    default:
      // Nobody can check these: any octets will do.
      return keyOf({ algorithm, key: Buffer.alloc(32, algorithm), sign: () => Buffer.alloc(64, 1) }, options);
  }
}

/** A key as given, with a way to sign that need not be honest. */
export function keyOf(
  parts: { readonly algorithm: number; readonly key: Buffer; readonly sign: (octets: Buffer) => Buffer },
  { flags = KEY_FLAGS.entry, protocol = 3 }: KeyOptions = {},
): SigningKey {
  const head = Buffer.from([flags >> 8, flags & 0xff, protocol, parts.algorithm]);
  const data = Buffer.concat([head, parts.key]);
  return { algorithm: parts.algorithm, flags, data, tag: keyTag(data), sign: parts.sign };
}

function rsaKey(algorithm: number, hash: string, options: KeyOptions): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const exponent = Buffer.from(e, 'base64url');
  const key = Buffer.concat([Buffer.from([exponent.length]), exponent, Buffer.from(n, 'base64url')]);
  const padded = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return keyOf({ algorithm, key, sign: (octets) => sign(hash, octets, padded) }, options);
}

function curveKey(
  algorithm: number,
  { curve, hash }: { readonly curve: string; readonly hash: string },
  options: KeyOptions,
): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const key = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const raw = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return keyOf({ algorithm, key, sign: (octets) => sign(hash, octets, raw) }, options);
}

function edwardsKey(algorithm: number, privateKey: KeyObject, publicKey: KeyObject, options: KeyOptions): SigningKey {
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return keyOf({ algorithm, key, sign: (octets) => sign(null, octets, privateKey) }, options);
}
