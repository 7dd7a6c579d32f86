/**
 * `tlsreach monitor list|show|status|history|run`: what is known of monitors in force, while `serve` runs or while it does
 * not. Exit 0: OK, or something to show; 1: NOK, or nothing of this name; 3: nobody ran it in time. As a plugin: its codes.
 */
import type { MonitorDesk, SeenMonitor } from '../app/monitor-desk.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { maskMonitor } from '../config/secrets.ts';
import { type MonitorStatus, type StatusQuestion, statusOf } from '../monitor/status.ts';
import { toJson } from '../report/json.ts';
import {
  historyText,
  monitorList,
  monitorText,
  pluginCode,
  runJson,
  statusNagios,
  statusText,
  statusXml,
} from '../report/monitor-text.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { choiceOf, wholeOf } from './world-options.ts';

export interface MonitorCommand {
  readonly words: readonly string[];
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

const MAX_LISTED = 10_000;
const MAX_MINUTES = 10_000_000;
const MAX_MIN = 1_000;
const MAX_WAIT_S = 3_600;
/** ms between two looks for a run that was asked for. */
const LOOK_MS = 200;
const STATUS_FORMATS = ['text', 'json', 'nagios', 'xml'] as const;

export function monitorListCommand(command: MonitorCommand): Promise<number> {
  const { given, world } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  return inMonitors(command, async (desk) => {
    const seen = await desk.all();
    const now = world.clock.now();
    const statuses = seen.map((each) => statusOf(each, now));
    await world.stdout.write(json ? `${toJson(statuses, 2)}\n` : monitorList(seen, now));
    return seen.length === 0 ? 1 : 0;
  });
}

export function monitorShowCommand(command: MonitorCommand): Promise<number> {
  const { given, world } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  return withOne(command, async (seen) => {
    const now = world.clock.now();
    const { monitor, memory } = seen;
    const value = { ...statusOf(seen, now), configuration: maskMonitor(monitor), targets: memory.targets };
    await world.stdout.write(json ? `${toJson(value, 2)}\n` : monitorText(seen, now));
    return 0;
  });
}

export function monitorStatusCommand(command: MonitorCommand): Promise<number> {
  const { given, world } = command;
  const format = choiceOf(given, 'format', STATUS_FORMATS) ?? 'text';
  const question: StatusQuestion = {
    maxAge: wholeOf(given, 'maxAge', 0, MAX_MINUTES),
    min: wholeOf(given, 'min', 0, MAX_MIN),
  };
  return withOne(command, async (seen) => tell(world, statusOf(seen, world.clock.now(), question), format));
}

async function tell(world: World, status: MonitorStatus, format: (typeof STATUS_FORMATS)[number]): Promise<number> {
  const now = world.clock.now();
  const ok = status.result === 'OK' ? 0 : 1;
  switch (format) {
    case 'json':
      await world.stdout.write(`${toJson(status, 2)}\n`);
      return ok;
    case 'xml':
      await world.stdout.write(statusXml(status));
      return ok;
    case 'nagios':
      await world.stdout.write(statusNagios(status, now));
      return pluginCode(status);
    case 'text':
      await world.stdout.write(statusText(status, now));
      return ok;
  }
}

export function monitorHistoryCommand(command: MonitorCommand): Promise<number> {
  const { given, world } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const limit = wholeOf(given, 'limit', 1, MAX_LISTED) ?? 20;
  return withOne(command, async ({ monitor: { name } }, desk) => {
    const runs = await desk.history({ name, limit, before: null });
    await world.stdout.write(json ? `${toJson(runs.map(runJson), 2)}\n` : historyText(runs));
    return runs.length === 0 ? 1 : 0;
  });
}

export function monitorRunCommand(command: MonitorCommand): Promise<number> {
  const { given, world } = command;
  const format = choiceOf(given, 'format', STATUS_FORMATS) ?? 'text';
  const waitMs = (wholeOf(given, 'wait', 0, MAX_WAIT_S) ?? 60) * 1000;
  return withOne(command, async ({ monitor: { name } }, desk) => {
    const newest = async (): Promise<number> => (await desk.history({ name, limit: 1, before: null }))[0]?.id ?? 0;
    const before = await newest();
    await desk.runNow(name);
    const until = world.clock.monotonic() + waitMs;
    while ((await newest()) === before) {
      if (world.clock.monotonic() >= until) {
        await world.stderr.write(
          `tlsreach: ${name} is due, and has not run yet: a process with "serve --roles monitor" does that\n`,
        );
        return 3;
      }
      await new Promise<void>((resolve) => void world.clock.setTimer(LOOK_MS, resolve));
    }
    const seen = await desk.one(name);
    return seen === null ? 1 : tell(world, statusOf(seen, world.clock.now()), format);
  });
}

function withOne(
  command: MonitorCommand,
  work: (seen: SeenMonitor, desk: MonitorDesk) => Promise<number>,
): Promise<number> {
  const { words, world, given } = command;
  const name = words[0] ?? '';
  return inMonitors(command, async (desk) => {
    const seen = await desk.one(name);
    if (seen !== null) return work(seen, desk);
    const why = `there is no monitor ${printable(name, 80)} in force`;
    if (given.text('format') === 'nagios') {
      await world.stdout.write(`TLSREACH UNKNOWN - ${why}\n`);
      return 3;
    }
    await world.stderr.write(`tlsreach: ${why}\n`);
    return 1;
  });
}

async function inMonitors(
  { given, world, services }: MonitorCommand,
  work: (desk: MonitorDesk) => Promise<number>,
): Promise<number> {
  try {
    const { desk, close } = await services.openMonitors(placeOf(given, world.env));
    try {
      return await work(desk);
    } finally {
      await close();
    }
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    const why = printable(error.message, 500);
    if (given.text('format') === 'nagios') {
      await world.stdout.write(`TLSREACH UNKNOWN - ${why}\n`);
      return 3;
    }
    await world.stderr.write(`tlsreach: ${why}\n`);
    return error.kind === 'no-place' ? 2 : 1;
  }
}
