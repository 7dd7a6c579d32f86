/**
 * The answer for a monitoring system that polls (R59): OK or NOK, never a maybe. OK needs a word that is fresh enough and
 * good enough; whoever stopped watching is NOK, too. Pure.
 */
import type { ClockEntry } from '../probe/result.ts';
import { type MonitorMemory, standingOf } from './advance.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorState } from './state.ts';

export interface StatusQuestion {
  /** Minutes: the last run that could tell is no older. */
  readonly maxAge?: number | undefined;
  /** The mean of the targets in that run is no lower. */
  readonly min?: number | undefined;
}

export interface MonitorStatus {
  readonly monitor: string;
  readonly description: string;
  readonly result: 'OK' | 'NOK';
  /** Why it is not OK; empty where it is. */
  readonly reasons: readonly string[];
  readonly state: MonitorState;
  readonly paused: boolean;
  /** ISO 8601 UTC, as all times here. */
  readonly since: string;
  /** The last run that could tell. */
  readonly lastRun: string | null;
  readonly lastValue: number | null;
  /** The last attempt, whatever came of it. */
  readonly lastAttempt: string | null;
  readonly nextRun: string | null;
  /** The next date before which something has to be done. */
  readonly nextDate: (ClockEntry & { readonly target: string }) | null;
}

const DEADLINES: ReadonlySet<ClockEntry['what']> = new Set([
  'certificate-ends',
  'issuer-ends',
  'tlsa-publish-next',
  'signature-ends',
  'policy-kept-ends',
]);

export interface Watched {
  readonly monitor: Monitor;
  readonly memory: MonitorMemory;
  readonly nextAt: number | null;
}

export function statusOf(
  { monitor, memory, nextAt }: Watched,
  now: number,
  question: StatusQuestion = {},
): MonitorStatus {
  const { state, since } = standingOf(monitor, memory.targets, now);
  const { lastWord, lastRunAt } = memory;
  const reasons = [...reasonsOf(monitor, memory, state), ...answerTo(question, lastWord, now)];
  return {
    monitor: monitor.name,
    description: monitor.description,
    result: reasons.length === 0 ? 'OK' : 'NOK',
    reasons,
    state,
    paused: monitor.paused,
    since: new Date(since).toISOString(),
    lastRun: lastWord === null ? null : new Date(lastWord.at).toISOString(),
    lastValue: lastWord?.total ?? null,
    lastAttempt: lastRunAt === null ? null : new Date(lastRunAt).toISOString(),
    nextRun: nextAt === null || monitor.paused ? null : new Date(nextAt).toISOString(),
    nextDate: nextDateOf(memory, monitor),
  };
}

function reasonsOf({ targets }: Monitor, memory: MonitorMemory, state: MonitorState): readonly string[] {
  if (state === 'stale') return ['nobody could look for too long'];
  const known = targets.map((target) => ({ target, memory: memory.targets[target] }));
  if (known.some((each) => each.memory === undefined || each.memory.known === null)) {
    return ['no run has told yet how it is'];
  }
  return known.flatMap(({ target, memory: own }) =>
    own?.known === 'failing' ? [`${target}: ${own.reasons[0] ?? 'failing'}`] : [],
  );
}

function answerTo(
  { maxAge, min }: StatusQuestion,
  lastWord: MonitorMemory['lastWord'],
  now: number,
): readonly string[] {
  const reasons: string[] = [];
  if (maxAge !== undefined && (lastWord === null || now - lastWord.at > maxAge * 60_000)) {
    reasons.push(`the last run that could tell is older than ${maxAge} minutes`);
  }
  const total = lastWord?.total ?? null;
  if (min !== undefined && (total === null || total < min)) {
    reasons.push(`the value is ${total === null ? 'not known' : showValue(total)}, below ${min}`);
  }
  return reasons;
}

/** 101, 95.5: whole numbers without a point. */
export function showValue(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

/** The next deadlines over all targets, the earliest first. */
export function nextDates(
  { targets }: MonitorMemory,
  monitor: Pick<Monitor, 'targets'>,
): readonly (ClockEntry & { readonly target: string })[] {
  return monitor.targets
    .flatMap((target) => (targets[target]?.dates ?? []).map((entry) => ({ target, ...entry })))
    .filter(({ what }) => DEADLINES.has(what))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
}

function nextDateOf(memory: MonitorMemory, monitor: Monitor): MonitorStatus['nextDate'] {
  return nextDates(memory, monitor)[0] ?? null;
}
