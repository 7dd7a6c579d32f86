/**
 * The TLSRPT record of a domain (RFC 8460 section 3): where reports on TLS failures are to be sent (S-RPT-1). Pure.
 */
import { failed, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import {
  describeSoleRecordFault,
  isExtensionValue,
  readSoleRecord,
  type SoleRecord,
  type SoleRecordFault,
} from '../base/tag-list.ts';

export type ReportRecord = SoleRecord<{ readonly rua: readonly ReportAddress[] }, ReportFieldFault>;

export interface ReportAddress {
  readonly scheme: 'mailto' | 'https';
  /** As it stands in the record. */
  readonly uri: string;
}

export type ReportRecordFault = SoleRecordFault | ReportFieldFault;

type ReportFieldFault =
  | { readonly kind: 'no-rua' }
  | { readonly kind: 'bad-uri'; readonly uri: string }
  | { readonly kind: 'bad-value'; readonly field: string };

/** Report addresses in one record; more are a way to make senders send. */
export const MAX_REPORT_ADDRESSES = 32;
const SHOWN_LENGTH = 200;

/** The name whose TXT set holds the record of a domain. */
export function reportRecordName(domain: string): string {
  return `_smtp._tls.${domain}`;
}

/** What the TXT set at `_smtp._tls.<domain>` says; each record as its character-strings. Never throws. */
export function readReportRecord(records: readonly (readonly Buffer[])[]): ReportRecord {
  return readSoleRecord<{ readonly rua: readonly ReportAddress[] }, ReportFieldFault>(records, VERSION, (fields) => {
    const rua: ReportAddress[] = [];
    for (const { name, value } of fields) {
      if (name !== 'rua') {
        if (!isExtensionValue(value)) return failed({ kind: 'bad-value', field: name });
        continue;
      }
      for (const part of value.split(',')) {
        const uri = part.replace(/^[ \t]+|[ \t]+$/g, '');
        const address = readAddress(uri);
        if (address === null) return failed({ kind: 'bad-uri', uri: printable(uri, SHOWN_LENGTH) });
        if (rua.length < MAX_REPORT_ADDRESSES) rua.push(address);
      }
    }
    return rua.length === 0 ? failed({ kind: 'no-rua' }) : succeeded({ rua });
  });
}

/** The end of a sentence that begins with the record. */
export function describeReportRecordFault(fault: ReportRecordFault): string {
  switch (fault.kind) {
    case 'several':
    case 'syntax':
      return describeSoleRecordFault(fault);
    case 'no-rua':
      return 'names no address for reports (rua)';
    case 'bad-uri':
      return `has a report address that is neither mailto: nor https: ("${fault.uri}")`;
    case 'bad-value':
      return `has a field "${fault.field}" with characters that cannot stand there`;
  }
}

const VERSION = 'TLSRPTv1';

/** RFC 8460 3: comma, exclamation mark and semicolon inside a URI are percent-encoded. */
function readAddress(uri: string): ReportAddress | null {
  if (!/^[\x21-\x7e]+$/.test(uri) || /["<>\\^`{|}!]/.test(uri) || /%(?![0-9A-Fa-f]{2})/.test(uri)) return null;
  if (/^mailto:[^@]+@[^@/]+$/i.test(uri)) return { scheme: 'mailto', uri };
  return /^https:\/\/[^/?#@:]/i.test(uri) && URL.canParse(uri) ? { scheme: 'https', uri } : null;
}
