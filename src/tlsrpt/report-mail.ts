/**
 * A report as a message (RFC 8460 sections 5.1 to 5.3, S-RPT-4): `multipart/report` with a sentence for people and the
 * gzipped JSON, named by the grammar of section 5.1. It goes out as `TLS-Required: No` (RFC 8689), since the report on a
 * broken set-up has to arrive over it (S-RPT-5). Whoever sends it signs it with DKIM (`s=tlsrpt` in the key is for that).
 * Pure.
 */
import { gzipSync } from 'node:zlib';
import { printable } from '../base/printable.ts';
import { boundsOfDay, reportJson, type TlsReport } from './report.ts';

export interface ReportMailFacts {
  readonly report: TlsReport;
  /** The domain that is reported to. */
  readonly policyDomain: string;
  /** The domain of the reporter. */
  readonly submitter: string;
  /** Mailbox of the sender; it stands in the envelope, too. */
  readonly from: string;
  readonly to: string;
  /** ms since the epoch. */
  readonly date: number;
}

const BASE64_LINE = 76;

/** `reporter!policy-domain!begin!end!id.json.gz`, times in seconds. */
export function reportFileName({
  report,
  policyDomain,
  submitter,
}: Omit<ReportMailFacts, 'from' | 'to' | 'date'>): string {
  const { from, to } = boundsOfDay(report.day);
  const unique = report.id.replace(/[^A-Za-z0-9]/g, '').slice(-24);
  const seconds = (ms: number): string => String(Math.floor(ms / 1000));
  return `${submitter}!${policyDomain}!${seconds(from)}!${seconds(to - 1000)}!${unique}.json.gz`;
}

/** What is sent, by mail and by HTTPS alike. */
export function gzippedReport(report: TlsReport): Buffer {
  return gzipSync(reportJson(report));
}

/** The message, CRLF line ends, ASCII alone. */
export function reportMail(facts: ReportMailFacts): Buffer {
  const { report, policyDomain, submitter, from, to, date } = facts;
  const boundary = `tlsrpt-${report.id.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}`;
  const fileName = reportFileName(facts);
  const base64 = gzippedReport(report).toString('base64');
  const lines = [
    `From: <${from}>`,
    `To: <${to}>`,
    `Date: ${new Date(date).toUTCString().replace(/GMT$/, '+0000')}`,
    `Subject: Report Domain: ${policyDomain}`,
    ` Submitter: ${submitter}`,
    ` Report-ID: <${messageId(report.id, submitter)}>`,
    `Message-ID: <${messageId(`${report.id}.${printable(policyDomain)}`, submitter)}>`,
    `TLS-Report-Domain: ${policyDomain}`,
    `TLS-Report-Submitter: ${submitter}`,
    'TLS-Required: No',
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type="tlsrpt";',
    ` boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    `This is an aggregate TLS report from ${submitter} about ${policyDomain},`,
    `for ${report.day} in UTC (RFC 8460).`,
    '',
    `--${boundary}`,
    'Content-Type: application/tlsrpt+gzip',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment;',
    ` filename="${fileName}"`,
    '',
    ...(base64.match(new RegExp(`.{1,${BASE64_LINE}}`, 'g')) ?? []),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** The mailbox of a `mailto:` address in a record; null where it is none that mail can go to. */
export function mailboxOf(uri: string): string | null {
  const [, encoded] = /^mailto:([^?]+)/i.exec(uri) ?? [];
  if (encoded === undefined) return null;
  try {
    const mailbox = decodeURIComponent(encoded);
    return /^[^\s<>@"]+@[^\s<>@"]+$/.test(mailbox) ? mailbox : null;
  } catch {
    return null;
  }
}

/** RFC 5322 msg-id: an id that has its own `@` keeps it. */
function messageId(id: string, submitter: string): string {
  const local = id.replace(/[^A-Za-z0-9.+_-]/g, '-').replace(/\.{2,}/g, '.');
  return `${local}@${submitter}`;
}
