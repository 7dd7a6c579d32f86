/**
 * The scans of one process: one at a time for an address, and one result for all who want to know the same. Many domains
 * share their mail hosts; the host shall see one visitor.
 */
import { AddressLimiter } from '../net/address-limiter.ts';
import type { ScanReport } from '../policy/scan-evidence.ts';
import { UNHINDERED } from './pace.ts';
import { reportOf } from './report.ts';
import { type PaceKeeper, type ScanDependencies, type ScanRequest, scanAddress } from './scan.ts';

/** How long a result is good for others, ms. */
export const DEFAULT_KEEP_MS = 10 * 60_000;
/** Results and habits remembered; the oldest are forgotten first. */
export const MAX_REMEMBERED = 2_000;

export interface Scanner {
  /** The signal ends the caller's wait; the scan itself ends when nobody waits for it any more. */
  scan(request: ScanRequest): Promise<ScanReport>;
}

interface Flight {
  readonly report: Promise<ScanReport>;
  readonly controller: AbortController;
  waiting: number;
}

interface Kept {
  readonly report: ScanReport;
  /** Monotonic ms. */
  readonly until: number;
}

/** `keepMs`: 0 to share no more than what is under way. */
export function createScanner(dependencies: ScanDependencies, keepMs: number = DEFAULT_KEEP_MS): Scanner {
  const { clock } = dependencies;
  const limiter = new AddressLimiter(1);
  const flights = new Map<string, Flight>();
  const kept = new Map<string, Kept>();
  const keepers = new Map<string, PaceKeeper>();

  async function fly(key: string, request: ScanRequest, signal: AbortSignal): Promise<ScanReport> {
    const release = await limiter.acquire(request.address.text, signal);
    if (release === null) return cancelledReport(request, dependencies);
    try {
      const keeper = keepers.get(request.address.text) ?? { pace: UNHINDERED };
      remember(keepers, request.address.text, keeper);
      const report = await scanAddress({ ...request, signal }, dependencies, keeper);
      // A wait that somebody broke off or a host that would not let us in is no result for the next one.
      if (keepMs > 0 && !report.inconclusive && report.problem === null) {
        remember(kept, key, { report, until: clock.monotonic() + keepMs });
      }
      return report;
    } finally {
      release();
      if (flights.get(key)?.controller.signal === signal) flights.delete(key);
    }
  }

  function flightOf(key: string, request: ScanRequest): Flight {
    const under = flights.get(key);
    if (under !== undefined && !under.controller.signal.aborted) return under;
    const controller = new AbortController();
    const flight: Flight = { report: fly(key, request, controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    return flight;
  }

  return {
    async scan(request) {
      if (request.signal.aborted) return cancelledReport(request, dependencies);
      const key = keyOf(request);
      const ready = kept.get(key);
      if (ready !== undefined && ready.until > clock.monotonic()) return ready.report;
      const flight = flightOf(key, request);
      flight.waiting += 1;
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          flight.waiting -= 1;
          if (flight.waiting === 0) flight.controller.abort();
          else resolve(cancelledReport(request, dependencies));
        };
        request.signal.addEventListener('abort', onAbort, { once: true });
        flight.report.then(resolve, reject).finally(() => request.signal.removeEventListener('abort', onAbort));
      });
    },
  };
}

/** Only the very same question has the same answer. */
function keyOf({ address, port, serverName, budget, injectionTest, implicitTls }: ScanRequest): string {
  return [address.text, port, serverName ?? '', budget, injectionTest, implicitTls].join('|');
}

function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key);
  memory.set(key, value);
  const oldest = memory.keys().next();
  if (memory.size > MAX_REMEMBERED && oldest.done !== true) memory.delete(oldest.value);
}

function cancelledReport(request: ScanRequest, { clock }: ScanDependencies): ScanReport {
  const { address, port, budget, serverName, injectionTest } = request;
  return reportOf(
    [],
    { serverName, injectionTest },
    {
      address: address.text,
      port,
      startedAt: new Date(clock.now()).toISOString(),
      elapsedMs: 0,
      budget,
      connections: 0,
      throttled: null,
      problem: { kind: 'cancelled', detail: 'the scan was stopped' },
      trail: [],
    },
  );
}
