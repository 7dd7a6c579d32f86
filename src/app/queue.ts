/** The queue of an installation, for commands that look at it or add to it while `serve` runs, or while it does not. */
import type { Log } from '../base/log.ts';
import type { DeliveryEvent } from '../delivery/events.ts';
import type { QueueStore } from '../delivery/queue-store.ts';
import { openDatabase } from '../store/database.ts';
import { makeFolder } from '../store/folder.ts';
import { createQueueStore } from '../store/queue-store.ts';
import { type DataPlace, databasePlaceOf } from './configuration.ts';
import { type Installation, submitTo } from './installation.ts';
import { openMailLogFiles } from './mail-log-files.ts';
import type { Essentials } from './world.ts';

export interface OpenQueue {
  readonly queue: QueueStore;
  /** What a command did is told in the mail log as what `serve` does. */
  tell(event: DeliveryEvent): void;
  readonly submit: Installation['submit'];
  close(): Promise<void>;
}

/** Rejects with `StoreTrouble` where the database cannot be opened. */
export async function openQueue(place: DataPlace, { clock }: Pick<Essentials, 'clock'>, log: Log): Promise<OpenQueue> {
  makeFolder(place.data);
  const database = await openDatabase(databasePlaceOf(place), { clock });
  const queue = createQueueStore(database);
  const files = openMailLogFiles({ folder: place.data, clock, log });
  return {
    queue,
    tell: files.onDelivery,
    submit: (message) => submitTo(queue, message, clock.now(), files.onDelivery),
    close: async () => {
      await files.close();
      await queue.close();
    },
  };
}
