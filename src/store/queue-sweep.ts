/** Forgetting: what was finished long enough ago, and limits nobody has used since. In parts, with a commit each. */
import type { Database } from './database.ts';
import { sweepLimits } from './queue-limits.ts';

/** Messages that one commit forgets. */
const MESSAGES_PER_COMMIT = 500;

/** Messages finished before then, with texts and recipients; slots nobody has held since and old windows besides. Answers how many. */
export async function sweep(database: Database, before: number): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const mids = await database.write(async ({ trx }) => {
      const rows = await trx
        .selectFrom('message')
        .select('mid')
        .where('finished_at', '<', before)
        .orderBy('finished_at')
        .limit(MESSAGES_PER_COMMIT)
        .execute();
      const old = rows.map(({ mid }) => mid);
      if (old.length === 0) return old;
      await trx.deleteFrom('body').where('mid', 'in', old).execute();
      await trx.deleteFrom('recipient').where('mid', 'in', old).execute();
      await trx.deleteFrom('attempt').where('mid', 'in', old).execute();
      await trx.deleteFrom('message').where('mid', 'in', old).execute();
      return old;
    });
    forgotten += mids.length;
    if (mids.length < MESSAGES_PER_COMMIT) break;
  }
  await sweepLimits(database, before);
  return forgotten;
}
