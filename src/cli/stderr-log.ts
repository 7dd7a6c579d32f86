/** The log of the command line: one plain line each, to stderr, from a level on. */
import type { Output } from '../app/world.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { printable } from '../base/printable.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function stderrLog(stderr: Output, from: LogLevel): Log {
  return (level, message, facts = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(from)) return;
    const details = Object.entries(facts).map(
      ([key, value]) => ` ${key}=${printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), 200)}`,
    );
    void stderr.write(`tlsreach: ${level}: ${printable(message)}${details.join('')}\n`);
  };
}
