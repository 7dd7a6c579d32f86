/**
 * What the queue needs of a store: a file for one machine, PostgreSQL for many. A promise that resolves is durable.
 * Times are wall-clock ms, handed in by the caller, so that a hand-wound clock rules the store, too.
 *
 * The life of a recipient: `queued` (waiting for `nextAttemptAt`) -> `claimed` (leased to a process; the attempt is on
 * record before the first packet) -> `delivered` | `bounced` | `queued` again. `held` waits for a person; `deleted` is
 * gone. A finished recipient is never claimed again, whatever a late or repeated report says.
 */
import type { EnvelopeOptions, EnvelopeRecipient } from './message.ts';

export type RecipientState = 'queued' | 'claimed' | 'held' | 'delivered' | 'bounced' | 'deleted';

export interface FinishedMessage {
  readonly mid: number;
  /** One of its recipients, at least, has it. */
  readonly delivered: boolean;
}

export interface NewMessage {
  readonly sender: string;
  readonly options: EnvelopeOptions;
  /** In order: the place is the RID. `destination`: recipient domain (A-label, lower case) or `[address]`. */
  readonly recipients: readonly (EnvelopeRecipient & { readonly destination: string })[];
  readonly bytes: Uint8Array;
  readonly origin: string;
  readonly messageId: string | null;
  readonly subject: string | null;
  /** Virtual gateway that sends it; null: the default. */
  readonly gateway: string | null;
  /** Accepting the same key again yields the first MID and stores nothing. */
  readonly idempotencyKey: string | null;
}

export interface AcceptedMessage {
  readonly mid: number;
  /** False where the idempotency key had been seen. */
  readonly fresh: boolean;
}

/** One message with those of its recipients that were claimed together: same destination. */
export interface ClaimedMessage {
  readonly mid: number;
  readonly attemptId: number;
  readonly sender: string;
  readonly options: EnvelopeOptions;
  readonly acceptedAt: number;
  readonly gateway: string | null;
  readonly bytes: Uint8Array;
  readonly recipients: readonly ClaimedRecipient[];
}

export interface ClaimedRecipient extends EnvelopeRecipient {
  readonly rid: number;
  /** Attempts before this one. */
  readonly attempts: number;
  readonly delayWarnings: number;
  readonly lastWarningAt: number | null;
  /** What the attempt before came to. */
  readonly last: AttemptFacts | null;
}

export interface ClaimRequest {
  readonly destination: string;
  /** Messages at most. */
  readonly most: number;
  /** Recipients at most, over all messages. */
  readonly mostRecipients: number;
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
}

/** What came of reports. */
export interface Settled {
  /** Reports that took effect. */
  readonly effective: number;
  /** The notices, in their order; none where no report took effect. */
  readonly accepted: readonly AcceptedMessage[];
}

/** What became of one claimed recipient. */
export interface RecipientReport {
  readonly mid: number;
  readonly rid: number;
  readonly attemptId: number;
  readonly outcome:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'bounced' }
    /** Not counted as an attempt when nothing was sent (no slot, shut-down): `uncounted`. */
    | {
        readonly kind: 'deferred';
        readonly nextAttemptAt: number;
        readonly uncounted: boolean;
        readonly warned: boolean;
      };
  readonly facts: AttemptFacts;
}

/** The last attempt as people want to see it. */
export interface AttemptFacts {
  readonly at: number;
  readonly dcid: number;
  readonly channel: 'encrypted' | 'clear' | 'none';
  readonly verified: boolean | null;
  readonly host: string | null;
  readonly address: string | null;
  readonly status: string;
  readonly reply: string;
  readonly reason: string;
}

/** A destination with something waiting. */
export interface Lane {
  readonly destination: string;
  readonly waiting: number;
  /** Earliest `nextAttemptAt` among the waiting. */
  readonly nextAttemptAt: number;
}

export interface HostState {
  readonly destination: string;
  /** Left alone until then, ms; null: up. */
  readonly downUntil: number | null;
  readonly lastFailure: string | null;
  readonly last5xx: string | null;
  readonly lastActivity: number | null;
  readonly softBounced: number;
  readonly hardBounced: {
    readonly dns: number;
    readonly fivexx: number;
    readonly expired: number;
    readonly other: number;
  };
  readonly delivered: number;
}

/** A destination with something waiting or on its way. */
export interface TopHost extends HostState {
  /** Recipients that wait or are on their way, and those of them that were tried before. */
  readonly active: number;
  readonly attempted: number;
  /** When the oldest of the messages was accepted. */
  readonly oldestAt: number | null;
}

/** Which destinations with something waiting, page by page. */
export interface HostsPage {
  readonly limit: number;
  /** Part of the name, lower case. */
  readonly containing?: string | undefined;
  /** Behind this one in the order of `topHosts`; what changed in between may come twice, or not at all. */
  readonly after?: { readonly active: number; readonly destination: string } | undefined;
}

export type HostCounter = 'softBounced' | 'dns' | 'fivexx' | 'expired' | 'other' | 'delivered';

export interface QueueItem {
  readonly mid: number;
  readonly rid: number;
  readonly sender: string;
  readonly recipient: string;
  readonly destination: string;
  readonly state: RecipientState;
  readonly attempts: number;
  readonly acceptedAt: number;
  readonly nextAttemptAt: number;
  readonly bytes: number;
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly last: AttemptFacts | null;
}

export interface QueueFilter {
  readonly mid?: number | undefined;
  readonly destination?: string | undefined;
  readonly sender?: string | undefined;
  readonly recipient?: string | undefined;
  readonly states?: readonly RecipientState[] | undefined;
  /** Behind this item, in the order of MID and RID. */
  readonly after?: { readonly mid: number; readonly rid: number } | undefined;
  readonly limit: number;
}

/** Which recipients an action of a person is about. */
export interface QueueSelection {
  readonly mids?: readonly number[] | undefined;
  readonly destination?: string | undefined;
  readonly all?: boolean | undefined;
}

export interface QueueStore {
  /** Durable when it resolves; concurrent calls share a commit. */
  accept(message: NewMessage, now: number): Promise<AcceptedMessage>;
  /** All destinations with something waiting, for a start; `since` a MID afterwards is told by `onWork`. */
  lanes(): Promise<readonly Lane[]>;
  /** The same for one destination; null when nothing waits: for whoever claimed and got nothing. */
  lane(destination: string): Promise<Lane | null>;
  /** Takes due recipients of one destination and records the attempt, all in one commit. */
  claim(request: ClaimRequest): Promise<readonly ClaimedMessage[]>;
  /** Idempotent; a report whose attempt is not the one on record changes nothing. Answers how many took effect. */
  report(reports: readonly RecipientReport[], now: number): Promise<number>;
  /** The same, and in the same commit what senders are told of it is queued, where one of the reports takes effect. */
  settle(reports: readonly RecipientReport[], notices: readonly NewMessage[], now: number): Promise<Settled>;
  /** Those among these of which no recipient waits, is claimed or held any more. */
  finished(mids: readonly number[]): Promise<readonly FinishedMessage[]>;
  renew(owner: string, now: number, leaseMs: number): Promise<void>;
  /** Work of processes whose lease ran out goes back to `queued`, due now; answers how many recipients. */
  reclaim(now: number): Promise<number>;

  /** One of `most` places under `key`, leased; null when none is free. Hard across processes. */
  takeSlot(key: string, most: number, owner: string, now: number, leaseMs: number): Promise<number | null>;
  freeSlot(key: string, slot: number, owner: string): Promise<void>;
  /** Up to `wanted` of `limit` recipients in the window that `now` falls into; the rest has to wait until `retryAt`. */
  takeRecipients(
    key: string,
    wanted: number,
    limit: number,
    windowMs: number,
    now: number,
  ): Promise<{ readonly granted: number; readonly retryAt: number }>;
  /** `delivernow` for all: windows and counters begin anew (R116), and no host is down any more. */
  resetLimits(): Promise<void>;

  hostState(destination: string): Promise<HostState | null>;
  markDown(destination: string, until: number, why: string, now: number): Promise<void>;
  markUp(destination: string, now: number): Promise<void>;
  count(
    destination: string,
    counters: Partial<Record<HostCounter, number>>,
    last5xx: string | null,
    now: number,
  ): Promise<void>;

  list(filter: QueueFilter): Promise<readonly QueueItem[]>;
  /** Header and text; null when the message is unknown or its text is gone. */
  body(mid: number): Promise<Uint8Array | null>;
  hold(selection: QueueSelection): Promise<number>;
  release(selection: QueueSelection, now: number): Promise<number>;
  /** Also what is on its way, of which nothing more is noted. `now`: from then the message is kept for a sweep. */
  remove(selection: QueueSelection, now?: number): Promise<number>;
  retryNow(selection: QueueSelection, now: number): Promise<number>;
  /**
   * Most active first, by name among equals; of one destination alone where it is named, and nothing where nothing of it
   * is active.
   */
  topHosts(limit: number, destination?: string): Promise<readonly TopHost[]>;
  /** The same, one page of it. */
  hosts(page: HostsPage): Promise<readonly TopHost[]>;
  /** Connections that hold a place now, over all processes, by destination. */
  connections(now: number): Promise<ReadonlyMap<string, number>>;
  /** Forgets finished messages older than this; answers how many. */
  sweep(before: number): Promise<number>;

  /** Numbers that are never given twice, across processes and restarts. */
  nextNumber(what: 'dcid' | 'icid'): Promise<number>;
  /**
   * Called with a destination when a process, this one included, has queued or released something for it, and with all
   * of them when something may have been missed; returns the way to stop.
   */
  onWork(listener: (destination: string) => void): () => void;
  close(): Promise<void>;
}
