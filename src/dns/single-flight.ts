/**
 * One piece of work for all who want the same at the same time. One of them giving up does not disturb the others; when
 * the last one gives up, the work is called off.
 */
export interface SingleFlight<Value> {
  /** Joins the work under `key`, starting it where there is none; null when `signal` fires first. */
  join(key: string, work: (signal: AbortSignal) => Promise<Value>, signal?: AbortSignal): Promise<Value | null>;
}

interface Waiter<Value> {
  readonly settle: (value: Value | null) => void;
  /** For bugs: whoever waits learns of them. */
  readonly fail: (error: unknown) => void;
}

interface Flight<Value> {
  readonly controller: AbortController;
  readonly waiting: Set<Waiter<Value>>;
}

export function createSingleFlight<Value>(): SingleFlight<Value> {
  const flights = new Map<string, Flight<Value>>();

  const start = (key: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> => {
    const flight: Flight<Value> = { controller: new AbortController(), waiting: new Set() };
    flights.set(key, flight);
    const land = (tell: (waiter: Waiter<Value>) => void): void => {
      if (flights.get(key) === flight) flights.delete(key);
      for (const waiter of [...flight.waiting]) tell(waiter);
    };
    work(flight.controller.signal).then(
      (value) => land(({ settle }) => settle(value)),
      (error: unknown) => land(({ fail }) => fail(error)),
    );
    return flight;
  };

  return {
    join(key, work, signal) {
      if (signal?.aborted === true) return Promise.resolve(null);
      const flight = flights.get(key) ?? start(key, work);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          signal?.removeEventListener('abort', onAbort);
          flight.waiting.delete(waiter);
        };
        const waiter: Waiter<Value> = {
          settle: (value) => {
            leave();
            resolve(value);
          },
          fail: (error) => {
            leave();
            reject(error);
          },
        };
        const onAbort = (): void => {
          waiter.settle(null);
          if (flight.waiting.size > 0) return;
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort();
        };
        flight.waiting.add(waiter);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
