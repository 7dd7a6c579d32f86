/** Finished tests, for whoever has the database open. The result is JSON text: it is read whole or not at all. */
import type { ProbeOptions, ProbeRecord, RecordStore } from '../probe/probe-record.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { Database } from './database.ts';
import type { ProbeTable } from './tables.ts';

export function createRecordStore(database: Database): RecordStore {
  return {
    save: async ({ result, options, createdAt, finishedAt, listed, ...rest }) => {
      const row: ProbeTable = {
        ...rest,
        listed: listed ? 1 : 0,
        options: JSON.stringify(options),
        created_at: createdAt,
        finished_at: finishedAt,
        result: result === null ? null : JSON.stringify(result),
      };
      await database.write(({ trx }) => trx.insertInto('probe').values(row).execute());
    },
    find: async (id) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('probe').selectAll().where('id', '=', id).executeTakeFirst(),
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

function recordOf({ listed, options, created_at, finished_at, result, ...rest }: ProbeTable): ProbeRecord {
  return {
    ...rest,
    listed: listed === 1,
    options: JSON.parse(options) as ProbeOptions,
    createdAt: created_at,
    finishedAt: finished_at,
    result: result === null ? null : (JSON.parse(result) as ProbeResult),
  };
}
