/**
 * The delivery role of an installation: the queue at work, with DSNs to senders, and finished messages forgotten after a
 * while. Several processes may do this over one database; so may one that starts while another one still drains.
 */
import { hostname as machineName } from 'node:os';
import type { Random } from '../base/random.ts';
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '../delivery/dispatcher.ts';
import { composeDsn } from '../delivery/dsn.ts';
import { destinationOf } from '../delivery/submission.ts';
import { dressed, dressedNotice } from './dress.ts';
import type { Installation } from './installation.ts';

/** How long what became of a message can be looked up, and its key is remembered, ms. */
export const KEEP_FINISHED_MS = 3 * 24 * 3_600_000;
/** ms between two looks for what can be forgotten. */
export const SWEEP_EVERY_MS = 3_600_000;

export interface MailService {
  readonly dispatcher: Dispatcher;
  /** Begins nothing new, waits for what is under way so long, ms, and gives the rest back untouched. */
  close(drainMs?: number): Promise<void>;
}

/** Resolves when the queue is at work; rejects with `StoreTrouble` where it cannot be used. */
export async function startMailService(
  installation: Installation,
  options: Pick<DispatcherOptions, 'leaseMs' | 'maxWorkers'> = {},
): Promise<MailService> {
  const { queue, followed, handOver, sinks, hostname, settings, world } = installation;
  const { clock, random } = world;
  const { log } = settings;
  const dressing = { configuration: followed.delivery, hostname, now: () => clock.now(), log };
  const dispatcher = createDispatcher({
    ...options,
    store: queue,
    handOver,
    configuration: followed.delivery,
    clock,
    emit: sinks,
    owner: `${machineName()} ${unforeseeable(random)}`,
    dress: (message, destination) => dressed(message, destination, dressing),
    notify: async (kind, message, notices, destination) => {
      const { bounceProfile } = followed.delivery.controlsFor(destination);
      const profile = followed.delivery.bounceProfile(bounceProfile);
      const notice = composeDsn({
        kind,
        message,
        notices,
        profile,
        reportingMta: hostname,
        at: clock.now(),
        unique: unforeseeable(random),
        destinationOf: (address) => destinationOf(address) ?? '',
      });
      return notice === null ? null : await dressedNotice(notice, profile, dressing);
    },
    onFault: (error) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log('error', 'an internal error at a delivery; the message is tried again', { error: stack });
    },
  });
  await dispatcher.start();
  let cancelSweep = (): void => {};
  const sweep = (): void => {
    cancelSweep = clock.setTimer(SWEEP_EVERY_MS, () => {
      queue
        .sweep(clock.now() - KEEP_FINISHED_MS)
        .catch((error: unknown) => log('warn', 'finished messages could not be forgotten', { error: String(error) }));
      sweep();
    });
  };
  sweep();
  return {
    dispatcher,
    close: async (drainMs) => {
      cancelSweep();
      await dispatcher.stop(drainMs);
    },
  };
}

/** 24 characters, 124 bits. */
function unforeseeable(random: Random): string {
  let text = '';
  while (text.length < 24)
    text += Math.floor(random() * 2 ** 32)
      .toString(36)
      .padStart(7, '0');
  return text.slice(0, 24);
}
