/**
 * The destinations with something waiting, one small entry for each, whatever the number of recipients behind it: when
 * each is due, in which order those that are due get their turn, and how many connections each one may have at a time.
 */

export interface LaneEntry {
  readonly destination: string;
  /** When its next recipient is due, wall-clock ms; infinite while nothing is known to wait. */
  nextAt: number;
  /** Left alone until then, ms: its hosts did not answer, or a limit is used up. 0: not at all. */
  restingUntil: number;
  /** Workers at it now. */
  workers: number;
  /** Workers it may have: grows with each success, shrinks with each failure. */
  window: number;
  /** Whether it stands in the queue of those that are due. */
  queued: boolean;
  /** Its hosts did not answer when they were tried last; null: nobody has looked yet. */
  down: boolean | null;
  /** Something came in while it had all the workers it may have: one of them looks again when it is done. */
  again: boolean;
  /** When it was last looked whether the rest is over, ms. */
  reconsideredAt: number;
  /** That look is about to happen. */
  reconsidering: boolean;
}

/** Connections to begin with, before anything is known of a destination. */
export const INITIAL_WINDOW = 5;

export class Lanes {
  readonly #entries = new Map<string, LaneEntry>();
  /** A binary heap of due times; an entry that has moved since leaves its old place behind, which is skipped. */
  readonly #heap: { readonly at: number; readonly destination: string }[] = [];
  /** Due, first come first served: a destination with much to do goes to the end after each turn. */
  readonly #due = new Line();
  /** Due, and known to have been down: they must not stand in the way of the others. */
  readonly #suspects = new Line();

  get size(): number {
    return this.#entries.size;
  }

  find(destination: string): LaneEntry | undefined {
    return this.#entries.get(destination);
  }

  /** Something of this destination is due at `at`, or earlier than was known. */
  expect(destination: string, at: number): LaneEntry {
    let entry = this.#entries.get(destination);
    if (entry === undefined) {
      entry = {
        destination,
        nextAt: Number.POSITIVE_INFINITY,
        restingUntil: 0,
        workers: 0,
        window: INITIAL_WINDOW,
        queued: false,
        down: null,
        again: false,
        reconsideredAt: 0,
        reconsidering: false,
      };
      this.#entries.set(destination, entry);
    }
    const due = Math.max(at, entry.restingUntil);
    if (due < entry.nextAt) this.schedule(entry, due);
    return entry;
  }

  /** From now on the next recipient is due at `at`, whatever was known before. */
  schedule(entry: LaneEntry, at: number): void {
    entry.nextAt = at;
    if (at < Number.POSITIVE_INFINITY) this.#push({ at, destination: entry.destination });
  }

  /** Nothing is due before `until`. */
  rest(entry: LaneEntry, until: number): void {
    entry.restingUntil = until;
    if (entry.nextAt < until) this.schedule(entry, until);
  }

  /** Nothing is known of it any more, unless somebody has said something meanwhile. */
  forget(entry: LaneEntry): void {
    if (entry.workers === 0 && !entry.queued && entry.nextAt === Number.POSITIVE_INFINITY)
      this.#entries.delete(entry.destination);
  }

  /** Its rest is over, and whatever waits may be due. */
  wake(entry: LaneEntry, now: number): void {
    entry.restingUntil = 0;
    if (entry.nextAt > now) this.schedule(entry, now);
  }

  /** Those that have become due take their place in the queue. */
  ripen(now: number): void {
    for (let top = this.#heap[0]; top !== undefined && top.at <= now; top = this.#heap[0]) {
      this.#pop();
      const entry = this.#entries.get(top.destination);
      if (entry === undefined || entry.nextAt !== top.at || entry.queued) continue;
      entry.queued = true;
      (entry.down === true ? this.#suspects : this.#due).push(entry);
    }
  }

  /** The next destination in turn, one that was down only where `suspects` says so; undefined when none is due. */
  take(suspects: boolean): LaneEntry | undefined {
    const entry = this.#due.take() ?? (suspects ? this.#suspects.take() : undefined);
    if (entry !== undefined) entry.queued = false;
    return entry;
  }

  /** Whether one that is not known to be down waits for its turn. */
  get waiting(): boolean {
    return this.#due.length > 0;
  }

  /** When something will be due next, ms; null for never. */
  nextAt(): number | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const entry = this.#entries.get(top.destination);
      if (entry !== undefined && entry.nextAt === top.at && !entry.queued) return top.at;
      this.#pop();
    }
    return null;
  }

  #push(item: { readonly at: number; readonly destination: string }): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= item.at) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      if (left === undefined) break;
      const right = heap[2 * at + 2];
      const child = right !== undefined && right.at < left.at ? 2 * at + 2 : 2 * at + 1;
      const smaller = heap[child];
      if (smaller === undefined || smaller.at >= last.at) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = last;
  }
}

/** First in, first out, without moving everything at each step. */
class Line {
  #entries: LaneEntry[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: LaneEntry): void {
    this.#entries.push(entry);
  }

  take(): LaneEntry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}
