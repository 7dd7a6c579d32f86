/**
 * Places for connections, leased from the store so that they hold across processes (R114): one for each connection, under
 * the key that the limits of the destination ask for. A place that is given back stays with this process for a moment,
 * since the next connection of the same kind is often not far: one that is alone asks the store once for each connection
 * it has at a time, not once for each it makes.
 */
import type { Clock } from '../base/clock.ts';
import type { DestinationControls } from '../policy/destination.ts';
import type { QueueStore } from './queue-store.ts';

/** How long an unused place is kept from other processes, ms. */
export const IDLE_PLACE_MS = 2_000;

export interface SlotOffice {
  readonly store: Pick<QueueStore, 'takeSlot' | 'freeSlot' | 'takeRecipients'>;
  readonly owner: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** A place could not be given back: its lease will run out. */
  readonly onTrouble: (error: unknown) => void;
}

/** Whom a limit counts for: the domain or one address of it, the system or one gateway (specification 2.a.2). */
export function limitKey(
  { limitType, limitApply }: Pick<DestinationControls, 'limitType' | 'limitApply'>,
  {
    destination,
    address,
    gateway,
  }: { readonly destination: string; readonly address: string; readonly gateway: string },
): string {
  const whom = limitType === 'domain' ? destination : `${destination} ${address}`;
  return limitApply === 'system' ? whom : `${whom} via ${gateway}`;
}

interface Held {
  used: number;
  /** Places that nobody uses now, and since when, ms. */
  idle: { readonly slot: number; readonly since: number }[];
}

export class Places {
  readonly #office: SlotOffice;
  readonly #held = new Map<string, Held>();
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(office: SlotOffice) {
    this.#office = office;
  }

  /** The function that gives the place back, or null when all are taken. Rejects where the store cannot be asked. */
  async take(key: string, most: number): Promise<(() => void) | null> {
    const { store, owner, leaseMs, clock } = this.#office;
    const held = this.#held.get(key) ?? { used: 0, idle: [] };
    this.#held.set(key, held);
    if (held.used >= most) return null;
    held.used += 1;
    let slot: number | null = null;
    try {
      // A number from before the limit was lowered is none any more.
      while (slot === null) {
        const idle = held.idle.pop();
        if (idle === undefined) break;
        if (idle.slot < most) slot = idle.slot;
        else this.#release(key, held, idle);
      }
      slot ??= await store.takeSlot(key, most, owner, clock.now(), leaseMs);
    } finally {
      if (slot === null) this.#leave(key, held);
    }
    if (slot === null) return null;
    const taken = slot;
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      held.idle.push({ slot: taken, since: clock.now() });
      this.#leave(key, held);
      if (this.#closed) this.#free(0);
      else this.#watch();
    };
  }

  /** Places in use under a key, of this process. */
  used(key: string): number {
    return this.#held.get(key)?.used ?? 0;
  }

  /** Gives back what is not in use; what is goes back when it is left. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#free(0);
  }

  #leave(key: string, held: Held): void {
    held.used -= 1;
    if (held.used === 0 && held.idle.length === 0) this.#held.delete(key);
  }

  #watch(): void {
    this.#cancelTimer ??= this.#office.clock.setTimer(IDLE_PLACE_MS, () => {
      this.#cancelTimer = null;
      this.#free(IDLE_PLACE_MS);
      if ([...this.#held.values()].some(({ idle }) => idle.length > 0)) this.#watch();
    });
  }

  /** Gives back places that have been idle for so long. */
  #free(idleMs: number): void {
    const now = this.#office.clock.now();
    for (const [key, held] of this.#held) {
      const over = held.idle.filter(({ since }) => now - since >= idleMs);
      held.idle = held.idle.filter(({ since }) => now - since < idleMs);
      if (held.used === 0 && held.idle.length === 0) this.#held.delete(key);
      for (const each of over) this.#release(key, held, each);
    }
  }

  /** Where the store cannot be told it is tried again: the lease of a process that lives on does not run out. */
  #release(key: string, held: Held, idle: Held['idle'][number]): void {
    const { store, owner, onTrouble } = this.#office;
    store.freeSlot(key, idle.slot, owner).catch((error: unknown) => {
      onTrouble(error);
      if (this.#closed) return;
      const current = this.#held.get(key) ?? held;
      this.#held.set(key, current);
      current.idle.push(idle);
      this.#watch();
    });
  }
}

export interface Allowance {
  /** So many of the recipients may be sent to now. */
  readonly granted: number;
  /** When the next window begins, ms. */
  readonly retryAt: number;
}

/** How many of so many recipients may be sent to now (R114). */
export async function allowRecipients(
  { store, clock }: SlotOffice,
  key: string,
  wanted: number,
  { recipientLimit, recipientMinutes }: Pick<DestinationControls, 'recipientLimit' | 'recipientMinutes'>,
): Promise<Allowance> {
  if (recipientLimit === 0) return { granted: wanted, retryAt: 0 };
  return await store.takeRecipients(key, wanted, recipientLimit, recipientMinutes * 60_000, clock.now());
}
