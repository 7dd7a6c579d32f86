/**
 * Handing messages over to one destination: the words between the queue, which knows what waits and what is allowed,
 * and the engine, which walks the route, opens a session, asks `decide` and speaks MAIL, RCPT and DATA.
 *
 * One hand-over begins with one message. It walks the targets of the route until a host takes the message or refuses it
 * in its own name; the connection that served may then carry more messages to the same destination.
 */

import type { ConnectFailure } from '../net/net.ts';
import type { PolicyEvent } from '../policy/decide.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { EnvelopeRecipient, Message } from './message.ts';
import type { Gateway, SmtpRoute } from './settings.ts';

export interface HandOverOrder {
  /** Recipient domain (A-label, lower case), or an address literal with brackets. */
  readonly destination: string;
  readonly controls: DestinationControls;
  /** In place of the MX hosts. */
  readonly route: SmtpRoute | null;
  readonly gateway: Gateway | null;
  /** Settles the order among equals, as the probe's does; null: at random. */
  readonly seed: number | null;
  /** Asked before each connection; null: this address is busy, another one may do. What it yields is called at the end. */
  readonly admit: (address: string) => Promise<(() => void) | null>;
  /** Asked behind `admit` with so many: to how many of them the message may go at this address now; left out: to all. */
  readonly allow?: ((address: string, recipients: number) => Promise<number>) | undefined;
  /** A number for the connection, told in every event about it. */
  readonly nextDcid: () => Promise<number>;
  readonly signal: AbortSignal;
  /** Attempts before this one: every other begins with the other address family (S-MX-10). Left out: the first. */
  readonly attempt?: number | undefined;
}

export interface OutgoingMessage extends Message {
  readonly mid: number;
  readonly recipients: readonly (EnvelopeRecipient & { readonly rid: number })[];
}

export interface RecipientOutcome {
  readonly rid: number;
  readonly address: string;
  readonly result: 'delivered' | 'deferred' | 'failed';
  readonly channel: 'encrypted' | 'clear' | 'none';
  readonly verified: boolean | null;
  readonly host: string | null;
  readonly ip: string | null;
  /** 0 where no connection was made. */
  readonly dcid: number;
  /** Enhanced status (RFC 3463). */
  readonly status: string;
  /** `Unknown address error`, … */
  readonly reason: string;
  /** Code `000` for a reason of our own. */
  readonly reply: { readonly code: string; readonly lines: readonly string[] };
  /** Whose fault it is, for the counters. */
  readonly category: 'none' | 'dns' | 'connection' | 'tls' | '4xx' | '5xx' | 'content';
  /** The final reply was lost: it may have been delivered. */
  readonly possible: boolean;
  /** A host had said yes to the sender and recipients when the connection broke: that may be this message's doing. */
  readonly begun?: boolean | undefined;
  /** No address was allowed to have it yet: this was no attempt. */
  readonly waits?: boolean | undefined;
  /** The server was told what the submitter asked of DSNs (RFC 3461); left out or false: it is ours to say (S-DSN-2). */
  readonly dsnPassedOn?: boolean | undefined;
  readonly because: readonly string[];
}

/** One address that was tried. */
export interface HostAttempt {
  readonly host: string;
  readonly ip: string;
  readonly dcid: number;
  readonly event: PolicyEvent | null;
  readonly action: 'next' | 'clear' | 'encrypted' | 'refused' | 'busy';
  readonly detail: string;
  /** Why no TCP connection came about; null where one stood, or none was tried. */
  readonly unconnected?: ConnectFailure['kind'] | null;
}

export interface HandOverReport {
  readonly recipients: readonly RecipientOutcome[];
  readonly attempts: readonly HostAttempt[];
  /** False: nothing was connected to, as for a DNS failure or where every address was busy. */
  readonly contacted: boolean;
  /** Every address that could have served was busy: nothing of this counts as an attempt. */
  readonly busy: boolean;
}

/** The connection that served, open for more. */
export interface DeliveryLine {
  readonly dcid: number;
  readonly host: string;
  readonly ip: string;
  readonly encrypted: boolean;
  /** Messages it has carried. */
  readonly carried: number;
  /** Another message may go over it: connected, within the message limit, and what the message asks of TLS holds. */
  takes(message: OutgoingMessage): boolean;
  send(message: OutgoingMessage): Promise<HandOverReport>;
  /** QUIT and the end. */
  close(): Promise<void>;
}

export interface HandedOver {
  readonly report: HandOverReport;
  readonly line: DeliveryLine | null;
}

export type HandOver = (order: HandOverOrder, message: OutgoingMessage) => Promise<HandedOver>;
