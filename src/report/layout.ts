/**
 * Text in columns: widths as a terminal counts them, wrapping at blanks, colour that only underlines what the words say.
 */

/** What a colour would say; the words say it, too. */
export type Tone = 'good' | 'caution' | 'bad' | 'faint' | 'strong';
export type Paint = (tone: Tone, text: string) => string;

const ESCAPES: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  caution: [33, 39],
  bad: [31, 39],
  faint: [2, 22],
  strong: [1, 22],
};

export const plainPaint: Paint = (_tone, text) => text;
export const colourPaint: Paint = (tone, text) => {
  const [on, off] = ESCAPES[tone];
  return text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`;
};

/** Columns a text takes on a terminal: combining marks none, wide characters two, escape sequences none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(ESCAPE_SEQUENCE, '')) {
    if (COMBINING.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Breaks at blanks; a word that is too long for a line is cut. At least one line. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(8, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => cut(each, room))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}

/** Wrapped text under a first line that begins with `lead`; the others are indented to stand below its text. */
export function hanging(lead: string, text: string, width: number): string[] {
  const indent = widthOf(lead);
  return wrap(text, width - indent).map((line, index) => (index === 0 ? lead : ' '.repeat(indent)) + line);
}

/** `1 host`, `2 hosts`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function cut(word: string, room: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (widthOf(piece + character) > room) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  pieces.push(piece);
  return pieces;
}

const ESCAPE_SEQUENCE = /\x1b\[[0-9;]*m/g;
const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
