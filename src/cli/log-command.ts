/**
 * `tlsreach log`: finds in the mail log of a data folder, over its numbered files, in bounded memory. `--mid 5` tells the
 * whole story of a message, the lines of its connections included. Exit 0 something was found, 1 nothing.
 */
import { openMailLog } from '../app/mail-log-reader.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { toJson } from '../report/json.ts';
import {
  LogFinder,
  type LoggedEvent,
  type LogQuery,
  MAX_FOUND,
  readLogged,
  TLS_OUTCOMES,
} from '../report/log-search.ts';
import { logTime } from '../report/log-text.ts';

import type { GivenOptions } from './given-options.ts';
import { describeFileFault, UsageError } from './usage-error.ts';
import { choiceOf } from './world-options.ts';

export interface LogCommand {
  readonly given: GivenOptions;
  readonly world: World;
}

const MAX_SHOWN_LINE = 20_000;
/** Connections without a message yet, kept back while following until one is found that they carry. */
const MAX_HELD = 2000;

export async function logCommand({ given, world }: LogCommand): Promise<number> {
  const format = choiceOf(given, 'format', ['text', 'json']) ?? 'text';
  const finder = new LogFinder(queryOf(given, world.clock.now()));
  const follow = given.flag('follow') === true;
  const folder = dataFolder(given, world.env);
  const log = await openMailLog(folder, world.clock).catch((error: unknown) => {
    throw new UsageError(`there is no log in ${printable(folder, 200)}: ${describeFileFault(error)}`);
  });
  try {
    if (log.empty && !follow) throw new UsageError(`there is no log in ${printable(folder, 200)}`);
    if (finder.looksTwice) {
      for await (const line of log.lines()) {
        const event = readLogged(line);
        if (event !== null) finder.learn(event);
      }
    }
    const show = shower(world, format);
    let found = false;
    for await (const line of log.lines()) {
      const event = readLogged(line);
      if (event === null || !finder.matches(event)) continue;
      found = true;
      if (!(await show(event))) return 0;
    }
    if (finder.full) {
      await world.stderr.write(
        `tlsreach: more than ${MAX_FOUND} messages or connections match; the rest is not shown\n`,
      );
    }
    if (!follow && !found) await world.stderr.write('tlsreach: nothing in the log matches\n');
    if (!follow) return found ? 0 : 1;
    const stopping = new AbortController();
    const forget = world.onInterrupt(() => stopping.abort());
    try {
      await followLog(log.follow(stopping.signal), finder, show);
    } finally {
      forget();
    }
    return 0;
  } finally {
    await log.close();
  }
}

type Show = (event: LoggedEvent) => Promise<boolean>;

function shower({ stdout }: World, format: 'text' | 'json'): Show {
  if (format === 'json') return ({ fields }) => stdout.write(`${toJson(fields)}\n`);
  return ({ at, lines }) =>
    stdout.write(lines.map((text) => `${logTime(at)} ${printable(text, MAX_SHOWN_LINE)}\n`).join(''));
}

/** What a connection did before a message that is looked for went over it is shown when that is known. */
async function followLog(lines: AsyncIterable<string>, finder: LogFinder, show: Show): Promise<void> {
  const held: LoggedEvent[] = [];
  for await (const line of lines) {
    const event = readLogged(line);
    if (event === null) continue;
    finder.learn(event);
    if (!finder.matches(event)) {
      if (event.dcid === null || event.mid !== null) continue;
      held.push(event);
      if (held.length > MAX_HELD) held.shift();
      continue;
    }
    if (event.dcid !== null) {
      const before = held.filter((each) => each.dcid === event.dcid && finder.matches(each));
      for (const each of before) {
        held.splice(held.indexOf(each), 1);
        if (!(await show(each))) return;
      }
    }
    if (!(await show(event))) return;
  }
}

function queryOf(given: GivenOptions, now: number): LogQuery {
  const part = (key: string): string | null => given.text(key)?.toLowerCase() ?? null;
  return {
    mids: numbersOf(given, 'mid'),
    icids: numbersOf(given, 'icid'),
    dcids: numbersOf(given, 'dcid'),
    sender: part('sender'),
    recipient: part('recipient'),
    destination: part('destination'),
    host: part('host'),
    tls: choiceOf(given, 'tls', TLS_OUTCOMES) ?? null,
    since: timeOf(given, 'since', now),
    until: timeOf(given, 'until', now),
    text: part('text'),
  };
}

function numbersOf(given: GivenOptions, key: string): readonly number[] {
  return given.list(key).map((text) => {
    if (!/^\d{1,15}$/.test(text))
      throw new UsageError(`${given.nameOf(key)} "${printable(text, 80)}": a number is expected`);
    return Number(text);
  });
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A date or time (UTC where nothing else is said), or so long ago. */
function timeOf(given: GivenOptions, key: string, now: number): number | null {
  const text = given.text(key)?.trim();
  if (text === undefined) return null;
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  const [, date, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/i.exec(text) ?? [];
  const at = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? given.refuse(key, 'a time is expected: 2026-11-28, 2026-11-28T10:00Z, 30m, 2h or 7d') : at;
}

/** Where everything that lasts is kept. */
function dataFolder(given: GivenOptions, env: World['env']): string {
  const home = env['HOME'];
  return given.text('data') ?? (home === undefined || home === '' ? './tlsreach-data' : `${home}/.tlsreach`);
}
