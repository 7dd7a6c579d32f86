/**
 * What the queue does while its store cannot be used: a full disk, a database that is away. It is said once; nothing new
 * is begun; what became of messages is told again and again until it is noted; and it is said when it works again.
 */
import type { Clock } from '../base/clock.ts';
import type { OnDeliveryEvent } from './events.ts';

/** Waits between tries, ms; each is twice as long as the one before. */
export const FIRST_TROUBLE_WAIT_MS = 500;
export const LONGEST_TROUBLE_WAIT_MS = 30_000;

export interface TroubleOptions {
  readonly clock: Clock;
  readonly emit: OnDeliveryEvent;
  /** Writes something that needs room: resolves when the store can be used. */
  readonly tryOut: () => Promise<void>;
  readonly onRecovered: () => void;
  /** The process ends: nobody waits any more. */
  readonly signal: AbortSignal;
}

export class StoreTroubles {
  readonly #is: TroubleOptions;
  #lasting = false;

  constructor(options: TroubleOptions) {
    this.#is = options;
  }

  get lasting(): boolean {
    return this.#lasting;
  }

  /** Keeps at it until it is done; null when the process has to end before. */
  async persist<Result>(act: () => Promise<Result>): Promise<Result | null> {
    for (let waitMs = FIRST_TROUBLE_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_TROUBLE_WAIT_MS)) {
      try {
        const result = await act();
        this.#recovered();
        return result;
      } catch (error) {
        this.met(error);
        if (this.#is.signal.aborted) return null;
        await this.#pause(waitMs);
      }
    }
  }

  /** Somebody could not use the store. */
  met(error: unknown): void {
    const { clock, emit, signal } = this.#is;
    if (this.#lasting || signal.aborted) return;
    this.#lasting = true;
    const what = error instanceof Error ? error.message : String(error);
    emit({ kind: 'trouble', at: clock.now(), what, recovered: false });
    void this.#untilRecovered();
  }

  async #untilRecovered(): Promise<void> {
    for (let waitMs = FIRST_TROUBLE_WAIT_MS; this.#lasting; waitMs = Math.min(2 * waitMs, LONGEST_TROUBLE_WAIT_MS)) {
      await this.#pause(waitMs);
      if (this.#is.signal.aborted) return;
      try {
        if (this.#lasting) await this.#is.tryOut();
        this.#recovered();
      } catch {
        // It was said already; the next try is later.
      }
    }
  }

  #recovered(): void {
    if (!this.#lasting) return;
    this.#lasting = false;
    const { clock, emit, onRecovered } = this.#is;
    emit({ kind: 'trouble', at: clock.now(), what: 'the queue can be used again', recovered: true });
    onRecovered();
  }

  #pause(ms: number): Promise<void> {
    const { clock, signal } = this.#is;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.setTimer(ms, done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }
}
