/**
 * The list of authorities that are trusted on purpose: filled from PEM files whose certificates are looked at one by one,
 * for their CA flag, their dates and whether they stand there already.
 */
import { failed, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Certificate } from '../pki/certificate.ts';
import { pem } from '../pki/issue.ts';
import { certificatesIn } from './certificate-edits.ts';
import type { Edit } from './configuration.ts';
import type { AuthoritySettings, ConfigurationDocument, CustomAuthority } from './document.ts';

export interface AuthorityImport {
  readonly added: readonly CustomAuthority[];
  /** One sentence for each certificate that was not taken. */
  readonly refused: readonly string[];
}

/** What of a file's certificates can join the list. `now`: ms since the epoch. */
export function authoritiesFrom(
  { list }: AuthoritySettings,
  certificates: readonly Certificate[],
  now: number,
): AuthorityImport {
  const known = new Map(
    list.flatMap(({ name, certificate }) => {
      const [first] = certificatesIn(certificate);
      return first === undefined ? [] : [[first.fingerprint, name] as const];
    }),
  );
  const names = new Set(list.map(({ name }) => name.toLowerCase()));
  const added: CustomAuthority[] = [];
  const refused: string[] = [];
  for (const certificate of certificates) {
    const title = printable(certificate.subject.commonName ?? certificate.subject.text, 100) || 'without a name';
    const there = known.get(certificate.fingerprint);
    if (there !== undefined) refused.push(`${title} stands in the list already, as ${there}.`);
    else if (certificate.basicConstraints?.ca !== true) {
      refused.push(`${title} is not the certificate of an authority: its CA flag is not set.`);
    } else if (certificate.notAfter < now) {
      refused.push(`${title} expired on ${new Date(certificate.notAfter).toISOString().slice(0, 10)}.`);
    } else {
      const name = unusedName(title, names);
      known.set(certificate.fingerprint, name);
      names.add(name.toLowerCase());
      added.push({ name, certificate: pem('CERTIFICATE', certificate.der) });
    }
  }
  return { added, refused };
}

export function addAuthorities(added: readonly CustomAuthority[]): Edit {
  return (document) => succeeded(withAuthorities(document, [...document.certificateAuthorities.list, ...added]));
}

export function deleteAuthority(name: string): Edit {
  return (document) => {
    const { list } = document.certificateAuthorities;
    const left = list.filter((each) => each.name.toLowerCase() !== name.toLowerCase());
    if (left.length === list.length) return failed(`there is no authority "${printable(name, 120)}" in the list`);
    return succeeded(withAuthorities(document, left));
  };
}

export function editAuthorities(fields: Partial<Pick<AuthoritySettings, 'system' | 'custom'>>): Edit {
  return (document) =>
    succeeded({ ...document, certificateAuthorities: { ...document.certificateAuthorities, ...fields } });
}

/** The list as one PEM file. */
export function exportAuthorities({ list }: AuthoritySettings): string {
  return list.map(({ name, certificate }) => `# ${printable(name, 200)}\n${certificate.trimEnd()}\n`).join('');
}

function withAuthorities(document: ConfigurationDocument, list: readonly CustomAuthority[]): ConfigurationDocument {
  return { ...document, certificateAuthorities: { ...document.certificateAuthorities, list } };
}

function unusedName(title: string, names: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? title : `${title} (${number})`;
    if (!names.has(name.toLowerCase())) return name;
  }
}
