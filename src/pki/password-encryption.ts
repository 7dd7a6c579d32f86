/**
 * How PKCS#12 files are locked: PBES2 (RFC 8018: PBKDF2 and AES, or 3DES) and the older ways with triple DES and RC2 that
 * PKCS#12 brought along (RFC 7292 appendix C), whose key derivation still makes the MAC of modern files (appendix B).
 */
import { createCipheriv, createDecipheriv, hash as digestOf, pbkdf2 } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { content, DerFault, type DerValue, expectTag, members, readCount, readOid, TAG } from './der.ts';
import { writeCount, writeDer, writeOid } from './der-writer.ts';
import { decryptRc2 } from './rc2.ts';

/** Rounds of PBKDF2 that are followed: three times the most that is recommended, and a second at most. */
export const MAX_ITERATIONS = 2_000_000;
/** Of PKCS#12's own derivation, which runs here and not in OpenSSL. */
export const MAX_OLD_ITERATIONS = 200_000;
/** What we write. */
export const ITERATIONS = 100_000;

export type DecryptFault =
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'unsupported'; readonly algorithm: string }
  | { readonly kind: 'malformed'; readonly why: string };

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';
const OLD_3DES = '1.2.840.113549.1.12.1.3';
/** RC2 by the bits of its key. */
const OLD_RC2: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.12.1.5': 128,
  '1.2.840.113549.1.12.1.6': 40,
};

const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  [HMAC_SHA256]: 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const CIPHERS: Readonly<Record<string, readonly [name: string, keyOctets: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  [AES_256_CBC]: ['aes-256-cbc', 32],
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
};
/** Ciphers that OpenSSL has put aside, by what people call them. */
const OUTDATED: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'RC4-128',
  '1.2.840.113549.1.12.1.2': 'RC4-40',
  '1.2.840.113549.1.12.1.4': 'two-key triple DES',
  '1.2.840.113549.1.5.3': 'DES with MD5',
  '1.2.840.113549.1.5.10': 'DES with SHA-1',
};

/** Unlocks `data` as its AlgorithmIdentifier says. Throws `DerFault` for one that is malformed. */
export async function decrypt(
  algorithm: DerValue,
  data: Buffer,
  password: string,
): Promise<Outcome<Buffer, DecryptFault>> {
  const [type, parameters] = members(algorithm);
  if (type === undefined || parameters === undefined) throw new DerFault('an encryption has no parameters');
  const oid = readOid(type);
  if (oid === OLD_3DES) {
    const { salt, iterations } = saltAndRounds(parameters, MAX_OLD_ITERATIONS);
    const asked = { hash: 'sha1', salt, iterations, password };
    const key = pkcs12Key({ ...asked, purpose: 1, octets: 24 });
    return opened('des-ede3-cbc', key, pkcs12Key({ ...asked, purpose: 2, octets: 8 }), data);
  }
  const rc2Bits = OLD_RC2[oid];
  if (rc2Bits !== undefined) {
    const { salt, iterations } = saltAndRounds(parameters, MAX_OLD_ITERATIONS);
    const asked = { hash: 'sha1', salt, iterations, password };
    const key = pkcs12Key({ ...asked, purpose: 1, octets: rc2Bits / 8 });
    const plain = decryptRc2(key, rc2Bits, pkcs12Key({ ...asked, purpose: 2, octets: 8 }), data);
    return plain === null ? failed({ kind: 'wrong-password' }) : succeeded(plain);
  }
  if (oid !== PBES2) return failed({ kind: 'unsupported', algorithm: OUTDATED[oid] ?? oid });
  const [derivation, scheme] = members(parameters);
  if (derivation === undefined || scheme === undefined)
    throw new DerFault('an encryption lacks half of its parameters');
  const [schemeType, iv] = members(scheme);
  if (schemeType === undefined || iv === undefined) throw new DerFault('a cipher has no parameters');
  const cipher = CIPHERS[readOid(schemeType)];
  if (cipher === undefined) return failed({ kind: 'unsupported', algorithm: readOid(schemeType) });
  const [name, octets] = cipher;
  const key = await derivedKey(derivation, password, octets);
  return key.ok ? opened(name, key.value, octetString(iv), data) : key;
}

export interface Locked {
  /** DER of the AlgorithmIdentifier. */
  readonly algorithm: Buffer;
  readonly data: Buffer;
}

/** PBES2 with PBKDF2 (HMAC-SHA-256) and AES-256; `salt` of 16 octets, `iv` of 16. */
export async function encrypt(data: Uint8Array, password: string, salt: Buffer, iv: Buffer): Promise<Locked> {
  const key = await pbkdf2Of(password, salt, ITERATIONS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const prf = writeDer(0x30, writeOid(HMAC_SHA256), writeDer(0x05));
  const derivation = writeDer(0x30, writeDer(0x04, salt), writeCount(ITERATIONS), prf);
  const algorithm = writeDer(
    0x30,
    writeOid(PBES2),
    writeDer(
      0x30,
      writeDer(0x30, writeOid(PBKDF2), derivation),
      writeDer(0x30, writeOid(AES_256_CBC), writeDer(0x04, iv)),
    ),
  );
  return { algorithm, data: Buffer.concat([cipher.update(data), cipher.final()]) };
}

/** A key by PBKDF2 as its AlgorithmIdentifier says. */
export async function derivedKey(
  algorithm: DerValue,
  password: string,
  octets: number,
): Promise<Outcome<Buffer, DecryptFault>> {
  const [type, parameters] = members(algorithm);
  if (type === undefined || parameters === undefined) throw new DerFault('a key derivation has no parameters');
  if (readOid(type) !== PBKDF2) return failed({ kind: 'unsupported', algorithm: readOid(type) });
  const { salt, iterations } = saltAndRounds(parameters, MAX_ITERATIONS);
  const prf = members(parameters).find(({ tag }) => tag === TAG.sequence);
  const [prfType] = prf === undefined ? [] : members(prf);
  const hash = prfType === undefined ? 'sha1' : PRFS[readOid(prfType)];
  if (hash === undefined)
    return failed({ kind: 'unsupported', algorithm: prfType === undefined ? '' : readOid(prfType) });
  return succeeded(await pbkdf2Of(password, salt, iterations, octets, hash));
}

export interface OldDerivation {
  readonly hash: string;
  /** RFC 7292 B.3: 1 a key, 2 an initialisation vector, 3 a MAC key. */
  readonly purpose: 1 | 2 | 3;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly password: string;
  readonly octets: number;
}

/** RFC 7292 B.2. The password counts as UTF-16 with its terminating zero. */
export function pkcs12Key({ hash, purpose, salt, iterations, password, octets }: OldDerivation): Buffer {
  const size = digestOf(hash, '', 'buffer').length;
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16();
  const filled = (bytes: Buffer): Buffer => {
    const out = Buffer.alloc(Math.ceil(bytes.length / block) * block);
    for (let at = 0; at < out.length; at += 1) out[at] = bytes[at % bytes.length] ?? 0;
    return out;
  };
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([filled(salt), filled(text)]);
  const out: Buffer[] = [];
  for (let have = 0; have < octets; have += size) {
    let digest = digestOf(hash, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round += 1) digest = digestOf(hash, digest, 'buffer');
    out.push(digest);
    const carried = filled(digest).subarray(0, block);
    for (let at = 0; at < input.length; at += block) addOne(input.subarray(at, at + block), carried);
  }
  return Buffer.concat(out).subarray(0, octets);
}

/** `target + other + 1`, modulo 2^(8 * length). */
function addOne(target: Buffer, other: Buffer): void {
  let carry = 1;
  for (let at = target.length - 1; at >= 0; at -= 1) {
    const sum = (target[at] ?? 0) + (other[at] ?? 0) + carry;
    target[at] = sum & 0xff;
    carry = sum >> 8;
  }
}

function opened(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Outcome<Buffer, DecryptFault> {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return succeeded(Buffer.concat([decipher.update(data), decipher.final()]));
  } catch {
    return failed({ kind: 'wrong-password' });
  }
}

function saltAndRounds(parameters: DerValue, most: number): { readonly salt: Buffer; readonly iterations: number } {
  const [salt, rounds] = members(parameters);
  if (salt === undefined || rounds === undefined) throw new DerFault('a key derivation lacks its salt or its rounds');
  const iterations = readCount(rounds);
  if (iterations < 1 || iterations > most) throw new DerFault(`a key derivation has ${iterations} rounds`);
  const bytes = octetString(salt);
  if (bytes.length === 0) throw new DerFault('a key derivation has no salt');
  return { salt: bytes, iterations };
}

function octetString(value: DerValue): Buffer {
  expectTag(value, TAG.octetString);
  return content(value);
}

function pbkdf2Of(password: string, salt: Buffer, rounds: number, octets: number, hash: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, rounds, octets, hash, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
