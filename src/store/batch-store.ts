/** Batches and how far each of their targets is, for whoever has the database open. */
import type {
  BatchItem,
  BatchProblem,
  BatchRecord,
  BatchReport,
  BatchStore,
  KeptBatch,
  ReportState,
} from '../probe/batch-record.ts';
import { LEASE_MS, type ProbeOptions } from '../probe/probe-record.ts';
import type { Database, Work } from './database.ts';
import type { BatchItemTable, BatchTable } from './tables.ts';

/** Batches that one commit forgets. */
const FORGOTTEN_AT_ONCE = 500;

export function createBatchStore(database: Database): BatchStore {
  const locking = database.kind === 'postgres';
  return {
    create: ({ batch, items }, { owner, until }, most) =>
      database.write(async ({ trx }) => {
        const open = await trx
          .selectFrom('batch')
          .select('id')
          .where('ended_at', 'is', null)
          .where('caller', '=', batch.caller)
          .execute();
        if (open.some(({ id }) => id === batch.id)) return true;
        if (open.length >= most) return false;
        const made = await trx
          .insertInto('batch')
          .values({ ...batchRow(batch), owner, lease_until: until })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning('id')
          .execute();
        if (made.length > 0)
          await trx
            .insertInto('batch_item')
            .values(items.map((item) => itemRow(batch.id, item)))
            .execute();
        return true;
      }),
    find: async (id) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('batch').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      if (row === undefined) return null;
      const items = await database.read((kysely) =>
        kysely.selectFrom('batch_item').selectAll().where('batch', '=', id).orderBy('place').execute(),
      );
      return keptOf(row, items);
    },
    update: (id, owner, items) =>
      database.write(async (work) => {
        if (!(await isOwn(work, locking, id, owner))) return false;
        for (const item of items) {
          const { batch: _batch, place, target: _target, ...changes } = itemRow(id, item);
          await work.trx
            .updateTable('batch_item')
            .set(changes)
            .where('batch', '=', id)
            .where('place', '=', place)
            .execute();
        }
        return true;
      }),
    end: (id, owner, { endedAt, reportState, reportDetail }) =>
      database.write(async ({ trx }) => {
        const ended = await trx
          .updateTable('batch')
          .set({ ended_at: endedAt, report_state: reportState, report_detail: reportDetail, owner: null })
          .where('id', '=', id)
          .where('owner', '=', owner)
          .where('ended_at', 'is', null)
          .returning('id')
          .execute();
        return ended.length > 0;
      }),
    takeUp: async (lease, now, most) => {
      const dead = await database.read((kysely) =>
        kysely
          .selectFrom('batch')
          .select(['id', 'owner', 'lease_until'])
          .where('ended_at', 'is', null)
          .where((eb) => eb.or([eb('lease_until', '<=', now), eb('lease_until', '>', now + 2 * LEASE_MS)]))
          .limit(most)
          .execute(),
      );
      const kept: KeptBatch[] = [];
      for (const { id, owner, lease_until } of dead) {
        const taken = await database.write(async ({ trx }): Promise<KeptBatch | null> => {
          const row = await trx
            .updateTable('batch')
            .set({ owner: lease.owner, lease_until: lease.until })
            .where('id', '=', id)
            .where('ended_at', 'is', null)
            // Still as it was found: of several that see it dead, one takes it.
            .where('lease_until', '=', lease_until)
            .where('owner', owner === null ? 'is' : '=', owner)
            .returningAll()
            .executeTakeFirst();
          if (row === undefined) return null;
          const items = await trx
            .selectFrom('batch_item')
            .selectAll()
            .where('batch', '=', id)
            .orderBy('place')
            .execute();
          return keptOf(row, items);
        });
        if (taken !== null) kept.push(taken);
      }
      return kept;
    },
    renew: async ({ owner, until }) => {
      await database.write(({ trx }) =>
        trx
          .updateTable('batch')
          .set({ lease_until: until })
          .where('owner', '=', owner)
          .where('ended_at', 'is', null)
          .execute(),
      );
    },
    release: async (owner) => {
      await database.write(({ trx }) =>
        trx
          .updateTable('batch')
          .set({ owner: null, lease_until: 0 })
          .where('owner', '=', owner)
          .where('ended_at', 'is', null)
          .execute(),
      );
    },
    prune: async (before, most) => {
      for (;;) {
        const forgotten = await database.write(async ({ trx }) => {
          const oldest = await trx
            .selectFrom('batch')
            .select('created_at')
            .orderBy('created_at', 'desc')
            .offset(most)
            .limit(1)
            .executeTakeFirst();
          const until = Math.max(before, oldest === undefined ? before : oldest.created_at + 1);
          const rows = await trx
            .selectFrom('batch')
            .select('id')
            .where('created_at', '<', until)
            .limit(FORGOTTEN_AT_ONCE)
            .execute();
          const ids = rows.map(({ id }) => id);
          if (ids.length === 0) return 0;
          await trx.deleteFrom('batch_item').where('batch', 'in', ids).execute();
          await trx.deleteFrom('batch').where('id', 'in', ids).execute();
          return ids.length;
        });
        if (forgotten < FORGOTTEN_AT_ONCE) return;
      }
    },
  };
}

async function isOwn({ trx }: Work, lock: boolean, id: string, owner: string): Promise<boolean> {
  const row = await trx
    .selectFrom('batch')
    .select('id')
    .where('id', '=', id)
    .where('owner', '=', owner)
    .where('ended_at', 'is', null)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  return row !== undefined;
}

function batchRow(batch: BatchRecord): Omit<BatchTable, 'owner' | 'lease_until'> {
  const { id, caller, anonymous, options, fresh, report, createdAt, endedAt, reportState, reportDetail } = batch;
  return {
    id,
    caller,
    anonymous: anonymous ? 1 : 0,
    options: JSON.stringify(options),
    fresh: fresh ? 1 : 0,
    report: report === null ? null : JSON.stringify(report),
    report_state: reportState,
    report_detail: reportDetail,
    created_at: createdAt,
    ended_at: endedAt,
  };
}

function itemRow(batch: string, { place, target, state, probe, tries, value, problem }: BatchItem): BatchItemTable {
  return {
    batch,
    place,
    target,
    state,
    probe,
    tries,
    value,
    problem_kind: problem?.kind ?? null,
    problem: problem?.detail ?? null,
  };
}

function keptOf(row: BatchTable, items: readonly BatchItemTable[]): KeptBatch {
  return {
    batch: {
      id: row.id,
      caller: row.caller,
      anonymous: row.anonymous === 1,
      options: JSON.parse(row.options) as Partial<ProbeOptions>,
      fresh: row.fresh === 1,
      report: row.report === null ? null : (JSON.parse(row.report) as BatchReport),
      createdAt: row.created_at,
      endedAt: row.ended_at,
      reportState: row.report_state as ReportState | null,
      reportDetail: row.report_detail,
    },
    items: items.map(({ batch: _, problem_kind, problem, state, ...rest }) => ({
      ...rest,
      state: state as BatchItem['state'],
      problem: problem_kind === null ? null : { kind: problem_kind as BatchProblem, detail: problem ?? '' },
    })),
  };
}
