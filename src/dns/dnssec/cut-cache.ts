/**
 * What is known of zone cuts, for as long as its owners said, in bounded memory.
 */
import type { Clock } from '../../base/clock.ts';
import { MAX_CACHED_CUTS } from './limits.ts';

export interface CutCache<Value> {
  get(name: string): Value | null;
  /** Keeps `value` for `ttl` seconds; not at all where that is 0. */
  put(name: string, value: Value, ttl: number): void;
  readonly size: number;
}

export function createCutCache<Value>(clock: Clock, most = MAX_CACHED_CUTS): CutCache<Value> {
  const entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>();
  return {
    get size() {
      return entries.size;
    },
    get(name) {
      const entry = entries.get(name);
      if (entry === undefined) return null;
      entries.delete(name);
      if (clock.monotonic() >= entry.expiresAt) return null;
      // Put back at the end: a Map keeps its order, so the first entry is the one unused for longest.
      entries.set(name, entry);
      return entry.value;
    },
    put(name, value, ttl) {
      if (!(ttl > 0)) return;
      entries.delete(name);
      entries.set(name, { value, expiresAt: clock.monotonic() + ttl * 1000 });
      if (entries.size <= most) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },
  };
}
