/**
 * SQLite by way of `node:sqlite`, spoken by Kysely. Kysely knows another library's statements: it asks each whether it
 * yields rows (`reader`) and hands its parameters over as one list, so this file says the one and spreads the other.
 *
 * Transactions begin with `BEGIN IMMEDIATE`: one that reads first and writes later would be refused without waiting when
 * another process has written in between (SQLITE_BUSY_SNAPSHOT). Definitions of tables take part in transactions.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';

/** Statements kept ready, and the longest text that is worth it: long ones are lists of many rows, hardly ever the same. */
const MOST_STATEMENTS = 300;
const LONGEST_KEPT = 4_000;

export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(database: DatabaseSync) {
    const adapted = adaptedDatabase(database);
    super({ database: adapted });
    this.#database = adapted;
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: this.#database });
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

function adaptedDatabase(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => {
      kept.clear();
      if (database.isOpen) database.close();
    },
    prepare: (text) => {
      // A full disk ends the transaction by itself; Kysely's rollback would then be the error that people see.
      if (text === 'rollback' && !database.isTransaction) return NOTHING;
      const known = kept.get(text);
      if (known !== undefined) return known;
      const statement = adaptedStatement(database.prepare(text));
      if (text.length <= LONGEST_KEPT) {
        if (kept.size >= MOST_STATEMENTS) kept.delete(kept.keys().next().value ?? '');
        kept.set(text, statement);
      }
      return statement;
    },
  };
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function adaptedStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bindable(parameters)),
    run: (parameters) => statement.run(...bindable(parameters)),
    iterate: (parameters) => statement.iterate(...bindable(parameters)),
  };
}

function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}
