/**
 * `tlsreach serve`: the roles of an installation in one process, until SIGTERM or Ctrl-C. Each role is started by one
 * function, in order, and stopped in the opposite one; what they share (settings, database, lab) is opened before them.
 */
import { type Installation, openInstallation } from '../app/installation.ts';
import type { AppSettings } from '../app/settings.ts';
import type { World } from '../app/world.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import { rolesOf } from './serve-options.ts';
import type { OpenLab, Services } from './services.ts';
import { UsageError } from './usage-error.ts';
import { worldSettings } from './world-options.ts';

export interface ServeCommand {
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export interface ServeContext extends ServeCommand {
  readonly settings: AppSettings;
  readonly installation: Installation;
  /** With `--demo`. */
  readonly lab: OpenLab | null;
}

export interface RunningRole {
  /** For the console. */
  readonly lines: readonly string[];
  /** Drains, and resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

type StartRole = (context: ServeContext) => Promise<RunningRole>;

/** In the order in which they start. */
const ROLES: Readonly<Record<string, StartRole>> = {
  web: async (context) => (await import('./serve-web.ts')).serveWeb(context),
};

export async function serveCommand(command: ServeCommand): Promise<number> {
  const { given, world, services } = command;
  const roles = rolesOf(given, Object.keys(ROLES));
  const demo = given.flag('demo') === true;
  if (demo && (given.text('data') !== undefined || given.text('database') !== undefined)) {
    throw new UsageError('--demo keeps nothing: leave out --data and --database');
  }
  const own = await worldSettings(given, world);
  // What is allowed at a person's own prompt is not allowed to whoever finds the page.
  const privateAddresses = given.flag('allowPrivate') === true ? 'allowed' : 'denied';
  const lab = demo ? await services.openLab({}) : null;
  const running: RunningRole[] = [];
  let installation: Installation | null = null;
  try {
    installation = await openInstallation(demo ? null : placeOf(given, world.env), world.clock);
    const settings = { ...own, privateAddresses, ...lab?.settings } as const;
    const stopped = interrupted(world);
    const context = { ...command, settings, installation, lab };
    for (const role of roles) running.push((await ROLES[role]?.(context)) ?? NOTHING);
    await world.stdout.write(`${[...running.flatMap(({ lines }) => lines), '', 'Ctrl-C ends it.'].join('\n')}\n`);
    await stopped;
    return 0;
  } finally {
    for (const role of running.reverse()) await role.stop();
    await installation?.close();
    await lab?.close();
  }
}

const NOTHING: RunningRole = { lines: [], stop: async () => {} };

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interrupted(world: World): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    world.onInterrupt(() => {
      if (asked) world.exit(130);
      asked = true;
      resolve();
    });
  });
}
