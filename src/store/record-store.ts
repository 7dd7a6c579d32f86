/**
 * Finished tests, and those under way, for whoever has the database open. The result is JSON text: it is read whole or not
 * at all.
 */
import {
  givenUp,
  isAlive,
  LEASE_MS,
  type ProbeOptions,
  type ProbeRecord,
  type RecordStore,
  type UnderWay,
} from '../probe/probe-record.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { Database, Work } from './database.ts';
import type { ProbeJobTable, ProbeTable } from './tables.ts';
import { StoreTrouble } from './trouble.ts';

export function createRecordStore(database: Database): RecordStore {
  return {
    save: async (record, key = null) => {
      const row = rowOf(record, key);
      await database.write(({ trx }) => keep(trx, row));
    },
    find: async (id) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('probe').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row === undefined ? null : recordOf(row);
    },
    begin: (test, now) =>
      database.write(async ({ trx }) => {
        for (let tries = 0; tries < MOST_TRIES; tries++) {
          // Of two at one moment the second one waits here for the first, and then finds it.
          if (await insertTest(trx, test)) return test;
          const row = await trx
            .selectFrom('probe_job')
            .selectAll()
            .where('reuse_key', '=', test.key)
            .$if(database.kind === 'postgres', (query) => query.forUpdate())
            .executeTakeFirst();
          if (row === undefined) continue;
          const other = testOf(row);
          if (isAlive(other, now)) return other;
          await keep(trx, rowOf(givenUp(other, now), null));
        }
        throw new StoreTrouble('conflict', 'another process is in the way: the same test begins and ends there', true);
      }),
    underWay: async (id) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('probe_job').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row === undefined ? null : testOf(row);
    },
    renew: async (owner, leaseUntil) => {
      await database.write(({ trx }) =>
        trx.updateTable('probe_job').set({ lease_until: leaseUntil }).where('owner', '=', owner).execute(),
      );
    },
    giveUp: async (now) => {
      const dead = await database.read((kysely) =>
        kysely
          .selectFrom('probe_job')
          .select('id')
          .where((eb) => eb.or([eb('lease_until', '<=', now), eb('lease_until', '>', now + 2 * LEASE_MS)]))
          .limit(GIVEN_UP_AT_ONCE)
          .execute(),
      );
      if (dead.length === 0) return 0;
      const ids = dead.map(({ id }) => id);
      return database.write(async ({ trx }) => {
        const rows = await trx
          .selectFrom('probe_job')
          .selectAll()
          .where('id', 'in', ids)
          .$if(database.kind === 'postgres', (query) => query.forUpdate())
          .execute();
        // Its process may have been heard of since.
        const tests = rows.map(testOf).filter((test) => !isAlive(test, now));
        for (const test of tests) await keep(trx, rowOf(givenUp(test, now), null));
        return tests.length;
      });
    },
    recent: async (key, since) => {
      const row = await database.read((kysely) =>
        kysely
          .selectFrom('probe')
          .selectAll()
          .where('reuse_key', '=', key)
          .where('finished_at', '>', since)
          .where('result', 'is not', null)
          .orderBy('finished_at', 'desc')
          .limit(1)
          .executeTakeFirst(),
      );
      return row === undefined ? null : recordOf(row);
    },
    list: async ({ domain, target, unlisted, limit, before }) => {
      const rows = await database.read((kysely) => {
        let query = kysely.selectFrom('probe').selectAll();
        if (domain !== undefined) query = query.where('domain', '=', domain);
        if (target !== undefined) query = query.where('target', '=', target);
        if (!unlisted && target === undefined) query = query.where('listed', '=', 1);
        if (before !== null) {
          query = query.where((eb) =>
            eb.or([
              eb('finished_at', '<', before.finishedAt),
              eb.and([eb('finished_at', '=', before.finishedAt), eb('id', '<', before.id)]),
            ]),
          );
        }
        return query.orderBy('finished_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
      });
      return rows.map(recordOf);
    },
    prune: async (before, most) => {
      await database.write(async ({ trx }) => {
        await trx.deleteFrom('probe').where('finished_at', '<', before).execute();
        const oldest = await trx
          .selectFrom('probe')
          .select('finished_at')
          .orderBy('finished_at', 'desc')
          .offset(most)
          .limit(1)
          .executeTakeFirst();
        if (oldest !== undefined) {
          await trx.deleteFrom('probe').where('finished_at', '<=', oldest.finished_at).execute();
        }
      });
    },
  };
}

/** Looks at a test that others begin and end meanwhile. */
const MOST_TRIES = 5;
/** Tests of dead processes that one commit ends. */
const GIVEN_UP_AT_ONCE = 200;

type Transaction = Work['trx'];

/** A result is never written over; that a test was given up is. */
async function keep(trx: Transaction, row: ProbeTable): Promise<void> {
  const { id, ...rest } = row;
  await trx
    .insertInto('probe')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest).where('probe.result', 'is', null))
    .execute();
  await trx.deleteFrom('probe_job').where('id', '=', id).execute();
}

async function insertTest(trx: Transaction, test: UnderWay): Promise<boolean> {
  const { id, key, target, domain, listed, options, createdAt, owner, leaseUntil } = test;
  const row: ProbeJobTable = {
    id,
    reuse_key: key,
    target,
    domain,
    listed: listed ? 1 : 0,
    options: JSON.stringify(options),
    created_at: createdAt,
    owner,
    lease_until: leaseUntil,
  };
  const inserted = await trx
    .insertInto('probe_job')
    .values(row)
    .onConflict((conflict) => conflict.column('reuse_key').doNothing())
    .returning('id')
    .execute();
  return inserted.length > 0;
}

function rowOf(record: ProbeRecord, key: string | null): ProbeTable {
  const { result, options, createdAt, finishedAt, listed, ...rest } = record;
  return {
    ...rest,
    listed: listed ? 1 : 0,
    options: JSON.stringify(options),
    created_at: createdAt,
    finished_at: finishedAt,
    result: result === null ? null : JSON.stringify(result),
    reuse_key: key,
  };
}

function recordOf(row: ProbeTable): ProbeRecord {
  const { listed, options, created_at, finished_at, result, reuse_key: _, ...rest } = row;
  return {
    ...rest,
    listed: listed === 1,
    options: JSON.parse(options) as ProbeOptions,
    createdAt: created_at,
    finishedAt: finished_at,
    result: result === null ? null : (JSON.parse(result) as ProbeResult),
  };
}

function testOf(row: ProbeJobTable): UnderWay {
  const { reuse_key, listed, options, created_at, lease_until, ...rest } = row;
  return {
    ...rest,
    key: reuse_key,
    listed: listed === 1,
    options: JSON.parse(options) as ProbeOptions,
    createdAt: created_at,
    leaseUntil: lease_until,
  };
}
