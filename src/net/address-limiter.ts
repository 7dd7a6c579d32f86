/**
 * How many connections may be open to one address at a time, in this process. Waiting is in order of arrival.
 */
interface Lane {
  open: number;
  readonly waiting: Array<(granted: boolean) => void>;
}

export class AddressLimiter {
  readonly #most: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves to the function that gives the place back, or to null when `signal` fires first. */
  async acquire(key: string, signal?: AbortSignal): Promise<(() => void) | null> {
    if (signal?.aborted === true) return null;
    const lane = this.#lanes.get(key) ?? { open: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.open < this.#most) lane.open += 1;
    else if (!(await this.#wait(lane, signal))) return null;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#release(key, lane);
    };
  }

  #wait(lane: Lane, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = (granted: boolean): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve(granted);
      };
      const onAbort = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(waiter), 1);
        waiter(false);
      };
      lane.waiting.push(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #release(key: string, lane: Lane): void {
    const next = lane.waiting.shift();
    if (next !== undefined) {
      next(true);
      return;
    }
    lane.open -= 1;
    if (lane.open === 0) this.#lanes.delete(key);
  }
}
