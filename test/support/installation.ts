/** An installation in a folder, as an administrator leaves it, and `tlsreach` as a program of its own over it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type DataPlace, databasePlaceOf, openConfiguration } from '../../src/app/configuration.ts';
import { type Output, processWorld, systemClock, type World } from '../../src/app/world.ts';
import { realServices } from '../../src/cli/real-services.ts';
import { run } from '../../src/cli/run.ts';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import type { QueueStore } from '../../src/delivery/queue-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';

export const PROGRAM = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));

/** Changes the configuration of the installation in `data`, and commits. */
export async function configure(
  data: string | DataPlace,
  edit: (document: ConfigurationDocument) => ConfigurationDocument,
): Promise<void> {
  const { configuration, close } = await openConfiguration(placeOf(data), systemClock);
  try {
    const changed = await configuration.change((document) => ({ ok: true, value: edit(document) }));
    if (!changed.ok) throw new Error(JSON.stringify(changed.failure));
    const committed = await configuration.commit({ comment: 'for a test', author: 'test' });
    if (!committed.ok) throw new Error(JSON.stringify(committed.failure));
  } finally {
    await close();
  }
}

/** All mail goes to this port of this machine. */
export function allTo(port: number, document: ConfigurationDocument): ConfigurationDocument {
  return {
    ...document,
    smtpRoutes: [{ domain: 'ALL', targets: [{ kind: 'host', host: '127.0.0.1', port, priority: 0 }] }],
  };
}

export async function withQueue<Result>(
  data: string | DataPlace,
  work: (queue: QueueStore) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase(databasePlaceOf(placeOf(data)), { clock: systemClock });
  const queue = createQueueStore(database);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

function placeOf(data: string | DataPlace): DataPlace {
  return typeof data === 'string' ? { data, database: null } : data;
}

export interface Program {
  readonly process: ChildProcess;
  /** What it wrote to its two outputs so far. */
  readonly said: { out: string; err: string };
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export function startProgram(words: readonly string[], input = ''): Program {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said.err += String(chunk);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return { process: child, said, ended };
}

const REAL = processWorld();

/** A command of the program, with all that is real behind it, in this process: starting one of its own takes long. */
export async function runHere(
  words: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const output = (name: 'out' | 'err'): Output => ({
    write: async (text) => {
      said[name] += text;
      return true;
    },
    finished: async () => null,
    isTerminal: false,
    columns: () => 80,
    rows: () => 40,
  });
  const world: World = {
    ...REAL,
    env: { USER: 'test' },
    argv: words,
    stdin: () => Readable.from([Buffer.from(input)]),
    stdinIsTerminal: false,
    stdout: output('out'),
    stderr: output('err'),
  };
  const code = await run(world, realServices(world));
  return { code, ...said };
}

/** Until it holds, or the time is over. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return await holds();
}
