/**
 * The log of a SQLite file (`-wal`), brought to the disk outside the thread that commits: SQLite itself would wait for
 * the disk in its `COMMIT`, and everything else in the process with it. A commit without the wait (`synchronous=NORMAL`)
 * and an fdatasync of the log before anybody is told is what `synchronous=FULL` does, in the same order:
 *
 * - Frames are appended, and read back after a crash of the machine up to the first that is missing. So what has reached
 *   the disk is always a beginning of what was committed, and a flush covers every commit before it, of this process and
 *   of others: whoever acts on what another one has committed makes that durable with its own.
 * - Before the log is written from its beginning again, SQLite has brought log and file to the disk by itself.
 * - The log stays the same file while somebody has the database open. Locks are held on its neighbours, so that opening
 *   and closing it here takes none away.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreTrouble } from './trouble.ts';

/** Resolves when what was written to the open file is on the disk. */
export type Flush = (file: number) => Promise<void>;

export const flushToDisk: Flush = (file) =>
  new Promise((resolve, reject) => fdatasync(file, (error) => (error === null ? resolve() : reject(error))));

export interface WriteAheadLog {
  /** To be called before a transaction: after a flush that failed, nothing may be built on what it left. */
  readonly mend: () => void;
  /** Resolves when every commit before the call is on the disk. Rejects as `unavailable`: perhaps it is, perhaps not. */
  readonly flush: () => Promise<void>;
  readonly close: () => void;
}

export function writeAheadLog(database: DatabaseSync, path: string, flush: Flush = flushToDisk): WriteAheadLog {
  let file: number | null = null;
  let doubtful = false;

  return {
    mend: () => {
      if (!doubtful) return;
      // The system counts pages it could not write as written, so that another flush of the same log would say nothing.
      // This moves all of it into the file, waits for the disk, and begins the log anew.
      const seen = database.prepare('pragma wal_checkpoint(truncate)').get();
      if (seen?.['busy'] !== 0)
        throw new StoreTrouble('unavailable', 'the log of the database could not be brought to the disk', true);
      doubtful = false;
    },
    flush: async () => {
      try {
        // Not there before the first commit.
        file ??= openSync(`${path}-wal`, 'r+');
        await flush(file);
      } catch (error) {
        doubtful = true;
        const why = error instanceof Error ? error.message : String(error);
        throw new StoreTrouble('unavailable', `the database could not be brought to the disk: ${why}`, true, error);
      }
    },
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
