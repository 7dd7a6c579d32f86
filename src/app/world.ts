/**
 * The outer world, in one place: the environment, the clock, randomness, files and the three standard streams. Everything
 * else in the house is handed what it needs of it, so that tests can hand over another one.
 */
import { randomInt } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type AtomicFile, createAtomicFile, readBounded } from './files.ts';

/** One of the two ways out to a person or a pipe. */
export interface Output {
  /** Resolves when there is room for more; false when nobody reads any longer. `latin1`: each character is an octet. */
  write(text: string, encoding?: 'latin1'): Promise<boolean>;
  /** When everything is written: what went wrong with it (a full disk); null also where the reader had seen enough. */
  finished(): Promise<Error | null>;
  readonly isTerminal: boolean;
  /** Characters in a line; 80 where it is no terminal. */
  readonly columns: () => number;
  /** Lines on the screen; 24 where it is no terminal. */
  readonly rows: () => number;
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Without the runtime and the script. */
  readonly argv: readonly string[];
  /** Opened when it is asked for. */
  readonly stdin: () => Readable;
  readonly stdinIsTerminal: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** The whole of it, within a bound. */
  readonly readFile: (path: string) => Promise<Buffer>;
  /** `mode`: the permissions of a new file, and the most that one it replaces keeps. */
  readonly createFile: (path: string, mode?: number) => Promise<AtomicFile>;
  /** Calls `onInterrupt` at each Ctrl-C or SIGTERM; the returned function stops that. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Calls at each SIGHUP, the word for reading files again; absent where there is no such thing. */
  readonly onHangup?: (handler: () => void) => () => void;
  /**
   * For long runs, whose many short-lived objects would make V8 take ever more room: young objects get no more than they
   * have, and old ones are collected when they have grown by some half instead of fourfold. It costs hardly any time.
   */
  readonly keepMemoryFlat: () => Promise<void>;
  readonly setExitCode: (code: number) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (afterMs, fire) => {
    const timer = setTimeout(fire, afterMs);
    return () => clearTimeout(timer);
  },
};

/** 48 unpredictable bits at a time: good enough for DNS ids, ports and orders. */
export const unpredictableRandom: Random = () => randomInt(2 ** 48 - 1) / (2 ** 48 - 1);

/** What an application needs of the world while it runs; the rest is the faces' business. */
export interface Essentials {
  readonly clock: Clock;
  readonly random: Random;
}

export const ESSENTIALS: Essentials = { clock: systemClock, random: unpredictableRandom };

export function processWorld(): World {
  return {
    env: process.env,
    argv: process.argv.slice(2),
    stdin: () => process.stdin,
    stdinIsTerminal: isatty(0),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    clock: systemClock,
    random: unpredictableRandom,
    readFile: readBounded,
    createFile: createAtomicFile,
    onInterrupt: (handler) => {
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
    onHangup: (handler) => {
      process.on('SIGHUP', handler);
      return () => process.off('SIGHUP', handler);
    },
    keepMemoryFlat: async () => {
      const { setFlagsFromString } = await import('node:v8');
      setFlagsFromString('--semi-space-growth-factor=1');
      setFlagsFromString('--heap-growing-percent=60');
    },
    setExitCode: (code) => {
      process.exitCode = code;
    },
    exit: (code) => {
      process.exit(code);
    },
  };
}

type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

function outputOf(stream: TerminalStream): Output {
  let gone = false;
  let fault: Error | null = null;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  // Whoever closes the other end of a pipe (head, less) has seen enough: no error, just nobody to write to.
  stream.on('error', (error: Error & { readonly code?: string }) => {
    gone = true;
    if (error.code !== 'EPIPE') fault ??= error;
    wake();
  });
  stream.on('drain', wake);
  return {
    write: async (text, encoding) => {
      if (gone || text === '') return !gone;
      if (!stream.write(text, encoding ?? 'utf8')) await new Promise<void>((resolve) => waiting.push(resolve));
      return !gone;
    },
    finished: async () => {
      // Behind everything written before it, an error of it included; the error's event comes one turn later.
      if (!gone) await new Promise<void>((resolve) => stream.write('', () => setImmediate(resolve)));
      return fault;
    },
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
  };
}
