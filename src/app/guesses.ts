/**
 * How often passwords may be guessed, in the memory of this process: by one client, for one name, and from within a session.
 * Whoever guesses keeps himself from signing in, and nobody else.
 */
import type { Clock } from '../base/clock.ts';
import { createAllowance } from './allowance.ts';

/** From one client: a few at once, then one in so many ms. */
const OF_CLIENT = { burst: 5, everyMs: 20_000 };
/**
 * For one name, whoever makes them. More than one client may make, so that nobody can keep the person whose name it is from
 * signing in by guessing from one place; and the same again for the clients that have signed in as this person.
 */
const OF_NAME = { burst: 20, everyMs: 5_000 };
/** Clients that have signed in, the newest. */
const MAX_KNOWN_CLIENTS = 10_000;

export interface Guesses {
  /** How long to wait, ms; null: now, and it is counted. */
  signIn(name: string, client: string): number | null;
  /** The guess was right. */
  signedIn(name: string, client: string): void;
  /** The same as `signIn` for the old password of somebody who is signed in. */
  oldPassword(name: string): number | null;
}

export function createGuesses(clock: Pick<Clock, 'monotonic'>): Guesses {
  const ofClient = createAllowance({ clock, ...OF_CLIENT });
  const ofName = createAllowance({ clock, ...OF_NAME });
  const known = new Set<string>();
  return {
    // The client first: one that has to wait takes nothing from what is left for the name.
    signIn: (name, client) =>
      ofClient.take(`from ${client}`) ??
      ofName.take(known.has(`${name} from ${client}`) ? `known ${name}` : `strangers ${name}`),
    signedIn: (name, client) => {
      const who = `${name} from ${client}`;
      known.delete(who);
      known.add(who);
      for (const oldest of known) {
        if (known.size <= MAX_KNOWN_CLIENTS) break;
        known.delete(oldest);
      }
    },
    oldPassword: (name) => ofClient.take(`password of ${name}`),
  };
}
