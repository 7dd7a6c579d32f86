/**
 * One worker at one destination: takes a place, claims what is due, hands it over, message after message over the same
 * connection as long as that goes, notes what became of each recipient, and goes when nothing is left or nothing helps.
 *
 * What a message came to is being noted while the next one gets ready, and is on record before that one is sent: after a
 * crash, at most one message for each connection is sent again that a server had taken.
 */
import type { DestinationControls } from '../policy/destination.ts';
import { controlsKey } from './controls-key.ts';
import type { DeliveryLine, HandOverReport } from './hand-over.ts';
import { HostWord, isServed, ownFault } from './host-trouble.ts';
import type { ClaimedMessage, NewMessage, RecipientReport } from './queue-store.ts';
import { expiresAt } from './schedule.ts';
import type { Gateway } from './settings.ts';
import { outOfTime, putBack, type Settlement, settle } from './settlement.ts';
import { allowRecipients, limitKey } from './slots.ts';
import type { WorkerDependencies, WorkerEnd, WorkerHooks } from './worker-terms.ts';

/** Messages of one claim: enough to share a commit, few enough that a crash leaves little behind. */
export const CLAIMED_AT_ONCE = 10;
/** Recipients in one transaction with a server: every server takes so many (RFC 5321 4.5.3.1.8). */
export const RECIPIENTS_AT_ONCE = 100;
/** What was not tried because all places were taken comes back after this, ms. */
export const BUSY_WAIT_MS = 1_000;
/** Keys of the places that all destinations share; no destination has a name like them. */
const EVERYBODY = '* connections';
const EVERYBODY_TLS = '* connections with TLS';

/** Runs to its end. Rejects where the store cannot be asked; what was claimed is given back before. */
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
  readonly #shared: (() => void)[] = [];
  readonly #word = new HostWord();
  #free: () => void = () => {};
  #placeKey = '';
  /** When an address that was not admitted may be, ms. */
  #admittedAt = Number.POSITIVE_INFINITY;

  constructor(destination: string, dependencies: WorkerDependencies, hooks: WorkerHooks) {
    this.#destination = destination;
    this.#is = dependencies;
    this.#hooks = hooks;
  }

  async run(): Promise<WorkerEnd> {
    const { store, configuration, clock, office, leaseMs } = this.#is;
    const destination = this.#destination;
    const resting = await this.#is.restsUntil();
    if (resting !== null && resting > clock.now())
      return { kind: 'rest', until: resting, why: 'known-down', detail: 'its hosts did not answer' };
    await this.#is.leased();
    const controls = configuration.controlsFor(destination);
    if (!(await this.#takeShared(controls))) return this.#busy('as many connections as the system may have');
    if (!(await this.#takePlace(this.#gatewayOf(null)))) return this.#busy('as many connections as are allowed');
    const { recipientLimit } = controls;
    const most = recipientLimit === 0 ? RECIPIENTS_AT_ONCE : Math.min(recipientLimit, RECIPIENTS_AT_ONCE);
    while (!this.#is.draining()) {
      const claimed = await store.claim({
        destination,
        most: this.#is.roomy() ? CLAIMED_AT_ONCE : 1,
        mostRecipients: most,
        owner: office.owner,
        now: clock.now(),
        leaseMs,
      });
      if (claimed.length === 0) return { kind: 'drained' };
      const recipients = claimed.reduce((sum, each) => sum + each.recipients.length, 0);
      if (claimed.length === CLAIMED_AT_ONCE || recipients >= most) this.#hooks.onPlenty();
      const letGo = this.#is.carry(claimed.reduce((sum, { bytes }) => sum + bytes.length, 0));
      const end = await this.#workOff(claimed).finally(letGo);
      if (end !== null) return end;
      if (this.#is.contended()) break;
    }
    return { kind: 'more' };
  }

  /** Gives everything back: the connection, the places, and what is still being noted. */
  async leave(): Promise<void> {
    try {
      await this.#hangUp();
      await this.#noting;
    } finally {
      this.#free();
      for (const free of this.#shared) free();
    }
  }

  /** Null when the next claim may follow. */
  async #workOff(claimed: readonly ClaimedMessage[]): Promise<WorkerEnd | null> {
    const { clock, draining, leased, signal } = this.#is;
    const giveBack = async (from: number, until: number): Promise<void> => {
      const reports = claimed.slice(from).flatMap((each) => putBack(each, until, clock.now()));
      await this.#note(reports, [], []);
    };
    for (const [index, message] of claimed.entries()) {
      if (signal.aborted || draining() || !(await leased())) {
        await giveBack(index, clock.now());
        return { kind: 'more' };
      }
      let end: WorkerEnd | null;
      try {
        end = await this.#deliver(message);
      } catch (error) {
        // The store could not be asked before anything was sent.
        await giveBack(index, clock.now());
        throw error;
      }
      if (end === null) continue;
      // Whatever stands in the way of one stands in the way of the others.
      await giveBack(index + 1, end.kind === 'rest' ? end.until : clock.now());
      return end;
    }
    return null;
  }

  /** Rejects only while nothing of the message has been sent. */
  async #deliver(whole: ClaimedMessage): Promise<WorkerEnd | null> {
    const { configuration, clock } = this.#is;
    const controls = configuration.controlsFor(this.#destination);
    const profile = configuration.bounceProfile(controls.bounceProfile);
    const now = clock.now();
    if (now >= expiresAt(profile, whole.acceptedAt)) {
      await this.#conclude(whole, whole.recipients.map(outOfTime));
      return null;
    }
    const gateway = this.#gatewayOf(whole.gateway);
    if (!(await this.#takePlace(gateway))) {
      await this.#note(putBack(whole, now + BUSY_WAIT_MS, now), [], []);
      return this.#busy('as many connections as are allowed');
    }
    const { message, limited } = await this.#withinLimits(whole, controls, gateway);
    if (message === null) return limited;
    return (await this.#deliverTo(message, controls, gateway)) ?? limited;
  }

  /** As much of it as may go now; what may not is put back. Of an address, the walk asks where it has none to go on with. */
  async #withinLimits(
    whole: ClaimedMessage,
    controls: DestinationControls,
    gateway: Gateway | null,
  ): Promise<{ readonly message: ClaimedMessage | null; readonly limited: WorkerEnd | null }> {
    const byDomain = controls.limitType === 'domain';
    if (!byDomain && this.#line?.takes(whole) !== true) await this.#hangUp();
    if (!byDomain && this.#line === null) return { message: whole, limited: null };
    const { recipients } = whole;
    const key = this.#limitKey(controls, this.#line?.ip ?? '', gateway);
    const { granted, retryAt } = await allowRecipients(this.#is.office, key, recipients.length, controls);
    if (granted === recipients.length) return { message: whole, limited: null };
    if (!byDomain && granted === 0) {
      // Another address may have room.
      await this.#hangUp();
      return { message: whole, limited: null };
    }
    const now = this.#is.clock.now();
    const later = { ...whole, recipients: recipients.slice(granted) };
    await this.#note(putBack(later, byDomain ? retryAt : now, now), [], []);
    const message = granted === 0 ? null : { ...whole, recipients: recipients.slice(0, granted) };
    const detail = `the limit of ${controls.recipientLimit} recipients in ${controls.recipientMinutes} minutes`;
    return { message, limited: byDomain ? { kind: 'rest', until: retryAt, why: 'limit', detail } : null };
  }

  async #deliverTo(
    message: ClaimedMessage,
    controls: DestinationControls,
    gateway: Gateway | null,
  ): Promise<WorkerEnd | null> {
    const { configuration, clock, signal } = this.#is;
    const report = await this.#handOver(message, controls, gateway);
    if (report.busy || signal.aborted) {
      const settled = report.recipients.filter(({ result, possible }) => result !== 'deferred' || possible);
      await this.#conclude(message, settled);
      const recipients = message.recipients.filter(({ rid }) => !settled.some((each) => each.rid === rid));
      // A connection that had gone stale says nothing about the destination: a new one may do.
      const stale = report.contacted && !signal.aborted;
      const until = stale || signal.aborted ? clock.now() : this.#busyUntil();
      await this.#note(putBack({ ...message, recipients }, until, clock.now()), [], []);
      if (stale) return null;
      return { ...this.#busy('every address has as many connections as are allowed'), until };
    }
    const settlement = await this.#conclude(
      message,
      report.recipients.filter(({ waits }) => waits !== true),
    );
    await this.#giveBackWaiting(message, report);
    const down = this.#word.whyDown(report, message);
    if (down === null) {
      if (isServed(report)) this.#hooks.onServed();
      return null;
    }
    const rest = clock.now() + configuration.delivery.hostDownSeconds * 1000;
    return { kind: 'rest', until: Math.min(rest, settlement.nextAt ?? rest), why: 'down', detail: down };
  }

  /** One place among all connections, and one among those that may use TLS where these are fewer. */
  async #takeShared({ tls, dane, mtaSts }: DestinationControls): Promise<boolean> {
    const { maxConnections, maxTlsConnections } = this.#is.configuration.delivery;
    const clearAlone = tls === 'no' && dane === 'off' && mtaSts === 'off';
    const wanted: (readonly [string, number])[] = [[EVERYBODY, maxConnections]];
    if (!clearAlone && maxTlsConnections < maxConnections) wanted.push([EVERYBODY_TLS, maxTlsConnections]);
    for (const [key, most] of wanted) {
      const free = await this.#is.places.take(key, most);
      if (free === null) return false;
      this.#shared.push(free);
    }
    return true;
  }

  /** The place of a connection of that gateway; the one held until now is given back where it is another one. */
  async #takePlace(gateway: Gateway | null): Promise<boolean> {
    const controls = this.#is.configuration.controlsFor(this.#destination);
    if (controls.limitType === 'mx-ip') return true;
    const key = this.#limitKey(controls, '', gateway);
    if (key === this.#placeKey) return true;
    await this.#hangUp();
    this.#free();
    this.#free = () => {};
    this.#placeKey = '';
    const free = await this.#is.places.take(key, controls.maxConcurrency);
    if (free === null) return false;
    this.#free = free;
    this.#placeKey = key;
    return true;
  }

  async #handOver(
    message: ClaimedMessage,
    controls: DestinationControls,
    gateway: Gateway | null,
  ): Promise<HandOverReport> {
    const { configuration, nextDcid, handOver, signal, dress, onFault } = this.#is;
    const key = controlsKey(controls, gateway, this.#destination, configuration);
    try {
      const outgoing = await dress(message, this.#destination);
      if (this.#line !== null && (key !== this.#lineKey || !this.#line.takes(outgoing))) await this.#hangUp();
      await this.#noting;
      if (this.#line !== null) {
        const report = await this.#line.send(outgoing);
        if (!report.busy) return report;
        await this.#hangUp();
      }
      this.#admittedAt = Number.POSITIVE_INFINITY;
      const { report, line } = await handOver(
        {
          destination: this.#destination,
          controls,
          route: configuration.routeFor(this.#destination),
          gateway,
          seed: null,
          attempt: message.recipients[0]?.attempts ?? 0,
          admit: (address) => this.#admit(address, controls, gateway),
          ...(controls.limitType === 'mx-ip'
            ? { allow: (address, recipients) => this.#allow(address, recipients, controls, gateway) }
            : {}),
          nextDcid,
          signal,
        },
        outgoing,
      );
      this.#line = line;
      this.#lineKey = key;
      return report;
    } catch (error) {
      onFault(error);
      await this.#hangUp();
      return ownFault(message, error);
    }
  }

  /** A limit for each address is asked for where the address is known (`limitType` mx-ip). */
  async #admit(address: string, controls: DestinationControls, gateway: Gateway | null): Promise<(() => void) | null> {
    const { office, places, clock } = this.#is;
    if (controls.limitType === 'domain') return () => {};
    const key = this.#limitKey(controls, address, gateway);
    const free = await places.take(key, controls.maxConcurrency).catch((error: unknown) => {
      office.onTrouble(error);
      return null;
    });
    if (free === null) this.#admittedAt = Math.min(this.#admittedAt, clock.now() + BUSY_WAIT_MS);
    return free;
  }

  /** As many as the window of that address has room for; those go, and the rest does not keep them. */
  async #allow(
    address: string,
    recipients: number,
    controls: DestinationControls,
    gateway: Gateway | null,
  ): Promise<number> {
    const { office, clock } = this.#is;
    try {
      const key = this.#limitKey(controls, address, gateway);
      const { granted, retryAt } = await allowRecipients(office, key, recipients, controls);
      if (granted === 0) this.#admittedAt = Math.min(this.#admittedAt, retryAt);
      return granted;
    } catch (error) {
      office.onTrouble(error);
      this.#admittedAt = Math.min(this.#admittedAt, clock.now() + BUSY_WAIT_MS);
      return 0;
    }
  }

  /** Those that no address had room for are asked about anew at once: where there is still none, the worker rests. */
  async #giveBackWaiting(message: ClaimedMessage, report: HandOverReport): Promise<void> {
    const waiting = new Set(report.recipients.filter(({ waits }) => waits === true).map(({ rid }) => rid));
    const recipients = message.recipients.filter(({ rid }) => waiting.has(rid));
    const now = this.#is.clock.now();
    await this.#note(putBack({ ...message, recipients }, now, now), [], []);
  }

  async #conclude(message: ClaimedMessage, outcomes: HandOverReport['recipients']): Promise<Settlement> {
    const { configuration, clock } = this.#is;
    const profile = configuration.bounceProfile(configuration.controlsFor(this.#destination).bounceProfile);
    const settlement = settle({ message, destination: this.#destination, profile, outcomes, now: clock.now() });
    if (settlement.reports.length === 0) return settlement;
    const notices = await this.#is.conclude(settlement, message, this.#destination);
    await this.#note(settlement.reports, notices, [message.mid]);
    return settlement;
  }

  /** Begins to note; the one before has been noted by then. */
  async #note(
    reports: readonly RecipientReport[],
    notices: readonly NewMessage[],
    mids: readonly number[],
  ): Promise<void> {
    if (reports.length === 0) return;
    await this.#noting;
    this.#noting = this.#is.note(reports, notices, mids);
  }

  async #hangUp(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    await line?.close();
  }

  #limitKey(controls: DestinationControls, address: string, gateway: Gateway | null): string {
    return limitKey(controls, { destination: this.#destination, address, gateway: gateway?.name ?? '' });
  }

  #gatewayOf(name: string | null): Gateway | null {
    const { gateways, defaultGateway } = this.#is.configuration.delivery;
    return gateways.find((each) => each.name === (name ?? defaultGateway)) ?? null;
  }

  #busyUntil(): number {
    const at = this.#admittedAt;
    return at === Number.POSITIVE_INFINITY ? this.#is.clock.now() + BUSY_WAIT_MS : at;
  }

  #busy(detail: string): Extract<WorkerEnd, { kind: 'rest' }> {
    return { kind: 'rest', until: this.#is.clock.now() + BUSY_WAIT_MS, why: 'busy', detail };
  }
}
