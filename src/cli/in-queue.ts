/** What every command around the queue does around its own work: opens it, closes it, and says what stood in the way. */
import type { OpenQueue } from '../app/queue.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf, storeTroubleText } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';

export interface QueueCommand {
  readonly words: readonly string[];
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

/** Exit 1 where the queue cannot be used: nothing was done, and trying again later may help; 2 where its place is none. */
export async function inQueue(
  { given, world, services }: Pick<QueueCommand, 'given' | 'world' | 'services'>,
  work: (queue: OpenQueue) => Promise<number>,
): Promise<number> {
  try {
    const queue = await services.openQueue(placeOf(given, world.env));
    try {
      return await work(queue);
    } finally {
      await queue.close();
    }
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    await world.stderr.write(`tlsreach: ${printable(storeTroubleText(error), 500)}\n`);
    return error.kind === 'no-place' ? 2 : 1;
  }
}
