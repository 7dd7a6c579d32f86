/** Text inside HTML and XML: everything with a meaning becomes a reference; attributes are always double-quoted (R54). */

/** For element content and for double-quoted attribute values alike. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => REFERENCES[character] ?? '');
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Markup that was built, not typed: what `markup` makes and takes without escaping it again. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

/** A template whose every text is escaped; only other markup goes in as it is. */
export function markup(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: fixed.reduce((text, piece, index) => text + written(parts[index - 1]) + piece) };
}

export const NOTHING: Markup = { markup: '' };

function written(part: Part | undefined): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escapeMarkup(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map((each) => each.markup).join('');
}
