/**
 * `tlsreach certconfig`: certificates and trusted authorities, as the dialogue of the appliance and as commands with
 * flags (R99 to R106). Whatever it changes is pending until `tlsreach commit`.
 */
import { ownNames } from '../app/certificate-views.ts';
import { checkNames } from '../app/name-check.ts';
import { printable } from '../base/printable.ts';
import {
  addCertificate,
  CERTIFICATE_USES,
  certificateNamed,
  certificatesIn,
  chooseCertificate,
  deleteCertificate,
  noSuch,
  replaceCertificate,
  requestOf,
  signedEntry,
} from '../config/certificate-edits.ts';
import type { Snapshot } from '../config/configuration.ts';
import { DEMO_CERTIFICATE, type NamedCertificate } from '../config/document.ts';
import { readCertificates } from '../pki/certificate-bundle.ts';
import { type ChainNote, describeChainNote } from '../pki/chain-order.ts';
import type { SelfSignedFields } from '../pki/self-signed.ts';
import { AUTHORITY_OPERATIONS } from './authority-operations.ts';
import { certificateMenu } from './certconfig-dialogue.ts';
import { entryFrom, exportEntry, passwordGiven, readOctets } from './certificate-files.ts';
import { listing, namesIn, seen, selfSigned } from './certificate-session.ts';
import { certificateDetail, DEMO_WORDS, labelled, nameCheckText } from './certificate-text.ts';
import { type ConfigInvocation, type ConfigSession, converse, inConfiguration, settled } from './config-session.ts';
import { openSink } from './sink.ts';
import { UsageError } from './usage-error.ts';

export type CertconfigOperation =
  | 'menu'
  | 'new'
  | 'import'
  | 'paste'
  | 'csr'
  | 'sign'
  | 'export'
  | 'delete'
  | 'print'
  | 'list'
  | 'check'
  | 'use'
  | 'authority-list'
  | 'authority-import'
  | 'authority-export'
  | 'authority-delete'
  | 'authority-setup';

export function certconfigCommand(operation: CertconfigOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, (session) => OPERATIONS[operation](session));
}

const OPERATIONS: Readonly<Record<CertconfigOperation, (session: ConfigSession) => Promise<void>>> = {
  ...AUTHORITY_OPERATIONS,
  menu: (session) => converse(session, certificateMenu),
  new: async (session) => {
    const name = nameOf(session);
    const entry = await selfSigned(name, fieldsOf(session), session.world.clock.now());
    await session.change(addCertificate(entry), `Made the certificate ${name}.`);
  },
  import: async (session) => {
    const name = nameOf(session);
    const bytes = await readOctets(session, session.words[1] ?? '');
    await addImported(session, name, bytes);
  },
  paste: async (session) => addImported(session, nameOf(session), await readOctets(session, '-')),
  csr: async (session) => {
    const { document } = await session.newest();
    const committed = settled(await session.configuration.committed());
    const request = requestOf(document, committed.document, nameOf(session));
    if (!request.ok) throw new UsageError(request.failure.why);
    const sink = await openSink(session.words[1], session.world, 'csr');
    await sink.write(request.value);
    await sink.commit();
  },
  sign: async (session) => {
    const { document } = await session.newest();
    const entry = entryNamed(document, nameOf(session));
    const file = readCertificates(await readOctets(session, session.words[1] ?? ''));
    if (!file.ok) throw new UsageError(`the file ${file.failure}`);
    const signed = signedEntry(entry, file.value);
    if (!signed.ok) throw new UsageError(signed.failure);
    await session.change(replaceCertificate(signed.value.entry), `The certificate ${entry.name} was replaced.`);
    await printNotes(session, signed.value.notes);
    await printWarnings(session, entry.name);
  },
  export: async (session) => {
    const { document } = await session.newest();
    const entry = entryNamed(document, nameOf(session));
    const password = await passwordGiven(session);
    if (password === null || password === '') {
      throw new UsageError('a PKCS#12 file has a password: say --password-file');
    }
    const file = session.words[1] ?? '';
    await exportEntry(session, entry, file, password);
    await session.print(`The certificate ${entry.name} and its key were written to ${printable(file, 200)}.`);
  },
  delete: async (session) => {
    const name = nameOf(session);
    await session.change(deleteCertificate(name), `Deleted the certificate ${name}.`);
  },
  print: async (session) => {
    const name = nameOf(session);
    const { views, newest } = await seen(session);
    const view = views.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (view === undefined && isDemo(name)) return session.print(DEMO_LINE);
    if (view === undefined) throw new UsageError(noSuch(name));
    await session.print(session.isJson() ? JSON.stringify(view, null, 2) : certificateDetail(view, newest.document));
  },
  list: async (session) => session.print(await listing(session)),
  check: async (session) => {
    const { document } = await session.newest();
    const entry = entryNamed(document, nameOf(session));
    const [leaf] = certificatesIn(entry.certificate);
    if (leaf === undefined) throw new UsageError(noSuch(entry.name));
    const domains = session.words.length > 1 ? session.words.slice(1) : document.dkim.map(({ domain }) => domain);
    const check = await session.withLookups((lookups) => checkNames(leaf, ownNames(document), domains, lookups));
    await session.print(session.isJson() ? JSON.stringify(check, null, 2) : nameCheckText(check));
  },
  use: async (session) => {
    const use = CERTIFICATE_USES.find((each) => each === session.words[0]?.toLowerCase());
    if (use === undefined) throw new UsageError(`choose one of ${CERTIFICATE_USES.join(', ')}`);
    const name = session.words[1] ?? '';
    await session.change(chooseCertificate(use, isDemo(name) ? null : name), `Chose ${name} for ${use}.`);
  },
};

const DEMO_LINE = [
  labelled('Name', DEMO_CERTIFICATE),
  labelled('Verifiable', `never; ${DEMO_WORDS}`),
  labelled('Private key', 'made at the first start of the installation'),
].join('\n');

function fieldsOf(session: ConfigSession): SelfSignedFields {
  const days = session.flag('days');
  return {
    commonName: session.flag('commonName') ?? '',
    organization: session.flag('organization'),
    organizationalUnit: session.flag('organizationalUnit'),
    locality: session.flag('locality'),
    state: session.flag('state'),
    country: session.flag('country'),
    names: namesIn(session.flag('names') ?? ''),
    days: days === undefined ? undefined : /^\d{1,9}$/.test(days) ? Number(days) : Number.NaN,
    key: session.flag('key'),
  };
}

async function addImported(session: ConfigSession, name: string, bytes: Buffer): Promise<void> {
  const { entry, notes } = await entryFrom(name, bytes, await passwordGiven(session));
  await session.change(addCertificate(entry), `Imported the certificate ${name}.`);
  await printNotes(session, notes);
  await printWarnings(session, name);
}

async function printNotes(session: ConfigSession, notes: readonly ChainNote[]): Promise<void> {
  for (const note of notes) await session.print(`! ${printable(describeChainNote(note), 600)}`);
}

/** Names of our own that the certificate does not fit (R103). */
async function printWarnings(session: ConfigSession, name: string): Promise<void> {
  const { views } = await seen(session);
  for (const { name: host, from } of views.find((each) => each.name === name)?.unfit ?? []) {
    const whose = from === null ? 'this machine' : `the interface ${printable(from, 100)}`;
    await session.print(`! The host name of ${whose}, ${host}, is not in the certificate.`);
  }
}

function entryNamed(document: Snapshot['document'], name: string): NamedCertificate {
  if (isDemo(name)) throw new UsageError(`${DEMO_CERTIFICATE} is made by the program and stays as it is`);
  const entry = certificateNamed(document, name);
  if (entry === undefined) throw new UsageError(noSuch(name));
  return entry;
}

function isDemo(name: string): boolean {
  return name.toLowerCase() === DEMO_CERTIFICATE.toLowerCase();
}

function nameOf({ words }: ConfigSession): string {
  const name = printable((words[0] ?? '').trim(), 200);
  if (name === '') throw new UsageError('a name is expected');
  return name;
}
