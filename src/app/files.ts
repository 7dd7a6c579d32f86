/**
 * Files of people: read within a bound, and written so that nobody ever sees half of one. What is no regular file
 * (`/dev/null`, a pipe) is written to as it stands and never replaced.
 */
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, stat, unlink } from 'node:fs/promises';

/** The largest file that is read whole: room for more than a million targets, or every root there is many times over. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** The code of the fault of a file that has more; the system's own `EFBIG` is about writing. */
export const TOO_LARGE = 'TOO_LARGE';
/** What a file without an end (a device, a pipe) is read in. */
const READ_BYTES = 64 * 1024;

/** A file that appears under its name only when it is complete. */
export interface AtomicFile {
  write(content: string | Uint8Array): Promise<void>;
  /** Puts it in its place. */
  commit(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** The whole file. Rejects with the error of the system, or with `TOO_LARGE` for more than `MAX_FILE_BYTES`. */
export async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
      if (bytesRead === 0) return Buffer.concat(chunks, size);
      size += bytesRead;
      if (size > MAX_FILE_BYTES) throw fault(TOO_LARGE, path);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens `path` for a new content. A regular file is written beside its place and renamed into it, with the permissions
 * of the one it replaces, as far as `mode` allows; a link of somebody else's (as planted in `/tmp`) is not followed. Rejects
 * with the error of the system, `EISDIR` for a directory.
 */
export async function createAtomicFile(path: string, mode?: number): Promise<AtomicFile> {
  const existing = await statOrNull(path);
  if (existing?.isDirectory() === true) throw fault('EISDIR', path);
  if (existing !== null && !existing.isFile()) return openedInPlace(await open(path, 'w'));
  return besideItsPlace(await placeOf(path), existing === null ? (mode ?? 0o644) : existing.mode & (mode ?? 0o777));
}

async function besideItsPlace(place: string, mode: number): Promise<AtomicFile> {
  const beside = `${place}.${process.pid}.part`;
  const file = await open(beside, 'wx', mode);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await file.close();
    closed = true;
  };
  return {
    write: (text) => file.writeFile(text),
    commit: async () => {
      await file.sync();
      await close();
      await rename(beside, place);
    },
    discard: async () => {
      await close();
      await unlink(beside);
    },
  };
}

function openedInPlace(file: FileHandle): AtomicFile {
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await file.close();
    closed = true;
  };
  return { write: (text) => file.writeFile(text), commit: close, discard: close };
}

/** The file a link leads to, so that the link stays one; the path itself where it is none. */
async function placeOf(path: string): Promise<string> {
  const link = await lstat(path).catch(() => null);
  if (link?.isSymbolicLink() !== true) return path;
  if (!mayFollow(link.uid, process.geteuid?.() ?? link.uid)) throw fault('ELOOP', path);
  // A link to nowhere is replaced: creating a file in a place nobody named would be worse.
  return realpath(path).catch(() => path);
}

/**
 * Why a folder should not be trusted with a queue and keys, as the end of a sentence; null where there is nothing to say.
 * Whoever may write there may put a link or a database of their own in place of ours.
 */
export async function folderConcern(path: string): Promise<string | null> {
  const folder = await stat(path).catch(() => null);
  if (folder === null) return null;
  if ((folder.mode & OTHERS_WRITE) !== 0)
    return 'others than its owner may write there; take that away with chmod go-w';
  return mayFollow(folder.uid, process.geteuid?.() ?? folder.uid) ? null : 'it belongs to another user';
}

const OTHERS_WRITE = 0o022;

/** One's own links, and those of the system such as `/dev/stdout`. */
export function mayFollow(ownerOfLink: number, own: number): boolean {
  return ownerOfLink === own || ownerOfLink === ROOT;
}

const ROOT = 0;

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function fault(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
