/** Spans of time and counts in the language of a page. */
import type { Language } from './languages.ts';

const UNITS = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `in 61 days`, `3 hours ago`: whole units, the largest of which there are two at least. */
export function showAgo(ms: number, language: Language): string {
  const [unit, length] = UNITS.find(([, each]) => Math.abs(ms) >= 2 * each) ?? ['minute', 60_000];
  // Days are what certificates are counted in: up to a year they stay days.
  const [shown, per] = unit === 'month' ? (['day', 86_400_000] as const) : [unit, length];
  return new Intl.RelativeTimeFormat(language, { numeric: 'always' }).format(Math.trunc(ms / per), shown);
}

/** `1 month`, `7 days`. */
export function showSpan(count: number, unit: 'hour' | 'day' | 'week' | 'month' | 'year', language: Language): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** A count with its thousands apart as the language does it: `65,535` is a fraction to most who do not read English. */
export function showCount(count: number, language: Language): string {
  return count.toLocaleString(language);
}
