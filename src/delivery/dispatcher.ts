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
import { HostTally } from './host-tally.ts';
import { work } from './lane-worker.ts';
import { type LaneEntry, Lanes } from './lanes.ts';
import { Leases } from './leases.ts';
import type { ClaimedMessage, NewMessage, QueueStore, RecipientReport } from './queue-store.ts';
import type { DeliveryConfiguration } from './settings.ts';
import type { Notice, NoticeKind, Settlement } from './settlement.ts';
import { Places, type SlotOffice } from './slots.ts';
import { StoreTroubles } from './store-trouble.ts';
import { type Seat, TextRoom } from './text-room.ts';
import type { WorkerDependencies, WorkerEnd } from './worker-terms.ts';

/** How long a claim is good for without being renewed, ms: so long the work of a dead process lies idle. */
export const DEFAULT_LEASE_MS = 60_000;
/** How long what is under way may take after `stop`, ms. */
export const DEFAULT_DRAIN_MS = 30_000;
/** Connections of one process at a time: what memory and file descriptors stand, whatever the configuration says. */
export const MAX_WORKERS = 500;
/** At most once in so many ms it is looked whether a destination that rests may be tried again. */
export const RECONSIDER_MS = 1_000;
/** Timers hold no more than this, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Messages of which it is remembered that their end was told. */
const FINISHED_REMEMBERED = 10_000;

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
  /** A fault of ours, to be written down; delivery goes on. */
  readonly onFault: (error: unknown) => void;
  readonly leaseMs?: number | undefined;
  readonly maxWorkers?: number | undefined;
}

export interface Dispatcher {
  /** Resolves when the queue has been looked at; rejects where the store cannot be used at all. */
  start(): Promise<void>;
  /** Nothing new is begun; resolves when nothing is under way any more. */
  stop(drainMs?: number): Promise<void>;
  /** Resolves when what was counted stands in the store. */
  flush(): Promise<void>;
  /** Workers under way, for people who look. */
  readonly active: number;
  /** Destinations that are known to have something waiting or under way. */
  readonly destinations: number;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new RunningDispatcher(options);
}

class RunningDispatcher implements Dispatcher {
  readonly #is: DispatcherOptions;
  readonly #lanes = new Lanes();
  readonly #leases: Leases;
  readonly #office: SlotOffice;
  readonly #places: Places;
  readonly #tally: HostTally;
  readonly #troubles: StoreTroubles;
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #finished = new Set<number>();
  #draining = false;
  #workers = 0;
  readonly #room = new TextRoom();
  /** Workers at destinations that were down when they began. */
  #doubtful = 0;
  #cancelPump: (() => void) | null = null;
  #stopListening: (() => void) | null = null;

  constructor(options: DispatcherOptions) {
    const { store, clock, emit, owner } = options;
    this.#is = options;
    const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    const onTrouble = (error: unknown): void => this.#troubles.met(error);
    this.#office = { store, owner, leaseMs, clock, onTrouble };
    this.#leases = new Leases({ ...this.#office, store });
    this.#places = new Places(this.#office);
    this.#tally = new HostTally({ store, clock, onTrouble });
    this.#troubles = new StoreTroubles({
      clock,
      emit,
      tryOut: () => this.#leases.tryOut(),
      onRecovered: () => this.#pump(),
      signal: this.#ending.signal,
    });
  }

  get active(): number {
    return this.#workers;
  }

  get destinations(): number {
    return this.#lanes.size;
  }

  async start(): Promise<void> {
    const { store, clock } = this.#is;
    this.#stopListening = store.onWork((destination) => this.#hear(destination));
    await store.reclaim(clock.now());
    for (const { destination, nextAttemptAt } of await store.lanes()) this.#lanes.expect(destination, nextAttemptAt);
    this.#leases.keep();
    this.#pump();
  }

  async stop(drainMs = DEFAULT_DRAIN_MS): Promise<void> {
    this.#draining = true;
    this.#stopListening?.();
    this.#cancelPump?.();
    const cancel = this.#is.clock.setTimer(drainMs, () => this.#ending.abort());
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#places.close();
    await this.#tally.flush();
    cancel();
    this.#ending.abort();
    this.#leases.stop();
    this.#tally.close();
  }

  flush(): Promise<void> {
    return this.#tally.flush();
  }

  /** Somebody, perhaps this process, has queued or released something. */
  #hear(destination: string): void {
    if (this.#draining) return;
    const now = this.#is.clock.now();
    const entry = this.#lanes.expect(destination, now);
    if (entry.restingUntil > now) this.#reconsiderSoon(entry);
    if (entry.nextAt <= now) this.#pump();
  }

  #reconsiderSoon(entry: LaneEntry): void {
    const { clock } = this.#is;
    if (entry.reconsidering) return;
    entry.reconsidering = true;
    clock.setTimer(Math.max(0, entry.reconsideredAt + RECONSIDER_MS - clock.now()), () => {
      entry.reconsidering = false;
      entry.reconsideredAt = clock.now();
      if (!this.#draining) this.#track(this.#reconsider(entry));
    });
  }

  /** A person may have said that it is to be tried at once: then it is not noted as down any more (R116, R125). */
  async #reconsider(entry: LaneEntry): Promise<void> {
    const { store, clock } = this.#is;
    const state = await this.#troubles.persist(() => store.hostState(entry.destination));
    if (state?.downUntil != null && state.downUntil > clock.now()) return;
    this.#lanes.wake(entry, clock.now());
    this.#pump();
  }

  #pump(): void {
    if (this.#draining || this.#troubles.lasting) return;
    const { clock, configuration } = this.#is;
    const most = this.#mostWorkers();
    this.#lanes.ripen(clock.now());
    while (this.#workers < most && (this.#workers === 0 || this.#room.fits)) {
      const entry = this.#lanes.take(this.#doubtful < Math.max(1, most / 2));
      if (entry === undefined) break;
      const { maxConcurrency, limitType } = configuration.controlsFor(entry.destination);
      const allowed = limitType === 'domain' ? Math.min(maxConcurrency, entry.window) : entry.window;
      if (entry.workers < allowed) this.#startWorker(entry);
      else {
        entry.again = true;
        this.#lanes.schedule(entry, Number.POSITIVE_INFINITY);
      }
    }
    this.#wakeLater();
  }

  #mostWorkers(): number {
    const { configuration, maxWorkers = MAX_WORKERS } = this.#is;
    return Math.min(maxWorkers, configuration.delivery.maxConnections);
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
    const doubtful = entry.down === true ? 1 : 0;
    this.#workers += 1;
    this.#doubtful += doubtful;
    entry.workers += 1;
    this.#lanes.schedule(entry, Number.POSITIVE_INFINITY);
    const seat = this.#room.enter();
    const hooks = {
      onPlenty: () => {
        this.#lanes.expect(entry.destination, this.#is.clock.now());
        this.#pump();
      },
      onServed: () => {
        entry.window = Math.min(entry.window + 1, MAX_WORKERS);
        if (entry.down !== false) this.#noteUp(entry);
      },
    };
    const running = work(entry.destination, this.#workerDependencies(entry, seat), hooks)
      .finally(() => {
        seat.leave();
        this.#workers -= 1;
        this.#doubtful -= doubtful;
        entry.workers -= 1;
      })
      .then((end) => this.#afterWork(entry, end))
      .catch((error: unknown) => {
        this.#troubles.met(error);
        this.#lanes.expect(entry.destination, this.#is.clock.now());
      })
      .finally(() => this.#pump());
    this.#track(running);
  }

  #track(running: Promise<void>): void {
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #afterWork(entry: LaneEntry, end: WorkerEnd): Promise<void> {
    const { store, clock } = this.#is;
    if (entry.again) {
      entry.again = false;
      this.#lanes.expect(entry.destination, clock.now());
    }
    switch (end.kind) {
      case 'more':
        this.#lanes.expect(entry.destination, clock.now());
        return;
      case 'rest':
        await this.#rest(entry, end);
        return;
      case 'drained': {
        // The last one to leave looks when there will be something to do again.
        if (entry.workers > 0 || entry.nextAt < Number.POSITIVE_INFINITY || this.#draining) return;
        const lane = await store.lane(entry.destination);
        if (lane !== null) this.#lanes.expect(entry.destination, lane.nextAttemptAt);
        else this.#lanes.forget(entry);
        return;
      }
    }
  }

  async #rest(entry: LaneEntry, end: Extract<WorkerEnd, { kind: 'rest' }>): Promise<void> {
    const { store, clock } = this.#is;
    // A place that somebody holds may be free at any time; a host that is down is left alone by all.
    if (end.why === 'busy') entry.window = Math.max(1, entry.workers);
    else this.#lanes.rest(entry, end.until);
    this.#lanes.expect(entry.destination, end.until);
    if (end.why !== 'down') return;
    entry.window = Math.max(1, Math.floor(entry.window / 2));
    entry.down = true;
    await this.#troubles.persist(() => store.markDown(entry.destination, end.until, end.detail, clock.now()));
  }

  #noteUp(entry: LaneEntry): void {
    const { store, clock } = this.#is;
    entry.down = false;
    const noting = this.#troubles.persist(() => store.markUp(entry.destination, clock.now()));
    this.#track(noting.then(() => {}));
  }

  /** What the last process, or another one, has seen of it is asked for once. */
  async #restsUntil(entry: LaneEntry): Promise<number | null> {
    if (entry.down !== null) return null;
    const state = await this.#is.store.hostState(entry.destination);
    const until = state?.downUntil ?? null;
    entry.down ??= until !== null;
    return until;
  }

  #workerDependencies(entry: LaneEntry, seat: Seat): WorkerDependencies {
    const { store, handOver, configuration, clock, emit, dress, onFault } = this.#is;
    return {
      store,
      handOver,
      configuration,
      clock,
      office: this.#office,
      places: this.#places,
      leaseMs: this.#office.leaseMs,
      emit,
      dress,
      conclude: (settlement, message, destination) => this.#conclude(settlement, message, destination),
      note: (reports, notices, mids) => this.#note(reports, notices, mids),
      nextDcid: async () => (await this.#troubles.persist(() => store.nextNumber('dcid'))) ?? 0,
      onFault,
      restsUntil: () => this.#restsUntil(entry),
      draining: () => this.#draining || this.#troubles.lasting,
      contended: () => (this.#lanes.waiting && this.#workers >= this.#mostWorkers()) || this.#room.crowded,
      carry: (octets) => {
        const letGo = seat.carry(octets);
        this.#pump();
        return letGo;
      },
      roomy: () => this.#room.roomy,
      leased: () => this.#leases.hold(),
      signal: this.#ending.signal,
    };
  }

  /** Tells and counts, and composes what senders are told. */
  async #conclude(
    settlement: Settlement,
    message: ClaimedMessage,
    destination: string,
  ): Promise<readonly NewMessage[]> {
    const { emit, notify, onFault } = this.#is;
    for (const event of settlement.events) emit(event);
    this.#tally.add(destination, settlement.counters, settlement.last5xx);
    const told: NewMessage[] = [];
    for (const kind of ['failed', 'delayed', 'relayed'] as const) {
      const notices = settlement.notices[kind];
      if (notices.length === 0) continue;
      try {
        const notice = await notify(kind, message, notices, destination);
        if (notice !== null) told.push(notice);
      } catch (error) {
        onFault(error);
      }
    }
    return told;
  }

  /** Reports and what is told of them are one commit: a crash neither loses a DSN nor doubles it (R109, R118). */
  async #note(
    reports: readonly RecipientReport[],
    notices: readonly NewMessage[],
    mids: readonly number[],
  ): Promise<void> {
    const { store, clock, emit } = this.#is;
    const settled = await this.#troubles.persist(() => store.settle(reports, notices, clock.now()));
    if (settled === null) return;
    settled.accepted.forEach(({ mid, fresh }, index) => {
      const notice = notices[index];
      if (!fresh || notice === undefined) return;
      const { sender, messageId, subject, origin } = notice;
      const recipients = notice.recipients.map(({ address }, rid) => ({ rid, address }));
      const bytes = notice.bytes.length;
      emit({ kind: 'message-queued', at: clock.now(), mid, sender, recipients, bytes, messageId, subject, origin });
    });
    const over = reports.filter(({ outcome }) => outcome.kind !== 'deferred');
    if (over.length === 0 || mids.length === 0) return;
    // What had no effect was noted before, perhaps by ourselves, without having heard so: then nobody has told it yet.
    const finished =
      settled.effective === reports.length
        ? settled.finished
        : ((await this.#troubles.persist(() => store.finished(mids))) ?? []);
    for (const { mid, delivered } of finished) this.#tellFinished(mid, delivered ? 'done' : 'bounced');
  }

  /** Its last recipients may have been noted at one moment: it is told once. */
  #tellFinished(mid: number, how: 'bounced' | 'done'): void {
    if (this.#finished.has(mid)) return;
    this.#finished.add(mid);
    for (const oldest of this.#finished) {
      if (this.#finished.size <= FINISHED_REMEMBERED) break;
      this.#finished.delete(oldest);
    }
    this.#is.emit({ kind: 'message-finished', at: this.#is.clock.now(), mid, how });
  }
}
