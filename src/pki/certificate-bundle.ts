/**
 * What an authority sends back, and what people have lying about: certificates as PEM, as DER, or as a bundle without
 * signers (PKCS#7, RFC 5652), and private keys as PEM. Each way in which a file is none of these has its own words.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { parseCertificate } from './certificate.ts';
import { DerFault, members, readDer, readOid, whole } from './der.ts';
import { describePemFault, parsePemCertificates } from './pem.ts';

/** Octets of one file with certificates. */
export const MAX_BUNDLE_OCTETS = 1024 * 1024;

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const PKCS7 = /-----BEGIN (PKCS7|PKCS #7 SIGNED DATA|CMS)-----([\s\S]*?)-----END \1-----/g;
const KEY = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[\s\S]*?-----END \1-----/;

/** The certificates of a file in its order, each of them readable. The failure is the end of a sentence about the file. */
export function readCertificates(file: Uint8Array): Outcome<readonly Buffer[], string> {
  const bytes = Buffer.from(file);
  if (bytes.length > MAX_BUNDLE_OCTETS) return failed(`is larger than ${MAX_BUNDLE_OCTETS / 1024 / 1024} MiB`);
  const text = bytes.toString('latin1');
  const read = text.includes('-----BEGIN ') ? fromPem(text) : fromDer(bytes);
  if (!read.ok) return read;
  if (read.value.length === 0) return failed('holds no certificate');
  for (const [index, der] of read.value.entries()) {
    const certificate = parseCertificate(der);
    if (!certificate.ok) return failed(`holds a certificate (number ${index + 1}) that ${certificate.failure.why}`);
  }
  return read;
}

export type KeyFault = 'no-key' | 'passphrase-needed' | 'wrong-passphrase' | 'unreadable';

/** The first private key of a PEM text; other blocks are passed over. */
export function readPrivateKey(text: string, passphrase: string | null): Outcome<KeyObject, KeyFault> {
  const [block] = KEY.exec(text) ?? [];
  if (block === undefined) return failed('no-key');
  const isLocked = /ENCRYPTED/.test(block);
  if (isLocked && passphrase === null) return failed('passphrase-needed');
  try {
    return succeeded(createPrivateKey(passphrase === null ? block : { key: block, passphrase }));
  } catch {
    return failed(isLocked ? 'wrong-passphrase' : 'unreadable');
  }
}

/** A sentence without its end; nothing of the key is in it. */
export function describeKeyFault(fault: KeyFault): string {
  switch (fault) {
    case 'no-key':
      return 'there is no private key in PEM';
    case 'passphrase-needed':
      return 'the private key has a passphrase, which is needed to read it';
    case 'wrong-passphrase':
      return 'the passphrase is not that of the private key';
    case 'unreadable':
      return 'the private key cannot be read';
  }
}

function fromPem(text: string): Outcome<Buffer[], string> {
  const bundles = [...text.matchAll(PKCS7)].map(([, , body = '']) => fromDer(Buffer.from(body, 'base64')));
  const broken = bundles.find((bundle) => !bundle.ok);
  if (broken !== undefined) return broken;
  const inside = bundles.flatMap((bundle) => (bundle.ok ? bundle.value : []));
  const plain = parsePemCertificates(text);
  if (plain.ok) return succeeded([...plain.value, ...inside]);
  if (plain.failure.kind === 'no-certificate' && inside.length > 0) return succeeded(inside);
  if (plain.failure.kind === 'no-certificate' && /CERTIFICATE REQUEST/.test(plain.failure.found ?? '')) {
    return failed('is a certificate signing request, not what an authority made of it');
  }
  return failed(`cannot be used: ${describePemFault(plain.failure)}`);
}

function fromDer(bytes: Buffer): Outcome<Buffer[], string> {
  try {
    const outer = readDer(bytes);
    const [type, wrapped] = members(outer);
    if (type?.tag !== 0x06) return succeeded([bytes]);
    if (readOid(type) !== SIGNED_DATA || wrapped === undefined) return failed('is a container without certificates');
    const [signed] = members(wrapped, 0xa0);
    const certificates = signed === undefined ? undefined : members(signed).find(({ tag }) => tag === 0xa0);
    return succeeded(
      certificates === undefined ? [] : members(certificates, 0xa0).map((each) => Buffer.from(whole(each))),
    );
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    return failed(
      bytes[0] === 0x30
        ? `is neither a certificate nor a bundle that can be read (${error.message})`
        : 'is neither PEM nor DER: PEM begins with -----BEGIN CERTIFICATE-----',
    );
  }
}
