/**
 * The SQLite file: WAL, foreign keys, and a change is on the disk when its promise resolves (`write-ahead-log.ts`: the
 * disk is waited for outside this thread). Changes that are asked for meanwhile share the next transaction, and so the
 * next fsync. Other processes may have the same file open: they wait
 * for each other's commits, and see from `PRAGMA data_version`, which costs a few µs, that somebody has committed; what
 * it was stands in the table `signal`.
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { Change, DatabaseEngine, DatabaseOptions } from './database.ts';
import { makeFolder } from './folder.ts';
import { gatherer } from './gather.ts';
import { createListeners, type Signal, signalsOf } from './listeners.ts';
import { LOCK_MOMENT_MS, NodeSqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';
import { writeAheadLog } from './write-ahead-log.ts';

/** How long one process waits for another one's commit, ms. */
const BUSY_MS = 5_000;
/** Changes in one transaction at most. */
const MOST_CHANGES = 500;
/** Pages in the log before they are moved into the file (4 KiB each): larger, and a page written often is moved once. */
const CHECKPOINT_PAGES = 4_000;
/** How often somebody who listens looks whether another process has committed, ms. */
const POLL_MS = 200;
/** Signals kept for slow listeners; who is further behind is told that something was missed. */
const SIGNALS_KEPT = 20_000;
const PRUNE_EVERY = 1_000;

export async function openFile(
  path: string,
  { clock, busyMs = BUSY_MS, flush }: Pick<DatabaseOptions, 'clock' | 'busyMs' | 'flush'>,
): Promise<DatabaseEngine> {
  makeFolder(dirname(path));
  // Mail is nobody else's business; SQLite gives the log the permissions of the file.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: LOCK_MOMENT_MS, enableForeignKeyConstraints: true });
  try {
    await useWriteAheadLog(database, busyMs);
  } catch (error) {
    database.close();
    throw error;
  }
  database.exec(
    `pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}; pragma cache_size = -32000`,
  );
  const kysely = new Kysely<Tables>({ dialect: new NodeSqliteDialect(database, busyMs) });
  const log = writeAheadLog(database, path, flush);
  const listeners = createListeners();
  const signals = signalReader(database, clock, listeners.tell, listeners.tellMissed);

  const changed = gatherer<Change<unknown>, unknown>(async (changes) => {
    log.mend();
    const { signal, all } = signalsOf();
    let written: readonly number[] = [];
    const results = await kysely.transaction().execute(async (trx) => {
      const answers: unknown[] = [];
      for (const change of changes) answers.push(await change({ trx, signal }));
      written = signals.write(all());
      return answers;
    });
    signals.committed(written);
    await log.flush();
    // Apart from here: a fault of somebody who listens must not look like one of the commit.
    queueMicrotask(() => {
      for (const { channel, payload } of all()) listeners.tell(channel, payload);
    });
    return results;
  }, MOST_CHANGES);

  return {
    kysely,
    write: (change) => changed(change) as Promise<never>,
    onSignal: (channel, listener) => {
      const stop = listeners.add(channel, listener);
      signals.poll(true);
      return () => {
        stop();
        if (listeners.count() === 0) signals.poll(false);
      };
    },
    close: async () => {
      signals.poll(false);
      await kysely.destroy();
      log.close();
    },
  };
}

/** Two processes that make the same new file may meet here, where SQLite does not wait by itself. */
async function useWriteAheadLog(database: DatabaseSync, busyMs: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      database.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== 5 || tries > busyMs / LOCK_MOMENT_MS) throw error;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

interface SignalReader {
  /** Within the transaction that is open; answers their ids. */
  readonly write: (signals: readonly Signal[]) => readonly number[];
  readonly committed: (ids: readonly number[]) => void;
  readonly poll: (on: boolean) => void;
}

function signalReader(
  database: DatabaseSync,
  clock: Clock,
  tell: (channel: string, payload: string) => void,
  tellMissed: () => void,
): SignalReader {
  let cancel: (() => void) | null = null;
  let version: unknown = null;
  let last = 0;
  /** Ids of our own behind `last`, which were told when they were committed. */
  const own = new Set<number>();

  const versionNow = (): unknown => database.prepare('pragma data_version').get()?.['data_version'];
  const newest = (): number => Number(database.prepare('select max(id) as id from signal').get()?.['id'] ?? 0);

  const look = (): void => {
    // In the middle of a change of ours its rows would be seen before they are committed: the next look is soon.
    if (database.isTransaction) return;
    try {
      const seen = versionNow();
      if (seen === version) {
        // Nobody else has committed: what stands there since is ours.
        for (const id of own) last = Math.max(last, id);
        own.clear();
        return;
      }
      const rows = database.prepare('select id, channel, payload from signal where id > ? order by id').all(last);
      version = seen;
      // Numbers have no gaps but those that were pruned.
      if (Number(rows[0]?.['id'] ?? last + 1) > last + 1) tellMissed();
      last = Number(rows.at(-1)?.['id'] ?? last);
      const others = rows.filter((row) => !own.has(Number(row['id'])));
      own.clear();
      for (const row of others) tell(String(row['channel']), String(row['payload']));
    } catch {
      // The database is in trouble, which whoever reads or writes hears of; the next look tells what was missed.
      version = null;
    }
  };

  const schedule = (): void => {
    cancel = clock.setTimer(POLL_MS, () => {
      look();
      if (cancel !== null) schedule();
    });
  };

  return {
    write: (signals) => {
      if (signals.length === 0) return [];
      const insert = database.prepare('insert into signal (channel, payload) values (?, ?)');
      const ids = signals.map(({ channel, payload }) => Number(insert.run(channel, payload).lastInsertRowid));
      const due = ids.find((id) => id % PRUNE_EVERY === 0);
      if (due !== undefined) database.prepare('delete from signal where id <= ?').run(due - SIGNALS_KEPT);
      return ids;
    },
    committed: (ids) => {
      if (cancel !== null) for (const id of ids) own.add(id);
    },
    poll: (on) => {
      if (on === (cancel !== null)) return;
      if (on) {
        version = versionNow();
        last = newest();
        schedule();
      } else {
        cancel?.();
        cancel = null;
        own.clear();
      }
    },
  };
}
