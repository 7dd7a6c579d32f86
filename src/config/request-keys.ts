/**
 * Requests that came with an idempotency key (draft-ietf-httpapi-idempotency-key-header), and what the house needs of a store
 * to give the same answer again, also after a restart and by another process.
 */

export interface KeyedRequest {
  /** Digest of who asked, where, and of the key. */
  readonly name: string;
  /** Digest of what was asked for. */
  readonly request: string;
  /** The answer's id, if the work is done now. */
  readonly answer: string;
}

export type KeyClaim =
  /**
   * The work is to be done now, under this id. `begun`: it may have been, by a process that died before it could say so.
   * `since` is when the key was first seen, wall-clock ms.
   */
  | { readonly kind: 'fresh'; readonly answer: string; readonly begun: boolean; readonly since: number }
  | { readonly kind: 'known'; readonly answer: string }
  | { readonly kind: 'other-request' }
  /** Somebody is at it. */
  | { readonly kind: 'in-flight' };

/** For how long a key is remembered, ms. */
export const KEY_MS = 24 * 3_600_000;
/** A request that is not answered after so many ms died with its process. */
export const FLIGHT_MS = 30_000;

export interface RequestKeyStore {
  /** What a claim would come to without making one; null where it takes one to know. */
  look(request: KeyedRequest, now: number): Promise<KeyClaim | null>;
  claim(request: KeyedRequest, now: number): Promise<KeyClaim>;
  /** The answer that the key has from now on. */
  settle(name: string, answer: string): Promise<void>;
  /** Nothing was done: the key is free again. */
  release(name: string): Promise<void>;
  /** Forgets those first seen before then and everything but the newest `most`. */
  prune(before: number, most: number): Promise<void>;
}
