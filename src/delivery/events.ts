/**
 * What delivery tells while it works, one event after another. The mail log, alerts, TLS reports, counters and pages
 * are all made from these; nothing else is told to anybody. Times are wall-clock ms.
 *
 * DCID: a delivery connection. MID: a message. RID: a recipient's place within its message, from 0.
 */
import type { DaneLookup } from '../dane/lookup.ts';
import type { StsDiscovery } from '../mtasts/discover.ts';
import type { Decision, PolicyEvent } from '../policy/decide.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { Evidence } from '../policy/evidence.ts';

export type DeliveryEvent = { readonly at: number } & (
  | {
      readonly kind: 'message-queued';
      readonly mid: number;
      readonly sender: string;
      readonly recipients: readonly { readonly rid: number; readonly address: string }[];
      readonly bytes: number;
      /** Of the header, as it stands there; null where there is none. */
      readonly messageId: string | null;
      readonly subject: string | null;
      /** Who handed it in: `submit`, `api`, `listener`, `bounce`. */
      readonly origin: string;
      /** The incoming connection it came over; left out where there was none. */
      readonly icid?: number | undefined;
    }
  /** A TCP connection stands. */
  | ({ readonly kind: 'connection-opened' } & ConnectionFacts)
  /** The session was opened as far as it goes and judged: told once for each address that was tried, whatever came of it. */
  | ({
      readonly kind: 'session-judged';
      readonly evidence: Evidence;
      readonly decision: Decision;
      readonly controls: DestinationControls;
      readonly published: PublishedFacts;
      /** The operator asked for no TLS although the domain publishes a policy (decision 8). */
      readonly overridden: boolean;
      /** The message it was opened for waives TLS policies (`TLS-Required: No`): it counts in no TLS report (S-RPT-5). */
      readonly tlsOptional?: boolean | undefined;
    } & ConnectionFacts)
  | { readonly kind: 'delivery-started'; readonly dcid: number; readonly mid: number; readonly rids: readonly number[] }
  /** The server took responsibility for these recipients. */
  | {
      readonly kind: 'message-done';
      readonly dcid: number;
      readonly mid: number;
      readonly rids: readonly number[];
      /** Text of the final reply, without its code: `2.0.0 Ok: queued as …`. */
      readonly response: string;
    }
  /** One recipient will be tried again (`delayed`) or never (`bounced`). `dcid` is 0 where no connection was made. */
  | {
      readonly kind: 'delayed' | 'bounced';
      readonly dcid: number;
      readonly mid: number;
      readonly rid: number;
      readonly sender: string;
      readonly recipient: string;
      readonly destination: string;
      /** Enhanced status: `4.1.0`. */
      readonly status: string;
      /** `Unknown address error`, `Bad destination host`, … */
      readonly reason: string;
      /** Code and lines of the reply; code `000` for a reason of our own. */
      readonly reply: { readonly code: string; readonly lines: readonly string[] };
      /** When it is tried again, ms; null for `bounced`. */
      readonly nextAttemptAt: number | null;
    }
  | { readonly kind: 'connection-closed'; readonly dcid: number }
  /** The end of the data was sent, and no reply came (specification 2.i). */
  | {
      readonly kind: 'possible-delivery';
      readonly dcid: number;
      readonly mid: number;
      readonly rids: readonly number[];
      readonly counted: 'delivered' | 'retried';
    }
  /** All recipients of the message are done with. */
  | {
      readonly kind: 'message-finished';
      readonly mid: number;
      readonly how: 'done' | 'bounced' | 'aborted' | 'deleted';
    }
  /** TLS was required for the destination and could not be had: what an alert is made of (R122). */
  | {
      readonly kind: 'tls-alert';
      readonly dcid: number;
      readonly destination: string;
      readonly mode: string;
      readonly host: string;
      readonly address: string;
      readonly event: PolicyEvent;
      readonly detail: string;
    }
  /** Something of ours stands in the way: a full disk, a database that is away. */
  | { readonly kind: 'trouble'; readonly what: string; readonly recovered: boolean }
);

export interface ConnectionFacts {
  readonly dcid: number;
  /** Recipient domain, or an address literal with brackets. */
  readonly destination: string;
  readonly exchange: string;
  readonly address: string;
  readonly port: number;
  /** Address connected from; empty where no connection came about. */
  readonly localAddress: string;
  /** Name of the gateway; null for Auto. */
  readonly gateway: string | null;
}

/** Null where nobody looked. */
export interface PublishedFacts {
  readonly mtaSts: StsDiscovery | null;
  readonly dane: DaneLookup | null;
}

export type OnDeliveryEvent = (event: DeliveryEvent) => void;
