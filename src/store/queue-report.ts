/**
 * What became of claimed recipients. Reports that arrive together share one commit. A report counts only while its
 * attempt is the one on record, so it may come twice, or late; what is finished stays finished. What senders are to be
 * told of it is queued in the same commit, where it counted: neither is ever there without the other.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type {
  AcceptedMessage,
  FinishedMessage,
  NewMessage,
  RecipientReport,
  RecipientState,
  Settled,
} from '../delivery/queue-store.ts';
import { inChunks } from './chunks.ts';
import type { Database, Work } from './database.ts';
import { type Gatherer, gatherer } from './gather.ts';
import { acceptAll } from './queue-accept.ts';

export interface Reports {
  readonly reports: readonly RecipientReport[];
  /** Queued when one of the reports counts. */
  readonly notices: readonly NewMessage[];
  readonly now: number;
}

interface Entry {
  readonly report: RecipientReport;
  /** Which of the calls it came with. */
  readonly call: number;
}

/** Calls in one commit. */
const MOST_CALLS = 500;
const ROWS_PER_STATEMENT = 400;

/** A recipient is not done with: it waits, is claimed, or held. */
const OPEN_STATES: ReadonlySet<RecipientState> = new Set(['queued', 'claimed', 'held']);
export const IS_OPEN: RawBuilder<SqlBool> = sql<SqlBool>`recipient.state in ('queued', 'claimed', 'held')`;

export function reporting(database: Database): Gatherer<Reports, Settled> {
  return gatherer((calls) => database.write((work) => reportAll(work, calls)), MOST_CALLS);
}

async function reportAll(work: Work, calls: readonly Reports[]): Promise<readonly Settled[]> {
  // Of two reports about one attempt the first counts, as it would in two commits.
  const entries = new Map<string, Entry>();
  calls.forEach(({ reports }, call) => {
    for (const report of reports) {
      const key = keyOf(report.mid, report.rid, report.attemptId);
      if (!entries.has(key)) entries.set(key, { report, call });
    }
  });
  const effective = calls.map(() => 0);
  const now = Math.max(0, ...calls.map((call) => call.now));
  // In one order everywhere, so that two processes do not wait for each other's rows.
  const ordered = [...entries.values()].sort(
    (one, other) => one.report.mid - other.report.mid || one.report.rid - other.report.rid,
  );
  for (const chunk of inChunks(ordered, ROWS_PER_STATEMENT)) {
    for (const key of await update(work, chunk)) {
      const call = entries.get(key)?.call ?? -1;
      effective[call] = (effective[call] ?? 0) + 1;
    }
  }
  await closeAttempts(
    work,
    ordered.map(({ report }) => report.attemptId),
  );
  const over = ordered.flatMap(({ report }) => (report.outcome.kind === 'deferred' ? [] : report.mid));
  const done = new Map((await finishMessages(work, over, now)).map((each) => [each.mid, each]));
  const told = calls.flatMap(({ notices, now: at }, call) =>
    (effective[call] ?? 0) === 0 ? [] : notices.map((message) => ({ call, arrival: { message, now: at } })),
  );
  const mids =
    told.length === 0
      ? []
      : await acceptAll(
          work,
          told.map(({ arrival }) => arrival),
        );
  const accepted = calls.map((): AcceptedMessage[] => []);
  told.forEach(({ call }, index) => {
    const one = mids[index];
    if (one !== undefined) accepted[call]?.push(one);
  });
  return calls.map(({ reports }, call) => ({
    effective: effective[call] ?? 0,
    accepted: accepted[call] ?? [],
    finished: [...new Set(reports.map(({ mid }) => mid))].flatMap((mid) => done.get(mid) ?? []),
  }));
}

/** Keys of those that took effect. */
async function update({ trx }: Work, entries: readonly Entry[]): Promise<readonly string[]> {
  const values = entries.map(({ report }) => {
    const { outcome, facts } = report;
    const deferred = outcome.kind === 'deferred' ? outcome : null;
    const counted = deferred?.uncounted === true ? 0 : 1;
    const warned = deferred?.warned === true ? 1 : 0;
    return sql`(cast(${report.mid} as bigint), cast(${report.rid} as bigint), cast(${report.attemptId} as bigint),
      cast(${deferred === null ? outcome.kind : 'queued'} as text), cast(${deferred?.nextAttemptAt ?? null} as bigint),
      cast(${counted} as bigint), cast(${warned} as bigint), cast(${facts.at} as bigint),
      cast(${counted === 0 ? null : JSON.stringify(facts)} as text))`;
  });
  const { rows } = await sql<{ mid: number; rid: number; attempt_id: number }>`
    update recipient set
      state = told.column4,
      next_attempt_at = coalesce(told.column5, recipient.next_attempt_at),
      attempts = recipient.attempts + told.column6,
      delay_warnings = recipient.delay_warnings + told.column7,
      last_warning_at = case when told.column7 = 1 then told.column8 else recipient.last_warning_at end,
      last = coalesce(told.column9, recipient.last)
    from (values ${sql.join(values)}) as told
    where recipient.mid = told.column1 and recipient.rid = told.column2 and recipient.attempt_id = told.column3
      and recipient.state = 'claimed'
    returning recipient.mid, recipient.rid, recipient.attempt_id`.execute(trx);
  return rows.map((row) => keyOf(row.mid, row.rid, row.attempt_id));
}

/** Attempts of which nobody is under way any more are off the record. */
async function closeAttempts({ trx }: Work, attempts: readonly number[]): Promise<void> {
  for (const chunk of inChunks([...new Set(attempts)], ROWS_PER_STATEMENT)) {
    await trx
      .deleteFrom('attempt')
      .where('attempt_id', 'in', chunk)
      .where(
        sql<SqlBool>`not exists (select 1 from recipient
          where recipient.attempt_id = attempt.attempt_id and recipient.state = 'claimed')`,
      )
      .execute();
  }
}

/**
 * Messages of which nothing is open any more get the time they were finished at, from which they are kept a while.
 * Answers those that got it now.
 */
export async function finishMessages(
  { trx }: Work,
  mids: readonly number[],
  now: number,
): Promise<readonly FinishedMessage[]> {
  const done: FinishedMessage[] = [];
  for (const chunk of inChunks([...new Set(mids)], ROWS_PER_STATEMENT)) {
    const rows = await trx
      .updateTable('message')
      .set({ finished_at: now })
      .where('mid', 'in', chunk)
      .where('finished_at', 'is', null)
      .where(sql<SqlBool>`not exists (select 1 from recipient where recipient.mid = message.mid and ${IS_OPEN})`)
      .returning([
        'message.mid',
        sql<number>`(select count(*) from recipient
          where recipient.mid = message.mid and recipient.state = 'delivered')`.as('delivered'),
      ])
      .execute();
    for (const { mid, delivered } of rows) done.push({ mid, delivered: Number(delivered) > 0 });
  }
  return done;
}

/** Those among these with nothing open. A MID that nobody knows (any more) is finished, too. */
export function finished(database: Database, mids: readonly number[]): Promise<readonly FinishedMessage[]> {
  return database.read(async (kysely) => {
    const found: FinishedMessage[] = [];
    for (const chunk of inChunks([...new Set(mids)], ROWS_PER_STATEMENT)) {
      const rows = await kysely
        .selectFrom('recipient')
        .select(['mid', 'state'])
        .distinct()
        .where('mid', 'in', chunk)
        .execute();
      const states = Map.groupBy(rows, ({ mid }) => mid);
      for (const mid of chunk) {
        const seen = (states.get(mid) ?? []).map(({ state }) => state);
        if (seen.some((state) => OPEN_STATES.has(state))) continue;
        found.push({ mid, delivered: seen.includes('delivered') });
      }
    }
    return found;
  });
}

function keyOf(mid: number, rid: number, attemptId: number): string {
  return `${mid} ${rid} ${attemptId}`;
}
