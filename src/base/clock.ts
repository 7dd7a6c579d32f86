/**
 * Time as the rest of the house sees it. `app/world.ts` supplies the real clock; tests wind their own by hand.
 */
export interface Clock {
  /** Wall-clock time in ms since the epoch: for dates people read and for certificate validity. */
  now(): number;
  /** Monotonic time in ms, with fractions: for durations and deadlines. Its zero means nothing. */
  monotonic(): number;
  /** Calls `fire` once after `afterMs` (ms); the returned function cancels it. */
  setTimer(afterMs: number, fire: () => void): () => void;
}
