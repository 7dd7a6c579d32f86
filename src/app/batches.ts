/**
 * Batches: many targets, tested as the allowance of whoever asked permits, until each has a result or a reason why not (R56).
 * How far they are stands in the store. When the process dies another one, or the next, takes them up: what was under way
 * is tested again, a bounded number of times. When all is done the report goes out as mail, where one is wanted.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Random } from '../base/random.ts';
import type { BatchItem, BatchRecord, BatchReport, BatchStore, KeptBatch } from '../probe/batch-record.ts';
import { LEASE_MS, type ProbeOptions, RENEW_MS, RESTARTED } from '../probe/probe-record.ts';
import { MAX_TARGET_LENGTH } from '../probe/target.ts';
import type { Caller, Job } from './probe-job.ts';
import type { ProbeJobs } from './probe-jobs.ts';
import { BROKEN_OFF, type Refusal, tooMany } from './refusal.ts';
import { unguessable } from './secrets.ts';

/** Batches of one caller that are under way. */
export const MAX_OF_CALLER = 5;
/** Batches this process works on. */
const MAX_ACTIVE = 200;
/** Targets of one batch that are asked for at one time. */
const AT_ONCE = 20;
/** A target whose test died with its process is tested so often in all. */
const MAX_TRIES = 3;
/** What is not tested after so long is given up, ms. */
const LONGEST_MS = 24 * 3_600_000;
/** The longest wait before the allowance is asked again, and the wait for a store in trouble, ms. */
const LONGEST_WAIT_MS = 30_000;
const TROUBLE_MS = 5_000;
/** The longest an answer waits for the first go over the targets, ms. */
const FIRST_GO_MS = 500;

export interface BatchOrder {
  readonly id: string;
  readonly targets: readonly string[];
  readonly options: Partial<ProbeOptions>;
  readonly fresh: boolean;
  readonly report: BatchReport | null;
}

/** A batch as it is now; the jobs of its targets where they are known here. */
export interface ShownBatch extends KeptBatch {
  readonly jobs: ReadonlyMap<number, Job>;
}

export type ReportOutcome =
  | { readonly state: 'queued' | 'suppressed'; readonly detail: null }
  | { readonly state: 'failed'; readonly detail: string };

export interface Batches {
  /** On record when it resolves; rejects with `StoreTrouble` where it cannot be. */
  start(order: BatchOrder, caller: Caller): Promise<Outcome<ShownBatch, Refusal>>;
  find(id: string): Promise<ShownBatch | null>;
  /** Begins nothing more and leaves what is open to whoever comes next. */
  close(): Promise<void>;
}

export interface BatchesOptions {
  readonly store: BatchStore;
  readonly jobs: ProbeJobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Puts the report into the queue, once for a batch; rejects with `StoreTrouble` where it has to be tried again. */
  readonly report: ((kept: KeptBatch) => Promise<ReportOutcome>) | null;
}

interface Active {
  readonly batch: BatchRecord;
  readonly items: BatchItem[];
  readonly jobs: Map<number, Job>;
  /** Places whose state the store does not have yet. */
  readonly dirty: Set<number>;
  /** Monotonic times before which a target is not asked for again. */
  readonly notBefore: Map<number, number>;
  /** Somebody else works on it now. */
  lost: boolean;
  /** Every target was asked for, or something stood in the way. */
  readonly firstGo: { readonly promise: Promise<void>; readonly resolve: () => void };
}

export function createBatches(house: BatchesOptions): Batches {
  const { store, jobs, clock, random, log } = house;
  const owner = unguessable(random);
  const active = new Map<string, Active>();
  const underWay = new Set<Promise<void>>();
  const stop = new AbortController();
  let cancelRound: () => void = () => {};
  const lease = () => ({ owner, until: clock.now() + LEASE_MS });

  /** Ends early when the service does. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (stop.signal.aborted) return resolve();
      const over = (): void => {
        cancel();
        stop.signal.removeEventListener('abort', over);
        resolve();
      };
      const cancel = clock.setTimer(ms, over);
      stop.signal.addEventListener('abort', over, { once: true });
    });

  const change = (one: Active, place: number, changes: Partial<BatchItem>): void => {
    const item = one.items[place];
    if (item === undefined) return;
    one.items[place] = { ...item, ...changes };
    one.dirty.add(place);
  };
  /** False where the store does not take it now, or the batch is somebody else's. */
  const flush = async (one: Active): Promise<boolean> => {
    const places = [...one.dirty];
    if (places.length === 0 || one.lost) return !one.lost;
    one.dirty.clear();
    try {
      const items = places.flatMap((place) => one.items[place] ?? []);
      if (await store.update(one.batch.id, owner, items)) return true;
      one.lost = true;
      active.delete(one.batch.id);
    } catch (error) {
      for (const place of places) one.dirty.add(place);
      log('error', 'a batch could not be written down and waits', { id: one.batch.id, error: String(error) });
    }
    return false;
  };

  /** What became of a test: null while another try is due. */
  const settle = (one: Active, place: number, job: Job): void => {
    const tries = one.items[place]?.tries ?? 0;
    if (job.result !== null) {
      change(one, place, { state: 'done', value: job.result.confidence.value, problem: null });
    } else if ((job.problem === RESTARTED || job.problem === BROKEN_OFF.closing) && tries < MAX_TRIES) {
      one.jobs.delete(place);
      change(one, place, { state: 'waiting', probe: null });
    } else {
      const detail = job.problem ?? RESTARTED;
      change(one, place, { state: 'failed', problem: { kind: 'internal', detail } });
    }
  };
  /** Follows a test to its end, or to ours. */
  const follow = async (one: Active, place: number, job: Job): Promise<void> => {
    while (job.finishedAt === null && !stop.signal.aborted && !one.lost) {
      await trailOver(job, stop.signal);
      // Its stream ended before it did: too many are followed, and it is looked for again.
      if (job.finishedAt !== null || stop.signal.aborted) break;
      await pause(TROUBLE_MS);
      const known = await jobs.find(job.id).catch(() => job);
      if (known !== null) return follow(one, place, known);
      break;
    }
    // A test that went down with this process is the business of the next.
    if (!stop.signal.aborted) settle(one, place, job);
  };

  /** Asks for one target. Answers how long to wait before the next one, ms. */
  const askFor = async (one: Active, place: number): Promise<number> => {
    const { batch, items } = one;
    const item = items[place];
    if (item === undefined) return 0;
    const caller = { key: batch.caller, anonymous: batch.anonymous };
    const asked = await jobs.ask(
      { target: item.target, options: batch.options, fresh: batch.fresh, patient: true },
      caller,
    );
    if (asked.ok) {
      const { job } = asked.value;
      one.jobs.set(place, job);
      change(one, place, { state: 'begun', probe: job.id, tries: item.tries + 1, problem: null });
      if (job.finishedAt !== null) settle(one, place, job);
      return 0;
    }
    const { failure } = asked;
    if (failure.kind !== 'too-many') {
      change(one, place, { state: 'failed', problem: { kind: failure.kind, detail: failure.detail } });
      return 0;
    }
    if (clock.now() - batch.createdAt > LONGEST_MS) {
      change(one, place, { state: 'failed', problem: { kind: 'too-many', detail: failure.detail } });
      return 0;
    }
    one.notBefore.set(place, clock.monotonic() + Math.min(failure.retryAfterMs, LONGEST_WAIT_MS));
    return failure.whose === 'target' ? 0 : Math.min(failure.retryAfterMs, LONGEST_WAIT_MS);
  };

  /** One go over what waits; answers how long to wait before the next, ms, or null when nothing waits any more. */
  const askForSome = async (one: Active, following: Map<number, Promise<void>>): Promise<number | null> => {
    const now = clock.monotonic();
    const waiting = one.items.filter(({ state, place }) => state === 'waiting' && !following.has(place));
    if (waiting.length === 0) return null;
    const due = waiting.filter(({ place }) => (one.notBefore.get(place) ?? 0) <= now).slice(0, AT_ONCE);
    if (due.length === 0) {
      const first = Math.min(...waiting.map(({ place }) => one.notBefore.get(place) ?? 0));
      return Math.max(1, Math.min(first - now, LONGEST_WAIT_MS));
    }
    const waits = await Promise.all(due.map(({ place }) => askFor(one, place)));
    for (const { place } of due) {
      const job = one.jobs.get(place);
      if (job === undefined || one.items[place]?.state !== 'begun') continue;
      const end = follow(one, place, job).then(async () => {
        following.delete(place);
        await flush(one);
      });
      following.set(place, end);
    }
    return Math.max(0, ...waits);
  };

  const finish = async (one: Active): Promise<void> => {
    const { batch } = one;
    for (;;) {
      try {
        const kept = { batch, items: one.items };
        const outcome = batch.report === null || house.report === null ? null : await house.report(kept);
        const ended = {
          endedAt: clock.now(),
          reportState: outcome?.state ?? null,
          reportDetail: outcome?.detail ?? null,
        };
        await store.end(batch.id, owner, ended);
        return;
      } catch (error) {
        log('error', 'a batch could not be ended and waits', { id: batch.id, error: String(error) });
        await pause(TROUBLE_MS);
        if (stop.signal.aborted || one.lost) return;
      }
    }
  };

  const work = async (one: Active): Promise<void> => {
    const following = new Map<number, Promise<void>>();
    for (const { place } of one.items) {
      const job = one.jobs.get(place);
      if (job === undefined || one.items[place]?.state !== 'begun') continue;
      following.set(
        place,
        follow(one, place, job).finally(() => following.delete(place)),
      );
    }
    while (!stop.signal.aborted && !one.lost) {
      let wait: number | null;
      try {
        wait = await askForSome(one, following);
      } catch (error) {
        log('error', 'a batch waits for the store', { id: one.batch.id, error: String(error) });
        wait = TROUBLE_MS;
      }
      const written = await flush(one);
      if (wait !== 0) one.firstGo.resolve();
      if (wait !== null) {
        if (wait > 0) await pause(wait);
      } else if (following.size > 0) await Promise.race(following.values());
      else if (written) return finish(one);
      else await pause(TROUBLE_MS);
    }
  };

  const begin = (one: Active): void => {
    active.set(one.batch.id, one);
    const working = work(one)
      .catch((error: unknown) => {
        log('error', 'a batch broke', {
          id: one.batch.id,
          error: error instanceof Error ? error.stack : String(error),
        });
      })
      .finally(() => {
        underWay.delete(working);
        one.firstGo.resolve();
        if (active.get(one.batch.id) === one) active.delete(one.batch.id);
      });
    underWay.add(working);
  };

  const takeUp = async (): Promise<void> => {
    if (active.size > 0) await store.renew(lease());
    const room = MAX_ACTIVE - active.size;
    if (room <= 0) return;
    for (const { batch, items } of await store.takeUp(lease(), clock.now(), room)) {
      if (active.has(batch.id)) continue;
      log('info', 'a batch of a process that ended is taken up', { id: batch.id });
      const one = activeOf(batch, [...items]);
      for (const { place, state, probe } of items) {
        if (state !== 'begun') continue;
        const job = probe === null ? null : await jobs.find(probe);
        if (job === null) change(one, place, { state: 'waiting', probe: null });
        else if (job.finishedAt !== null) settle(one, place, job);
        else one.jobs.set(place, job);
      }
      begin(one);
    }
  };
  let troubled = false;
  const round = async (): Promise<void> => {
    try {
      await takeUp();
      troubled = false;
    } catch (error) {
      if (!troubled) log('error', 'batches could not be looked after', { error: String(error) });
      troubled = true;
    }
    if (!stop.signal.aborted) cancelRound = clock.setTimer(RENEW_MS, () => void round());
  };
  const first = round();

  return {
    start: async (order, caller) => {
      if (stop.signal.aborted) return failed(tooMany({ kind: 'closing' }, 5_000));
      if (active.size >= MAX_ACTIVE) return failed(tooMany({ kind: 'batches-full' }, 30_000));
      const items = order.targets.map((target, place): BatchItem => {
        const asked = { target, options: order.options, fresh: order.fresh };
        const refused = jobs.refusalOf(asked, caller);
        const text = printable(target, MAX_TARGET_LENGTH);
        const item = {
          place,
          target: text,
          state: 'waiting',
          probe: null,
          tries: 0,
          value: null,
          problem: null,
        } as const;
        if (refused === null) return item;
        const kind = refused.kind === 'too-many' ? 'internal' : refused.kind;
        return { ...item, state: 'failed', problem: { kind, detail: refused.detail } };
      });
      const batch: BatchRecord = {
        id: order.id,
        caller: caller.key,
        anonymous: caller.anonymous,
        options: order.options,
        fresh: order.fresh,
        report: order.report,
        createdAt: clock.now(),
        endedAt: null,
        reportState: order.report === null ? null : 'waiting',
        reportDetail: null,
      };
      if (!(await store.create({ batch, items }, lease(), MAX_OF_CALLER)))
        return failed(tooMany({ kind: 'batches-of-client' }, 30_000));
      const one = activeOf(batch, items);
      begin(one);
      // So that the answer names the tests, where they can be begun at once.
      await Promise.race([one.firstGo.promise, pause(FIRST_GO_MS)]);
      return succeeded({ batch, items: one.items, jobs: one.jobs });
    },
    find: async (id) => {
      const one = active.get(id);
      if (one !== undefined) return { batch: one.batch, items: one.items, jobs: one.jobs };
      const kept = await store.find(id);
      return kept === null ? null : { ...kept, jobs: new Map() };
    },
    close: async () => {
      stop.abort();
      cancelRound();
      await first;
      await Promise.allSettled(underWay);
      await store.release(owner).catch((error: unknown) => {
        // Its lease ends all the same.
        log('error', 'batches could not be handed on', { error: String(error) });
      });
    },
  };
}

function activeOf(batch: BatchRecord, items: BatchItem[]): Active {
  const firstGo = Promise.withResolvers<void>();
  return { batch, items, jobs: new Map(), dirty: new Set(), notBefore: new Map(), lost: false, firstGo };
}

/** Resolves when nothing more is told of the test, or the signal comes. */
function trailOver({ trail }: Job, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let unfollow = (): void => {};
    const over = (): void => {
      unfollow();
      signal.removeEventListener('abort', over);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', over, { once: true });
    unfollow = trail.follow(trail.last(), () => {}, over);
  });
}
