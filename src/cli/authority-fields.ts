/** The switches of the lists of authorities, as flags. */
import type { FieldSpec } from './config-options.ts';

export const AUTHORITY_FIELDS: readonly FieldSpec[] = [
  { key: 'system', flag: 'system', kind: 'switch', help: 'trust the roots of the system and of Node: on or off' },
  { key: 'custom', flag: 'custom', kind: 'switch', help: 'trust those of the list: on or off' },
];
