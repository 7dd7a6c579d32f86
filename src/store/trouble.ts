/**
 * What may go wrong between us and the database, in one error class for both kinds of it. Every method of the stores
 * rejects with a `StoreTrouble` and nothing else; what it was doing is then undone as a whole. One exception lies in the
 * nature of things: where the connection to PostgreSQL is lost during a commit (`unavailable`), nobody knows.
 */

/**
 * `full`: no room. `read-only`: somebody took the right to write. `unavailable`: away, restarting, out of connections,
 * or closed. `conflict`: somebody else was in the way. `corrupt`: the file is damaged or no database. `newer`: the
 * data belong to a newer version of this program. `no-place`: what was named cannot be a folder.
 */
export type TroubleKind =
  | 'full'
  | 'read-only'
  | 'unavailable'
  | 'conflict'
  | 'corrupt'
  | 'newer'
  | 'no-place'
  | 'other';

export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble';
  readonly kind: TroubleKind;
  /** Trying the same again later may help without a change of the program. */
  readonly mayPass: boolean;

  constructor(kind: TroubleKind, message: string, mayPass: boolean, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.mayPass = mayPass;
  }
}

/** Whatever a driver threw, as trouble; trouble stays what it is. */
export function troubleOf(error: unknown): StoreTrouble {
  if (error instanceof StoreTrouble) return error;
  if (!(error instanceof Error))
    return new StoreTrouble('other', `the database failed: ${String(error)}`, false, error);
  const facts = error as Error & { readonly code?: unknown; readonly errcode?: unknown };
  if (typeof facts.errcode === 'number') return sqliteTrouble(error, facts.errcode);
  if (facts.code === 'ERR_INVALID_STATE') return trouble('unavailable', error, true);
  if (typeof facts.code === 'string') return codedTrouble(error, facts.code);
  if (
    /connection (terminated|ended)|timeout (expired|exceeded)|not queryable|pool after calling end/i.test(error.message)
  )
    return trouble('unavailable', error, true);
  return trouble('other', error, false);
}

const SENTENCES: Readonly<Record<TroubleKind, string>> = {
  full: 'there is no room left for the database',
  'read-only': 'the database cannot be written to',
  unavailable: 'the database cannot be reached',
  conflict: 'another process is in the way',
  corrupt: 'the database is damaged',
  newer: 'the database belongs to a newer version',
  'no-place': 'the database cannot be there',
  other: 'the database failed',
};

function trouble(kind: TroubleKind, error: Error, mayPass: boolean): StoreTrouble {
  return new StoreTrouble(
    kind,
    `${SENTENCES[kind]}: ${error.message || (error as { code?: string }).code}`,
    mayPass,
    error,
  );
}

/** Primary result codes of SQLite; the extended ones have them in their low octet. */
function sqliteTrouble(error: Error, code: number): StoreTrouble {
  switch (code & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return trouble('conflict', error, true);
    case 8: // SQLITE_READONLY
      return trouble('read-only', error, true);
    case 13: // SQLITE_FULL
      return trouble('full', error, true);
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
      return trouble('unavailable', error, true);
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return trouble('corrupt', error, false);
    case 19: // SQLITE_CONSTRAINT
      return trouble('conflict', error, false);
    default:
      return trouble('other', error, false);
  }
}

/** SQLSTATE (PostgreSQL, appendix A) or the code of a socket error. */
function codedTrouble(error: Error, code: string): StoreTrouble {
  if (code === 'ENOSPC' || code === 'EDQUOT') return trouble('full', error, true);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return trouble('read-only', error, true);
  if (/^E[A-Z]+/.test(code)) return trouble('unavailable', error, code !== 'ENOTDIR');
  if (code === '53100') return trouble('full', error, true);
  if (code === '25006') return trouble('read-only', error, true);
  // Away, shutting down, starting up, out of connections or memory; a statement of ours took longer than it may.
  if (/^(08|53|57|58)/.test(code) || code === '25P03') return trouble('unavailable', error, true);
  if (code.startsWith('40') || code === '55P03') return trouble('conflict', error, true);
  if (code.startsWith('23')) return trouble('conflict', error, false);
  if (code.startsWith('XX')) return trouble('corrupt', error, false);
  return trouble('other', error, false);
}
