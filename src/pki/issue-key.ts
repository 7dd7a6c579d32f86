/**
 * Keys for minted certificates and signatures by them: everything OpenSSL can do, synchronously, with the matching
 * AlgorithmIdentifier (RFC 3279, RFC 4055, RFC 5758, RFC 8410).
 */
import { constants, generateKeyPair, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Constructed, Integer, Null, ObjectIdentifier, Sequence } from 'asn1js';

/** Sorts of key that can be generated. RSA generation takes a tenth of a second and more: reuse the key where it can be. */
export const KEY_SPECS = [
  'rsa1024',
  'rsa2048',
  'rsa3072',
  'rsa4096',
  'rsa-pss2048',
  'p224',
  'p256',
  'p384',
  'p521',
  'ed25519',
  'ed448',
] as const;
export type KeySpec = (typeof KEY_SPECS)[number];

export type SignatureHash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** Generates a private key; its public half comes out of it. */
export function generateKey(spec: KeySpec): KeyObject {
  switch (spec) {
    case 'rsa1024':
    case 'rsa2048':
    case 'rsa3072':
    case 'rsa4096':
      return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(3)) }).privateKey;
    case 'rsa-pss2048':
      return generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
    case 'p224':
      return generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey;
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'ed448':
      return generateKeyPairSync('ed448').privateKey;
  }
}

/** The same for the sorts that take long, beside the event loop: for processes that do other work meanwhile. */
export function generateKeyLater(spec: 'rsa2048' | 'rsa3072' | 'rsa4096' | 'p256' | 'ed25519'): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: KeyObject, key: KeyObject): void =>
      error === null ? resolve(key) : reject(error);
    if (spec === 'p256') generateKeyPair('ec', { namedCurve: 'prime256v1' }, done);
    else if (spec === 'ed25519') generateKeyPair('ed25519', undefined, done);
    else generateKeyPair('rsa', { modulusLength: Number(spec.slice(3)) }, done);
  });
}

/** How a key signs: the AlgorithmIdentifier to write and the signature over the bytes. */
export interface Signer {
  algorithm(): Sequence;
  sign(data: Uint8Array): Buffer;
}

/**
 * The signer for a private key. `hash` is ignored by the Edwards curves; by default it is SHA-256, or the one that fits
 * the curve. `pss` asks an ordinary RSA key for RSASSA-PSS, which an RSA-PSS key always does.
 */
export function signerFor(key: KeyObject, hash?: SignatureHash, pss = false): Signer {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'ed448') {
    const oid = type === 'ed25519' ? '1.3.101.112' : '1.3.101.113';
    return {
      algorithm: () => new Sequence({ value: [new ObjectIdentifier({ value: oid })] }),
      sign: (data) => sign(null, data, key),
    };
  }
  if (type === 'ec') {
    const digest = hash ?? EC_HASH[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256';
    const oid = ECDSA_OID[digest];
    if (oid === undefined) throw new Error(`no ECDSA signature algorithm with ${digest}`);
    return {
      algorithm: () => new Sequence({ value: [new ObjectIdentifier({ value: oid })] }),
      sign: (data) => sign(digest, data, key),
    };
  }
  const digest = hash ?? 'sha256';
  if (type === 'rsa-pss' || pss) {
    const saltLength = HASH_OCTETS[digest];
    return {
      algorithm: () => pssAlgorithm(digest, saltLength),
      sign: (data) => sign(digest, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
    };
  }
  if (type !== 'rsa') throw new Error(`a key of type ${type} cannot sign certificates here`);
  return {
    algorithm: () => new Sequence({ value: [new ObjectIdentifier({ value: RSA_OID[digest] }), new Null()] }),
    sign: (data) => sign(digest, data, key),
  };
}

const EC_HASH: Readonly<Record<string, SignatureHash>> = { secp384r1: 'sha384', secp521r1: 'sha512' };

const ECDSA_OID: Readonly<Record<string, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};

const RSA_OID: Readonly<Record<SignatureHash, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};

const HASH_OID: Readonly<Record<SignatureHash, string>> = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

const HASH_OCTETS: Readonly<Record<SignatureHash, number>> = {
  md5: 16,
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

/** RSASSA-PSS-params with MGF1 over the same hash (RFC 4055 section 3.1). */
function pssAlgorithm(digest: SignatureHash, saltLength: number): Sequence {
  const hash = (): Sequence => new Sequence({ value: [new ObjectIdentifier({ value: HASH_OID[digest] }), new Null()] });
  const mgf1 = new Sequence({ value: [new ObjectIdentifier({ value: '1.2.840.113549.1.1.8' }), hash()] });
  const parameters = new Sequence({
    value: [tagged(0, hash()), tagged(1, mgf1), tagged(2, new Integer({ value: saltLength }))],
  });
  return new Sequence({ value: [new ObjectIdentifier({ value: '1.2.840.113549.1.1.10' }), parameters] });
}

function tagged(tagNumber: number, value: Sequence | Integer): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });
}
