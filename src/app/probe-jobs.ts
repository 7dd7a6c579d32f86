/**
 * Tests that people and scripts ask for over the web: admitted, queued, run, told step by step, kept, and used again for
 * a stated time (R57, R61).
 *
 *   1. admission: the target can be right, its port is allowed, its address too, and nobody asks too often
 *   2. reuse: the same test, running or done a short while ago, is the answer, unless it is wanted fresh; what is not in
 *      memory is looked for in the store, where other processes keep theirs
 *   3. on record as under way before anybody is told its name: when this process dies, the test ends as failed
 *   4. a bounded queue whose position is told, then a bounded number of tests at one time
 *   5. every step is an event with a number, so that who lost the connection goes on behind the last one heard
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { ProbeOptions, ProbeRecord, RecordQuery, RecordStore } from '../probe/probe-record.ts';
import type { ProbeEvent } from '../probe/request.ts';
import { parseTarget, showTargetDomain, type Target } from '../probe/target.ts';
import { createEventTrail, type JobEvent } from './event-trail.ts';
import { createAdmission } from './probe-admission.ts';
import type { ProbeApps } from './probe-apps.ts';
import {
  type Admitted,
  type Asked,
  type Caller,
  DEFAULT_OPTIONS,
  type Job,
  type JobLimits,
  jobOf,
  tellEnd,
} from './probe-job.ts';
import { BROKEN_OFF, type Refusal, refuse, tooMany } from './refusal.ts';
import { createResultKeeper } from './result-keeper.ts';
import { digestOf, unguessable } from './secrets.ts';
import { createTestsElsewhere } from './tests-elsewhere.ts';

export interface JobsOptions {
  readonly apps: ProbeApps;
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly privateAddresses: 'allowed' | 'denied';
  /** Ports a test may go to. */
  readonly ports: readonly number[];
  readonly defaultPort: number;
  readonly limits: JobLimits;
}

export interface ProbeJobs {
  /** Rejects with `StoreTrouble` where a new test cannot be put on record; then none was begun. */
  ask(asked: Asked, caller: Caller): Promise<Outcome<Admitted, Refusal>>;
  /** What would never be tested, without testing anything. */
  refusalOf(asked: Asked, caller: Caller): Refusal | null;
  /** How long somebody who was told to wait has still to wait, ms; null: not at all. */
  waitOf(caller: Caller): number | null;
  /** From memory or the store, made here or by another process; null for what nobody knows. */
  find(id: string): Promise<Job | null>;
  /** Resolves when the job has ended, or after `ms`. */
  settled(job: Job, ms: number): Promise<void>;
  list(query: RecordQuery): Promise<readonly ProbeRecord[]>;
  counts(): { readonly running: number; readonly waiting: number };
  /** Told of every test that ends here. */
  onEnd(listener: (job: Job) => void): void;
  /** Takes nothing new, ends what waits, waits for what runs at most so long, and cuts the rest short. */
  close(patienceMs: number): Promise<void>;
  readonly limits: JobLimits;
}

/** What is cut short at the end may take so long to notice, ms. */
const CUT_MS = 1_000;
/** Clocks of several machines differ; a result from further ahead was made before somebody set the clock back, ms. */
const AHEAD_MS = 60_000;

type Running = { -readonly [Key in keyof Job]: Job[Key] } & { readonly key: string };
type Beginning = Running & { readonly parsed: Target };

export function createProbeJobs(house: JobsOptions): ProbeJobs {
  const { clock, limits, records, random } = house;
  const owner = unguessable(random);
  const jobs = new Map<string, Running>();
  const byKey = new Map<string, Running>();
  /** Keys of tests that are being put on record. */
  const beginning = new Map<string, Promise<void>>();
  const queue: Beginning[] = [];
  const admission = createAdmission(house);
  const elsewhere = createTestsElsewhere(records, clock);
  const listeners: ((job: Job) => void)[] = [];
  const cut = new AbortController();
  const underWay = new Set<Promise<void>>();
  let closing = false;
  let running = 0;
  const keeper = createResultKeeper({
    records,
    clock,
    log: house.log,
    owner,
    underWay: () => running + queue.length,
  });

  const remember = (job: Running): void => {
    jobs.set(job.id, job);
    byKey.set(job.key, job);
    for (const [id, other] of jobs) {
      if (jobs.size <= limits.remembered + limits.running + limits.waiting) return;
      if (other.finishedAt === null) continue;
      jobs.delete(id);
      if (byKey.get(other.key) === other) byKey.delete(other.key);
    }
  };

  const end = (job: Running, outcome: Pick<Job, 'state' | 'result' | 'problem'>): void => {
    if (job.finishedAt !== null) return;
    Object.assign(job, outcome, { finishedAt: clock.now(), position: null });
    tellEnd(job.trail, outcome);
    const kept = keeper.keep(recordOf(job), digestOf(job.key)).finally(() => underWay.delete(kept));
    underWay.add(kept);
    for (const listener of listeners) listener(job);
  };

  const run = async (job: Beginning): Promise<void> => {
    const limit = AbortSignal.any([cut.signal, deadlineOf(clock, limits.longestMs, job)]);
    const onEvent = (event: ProbeEvent): void => {
      if (event.kind === 'done') return;
      const { kind, ...told } = event;
      job.trail.add(kind, kind === 'host' && 'host' in told ? told.host : told);
    };
    try {
      const result = await house.apps.probe(job.options, requestOf(job), { signal: limit, onEvent });
      // What was cut short says nothing of the target.
      if (cut.signal.aborted) end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      else end(job, { state: 'done', result, problem: null });
    } catch (error) {
      if (cut.signal.aborted) return end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      house.log('error', 'a test broke', {
        id: job.id,
        error: error instanceof Error ? (error.stack ?? '') : String(error),
      });
      end(job, { state: 'failed', result: null, problem: BROKEN_OFF.fault });
    }
  };

  const pump = (): void => {
    while (running < limits.running) {
      const job = queue.shift();
      if (job === undefined) break;
      running += 1;
      Object.assign(job, { state: 'running', position: null });
      const work = run(job).finally(() => {
        running -= 1;
        underWay.delete(work);
        pump();
      });
      underWay.add(work);
    }
    for (const [index, job] of queue.entries()) tellPosition(job, index + 1);
  };

  const begin = async (
    { target, options, key }: Reading,
    { fresh, id: wanted, patient = false }: Asked,
    caller: Caller,
  ): Promise<Outcome<Admitted, Refusal>> => {
    const digest = digestOf(key);
    if (!fresh) {
      const kept = await records.recent(digest, clock.now() - limits.reuseMs);
      const job = kept === null ? null : { ...jobOf(kept), key };
      if (job !== null && mayReuse(job, false, clock.now(), limits)) {
        remember(job);
        return succeeded({ job, reused: true });
      }
    }
    // Those that are being put on record will run or wait, too; this one is among them.
    if (queue.length + beginning.size > limits.waiting + limits.running - running)
      return failed(tooMany({ kind: 'queue-full' }, 10_000));
    const refused = admission.take(target, caller, patient);
    if (refused !== null) return failed(refused);
    const createdAt = clock.now();
    const id = wanted ?? unguessable(random);
    const domain = showTargetDomain(target.domain);
    const row = { id, target: target.text, domain, listed: target.mailbox === null, options, createdAt };
    const on = await records.begin({ ...row, key: digest, owner, leaseUntil: keeper.leaseUntil() }, createdAt);
    if (on.id !== id) return succeeded({ job: jobs.get(on.id) ?? elsewhere.watch(on), reused: true });
    const job: Beginning = {
      ...row,
      key,
      parsed: target,
      state: 'queued',
      position: queue.length + 1,
      finishedAt: null,
      result: null,
      problem: null,
      trail: createEventTrail(),
    };
    remember(job);
    if (closing) {
      end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      return succeeded({ job, reused: false });
    }
    queue.push(job);
    job.trail.add('queued', { position: queue.length });
    pump();
    return succeeded({ job, reused: false });
  };

  const read = (asked: Asked, caller: Caller): Outcome<Reading, Refusal> => {
    const parsed = parseTarget(asked.target);
    if (!parsed.ok) return failed(refuse({ kind: 'target', fault: parsed.failure }));
    const target = parsed.value;
    const options = { ...DEFAULT_OPTIONS, port: house.defaultPort, ...asked.options };
    const refused = admission.refusalOf(target, options, caller);
    return refused === null
      ? succeeded({ target, options, key: JSON.stringify([target.text, options]) })
      : failed(refused);
  };

  return {
    limits,
    ask: async (asked, caller) => {
      const reading = read(asked, caller);
      if (!reading.ok) return reading;
      const { key } = reading.value;
      for (;;) {
        if (closing) return failed(tooMany({ kind: 'closing' }, 5_000));
        const known = byKey.get(key);
        if (known !== undefined && mayReuse(known, asked.fresh, clock.now(), limits)) {
          return succeeded({ job: known, reused: true });
        }
        const other = beginning.get(key);
        if (other === undefined) break;
        await other;
      }
      const over = Promise.withResolvers<void>();
      beginning.set(key, over.promise);
      try {
        return await begin(reading.value, asked, caller);
      } finally {
        beginning.delete(key);
        over.resolve();
      }
    },
    refusalOf: (asked, caller) => {
      const reading = read(asked, caller);
      return reading.ok ? null : reading.failure;
    },
    waitOf: (caller) => admission.waitOf(caller),
    find: async (id) => {
      const job = jobs.get(id);
      if (job !== undefined) return job;
      const record = await records.find(id);
      if (record !== null) return jobOf(record);
      return elsewhere.find(id);
    },
    settled: (job, ms) =>
      new Promise((resolve) => {
        if (job.finishedAt !== null) return resolve();
        const over = (): void => {
          cancel();
          unfollow();
          resolve();
        };
        const cancel = clock.setTimer(ms, over);
        const unfollow = job.trail.follow(job.trail.last(), () => {}, over);
      }),
    list: (query) => records.list(query),
    counts: () => ({ running, waiting: queue.length }),
    onEnd: (listener) => void listeners.push(listener),
    close: async (patienceMs) => {
      closing = true;
      elsewhere.close();
      await Promise.allSettled(beginning.values());
      for (const job of queue.splice(0)) end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      const over = async (): Promise<void> => {
        while (underWay.size > 0) await Promise.allSettled(underWay);
      };
      if (!(await within(clock, patienceMs, over()))) {
        cut.abort();
        await within(clock, CUT_MS, over());
        for (const job of jobs.values()) end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      }
      await keeper.close();
      await house.apps.close();
    },
  };
}

interface Reading {
  readonly target: Target;
  readonly options: ProbeOptions;
  readonly key: string;
}

/** Whether it was over before `ms` had passed. */
function within(clock: Clock, ms: number, work: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(ms, () => resolve(false));
    void work.then(() => {
      cancel();
      resolve(true);
    });
  });
}

/** Said where it matters: at the front, and now and then further back, so that a long queue does not write itself down. */
function tellPosition(job: Beginning, position: number): void {
  const before = job.position ?? position + 1;
  job.position = position;
  const notable = position <= 10 || Math.floor(position / 10) < Math.floor(before / 10);
  if (position < before && notable) job.trail.add('queued', { position });
}

function mayReuse(job: Running, fresh: boolean, now: number, { reuseMs }: JobLimits): boolean {
  // What runs is as fresh as it gets.
  if (job.finishedAt === null) return true;
  const age = now - job.finishedAt;
  return !fresh && job.state === 'done' && age < reuseMs && age > -AHEAD_MS;
}

/** Fires after `ms`, unless the job has ended before. */
function deadlineOf(clock: Clock, ms: number, job: Running): AbortSignal {
  const controller = new AbortController();
  const cancel = clock.setTimer(ms, () => controller.abort());
  job.trail.follow(job.trail.last(), () => {}, cancel);
  return controller.signal;
}

function requestOf({ parsed, options }: Beginning) {
  const { quick, ignoreNoConnect, assureTls, mtaSts, dane, strictCn, rcpt } = options;
  return {
    target: parsed,
    rcpt: rcpt ? 'yes' : 'no',
    quick,
    ignoreNoConnect,
    assureTls,
    mtaSts,
    dane,
    strictCn,
    seed: null,
  } as const;
}

function recordOf(job: Running): ProbeRecord {
  const { id, target, domain, listed, options, createdAt, result, problem } = job;
  return { id, target, domain, listed, options, createdAt, finishedAt: job.finishedAt ?? createdAt, result, problem };
}

export {
  type Admitted,
  type Asked,
  type Caller,
  DEFAULT_LIMITS,
  DEFAULT_OPTIONS,
  type Job,
  type JobLimits,
} from './probe-job.ts';
export type { JobEvent };
