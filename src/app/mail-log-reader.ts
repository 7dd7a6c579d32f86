/**
 * The log for programs as it stands in a data folder, the numbered files before the one that grows, oldest first. It may be
 * read while it is written and turned: every file is opened at the beginning, so that each line is seen once.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { LineReader } from './line-reader.ts';
import { MAIL_JSON_LOG } from './mail-log-files.ts';

/** Numbered files that are opened at most. */
export const MAX_LOG_FILES = 200;
/** ms between two looks at a log that is followed. */
export const FOLLOW_INTERVAL_MS = 500;

export interface MailLogReader {
  /** There is nothing at all. */
  readonly empty: boolean;
  /** Every line that was there when the log was opened; the same each time. */
  lines(): AsyncGenerator<string>;
  /** What is written after these, over turns of the files, until `signal`. */
  follow(signal: AbortSignal): AsyncGenerator<string>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly end: number;
}

/** Rejects with the error of the system where the folder cannot be read. */
export async function openMailLog(folder: string, clock: Clock): Promise<MailLogReader> {
  const files = await openFiles(folder);
  const path = join(folder, MAIL_JSON_LOG);
  const opened = new Set(files);
  let current = files.at(-1) ?? null;
  let reader: LineReader | null = null;
  return {
    empty: files.length === 0,
    lines: async function* lines() {
      for (const { handle, end } of files) {
        const here = new LineReader(handle);
        yield* here.lines(end);
        if (handle === current?.handle) reader = new LineReader(handle, here.lineStart);
      }
    },
    follow: async function* follow(signal) {
      if (current !== null) reader ??= new LineReader(current.handle, current.end);
      while (!signal.aborted) {
        if (reader !== null) yield* reader.lines();
        const there = await stat(path).catch(() => null);
        if (there === null || there.ino === current?.inode) {
          await pause(clock, signal);
          continue;
        }
        // What was written to the old file until it was moved away, then the files that came after it.
        if (reader !== null) yield* reader.lines();
        const newer = await newerThan(current?.inode ?? null, folder);
        for (const next of newer) opened.add(next);
        for (const next of newer) {
          current = next;
          reader = new LineReader(next.handle);
          yield* reader.lines();
        }
        // A log may be followed for months: what is behind is let go.
        for (const file of opened) {
          if (file === current) continue;
          opened.delete(file);
          await file.handle.close();
        }
      }
    },
    close: async () => {
      await Promise.all([...opened].map(({ handle }) => handle.close()));
    },
  };
}

/** Newest first, since files only ever move to higher numbers; a file met twice was moved in between. */
async function openFiles(folder: string): Promise<readonly OpenFile[]> {
  const numbers = (await readdir(folder))
    .flatMap((name) => (name.startsWith(`${MAIL_JSON_LOG}.`) ? [name.slice(MAIL_JSON_LOG.length + 1)] : []))
    .filter((rest) => /^[1-9]\d{0,3}$/.test(rest))
    .map(Number)
    .toSorted((a, b) => a - b)
    .slice(0, MAX_LOG_FILES);
  const newestFirst: OpenFile[] = [];
  const path = join(folder, MAIL_JSON_LOG);
  for (const name of [path, ...numbers.map((number) => `${path}.${number}`)]) {
    const file = await openOne(name);
    if (file === null) continue;
    if (newestFirst.some(({ inode }) => inode === file.inode)) await file.handle.close();
    else newestFirst.push(file);
  }
  return newestFirst.toReversed();
}

/** Files begun after the one with that inode, oldest first; all of them where it is gone already. */
async function newerThan(inode: number | null, folder: string): Promise<readonly OpenFile[]> {
  const files = await openFiles(folder);
  const known = files.findIndex((file) => file.inode === inode);
  await Promise.all(files.slice(0, known + 1).map(({ handle }) => handle.close()));
  return files.slice(known + 1);
}

async function openOne(path: string): Promise<OpenFile | null> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return null;
  const { ino, size } = await handle.stat();
  return { handle, inode: ino, end: size };
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(FOLLOW_INTERVAL_MS, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
