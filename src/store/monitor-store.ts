/**
 * Monitors over a database: due runs leased to one process, and what a run came to as one commit that counts only while the
 * lease is held. On PostgreSQL claims pass over rows that somebody else is claiming; on SQLite they come one after another.
 */
import { type MonitorMemory, NEW_MEMORY, type RunItem } from '../monitor/advance.ts';
import type {
  ClaimedMonitor,
  DuePosting,
  FinishedRun,
  KeptResult,
  MonitorClaim,
  MonitorRow,
  MonitorStore,
  PostingOutcome,
  StoredRun,
} from '../monitor/monitor-store.ts';
import type { Notice } from '../monitor/notice.ts';
import type { MonitorState } from '../monitor/state.ts';
import type { ProbeResult } from '../probe/result.ts';
import { inChunks } from './chunks.ts';
import type { Database, Work } from './database.ts';
import { pruneMonitors } from './monitor-prune.ts';
import type { MonitorResultTable, MonitorRunTable, MonitorTable } from './tables.ts';

/** Something is due at once. */
const MONITOR_CHANNEL = 'monitor';
/** Values that one statement binds. */
const NAMES_PER_STATEMENT = 500;

export function createMonitorStore(database: Database): MonitorStore {
  const { clock } = database;
  return {
    sync: (monitors) => sync(database, monitors),
    claim: (request) => database.write((work) => claim(work, database.kind, request)),
    renew: async (owner, now, leaseMs) => {
      await database.write(async ({ trx }) => {
        for (const table of ['monitor', 'monitor_posting'] as const) {
          await trx
            .updateTable(table)
            .set({ lease_until: now + leaseMs })
            .where('owner', '=', owner)
            .execute();
        }
      });
    },
    finish: (run) => database.write((work) => finish(work, run)),
    release: async (owner) => {
      await database.write(async ({ trx }) => {
        for (const table of ['monitor', 'monitor_posting'] as const) {
          await trx.updateTable(table).set({ owner: null, lease_until: null }).where('owner', '=', owner).execute();
        }
      });
    },
    rows: async () => {
      const rows = await database.read((kysely) => kysely.selectFrom('monitor').selectAll().orderBy('name').execute());
      return rows.map((row) => rowOf(row, clock.now()));
    },
    row: async (name) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('monitor').selectAll().where('name', '=', name).executeTakeFirst(),
      );
      return row === undefined ? null : rowOf(row, clock.now());
    },
    runNow: (name, now) =>
      database.write(async ({ trx, signal }) => {
        const { numUpdatedRows } = await trx
          .updateTable('monitor')
          .set({ next_at: now })
          .where('name', '=', name)
          .executeTakeFirst();
        signal(MONITOR_CHANNEL, name);
        return numUpdatedRows > 0n;
      }),
    history: async ({ name, limit, before }) => {
      const rows = await database.read((kysely) =>
        kysely
          .selectFrom('monitor_run')
          .selectAll()
          .where('name', '=', name)
          .$if(before !== null, (query) => query.where('id', '<', before ?? 0))
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map(runOf);
    },
    result: async (id) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('monitor_result').selectAll().where('id', '=', id).executeTakeFirst(),
      );
      return row === undefined ? null : resultOf(row);
    },
    claimPostings: (request) => database.write((work) => claimPostings(work, database.kind, request)),
    settlePosting: async (id, owner, outcome, now) => {
      await database.write(({ trx }) => settle({ trx }, id, owner, outcome, now));
    },
    prune: (names, now, retention) => pruneMonitors(database, names, now, retention),
    onWork: (listener) => database.onSignal(MONITOR_CHANNEL, () => listener()),
  };
}

async function sync(database: Database, monitors: Parameters<MonitorStore['sync']>[0]): Promise<void> {
  // Most often nothing is new, and nothing is written then.
  const known = await database.read((kysely) => kysely.selectFrom('monitor').select(['name', 'schedule']).execute());
  const schedules = new Map(known.map(({ name, schedule }) => [name, schedule]));
  const changed = monitors.filter(({ name, schedule }) => schedules.get(name) !== schedule);
  if (changed.length === 0) return;
  await database.write(async ({ trx }) => {
    for (const { name, schedule, nextAt } of changed) {
      await trx
        .insertInto('monitor')
        .values({ name, schedule, next_at: nextAt, owner: null, lease_until: null, memory: JSON.stringify(NEW_MEMORY) })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({ schedule, next_at: nextAt }).where('monitor.schedule', '!=', schedule),
        )
        .execute();
    }
  });
}

async function claim(
  { trx }: Work,
  kind: Database['kind'],
  { names, most, owner, now, leaseMs }: MonitorClaim,
): Promise<readonly ClaimedMonitor[]> {
  const due: MonitorTable[] = [];
  for (const chunk of inChunks(names, NAMES_PER_STATEMENT)) {
    if (due.length >= most) break;
    const rows = await trx
      .selectFrom('monitor')
      .selectAll()
      .where('name', 'in', chunk)
      .where('next_at', '<=', now)
      .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
      .orderBy('next_at')
      .orderBy('name')
      .limit(most - due.length)
      .$if(kind === 'postgres', (query) => query.forUpdate().skipLocked())
      .execute();
    due.push(...rows);
  }
  if (due.length === 0) return [];
  await trx
    .updateTable('monitor')
    .set({ owner, lease_until: now + leaseMs })
    .where(
      'name',
      'in',
      due.map(({ name }) => name),
    )
    .execute();
  const claimed: ClaimedMonitor[] = [];
  for (const row of due) {
    const memory = JSON.parse(row.memory) as MonitorMemory;
    const before = new Map<string, ProbeResult>();
    for (const target of Object.keys(memory.targets)) {
      const last = await trx
        .selectFrom('monitor_result')
        .select('result')
        .where('name', '=', row.name)
        .where('target', '=', target)
        .where('told', '=', 1)
        .orderBy('run_id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (last !== undefined) before.set(target, JSON.parse(last.result) as ProbeResult);
    }
    claimed.push({ name: row.name, schedule: row.schedule, nextAt: row.next_at, running: true, memory, before });
  }
  return claimed;
}

async function finish(
  { trx, signal }: Work,
  { name, owner, memory, run, results, postings, nextAt }: FinishedRun,
): Promise<{ readonly runId: number } | null> {
  const { numUpdatedRows } = await trx
    .updateTable('monitor')
    .set({ memory: JSON.stringify(memory), next_at: nextAt, owner: null, lease_until: null })
    .where('name', '=', name)
    .where('owner', '=', owner)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return null;
  const { id } = await trx
    .insertInto('monitor_run')
    .values({
      name,
      started_at: run.startedAt,
      finished_at: run.finishedAt,
      state: run.state,
      total: run.total,
      items: JSON.stringify(run.items),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const { id: resultId, target, at, result, told, notable } of results) {
    await trx
      .insertInto('monitor_result')
      .values({
        id: resultId,
        run_id: id,
        name,
        target,
        at,
        told: told ? 1 : 0,
        notable: notable ? 1 : 0,
        result: JSON.stringify(result),
      })
      .execute();
  }
  for (const { channel, address, notice } of postings) {
    await trx
      .insertInto('monitor_posting')
      .values({
        channel,
        address,
        notice: JSON.stringify(notice),
        created_at: run.finishedAt,
        attempts: 0,
        due_at: run.finishedAt,
        owner: null,
        lease_until: null,
        outcome: null,
      })
      .execute();
  }
  if (postings.length > 0) signal(MONITOR_CHANNEL, name);
  return { runId: id };
}

async function claimPostings(
  { trx }: Work,
  kind: Database['kind'],
  { most, owner, now, leaseMs }: Omit<MonitorClaim, 'names'>,
): Promise<readonly DuePosting[]> {
  const rows = await trx
    .selectFrom('monitor_posting')
    .selectAll()
    .where('due_at', '<=', now)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
    .orderBy('due_at')
    .orderBy('id')
    .limit(most)
    .$if(kind === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  if (rows.length === 0) return [];
  await trx
    .updateTable('monitor_posting')
    .set((eb) => ({ owner, lease_until: now + leaseMs, attempts: eb('attempts', '+', 1) }))
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.map(({ id, channel, address, notice, created_at, attempts }) => ({
    id,
    channel: channel as DuePosting['channel'],
    address,
    notice: JSON.parse(notice) as Notice,
    attempts: attempts + 1,
    createdAt: created_at,
  }));
}

async function settle(
  { trx }: Pick<Work, 'trx'>,
  id: number,
  owner: string,
  outcome: PostingOutcome,
  now: number,
): Promise<void> {
  const said = outcome.kind === 'sent' ? `sent ${new Date(now).toISOString()}` : outcome.why;
  await trx
    .updateTable('monitor_posting')
    .set({ owner: null, lease_until: null, due_at: outcome.kind === 'later' ? outcome.at : null, outcome: said })
    .where('id', '=', id)
    .where('owner', '=', owner)
    .execute();
}

function rowOf({ name, schedule, next_at, lease_until, memory }: MonitorTable, now: number): MonitorRow {
  const running = lease_until !== null && lease_until > now;
  return { name, schedule, nextAt: next_at, running, memory: JSON.parse(memory) as MonitorMemory };
}

function runOf(row: Omit<MonitorRunTable, 'id'> & { readonly id: number }): StoredRun {
  return {
    id: row.id,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    state: row.state as MonitorState,
    total: row.total,
    items: JSON.parse(row.items) as readonly RunItem[],
  };
}

function resultOf(row: MonitorResultTable): KeptResult & { readonly name: string } {
  const { id, name, target, at, told, notable, result } = row;
  return { id, name, target, at, told: told === 1, notable: notable === 1, result: JSON.parse(result) as ProbeResult };
}
