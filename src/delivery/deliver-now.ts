/**
 * `delivernow` (R116, R125): whatever waits, of one destination or of all, is tried at once, also where its hosts were down.
 * For all, the limits begin anew. It goes through the store, so that every process that delivers follows.
 */
import type { QueueStore } from './queue-store.ts';

/** Answers how many recipients are tried earlier than they would have been. */
export async function deliverAtOnce(
  store: Pick<QueueStore, 'resetLimits' | 'markUp' | 'retryNow'>,
  destination: string | null,
  now: number,
): Promise<number> {
  if (destination === null) {
    await store.resetLimits();
    return await store.retryNow({ all: true }, now);
  }
  await store.markUp(destination, now);
  return await store.retryNow({ destination }, now);
}
