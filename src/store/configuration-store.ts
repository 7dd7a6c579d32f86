/** The configuration's committed revisions and its pending document, for whoever has the database open. */
import type { CommittedRevision, ConfigurationStore, PendingDocument } from '../config/configuration-store.ts';
import type { Database, Work } from './database.ts';
import { StoreTrouble } from './trouble.ts';

const CHANNEL = 'configuration';
/** The pending document is one row. */
const PENDING = 1;

export function createConfigurationStore(database: Database): ConfigurationStore {
  return {
    committed: async () => (await history(database, 1))[0] ?? null,
    revision: async (revision) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('configuration').selectAll().where('revision', '=', revision).executeTakeFirst(),
      );
      return row === undefined ? null : { ...row };
    },
    history: (limit) => history(database, limit),
    pending: async () => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('pending_configuration').selectAll().where('id', '=', PENDING).executeTakeFirst(),
      );
      return row === undefined ? null : pendingOf(row);
    },
    setPending: (document, expectedVersion) =>
      elseConflict(() => database.write((work) => setPending(work, document, expectedVersion))),
    commit: (revision, expectedRevision, expectedVersion) =>
      elseConflict(() => database.write((work) => commit(work, revision, expectedRevision, expectedVersion))),
    onCommit: (listener) =>
      database.onSignal(CHANNEL, (payload) => {
        if (payload !== null) listener(Number(payload));
        else tellNewest(database, listener);
      }),
  };
}

async function history(database: Database, limit: number): Promise<readonly CommittedRevision[]> {
  const rows = await database.read((kysely) =>
    kysely.selectFrom('configuration').selectAll().orderBy('revision', 'desc').limit(limit).execute(),
  );
  return rows.map((row) => ({ ...row }));
}

/** A commit may have been missed: whoever listens is told the newest, which costs a look when it is none. */
function tellNewest(database: Database, listener: (revision: number) => void): void {
  history(database, 1).then(
    ([newest]) => {
      if (newest !== undefined) listener(newest.revision);
    },
    () => {
      // The database is away again; when it is back, so is this.
    },
  );
}

function pendingOf(row: {
  readonly document: string | null;
  readonly based_on: number;
  readonly version: number;
}): PendingDocument | null {
  return row.document === null ? null : { document: row.document, basedOn: row.based_on, version: row.version };
}

async function setPending(
  { trx }: Work,
  document: { readonly document: string; readonly basedOn: number } | null,
  expectedVersion: number | null,
): Promise<number | 'conflict'> {
  const row = await pendingRow(trx);
  if ((pendingOf(row)?.version ?? null) !== expectedVersion) return 'conflict';
  const version = row.version + 1;
  await trx
    .updateTable('pending_configuration')
    .set({ document: document?.document ?? null, based_on: document?.basedOn ?? 0, version })
    .where('id', '=', PENDING)
    .execute();
  return document === null ? 0 : version;
}

/** The one row, which nobody else changes before this transaction ends. */
async function pendingRow(trx: Work['trx']) {
  // The row is there before it is read, so that on PostgreSQL there is something to lock.
  await trx
    .insertInto('pending_configuration')
    .values({ id: PENDING, document: null, based_on: 0, version: 0 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ version: eb.ref('pending_configuration.version') })),
    )
    .execute();
  return trx.selectFrom('pending_configuration').selectAll().where('id', '=', PENDING).executeTakeFirstOrThrow();
}

async function commit(
  { trx, signal }: Work,
  committed: Omit<CommittedRevision, 'revision'>,
  expectedRevision: number,
  expectedVersion: number | null | undefined,
): Promise<number | 'conflict'> {
  const pending = pendingOf(await pendingRow(trx));
  if (expectedVersion !== undefined && (pending?.version ?? null) !== expectedVersion) return 'conflict';
  const newest = await trx
    .selectFrom('configuration')
    .select('revision')
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  if ((newest?.revision ?? 0) !== expectedRevision) return 'conflict';
  const revision = expectedRevision + 1;
  await trx
    .insertInto('configuration')
    .values({
      revision,
      document: committed.document,
      comment: committed.comment,
      author: committed.author,
      at: committed.at,
    })
    .execute();
  await trx
    .updateTable('pending_configuration')
    .set((eb) => ({ document: null, based_on: 0, version: eb('version', '+', 1) }))
    .where('id', '=', PENDING)
    .execute();
  signal(CHANNEL, String(revision));
  return revision;
}

/** On PostgreSQL two that commit the same revision at one moment meet at its key. */
async function elseConflict(act: () => Promise<number | 'conflict'>): Promise<number | 'conflict'> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StoreTrouble && error.kind === 'conflict' && !error.mayPass) return 'conflict';
    throw error;
  }
}
