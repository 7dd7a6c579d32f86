/** The transcript with its marks (specification 1.6, R53): `[000.344]`, `-->` and `<--`, inside TLS `~~>` and `<~~`. */
import type { TranscriptLine } from '../policy/evidence.ts';

/** Seconds in three digits, a dot, milliseconds in three, since the session began. */
export function timeMark(at: number): string {
  const ms = Math.max(0, Math.round(at));
  return `[${String(Math.floor(ms / 1000)).padStart(3, '0')}.${String(ms % 1000).padStart(3, '0')}]`;
}

export function transcriptLine({ at, kind, tls, text }: TranscriptLine): string {
  const mark = timeMark(at);
  switch (kind) {
    case 'sent':
      return `${mark} ${tls ? '~~>' : '-->'}${text}`;
    case 'received':
      return `${mark}${tls ? '<~~' : '<--'} ${text}`;
    case 'continued':
    case 'note':
      return `${mark} ${text}`;
    case 'detail':
      return text;
    case 'warning':
      return `${mark} warning: ${text.replace(/^warning: /, '')}`;
  }
}
