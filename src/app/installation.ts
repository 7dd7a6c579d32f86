/** What an installation keeps, opened: the database of a folder or server, or memory alone for a demonstration. */
import type { Clock } from '../base/clock.ts';
import { type AccountStore, memoryAccounts } from '../config/account-store.ts';
import { memoryRecords, type RecordStore } from '../probe/probe-record.ts';
import { createAccountStore } from '../store/account-store.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createRecordStore } from '../store/record-store.ts';
import { type DataPlace, databasePlaceOf } from './configuration.ts';

export interface Installation {
  /** Null: nothing outlives the process. */
  readonly database: Database | null;
  readonly records: RecordStore;
  readonly accounts: AccountStore;
  close(): Promise<void>;
}

/** Results kept in memory where there is no database. */
const MAX_IN_MEMORY = 1_000;
/** Results kept in a database, and for how long, ms. */
export const MAX_KEPT = 100_000;
export const KEEP_MS = 90 * 86_400_000;

/** Rejects with `StoreTrouble` where the database cannot be opened. */
export async function openInstallation(place: DataPlace | null, clock: Clock): Promise<Installation> {
  if (place === null) {
    return { database: null, records: memoryRecords(MAX_IN_MEMORY), accounts: memoryAccounts(), close: async () => {} };
  }
  const database = await openDatabase(databasePlaceOf(place), { clock });
  const records = createRecordStore(database);
  await records.prune(clock.now() - KEEP_MS, MAX_KEPT);
  return { database, records, accounts: createAccountStore(database), close: () => database.close() };
}
