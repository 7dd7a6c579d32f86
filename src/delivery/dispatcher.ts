/**
 * The queue at work (R114 to R118): keeps the destinations that have something waiting, gives each its turn, within its
 * limits, and goes on by itself after trouble with the store. Several processes may do this over one store: who claims
 * what, places, leases and limits are settled there.
 *
 *   1. at the start: what lapsed processes left comes back, and every destination with something waiting gets an entry
 *   2. pump: those that are due get a worker each, in turn, more where there is plenty and it goes well
 *   3. leases of what is under way are renewed; what others left behind is looked for from time to time
 *   4. trouble with the store: no new work until it answers again, nothing is lost, and it is said once
 *   5. stop: no new claims, what is under way comes to its end within a time, the rest goes back untouched
 */
import type { Clock } from '../base/clock.ts';
import type { OnDeliveryEvent } from './events.ts';
import type { HandOver } from './hand-over.ts';
import { type WorkerDependencies, type WorkerEnd, work } from './lane-worker.ts';
import { type LaneEntry, Lanes } from './lanes.ts';
import type { ClaimedMessage, NewMessage, QueueStore, RecipientReport } from './queue-store.ts';
import type { DeliveryConfiguration } from './settings.ts';
import type { Notice, NoticeKind, Settlement } from './settlement.ts';

/** How long a claim is good for without being renewed, ms: so long the work of a dead process lies idle. */
export const DEFAULT_LEASE_MS = 60_000;
/** How long what is under way may take after `stop`, ms. */
export const DEFAULT_DRAIN_MS = 30_000;
/** Waits between tries while the store is in trouble, ms; each is twice as long as the one before. */
export const FIRST_TROUBLE_WAIT_MS = 500;
export const LONGEST_TROUBLE_WAIT_MS = 30_000;
/** Connections of one process at a time: what memory and file descriptors stand, whatever the configuration says. */
export const MAX_WORKERS = 500;

export interface DispatcherOptions {
  readonly store: QueueStore;
  readonly handOver: HandOver;
  /** Follows commits by itself. */
  readonly configuration: DeliveryConfiguration;
  readonly clock: Clock;
  readonly emit: OnDeliveryEvent;
  /** Unlike that of any other process, this one's earlier lives included. */
  readonly owner: string;
  readonly dress: WorkerDependencies['dress'];
  /** What the sender is told; null: nothing. */
  readonly notify: (
    kind: NoticeKind,
    message: ClaimedMessage,
    notices: readonly Notice[],
    destination: string,
  ) => Promise<NewMessage | null>;
  readonly leaseMs?: number | undefined;
  readonly maxWorkers?: number | undefined;
}

export interface Dispatcher {
  /** Resolves when the queue has been looked at; rejects where the store cannot be used at all. */
  start(): Promise<void>;
  /** Whatever waits is tried now: of one destination, or of all, whose limits begin anew (R116). */
  deliverNow(destination: string | null): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(drainMs?: number): Promise<void>;
  /** Workers under way, for people who look. */
  readonly active: number;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new RunningDispatcher(options);
}

class RunningDispatcher implements Dispatcher {
  readonly #is: DispatcherOptions;
  readonly #lanes = new Lanes();
  readonly #leaseMs: number;
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #draining = false;
  #workers = 0;
  #cancelPump: (() => void) | null = null;
  #cancelRenewal: (() => void) | null = null;
  #stopListening: (() => void) | null = null;
  /** Not null: the store is in trouble, and this is the wait that follows the next failure, ms. */
  #troubleWaitMs: number | null = null;
  #untilNextReclaim = 0;

  constructor(options: DispatcherOptions) {
    this.#is = options;
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  }

  get active(): number {
    return this.#workers;
  }

  async start(): Promise<void> {
    const { store, clock } = this.#is;
    this.#stopListening = store.onWork((destination) => this.#hear(destination));
    await store.reclaim(clock.now());
    for (const { destination, nextAttemptAt } of await store.lanes()) this.#lanes.expect(destination, nextAttemptAt);
    this.#keepLeases();
    this.#pump();
  }

  async deliverNow(destination: string | null): Promise<void> {
    const { store, clock } = this.#is;
    const now = clock.now();
    if (destination === null) {
      await store.resetLimits();
      await store.retryNow({ all: true }, now);
      this.#lanes.wakeAll(now);
    } else {
      await store.retryNow({ destination }, now);
      const entry = this.#lanes.find(destination);
      if (entry !== undefined) this.#lanes.wake(entry, now);
    }
    this.#pump();
  }

  async stop(drainMs = DEFAULT_DRAIN_MS): Promise<void> {
    this.#draining = true;
    this.#stopListening?.();
    this.#cancelPump?.();
    const cancel = this.#is.clock.setTimer(drainMs, () => this.#ending.abort());
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    cancel();
    this.#ending.abort();
    this.#cancelRenewal?.();
  }

  /** Somebody, perhaps this process, has queued or released something. */
  #hear(destination: string): void {
    if (this.#draining) return;
    const entry = this.#lanes.expect(destination, this.#is.clock.now());
    if (entry.workers === 0 || entry.nextAt < Number.POSITIVE_INFINITY) this.#pump();
  }

  #pump(): void {
    if (this.#draining || this.#troubleWaitMs !== null) return;
    const { clock, configuration, maxWorkers = MAX_WORKERS } = this.#is;
    const most = Math.min(maxWorkers, configuration.delivery.maxConnections);
    this.#lanes.ripen(clock.now());
    while (this.#workers < most) {
      const entry = this.#lanes.take();
      if (entry === undefined) break;
      const { maxConcurrency } = configuration.controlsFor(entry.destination);
      if (entry.workers < Math.min(maxConcurrency, entry.window)) this.#startWorker(entry);
      // What is at work already will look again when it is done.
      else this.#lanes.schedule(entry, Number.POSITIVE_INFINITY);
    }
    this.#wakeLater();
  }

  #wakeLater(): void {
    this.#cancelPump?.();
    this.#cancelPump = null;
    const at = this.#lanes.nextAt();
    if (at === null || this.#draining) return;
    const wait = Math.min(Math.max(0, at - this.#is.clock.now()), LONGEST_TIMER_MS);
    this.#cancelPump = this.#is.clock.setTimer(wait, () => this.#pump());
  }

  #startWorker(entry: LaneEntry): void {
    this.#workers += 1;
    entry.workers += 1;
    this.#lanes.schedule(entry, Number.POSITIVE_INFINITY);
    const hooks = {
      onPlenty: () => {
        this.#lanes.expect(entry.destination, this.#is.clock.now());
        this.#pump();
      },
      onServed: () => {
        entry.window = Math.min(entry.window + 1, MAX_WORKERS);
      },
    };
    const running = work(entry.destination, this.#workerDependencies(), hooks)
      .finally(() => {
        this.#workers -= 1;
        entry.workers -= 1;
      })
      .then((end) => this.#afterWork(entry, end))
      .catch((error: unknown) => {
        this.#lanes.expect(entry.destination, this.#is.clock.now());
        this.#inTrouble(error);
      })
      .finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
    this.#running.add(running);
  }

  async #afterWork(entry: LaneEntry, end: WorkerEnd): Promise<void> {
    const { store, clock } = this.#is;
    switch (end.kind) {
      case 'more':
        this.#lanes.expect(entry.destination, clock.now());
        return;
      case 'rest':
        entry.window = end.why === 'down' ? Math.max(1, Math.floor(entry.window / 2)) : entry.window;
        // A place that somebody holds may be free at any time; a host that is down is left alone by all.
        if (end.why !== 'busy') this.#lanes.rest(entry, end.until);
        this.#lanes.expect(entry.destination, end.until);
        if (end.why === 'down') await store.markDown(entry.destination, end.until, end.detail, clock.now());
        return;
      case 'drained': {
        // The last one to leave looks when there will be something to do again.
        if (entry.workers > 0 || entry.nextAt < Number.POSITIVE_INFINITY) return;
        const lane = await store.lane(entry.destination);
        if (lane !== null) this.#lanes.expect(entry.destination, lane.nextAttemptAt);
        else this.#lanes.forget(entry);
        return;
      }
    }
  }

  #workerDependencies(): WorkerDependencies {
    const { store, handOver, configuration, clock, emit, owner, dress } = this.#is;
    return {
      store,
      handOver,
      configuration,
      clock,
      office: {
        store,
        owner,
        leaseMs: this.#leaseMs,
        now: () => clock.now(),
        onTrouble: (error) => this.#inTrouble(error),
      },
      leaseMs: this.#leaseMs,
      emit,
      dress,
      conclude: (settlement, message, destination) => this.#conclude(settlement, message, destination),
      note: (reports, mids) => this.#note(reports, mids),
      draining: () => this.#draining || this.#troubleWaitMs !== null,
      signal: this.#ending.signal,
    };
  }

  /**
   * DSNs first: after a crash in between the recipient is looked at again, and the same DSN is not queued twice, since
   * its key says what it is about.
   */
  async #conclude(settlement: Settlement, message: ClaimedMessage, destination: string): Promise<void> {
    const { store, clock, emit, notify } = this.#is;
    for (const kind of ['failed', 'delayed', 'relayed'] as const) {
      const notices = settlement.notices[kind];
      const told = notices.length === 0 ? null : await notify(kind, message, notices, destination);
      if (told === null) continue;
      const accepted = await this.#persist(() => store.accept(told, clock.now()));
      if (accepted?.fresh !== true) continue;
      const { sender, messageId, subject, origin } = told;
      const recipients = told.recipients.map(({ address }, rid) => ({ rid, address }));
      const bytes = told.bytes.length;
      const at = clock.now();
      emit({ kind: 'message-queued', at, mid: accepted.mid, sender, recipients, bytes, messageId, subject, origin });
    }
    for (const event of settlement.events) emit(event);
    await this.#persist(() => store.count(destination, settlement.counters, settlement.last5xx, clock.now()));
  }

  async #note(reports: readonly RecipientReport[], mids: readonly number[]): Promise<void> {
    const { store, clock, emit } = this.#is;
    await this.#persist(() => store.report(reports, clock.now()));
    const over = reports.filter(({ outcome }) => outcome.kind !== 'deferred');
    if (over.length === 0 || mids.length === 0) return;
    const finished = (await this.#persist(() => store.finished(mids))) ?? [];
    for (const mid of finished) {
      const bounced = reports.filter((report) => report.mid === mid).every(({ outcome }) => outcome.kind === 'bounced');
      emit({ kind: 'message-finished', at: clock.now(), mid, how: bounced ? 'bounced' : 'done' });
    }
  }

  /** Keeps at it until the store has done it; null when the process has to end before. What is known is not forgotten. */
  async #persist<Result>(act: () => Promise<Result>): Promise<Result | null> {
    for (let waitMs = FIRST_TROUBLE_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_TROUBLE_WAIT_MS)) {
      try {
        const result = await act();
        this.#outOfTrouble();
        return result;
      } catch (error) {
        this.#inTrouble(error);
        if (this.#ending.signal.aborted) return null;
        await this.#pause(waitMs);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#ending.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#is.clock.setTimer(ms, done);
      this.#ending.signal.addEventListener('abort', done, { once: true });
    });
  }

  #inTrouble(error: unknown): void {
    if (this.#troubleWaitMs !== null || this.#ending.signal.aborted) return;
    this.#troubleWaitMs = FIRST_TROUBLE_WAIT_MS;
    const what = error instanceof Error ? error.message : String(error);
    this.#is.emit({ kind: 'trouble', at: this.#is.clock.now(), what, recovered: false });
    this.#tryAgain();
  }

  /** Asks the store, at growing distances, whether it can be used again. */
  #tryAgain(): void {
    const waitMs = this.#troubleWaitMs ?? FIRST_TROUBLE_WAIT_MS;
    this.#is.clock.setTimer(waitMs, () => {
      if (this.#troubleWaitMs === null || this.#ending.signal.aborted) return;
      const { store, clock, owner } = this.#is;
      // A renewal is needed now anyway, and it writes: a disk that is full or a file that cannot be written shows.
      store.renew(owner, clock.now(), this.#leaseMs).then(
        () => this.#outOfTrouble(),
        () => {
          this.#troubleWaitMs = Math.min(2 * waitMs, LONGEST_TROUBLE_WAIT_MS);
          this.#tryAgain();
        },
      );
    });
  }

  #outOfTrouble(): void {
    if (this.#troubleWaitMs === null) return;
    this.#troubleWaitMs = null;
    this.#is.emit({ kind: 'trouble', at: this.#is.clock.now(), what: 'the queue can be used again', recovered: true });
    this.#pump();
  }

  /** Renews what is under way, three times as often as needed, and looks now and then for what others left. */
  #keepLeases(): void {
    const everyMs = this.#leaseMs / 3;
    this.#cancelRenewal = this.#is.clock.setTimer(everyMs, () => {
      this.#look().then(
        () => this.#keepLeases(),
        (error: unknown) => {
          this.#inTrouble(error);
          this.#keepLeases();
        },
      );
    });
  }

  async #look(): Promise<void> {
    const { store, clock, owner } = this.#is;
    if (this.#workers > 0) await store.renew(owner, clock.now(), this.#leaseMs);
    this.#untilNextReclaim -= 1;
    if (this.#untilNextReclaim > 0 || this.#draining) return;
    this.#untilNextReclaim = RENEWALS_PER_RECLAIM;
    await store.reclaim(clock.now());
  }
}

const RENEWALS_PER_RECLAIM = 3;
/** Timers hold no more than this, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
