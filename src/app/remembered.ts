/** Something read a moment ago and believed for a while: one reading at a time, however many ask. */
import type { Clock } from '../base/clock.ts';

export interface Remembered<Value> {
  /** As it is now, or was at most so long ago; rejects as the reading does. */
  read(): Promise<Value>;
  /** It changed: what was read, or is being read, counts no more. */
  forget(): void;
}

export interface RememberedOptions<Value> {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly forMs: number;
  readonly load: () => Promise<Value>;
}

export function remembered<Value>({ clock, forMs, load }: RememberedOptions<Value>): Remembered<Value> {
  let current: { readonly value: Promise<Value>; readonly at: number } | null = null;
  return {
    read: () => {
      const now = clock.monotonic();
      if (current !== null && now - current.at < forMs) return current.value;
      const reading = { value: load(), at: now };
      current = reading;
      // A reading that failed is not believed.
      reading.value.catch(() => {
        if (current === reading) current = null;
      });
      return reading.value;
    },
    forget: () => {
      current = null;
    },
  };
}
