/**
 * PostgreSQL by way of `pg`: a pool of connections for questions and changes, one more that listens. Every wait has an
 * end (connecting, a statement, a lock, a transaction nobody goes on with). A change that met a deadlock is made again.
 * When the server was away, the pool connects anew by itself, and the listener does, then says that it may have missed
 * something. What its texts cannot hold is replaced on the way there: a stranger's octet is no trouble of the database.
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type ClientConfig, Pool, types } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Change, DatabaseEngine } from './database.ts';
import { createListeners, type Listeners, signalsOf } from './listeners.ts';
import type { Tables } from './tables.ts';
import { troubleOf } from './trouble.ts';

const MOST_CONNECTIONS = 10;
/** How often a change is made that meets other people's locks. */
const MOST_TRIES = 5;
/** How long the listener waits before it connects again, and between two looks whether it still is connected, ms. */
const RECONNECT_MS = 1_000;
const HEARTBEAT_MS = 30_000;
/** One channel of PostgreSQL carries all of ours. */
const CHANNEL = 'tlsreach';

const DEADLINES = {
  connectionTimeoutMillis: 10_000,
  statement_timeout: 60_000,
  lock_timeout: 15_000,
  idle_in_transaction_session_timeout: 30_000,
  query_timeout: 70_000,
} as const;

const BIGINT = 20;
const NUMERIC = 1700;

export function openPostgres(url: string, clock: Clock): DatabaseEngine {
  const config: ClientConfig = {
    connectionString: url,
    application_name: 'tlsreach',
    keepAlive: true,
    ...DEADLINES,
    types: {
      // Counts, sums and times are far below 2^53.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === BIGINT || oid === NUMERIC ? Number : types.getTypeParser(oid, format as 'text'),
    },
  };
  const pool = new Pool({ ...config, max: MOST_CONNECTIONS });
  // A connection that ends while nobody uses it is replaced when one is needed.
  pool.on('error', () => {});
  // One that ends while it is used tells whoever uses it; the event besides would end the process.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    withStorableTexts(client);
  });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const listeners = createListeners();
  const listener = listenerFor(config, clock, listeners);
  return {
    kysely,
    write: (change) => written(kysely, change),
    onSignal: (channel, told) => {
      const stop = listeners.add(channel, told);
      listener.wanted();
      return () => {
        stop();
        if (listeners.count() === 0) void listener.stop();
      };
    },
    close: async () => {
      await listener.stop();
      await kysely.destroy();
    },
  };
}

/**
 * Texts of PostgreSQL hold everything but NUL (its manual, 8.3): in its place stands U+FFFD. Nothing that is looked for
 * with one is found then, and what is kept with one is kept as well as it can be.
 */
function withStorableTexts(client: { query: unknown }): void {
  const query = (client.query as (...given: readonly unknown[]) => unknown).bind(client);
  client.query = (text: unknown, values: unknown, ...more: readonly unknown[]) =>
    query(text, storable(values), ...more);
}

function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

async function written<Result>(kysely: Kysely<Tables>, change: Change<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const { signal, all } = signalsOf();
    try {
      return await kysely.transaction().execute(async (trx) => {
        const result = await change({ trx, signal });
        const payloads = all().map(({ channel, payload }) => `${channel} ${payload}`);
        if (payloads.length > 0)
          await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`.execute(trx);
        return result;
      });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind !== 'conflict' || tries >= MOST_TRIES) throw trouble;
    }
  }
}

interface Listener {
  readonly wanted: () => void;
  readonly stop: () => Promise<void>;
}

/** Listens as long as it is wanted, over one connection after another. */
function listenerFor(config: ClientConfig, clock: Clock, listeners: Listeners): Listener {
  let client: Client | null = null;
  let cancel: (() => void) | null = null;

  const end = async (): Promise<void> => {
    cancel?.();
    cancel = null;
    const ended = client;
    client = null;
    await ended?.end().catch(() => {});
  };

  const later = (): void => {
    cancel?.();
    cancel = clock.setTimer(RECONNECT_MS, () => void connect());
  };

  const connect = async (): Promise<void> => {
    const mine = new Client(config);
    client = mine;
    const lost = (): void => {
      if (client !== mine) return;
      client = null;
      mine.end().catch(() => {});
      later();
    };
    const beat = (): void => {
      cancel = clock.setTimer(HEARTBEAT_MS, () => {
        mine.query('select 1').then(() => {
          if (client === mine) beat();
        }, lost);
      });
    };
    mine.on('error', lost);
    mine.on('end', lost);
    mine.on('notification', ({ payload = '' }) => {
      const space = payload.indexOf(' ');
      listeners.tell(payload.slice(0, space), payload.slice(space + 1));
    });
    try {
      await mine.connect();
      await mine.query(`listen ${CHANNEL}`);
    } catch {
      lost();
      return;
    }
    if (client !== mine) {
      mine.end().catch(() => {});
      return;
    }
    beat();
    // Between the question that came before and now anything may have been told.
    listeners.tellMissed();
  };

  return {
    wanted: () => {
      if (client === null && cancel === null) void connect();
    },
    stop: end,
  };
}
