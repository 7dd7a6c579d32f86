/** What all connections of one process share, and what those of one listener do. */
import type { Installation } from '../app/installation.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { Listener } from '../config/listener-schema.ts';
import type { Admission } from './admission.ts';
import type { ListenerContexts } from './listener-tls.ts';
import type { SenderPolicies } from './sender-policy.ts';

/** Octets of messages that are being received, over all connections. */
export const MAX_RECEIVING_BYTES = 512 * 1024 * 1024;

export interface ListenerHouse {
  readonly installation: Pick<
    Installation,
    'submit' | 'world' | 'followed' | 'house' | 'queue' | 'sinks' | 'settings' | 'hostname'
  >;
  readonly admission: Admission;
  readonly contexts: ListenerContexts;
  readonly room: Room;
}

/** A listener as it is in force; a connection keeps what it began with. */
export interface ListenerInForce {
  readonly listener: Listener;
  readonly hostname: string;
  readonly document: ConfigurationDocument;
  readonly policies: SenderPolicies;
}

/** How long connections may go on. */
export interface Ending {
  /** Whoever has no message under way is told to go. */
  readonly drain: AbortSignal;
  /** Everybody is. */
  readonly kill: AbortSignal;
}

/** A bound on what is kept in memory. */
export class Room {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}
