/** How often somebody may do something: a bucket per key that refills evenly, in a bounded number of buckets. */
import type { Clock } from '../base/clock.ts';

export interface AllowanceOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** At once, after a rest. */
  readonly burst: number;
  /** Then one in every so many ms. */
  readonly everyMs: number;
}

export interface Allowance {
  /** Takes one; null when it was there, else how many ms it takes until there is one. */
  take(key: string): number | null;
  /** What `take` would answer, without taking. */
  wait(key: string): number | null;
}

/** More keys than this are strangers passing by: the one that rested longest is forgotten. */
const MAX_KEYS = 50_000;

export function createAllowance({ clock, burst, everyMs }: AllowanceOptions): Allowance {
  /** When the bucket of a key will be full again, the longest rested first. */
  const fullAt = new Map<string, number>();
  const look = (key: string): { readonly wait: number | null; readonly after: number } => {
    const now = clock.monotonic();
    const full = Math.max(now, fullAt.get(key) ?? now);
    const wait = full - now - (burst - 1) * everyMs;
    // Less than a millisecond is what sums of fractions leave over.
    return { wait: wait >= 1 ? wait : null, after: full + everyMs };
  };
  return {
    wait: (key) => look(key).wait,
    take: (key) => {
      const { wait, after } = look(key);
      if (wait !== null) return wait;
      fullAt.delete(key);
      fullAt.set(key, after);
      if (fullAt.size > MAX_KEYS)
        for (const oldest of fullAt.keys()) {
          fullAt.delete(oldest);
          break;
        }
      return null;
    },
  };
}
