/**
 * The TLSRPT record of a domain (RFC 8460 section 3): where reports on TLS failures are to be sent (S-RPT-1). Pure.
 */

import { printable } from '../base/printable.ts';
import {
  describeTagListFault,
  isExtensionValue,
  isOfVersion,
  joinTxt,
  readTagList,
  type TagListFault,
} from '../base/tag-list.ts';

export type ReportRecord =
  | { readonly kind: 'record'; readonly text: string; readonly rua: readonly ReportAddress[] }
  /** `ignored`: what else stands at the name, for people who mistyped the version. */
  | { readonly kind: 'absent'; readonly ignored: readonly string[] }
  /** Senders treat it as absent; its owner did not mean that. */
  | { readonly kind: 'faulty'; readonly fault: ReportRecordFault; readonly texts: readonly string[] };

export interface ReportAddress {
  readonly scheme: 'mailto' | 'https';
  /** As it stands in the record. */
  readonly uri: string;
}

export type ReportRecordFault =
  /** RFC 8460 3: "If the number of resulting records is not one, senders MUST assume …" there is none. */
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'syntax'; readonly fault: TagListFault }
  | { readonly kind: 'no-rua' }
  | { readonly kind: 'bad-uri'; readonly uri: string }
  | { readonly kind: 'bad-value'; readonly field: string };

/** Report addresses in one record; more are a way to make senders send. */
export const MAX_REPORT_ADDRESSES = 32;
/** Texts of other records that are kept to show. */
export const MAX_SHOWN_RECORDS = 5;
const SHOWN_LENGTH = 200;

/** The name whose TXT set holds the record of a domain. */
export function reportRecordName(domain: string): string {
  return `_smtp._tls.${domain}`;
}

/** What the TXT set at `_smtp._tls.<domain>` says; each record as its character-strings. Never throws. */
export function readReportRecord(records: readonly (readonly Buffer[])[]): ReportRecord {
  const texts = records.map(joinTxt);
  const ours = texts.filter((text) => isOfVersion(text, VERSION));
  const shown = (list: readonly string[]): string[] =>
    list.slice(0, MAX_SHOWN_RECORDS).map((text) => printable(text, SHOWN_LENGTH));
  const [text] = ours;
  if (text === undefined) return { kind: 'absent', ignored: shown(texts) };
  const faulty = (fault: ReportRecordFault): ReportRecord => ({ kind: 'faulty', fault, texts: shown(ours) });
  if (ours.length > 1) return faulty({ kind: 'several', count: ours.length });
  const fields = readTagList(text);
  if (!fields.ok) return faulty({ kind: 'syntax', fault: fields.failure });
  const rua: ReportAddress[] = [];
  for (const { name, value } of fields.value) {
    if (name !== 'rua') {
      if (!isExtensionValue(value)) return faulty({ kind: 'bad-value', field: name });
      continue;
    }
    for (const part of value.split(',')) {
      const uri = part.replace(/^[ \t]+|[ \t]+$/g, '');
      const address = readAddress(uri);
      if (address === null) return faulty({ kind: 'bad-uri', uri: printable(uri, SHOWN_LENGTH) });
      if (rua.length < MAX_REPORT_ADDRESSES) rua.push(address);
    }
  }
  return rua.length === 0 ? faulty({ kind: 'no-rua' }) : { kind: 'record', text: printable(text), rua };
}

/** The end of a sentence that begins with the record. */
export function describeReportRecordFault(fault: ReportRecordFault): string {
  switch (fault.kind) {
    case 'several':
      return `stands there ${fault.count} times, so that senders use none of them`;
    case 'syntax':
      return describeTagListFault(fault.fault);
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
