/**
 * Limits that hold across all processes: slots (places that are leased, one row each, so that the key itself forbids
 * two owners) and allowances (so many recipients in a fixed window of time).
 */
import { sql } from 'kysely';
import type { Database, Work } from './database.ts';

/** Advisory locks of PostgreSQL: one kind for each use of a key; 1 is that of claims. */
const SLOT_LOCK = 2;
const ALLOWANCE_LOCK = 3;

export interface SlotRequest {
  readonly key: string;
  readonly most: number;
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
}

export function takeSlot(database: Database, request: SlotRequest): Promise<number | null> {
  return database.write(async (work) => {
    await lockKey(work, database, request.key, SLOT_LOCK);
    const slot = await freePlace(work, request);
    if (slot === null) return null;
    const { key, owner, now, leaseMs } = request;
    const taken = await work.trx
      .insertInto('slot')
      .values({ key, slot, owner, lease_until: now + leaseMs })
      .onConflict((conflict) =>
        conflict
          .columns(['key', 'slot'])
          .doUpdateSet({ owner, lease_until: now + leaseMs })
          .where('slot.lease_until', '<=', now),
      )
      .returning('slot')
      .executeTakeFirst();
    return taken?.slot ?? null;
  });
}

/** The lowest place nobody holds a lease of; none while `most` are held, also by numbers from before it was lowered. */
async function freePlace({ trx }: Work, { key, most, now }: SlotRequest): Promise<number | null> {
  const above = await trx
    .selectFrom('slot')
    .select('slot')
    .where('key', '=', key)
    .where('slot', '>=', most)
    .where('lease_until', '>', now)
    .limit(1)
    .executeTakeFirst();
  if (above !== undefined) {
    const { held } = await trx
      .selectFrom('slot')
      .select((eb) => eb.fn.countAll<number>().as('held'))
      .where('key', '=', key)
      .where('lease_until', '>', now)
      .executeTakeFirstOrThrow();
    if (Number(held) >= most) return null;
  }
  const lapsed = await trx
    .selectFrom('slot')
    .select('slot')
    .where('key', '=', key)
    .where('lease_until', '<=', now)
    .where('slot', '<', most)
    .limit(1)
    .executeTakeFirst();
  if (lapsed !== undefined) return lapsed.slot;
  const last = await trx
    .selectFrom('slot')
    .select('slot')
    .where('key', '=', key)
    .orderBy('slot', 'desc')
    .limit(1)
    .executeTakeFirst();
  const next = (last?.slot ?? -1) + 1;
  if (next < most) return next;
  return null;
}

export function freeSlot(database: Database, key: string, slot: number, owner: string): Promise<void> {
  return database.write(async ({ trx }) => {
    await trx
      .updateTable('slot')
      .set({ owner: '', lease_until: 0 })
      .where('key', '=', key)
      .where('slot', '=', slot)
      .where('owner', '=', owner)
      .execute();
  });
}

export interface AllowanceRequest {
  readonly key: string;
  readonly wanted: number;
  readonly limit: number;
  readonly windowMs: number;
  readonly now: number;
}

export function takeRecipients(
  database: Database,
  { key, wanted, limit, windowMs, now }: AllowanceRequest,
): Promise<{ readonly granted: number; readonly retryAt: number }> {
  const start = Math.floor(now / windowMs) * windowMs;
  return database.write(async (work) => {
    await lockKey(work, database, key, ALLOWANCE_LOCK);
    const row = await work.trx.selectFrom('allowance').selectAll().where('key', '=', key).executeTakeFirst();
    const taken = row?.window_start === start ? row.taken : 0;
    const granted = Math.max(0, Math.min(wanted, limit - taken));
    if (granted > 0) {
      await work.trx
        .insertInto('allowance')
        .values({ key, window_start: start, taken: granted })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ window_start: start, taken: taken + granted }))
        .execute();
    }
    return { granted, retryAt: start + windowMs };
  });
}

export function resetLimits(database: Database): Promise<void> {
  return database.write(async ({ trx }) => {
    await trx.deleteFrom('allowance').execute();
    await trx.updateTable('host').set({ down_until: null }).where('down_until', 'is not', null).execute();
  });
}

/** Keys that one commit of a sweep forgets. */
const KEYS_PER_COMMIT = 500;

/** Slots of keys of which nobody has held one since then (all of a key, so that no number is left out), and old windows. */
export async function sweepLimits(database: Database, before: number): Promise<void> {
  for (let after = ''; ; ) {
    const keys = await database.write(async (work) => {
      const rows = await work.trx
        .selectFrom('slot')
        .select('key')
        .where('key', '>', after)
        .groupBy('key')
        .having((eb) => eb.fn.max('lease_until'), '<', before)
        .orderBy('key')
        .limit(KEYS_PER_COMMIT)
        .execute();
      for (const { key } of rows) {
        await lockKey(work, database, key, SLOT_LOCK);
        const held = await work.trx
          .selectFrom('slot')
          .select('slot')
          .where('key', '=', key)
          .where('lease_until', '>=', before)
          .limit(1)
          .executeTakeFirst();
        if (held === undefined) await work.trx.deleteFrom('slot').where('key', '=', key).execute();
      }
      return rows.map(({ key }) => key);
    });
    after = keys.at(-1) ?? '';
    if (keys.length < KEYS_PER_COMMIT) break;
  }
  await database.write(({ trx }) => trx.deleteFrom('allowance').where('window_start', '<', before).execute());
}

/** On PostgreSQL one transaction after another per key; the few ms are cheaper than many that collide. */
async function lockKey({ trx }: Work, database: Database, key: string, kind: number): Promise<void> {
  if (database.kind === 'postgres')
    await sql`select pg_advisory_xact_lock(hashtextextended(${key}, ${kind}))`.execute(trx);
}
