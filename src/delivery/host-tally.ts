/**
 * What is counted for each destination, gathered for a moment so that counting costs no commit for each message: `hoststatus`
 * and `tophosts` show it a moment later, and a process that dies takes that moment along. Figures for people alone.
 */
import type { Clock } from '../base/clock.ts';
import type { HostCounter, QueueStore } from './queue-store.ts';

/** ms after which what was counted stands in the store. */
export const TALLY_DELAY_MS = 1_000;

interface Counted {
  readonly counters: Partial<Record<HostCounter, number>>;
  last5xx: string | null;
}

export interface HostTallyOptions {
  readonly store: Pick<QueueStore, 'count'>;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export class HostTally {
  readonly #is: HostTallyOptions;
  #counted = new Map<string, Counted>();
  #cancelTimer: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: HostTallyOptions) {
    this.#is = options;
  }

  add(destination: string, counters: Partial<Record<HostCounter, number>>, last5xx: string | null): void {
    const counted = this.#counted.get(destination) ?? { counters: {}, last5xx: null };
    this.#counted.set(destination, counted);
    for (const [counter, count] of Object.entries(counters) as [HostCounter, number][]) {
      counted.counters[counter] = (counted.counters[counter] ?? 0) + count;
    }
    counted.last5xx = last5xx ?? counted.last5xx;
    this.#cancelTimer ??= this.#is.clock.setTimer(TALLY_DELAY_MS, () => {
      void this.flush();
    });
  }

  /** Resolves when what was counted so far is in the store, or waits for a better time. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** What could not be written is given up. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  async #write(): Promise<void> {
    const { store, clock, onTrouble } = this.#is;
    const counted = this.#counted;
    this.#counted = new Map();
    await Promise.all(
      [...counted].map(async ([destination, { counters, last5xx }]) => {
        try {
          await store.count(destination, counters, last5xx, clock.now());
        } catch (error) {
          onTrouble(error);
          if (!this.#closed) this.add(destination, counters, last5xx);
        }
      }),
    );
  }
}
