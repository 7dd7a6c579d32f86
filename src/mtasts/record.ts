/**
 * The MTA-STS record of a domain (RFC 8461 section 3.1): that there is a policy, and which one it is (S-STS-1). Pure.
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

export type StsRecord =
  | { readonly kind: 'record'; readonly id: string; readonly text: string }
  /** `ignored`: what else stands at the name, for people who mistyped the version. */
  | { readonly kind: 'absent'; readonly ignored: readonly string[] }
  /** Senders treat it as absent; its owner did not mean that. */
  | { readonly kind: 'faulty'; readonly fault: StsRecordFault; readonly texts: readonly string[] };

export type StsRecordFault =
  /** RFC 8461 3.1: when it is not exactly one, there is no policy. */
  | { readonly kind: 'several'; readonly count: number }
  | { readonly kind: 'syntax'; readonly fault: TagListFault }
  | { readonly kind: 'no-id' }
  | { readonly kind: 'bad-id'; readonly id: string }
  | { readonly kind: 'bad-value'; readonly field: string };

/** RFC 8461 3.1: `id` has 1 to 32 letters and digits. */
export const MAX_ID_LENGTH = 32;
/** Texts of other records that are kept to show. */
export const MAX_SHOWN_RECORDS = 5;
const SHOWN_LENGTH = 200;

/** The name whose TXT set holds the record of a domain. */
export function stsRecordName(domain: string): string {
  return `_mta-sts.${domain}`;
}

/** What the TXT set at `_mta-sts.<domain>` says; each record as its character-strings. Never throws. */
export function readStsRecord(records: readonly (readonly Buffer[])[]): StsRecord {
  const texts = records.map(joinTxt);
  const ours = texts.filter((text) => isOfVersion(text, VERSION));
  const shown = (list: readonly string[]): string[] =>
    list.slice(0, MAX_SHOWN_RECORDS).map((text) => printable(text, SHOWN_LENGTH));
  const [text] = ours;
  if (text === undefined) return { kind: 'absent', ignored: shown(texts) };
  const faulty = (fault: StsRecordFault): StsRecord => ({ kind: 'faulty', fault, texts: shown(ours) });
  if (ours.length > 1) return faulty({ kind: 'several', count: ours.length });
  const fields = readTagList(text);
  if (!fields.ok) return faulty({ kind: 'syntax', fault: fields.failure });
  // RFC 8461 3.1: of a field that stands there twice, the first counts.
  const id = fields.value.find(({ name }) => name === 'id')?.value;
  if (id === undefined) return faulty({ kind: 'no-id' });
  if (!ID.test(id)) return faulty({ kind: 'bad-id', id: printable(id, SHOWN_LENGTH) });
  const odd = fields.value.find(({ value }) => !isExtensionValue(value));
  if (odd !== undefined) return faulty({ kind: 'bad-value', field: odd.name });
  return { kind: 'record', id, text: printable(text) };
}

/** The end of a sentence that begins with the record. */
export function describeStsRecordFault(fault: StsRecordFault): string {
  switch (fault.kind) {
    case 'several':
      return `stands there ${fault.count} times, so that senders use none of them`;
    case 'syntax':
      return describeTagListFault(fault.fault);
    case 'no-id':
      return 'has no id';
    case 'bad-id':
      return `has an id that is not 1 to ${MAX_ID_LENGTH} letters and digits ("${fault.id}")`;
    case 'bad-value':
      return `has a field "${fault.field}" with characters that cannot stand there`;
  }
}

const VERSION = 'STSv1';
const ID = /^[A-Za-z0-9]{1,32}$/;
