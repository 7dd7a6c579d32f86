/**
 * What people are told, and what they are spared: one notice when something is wrong, the next when it gets worse or
 * another target joins, reminders at growing intervals, one when all is well again, with how long it took. A state that
 * only says "we could not look" tells nobody anything, until it has lasted too long. Dates are told once per threshold.
 * Pure.
 */
import type { ClockEntry } from '../probe/result.ts';
import { isWorse, type MonitorState, type ShownState } from './state.ts';

export type NoticeEvent = 'problem' | 'reminder' | 'recovered' | 'change' | 'date';
export type NoticeSeverity = 'critical' | 'warning' | 'information';

/** What people know: that something is wrong, since when, with what. */
export interface Told {
  readonly state: Extract<MonitorState, 'failing' | 'degraded' | 'stale'>;
  /** When it began, not when it was told. */
  readonly since: number;
  readonly targets: readonly string[];
  readonly remindAt: number;
  /** Reminders so far. */
  readonly reminders: number;
  /** It was so from the first run on, and nobody was told. */
  readonly silent: boolean;
}

/** The first reminder comes after an hour, each later one after twice the wait, a day at most. */
export const FIRST_REMINDER_MS = 3_600_000;
export const MAX_REMINDER_MS = 86_400_000;

export interface Standing extends ShownState {
  /** Those in this state. */
  readonly targets: readonly string[];
}

export interface Announcement {
  readonly event: Extract<NoticeEvent, 'problem' | 'reminder' | 'recovered'>;
  readonly severity: NoticeSeverity;
  /** Of the state that was told before; null where there was none. */
  readonly previous: MonitorState | null;
  /** Only of `recovered`: how long it lasted, ms. */
  readonly lastedMs: number | null;
}

export interface AfterState {
  readonly told: Told | null;
  readonly announcement: Announcement | null;
}

/** `first`: nothing was known before this run. */
export function announce(told: Told | null, standing: Standing, now: number, first: boolean): AfterState {
  const { state, since, targets } = standing;
  if (state === 'inconclusive') return { told, announcement: null };
  if (state === 'ok') {
    if (told === null) return { told, announcement: null };
    if (told.silent) return { told: null, announcement: null };
    const lastedMs = Math.max(0, now - told.since);
    return {
      told: null,
      announcement: { event: 'recovered', severity: 'information', previous: told.state, lastedMs },
    };
  }
  const joined = told !== null && state === told.state && targets.some((target) => !told.targets.includes(target));
  if (told === null || state !== told.state || joined) {
    const silent = first && state === 'degraded';
    // What eases or goes stale is one trouble with what was before it, and lasts since then.
    const began = told === null || told.silent ? since : Math.min(told.since, since);
    const next = { state, since: began, targets, remindAt: now + FIRST_REMINDER_MS, reminders: 0, silent };
    if (silent || (joined && told.silent)) return { told: { ...next, silent: true }, announcement: null };
    return {
      told: next,
      announcement: { event: 'problem', severity: severityOf(state), previous: told?.state ?? null, lastedMs: null },
    };
  }
  // Something to look at is told once; only what stops mail, or blinds us, is worth repeating.
  if (state === 'degraded' || told.silent || now < told.remindAt)
    return { told: { ...told, targets }, announcement: null };
  const reminders = told.reminders + 1;
  const remindAt = now + Math.min(FIRST_REMINDER_MS * 2 ** reminders, MAX_REMINDER_MS);
  return {
    told: { ...told, targets, reminders, remindAt },
    announcement: { event: 'reminder', severity: severityOf(state), previous: told.state, lastedMs: null },
  };
}

function severityOf(state: MonitorState): NoticeSeverity {
  return isWorse(state, 'stale') ? 'critical' : 'warning';
}

/** By date, the smallest threshold that was told, days. */
export type Warned = Readonly<Record<string, number>>;

export interface DueDate {
  readonly target: string;
  readonly entry: ClockEntry;
}

export interface AfterDates {
  readonly warned: Warned;
  readonly due: readonly DueDate[];
}

const DAY_MS = 86_400_000;
/** Dates that are remembered; those of certificates that are gone make room. */
const MAX_WARNED = 500;

/**
 * Deadlines that are near, measured against the lifetime of what ends (the clock's own severity), and within a threshold
 * that was not told yet. A certificate for six days is not warned of for all its life.
 */
export function dueDates(warned: Warned, dates: readonly DueDate[], days: readonly number[], now: number): AfterDates {
  const next: Record<string, number> = {};
  const due: DueDate[] = [];
  for (const date of dates.slice(0, MAX_WARNED)) {
    const { entry, target } = date;
    if (entry.severity === 'info') continue;
    const key = `${target} ${entry.what} ${entry.host ?? ''} ${entry.at}`;
    const left = (Date.parse(entry.at) - now) / DAY_MS;
    const passed = days.filter((threshold) => left <= threshold);
    const before = warned[key];
    if (passed.length === 0) continue;
    const threshold = Math.min(...passed);
    if (before === undefined || threshold < before) due.push(date);
    next[key] = Math.min(threshold, before ?? threshold);
  }
  return { warned: next, due };
}
