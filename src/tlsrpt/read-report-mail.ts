/**
 * The report in a message: the part of a TLSRPT media type, or, since some senders call it something else, an attachment
 * whose name ends as RFC 8460 5.1 says (S-RPT-6).
 */
import { failed, type Outcome } from '../base/outcome.ts';
import { type ReadReport, type ReadReportFault, readReport } from './read-report.ts';

/** Octets of a message that are looked at. */
export const MAX_REPORT_MAIL_OCTETS = 30 * 1024 * 1024;

export type ReportMailFault = ReadReportFault | { readonly kind: 'no-report' } | { readonly kind: 'not-a-message' };

const MEDIA_TYPE = /^application\/tlsrpt(\+(gzip|json))?$/i;
const FILE_NAME = /\.json(\.gz)?$/i;

export async function readReportMail(message: Uint8Array): Promise<Outcome<ReadReport, ReportMailFault>> {
  if (message.length > MAX_REPORT_MAIL_OCTETS) return failed({ kind: 'too-large', limit: MAX_REPORT_MAIL_OCTETS });
  const { default: PostalMime } = await import('postal-mime');
  const parts = await PostalMime.parse(message).then(
    ({ attachments }) => attachments,
    () => null,
  );
  if (parts === null) return failed({ kind: 'not-a-message' });
  const part =
    parts.find(({ mimeType }) => MEDIA_TYPE.test(mimeType)) ??
    parts.find(({ filename }) => FILE_NAME.test(filename ?? ''));
  if (part === undefined) return failed({ kind: 'no-report' });
  const { content } = part;
  return readReport(typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content));
}
