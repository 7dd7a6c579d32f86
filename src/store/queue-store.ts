/**
 * The queue, for whoever has the database open: the parts of it, put together. Every promise that changes something is
 * durable when it resolves, and rejects with `StoreTrouble` when nothing was changed.
 */
import type { QueueStore } from '../delivery/queue-store.ts';
import type { Database } from './database.ts';
import { numberSource } from './numbers.ts';
import { accepting, WORK_CHANNEL } from './queue-accept.ts';
import { claim, reclaim, renew } from './queue-claim.ts';
import { counting, hostState, markDown, markUp } from './queue-hosts.ts';
import { freeSlot, resetLimits, takeRecipients, takeSlot } from './queue-limits.ts';
import { hold, release, remove, retryNow } from './queue-people.ts';
import { finished, reporting } from './queue-report.ts';
import { sweep } from './queue-sweep.ts';
import { body, connections, lanes, list, topHosts } from './queue-view.ts';

export function createQueueStore(database: Database): QueueStore {
  const accept = accepting(database);
  const report = reporting(database);
  const count = counting(database);
  return {
    accept: (message, now) => accept({ message, now }),
    lanes: () => lanes(database),
    lane: async (destination) => (await lanes(database, destination))[0] ?? null,
    claim: (request) => claim(database, request),
    report: async (reports, now) =>
      reports.length === 0 ? 0 : (await report({ reports, notices: [], now })).effective,
    settle: async (reports, notices, now) =>
      reports.length === 0 ? { effective: 0, accepted: [] } : await report({ reports, notices, now }),
    finished: (mids) => finished(database, mids),
    renew: (owner, now, leaseMs) => renew(database, owner, now, leaseMs),
    reclaim: (now) => reclaim(database, now),

    takeSlot: (key, most, owner, now, leaseMs) => takeSlot(database, { key, most, owner, now, leaseMs }),
    freeSlot: (key, slot, owner) => freeSlot(database, key, slot, owner),
    takeRecipients: (key, wanted, limit, windowMs, now) =>
      takeRecipients(database, { key, wanted, limit, windowMs, now }),
    resetLimits: () => resetLimits(database),

    hostState: (destination) => hostState(database, destination),
    markDown: (destination, until, why, now) => markDown(database, destination, until, why, now),
    markUp: (destination, now) => markUp(database, destination, now),
    count: (destination, counters, last5xx, now) => count({ destination, counters, last5xx, now }),

    list: (filter) => list(database, filter),
    body: (mid) => body(database, mid),
    hold: (selection) => hold(database, selection),
    release: (selection, now) => release(database, selection, now),
    remove: (selection, now = database.clock.now()) => remove(database, selection, now),
    retryNow: (selection, now) => retryNow(database, selection, now),
    topHosts: (limit, destination) => topHosts(database, { limit }, destination),
    hosts: (page) => topHosts(database, page),
    connections: (now) => connections(database, now),
    sweep: (before) => sweep(database, before),

    nextNumber: numberSource(database),
    onWork: (listener) =>
      database.onSignal(WORK_CHANNEL, (destination) => {
        if (destination !== null) listener(destination);
        else tellAll(database, listener);
      }),
    close: () => database.close(),
  };
}

/** Something may have been missed: every destination with something waiting is told. */
function tellAll(database: Database, listener: (destination: string) => void): void {
  lanes(database).then(
    (all) => {
      for (const { destination } of all) listener(destination);
    },
    () => {
      // The database is away again; when it is back, so is this.
    },
  );
}
