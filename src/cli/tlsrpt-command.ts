/**
 * `tlsreach tlsrpt show FILE`: reads a TLS report as it came, as a message, as JSON or gzipped (RFC 8460). Exit 0 nothing in
 * it failed, 1 something did, 2 it cannot be read.
 */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { toJson } from '../report/json.ts';
import { hasFailures, tlsReportLines } from '../report/tls-report-lines.ts';
import { describeReadReportFault, readReport } from '../tlsrpt/read-report.ts';
import { type ReportMailFault, readReportMail } from '../tlsrpt/read-report-mail.ts';
import type { GivenOptions } from './given-options.ts';
import { describeFileFault, UsageError } from './usage-error.ts';
import { choiceOf } from './world-options.ts';

export interface TlsrptCommand {
  readonly words: readonly string[];
  readonly given: GivenOptions;
  readonly world: World;
}

export async function tlsrptCommand({ words, given, world }: TlsrptCommand): Promise<number> {
  const [action = '', file = ''] = words;
  if (action !== 'show') throw new UsageError(`"${printable(action, 40)}": write tlsreach tlsrpt show FILE`);
  const format = choiceOf(given, 'format', ['text', 'json']) ?? 'text';
  const bytes = await world.readFile(file).catch((error: unknown) => {
    throw new UsageError(`${printable(file, 200)}: ${describeFileFault(error)}`);
  });
  const read = isReport(bytes) ? readReport(bytes) : await readReportMail(bytes);
  if (!read.ok) throw new UsageError(`${printable(file, 200)}: ${describe(read.failure)}`);
  const text = format === 'json' ? toJson(read.value, 2) : tlsReportLines(read.value).join('\n');
  await world.stdout.write(`${text}\n`);
  return hasFailures(read.value) ? 1 : 0;
}

/** Gzip, or JSON after white space and a byte order mark; everything else is taken for a message. */
function isReport(bytes: Buffer): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || /^\ufeff?\s*[{[]/.test(bytes.toString('utf8', 0, 200));
}

function describe(fault: ReportMailFault): string {
  switch (fault.kind) {
    case 'no-report':
      return 'there is no TLS report in this message';
    case 'not-a-message':
      return 'it is neither a report nor a message';
    default:
      return describeReadReportFault(fault);
  }
}
