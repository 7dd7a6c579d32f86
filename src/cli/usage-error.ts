/** What a person got wrong on the command line, in a sentence: exit 2, and nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
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
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
