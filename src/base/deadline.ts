import type { Clock } from './clock.ts';

/**
 * A bound on a wait: an `AbortSignal` that fires when the time is up or when the parent gives up, whichever is first.
 * Deadlines nest: a stage inside a session inside a run. The time is absolute, so a peer that dribbles single bytes
 * gains nothing by it.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The length it was started with, ms. */
  readonly afterMs: number;
  /** Milliseconds left, 0 when over. */
  remainingMs(): number;
  /** True once the time ran out (not when the parent cancelled). */
  expired(): boolean;
  /** Stops the timer. Every deadline is disposed of by whoever started it. */
  dispose(): void;
}

/** Starts a deadline of `afterMs` ms under an optional parent signal. */
export function startDeadline(clock: Clock, afterMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = clock.monotonic() + afterMs;
  let expired = false;
  const cancelTimer = clock.setTimer(afterMs, () => {
    expired = true;
    controller.abort();
  });
  const onParent = (): void => controller.abort();
  if (parent !== undefined) {
    if (parent.aborted) controller.abort();
    else parent.addEventListener('abort', onParent, { once: true });
  }
  return {
    signal: controller.signal,
    afterMs,
    remainingMs: () => Math.max(0, endsAt - clock.monotonic()),
    expired: () => expired,
    dispose: () => {
      cancelTimer();
      parent?.removeEventListener('abort', onParent);
    },
  };
}
