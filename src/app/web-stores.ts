/** What the web keeps in the database of an installation: tests, batches, keys of requests, and who may sign in. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { AccountStore } from '../config/account-store.ts';
import { KEY_MS, type RequestKeyStore } from '../config/request-keys.ts';
import type { BatchStore } from '../probe/batch-record.ts';
import type { RecordStore } from '../probe/probe-record.ts';
import { createAccountStore } from '../store/account-store.ts';
import { createBatchStore } from '../store/batch-store.ts';
import type { Database } from '../store/database.ts';
import { createRecordStore } from '../store/record-store.ts';
import { createRequestKeyStore } from '../store/request-key-store.ts';
import { IDLE_MS } from './accounts.ts';
import { withMonitorResults } from './monitor-desk.ts';

export interface WebStores {
  readonly records: RecordStore;
  readonly accounts: AccountStore;
  readonly batches: BatchStore;
  readonly keys: RequestKeyStore;
}

/** Results kept in a database, and for how long, ms. */
export const MAX_KEPT = 100_000;
export const KEEP_MS = 90 * 86_400_000;
/** Batches and keys of requests, which are small. */
export const MAX_BATCHES = 10_000;
export const MAX_KEYS = 500_000;
/** How often what is too old is forgotten, ms. */
const PRUNE_MS = 3_600_000;

/** Rejects with `StoreTrouble` where the database cannot be used. */
export async function openWebStores(database: Database, clock: Clock): Promise<WebStores> {
  const stores = webStoresOver(database);
  await prune(stores, clock.now());
  return stores;
}

export function webStoresOver(database: Database): WebStores {
  return {
    records: withMonitorResults(createRecordStore(database), database),
    accounts: createAccountStore(database),
    batches: createBatchStore(database),
    keys: createRequestKeyStore(database),
  };
}

export async function prune({ records, accounts, batches, keys }: WebStores, now: number): Promise<void> {
  await records.prune(now - KEEP_MS, MAX_KEPT);
  await accounts.pruneSessions(now, now - IDLE_MS);
  await batches.prune(now - KEEP_MS, MAX_BATCHES);
  await keys.prune(now - KEY_MS, MAX_KEYS);
}

/** Forgets what is too old, now and then, until it is stopped. */
export function keepPruning(stores: WebStores, clock: Clock, log: Log): () => void {
  let cancel: () => void = () => {};
  let stopped = false;
  const again = (): void => {
    cancel = clock.setTimer(PRUNE_MS, () => {
      void prune(stores, clock.now())
        .catch((error: unknown) => log('error', 'what is too old could not be forgotten', { error: String(error) }))
        .finally(() => {
          if (!stopped) again();
        });
    });
  };
  again();
  return () => {
    stopped = true;
    cancel();
  };
}
