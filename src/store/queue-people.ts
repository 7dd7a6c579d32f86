/**
 * What people do to the queue by hand: hold, release, remove, try at once. A selection may be a million recipients, so
 * it is worked through in parts with a commit each; deliveries go on in between.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { QueueSelection, RecipientState } from '../delivery/queue-store.ts';
import { inChunks } from './chunks.ts';
import type { Database, Work } from './database.ts';
import { WORK_CHANNEL } from './queue-accept.ts';
import { finishMessages } from './queue-report.ts';

/** Recipients in one commit. */
const RECIPIENTS_PER_COMMIT = 5_000;
const MIDS_PER_STATEMENT = 500;

interface Change {
  readonly from: readonly RecipientState[];
  readonly to: RecipientState;
  /** Due then; null: as it was. */
  readonly due: number | null;
  /** Those that are due then already are left alone: that is what ends the work. */
  readonly onlyLater: boolean;
  /** When the messages were finished by it; null where nothing is. */
  readonly finishedAt: number | null;
}

export function hold(database: Database, selection: QueueSelection): Promise<number> {
  return changeAll(database, selection, {
    from: ['queued'],
    to: 'held',
    due: null,
    onlyLater: false,
    finishedAt: null,
  });
}

export function release(database: Database, selection: QueueSelection, now: number): Promise<number> {
  return changeAll(database, selection, { from: ['held'], to: 'queued', due: now, onlyLater: false, finishedAt: null });
}

/** Also what is on its way: whatever comes of that attempt is not noted any more. */
export function remove(database: Database, selection: QueueSelection, now: number): Promise<number> {
  return changeAll(database, selection, {
    from: ['queued', 'held', 'claimed'],
    to: 'deleted',
    due: null,
    onlyLater: false,
    finishedAt: now,
  });
}

export function retryNow(database: Database, selection: QueueSelection, now: number): Promise<number> {
  return changeAll(database, selection, {
    from: ['queued'],
    to: 'queued',
    due: now,
    onlyLater: true,
    finishedAt: null,
  });
}

async function changeAll(database: Database, selection: QueueSelection, change: Change): Promise<number> {
  if (selection.mids !== undefined) {
    let changed = 0;
    for (const mids of inChunks(selection.mids, MIDS_PER_STATEMENT)) {
      // All states at once: what changes from one to another meanwhile is not passed over.
      changed += await changeState(database, { ...selection, mids }, change.from, change);
    }
    return changed;
  }
  if (selection.destination === undefined && selection.all !== true) return 0;
  let changed = 0;
  // One state at a time, so that each is found by the index of its own.
  for (const state of change.from) changed += await changeState(database, selection, [state], change);
  return changed;
}

async function changeState(
  database: Database,
  selection: QueueSelection,
  states: readonly RecipientState[],
  change: Change,
): Promise<number> {
  let total = 0;
  for (;;) {
    const changed = await database.write((work) => changeSome(work, database, selection, states, change));
    total += changed;
    if (changed < RECIPIENTS_PER_COMMIT) return total;
  }
}

async function changeSome(
  work: Work,
  database: Database,
  { mids, destination }: QueueSelection,
  states: readonly RecipientState[],
  change: Change,
): Promise<number> {
  const due = change.due ?? 0;
  const rows = await work.trx
    .selectFrom('recipient')
    .select(['mid', 'rid'])
    .where(isIn(states))
    .$if(mids !== undefined, (query) => query.where('mid', 'in', mids ?? []))
    .$if(destination !== undefined, (query) => query.where('destination', '=', destination ?? ''))
    .$if(change.onlyLater, (query) => query.where('next_attempt_at', '>', due))
    .limit(RECIPIENTS_PER_COMMIT)
    .$if(database.kind === 'postgres', (query) => query.forUpdate())
    .execute();
  for (const chunk of inChunks(rows, MIDS_PER_STATEMENT)) {
    const changed = await work.trx
      .updateTable('recipient')
      .set({ state: change.to, ...(change.due === null ? {} : { next_attempt_at: change.due }) })
      // By their keys alone. They are locked, so their state is still the one they were found by; were it asked for
      // again, PostgreSQL, which seldom knows how many are held, might go through all of that state for each of them.
      .where(isOneOf(chunk))
      .returning('destination')
      .execute();
    if (change.to === 'queued') for (const row of changed) work.signal(WORK_CHANNEL, row.destination);
  }
  if (change.finishedAt !== null) {
    await finishMessages(
      work,
      rows.map(({ mid }) => mid),
      change.finishedAt,
    );
  }
  return rows.length;
}

function isOneOf(rows: readonly { readonly mid: number; readonly rid: number }[]): RawBuilder<SqlBool> {
  const keys = rows.map(({ mid, rid }) => sql`(cast(${mid} as bigint), cast(${rid} as bigint))`);
  return sql<SqlBool>`(recipient.mid, recipient.rid) in (values ${sql.join(keys)})`;
}

/** Written out, so that the indexes of single states serve. */
function isIn(states: readonly RecipientState[]): RawBuilder<SqlBool> {
  const [first] = states;
  return states.length === 1
    ? sql<SqlBool>`state = ${sql.lit(first)}`
    : sql<SqlBool>`state in (${sql.join(states.map((state) => sql.lit(state)))})`;
}
