/**
 * The state of a target, and of a monitor over all its targets, as runs come in.
 *
 *   - Only runs that could tell change what is known, and only when enough of them in a row say the same: neither one bad
 *     moment nor a flapping host wakes anybody. The first word that is not `failing` is taken as it comes.
 *   - Runs that could not tell (put off, no DNS, our port blocked) change nothing that is known. Enough of them, and the
 *     state is `inconclusive`; too long without a word, and it is `stale`, which no longer vouches for anything.
 *   - What was known to fail stays so until a run says otherwise, or nobody knows any more.
 *
 * `stale` follows from the time alone, so that it holds where nothing runs at all. Pure.
 */
import type { RunVerdict } from './verdict.ts';

export const MONITOR_STATES = ['ok', 'degraded', 'failing', 'inconclusive', 'stale'] as const;
export type MonitorState = (typeof MONITOR_STATES)[number];

/** What runs can come to know. */
export type Known = Exclude<RunVerdict, 'inconclusive'>;

export interface TargetMemory {
  /** Confirmed; null before the first word. */
  readonly known: Known | null;
  /** ms since the epoch: since when that is known. */
  readonly since: number;
  /** Another word than the known one, so many times in a row. */
  readonly pending: { readonly verdict: Known; readonly runs: number; readonly firstAt: number } | null;
  /** Runs in a row that could not tell. */
  readonly silentRuns: number;
  readonly firstSeenAt: number;
  /** The end of the last run that could tell. */
  readonly heardAt: number | null;
}

export interface StateRules {
  readonly confirmRuns: number;
  readonly staleMs: number;
}

export function newTarget(now: number): TargetMemory {
  return { known: null, since: now, pending: null, silentRuns: 0, firstSeenAt: now, heardAt: null };
}

export function afterRun(before: TargetMemory, verdict: RunVerdict, now: number, rules: StateRules): TargetMemory {
  if (verdict === 'inconclusive') return { ...before, silentRuns: before.silentRuns + 1 };
  const heard = { ...before, silentRuns: 0, heardAt: now };
  if (verdict === before.known) return { ...heard, pending: null };
  const { pending, known } = before;
  const told = pending === null || known === null ? verdict : towards(known, verdict, pending.verdict);
  const runs = told !== null && pending !== null ? pending.runs + 1 : 1;
  const firstAt = told !== null && pending !== null ? pending.firstAt : now;
  const next = told ?? verdict;
  const atOnce = known === null && verdict !== 'failing';
  if (!atOnce && runs < rules.confirmRuns) return { ...heard, pending: { verdict: next, runs, firstAt } };
  return { ...heard, known: next, since: firstAt, pending: null };
}

const LEVEL: Readonly<Record<Known, number>> = { ok: 0, degraded: 1, failing: 2 };

/** Two words that lead away from what is known in one direction agree on the smaller step; null: they contradict. */
function towards(known: Known, one: Known, other: Known): Known | null {
  const steps = [one, other].map((each) => LEVEL[each] - LEVEL[known]) as [number, number];
  if (Math.sign(steps[0]) !== Math.sign(steps[1])) return null;
  return Math.abs(steps[0]) <= Math.abs(steps[1]) ? one : other;
}

/** A run soon would settle what one before it has seen. */
export function wantsConfirmation({ pending }: TargetMemory): boolean {
  return pending !== null;
}

export interface ShownState {
  readonly state: MonitorState;
  /** ms since the epoch. */
  readonly since: number;
}

export function shownState(memory: TargetMemory, now: number, { confirmRuns, staleMs }: StateRules): ShownState {
  const { known, since, heardAt, firstSeenAt, silentRuns } = memory;
  const lastWord = heardAt ?? firstSeenAt;
  if (now - lastWord > staleMs) return { state: 'stale', since: lastWord + staleMs };
  if (known === 'failing') return { state: known, since };
  if (known === null) return { state: 'inconclusive', since: firstSeenAt };
  return silentRuns >= confirmRuns ? { state: 'inconclusive', since: heardAt ?? firstSeenAt } : { state: known, since };
}

const RANK: Readonly<Record<MonitorState, number>> = { ok: 0, inconclusive: 1, degraded: 2, stale: 3, failing: 4 };

export function isWorse(one: MonitorState, other: MonitorState): boolean {
  return RANK[one] > RANK[other];
}

/** The worst of its targets, since the first of those came to it; without targets nothing is known. */
export function overall(states: readonly ShownState[], now: number): ShownState {
  const [first, ...rest] = states;
  if (first === undefined) return { state: 'inconclusive', since: now };
  return rest.reduce((worst, each) => {
    if (isWorse(each.state, worst.state)) return each;
    return each.state === worst.state && each.since < worst.since === (each.state !== 'ok') ? each : worst;
  }, first);
}
