/**
 * What remedies are written in. A zone is mended by lines of a master file (RFC 1035 section 5.1); a line that begins
 * with `; remove:` names a record that has to go first, or, without its data, every record of that name and type.
 * Whatever came from the remote side is made safe, or the remedy is left out: these texts are copied (R54).
 */
import { printable } from '../base/printable.ts';
import { type RemedyStep, stepTitle } from './remedy-steps.ts';
import type { Remedy } from './result.ts';

/** What stands before a record that has to be taken away; to a name server it is a comment. */
export const REMOVE = '; remove: ';
/** Data longer than this many characters is not written out; nobody types it. */
const MAX_DATA_LENGTH = 1100;

/** A name as master files write it, with its final dot; null for what could not stand there as it is. */
export function absoluteName(name: string): string | null {
  if (name === '' || name === '.') return '.';
  return isPlainName(name) ? `${name}.` : null;
}

/** Letters, digits, hyphens and underscores between dots: safe in a zone, a file name and a command alike. */
export function isPlainName(name: string): boolean {
  return name.length <= 253 && /^(?:[A-Za-z0-9_]|\*\.)[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$/.test(name);
}

/** `mx.example.com. IN A 192.0.2.1`; null where the name cannot be written. */
export function recordLine(name: string, type: string, data: string): string | null {
  const owner = absoluteName(name);
  return owner === null || data.length > MAX_DATA_LENGTH ? null : `${owner} IN ${type} ${data}`;
}

/** A TXT record in one character-string; null where it would need more. */
export function txtLine(name: string, text: string): string | null {
  if (text.length > 255 || !/^[\x20-\x7e]*$/.test(text)) return null;
  return recordLine(name, 'TXT', `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`);
}

/** The line that takes a record away; without data, the whole set of that name and type. */
export function removalLine(name: string, type: string, data: string | null): string | null {
  const owner = absoluteName(name);
  if (owner === null) return null;
  return data === null ? `${REMOVE}${owner} IN ${type}` : prefixed(recordLine(name, type, data));
}

function prefixed(line: string | null): string | null {
  return line === null ? null : REMOVE + line;
}

/** A change of the zone; none where one of its lines could not be written. */
export function zoneRemedy(
  step: RemedyStep,
  lines: readonly (string | null)[],
  places?: Readonly<Record<string, string>>,
): readonly Remedy[] {
  const written = lines.filter((line) => line !== null);
  if (written.length === 0 || written.length < lines.length) return [];
  return [makeRemedy({ kind: 'dns-record', for: 'zone', step, places, text: written.join('\n') })];
}

export interface RemedyParts extends Pick<Remedy, 'kind' | 'for' | 'text'> {
  readonly step: RemedyStep;
  readonly places?: Readonly<Record<string, string | number>> | undefined;
  /** The file whose lines these are. */
  readonly file?: string;
}

/** Every line of it printable. */
export function makeRemedy({ step, places, file, text, ...rest }: RemedyParts): Remedy {
  const lines = text.split('\n').map((line) => printable(line, MAX_DATA_LENGTH + 300));
  const title = `${stepTitle(step, places)}${file === undefined ? '' : ` (${file})`}`;
  return { ...rest, step, title: printable(title, 300), text: lines.join('\n') };
}
