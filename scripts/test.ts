/**
 * Runs the tests under the very Node that runs this script: `node scripts/test.ts [interop] [FILTER...] [--OPTION...]`.
 *
 * Without `interop` it takes every `*.test.ts` under `test/` but those of `test/interop`; with it only those. A word
 * keeps the files whose path contains it; what begins with a hyphen goes to the runner as it stands (values after `=`).
 * A selection that holds no file is a failure: a suite that runs nothing must not look like one that passed.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Suite {
  readonly holds: (path: string) => boolean;
  /** Files that run at one time. The real servers of the interop suite stand on fixed ports: one file after another. */
  readonly concurrency: number;
  /** ms for one file, its tests and its unclosed handles together. */
  readonly timeoutMs: number;
}

const INTEROP_FOLDER = join('test', 'interop') + sep;

const UNITS: Suite = {
  holds: (path) => !path.startsWith(INTEROP_FOLDER),
  concurrency: Math.max(2, availableParallelism()),
  timeoutMs: 180_000,
};
const INTEROP: Suite = { holds: (path) => path.startsWith(INTEROP_FOLDER), concurrency: 1, timeoutMs: 900_000 };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);
const suite = words[0] === 'interop' ? INTEROP : UNITS;
const rest = words[0] === 'interop' ? words.slice(1) : words;
const options = rest.filter((word) => word.startsWith('-'));
const filters = rest.filter((word) => !word.startsWith('-'));

const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .map((path) => join('test', path))
  .filter((path) => path.endsWith('.test.ts') && suite.holds(path))
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort();

if (files.length === 0) {
  console.error(
    `No test file found${filters.length === 0 ? '' : ` for "${filters.join('" or "')}"`}: nothing was tested.`,
  );
  process.exit(1);
}

const runner = spawn(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${suite.concurrency}`,
    `--test-timeout=${suite.timeoutMs}`,
    ...options,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
runner.on('error', (error) => {
  console.error(`The test runner could not be started: ${error.message}`);
  process.exit(1);
});
runner.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
