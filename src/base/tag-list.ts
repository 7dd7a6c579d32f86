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
