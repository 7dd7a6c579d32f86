/** Fields as people write them on the command line or in an answer, turned into what the document holds, and back. */
import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { FieldSpec } from './config-options.ts';
import { optionOf } from './config-options.ts';
import type { ConfigSession } from './config-session.ts';
import { optionKey } from './option-specs.ts';
import { UsageError } from './usage-error.ts';

const ON = /^(on|yes|y|true|1)$/i;
const OFF = /^(off|no|n|false|0)$/i;
const NONE = /^(none|)$/i;

/** Reads a field; ranges and names are left to the document, which knows them. */
export function readField(spec: FieldSpec, text: string): Outcome<unknown, string> {
  const refuse = (why: string): Outcome<unknown, string> => ({
    ok: false,
    failure: `"${printable(text, 80)}": ${why}`,
  });
  if (spec.read !== undefined) return spec.read(text);
  if (spec.isNullable === true && NONE.test(text)) return { ok: true, value: null };
  switch (spec.kind) {
    case 'whole': {
      const digits = text.replaceAll(',', '');
      return /^-?\d{1,15}$/.test(digits) ? { ok: true, value: Number(digits) } : refuse('a whole number is expected');
    }
    case 'switch':
      if (ON.test(text)) return { ok: true, value: true };
      return OFF.test(text) ? { ok: true, value: false } : refuse('on or off is expected');
    case 'word': {
      const word = spec.words?.find((each) => each.toLowerCase() === text.toLowerCase());
      return word === undefined ? refuse(`choose one of ${spec.words?.join(', ')}`) : { ok: true, value: word };
    }
    case 'list': {
      if (text.toLowerCase() === 'all') return { ok: true, value: spec.words ?? [] };
      const parts = text.split(',').map((part) => part.trim().toLowerCase());
      const stranger = parts.find((part) => spec.words?.includes(part) !== true);
      if (stranger !== undefined) return refuse(`choose some of ${spec.words?.join(', ')}, or all`);
      return { ok: true, value: [...new Set(parts)] };
    }
    case 'text':
      return { ok: true, value: text };
  }
}

export function showField(value: unknown, spec?: FieldSpec): string {
  if (spec?.show !== undefined) return spec.show(value);
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(', ');
  return String(value);
}

/** The fields that were given as flags, by their key in the document. */
export function fieldsGiven(
  session: Pick<ConfigSession, 'flag'>,
  specs: readonly FieldSpec[],
  mayBeDefault = false,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const spec of specs) {
    const text = session.flag(optionKey(optionOf(spec)));
    if (text === undefined) continue;
    if (mayBeDefault && text === 'default') {
      fields[spec.key] = 'default';
      continue;
    }
    const read = readField(spec, text);
    if (!read.ok) throw new UsageError(`--${spec.flag} ${read.failure}`);
    fields[spec.key] = read.value;
  }
  return fields;
}
