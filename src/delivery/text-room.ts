/**
 * Room in memory for the texts of messages under way. How large a claim is shows only when it is there, so each one that
 * is about to be made is expected to be as large as the recent ones were: a queue of small messages is soon worked on by
 * all workers, one of large messages by a few.
 */

/** Octets from which on a claim brings one message at a time, and from which on nobody else begins. */
export const ROOMY_OCTETS = 64 * 1024 * 1024;
export const CROWDED_OCTETS = 256 * 1024 * 1024;
/** What is expected of a claim before any was seen, and at least, octets. */
const FIRST_EXPECTED = 32 * 1024 * 1024;
const LEAST_EXPECTED = 64 * 1024;
/** How fast large claims are forgotten. */
const FORGETTING = 0.9;

export interface Seat {
  /** A claim is there: its texts are in memory until what this yields is called. */
  carry(octets: number): () => void;
  /** The worker is done. */
  leave(): void;
}

export class TextRoom {
  #octets = 0;
  #expecting = 0;
  #expected = FIRST_EXPECTED;

  /** Somebody else may begin. */
  get fits(): boolean {
    return this.#octets + (this.#expecting + 1) * this.#expected <= CROWDED_OCTETS;
  }

  get roomy(): boolean {
    return this.#octets < ROOMY_OCTETS;
  }

  get crowded(): boolean {
    return this.#octets >= CROWDED_OCTETS;
  }

  enter(): Seat {
    let expecting = true;
    this.#expecting += 1;
    const leave = (): void => {
      if (expecting) this.#expecting -= 1;
      expecting = false;
    };
    return {
      leave,
      carry: (octets) => {
        leave();
        this.#octets += octets;
        this.#expected = Math.max(octets, LEAST_EXPECTED, this.#expected * FORGETTING);
        return () => {
          this.#octets -= octets;
        };
      },
    };
  }
}
