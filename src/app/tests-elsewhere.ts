/**
 * Tests that another process of the installation makes: followed by looking into the store, so that whoever asks here is
 * told of the end, if not of the steps. One whose process died ends as failed.
 */
import type { Clock } from '../base/clock.ts';
import { isAlive, RESTARTED, type RecordStore, type UnderWay } from '../probe/probe-record.ts';
import { createEventTrail } from './event-trail.ts';
import { type Job, jobOf, tellEnd } from './probe-job.ts';

/** How often the store is looked at, ms. */
export const LOOK_MS = 1_000;
/** Tests looked at; of one more than this the state is told once, and its stream ends: a browser comes back for it. */
const MAX_WATCHED = 500;

export interface TestsElsewhere {
  /** The test as a job that ends when the other process has ended it. */
  watch(test: UnderWay): Job;
  /** By its id, from the store alone; null for what is not under way. */
  find(id: string): Promise<Job | null>;
  close(): void;
}

type Ending = Pick<Job, 'state' | 'finishedAt' | 'result' | 'problem'>;

export function createTestsElsewhere(records: RecordStore, clock: Clock): TestsElsewhere {
  const watched = new Map<string, { readonly job: Job; stop: () => void }>();

  const end = (job: Job, { state, finishedAt, result, problem }: Ending): void => {
    watched.delete(job.id);
    Object.assign(job, { state, finishedAt, result, problem });
    tellEnd(job.trail, { result, problem });
  };
  const look = async (job: Job): Promise<void> => {
    const record = await records.find(job.id);
    if (record !== null) return end(job, jobOf(record));
    const test = await records.underWay(job.id);
    const now = clock.now();
    if (test !== null && isAlive(test, now)) return;
    if (test !== null) await records.giveUp(now);
    // Its result may have come in between the two looks.
    const late = await records.find(job.id);
    if (late !== null) return end(job, jobOf(late));
    if (test === null) end(job, { state: 'failed', finishedAt: now, result: null, problem: RESTARTED });
  };
  const lookLater = (job: Job): void => {
    const entry = watched.get(job.id);
    if (entry === undefined) return;
    entry.stop = clock.setTimer(LOOK_MS, () => {
      // A store in trouble is asked again the next time.
      void look(job)
        .catch(() => {})
        .then(() => lookLater(job));
    });
  };
  const watch = (test: UnderWay): Job => {
    const known = watched.get(test.id);
    if (known !== undefined) return known.job;
    const { id, target, domain, listed, options, createdAt } = test;
    const job: Job = {
      id,
      target,
      domain,
      listed,
      options,
      createdAt,
      state: 'running',
      position: null,
      finishedAt: null,
      result: null,
      problem: null,
      trail: createEventTrail(),
    };
    if (watched.size >= MAX_WATCHED) job.trail.end();
    else {
      watched.set(id, { job, stop: () => {} });
      lookLater(job);
    }
    return job;
  };
  return {
    watch,
    find: async (id) => {
      const test = await records.underWay(id);
      if (test === null) {
        // It may have ended between the two looks of whoever asks.
        const record = await records.find(id);
        return record === null ? null : jobOf(record);
      }
      const now = clock.now();
      if (isAlive(test, now)) return watch(test);
      await records.giveUp(now);
      const record = await records.find(id);
      return record === null ? watch(test) : jobOf(record);
    },
    close: () => {
      for (const { job, stop } of watched.values()) {
        stop();
        job.trail.end();
      }
      watched.clear();
    },
  };
}
