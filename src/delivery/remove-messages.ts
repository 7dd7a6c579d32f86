/**
 * Messages removed by a person, however they were named: what is gone is told of each message that was finished by it, so
 * that the mail log can say of everything that was ever queued what became of it.
 */
import type { OnDeliveryEvent } from './events.ts';
import type { QueueSelection, QueueStore, RecipientState } from './queue-store.ts';

/** Recipients looked at in one step. */
const PAGE = 1_000;
/** What is not done with. */
const OPEN: readonly RecipientState[] = ['queued', 'claimed', 'held'];

/** Answers how many recipients were removed. Rejects with `StoreTrouble`; what was removed until then has been told. */
export async function removeMessages(
  queue: Pick<QueueStore, 'list' | 'remove' | 'finished'>,
  selection: QueueSelection,
  now: number,
  tell: OnDeliveryEvent,
): Promise<number> {
  let removed = 0;
  for await (const mids of openMessages(queue, selection)) {
    const { destination } = selection;
    removed += await queue.remove({ mids, ...(destination === undefined ? {} : { destination }) }, now);
    for (const { mid } of await queue.finished(mids)) tell({ kind: 'message-finished', at: now, mid, how: 'deleted' });
  }
  return removed;
}

/** Those of the selection that are not done with, some at a time: what was finished before is not deleted by anybody. */
async function* openMessages(
  queue: Pick<QueueStore, 'list'>,
  { mids, destination, all }: QueueSelection,
): AsyncGenerator<readonly number[]> {
  if (mids !== undefined) {
    for (const mid of new Set(mids)) {
      const found = await queue.list({ mid, destination, states: OPEN, limit: 1 });
      if (found.length > 0) yield [mid];
    }
    return;
  }
  if (destination === undefined && all !== true) return;
  let after: { readonly mid: number; readonly rid: number } | undefined;
  for (;;) {
    const items = await queue.list({ destination, states: OPEN, after, limit: PAGE });
    const last = items.at(-1);
    if (last === undefined) return;
    yield [...new Set(items.map(({ mid }) => mid))];
    if (items.length < PAGE) return;
    after = { mid: last.mid, rid: last.rid };
  }
}
