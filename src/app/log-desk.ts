/** Searches of the mail log for pages and programs: within a number of answers, and few at one time. */
import type { Clock } from '../base/clock.ts';
import { LogFinder, type LoggedEvent, type LogQuery, readLogged } from '../report/log-search.ts';
import { openMailLog } from './mail-log-reader.ts';

/** Searches that read the files at the same time; whoever comes later waits, up to `MAX_WAITING` of them. */
const MAX_SEARCHES = 2;
const MAX_WAITING = 20;

export interface LogAnswer {
  /** The newest that match, in the order in which they happened. */
  readonly events: readonly LoggedEvent[];
  /** There are older ones that match. */
  readonly more: boolean;
  /** Nothing was logged yet. */
  readonly empty: boolean;
}

export interface LogDesk {
  /** The newest `limit` events that match. Null: too many searches wait. Rejects with the error of the system. */
  search(query: LogQuery, limit: number): Promise<LogAnswer | null>;
}

export function createLogDesk(folder: string, clock: Clock): LogDesk {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    search: async (query, limit) => {
      if (running >= MAX_SEARCHES) {
        if (waiting.length >= MAX_WAITING) return null;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      running += 1;
      try {
        return await searchIn(folder, clock, query, limit);
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
  };
}

async function searchIn(folder: string, clock: Clock, query: LogQuery, limit: number): Promise<LogAnswer> {
  const log = await openMailLog(folder, clock);
  try {
    const finder = new LogFinder(query);
    if (finder.looksTwice) {
      for await (const line of log.lines()) {
        const event = readLogged(line);
        if (event !== null) finder.learn(event);
      }
    }
    const kept: LoggedEvent[] = [];
    let found = 0;
    for await (const line of log.lines()) {
      const event = readLogged(line);
      if (event === null || !finder.matches(event)) continue;
      found += 1;
      kept.push(event);
      if (kept.length >= 2 * limit + 100) kept.splice(0, kept.length - limit);
    }
    return { events: kept.slice(-limit), more: found > limit || finder.full, empty: log.empty };
  } finally {
    await log.close();
  }
}
