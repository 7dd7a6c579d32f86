/** Idempotency keys, for whoever has the database open: of several requests with one key, one does the work. */
import { FLIGHT_MS, KEY_MS, type KeyClaim, type RequestKeyStore } from '../config/request-keys.ts';
import type { Database } from './database.ts';
import type { RequestKeyTable } from './tables.ts';

export function createRequestKeyStore(database: Database): RequestKeyStore {
  return {
    look: async ({ name, request }, now) => {
      const known = await database.read((kysely) =>
        kysely.selectFrom('request_key').selectAll().where('name', '=', name).executeTakeFirst(),
      );
      return known === undefined ? null : knownClaim(known, request, now);
    },
    claim: ({ name, request, answer }, now) =>
      database.write(async ({ trx }): Promise<KeyClaim> => {
        const row = { name, request, answer, settled: 0, held_until: now + FLIGHT_MS, created_at: now };
        // Of two at one moment the second one waits here for the first, and then sees it.
        const inserted = await trx
          .insertInto('request_key')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doNothing())
          .returning('name')
          .execute();
        const fresh = { kind: 'fresh', answer, begun: false, since: now } as const;
        if (inserted.length > 0) return fresh;
        const known = await trx
          .selectFrom('request_key')
          .selectAll()
          .where('name', '=', name)
          .$if(database.kind === 'postgres', (query) => query.forUpdate())
          .executeTakeFirst();
        // Released between the two looks: whoever comes again finds it free.
        if (known === undefined) return { kind: 'in-flight' };
        const update = (changes: Partial<typeof row>) =>
          trx.updateTable('request_key').set(changes).where('name', '=', name).execute();
        const claim = knownClaim(known, request, now);
        if (claim !== null) return claim;
        if (isOver(known, now)) {
          await update(row);
          return fresh;
        }
        await update({ held_until: now + FLIGHT_MS });
        return { kind: 'fresh', answer: known.answer, begun: true, since: known.created_at };
      }),
    settle: async (name, answer) => {
      await database.write(({ trx }) =>
        trx.updateTable('request_key').set({ answer, settled: 1 }).where('name', '=', name).execute(),
      );
    },
    release: async (name) => {
      await database.write(({ trx }) =>
        trx.deleteFrom('request_key').where('name', '=', name).where('settled', '=', 0).execute(),
      );
    },
    prune: async (before, most) => {
      await database.write(async ({ trx }) => {
        await trx.deleteFrom('request_key').where('created_at', '<', before).execute();
        const oldest = await trx
          .selectFrom('request_key')
          .select('created_at')
          .orderBy('created_at', 'desc')
          .offset(most)
          .limit(1)
          .executeTakeFirst();
        if (oldest !== undefined)
          await trx.deleteFrom('request_key').where('created_at', '<=', oldest.created_at).execute();
      });
    },
  };
}

type Row = Pick<RequestKeyTable, 'request' | 'answer' | 'settled' | 'held_until' | 'created_at'>;

/** A time ahead is from before somebody set the clock back. */
function isOver({ created_at }: Row, now: number): boolean {
  return Math.abs(now - created_at) >= KEY_MS;
}

/** Null: whoever claims it may have it. */
function knownClaim(known: Row, request: string, now: number): KeyClaim | null {
  if (isOver(known, now)) return null;
  if (known.request !== request) return { kind: 'other-request' };
  if (known.settled === 1) return { kind: 'known', answer: known.answer };
  return known.held_until > now && known.held_until <= now + 2 * FLIGHT_MS ? { kind: 'in-flight' } : null;
}
