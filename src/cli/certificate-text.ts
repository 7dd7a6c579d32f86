/** Certificates of the configuration as a terminal shows them: the table of the appliance, and one in full. */
import { type CertificateView, ownNames } from '../app/certificate-views.ts';
import type { NameCheck } from '../app/name-check.ts';
import { printable } from '../base/printable.ts';
import type { CertificateUse } from '../config/certificate-edits.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { CertificateFacts } from '../pki/chain-verdict.ts';
import { padEnd } from '../report/layout.ts';

const COLUMNS = [
  ['Name', 20],
  ['Common Name', 28],
  ['Issued By', 28],
  ['Status', 14],
  ['Remaining', 11],
  ['In use for', 14],
] as const;

const STANDING: Readonly<Record<CertificateView['standing'], string>> = {
  good: 'Active',
  soon: 'Expires soon',
  expired: 'Expired',
  'not-yet-valid': 'Not yet valid',
};

const USES: Readonly<Record<CertificateUse, string>> = { outgoing: 'outgoing TLS', https: 'HTTPS' };

export const DEMO_WORDS = 'for testing only: it encrypts, and nobody can verify it';

export function certificateTable(views: readonly CertificateView[]): string {
  const line = (cells: readonly string[]): string =>
    COLUMNS.map(([, width], index) => padEnd(cut(cells[index] ?? '', width), width))
      .join('  ')
      .trimEnd();
  const rows = views.map(({ name, facts, standing, daysLeft, uses }) =>
    line([
      printable(name, 200),
      commonName(facts),
      issuerName(facts),
      STANDING[standing],
      remaining(daysLeft),
      uses.map((use) => USES[use]).join(', '),
    ]),
  );
  const heads = [line(COLUMNS.map(([title]) => title)), line(COLUMNS.map(([, width]) => '-'.repeat(width)))];
  return ['List of Certificates', ...heads, ...rows].join('\n');
}

/** Everything but the key. */
export function certificateDetail(view: CertificateView, newest: ConfigurationDocument): string {
  const { facts, chain, verdict, uses, unfit } = view;
  const lines = [
    labelled('Name', printable(view.name, 200)),
    labelled('Subject', printable(facts.subject, 500)),
    labelled('Issuer', view.isSelfSigned ? 'itself (self-signed)' : printable(facts.issuer, 500)),
    labelled('Names', [...facts.names, ...facts.addresses].map((each) => printable(each, 255)).join(', ') || 'none'),
    labelled(
      'Valid',
      `${facts.notBefore.slice(0, 10)} to ${facts.notAfter.slice(0, 10)}, ${remaining(view.daysLeft)} left`,
    ),
    labelled('Key', facts.key),
    labelled('Signature', facts.signature),
    labelled('Serial number', facts.serial),
    labelled('SHA-256', facts.fingerprint),
    ...chain.map((each, index) => labelled(`Intermediate ${index + 1}`, chainLine(each))),
    labelled('Verifiable', verdictLine(view)),
    labelled('In use for', uses.map((use) => USES[use]).join(', ') || 'nothing'),
    labelled('Private key', view.isDemo ? 'kept by this installation' : 'present, not shown'),
    ...(view.isCommitted ? [] : [labelled('Pending', 'not committed yet')]),
  ];
  if (!view.isDemo) {
    for (const { name, from } of ownNames(newest)) {
      const bad = unfit.some((each) => each.name === name);
      const whose = from === null ? 'this machine' : `the interface ${printable(from, 100)}`;
      lines.push(labelled(bad ? 'Warning' : 'Host name', `${name} (${whose}) ${bad ? 'is not in it' : 'is in it'}`));
    }
  }
  if (verdict.trusted) lines.push(labelled('Trust anchor', printable(verdict.anchor?.subject ?? '', 400)));
  return lines.join('\n');
}

export function nameCheckText({ interfaces, mx, notAmongMx, unanswered, agrees }: NameCheck): string {
  const row = (what: string, name: string, from: string | null, isFitting: boolean): string =>
    `${isFitting ? 'ok  ' : 'BAD '} ${padEnd(what, 12)}${printable(name, 255)}${from === null ? '' : ` (${printable(from, 200)})`}${isFitting ? '' : ' is not in the certificate'}`;
  const lines = [
    ...interfaces.map(({ name, from, fits }) => row('interface', name, from, fits)),
    ...mx.map(({ name, from, fits }) => row('MX', name, from, fits)),
    ...notAmongMx.map((name) => `BAD  interface   ${name} is no MX host of the domains asked about`),
    ...unanswered.map(({ domain, why }) => `?    MX          ${printable(domain, 255)}: ${why}`),
  ];
  if (agrees === null)
    lines.push('There is no name to compare with: give interfaces a host name, or name a mail domain.');
  else if (agrees) lines.push('Certificate, interface and MX names agree.');
  else lines.push('They do not all agree: others cannot verify every connection.');
  return lines.join('\n');
}

export function remaining(days: number): string {
  if (days < 0) return '0 days';
  return days === 1 ? '1 day' : `${days} days`;
}

export function commonName(facts: CertificateFacts): string {
  return printable(facts.commonName ?? facts.subject, 200);
}

export function labelled(label: string, value: string): string {
  return `${`${label}:`.padEnd(17)}${value}`;
}

function verdictLine({ isDemo, verdict }: CertificateView): string {
  if (isDemo) return `never; ${DEMO_WORDS}`;
  return verdict.trusted
    ? 'yes, with the trust anchors of this installation'
    : `no: ${printable(verdict.detail ?? '', 500)}`;
}

function chainLine(facts: CertificateFacts): string {
  return `${printable(facts.subject, 300)}, until ${facts.notAfter.slice(0, 10)}`;
}

function issuerName({ issuer }: CertificateFacts): string {
  const cn = /(?:^|, )CN=((?:\\.|[^,\\])*)/.exec(issuer)?.[1] ?? issuer;
  return printable(cn.replaceAll('\\', ''), 200);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
