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

export type TranscriptPhase = 'connect' | 'helo' | 'tls' | 'secure' | 'from' | 'to' | 'quit';

const BEGINS: Readonly<Record<string, TranscriptPhase>> = {
  EHLO: 'helo',
  HELO: 'helo',
  STARTTLS: 'tls',
  MAIL: 'from',
  RCPT: 'to',
  RSET: 'quit',
  QUIT: 'quit',
};

/** The phase that each line belongs to: it begins with the command that is sent, and lasts until the next one. */
export function phasesOf(lines: readonly TranscriptLine[]): readonly TranscriptPhase[] {
  let phase: TranscriptPhase = 'connect';
  return lines.map(({ kind, tls, text }) => {
    const begun = kind === 'sent' ? BEGINS[text.trim().split(/[ :]/)[0]?.toUpperCase() ?? ''] : undefined;
    if (begun !== undefined) phase = begun === 'helo' && tls ? 'secure' : begun;
    return phase;
  });
}
