/** What a worker at a destination is given, and what it says when it goes. */
import type { Clock } from '../base/clock.ts';
import type { OnDeliveryEvent } from './events.ts';
import type { HandOver, OutgoingMessage } from './hand-over.ts';
import type { ClaimedMessage, NewMessage, QueueStore, RecipientReport } from './queue-store.ts';
import type { DeliveryConfiguration } from './settings.ts';
import type { Settlement } from './settlement.ts';
import type { Places, SlotOffice } from './slots.ts';

export interface WorkerDependencies {
  readonly store: QueueStore;
  readonly handOver: HandOver;
  readonly configuration: DeliveryConfiguration;
  readonly clock: Clock;
  readonly office: SlotOffice;
  readonly places: Places;
  readonly leaseMs: number;
  readonly emit: OnDeliveryEvent;
  /** The message as it leaves: signed, and with a tagged sender where the destination asks for it (R112). */
  readonly dress: (message: ClaimedMessage, destination: string) => OutgoingMessage | Promise<OutgoingMessage>;
  /** What has to be told to senders; counts the rest. Never rejects. */
  readonly conclude: (
    settlement: Settlement,
    message: ClaimedMessage,
    destination: string,
  ) => Promise<readonly NewMessage[]>;
  /** Keeps at it until the store has taken it, or the process has to end. Never rejects. */
  readonly note: (
    reports: readonly RecipientReport[],
    notices: readonly NewMessage[],
    mids: readonly number[],
  ) => Promise<void>;
  /** Waits while the store cannot be asked; 0 when the process ends before. Never rejects. */
  readonly nextDcid: () => Promise<number>;
  /** A fault of ours came up at a hand-over: the message is tried later. */
  readonly onFault: (error: unknown) => void;
  /** Left alone until then, ms, since its hosts did not answer; null: not at all. */
  readonly restsUntil: () => Promise<number | null>;
  /** No more claims, what is under way comes to its end. */
  readonly draining: () => boolean;
  /** Somebody else should have the turn: other destinations wait for a worker, or the texts in memory are too many. */
  readonly contended: () => boolean;
  /** So many octets of texts are in memory, until what it yields is called. */
  readonly carry: (octets: number) => () => void;
  /** There is room for more than one text. */
  readonly roomy: () => boolean;
  /** What was claimed is still ours; where it may not be, what is claimed next will be. */
  readonly leased: () => Promise<boolean>;
  /** What is under way ends at once. */
  readonly signal: AbortSignal;
}

export type WorkerEnd =
  /** Nothing more is due. */
  | { readonly kind: 'drained' }
  /** There may be more. */
  | { readonly kind: 'more' }
  /** Nothing of this destination before then, ms, and why. */
  | { readonly kind: 'rest'; readonly until: number; readonly why: RestReason; readonly detail: string };

/** `down`: seen just now; `known-down`: somebody else has seen and noted it. */
export type RestReason = 'busy' | 'limit' | 'down' | 'known-down';

export interface WorkerHooks {
  /** A claim was as large as it may be: somebody else may help. */
  readonly onPlenty: () => void;
  /** A host took a message, or refused it in its own name. */
  readonly onServed: () => void;
}
