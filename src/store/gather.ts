/**
 * Group commit: whoever asks while a commit is under way waits for the next one and shares it with all who came in the
 * meantime. Nobody who is alone waits for others: a group sets out as soon as the sockets that are ready have been read.
 */
import { type StoreTrouble, troubleOf } from './trouble.ts';

export type Gatherer<Item, Result> = (item: Item) => Promise<Result>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (trouble: StoreTrouble) => void;
}

/**
 * `run` takes a group and answers one result for each, or fails as a whole, which must have changed nothing. Then each
 * is tried alone, so that one bad item fails alone; not where the database is away, since the outcome may be unknown.
 */
export function gatherer<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  most: number,
): Gatherer<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let busy = false;

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await settle(run, group);
      // What was promised is told, and what is ready on the sockets read, before the next group sets out.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    busy = false;
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (busy) return;
      busy = true;
      setImmediate(() => void work());
    });
}

async function settle<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  group: readonly Waiting<Item, Result>[],
): Promise<void> {
  try {
    const results = await run(group.map(({ item }) => item));
    group.forEach(({ resolve }, index) => {
      resolve(results[index] as Result);
    });
  } catch (error) {
    const trouble = troubleOf(error);
    if (group.length === 1 || trouble.kind === 'unavailable') for (const { reject } of group) reject(trouble);
    else for (const one of group) await settle(run, [one]);
  }
}
