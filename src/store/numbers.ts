/**
 * Numbers that are never given twice, across processes and restarts: each process reserves a block, in a commit of its
 * own, and gives from it. Blocks grow with the need, so that a program that asks once wastes little.
 */
import type { Database } from './database.ts';

const FIRST_BLOCK = 10;
const LARGEST_BLOCK = 10_000;

export function numberSource(database: Database): (what: string) => Promise<number> {
  const blocks = new Map<string, { next: number; end: number; size: number }>();
  const refills = new Map<string, Promise<void>>();

  const refill = async (what: string): Promise<void> => {
    const size = Math.min(LARGEST_BLOCK, (blocks.get(what)?.size ?? FIRST_BLOCK / 4) * 4);
    const { next } = await database.write(({ trx }) =>
      trx
        .insertInto('number_block')
        .values({ what, next: size + 1 })
        .onConflict((conflict) =>
          conflict.column('what').doUpdateSet((eb) => ({ next: eb('number_block.next', '+', size) })),
        )
        .returning('next')
        .executeTakeFirstOrThrow(),
    );
    blocks.set(what, { next: next - size, end: next, size });
  };

  return async (what) => {
    for (;;) {
      const block = blocks.get(what);
      if (block !== undefined && block.next < block.end) return block.next++;
      let refilling = refills.get(what);
      if (refilling === undefined) {
        refilling = refill(what).finally(() => refills.delete(what));
        refills.set(what, refilling);
      }
      await refilling;
    }
  };
}
