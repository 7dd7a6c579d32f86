import { MAX_FILE_BYTES, TOO_LARGE } from '../app/files.ts';

/** What a person got wrong on the command line, in a sentence: exit 2, and nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The result could not be written (a full disk): exit 4, since nobody has it. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** The error codes of files as people say them. */
export function describeFileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
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
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
