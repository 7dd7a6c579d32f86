/**
 * When a monitor runs: every so often (an ISO 8601 duration, `PT5M`, with some play, so that many monitors do not all knock
 * at one moment) or at the times of a crontab (`cron 0 6 * * 1-5 Europe/Amsterdam`). Pure.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import { type Cron, nextCron, parseCron } from './cron.ts';

export type Schedule =
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'cron'; readonly cron: Cron; readonly longestGapMs: number };

/** Nobody's servers are asked more often. */
export const MIN_INTERVAL_MS = 30_000;
/** Longer than a month nobody should wait for news. */
export const MAX_INTERVAL_MS = 31 * 86_400_000;
export const MAX_SCHEDULE_LENGTH = 200;
/** A run comes earlier or later by as much of its interval. */
export const PLAY = 0.05;
/** A first sign of a change is looked at again so soon, where the schedule is slower, ms. */
export const CONFIRM_AFTER_MS = 60_000;
/** Times that are looked at to know how far apart a crontab's runs are. */
const GAPS_SEEN = 12;
/** Any Monday will do. */
const SOME_TIME = Date.UTC(2026, 0, 5);

/** The failure is the end of a sentence. */
export function parseSchedule(text: string): Outcome<Schedule, string> {
  const trimmed = text.trim();
  const cron = /^cron\s+(.*)$/is.exec(trimmed)?.[1];
  if (cron !== undefined) return cronSchedule(cron);
  const ms = durationMs(trimmed);
  if (ms === null) {
    return failed('a duration as PT5M, PT1H30M or P1D is expected, or "cron" with five fields, as cron 0 6 * * 1-5');
  }
  if (ms < MIN_INTERVAL_MS || ms > MAX_INTERVAL_MS) return failed('from PT30S to P31D is possible');
  return succeeded({ kind: 'every', ms });
}

function cronSchedule(text: string): Outcome<Schedule, string> {
  const cron = parseCron(text);
  if (!cron.ok) return cron;
  let longestGapMs = 0;
  let before = nextCron(cron.value, SOME_TIME);
  if (before === null) return failed('there is no such day within eight years');
  for (let seen = 0; seen < GAPS_SEEN; seen++) {
    const next = nextCron(cron.value, before);
    if (next === null) break;
    longestGapMs = Math.max(longestGapMs, next - before);
    before = next;
  }
  return succeeded({ kind: 'cron', cron: cron.value, longestGapMs });
}

/** ISO 8601: weeks, days, hours, minutes, seconds; years and months have no fixed length and are not taken. */
export function durationMs(text: string): number | null {
  const match = /^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$/i.exec(text);
  if (match === null || /[PT]$/i.test(text)) return null;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** The run after one that began at `at` (ms). */
export function nextRunAt(schedule: Schedule, at: number, random: Random): number {
  if (schedule.kind === 'every') return Math.round(at + schedule.ms * (1 - PLAY + 2 * PLAY * random()));
  return nextCron(schedule.cron, at) ?? at + MAX_INTERVAL_MS;
}

/** A new monitor on an interval begins at once; one with fixed times waits for the first of them. */
export function firstRunAt(schedule: Schedule, now: number): number {
  return schedule.kind === 'every' ? now : (nextCron(schedule.cron, now) ?? now + MAX_INTERVAL_MS);
}

/** When a run that saw a change for the first time is repeated: soon, and never later than the schedule says. */
export function confirmationAt(schedule: Schedule, endedAt: number, random: Random): number {
  const wait = CONFIRM_AFTER_MS * (1 + 2 * PLAY * random());
  return Math.round(Math.min(endedAt + wait, nextRunAt(schedule, endedAt, random)));
}

/** After so long without a run that could tell, what was seen last says nothing any more, ms. */
export function staleAfterMs(schedule: Schedule, staleMinutes: number | null): number {
  if (staleMinutes !== null) return staleMinutes * 60_000;
  return 3 * (schedule.kind === 'every' ? schedule.ms : schedule.longestGapMs);
}
