/** Files of certificates and keys as the commands read and write them, with passwords that never stand on a command line. */
import { createPrivateKey } from 'node:crypto';
import { printable } from '../base/printable.ts';
import { type ArrangedEntry, certificatesIn, entryOf } from '../config/certificate-edits.ts';
import type { NamedCertificate } from '../config/document.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { describeKeyFault, MAX_BUNDLE_OCTETS, readCertificates, readPrivateKey } from '../pki/certificate-bundle.ts';
import { describePkcs12Fault, readPkcs12, writePkcs12 } from '../pki/pkcs12.ts';
import { publicHalf } from '../pki/self-signed.ts';
import type { ConfigSession } from './config-session.ts';
import { readText } from './given-options.ts';
import { readAll } from './target-input.ts';
import { describeFileFault, OutputError, UsageError } from './usage-error.ts';

/** Only the owner reads what has a private key in it. */
const OWNER_ONLY = 0o600;

/** The octets of a file, or of standard input for `-`. */
export async function readOctets({ world }: Pick<ConfigSession, 'world'>, file: string): Promise<Buffer> {
  if (file !== '-') {
    try {
      return await world.readFile(file);
    } catch (error) {
      throw new UsageError(`${printable(file, 200)}: ${describeFileFault(error)}`);
    }
  }
  const bytes = await readAll(world.stdin(), MAX_BUNDLE_OCTETS);
  if (bytes.length > MAX_BUNDLE_OCTETS) throw new UsageError('standard input is too large for a certificate');
  return bytes;
}

/** What stands behind `--password-file`, without the end of its line; null where it was not given. */
export async function passwordGiven(session: ConfigSession): Promise<string | null> {
  const file = session.flag('passwordFile');
  if (file === undefined) return null;
  return (await readText(file, '--password-file', session.world)).replace(/\r?\n$/, '');
}

/** A key with its certificates, from PKCS#12 or from PEM. Throws `UsageError` in the file's words. */
export async function entryFrom(name: string, bytes: Buffer, password: string | null): Promise<ArrangedEntry> {
  if (!bytes.includes('-----BEGIN ')) {
    const read = await readPkcs12(bytes, password ?? '');
    if (read.ok) return entryOf(name, read.value);
    const hint = read.failure.kind === 'wrong-password' && password === null ? '; say --password-file' : '';
    throw new UsageError(`${describePkcs12Fault(read.failure)}${hint}`);
  }
  const key = readPrivateKey(bytes.toString('utf8'), password);
  if (!key.ok) throw new UsageError(describeKeyFault(key.failure));
  const certificates = readCertificates(bytes);
  if (!certificates.ok) throw new UsageError(`the file ${certificates.failure}`);
  const read = certificates.value.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
  const own = publicHalf(key.value);
  const certificate = read.find(({ spki }) => spki.equals(own));
  if (certificate === undefined) throw new UsageError('none of the certificates belongs to the private key');
  return entryOf(name, { key: key.value, certificate, others: read.filter((each) => each !== certificate) });
}

/** Writes an entry as PKCS#12. */
export async function exportEntry(
  { world }: Pick<ConfigSession, 'world'>,
  entry: NamedCertificate,
  file: string,
  password: string,
): Promise<void> {
  const [certificate] = certificatesIn(entry.certificate);
  if (certificate === undefined) throw new UsageError(`the certificate ${printable(entry.name, 120)} cannot be read`);
  const bytes = await writePkcs12(
    {
      name: entry.name,
      key: createPrivateKey(entry.key),
      certificate: certificate.der,
      chain: certificatesIn(entry.chain).map(({ der }) => der),
    },
    password,
    world.random,
  );
  try {
    const target = await world.createFile(file, OWNER_ONLY);
    await target.write(bytes);
    await target.commit();
  } catch (error) {
    throw new OutputError(`${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}
