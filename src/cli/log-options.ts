/** The options of `tlsreach log` and `tlsreach tlsrpt`. */
import type { OptionSpec } from './option-specs.ts';

export const LOG_OPTIONS: readonly OptionSpec[] = [
  { flags: '--data <dir>', help: 'folder with the log (~/.tlsreach)' },
  { flags: '--mid <n>', help: 'the whole story of this message (repeatable)', list: true },
  { flags: '--dcid <n>', help: 'what happened on this delivery connection (repeatable)', list: true },
  { flags: '--icid <n>', help: 'messages of this incoming connection (repeatable)', list: true },
  { flags: '--sender <text>', help: 'messages whose envelope sender contains this' },
  { flags: '--recipient <text>', help: 'messages with a recipient that contains this' },
  { flags: '--destination <text>', help: 'connections for a recipient domain that contains this' },
  { flags: '--host <text>', help: 'connections to a host or address that contains this' },
  { flags: '--tls <outcome>', help: 'connections that were encrypted, verified, unverified, clear or failed' },
  { flags: '--since <time>', help: 'from then on: 2026-11-28, 2026-11-28T10:00Z, 30m, 2h or 7d ago' },
  { flags: '--until <time>', help: 'before then' },
  { flags: '--text <text>', help: 'lines that contain this' },
  { flags: '--format <name>', help: 'text or json (text)' },
  { flags: '--follow', help: 'go on with what is written from now on' },
];

export const TLSRPT_OPTIONS: readonly OptionSpec[] = [{ flags: '--format <name>', help: 'text or json (text)' }];
