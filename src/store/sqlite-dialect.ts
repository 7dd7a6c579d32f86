/**
 * SQLite by way of `node:sqlite`, spoken by Kysely. Kysely's own driver is made for another library, which says of each
 * statement whether it yields rows and takes parameters as one list.
 *
 * - Transactions begin with `BEGIN IMMEDIATE`: one that reads first and writes later would be refused without waiting
 *   when another process has written in between (SQLITE_BUSY_SNAPSHOT). Definitions of tables take part in them.
 * - SQLite waits for a lock of somebody else by sleeping, and the whole process with it. So it waits a moment at a time,
 *   and whatever else is ready has its turn in between.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** How long SQLite sleeps for a lock at a time, ms. */
export const LOCK_MOMENT_MS = 20;
const SQLITE_BUSY = 5;

/** Statements kept ready, and the longest text that is worth it: long ones are lists of many rows, hardly ever the same. */
const MOST_STATEMENTS = 300;
const LONGEST_KEPT = 4_000;

/** `busyMs`: how long a lock of another process is waited for, in all. */
export class NodeSqliteDialect implements Dialect {
  readonly #database: DatabaseSync;
  readonly #busyMs: number;

  constructor(database: DatabaseSync, busyMs: number) {
    this.#database = database;
    this.#busyMs = busyMs;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#database, this.#busyMs);
  }

  createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(database);
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection; Kysely gives it to one after another. */
class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: NodeSqliteConnection;

  constructor(database: DatabaseSync, busyMs: number) {
    this.#database = database;
    this.#connection = new NodeSqliteConnection(database, Math.ceil(busyMs / LOCK_MOMENT_MS));
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk ends the transaction by itself; a rollback of nothing would then be the error that people see.
    if (this.#database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection.forget();
    if (this.#database.isOpen) this.#database.close();
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #mostTries: number;
  readonly #kept = new Map<string, Prepared>();

  constructor(database: DatabaseSync, mostTries: number) {
    this.#database = database;
    this.#mostTries = mostTries;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    for (let tries = 1; ; tries++) {
      try {
        return this.#execute(sql, parameters as SQLInputValue[]);
      } catch (error) {
        const { errcode = 0 } = error as { readonly errcode?: number };
        if ((errcode & 0xff) !== SQLITE_BUSY || tries >= this.#mostTries) throw error;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }

  // biome-ignore lint/correctness/useYield: nothing of ours streams, and a cursor would keep the only connection.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('queries over a file are not streamed');
  }

  forget(): void {
    this.#kept.clear();
  }

  #execute<Row>(text: string, parameters: SQLInputValue[]): QueryResult<Row> {
    const { statement, yieldsRows } = this.#prepared(text);
    if (yieldsRows) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  #prepared(text: string): Prepared {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    const prepared = { statement, yieldsRows: statement.columns().length > 0 };
    if (text.length <= LONGEST_KEPT) {
      if (this.#kept.size >= MOST_STATEMENTS) this.#kept.delete(this.#kept.keys().next().value ?? '');
      this.#kept.set(text, prepared);
    }
    return prepared;
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly yieldsRows: boolean;
}
