/**
 * Keeps what tests came to, also where the store takes nothing for a while: a result waits in memory, and its test stays on
 * record as under way, until it is kept. Besides, it says that this process lives, and ends the tests of those that died.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { LEASE_MS, type ProbeRecord, RENEW_MS, type RecordStore } from '../probe/probe-record.ts';

/** Results that wait for the store. */
export const MAX_WAITING = 1_000;

export interface ResultKeeperOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, among those of the installation. */
  readonly owner: string;
  /** Tests under way here. */
  readonly underWay: () => number;
}

export interface ResultKeeper {
  /** Kept now or later; never rejects. Null as key: nobody is to be given it again. */
  keep(record: ProbeRecord, key: string | null): Promise<void>;
  /** Until when a test that begins now is believed to be under way. */
  leaseUntil(): number;
  /** A last try for what waits. */
  close(): Promise<void>;
}

export function createResultKeeper({ records, clock, log, owner, underWay }: ResultKeeperOptions): ResultKeeper {
  const waiting = new Map<string, { readonly record: ProbeRecord; readonly key: string | null }>();
  let troubled = false;
  let cancel: (() => void) | null = null;
  let closed = false;
  const leaseUntil = (): number => clock.now() + LEASE_MS;

  const told = (what: string, error: unknown): void => {
    // Once for a trouble, not every few seconds.
    if (!troubled) log('error', what, { error: String(error) });
    troubled = true;
  };
  const save = async (record: ProbeRecord, key: string | null): Promise<boolean> => {
    try {
      await records.save(record, key);
      waiting.delete(record.id);
      return true;
    } catch (error) {
      told('a result could not be kept and waits', error);
      return false;
    }
  };
  const saveWaiting = async (): Promise<void> => {
    for (const { record, key } of [...waiting.values()]) if (!(await save(record, key))) return;
  };
  const round = async (): Promise<void> => {
    try {
      if (underWay() + waiting.size > 0) await records.renew(owner, leaseUntil());
      const given = await records.giveUp(clock.now());
      if (given > 0) log('info', 'tests of a process that died were given up', { tests: given });
      troubled = false;
    } catch (error) {
      told('the tests under way could not be looked after', error);
    }
    await saveWaiting();
  };
  const later = (): void => {
    cancel = clock.setTimer(RENEW_MS, () => {
      void round().finally(() => {
        if (!closed) later();
      });
    });
  };
  later();

  return {
    leaseUntil,
    keep: async (record, key) => {
      if (await save(record, key)) return;
      waiting.set(record.id, { record, key });
      for (const oldest of waiting.keys()) {
        if (waiting.size <= MAX_WAITING) break;
        waiting.delete(oldest);
        log('error', 'a result is lost: too many wait for the store', { id: oldest });
      }
    },
    close: async () => {
      closed = true;
      cancel?.();
      await saveWaiting();
      if (waiting.size > 0) log('error', 'results are lost: the store does not take them', { results: waiting.size });
    },
  };
}
