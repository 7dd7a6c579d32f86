/**
 * PKCS#12 (RFC 7292): a private key with its certificates in one file under a password, as appliances export and import
 * them (R100). A wrong password, a file without a key and a lock that nobody uses any more are three different answers.
 */
import { createHmac, createPrivateKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { octetsFrom, type Random } from '../base/random.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { content, DerFault, type DerValue, inside, members, readCount, readDer, readOid, TAG, whole } from './der.ts';
import { writeCount, writeDer, writeOid } from './der-writer.ts';
import {
  type DecryptFault,
  decrypt,
  derivedKey,
  encrypt,
  ITERATIONS,
  MAX_OLD_ITERATIONS,
  pkcs12Key,
} from './password-encryption.ts';
import { publicHalf } from './self-signed.ts';

/** Octets of a file: a key with a chain has ten thousand. */
export const MAX_PKCS12_OCTETS = 1024 * 1024;

/** Parts of a file, each with a lock of its own to be opened: everybody writes two. */
export const MAX_PARTS = 16;

export type Pkcs12Fault =
  | DecryptFault
  | { readonly kind: 'no-private-key' }
  | { readonly kind: 'several-private-keys' }
  | { readonly kind: 'no-certificate' }
  /** None of the certificates is that of the key. */
  | { readonly kind: 'no-match' };

export interface Pkcs12Contents {
  readonly key: KeyObject;
  readonly certificate: Certificate;
  /** In the order of the file. */
  readonly others: readonly Certificate[];
}

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const PBMAC1 = '1.2.840.113549.1.5.14';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  [SHA256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const HMACS: Readonly<Record<string, readonly [hash: string, octets: number]>> = {
  '1.2.840.113549.2.9': ['sha256', 32],
  '1.2.840.113549.2.10': ['sha384', 48],
  '1.2.840.113549.2.11': ['sha512', 64],
};

/** Never throws for what stands in the file. */
export async function readPkcs12(file: Uint8Array, password: string): Promise<Outcome<Pkcs12Contents, Pkcs12Fault>> {
  if (file.length > MAX_PKCS12_OCTETS) return malformed(`it is larger than ${MAX_PKCS12_OCTETS / 1024 / 1024} MiB`);
  try {
    const bags = await openBags(Buffer.from(file), password);
    return bags.ok ? contentsOf(bags.value) : bags;
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    return malformed(error.message);
  }
}

/** One sentence, and what to do about it. */
export function describePkcs12Fault(fault: Pkcs12Fault): string {
  switch (fault.kind) {
    case 'wrong-password':
      return 'the password is not that of the file';
    case 'unsupported':
      return `the file is locked with ${fault.algorithm}, which is not opened here any more; convert it: openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem, then openssl pkcs12 -export -in all.pem -out new.p12`;
    case 'malformed':
      return `the file is no PKCS#12 file that can be read: ${fault.why}`;
    case 'no-private-key':
      return 'there is no private key in the file; export it again together with its key';
    case 'several-private-keys':
      return 'there are several private keys in the file; export the one that is meant alone';
    case 'no-certificate':
      return 'there is no certificate in the file';
    case 'no-match':
      return 'none of the certificates in the file belongs to its private key';
  }
}

/** A file that OpenSSL 1.1 and later, Windows 10 and macOS read: PBES2 with AES-256, MAC with SHA-256. */
export async function writePkcs12(
  contents: {
    readonly name: string;
    readonly key: KeyObject;
    readonly certificate: Buffer;
    readonly chain: readonly Buffer[];
  },
  password: string,
  random: Random,
): Promise<Buffer> {
  const { name, key, certificate, chain } = contents;
  const id = octetsFrom(random, 20);
  const attributes = writeDer(
    0x31,
    attribute(FRIENDLY_NAME, writeDer(0x1e, Buffer.from(name, 'utf16le').swap16())),
    attribute(LOCAL_KEY_ID, writeDer(0x04, id)),
  );
  const certificateBag = (der: Buffer, more: Buffer): Buffer => {
    const value = writeDer(0x30, writeOid(X509_CERTIFICATE), writeDer(0xa0, writeDer(0x04, der)));
    return writeDer(0x30, writeOid(CERTIFICATE_BAG), writeDer(0xa0, value), more);
  };
  const none = Buffer.alloc(0);
  const certificates = writeDer(
    0x30,
    certificateBag(certificate, attributes),
    ...chain.map((der) => certificateBag(der, none)),
  );
  const lock = (data: Uint8Array) => encrypt(data, password, octetsFrom(random, 16), octetsFrom(random, 16));
  const locked = await lock(certificates);
  const encrypted = writeDer(
    0x30,
    writeCount(0),
    writeDer(0x30, writeOid(DATA), locked.algorithm, writeDer(0x80, locked.data)),
  );
  const shrouded = await lock(key.export({ type: 'pkcs8', format: 'der' }));
  const keyValue = writeDer(0x30, shrouded.algorithm, writeDer(0x04, shrouded.data));
  const keys = writeDer(0x30, writeDer(0x30, writeOid(SHROUDED_KEY_BAG), writeDer(0xa0, keyValue), attributes));
  const safe = writeDer(
    0x30,
    writeDer(0x30, writeOid(ENCRYPTED_DATA), writeDer(0xa0, encrypted)),
    writeDer(0x30, writeOid(DATA), writeDer(0xa0, writeDer(0x04, keys))),
  );
  const salt = octetsFrom(random, 16);
  const asked = { hash: 'sha256', purpose: 3, salt, iterations: ITERATIONS, password, octets: 32 } as const;
  const mac = createHmac('sha256', pkcs12Key(asked)).update(safe).digest();
  const digest = writeDer(0x30, writeDer(0x30, writeOid(SHA256), writeDer(0x05)), writeDer(0x04, mac));
  return writeDer(
    0x30,
    writeCount(3),
    writeDer(0x30, writeOid(DATA), writeDer(0xa0, writeDer(0x04, safe))),
    writeDer(0x30, digest, writeDer(0x04, salt), writeCount(ITERATIONS)),
  );
}

function attribute(oid: string, value: Buffer): Buffer {
  return writeDer(0x30, writeOid(oid), writeDer(0x31, value));
}

interface Bags {
  readonly keys: readonly Buffer[];
  readonly certificates: readonly Buffer[];
}

async function openBags(file: Buffer, password: string): Promise<Outcome<Bags, Pkcs12Fault>> {
  const [version, authSafe, macData] = members(readDer(file));
  if (version?.tag !== TAG.integer || authSafe === undefined) throw new DerFault('it has another structure');
  const safe = dataOf(authSafe);
  if (macData !== undefined) {
    const seal = await isSealed(macData, safe, password);
    if (!seal.ok) return seal;
    if (!seal.value) return failed({ kind: 'wrong-password' });
  }
  const keys: Buffer[] = [];
  const certificates: Buffer[] = [];
  const parts = members(readDer(safe));
  if (parts.length > MAX_PARTS) throw new DerFault(`it has ${parts.length} parts`);
  for (const part of parts) {
    const opened = await openPart(part, password);
    if (!opened.ok) return opened;
    for (const bag of members(readDer(opened.value))) {
      const fault = await openBag(bag, password, keys, certificates);
      if (fault !== null) return failed(fault);
    }
  }
  return succeeded({ keys, certificates });
}

/** A content of type data: what is inside its OCTET STRING. */
function dataOf(value: DerValue): Buffer {
  const [type, wrapped] = members(value);
  if (type === undefined || wrapped === undefined || readOid(type) !== DATA) {
    throw new DerFault('it is sealed with a key instead of a password');
  }
  return content(octets(inside(wrapped, 0xa0)));
}

async function openPart(part: DerValue, password: string): Promise<Outcome<Buffer, Pkcs12Fault>> {
  const [type, wrapped] = members(part);
  if (type === undefined || wrapped === undefined) throw new DerFault('a part of it is empty');
  if (readOid(type) === DATA) return succeeded(dataOf(part));
  if (readOid(type) !== ENCRYPTED_DATA) throw new DerFault('a part of it is locked with a key instead of a password');
  const [, info] = members(inside(wrapped, 0xa0));
  const [, algorithm, data] = info === undefined ? [] : members(info);
  if (algorithm === undefined || data?.tag !== 0x80) throw new DerFault('a locked part of it is empty');
  return decrypt(algorithm, content(data), password);
}

async function openBag(
  bag: DerValue,
  password: string,
  keys: Buffer[],
  certificates: Buffer[],
): Promise<Pkcs12Fault | null> {
  const [type, wrapped] = members(bag);
  if (type === undefined || wrapped === undefined) throw new DerFault('a bag in it is empty');
  const value = inside(wrapped, 0xa0);
  const kindOfBag = readOid(type);
  // Told before another lock is opened, which takes its time.
  if (keys.length > 0 && (kindOfBag === KEY_BAG || kindOfBag === SHROUDED_KEY_BAG)) {
    return { kind: 'several-private-keys' };
  }
  switch (kindOfBag) {
    case KEY_BAG:
      keys.push(whole(value));
      return null;
    case SHROUDED_KEY_BAG: {
      const [algorithm, data] = members(value);
      if (algorithm === undefined || data === undefined) throw new DerFault('a locked key in it is empty');
      const key = await decrypt(algorithm, content(octets(data)), password);
      if (!key.ok) return key.failure;
      keys.push(key.value);
      return null;
    }
    case CERTIFICATE_BAG: {
      const [kind, inner] = members(value);
      if (kind !== undefined && inner !== undefined && readOid(kind) === X509_CERTIFICATE) {
        certificates.push(Buffer.from(content(octets(inside(inner, 0xa0)))));
      }
      return null;
    }
    default:
      // Secrets and lists of revoked certificates are nothing of ours.
      return null;
  }
}

/** Whether the MAC is one of this password. */
async function isSealed(macData: DerValue, safe: Buffer, password: string): Promise<Outcome<boolean, Pkcs12Fault>> {
  const [digestInfo, salt, rounds] = members(macData);
  const [algorithm, expected] = digestInfo === undefined ? [] : members(digestInfo);
  if (algorithm === undefined || expected === undefined || salt === undefined)
    throw new DerFault('its MAC is malformed');
  const [type, parameters] = members(algorithm);
  if (type === undefined) throw new DerFault('its MAC is malformed');
  const oid = readOid(type);
  const isSame = (hash: string, key: Buffer): boolean => {
    const mac = createHmac(hash, key).update(safe).digest();
    const wanted = content(octets(expected));
    return mac.length === wanted.length && timingSafeEqual(mac, wanted);
  };
  if (oid === PBMAC1) {
    const [derivation, scheme] = parameters === undefined ? [] : members(parameters);
    const [hmac] = scheme === undefined ? [] : members(scheme);
    const known = hmac === undefined ? undefined : HMACS[readOid(hmac)];
    if (derivation === undefined || known === undefined) return failed({ kind: 'unsupported', algorithm: oid });
    const key = await derivedKey(derivation, password, known[1]);
    return key.ok ? succeeded(isSame(known[0], key.value)) : key;
  }
  const hash = HASHES[oid];
  if (hash === undefined) return failed({ kind: 'unsupported', algorithm: oid });
  const iterations = rounds === undefined ? 1 : readCount(rounds);
  if (iterations < 1 || iterations > MAX_OLD_ITERATIONS) throw new DerFault(`its MAC has ${iterations} rounds`);
  const bytes = content(octets(salt));
  if (bytes.length === 0) throw new DerFault('its MAC has no salt');
  const size = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 }[hash] ?? 32;
  const asked = { hash, purpose: 3, salt: bytes, iterations, password, octets: size } as const;
  return succeeded(isSame(hash, pkcs12Key(asked)));
}

function contentsOf({ keys, certificates }: Bags): Outcome<Pkcs12Contents, Pkcs12Fault> {
  const [first] = keys;
  if (first === undefined) return failed({ kind: 'no-private-key' });
  if (certificates.length === 0) return failed({ kind: 'no-certificate' });
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: first, format: 'der', type: 'pkcs8' });
  } catch {
    return malformed('its private key cannot be read');
  }
  const read: Certificate[] = [];
  for (const der of certificates) {
    const certificate = parseCertificate(der);
    if (!certificate.ok) return malformed(`a certificate in it ${certificate.failure.why}`);
    read.push(certificate.value);
  }
  const own = publicHalf(key);
  const certificate = read.find(({ spki }) => spki.equals(own));
  if (certificate === undefined) return failed({ kind: 'no-match' });
  return succeeded({ key, certificate, others: read.filter((each) => each !== certificate) });
}

function octets(value: DerValue): DerValue {
  if (value.tag !== TAG.octetString) throw new DerFault('a value is no OCTET STRING');
  return value;
}

function malformed(why: string): { readonly ok: false; readonly failure: Pkcs12Fault } {
  return failed({ kind: 'malformed', why });
}
