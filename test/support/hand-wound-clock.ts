/**
 * A clock that stands until it is wound: timers fire in order, at the time they were set for.
 */
import type { Clock } from '../../src/base/clock.ts';

export interface HandWoundClock extends Clock {
  /** Moves the time on by `ms`, firing what is due. */
  wind(ms: number): void;
}

export function handWoundClock(startsAt = Date.UTC(2026, 10, 23)): HandWoundClock {
  let elapsed = 0;
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  return {
    now: () => startsAt + elapsed,
    monotonic: () => elapsed,
    setTimer: (afterMs, fire) => {
      const timer = { at: elapsed + afterMs, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    wind: (ms) => {
      const until = elapsed + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        elapsed = Math.max(elapsed, due.at);
        due.fire();
      }
      elapsed = until;
    },
  };
}
