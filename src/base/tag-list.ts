/**
 * The shape that policy records in TXT share (RFC 8461 section 3.1, RFC 8460 section 3): a version, then `name=value`
 * fields between semicolons, one semicolon allowed at the end, spaces and tabs around each.
 */
import { failed, type Outcome, succeeded } from './outcome.ts';
import { printable } from './printable.ts';

export interface TagField {
  readonly name: string;
  readonly value: string;
}

export type TagListFault =
  /** Two semicolons in a row, or one before the first field. */
  | { readonly kind: 'empty-field'; readonly position: number }
  | { readonly kind: 'no-value'; readonly field: string }
  | { readonly kind: 'bad-name'; readonly field: string }
  | { readonly kind: 'too-long'; readonly limit: number };

/** Characters of one record read: what fits a DNS message, and a hundred times what a policy record needs. */
export const MAX_TAG_LIST_LENGTH = 65_535;
/** Characters of a hostile field repeated in a fault. */
const SHOWN_LENGTH = 60;

/** The character-strings of one TXT record as one text (RFC 7208 section 3.3 has the same rule); bytes stay bytes. */
export function joinTxt(strings: readonly Buffer[]): string {
  return Buffer.concat([...strings]).toString('latin1');
}

/** Whether a TXT record is of this version: `v=STSv1` alone or before a semicolon, case counting. */
export function isOfVersion(text: string, version: string): boolean {
  if (!text.startsWith(`v=${version}`)) return false;
  return /^[ \t]*(;|$)/.test(text.slice(2 + version.length));
}

/** The fields behind the version of a record for which `isOfVersion` holds. Values are checked by whoever knows them. */
export function readTagList(text: string): Outcome<readonly TagField[], TagListFault> {
  if (text.length > MAX_TAG_LIST_LENGTH) return failed({ kind: 'too-long', limit: MAX_TAG_LIST_LENGTH });
  const parts = text.split(';').slice(1).map(trimBlanks);
  if (parts.at(-1) === '') parts.pop();
  const fields: TagField[] = [];
  for (const [index, part] of parts.entries()) {
    if (part === '') return failed({ kind: 'empty-field', position: index + 2 });
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!FIELD_NAME.test(name)) return failed({ kind: 'bad-name', field: printable(part, SHOWN_LENGTH) });
    const value = equals < 0 ? '' : part.slice(equals + 1);
    if (value === '') return failed({ kind: 'no-value', field: printable(part, SHOWN_LENGTH) });
    fields.push({ name, value });
  }
  return succeeded(fields);
}

/** What the TXT set at a name that is kept for one record says. */
export type SoleRecord<Held, Fault> =
  | ({ readonly kind: 'record'; readonly text: string } & Held)
  /** `ignored`: what else stands at the name, for people who mistyped the version. */
  | { readonly kind: 'absent'; readonly ignored: readonly string[] }
  /** Senders treat it as absent; its owner did not mean that. */
  | { readonly kind: 'faulty'; readonly fault: Fault | SoleRecordFault; readonly texts: readonly string[] };

export type SoleRecordFault =
  /** When it is not exactly one, there is none (RFC 8461 3.1, RFC 8460 3). */
  { readonly kind: 'several'; readonly count: number } | { readonly kind: 'syntax'; readonly fault: TagListFault };

/** Texts of other records that are kept to show. */
export const MAX_SHOWN_RECORDS = 5;
const SHOWN_RECORD_LENGTH = 200;

/** The one record of that version among all that stand there, each as its character-strings. Never throws. */
export function readSoleRecord<Held, Fault>(
  records: readonly (readonly Buffer[])[],
  version: string,
  read: (fields: readonly TagField[]) => Outcome<Held, Fault>,
): SoleRecord<Held, Fault> {
  const texts = records.map(joinTxt);
  const ours = texts.filter((text) => isOfVersion(text, version));
  const shown = (list: readonly string[]): string[] =>
    list.slice(0, MAX_SHOWN_RECORDS).map((text) => printable(text, SHOWN_RECORD_LENGTH));
  const [text] = ours;
  if (text === undefined) return { kind: 'absent', ignored: shown(texts) };
  const faulty = (fault: Fault | SoleRecordFault): SoleRecord<Held, Fault> => ({
    kind: 'faulty',
    fault,
    texts: shown(ours),
  });
  if (ours.length > 1) return faulty({ kind: 'several', count: ours.length });
  const fields = readTagList(text);
  if (!fields.ok) return faulty({ kind: 'syntax', fault: fields.failure });
  const held = read(fields.value);
  return held.ok ? { kind: 'record', text: printable(text), ...held.value } : faulty(held.failure);
}

/** The end of a sentence that begins with the record. */
export function describeSoleRecordFault(fault: SoleRecordFault): string {
  return fault.kind === 'several'
    ? `stands there ${fault.count} times, so that senders use none of them`
    : describeTagListFault(fault.fault);
}

/** Whether a value may stand in a field nobody knows: visible ASCII without semicolon and equals sign. */
export function isExtensionValue(value: string): boolean {
  return /^[\x21-\x3a\x3c\x3e-\x7e]+$/.test(value);
}

/** The end of a sentence that begins with the record. */
export function describeTagListFault(fault: TagListFault): string {
  switch (fault.kind) {
    case 'empty-field':
      return `has nothing between two semicolons (field ${fault.position})`;
    case 'no-value':
      return `has a field without a value ("${fault.field}")`;
    case 'bad-name':
      return `has a field with an impossible name ("${fault.field}")`;
    case 'too-long':
      return `is longer than ${fault.limit} characters`;
  }
}

/** RFC 8461 3.1 and RFC 8460 3: at most 32 characters. */
const FIELD_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/;

function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
