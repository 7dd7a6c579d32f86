/**
 * One worker at one destination: takes a place, claims what is due, hands it over, message after message over the same
 * connection as long as that goes, notes what became of each recipient, and goes when nothing is left or nothing helps.
 *
 * What a message came to is being noted while the next one is sent, never more than that: after a crash a message that
 * was taken by the server and not noted yet would be sent again.
 */
import type { Clock } from '../base/clock.ts';
import { controlsKey } from './controls-key.ts';
import type { OnDeliveryEvent } from './events.ts';
import type { DeliveryLine, HandOver, HandOverOrder, HandOverReport, OutgoingMessage } from './hand-over.ts';
import type { ClaimedMessage, QueueStore, RecipientReport } from './queue-store.ts';
import { expiresAt } from './schedule.ts';
import type { DeliveryConfiguration, Gateway } from './settings.ts';
import { outOfTime, putBack, type Settlement, settle } from './settlement.ts';
import { allowRecipients, limitKey, type SlotOffice, takePlace } from './slots.ts';

/** Messages of one claim: enough to share a commit, few enough that a crash leaves little behind. */
export const CLAIMED_AT_ONCE = 10;
/** Recipients in one transaction with a server: every server takes so many (RFC 5321 4.5.3.1.8). */
export const RECIPIENTS_AT_ONCE = 100;
/** What was not tried because all places were taken comes back after this, ms. */
export const BUSY_WAIT_MS = 1_000;

export interface WorkerDependencies {
  readonly store: QueueStore;
  readonly handOver: HandOver;
  readonly configuration: DeliveryConfiguration;
  readonly clock: Clock;
  readonly office: SlotOffice;
  readonly leaseMs: number;
  readonly emit: OnDeliveryEvent;
  /** The message as it leaves: with a tagged sender where the destination asks for it (R112). */
  readonly dress: (message: ClaimedMessage, destination: string) => OutgoingMessage;
  /** Queues what has to be told to senders, before anything is noted, and tells and counts the rest. */
  readonly conclude: (settlement: Settlement, message: ClaimedMessage, destination: string) => Promise<void>;
  /** Keeps at it until the store has taken the reports, or the process has to end. */
  readonly note: (reports: readonly RecipientReport[], mids: readonly number[]) => Promise<void>;
  /** No more claims, what is under way comes to its end. */
  readonly draining: () => boolean;
  /** What is under way ends at once. */
  readonly signal: AbortSignal;
}

export type WorkerEnd =
  /** Nothing more is due. */
  | { readonly kind: 'drained' }
  /** There may be more. */
  | { readonly kind: 'more' }
  /** Nothing of this destination before then, ms, and why. */
  | { readonly kind: 'rest'; readonly until: number; readonly why: 'busy' | 'limit' | 'down'; readonly detail: string };

export interface WorkerHooks {
  /** A claim was as large as it may be: somebody else may help. */
  readonly onPlenty: () => void;
  /** A host took a message, or refused it in its own name. */
  readonly onServed: () => void;
}

/** Runs to its end. Rejects where the store cannot be asked; what was claimed then comes back when its lease is over. */
export async function work(
  destination: string,
  dependencies: WorkerDependencies,
  hooks: WorkerHooks,
): Promise<WorkerEnd> {
  const worker = new Worker(destination, dependencies, hooks);
  try {
    return await worker.run();
  } finally {
    await worker.leave();
  }
}

class Worker {
  readonly #destination: string;
  readonly #is: WorkerDependencies;
  readonly #hooks: WorkerHooks;
  #line: DeliveryLine | null = null;
  /** What was asked of the connection that is open: another configuration needs another one. */
  #lineKey = '';
  #noting: Promise<void> = Promise.resolve();
  #free: () => void = () => {};
  #placeKey = '';

  constructor(destination: string, dependencies: WorkerDependencies, hooks: WorkerHooks) {
    this.#destination = destination;
    this.#is = dependencies;
    this.#hooks = hooks;
  }

  async run(): Promise<WorkerEnd> {
    const { store, configuration, clock, office, leaseMs } = this.#is;
    const destination = this.#destination;
    const controls = configuration.controlsFor(destination);
    if (!(await this.#takePlace(this.#gatewayOf(null)))) return this.#busy('as many connections as are allowed');
    const limit = controls.recipientLimit === 0 ? RECIPIENTS_AT_ONCE : controls.recipientLimit;
    while (!this.#is.draining()) {
      const claimed = await store.claim({
        destination,
        most: CLAIMED_AT_ONCE,
        mostRecipients: Math.min(limit, RECIPIENTS_AT_ONCE),
        owner: office.owner,
        now: clock.now(),
        leaseMs,
      });
      if (claimed.length === 0) return { kind: 'drained' };
      const recipients = claimed.reduce((sum, each) => sum + each.recipients.length, 0);
      if (claimed.length === CLAIMED_AT_ONCE || recipients >= Math.min(limit, RECIPIENTS_AT_ONCE))
        this.#hooks.onPlenty();
      const end = await this.#workOff(claimed);
      if (end !== null) return end;
    }
    return { kind: 'more' };
  }

  /** Gives everything back: the connection, the place, and what is still being noted. */
  async leave(): Promise<void> {
    try {
      await this.#hangUp();
      await this.#noting;
    } finally {
      this.#free();
    }
  }

  /** Null when the next claim may follow. */
  async #workOff(claimed: readonly ClaimedMessage[]): Promise<WorkerEnd | null> {
    for (const [index, message] of claimed.entries()) {
      const end = this.#is.signal.aborted ? this.#busy('the process ends') : await this.#deliver(message);
      if (end === null) continue;
      // Whatever stands in the way of one stands in the way of the others.
      const rest = claimed.slice(index + 1);
      const until = end.kind === 'rest' ? end.until : this.#is.clock.now();
      await this.#note(
        rest.flatMap((each) => putBack(each, until, this.#is.clock.now())),
        [],
      );
      return end;
    }
    return null;
  }

  async #deliver(message: ClaimedMessage): Promise<WorkerEnd | null> {
    const { configuration, clock } = this.#is;
    const controls = configuration.controlsFor(this.#destination);
    const profile = configuration.bounceProfile(controls.bounceProfile);
    const now = clock.now();
    if (now >= expiresAt(profile, message.acceptedAt)) {
      await this.#conclude(message, message.recipients.map(outOfTime));
      return null;
    }
    const outgoing = this.#is.dress(message, this.#destination);
    const gateway = this.#gatewayOf(message.gateway);
    if (!(await this.#takePlace(gateway))) {
      await this.#note(putBack(message, now + BUSY_WAIT_MS, now), []);
      return this.#busy('as many connections as are allowed');
    }
    const place = { destination: this.#destination, address: this.#line?.ip ?? '', gateway: gateway?.name ?? '' };
    if (controls.limitType === 'domain' || this.#line !== null) {
      const key = limitKey(controls, place);
      const allowance = await allowRecipients(this.#is.office, key, message.recipients.length, controls);
      if (allowance.kind === 'used-up') {
        await this.#note(putBack(message, allowance.at, now), []);
        const detail = `the limit of ${controls.recipientLimit} recipients in ${controls.recipientMinutes} minutes`;
        return { kind: 'rest', until: allowance.at, why: 'limit', detail };
      }
    }
    const report = await this.#handOver(outgoing, message, gateway);
    if (report.busy || this.#is.signal.aborted) {
      const settled = report.recipients.filter(({ result, possible }) => result !== 'deferred' || possible);
      await this.#conclude(message, settled);
      const open = {
        ...message,
        recipients: message.recipients.filter(({ rid }) => !settled.some((each) => each.rid === rid)),
      };
      // A connection that had gone stale says nothing about the destination: a new one may do.
      const stale = report.contacted && !this.#is.signal.aborted;
      await this.#note(putBack(open, clock.now() + (stale ? 0 : BUSY_WAIT_MS), clock.now()), []);
      return stale ? null : this.#busy('every address has as many connections as are allowed');
    }
    const settlement = await this.#conclude(message, report.recipients);
    const down = whyDown(report, message);
    if (down === null) {
      this.#hooks.onServed();
      return null;
    }
    const rest = clock.now() + configuration.delivery.hostDownSeconds * 1000;
    return { kind: 'rest', until: Math.min(rest, settlement.nextAt ?? rest), why: 'down', detail: down };
  }

  /** The place of a connection of that gateway; the one held until now is given back where it is another one. */
  async #takePlace(gateway: Gateway | null): Promise<boolean> {
    const { configuration, office } = this.#is;
    const controls = configuration.controlsFor(this.#destination);
    if (controls.limitType === 'mx-ip') return true;
    const key = limitKey(controls, { destination: this.#destination, address: '', gateway: gateway?.name ?? '' });
    if (key === this.#placeKey) return true;
    await this.#hangUp();
    this.#free();
    this.#placeKey = '';
    const free = await takePlace(office, key, controls.maxConcurrency);
    if (free === null) return false;
    this.#free = free;
    this.#placeKey = key;
    return true;
  }

  async #handOver(
    outgoing: OutgoingMessage,
    message: ClaimedMessage,
    gateway: Gateway | null,
  ): Promise<HandOverReport> {
    const { configuration, store, handOver, signal } = this.#is;
    const controls = configuration.controlsFor(this.#destination);
    const key = controlsKey(controls, gateway);
    if (this.#line !== null && (key !== this.#lineKey || !this.#line.takes(outgoing))) await this.#hangUp();
    await this.#noting;
    if (this.#line !== null) {
      const report = await this.#line.send(outgoing);
      if (!report.busy) return report;
      this.#line = null;
    }
    const order: HandOverOrder = {
      destination: this.#destination,
      controls,
      route: configuration.routeFor(this.#destination),
      gateway,
      seed: null,
      attempt: message.recipients[0]?.attempts ?? 0,
      admit: (address) => this.#admit(address, message.recipients.length, gateway),
      nextDcid: () => store.nextNumber('dcid'),
      signal,
    };
    const { report, line } = await handOver(order, outgoing);
    this.#line = line;
    this.#lineKey = key;
    return report;
  }

  /** A limit for each address is asked for where the address is known (`limitType` mx-ip). */
  async #admit(address: string, recipients: number, gateway: Gateway | null): Promise<(() => void) | null> {
    const { configuration, office } = this.#is;
    const controls = configuration.controlsFor(this.#destination);
    if (controls.limitType === 'domain') return () => {};
    const key = limitKey(controls, { destination: this.#destination, address, gateway: gateway?.name ?? '' });
    const free = await takePlace(office, key, controls.maxConcurrency);
    if (free === null) return null;
    const allowance = await allowRecipients(office, key, recipients, controls);
    if (allowance.kind === 'granted') return free;
    free();
    return null;
  }

  async #conclude(message: ClaimedMessage, outcomes: HandOverReport['recipients']): Promise<Settlement> {
    const { configuration, clock } = this.#is;
    const profile = configuration.bounceProfile(configuration.controlsFor(this.#destination).bounceProfile);
    const settlement = settle({ message, destination: this.#destination, profile, outcomes, now: clock.now() });
    if (settlement.reports.length === 0) return settlement;
    await this.#is.conclude(settlement, message, this.#destination);
    await this.#note(settlement.reports, [message.mid]);
    return settlement;
  }

  /** Begins to note; the one before has been noted by then. */
  async #note(reports: readonly RecipientReport[], mids: readonly number[]): Promise<void> {
    if (reports.length === 0) return;
    await this.#noting;
    this.#noting = this.#is.note(reports, mids);
    // Whoever waits for it hears of a failure; nobody else has to.
    this.#noting.catch(() => {});
  }

  async #hangUp(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    await line?.close();
  }

  #gatewayOf(name: string | null): Gateway | null {
    const { gateways, defaultGateway } = this.#is.configuration.delivery;
    return gateways.find((each) => each.name === (name ?? defaultGateway)) ?? null;
  }

  #busy(detail: string): WorkerEnd {
    return { kind: 'rest', until: this.#is.clock.now() + BUSY_WAIT_MS, why: 'busy', detail };
  }
}

/**
 * Why nobody of this destination would do better now: no host could be reached, asked for TLS in vain, or looked up. What
 * a message asks beyond the others (REQUIRETLS) says nothing about them.
 */
function whyDown({ recipients }: HandOverReport, { options }: ClaimedMessage): string | null {
  if (options.requireTls || recipients.length === 0) return null;
  const down = recipients.every(
    ({ result, category, possible }) => result === 'deferred' && !possible && HOST_TROUBLE.has(category),
  );
  return down ? (recipients[0]?.because.at(-1) ?? 'no host could be reached') : null;
}

const HOST_TROUBLE: ReadonlySet<string> = new Set(['dns', 'connection', 'tls']);
