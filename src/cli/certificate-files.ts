/** Files of certificates and keys as the commands read and write them, with passwords that never stand on a command line. */
import { exportedEntry, importedEntry } from '../app/certificate-import.ts';
import { printable } from '../base/printable.ts';
import type { ArrangedEntry } from '../config/certificate-edits.ts';
import type { NamedCertificate } from '../config/document.ts';
import { MAX_BUNDLE_OCTETS } from '../pki/certificate-bundle.ts';
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
  const read = await importedEntry(name, bytes, password);
  if (read.ok) return read.value;
  const { kind, why } = read.failure;
  const isAsked = password === null && (kind === 'wrong-password' || kind === 'passphrase-needed');
  throw new UsageError(isAsked ? `${why}; say --password-file` : why);
}

/** Writes an entry as PKCS#12. */
export async function exportEntry(
  { world }: Pick<ConfigSession, 'world'>,
  entry: NamedCertificate,
  file: string,
  password: string,
): Promise<void> {
  const bytes = await exportedEntry(entry, password, world.random);
  if (!bytes.ok) throw new UsageError(bytes.failure);
  try {
    const target = await world.createFile(file, OWNER_ONLY);
    await target.write(bytes.value);
    await target.commit();
  } catch (error) {
    throw new OutputError(`${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}
