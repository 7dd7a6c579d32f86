/**
 * Many jobs, a few at a time, their results handed out one by one: as they finish, or in the order of the jobs within a
 * bounded window. Memory does not grow with the number of jobs.
 */

/** Results that may wait for an earlier one, for each job at work. */
export const WINDOW_PER_JOB = 4;

export interface BatchRequest<Job, Result> {
  readonly jobs: Iterable<Job>;
  readonly concurrency: number;
  readonly keepOrder: boolean;
  /** No new job is begun once it fires. */
  readonly signal: AbortSignal;
  readonly run: (job: Job) => Promise<Result>;
  /** Never called twice at the same time; the next jobs wait while it does. */
  readonly emit: (result: Result, job: Job) => Promise<void>;
}

export async function runBatch<Job, Result>(request: BatchRequest<Job, Result>): Promise<void> {
  const { concurrency, keepOrder, signal, run, emit } = request;
  const jobs = request.jobs[Symbol.iterator]();
  const window = concurrency * WINDOW_PER_JOB;
  const finished = new Map<number, { readonly job: Job; readonly result: Result }>();
  let begun = 0;
  let emitted = 0;
  let emitting: Promise<void> = Promise.resolve();
  let waiting: (() => void)[] = [];

  const write = (job: Job, result: Result): Promise<void> => {
    emitting = emitting.then(() => emit(result, job));
    return emitting;
  };
  const writeReady = async (): Promise<void> => {
    for (let next = finished.get(emitted); next !== undefined; next = finished.get(emitted)) {
      finished.delete(emitted);
      emitted++;
      void write(next.job, next.result);
    }
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
    await emitting;
  };
  const worker = async (): Promise<void> => {
    while (!signal.aborted) {
      while (keepOrder && begun - emitted >= window) await new Promise<void>((resolve) => waiting.push(resolve));
      const next = jobs.next();
      if (next.done === true) return;
      const index = begun++;
      const result = await run(next.value);
      if (keepOrder) {
        finished.set(index, { job: next.value, result });
        await writeReady();
      } else await write(next.value, result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
