/**
 * The MTA-STS record of a domain (RFC 8461 section 3.1): that there is a policy, and which one it is (S-STS-1). Pure.
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

export type StsRecord = SoleRecord<{ readonly id: string }, StsFieldFault>;

export type StsRecordFault = SoleRecordFault | StsFieldFault;

type StsFieldFault =
  | { readonly kind: 'no-id' }
  | { readonly kind: 'bad-id'; readonly id: string }
  | { readonly kind: 'bad-value'; readonly field: string };

/** RFC 8461 3.1: `id` has 1 to 32 letters and digits. */
export const MAX_ID_LENGTH = 32;
const SHOWN_LENGTH = 200;

/** The name whose TXT set holds the record of a domain. */
export function stsRecordName(domain: string): string {
  return `_mta-sts.${domain}`;
}

/** What the TXT set at `_mta-sts.<domain>` says; each record as its character-strings. Never throws. */
export function readStsRecord(records: readonly (readonly Buffer[])[]): StsRecord {
  return readSoleRecord<{ readonly id: string }, StsFieldFault>(records, VERSION, (fields) => {
    // RFC 8461 3.1: of a field that stands there twice, the first counts.
    const id = fields.find(({ name }) => name === 'id')?.value;
    if (id === undefined) return failed({ kind: 'no-id' });
    if (!ID.test(id)) return failed({ kind: 'bad-id', id: printable(id, SHOWN_LENGTH) });
    const odd = fields.find(({ value }) => !isExtensionValue(value));
    return odd === undefined ? succeeded({ id }) : failed({ kind: 'bad-value', field: odd.name });
  });
}

/** The end of a sentence that begins with the record. */
export function describeStsRecordFault(fault: StsRecordFault): string {
  switch (fault.kind) {
    case 'several':
    case 'syntax':
      return describeSoleRecordFault(fault);
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
