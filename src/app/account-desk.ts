/** Who may use an installation, for commands that look at it or change it while `serve` runs, or while it does not. */
import { createAccountStore } from '../store/account-store.ts';
import { openDatabase } from '../store/database.ts';
import { makeFolder } from '../store/folder.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { type DataPlace, databasePlaceOf } from './configuration.ts';
import type { Essentials } from './world.ts';

export interface OpenAccounts {
  readonly accounts: Accounts;
  close(): Promise<void>;
}

/** Rejects with `StoreTrouble` where the database cannot be opened. */
export async function openAccounts(place: DataPlace, { clock, random }: Essentials): Promise<OpenAccounts> {
  if (place.database === null) makeFolder(place.data);
  const database = await openDatabase(databasePlaceOf(place), { clock });
  const accounts = await createAccounts({ store: createAccountStore(database), clock, random });
  return { accounts, close: () => database.close() };
}
