/**
 * Text that came from somebody else, made safe for one line of a terminal or a log (R54): control characters, line
 * breaks and bidirectional overrides become visible escapes, and the length is bounded.
 */
export function printable(text: string, maxLength = 1000): string {
  const shown = text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\t') return ' ';
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
  return shown.length <= maxLength ? shown : `${shown.slice(0, maxLength)}…`;
}

/** C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls, zero-width and BOM, lone surrogates. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]|\p{Cs}/gu;
