/**
 * A PostgreSQL of its own for the tests: a new cluster in the rig's folder, on a port the kernel gave, owned by the
 * system user `postgres`, since the server refuses to run as root. It can be stopped and started again.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type NewDatabase, openerOf } from '../support/store-world.ts';
import { accountOf, eventually, launch, type Running, raise } from './rig.ts';

const VERSIONS = '/usr/lib/postgresql';
const USER = 'postgres';
const ROLE = 'tlsreach';

export interface PostgresRig {
  readonly url: (database: string) => string;
  /** A new, empty database; answers its URL. */
  readonly newDatabase: () => Promise<string>;
  /** Ends the server as a restart does: at once, with whatever is under way. */
  readonly halt: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** `false` to run, or the sentence to skip with; with `CI=true` an error instead. */
export function skipUnlessPostgres(): string | false {
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('root, to become the user postgres');
  if (programFolder() === null) missing.push('initdb and postgres');
  if (!existsSync('/usr/bin/setpriv')) missing.push('setpriv');
  if (missing.length === 0) return false;
  const sentence = `PostgreSQL needs ${missing.join(', ')} (scripts/interop-setup.sh brings the programs)`;
  if (process.env['CI'] === 'true') throw new Error(sentence);
  return sentence;
}

export async function startPostgres(): Promise<PostgresRig> {
  const programs = programFolder() ?? '';
  const { uid, gid } = accountOf(USER);
  const words = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const port = await freePort();
  let databases = 0;
  const rig = await raise(async (folder, running) => {
    const data = join(folder, 'postgres');
    mkdirSync(data);
    execFileSync('chown', [USER, data]);
    chmodSync(data, 0o700);
    execFileSync(
      'setpriv',
      [
        ...words.slice(1),
        join(programs, 'initdb'),
        ...['-D', join(data, 'cluster'), '-U', ROLE, '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
      ],
      { stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } },
    );
    let server: Running | null = null;
    const start = async (): Promise<void> => {
      // Processes are killed here, never the machine: what the server has written, it finds again without fsync, too.
      const options = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${data}`];
      server = launch('setpriv', [
        ...words.slice(1),
        join(programs, 'postgres'),
        ...['-D', join(data, 'cluster')],
        ...options.flatMap((option) => ['-c', option]),
      ]);
      running.push(server);
      await eventually('PostgreSQL answers', async () => (await ask(url(USER), 'select 1')) > 0);
    };
    const url = (database: string): string => `postgres://${ROLE}@127.0.0.1:${port}/${database}`;
    const halt = async (): Promise<void> => {
      const child = server?.child;
      if (child === undefined || child.exitCode !== null) return;
      const ended = once(child, 'exit');
      // Immediate shutdown: connections are cut, nothing is waited for, and the next start recovers.
      child.kill('SIGQUIT');
      await ended;
    };
    const newDatabase = async (): Promise<string> => {
      databases++;
      await ask(url(USER), `create database test${databases}`);
      return url(`test${databases}`);
    };
    await start();
    return { url, newDatabase, start, halt };
  });
  // The server waits for its clients when it is asked to end, and for none when it is told to.
  return {
    ...rig,
    stop: async () => {
      await rig.halt();
      await rig.stop();
    },
  };
}

export function newPostgres(rig: () => PostgresRig): NewDatabase {
  return async (context) => {
    const url = await rig().newDatabase();
    return openerOf(context, () => openDatabase({ kind: 'postgres', url }, { clock: systemClock }));
  };
}

/** Runs one statement over a connection of its own; answers how many rows came or were touched. */
export async function ask(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query(statement);
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** The newest version that is installed. */
function programFolder(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const newest = readdirSync(VERSIONS)
    .filter((version) => existsSync(join(VERSIONS, version, 'bin', 'initdb')))
    .toSorted((one, other) => Number(other) - Number(one))[0];
  return newest === undefined ? null : join(VERSIONS, newest, 'bin');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
