/**
 * One database for everything that lasts: a SQLite file for one machine, PostgreSQL for many. The stores on top of it
 * are the same Kysely queries for both; what differs (locks, signals, how commits are shared) is settled in this folder.
 *
 * - `read` sees what is committed. `write` is one transaction: all of it or nothing, durable when it resolves.
 * - A change may run more than once before it is committed (it shared a transaction with another one that failed, or
 *   met somebody's lock), so it does nothing but ask and change the database.
 * - Signals tell other processes, and this one, that something was committed.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Clock } from '../base/clock.ts';
import { openFile } from './file-database.ts';
import { migrate } from './migrate.ts';
import { openPostgres } from './postgres-database.ts';
import type { Tables } from './tables.ts';
import { StoreTrouble, troubleOf } from './trouble.ts';
import type { Flush } from './write-ahead-log.ts';

export type DatabaseKind = 'file' | 'postgres';

export type DatabasePlace =
  | { readonly kind: 'file'; readonly path: string }
  /** `postgres://user:password@host:port/database?options`. */
  | { readonly kind: 'postgres'; readonly url: string };

export interface DatabaseOptions {
  readonly clock: Clock;
  /** How long one process waits for another one's commit to a file, ms; 5 s if nothing is said. */
  readonly busyMs?: number;
  /** In place of the system's fdatasync of the log of a file: for tests of a disk that is slow, or fails. */
  readonly flush?: Flush;
  /** In place of those of this version: for tests of the way from one version to another. */
  readonly migrations?: Readonly<Record<string, Migration>>;
}

/** What a change works with. */
export interface Work {
  readonly trx: Transaction<Tables>;
  /** Told to everybody who listens, once the change is committed. */
  readonly signal: (channel: string, payload: string) => void;
}

export type Change<Result> = (work: Work) => Promise<Result>;

/** Null: something may have been missed (a connection was lost), look at everything. */
export type OnSignal = (payload: string | null) => void;

export interface Database {
  readonly kind: DatabaseKind;
  readonly clock: Clock;
  readonly read: <Result>(ask: (database: Kysely<Tables>) => Promise<Result>) => Promise<Result>;
  readonly write: <Result>(change: Change<Result>) => Promise<Result>;
  /** Calls at each signal on the channel, those of this process included; returns the way to stop. */
  readonly onSignal: (channel: string, listener: OnSignal) => () => void;
  /** Waits for what is under way; whatever is asked afterwards is `unavailable`. */
  readonly close: () => Promise<void>;
}

/** What a kind of database supplies; `openDatabase` makes a `Database` of it. */
export interface DatabaseEngine {
  readonly kysely: Kysely<Tables>;
  readonly write: <Result>(change: Change<Result>) => Promise<Result>;
  readonly onSignal: (channel: string, listener: OnSignal) => () => void;
  readonly close: () => Promise<void>;
}

/** Opens, or makes, the database and brings its tables to this version. Rejects with `StoreTrouble`. */
export async function openDatabase(place: DatabasePlace, options: DatabaseOptions): Promise<Database> {
  let engine: DatabaseEngine;
  try {
    engine = place.kind === 'file' ? await openFile(place.path, options) : openPostgres(place.url, options.clock);
  } catch (error) {
    throw troubleOf(error);
  }
  try {
    await migrate(engine.kysely, place.kind, options.migrations);
  } catch (error) {
    await engine.close();
    throw troubleOf(error);
  }
  return databaseOver(place.kind, engine, options.clock);
}

function databaseOver(kind: DatabaseKind, engine: DatabaseEngine, clock: Clock): Database {
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;
  const guarded = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    if (closing !== null) throw new StoreTrouble('unavailable', 'the database has been closed', false);
    const acting = act();
    underWay.add(acting);
    try {
      return await acting;
    } catch (error) {
      throw troubleOf(error);
    } finally {
      underWay.delete(acting);
    }
  };
  return {
    kind,
    clock,
    read: (ask) => guarded(() => ask(engine.kysely)),
    write: (change) => guarded(() => engine.write(change)),
    onSignal: engine.onSignal,
    close: () => {
      closing ??= Promise.allSettled(underWay).then(() => engine.close());
      return closing;
    },
  };
}
