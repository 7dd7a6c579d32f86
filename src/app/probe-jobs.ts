/**
 * Tests that people and scripts ask for over the web: admitted, queued, run, told step by step, kept, and used again for
 * a stated time (R57, R61).
 *
 *   1. admission: the target can be right, its port is allowed, its address too, and nobody asks too often
 *   2. reuse: the same test, running or done a short while ago, is the answer, unless it is wanted fresh
 *   3. a bounded queue whose position is told, then a bounded number of tests at one time
 *   4. every step is an event with a number, so that who lost the connection goes on behind the last one heard
 */
import type { Clock } from '../base/clock.ts';
import { addressScope } from '../base/ip-address.ts';
import type { Log } from '../base/log.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { ProbeOptions, ProbeRecord, RecordQuery, RecordStore } from '../probe/probe-record.ts';
import type { ProbeEvent } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import { parseTarget, showTargetDomain, type Target } from '../probe/target.ts';
import { type Allowance, createAllowance } from './allowance.ts';
import { createEventTrail, type EventTrail, type JobEvent } from './event-trail.ts';
import type { ProbeApps } from './probe-apps.ts';
import { BROKEN_OFF, type PassingReason, type Refusal, refuse, tooMany } from './refusal.ts';
import { unguessable } from './secrets.ts';

export interface JobLimits {
  /** Tests at one time. */
  readonly running: number;
  /** Tests that wait. */
  readonly waiting: number;
  /** New tests of one client: at once, and then one in so many ms. */
  readonly perClient: { readonly burst: number; readonly everyMs: number };
  /** New tests of one domain or server, whoever asks. */
  readonly perTarget: { readonly burst: number; readonly everyMs: number };
  /** For how long a result is given again, ms. */
  readonly reuseMs: number;
  /** Finished tests kept in memory with their events. */
  readonly remembered: number;
  /** The longest a test may run, ms. */
  readonly longestMs: number;
}

export const DEFAULT_LIMITS: JobLimits = {
  running: 50,
  waiting: 500,
  perClient: { burst: 20, everyMs: 6_000 },
  perTarget: { burst: 5, everyMs: 60_000 },
  reuseMs: 600_000,
  remembered: 1_000,
  longestMs: 300_000,
};

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

export interface Asked {
  readonly target: string;
  readonly options: Partial<ProbeOptions>;
  /** Not the result of a moment ago. */
  readonly fresh: boolean;
}

export interface Caller {
  /** Counted together: an address, or a token. */
  readonly key: string;
  /** Without a name nobody makes us speak to a mailbox. */
  readonly anonymous: boolean;
}

export type { Refusal } from './refusal.ts';

export interface Job {
  readonly id: string;
  readonly target: string;
  readonly domain: string;
  readonly listed: boolean;
  readonly options: ProbeOptions;
  readonly createdAt: number;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  /** In the queue, from 1; null once it runs. */
  readonly position: number | null;
  readonly finishedAt: number | null;
  readonly result: ProbeResult | null;
  readonly problem: string | null;
  readonly trail: EventTrail;
}

export interface Admitted {
  readonly job: Job;
  /** It was there before. */
  readonly reused: boolean;
}

export interface ProbeJobs {
  ask(asked: Asked, caller: Caller): Outcome<Admitted, Refusal>;
  /** From memory or the store; null for what nobody knows. */
  find(id: string): Promise<Job | null>;
  /** Resolves when the job has ended, or after `ms`. */
  settled(job: Job, ms: number): Promise<void>;
  list(query: RecordQuery): Promise<readonly ProbeRecord[]>;
  counts(): { readonly running: number; readonly waiting: number };
  /** Told of every test that ends. */
  onEnd(listener: (job: Job) => void): void;
  /** Takes nothing new, ends what waits, and waits for what runs at most so long. */
  close(patienceMs: number): Promise<void>;
  readonly limits: JobLimits;
}

type Running = { -readonly [Key in keyof Job]: Job[Key] } & { readonly key: string; readonly parsed: Target };

export const DEFAULT_OPTIONS: Omit<ProbeOptions, 'port'> = {
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  scan: false,
  rcpt: false,
  strictCn: false,
  family: 'any',
  timeout: 30,
};

export function createProbeJobs(house: JobsOptions): ProbeJobs {
  const { clock, limits, records, random } = house;
  const jobs = new Map<string, Running>();
  const byKey = new Map<string, Running>();
  const queue: Running[] = [];
  const perClient = createAllowance({ clock, ...limits.perClient });
  const perTarget = createAllowance({ clock, ...limits.perTarget });
  const listeners: ((job: Job) => void)[] = [];
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();

  const forget = (): void => {
    for (const [id, job] of jobs) {
      if (jobs.size <= limits.remembered + limits.running + limits.waiting) return;
      if (job.finishedAt === null) continue;
      jobs.delete(id);
      if (byKey.get(job.key) === job) byKey.delete(job.key);
    }
  };

  const end = (job: Running, outcome: Pick<Job, 'state' | 'result' | 'problem'>): void => {
    Object.assign(job, outcome, { finishedAt: clock.now(), position: null });
    if (outcome.state === 'done') job.trail.add('done', outcome.result);
    else job.trail.add('failed', { problem: outcome.problem });
    job.trail.end();
    const kept = records.save(recordOf(job)).catch((error: unknown) => {
      house.log('error', 'a result could not be kept', { id: job.id, error: String(error) });
    });
    underWay.add(kept);
    void kept.finally(() => underWay.delete(kept));
    for (const listener of listeners) listener(job);
    forget();
  };

  const run = async (job: Running): Promise<void> => {
    const limit = AbortSignal.any([stop.signal, deadlineOf(clock, limits.longestMs, job)]);
    const onEvent = (event: ProbeEvent): void => {
      if (event.kind === 'done') return;
      const { kind, ...told } = event;
      job.trail.add(kind, kind === 'host' && 'host' in told ? told.host : told);
    };
    try {
      const result = await house.apps.probe(job.options, requestOf(job), { signal: limit, onEvent });
      end(job, { state: 'done', result, problem: null });
    } catch (error) {
      house.log('error', 'a test broke', {
        id: job.id,
        error: error instanceof Error ? (error.stack ?? '') : String(error),
      });
      end(job, {
        state: 'failed',
        result: null,
        problem: BROKEN_OFF.fault,
      });
    }
  };

  let running = 0;
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

  const admit = (parsed: Target, options: ProbeOptions, { key: client }: Caller): Refusal | null => {
    const refused = refusalOf(house, parsed, options);
    if (refused !== null) return refused;
    if (queue.length >= limits.waiting) return tooMany({ kind: 'queue-full' }, 10_000);
    const place = String(
      parsed.server?.host === undefined
        ? showTargetDomain(parsed.domain)
        : typeof parsed.server.host === 'string'
          ? parsed.server.host
          : parsed.server.host.text,
    );
    return take(perClient, client, { kind: 'client-often' }) ?? take(perTarget, place, { kind: 'target-often', place });
  };

  return {
    limits,
    ask: (asked, caller) => {
      const parsed = parseTarget(asked.target);
      if (!parsed.ok) return failed(refuse({ kind: 'target', fault: parsed.failure }));
      if (stop.signal.aborted) return failed(tooMany({ kind: 'closing' }, 5_000));
      const options = { ...DEFAULT_OPTIONS, port: house.defaultPort, ...asked.options };
      if (options.rcpt && caller.anonymous) return failed(refuse({ kind: 'mailbox-of-stranger' }));
      const key = JSON.stringify([parsed.value.text, options]);
      const known = byKey.get(key);
      if (known !== undefined && mayReuse(known, asked.fresh, clock.now(), limits)) {
        return succeeded({ job: known, reused: true });
      }
      const refusal = admit(parsed.value, options, caller);
      if (refusal !== null) return failed(refusal);
      const job: Running = {
        id: unguessable(random),
        key,
        parsed: parsed.value,
        target: parsed.value.text,
        domain: showTargetDomain(parsed.value.domain),
        listed: parsed.value.mailbox === null,
        options,
        createdAt: clock.now(),
        state: 'queued',
        position: queue.length + 1,
        finishedAt: null,
        result: null,
        problem: null,
        trail: createEventTrail(),
      };
      jobs.set(job.id, job);
      byKey.set(key, job);
      queue.push(job);
      job.trail.add('queued', { position: queue.length });
      pump();
      return succeeded({ job, reused: false });
    },
    find: async (id) => {
      const job = jobs.get(id);
      if (job !== undefined) return job;
      const record = await records.find(id);
      return record === null ? null : jobOf(record);
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
      stop.abort();
      for (const job of queue.splice(0)) {
        end(job, { state: 'failed', result: null, problem: BROKEN_OFF.closing });
      }
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(patienceMs, resolve);
        void Promise.allSettled(underWay).then(() => {
          cancel();
          resolve();
        });
      });
      await house.apps.close();
    },
  };
}

/** Said where it matters: at the front, and now and then further back, so that a long queue does not write itself down. */
function tellPosition(job: Running, position: number): void {
  const before = job.position ?? position + 1;
  job.position = position;
  const notable = position <= 10 || Math.floor(position / 10) < Math.floor(before / 10);
  if (position < before && notable) job.trail.add('queued', { position });
}

function mayReuse(job: Running, fresh: boolean, now: number, { reuseMs }: JobLimits): boolean {
  // What runs is as fresh as it gets.
  if (job.finishedAt === null) return true;
  return !fresh && job.state === 'done' && now - job.finishedAt < reuseMs;
}

function refusalOf(house: JobsOptions, target: Target, options: ProbeOptions): Refusal | null {
  const port = target.server?.port ?? options.port;
  if (!house.ports.includes(port)) return refuse({ kind: 'port', port, ports: house.ports });
  const literals = [target.domain, target.server?.host].filter(
    (host) => host !== undefined && typeof host !== 'string',
  );
  const refused = literals.find((address) => house.privateAddresses === 'denied' && addressScope(address) !== 'global');
  if (refused === undefined) return null;
  return refuse({ kind: 'private-address', address: refused.text, scope: addressScope(refused) });
}

function take(allowance: Allowance, key: string, why: PassingReason): Refusal | null {
  const wait = allowance.take(key);
  return wait === null ? null : tooMany(why, wait);
}

/** Fires after `ms`, unless the job has ended before. */
function deadlineOf(clock: Clock, ms: number, job: Running): AbortSignal {
  const controller = new AbortController();
  const cancel = clock.setTimer(ms, () => controller.abort());
  job.trail.follow(job.trail.last(), () => {}, cancel);
  return controller.signal;
}

function requestOf({ parsed, options }: Running) {
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

/** A test of an earlier process: what it came to is known, the steps to it are not. */
function jobOf(record: ProbeRecord): Job {
  const trail = createEventTrail();
  if (record.result === null) trail.add('failed', { problem: record.problem });
  else trail.add('done', record.result);
  trail.end();
  return { ...record, state: record.result === null ? 'failed' : 'done', position: null, trail };
}

export type { JobEvent };
