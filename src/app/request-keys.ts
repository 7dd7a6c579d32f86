/**
 * Work that is done once for an idempotency key, however often it is asked for. Who makes up ever new keys is slowed down:
 * each is kept for a day.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { RequestKeyStore } from '../config/request-keys.ts';
import { createAllowance } from './allowance.ts';
import { digestOf, unguessable } from './secrets.ts';

export interface KeyedWork {
  /** Whose key it is: each caller has keys of their own. */
  readonly caller: string;
  /** Somebody without a name may be anybody, and is kept less for. */
  readonly anonymous: boolean;
  /** Where it was sent to. */
  readonly place: string;
  readonly key: string;
  /** What makes it the same request. */
  readonly request: string;
}

export interface Turn {
  /** For the answer, if it can have any id. */
  readonly id: string;
  /** A process died at it: what it began may be there under that id. */
  readonly begun: boolean;
  /** Names this work for ever, among all that ever had this key. */
  readonly unique: string;
}

export type KeyFault<Failure> =
  | { readonly kind: 'other-request' }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'too-many-keys'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly failure: Failure };

export interface RequestKeys {
  /**
   * The id of the answer, from `work` or from what it answered before. A refusal, or a store in trouble (`StoreTrouble`),
   * leaves the key free.
   */
  once<Failure>(
    request: KeyedWork,
    work: (turn: Turn) => Promise<Outcome<string, Failure>>,
  ): Promise<Outcome<string, KeyFault<Failure>>>;
}

export interface RequestKeysOptions {
  readonly store: RequestKeyStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** New keys of one caller: at once, and then one in so many ms. */
export const ANONYMOUS_KEYS = { burst: 100, everyMs: 2_000 };
export const NAMED_KEYS = { burst: 2_000, everyMs: 50 };

export function createRequestKeys({ store, clock, random, log }: RequestKeysOptions): RequestKeys {
  const anonymousKeys = createAllowance({ clock, ...ANONYMOUS_KEYS });
  const namedKeys = createAllowance({ clock, ...NAMED_KEYS });
  return {
    once: async <Failure>(
      { caller, anonymous, place, key, request }: KeyedWork,
      work: (turn: Turn) => Promise<Outcome<string, Failure>>,
    ): Promise<Outcome<string, KeyFault<Failure>>> => {
      const name = digestOf(JSON.stringify([caller, place, key]));
      const asked = { name, request: digestOf(request), answer: unguessable(random) };
      let claim = await store.look(asked, clock.now());
      if (claim === null) {
        const wait = (anonymous ? anonymousKeys : namedKeys).take(caller);
        if (wait !== null) return failed({ kind: 'too-many-keys', retryAfterMs: wait });
        claim = await store.claim(asked, clock.now());
      }
      if (claim.kind === 'known') return succeeded(claim.answer);
      if (claim.kind !== 'fresh') return failed({ kind: claim.kind });
      const free = (): Promise<void> =>
        store.release(name).catch((error: unknown) => {
          log('error', 'an idempotency key stays taken for a while', { error: String(error) });
        });
      let done: Outcome<string, Failure>;
      try {
        done = await work({ id: claim.answer, begun: claim.begun, unique: `${name}:${claim.since}` });
      } catch (error) {
        await free();
        throw error;
      }
      if (!done.ok) {
        await free();
        return failed({ kind: 'refused', failure: done.failure });
      }
      await store.settle(name, done.value).catch((error: unknown) => {
        // The work is done, and said so; whoever repeats the request later finds it by its id.
        log('error', 'an idempotency key could not be settled', { error: String(error) });
      });
      return succeeded(done.value);
    },
  };
}
