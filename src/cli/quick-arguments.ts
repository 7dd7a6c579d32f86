/**
 * The usual command lines, read without the full parser, whose loading alone costs half of what Node itself needs to
 * start. Whatever is unusual here, an unknown option, a missing value, help, is nobody's answer: null, and the full
 * parser, which knows how to complain, reads it all again. Both must agree (tested).
 */
import { isNegated, type OptionSpec, optionKey, optionName, takesValue } from './option-specs.ts';

export interface QuickArguments {
  readonly words: readonly string[];
  /** By key, as commander would have it. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[]>>;
}

/** Reads what stands behind the command's name. */
export function quickArguments(argv: readonly string[], specs: readonly OptionSpec[]): QuickArguments | null {
  const words: string[] = [];
  const flags: Record<string, string | boolean | readonly string[]> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      words.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const spec = specs.find((each) => spellingsOf(each).includes(name));
    if (spec === undefined) return null;
    const key = optionKey(spec);
    if (!takesValue(spec)) {
      if (equals >= 0) return null;
      flags[key] = !(isNegated(spec) && name.startsWith('--no-'));
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : argv[++at];
    if (value === undefined || value === '' || (equals < 0 && value.startsWith('-') && value !== '-')) return null;
    const before = flags[key];
    flags[key] = spec.list === true ? [...(Array.isArray(before) ? before : []), value] : value;
  }
  return { words, flags };
}

function spellingsOf(spec: OptionSpec): readonly string[] {
  const short = /^(-[a-zA-Z0-9]), /.exec(spec.flags)?.[1];
  const long = `--${isNegated(spec) ? 'no-' : ''}${optionName(spec)}`;
  return short === undefined ? [long] : [short, long];
}
