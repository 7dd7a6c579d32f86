/** A key with its certificates from whatever file people have: PKCS#12, or PEM with everything in it (R100). */
import { createPrivateKey } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import { type ArrangedEntry, certificatesIn, entryOf, noSuch, signedEntry } from '../config/certificate-edits.ts';
import type { NamedCertificate } from '../config/document.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { describeKeyFault, type KeyFault, readCertificates, readPrivateKey } from '../pki/certificate-bundle.ts';
import { describePkcs12Fault, type Pkcs12Fault, readPkcs12, writePkcs12 } from '../pki/pkcs12.ts';
import { publicHalf } from '../pki/self-signed.ts';

export interface ImportFault {
  readonly kind: Pkcs12Fault['kind'] | KeyFault | 'unusable';
  /** A sentence without its end. */
  readonly why: string;
}

/** `password`: null where none was given. */
export async function importedEntry(
  name: string,
  bytes: Uint8Array,
  password: string | null,
): Promise<Outcome<ArrangedEntry, ImportFault>> {
  const file = Buffer.from(bytes);
  if (!file.includes('-----BEGIN ')) {
    const read = await readPkcs12(file, password ?? '');
    if (read.ok) return succeeded(entryOf(name, read.value));
    return failed({ kind: read.failure.kind, why: describePkcs12Fault(read.failure) });
  }
  const key = readPrivateKey(file.toString('utf8'), password === '' ? null : password);
  if (!key.ok) return failed({ kind: key.failure, why: describeKeyFault(key.failure) });
  const certificates = readCertificates(file);
  if (!certificates.ok) return failed({ kind: 'unusable', why: `the file ${certificates.failure}` });
  const read = parsed(certificates.value);
  const own = publicHalf(key.value);
  const certificate = read.find(({ spki }) => spki.equals(own));
  if (certificate === undefined) {
    return failed({ kind: 'no-match', why: 'none of the certificates belongs to the private key' });
  }
  const others = read.filter((each) => each !== certificate);
  return succeeded(entryOf(name, { key: key.value, certificate, others }));
}

/** What an authority sent back, in the place of the entry's certificate (R101, R102). */
export function signedImport(entry: NamedCertificate, bytes: Uint8Array): Outcome<ArrangedEntry, string> {
  const file = readCertificates(bytes);
  return file.ok ? signedEntry(entry, file.value) : failed(`the file ${file.failure}`);
}

/** An entry as PKCS#12. */
export async function exportedEntry(
  entry: NamedCertificate,
  password: string,
  random: Random,
): Promise<Outcome<Buffer, string>> {
  const [certificate] = certificatesIn(entry.certificate);
  if (certificate === undefined) return failed(noSuch(entry.name));
  const contents = {
    name: entry.name,
    key: createPrivateKey(entry.key),
    certificate: certificate.der,
    chain: certificatesIn(entry.chain).map(({ der }) => der),
  };
  return succeeded(await writePkcs12(contents, password, random));
}

/** Certificates of a file that may become authorities. */
export function certificatesOf(bytes: Uint8Array): Outcome<readonly Certificate[], string> {
  const file = readCertificates(bytes);
  return file.ok ? succeeded(parsed(file.value)) : failed(`the file ${file.failure}`);
}

function parsed(file: readonly Buffer[]): readonly Certificate[] {
  return file.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
}
