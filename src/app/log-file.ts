/**
 * One log file that grows: lines are gathered for a moment and written together, the file is numbered away when it is large
 * (`mail.log.1` is the newest of the old ones), and a disk that is full holds nobody up. What cannot be written waits within
 * a bound; what does not fit is counted, and the count is written first when writing works again.
 *
 * Several processes may append to the same file: each line is written whole in append mode, and whoever finds the file
 * moved away opens the new one.
 */
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { logTime } from '../report/log-text.ts';

export interface LogFileOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Octets at which a file is numbered away. */
  readonly rotateAt?: number | undefined;
  /** Old files that are kept. */
  readonly keep?: number | undefined;
  /** Told once when writing begins to fail, and once when it works again with the number of lines lost in between. */
  readonly onTrouble: (trouble: LogTrouble) => void;
  /** The line that says how many are lost. */
  readonly lossLine: (lost: number, at: number) => string;
}

export type LogTrouble =
  | { readonly kind: 'cannot-write'; readonly path: string; readonly code: string }
  | { readonly kind: 'writes-again'; readonly path: string; readonly lost: number };

export const DEFAULT_ROTATE_AT = 10 * 1024 * 1024;
export const DEFAULT_KEEP = 10;
/** ms a line waits at most before it is written. */
export const FLUSH_DELAY_MS = 200;
/** ms before writing is tried again after a failure. */
export const RETRY_DELAY_MS = 1000;
/** Octets that wait for a disk. */
export const MAX_WAITING_OCTETS = 4 * 1024 * 1024;
/** Octets written at once. */
const WRITE_OCTETS = 256 * 1024;
const MODE = 0o640;

export interface LogFile {
  append(lines: readonly string[]): void;
  /** Resolves when what was appended so far is written, or could not be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function openLogFile(options: LogFileOptions): LogFile {
  return new GrowingFile(options);
}

class GrowingFile implements LogFile {
  readonly #options: LogFileOptions;
  #waiting: Buffer[] = [];
  #octets = 0;
  #lost = 0;
  #failing = false;
  #cancelTimer: (() => void) | null = null;
  #writing: Promise<void> | null = null;
  #file: { readonly handle: FileHandle; readonly inode: number } | null = null;
  #closed = false;
  /** The disk took a part of a line: the rest has to go behind it. */
  #midLine = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  append(lines: readonly string[]): void {
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      if (this.#closed || this.#octets + bytes.length > MAX_WAITING_OCTETS) {
        this.#lost++;
        continue;
      }
      this.#waiting.push(bytes);
      this.#octets += bytes.length;
    }
    this.#schedule(this.#failing ? RETRY_DELAY_MS : FLUSH_DELAY_MS);
  }

  async flush(): Promise<void> {
    // A write that is under way took what stood there when it began; the next one takes the rest.
    await this.#writing;
    await this.#drain();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    await this.#file?.handle.close();
    this.#file = null;
  }

  #schedule(afterMs: number): void {
    if (this.#cancelTimer !== null || this.#closed || this.#octets === 0) return;
    this.#cancelTimer = this.#options.clock.setTimer(afterMs, () => {
      this.#cancelTimer = null;
      void this.#drain();
    });
  }

  #drain(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      if (this.#octets > 0) this.#schedule(this.#failing ? RETRY_DELAY_MS : FLUSH_DELAY_MS);
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { clock, path, onTrouble, lossLine } = this.#options;
    try {
      while (this.#octets > 0 || this.#lost > 0) {
        const handle = await this.#handle();
        if (this.#failing || this.#lost > 0) await this.#writeLoss(handle, lossLine, clock);
        if (this.#octets > 0) await this.#writeSome(handle);
      }
    } catch (error) {
      if (this.#failing) return;
      this.#failing = true;
      onTrouble({ kind: 'cannot-write', path, code: codeOf(error) });
    }
  }

  /** One batch; what the disk took of it is gone from the waiting, so that no line is ever torn for good. */
  async #writeSome(handle: FileHandle): Promise<void> {
    const batch: Buffer[] = [];
    let octets = 0;
    for (const bytes of this.#waiting) {
      batch.push(bytes);
      octets += bytes.length;
      if (octets >= WRITE_OCTETS) break;
    }
    const { bytesWritten } = await handle.write(Buffer.concat(batch, octets));
    this.#octets -= bytesWritten;
    let left = bytesWritten;
    let whole = 0;
    for (const bytes of batch) {
      if (left < bytes.length) break;
      left -= bytes.length;
      whole++;
    }
    this.#waiting.splice(0, whole);
    this.#midLine = left > 0;
    const [first] = this.#waiting;
    if (left > 0 && first !== undefined) this.#waiting[0] = first.subarray(left);
  }

  /** What waited since the trouble began comes first, since it is older than the loss. */
  async #writeLoss(handle: FileHandle, lossLine: LogFileOptions['lossLine'], clock: Clock): Promise<void> {
    while (this.#octets > 0) await this.#writeSome(handle);
    const lost = this.#lost;
    if (lost > 0) {
      const bytes = Buffer.from(`${lossLine(lost, clock.now())}\n`);
      this.#lost = 0;
      this.#waiting.push(bytes);
      this.#octets += bytes.length;
      while (this.#octets > 0) await this.#writeSome(handle);
    }
    if (this.#failing) this.#options.onTrouble({ kind: 'writes-again', path: this.#options.path, lost });
    this.#failing = false;
  }

  /** The file to append to, numbered away first where it is large enough. */
  async #handle(): Promise<FileHandle> {
    const { path, rotateAt = DEFAULT_ROTATE_AT, keep = DEFAULT_KEEP } = this.#options;
    if (this.#midLine && this.#file !== null) return this.#file.handle;
    const there = await stat(path).catch(() => null);
    if (there !== null && there.size >= rotateAt) {
      await rotate(path, keep);
      return this.#reopen();
    }
    if (this.#file === null || there?.ino !== this.#file.inode) return this.#reopen();
    return this.#file.handle;
  }

  async #reopen(): Promise<FileHandle> {
    await this.#file?.handle.close();
    this.#file = null;
    const handle = await open(this.#options.path, 'a', MODE);
    this.#file = { handle, inode: (await handle.stat()).ino };
    return handle;
  }
}

/** `mail.log` becomes `mail.log.1`, and so on; the oldest goes. */
async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return unlink(path);
  await unlink(`${path}.${keep}`).catch(() => {});
  for (let number = keep - 1; number >= 1; number--) {
    await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(() => {});
  }
  // Another process may have been first.
  await rename(path, `${path}.1`).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'UNKNOWN';
}

/** The line of a log for people. */
export function plainLossLine(lost: number, at: number): string {
  return `${logTime(at)} Warning: ${lost} line${lost === 1 ? ' of this log is' : 's of this log are'} lost: the file could not be written`;
}

/** The line of a log for programs. */
export function jsonLossLine(lost: number, at: number): string {
  const line = plainLossLine(lost, at).slice(logTime(at).length + 1);
  return JSON.stringify({ time: new Date(at).toISOString(), event: 'log-lines-lost', lost, lines: [line] });
}
