/** The formats `json` and `ndjson`: the value itself, whole, as `docs/schemas/probe-1.json` describes it. */
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
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
