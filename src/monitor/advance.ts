/**
 * One run of a monitor, judged: from what was known and what the run saw to what is known now, what goes into the history,
 * what is told to whom, and when it runs again. Everything that happens to a monitor happens here. Pure.
 */
import type { Random } from '../base/random.ts';
import type { ClockEntry, ProbeResult } from '../probe/result.ts';
import { type Announcement, announce, type DueDate, dueDates, type Told, type Warned } from './alerting.ts';
import { type Change, changesBetween } from './changes.ts';
import type { Monitor } from './monitor.ts';
import type { Notice, NoticeTarget } from './notice.ts';
import { confirmationAt, nextRunAt, parseSchedule, type Schedule, staleAfterMs } from './schedule.ts';
import {
  afterRun,
  type MonitorState,
  newTarget,
  overall,
  type ShownState,
  type StateRules,
  shownState,
  type TargetMemory,
  wantsConfirmation,
} from './state.ts';
import { type RunVerdict, verdictOf } from './verdict.ts';

/** What is kept of a target between runs. */
export interface KnownTarget extends TargetMemory {
  readonly lastVerdict: RunVerdict | null;
  readonly reasons: readonly string[];
  /** Confidence of the last run that could tell. */
  readonly value: number | null;
  /** Of the last run. */
  readonly resultId: string | null;
  readonly certificates: readonly string[];
  /** Of the last run that could tell. */
  readonly dates: readonly ClockEntry[];
}

export interface MonitorMemory {
  readonly targets: Readonly<Record<string, KnownTarget>>;
  readonly told: Told | null;
  readonly warned: Warned;
  /** End of the last run, ms since the epoch. */
  readonly lastRunAt: number | null;
  /** The last run in which every target could tell. */
  readonly lastWord: { readonly at: number; readonly total: number | null } | null;
}

export const NEW_MEMORY: MonitorMemory = { targets: {}, told: null, warned: {}, lastRunAt: null, lastWord: null };

/** One target of a run as its probe ended. */
export interface TargetOutcome {
  readonly target: string;
  /** Null: it broke off, for the reason in `problem`. */
  readonly result: ProbeResult | null;
  readonly problem: string | null;
  /** Under which the result can be looked up. */
  readonly resultId: string;
  /** The last result that could tell. */
  readonly before: ProbeResult | null;
}

/** A target in the history. */
export interface RunItem {
  readonly target: string;
  readonly verdict: RunVerdict;
  readonly value: number | null;
  readonly reasons: readonly string[];
  readonly changes: readonly Change[];
  readonly resultId: string;
}

export interface MonitorRun {
  readonly startedAt: number;
  readonly finishedAt: number;
  /** Of the monitor, after this run. */
  readonly state: MonitorState;
  /** Mean of the values there are; null where there is none. */
  readonly total: number | null;
  readonly items: readonly RunItem[];
}

export interface Advance {
  readonly memory: MonitorMemory;
  readonly run: MonitorRun;
  readonly notices: readonly Notice[];
  readonly nextAt: number;
}

export interface RunEnd {
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outcomes: readonly TargetOutcome[];
}

/** Dates that are kept of a target. */
const MAX_DATES = 20;

export function advance(monitor: Monitor, before: MonitorMemory, end: RunEnd, random: Random): Advance {
  const { finishedAt: now, startedAt, outcomes } = end;
  const schedule = scheduleOf(monitor);
  const rules = rulesOf(monitor);
  const first = Object.values(before.targets).every(({ known }) => known === null);
  const items: RunItem[] = [];
  const targets: Record<string, KnownTarget> = {};
  for (const outcome of outcomes) {
    const old = before.targets[outcome.target] ?? emptyTarget(startedAt);
    const { known, item } = afterOutcome(monitor, old, outcome, now, rules);
    items.push(item);
    targets[outcome.target] = known;
  }
  const total = meanOf(items.flatMap(({ value }) => (value === null ? [] : [value])));
  const heard = items.length > 0 && items.every(({ verdict }) => verdict !== 'inconclusive');
  const standing = standingOf(monitor, targets, now);
  const { told, announcement } = announce(before.told, standing, now, first);
  const dates = Object.entries(targets).flatMap(([target, { dates: own }]) => own.map((entry) => ({ target, entry })));
  const { warned, due } = dueDates(before.warned, dates, monitor.warnDays, now);
  const memory: MonitorMemory = {
    targets,
    told,
    warned,
    lastRunAt: now,
    lastWord: heard ? { at: now, total } : before.lastWord,
  };
  const unsettled = Object.values(targets).some(wantsConfirmation);
  return {
    memory,
    run: { startedAt, finishedAt: now, state: standing.state, total, items },
    notices: noticesOf({ monitor, standing, announcement, items, targets, due, told: told ?? before.told, now }),
    nextAt: unsettled ? confirmationAt(schedule, now, random) : nextRunAt(schedule, startedAt, random),
  };
}

function afterOutcome(
  { gates }: Monitor,
  old: KnownTarget,
  { target, result, problem, resultId, before }: TargetOutcome,
  now: number,
  rules: StateRules,
): { readonly known: KnownTarget; readonly item: RunItem } {
  const { verdict, reasons } =
    result === null
      ? ({ verdict: 'inconclusive', reasons: [problem ?? 'the test broke off'] } as const)
      : verdictOf(result, gates);
  const told = result !== null && verdict !== 'inconclusive';
  const { changes, certificates } = told
    ? changesBetween(before, result, old.certificates)
    : { changes: [], certificates: old.certificates };
  const value = told ? result.confidence.value : null;
  return {
    item: { target, verdict, value, reasons, changes, resultId },
    known: {
      ...afterRun(old, verdict, now, rules),
      lastVerdict: verdict,
      reasons,
      value: told ? value : old.value,
      resultId,
      certificates,
      dates: told ? result.clock.slice(0, MAX_DATES) : old.dates,
    },
  };
}

function emptyTarget(now: number): KnownTarget {
  return {
    ...newTarget(now),
    lastVerdict: null,
    reasons: [],
    value: null,
    resultId: null,
    certificates: [],
    dates: [],
  };
}

interface Telling {
  readonly monitor: Monitor;
  readonly standing: ShownState & { readonly targets: readonly string[] };
  readonly announcement: Announcement | null;
  readonly items: readonly RunItem[];
  readonly targets: Readonly<Record<string, KnownTarget>>;
  readonly due: readonly DueDate[];
  readonly told: Told | null;
  readonly now: number;
}

function noticesOf({ monitor, standing, announcement, items, targets, due, told, now }: Telling): readonly Notice[] {
  const rules = rulesOf(monitor);
  const shown: readonly NoticeTarget[] = items.map(({ target, value, reasons, resultId }) => ({
    target,
    state: shownState(targets[target] ?? emptyTarget(now), now, rules).state,
    value,
    reasons,
    resultId,
  }));
  const changes = items.flatMap(({ target, changes: own }) => own.map((change) => ({ target, ...change })));
  const dates = due.map(({ target, entry }) => ({ target, ...entry }));
  const base = {
    format: 'tlsreach.monitor-notice/1',
    monitor: monitor.name,
    description: monitor.description,
    state: standing.state,
    at: new Date(now).toISOString(),
    targets: shown,
    changes,
    dates,
  } as const;
  const notices: Notice[] = [];
  if (announcement !== null) {
    const since = announcement.event === 'recovered' ? standing.since : (told?.since ?? standing.since);
    notices.push({ ...base, ...announcement, since: new Date(since).toISOString() });
  }
  const beside = { ...base, previous: null, lastedMs: null, since: new Date(standing.since).toISOString() };
  if (changes.length > 0 && (announcement === null || announcement.event === 'reminder')) {
    notices.push({ ...beside, event: 'change', severity: 'information' });
  }
  if (dates.length > 0) notices.push({ ...beside, event: 'date', severity: 'warning' });
  return notices;
}

/** The state of a monitor as it is now, whether anything runs or not. */
export function standingOf(
  monitor: Monitor,
  known: MonitorMemory['targets'],
  now: number,
): ShownState & { readonly targets: readonly string[] } {
  const rules = rulesOf(monitor);
  const shown = monitor.targets.flatMap((target) => {
    const memory = known[target];
    return memory === undefined ? [] : [{ target, ...shownState(memory, now, rules) }];
  });
  const worst = overall(shown, now);
  return { ...worst, targets: shown.filter(({ state }) => state === worst.state).map(({ target }) => target) };
}

export function rulesOf(monitor: Monitor): StateRules {
  const { confirmRuns, staleMinutes } = monitor;
  return { confirmRuns, staleMs: staleAfterMs(scheduleOf(monitor), staleMinutes) };
}

/** The configuration took no schedule that cannot be read. */
export function scheduleOf({ name, schedule }: Pick<Monitor, 'name' | 'schedule'>): Schedule {
  const read = parseSchedule(schedule);
  if (!read.ok) throw new Error(`the schedule of the monitor ${name} cannot be read: ${read.failure}`);
  return read.value;
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
