/**
 * Claiming: the recipients of one destination that are due, longest due first, and the attempt on record before anybody
 * connects. No recipient goes to two owners: on SQLite transactions come one after another; on PostgreSQL claims of one
 * destination do (an advisory lock, so that nobody finds nothing because another one looks through the same rows), and
 * rows somebody else is changing are passed over (`FOR UPDATE SKIP LOCKED`).
 */
import { sql } from 'kysely';
import type { ClaimedMessage, ClaimRequest } from '../delivery/queue-store.ts';
import { inChunks } from './chunks.ts';
import type { Database, DatabaseKind, Work } from './database.ts';
import { WORK_CHANNEL } from './queue-accept.ts';

/** Texts that one claim brings along, octets; the first message comes whatever its size. */
const MOST_OCTETS = 32 * 1024 * 1024;
const ROWS_PER_STATEMENT = 500;
/** Attempts that are given back in one commit. */
const ATTEMPTS_PER_COMMIT = 500;

interface DueRecipient {
  readonly mid: number;
  readonly rid: number;
}

export function claim(database: Database, request: ClaimRequest): Promise<readonly ClaimedMessage[]> {
  return database.write((work) => claimIn(work, database.kind, request));
}

async function claimIn(work: Work, kind: DatabaseKind, request: ClaimRequest): Promise<readonly ClaimedMessage[]> {
  const { trx } = work;
  if (kind === 'postgres')
    await sql`select pg_advisory_xact_lock(hashtextextended(${request.destination}, 1))`.execute(trx);
  const due = await trx
    .selectFrom('recipient')
    .select(['mid', 'rid'])
    .where('destination', '=', request.destination)
    .where('state', '=', sql.lit('queued' as const))
    .where('next_attempt_at', '<=', request.now)
    .orderBy('next_attempt_at')
    .orderBy('mid')
    .orderBy('rid')
    .limit(request.mostRecipients)
    .$if(kind === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  const chosen = await withinBounds(work, due, request.most);
  if (chosen.length === 0) return [];
  const mids = [...new Set(chosen.map(({ mid }) => mid))];
  const attempts = await recordAttempts(work, mids, request);
  for (const chunk of inChunks(chosen, ROWS_PER_STATEMENT)) {
    const values = chunk.map(
      ({ mid, rid }) =>
        sql`(cast(${mid} as bigint), cast(${rid} as bigint), cast(${attempts.get(mid) ?? 0} as bigint))`,
    );
    await sql`update recipient set state = 'claimed', attempt_id = taken.column3
      from (values ${sql.join(values)}) as taken
      where recipient.mid = taken.column1 and recipient.rid = taken.column2`.execute(trx);
  }
  return await claimedMessages(work, mids, attempts);
}

/** Of the first `most` messages, as long as their texts are not too large together. */
async function withinBounds(
  { trx }: Work,
  due: readonly DueRecipient[],
  most: number,
): Promise<readonly DueRecipient[]> {
  const first = [...new Set(due.map(({ mid }) => mid))].slice(0, most);
  if (first.length === 0) return [];
  const rows = await trx.selectFrom('message').select(['mid', 'octets']).where('mid', 'in', first).execute();
  const octetsOf = new Map(rows.map((row) => [row.mid, row.octets]));
  const taken = new Set<number>();
  let octets = 0;
  for (const mid of first) {
    octets += octetsOf.get(mid) ?? 0;
    if (taken.size > 0 && octets > MOST_OCTETS) break;
    taken.add(mid);
  }
  return due.filter(({ mid }) => taken.has(mid));
}

async function recordAttempts(
  { trx }: Work,
  mids: readonly number[],
  { destination, owner, now, leaseMs }: ClaimRequest,
): Promise<ReadonlyMap<number, number>> {
  const rows = await trx
    .insertInto('attempt')
    .values(mids.map((mid) => ({ mid, destination, owner, started_at: now, lease_until: now + leaseMs })))
    .returning(['attempt_id', 'mid'])
    .execute();
  return new Map(rows.map((row) => [row.mid, row.attempt_id]));
}

async function claimedMessages(
  { trx }: Work,
  mids: readonly number[],
  attempts: ReadonlyMap<number, number>,
): Promise<readonly ClaimedMessage[]> {
  const messages = await trx
    .selectFrom('message')
    .innerJoin('body', 'body.mid', 'message.mid')
    .select(['message.mid', 'sender', 'options', 'accepted_at', 'gateway', 'bytes'])
    .where('message.mid', 'in', mids)
    .execute();
  const recipients = await trx
    .selectFrom('recipient')
    .select(['mid', 'rid', 'address', 'notify', 'orcpt', 'attempts', 'delay_warnings', 'last_warning_at', 'last'])
    .where('attempt_id', 'in', [...attempts.values()])
    .where('state', '=', sql.lit('claimed' as const))
    .orderBy('mid')
    .orderBy('rid')
    .execute();
  const byMid = Map.groupBy(recipients, ({ mid }) => mid);
  const byNumber = new Map(messages.map((message) => [message.mid, message]));
  return mids.flatMap((mid) => {
    const message = byNumber.get(mid);
    if (message === undefined) return [];
    return {
      mid,
      attemptId: attempts.get(mid) ?? 0,
      sender: message.sender,
      options: JSON.parse(message.options),
      acceptedAt: message.accepted_at,
      gateway: message.gateway,
      bytes: message.bytes,
      recipients: (byMid.get(mid) ?? []).map((row) => ({
        rid: row.rid,
        address: row.address,
        notify: row.notify === null ? null : JSON.parse(row.notify),
        orcpt: row.orcpt,
        attempts: row.attempts,
        delayWarnings: row.delay_warnings,
        lastWarningAt: row.last_warning_at,
        last: row.last === null ? null : JSON.parse(row.last),
      })),
    };
  });
}

/** Attempts and slots of this owner live on, also those that lapsed and that nobody took meanwhile. */
export function renew(database: Database, owner: string, now: number, leaseMs: number): Promise<void> {
  return database.write(async ({ trx }) => {
    for (const table of ['attempt', 'slot'] as const) {
      await trx
        .updateTable(table)
        .set({ lease_until: now + leaseMs })
        .where('owner', '=', owner)
        .execute();
    }
  });
}

/**
 * Gives back what lapsed owners had claimed. It counts as an attempt, since one was on record: a message that ends the
 * process it is sent by is not tried for ever.
 */
export async function reclaim(database: Database, now: number): Promise<number> {
  let recipients = 0;
  for (;;) {
    const [attempts, given] = await database.write((work) => reclaimSome(work, database.kind, now));
    recipients += given;
    if (attempts < ATTEMPTS_PER_COMMIT) return recipients;
  }
}

async function reclaimSome({ trx, signal }: Work, kind: DatabaseKind, now: number): Promise<readonly [number, number]> {
  const lapsed = await trx
    .selectFrom('attempt')
    .select('attempt_id')
    .where('lease_until', '<=', now)
    .orderBy('lease_until')
    .limit(ATTEMPTS_PER_COMMIT)
    .$if(kind === 'postgres', (query) => query.forUpdate().skipLocked())
    .execute();
  if (lapsed.length === 0) return [0, 0];
  const ids = lapsed.map(({ attempt_id }) => attempt_id);
  const given = await trx
    .updateTable('recipient')
    .set((eb) => ({ state: 'queued', next_attempt_at: now, attempts: eb('attempts', '+', 1) }))
    .where('state', '=', sql.lit('claimed' as const))
    .where('attempt_id', 'in', ids)
    .returning('destination')
    .execute();
  await trx.deleteFrom('attempt').where('attempt_id', 'in', ids).execute();
  for (const { destination } of given) signal(WORK_CHANNEL, destination);
  return [lapsed.length, given.length];
}
