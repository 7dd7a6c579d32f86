/**
 * The folder of an installation, made with its parents where it is not there. Each part is made by itself and once:
 * Node's own `recursive` never ends below a folder that takes none (`/proc`, seen with Node 24).
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreTrouble, troubleOf } from './trouble.ts';

/** Throws `StoreTrouble` that names the folder, and the part of it that stands in the way. */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = attempt(folder, path, () => statSync(path, { throwIfNoEntry: false }));
    if (found?.isDirectory()) break;
    if (found !== undefined) throw noPlace(folder, `${path} is a file`);
    missing.push(path);
    if (path === dirname(path)) break;
  }
  for (const path of missing.reverse()) {
    attempt(folder, path, () => {
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        // Somebody else may have made it meanwhile.
        if (codeOf(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
      }
    });
  }
}

function attempt<Result>(folder: string, path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw noPlace(folder, `${dirname(path)} is a file`, error);
    // The parent is there: a file system that answers so takes no folders.
    if (codeOf(error) === 'ENOENT') throw noPlace(folder, `${dirname(path)} takes no folders`, error);
    if (codeOf(error) === 'ENAMETOOLONG') throw noPlace(folder, 'its name is too long', error);
    const { kind, mayPass } = troubleOf(error);
    const message = SENTENCES[String(codeOf(error))] ?? String(error);
    const why = `${message} (${path})`;
    throw new StoreTrouble(kind, `the folder ${folder} cannot be used: ${why}`, mayPass, error);
  }
}

function noPlace(folder: string, why: string, cause?: unknown): StoreTrouble {
  return new StoreTrouble('no-place', `the folder ${folder} cannot be used: ${why}`, false, cause);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no room left',
  EDQUOT: 'there is no room left',
};
