/**
 * Leases of what is under way: renewed three times as often as needed, so that one miss costs nothing; and a look now and
 * then for what processes that died have left behind.
 */
import type { Clock } from '../base/clock.ts';
import type { QueueStore } from './queue-store.ts';

export interface LeaseOptions {
  readonly store: Pick<QueueStore, 'renew' | 'reclaim' | 'takeSlot' | 'freeSlot'>;
  readonly clock: Clock;
  readonly owner: string;
  readonly leaseMs: number;
  readonly onTrouble: (error: unknown) => void;
}

const RENEWALS_PER_LEASE = 3;
const RENEWALS_PER_RECLAIM = 3;

export class Leases {
  readonly #is: LeaseOptions;
  #renewedAt: number;
  #untilReclaim = RENEWALS_PER_RECLAIM;
  #cancelTimer: (() => void) | null = null;
  #stopped = false;

  constructor(options: LeaseOptions) {
    this.#is = options;
    this.#renewedAt = options.clock.now();
  }

  /** Whether what was claimed is still our own; where it may not be (the machine slept), what is claimed next will be. */
  async hold(): Promise<boolean> {
    const held = this.#is.clock.now() - this.#renewedAt < this.#is.leaseMs;
    if (!held) await this.#renew();
    return held;
  }

  keep(): void {
    const { clock, leaseMs, onTrouble } = this.#is;
    this.#cancelTimer = clock.setTimer(leaseMs / RENEWALS_PER_LEASE, () => {
      this.#look()
        .catch(onTrouble)
        .finally(() => {
          if (!this.#stopped) this.keep();
        });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Shows whether the store can be used: a place under a key of our own is written, which a full disk would refuse. */
  async tryOut(): Promise<void> {
    const { store, clock, owner } = this.#is;
    await this.#renew();
    const key = `* tried out by ${owner}`;
    const slot = await store.takeSlot(key, 1, owner, clock.now(), 1);
    if (slot !== null) await store.freeSlot(key, slot, owner);
  }

  async #look(): Promise<void> {
    await this.#renew();
    this.#untilReclaim -= 1;
    if (this.#untilReclaim > 0 || this.#stopped) return;
    this.#untilReclaim = RENEWALS_PER_RECLAIM;
    await this.#is.store.reclaim(this.#is.clock.now());
  }

  async #renew(): Promise<void> {
    const { store, clock, owner, leaseMs } = this.#is;
    const at = clock.now();
    await store.renew(owner, at, leaseMs);
    this.#renewedAt = at;
  }
}
