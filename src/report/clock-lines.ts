/** The roll-over clock in words: every date for those who want all, and the one that presses for those who want one. */
import type { ClockEntry, ProbeResult } from '../probe/result.ts';

const SIGNS: Readonly<Record<ClockEntry['severity'], string>> = { error: 'x', warning: '!', info: ' ' };

/** One line a date, what presses marked. */
export function clockLines({ clock }: ProbeResult): readonly string[] {
  return clock.map(({ at, severity, sentence }) => `${SIGNS[severity]} ${at.slice(0, 10)}  ${sentence}`);
}

/** What is overdue, or near, in one sentence; null where nothing is. */
export function pressingDate({ clock }: ProbeResult): string | null {
  const pressing = clock.filter(({ severity }) => severity !== 'info');
  const [first] = pressing;
  if (first === undefined) return null;
  const more = pressing.length - 1;
  return more === 0 ? first.sentence : `${first.sentence} And ${more} more ${more === 1 ? 'date' : 'dates'}.`;
}
