/**
 * When a recipient is tried again, and when it is given up (specification 2.h, R108). Pure.
 *
 * Attempts stand at t0 = 0, t1 = initial wait, t(n+1) = t(n) + min(longest wait, t(n)), counted from the moment the
 * message was accepted: 0, 60, 120, 240, 480 s … and then each hour. It is given up when the retries are used up, or
 * when its time in the queue is over, whichever comes first; the latter without a further attempt.
 */
import type { BounceProfile } from './settings.ts';

type Waits = Pick<BounceProfile, 'maxRetries' | 'maxQueueSeconds' | 'initialRetrySeconds' | 'maxRetrySeconds'>;

export interface Tried {
  readonly profile: Waits;
  /** Wall-clock ms. */
  readonly acceptedAt: number;
  /** Attempts made so far, the one that just failed included. */
  readonly attempts: number;
  readonly now: number;
}

export type NextStep =
  /** `at`: wall-clock ms; never in the past, never behind the end of its time in the queue. */
  | { readonly kind: 'retry'; readonly at: number }
  | { readonly kind: 'give-up'; readonly why: 'retries' | 'time-in-queue' };

/** A retry is never closer than this, ms: an attempt that came late must not be followed by a burst of others. */
export const SHORTEST_WAIT_MS = 1_000;

/** What follows an attempt that failed for now. */
export function nextStep({ profile, acceptedAt, attempts, now }: Tried): NextStep {
  if (attempts > profile.maxRetries) return { kind: 'give-up', why: 'retries' };
  const end = expiresAt(profile, acceptedAt);
  if (now >= end) return { kind: 'give-up', why: 'time-in-queue' };
  const planned = plannedAt(profile, acceptedAt, attempts);
  // A late attempt keeps the distance that the plan has at this point, so that the growth does not collapse.
  const distance = planned - plannedAt(profile, acceptedAt, attempts - 1);
  const at = planned > now ? planned : now + Math.max(SHORTEST_WAIT_MS, distance);
  return { kind: 'retry', at: Math.min(at, end) };
}

/** When its time in the queue is over: from then it bounces without being tried again. Wall-clock ms. */
export function expiresAt({ maxQueueSeconds }: Pick<Waits, 'maxQueueSeconds'>, acceptedAt: number): number {
  return acceptedAt + maxQueueSeconds * 1000;
}

/** Of attempt number `index`, counted from 0. Wall-clock ms. */
export function plannedAt({ initialRetrySeconds, maxRetrySeconds }: Waits, acceptedAt: number, index: number): number {
  if (index <= 0) return acceptedAt;
  const initial = Math.max(initialRetrySeconds, SHORTEST_WAIT_MS / 1000);
  const most = Math.max(maxRetrySeconds, SHORTEST_WAIT_MS / 1000);
  let elapsed = initial;
  for (let step = 1; step < index; step += 1) {
    // From here on every step is the longest wait: no need to count them one by one.
    if (elapsed >= most) return acceptedAt + (elapsed + (index - step) * most) * 1000;
    elapsed += Math.min(most, elapsed);
  }
  return acceptedAt + elapsed * 1000;
}
