/** What the web keeps in the database of an installation: results of tests, and who may sign in. */
import type { Clock } from '../base/clock.ts';
import type { AccountStore } from '../config/account-store.ts';
import type { RecordStore } from '../probe/probe-record.ts';
import { createAccountStore } from '../store/account-store.ts';
import type { Database } from '../store/database.ts';
import { createRecordStore } from '../store/record-store.ts';
import { withMonitorResults } from './monitor-desk.ts';

export interface WebStores {
  readonly records: RecordStore;
  readonly accounts: AccountStore;
}

/** Results kept in a database, and for how long, ms. */
export const MAX_KEPT = 100_000;
export const KEEP_MS = 90 * 86_400_000;

/** Rejects with `StoreTrouble` where the database cannot be used. */
export async function openWebStores(database: Database, clock: Clock): Promise<WebStores> {
  const records = createRecordStore(database);
  await records.prune(clock.now() - KEEP_MS, MAX_KEPT);
  return { records: withMonitorResults(records, database), accounts: createAccountStore(database) };
}
