/**
 * The line format of exported tables: `[section]`, `key = value`, comments behind `#` or `;` at the start of a line.
 * Every line keeps its number, so that whoever judges the content can say where a fault stands.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly keys: ReadonlyMap<string, IniValue>;
}

export interface IniValue {
  readonly text: string;
  readonly line: number;
}

export interface IniFault {
  readonly line: number;
  /** The section it stands in; null before the first one. */
  readonly section: string | null;
  readonly key: string | null;
  readonly why: string;
}

/** So many are told; a file with more of them is none of this format. */
export const MAX_INI_FAULTS = 100;

/** Keys are compared in lower case; a section or a key that stands twice is a fault. */
export function parseIni(text: string): Outcome<readonly IniSection[], readonly IniFault[]> {
  const sections: { readonly name: string; readonly line: number; readonly keys: Map<string, IniValue> }[] = [];
  const faults: IniFault[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\r\n]/)
    .entries()) {
    if (faults.length >= MAX_INI_FAULTS) break;
    const line = index + 1;
    const bare = raw.trim();
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) continue;
    const current = sections.at(-1);
    const header = /^\[(.+)\]$/.exec(bare);
    if (header !== null) {
      sections.push({ name: (header[1] ?? '').trim(), line, keys: new Map() });
      continue;
    }
    const pair = /^([A-Za-z0-9_.-]+)\s*[=:]\s*(.*)$/.exec(bare);
    const section = current?.name ?? null;
    if (pair === null) {
      const why = `"${printable(bare, 60)}" is neither a section in brackets nor "key = value"`;
      faults.push({ line, section, key: null, why });
      continue;
    }
    const key = (pair[1] ?? '').toLowerCase();
    if (current === undefined) faults.push({ line, section, key, why: 'stands before the first section' });
    else if (current.keys.has(key)) faults.push({ line, section, key, why: 'stands twice in this section' });
    else current.keys.set(key, { text: pair[2] ?? '', line });
  }
  return faults.length === 0 ? succeeded(sections) : failed(faults);
}
