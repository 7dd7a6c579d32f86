/** What the web keeps: in the database of the installation, or in memory alone for a demonstration. */
import type { Clock } from '../base/clock.ts';
import { type AccountStore, memoryAccounts } from '../config/account-store.ts';
import { memoryRecords, type RecordStore } from '../probe/probe-record.ts';
import { createAccountStore } from '../store/account-store.ts';
import type { Database } from '../store/database.ts';
import { createRecordStore } from '../store/record-store.ts';

export interface WebStore {
  readonly records: RecordStore;
  readonly accounts: AccountStore;
}

/** Results kept in memory where there is no database. */
const MAX_IN_MEMORY = 1_000;
/** Results kept in a database, and for how long, ms. */
export const MAX_KEPT = 100_000;
export const KEEP_MS = 90 * 86_400_000;

/** Null: nothing outlives the process. Rejects with `StoreTrouble` where the database does not answer. */
export async function openWebStore(database: Database | null, clock: Clock): Promise<WebStore> {
  if (database === null) return { records: memoryRecords(MAX_IN_MEMORY), accounts: memoryAccounts() };
  const records = createRecordStore(database);
  await records.prune(clock.now() - KEEP_MS, MAX_KEPT);
  return { records, accounts: createAccountStore(database) };
}
