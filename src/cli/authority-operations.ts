/** `certconfig authority`: who is trusted when certificates of others are verified. */

import { printable } from '../base/printable.ts';
import {
  type AuthorityImport,
  addAuthorities,
  authoritiesFrom,
  deleteAuthority,
  editAuthorities,
  exportAuthorities,
} from '../config/authority-edits.ts';
import { certificatesIn } from '../config/certificate-edits.ts';
import type { AuthoritySettings } from '../config/document.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { readCertificates } from '../pki/certificate-bundle.ts';
import { AUTHORITY_FIELDS } from './authority-fields.ts';
import { readOctets } from './certificate-files.ts';
import { labelled } from './certificate-text.ts';
import type { ConfigSession } from './config-session.ts';
import { fieldsGiven } from './field-values.ts';
import { openSink } from './sink.ts';
import { UsageError } from './usage-error.ts';

type Operation = 'list' | 'import' | 'export' | 'delete' | 'setup';

export const AUTHORITY_OPERATIONS: Readonly<
  Record<`authority-${Operation}`, (session: ConfigSession) => Promise<void>>
> = {
  'authority-list': async (session) => {
    const { certificateAuthorities } = (await session.newest()).document;
    await session.print(
      session.isJson() ? JSON.stringify(certificateAuthorities, null, 2) : authorityText(certificateAuthorities),
    );
  },
  'authority-import': async (session) => {
    const { certificateAuthorities } = (await session.newest()).document;
    const found = authoritiesIn(certificateAuthorities, await readOctets(session, session.words[0] ?? ''), session);
    for (const why of found.refused) await session.print(`! ${why}`);
    if (found.added.length === 0) throw new UsageError('no certificate of the file can join the list');
    await session.change(addAuthorities(found.added), `Added ${found.added.map(({ name }) => name).join(', ')}.`);
  },
  'authority-export': async (session) => {
    const { certificateAuthorities } = (await session.newest()).document;
    const sink = await openSink(session.words[0], session.world, 'export');
    await sink.write(exportAuthorities(certificateAuthorities));
    await sink.commit();
  },
  'authority-delete': async (session) => {
    const name = session.words[0] ?? '';
    await session.change(deleteAuthority(name), `Removed ${name} from the list.`);
  },
  'authority-setup': async (session) => {
    const fields = fieldsGiven(session, AUTHORITY_FIELDS);
    await session.change(editAuthorities(fields), 'Changed who is trusted.');
    await session.print(switches((await session.newest()).document.certificateAuthorities).join('\n'));
  },
};

/** What of a file can join the list. */
export function authoritiesIn(
  settings: AuthoritySettings,
  bytes: Buffer,
  { world }: Pick<ConfigSession, 'world'>,
): AuthorityImport {
  const file = readCertificates(bytes);
  if (!file.ok) throw new UsageError(`the file ${file.failure}`);
  const certificates = file.value.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
  return authoritiesFrom(settings, certificates, world.clock.now());
}

export function authorityText(settings: AuthoritySettings): string {
  const rows = settings.list.map(({ name, certificate }) => {
    const [facts] = certificatesIn(certificate);
    const until = facts === undefined ? '' : `until ${new Date(facts.notAfter).toISOString().slice(0, 10)}`;
    return `  ${printable(name, 200)}  ${until}`.trimEnd();
  });
  return [...switches(settings), ...(rows.length === 0 ? ['The custom list is empty.'] : rows)].join('\n');
}

function switches({ system, custom }: AuthoritySettings): readonly string[] {
  return [labelled('System list', system ? 'on' : 'off'), labelled('Custom list', custom ? 'on' : 'off')];
}
