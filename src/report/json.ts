/** The formats `json` and `ndjson`: the value itself, whole, as `docs/schemas/probe-1.json` describes it. */
import { DECEPTIVE } from '../base/printable.ts';
import { pieces, type Rendering, type RenderOptions } from './rendering.ts';

/** One document; several results become an array. */
export function jsonRendering({ many }: Pick<RenderOptions, 'many'>): Rendering {
  if (!many) return pieces((result) => `${toJson(result, 2)}\n`);
  let first = true;
  return {
    begin: () => '[\n',
    each: (result) => {
      const before = first ? '' : ',\n';
      first = false;
      return before + toJson(result, 2);
    },
    end: () => (first ? ']\n' : '\n]\n'),
  };
}

export function ndjsonRendering(): Rendering {
  return pieces((result) => `${toJson(result)}\n`);
}

/**
 * JSON that is safe to look at, too: what a terminal would obey or a reader would be misled by (C1 controls, DEL, line
 * separators, bidirectional controls) is written as an escape, which every parser turns back (R54).
 */
export function toJson(value: unknown, indent?: number): string {
  return harmlessJson(JSON.stringify(value, null, indent));
}

/** The same for JSON that is text already. */
export function harmlessJson(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(DECEPTIVE, (character) =>
    // The line breaks of the layout; those of texts are escapes already.
    character === '\n'
      ? character
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** Printable ASCII and the line breaks of the layout, as nearly every result is: there is nothing to escape in it. */
const PLAIN = /^[ -~\n]*$/;
