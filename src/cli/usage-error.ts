import { MAX_FILE_BYTES, TOO_LARGE } from '../app/files.ts';

/** What a person got wrong on the command line, in a sentence: exit 2, and nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The result could not be written (a full disk): exit 4, since nobody has it. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** The error codes of files as people say them, of one that was to be read or written. */
export function describeFileFault(error: unknown, purpose: 'read' | 'write' = 'read'): string {
  const code = codeOf(error);
  if (purpose === 'write' && WRITE_FAULTS[code] !== undefined) return WRITE_FAULTS[code];
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be read',
    EPERM: 'it may not be read',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is no directory',
    EEXIST: 'a file of that name is being written already',
    EROFS: 'the file system is read-only',
    [TOO_LARGE]: `it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`,
    ELOOP: 'it is a link that belongs to somebody else, or links that lead in a circle',
    EFBIG: 'the system lets no file become that large',
    ENOSPC: 'there is no space left on the device',
    EIO: 'the device has failed',
    EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  };
  return words[code] ?? messageOf(error);
}

const WRITE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
};

/** Why an address and port cannot be listened at, and what to do. */
export function describeListenFault(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there already; end that one, or choose another port',
    EADDRNOTAVAIL: 'this machine has no such address; choose one of its own, or 127.0.0.1',
    EACCES: 'this user may not listen there; ports below 1024 are for root, others may take a higher one',
  };
  return words[codeOf(error)] ?? messageOf(error);
}

/** The system's own code; empty where it is no error of the system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
