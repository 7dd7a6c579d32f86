/**
 * Brings a database to the form this version knows. An older one is led forward; one that a newer version has touched is
 * refused, since nobody here knows what its tables mean. Several processes may start at the same time.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { DatabaseKind } from './database.ts';
import { migrationsFor } from './migrations.ts';
import { StoreTrouble, troubleOf } from './trouble.ts';

/** Starts of others that may come in between before we give up. */
const MOST_TRIES = 5;

/** `steps`: those of this version; a test hands in those of an earlier or a later one. */
export async function migrate<Schema>(
  database: Kysely<Schema>,
  kind: DatabaseKind,
  steps: Readonly<Record<string, Migration>> = migrationsFor(kind),
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await migrateOnce(database, kind, steps);
    } catch (error) {
      const trouble = troubleOf(error);
      if (tries >= MOST_TRIES || trouble.kind !== 'conflict') throw trouble;
    }
  }
}

async function migrateOnce<Schema>(
  database: Kysely<Schema>,
  kind: DatabaseKind,
  steps: Readonly<Record<string, Migration>>,
): Promise<void> {
  const done = await stepsDone(database, kind);
  const unknown = done.filter((name) => steps[name] === undefined);
  if (unknown.length > 0) {
    throw new StoreTrouble(
      'newer',
      `the data were written by a newer version of this program (step ${unknown.join(', ')} is unknown here): install that version, or use another data folder`,
      false,
    );
  }
  if (done.length === Object.keys(steps).length) return;
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...steps }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function stepsDone<Schema>(database: Kysely<Schema>, kind: DatabaseKind): Promise<readonly string[]> {
  const table =
    kind === 'file'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table' and name = 'kysely_migration'`
      : sql<{ name: string }>`select 'there' as name where to_regclass('kysely_migration') is not null`;
  if ((await table.execute(database)).rows.length === 0) return [];
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database);
  return done.rows.map(({ name }) => name);
}
