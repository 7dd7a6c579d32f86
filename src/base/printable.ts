/**
 * Text that came from somebody else, made safe for one line of a terminal or a log (R54): control characters, line
 * breaks and everything that is invisible or turns the reading direction become visible escapes, and the length is bounded.
 */
export function printable(text: string, maxLength = 1000): string {
  const shown = HARMLESS.test(text)
    ? text
    : text.replace(DECEPTIVE, (character) => {
        const code = character.codePointAt(0) ?? 0;
        if (character === '\t') return ' ';
        return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
      });
  return shown.length <= maxLength ? shown : `${shown.slice(0, maxLength)}…`;
}

/** Most texts are of this kind, and need not be looked through character by character. */
const HARMLESS = /^[ -~]*$/;

/**
 * What a terminal would obey, a reader would not see or would be misled by, or XML 1.0 (2.2) cannot hold: C0 and C1
 * controls, DEL, line and paragraph separators, format characters (bidirectional controls, zero-width ones, soft
 * hyphens, tags, BOM), private use, lone surrogates, noncharacters.
 */
export const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/gu;
