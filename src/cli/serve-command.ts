/**
 * `tlsreach serve`: an installation at work, in roles that start one after another and end in the other order. SIGTERM and
 * SIGINT drain: nothing new is begun, what is under way gets a while, and the exit code is 0; a second one ends at once.
 * Several may serve the same folder or database: who does what is settled there.
 */
import type { DataPlace } from '../app/configuration.ts';
import { folderConcern } from '../app/files.ts';
import type { Installation } from '../app/installation.ts';
import type { AppSettings } from '../app/settings.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf, storeTroubleText } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import { rolesOf } from './serve-options.ts';
import type { OpenLab, Services } from './services.ts';
import { UsageError } from './usage-error.ts';
import { wholeOf, worldSettings } from './world-options.ts';

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

/** A role that runs. */
export interface RunningRole {
  /** For the console. */
  readonly lines: readonly string[];
  /** Begins nothing new; what is under way may take so long, ms. Resolves when nothing is any more. */
  close(drainMs: number): Promise<void>;
}

/** Resolves when it is at work. */
type StartRole = (context: ServeContext) => Promise<RunningRole>;

/** In the order in which they start. */
const ROLES: Readonly<Record<string, StartRole>> = {
  delivery: async ({ installation, given }) => {
    const lease = wholeOf(given, 'lease', 1, MAX_LEASE_S);
    const { startMailService } = await import('../app/mail-service.ts');
    const service = await startMailService(installation, lease === undefined ? {} : { leaseMs: lease * 1000 });
    return { lines: ['The queue is being delivered.'], close: (drainMs) => service.close(drainMs) };
  },
  monitor: async (context) => (await import('./serve-monitors.ts')).serveMonitors(context),
  web: async (context) => (await import('./serve-web.ts')).serveWeb(context),
  listener: async ({ installation }) => (await import('../listener/listeners.ts')).startListeners(installation),
};

const DEFAULT_DRAIN_S = 30;
const MAX_DRAIN_S = 3_600;
const MAX_LEASE_S = 3_600;

export async function serveCommand(command: ServeCommand): Promise<number> {
  const { given, world, services } = command;
  const roles = rolesOf(given, Object.keys(ROLES));
  wholeOf(given, 'lease', 1, MAX_LEASE_S);
  const drainMs = (wholeOf(given, 'drain', 0, MAX_DRAIN_S) ?? DEFAULT_DRAIN_S) * 1000;
  const demo = given.flag('demo') === true;
  if (demo && (given.text('data') !== undefined || given.text('database') !== undefined)) {
    throw new UsageError('--demo keeps nothing: leave out --data and --database');
  }
  const own = await worldSettings(given, world);
  // What is allowed at a person's own prompt is not allowed to whoever finds the page.
  const privateAddresses = given.flag('allowPrivate') === true ? 'allowed' : 'denied';
  const asked = interruption(world);
  const lab = demo ? await services.openLab({}) : null;
  const place = demo ? await services.openPassingPlace() : { ...placeOf(given, world.env), discard: async () => {} };
  const settings = { ...own, privateAddresses, ...lab?.settings } as const;
  try {
    const installation = await services.openInstallation(place, settings, {
      tlsReports: given.flag('tlsReports'),
      expiryWatch: true,
    });
    const concern = await folderConcern(place.data);
    if (concern !== null)
      settings.log('warn', 'the folder of the installation is not safe', { folder: place.data, concern });
    if (lab !== null) await (await import('./serve-monitors.ts')).addDemoMonitors(installation, lab);
    const running: RunningRole[] = [];
    try {
      for (const role of roles) {
        const start = ROLES[role];
        if (start !== undefined)
          running.push(await start({ ...command, settings: installation.settings, installation, lab }));
      }
      await world.stdout.write(`${running.flatMap(({ lines }) => lines).join('\n')}\n`);
      await world.stderr.write(`tlsreach: serving ${roles.join(', ')} over ${whereOf(place, demo)}; Ctrl-C ends it\n`);
      await asked.first;
    } finally {
      for (const role of running.reverse()) await role.close(drainMs);
      await installation.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    await world.stderr.write(`tlsreach: ${printable(storeTroubleText(error), 500)}\n`);
    return error.kind === 'no-place' ? 2 : 1;
  } finally {
    asked.forget();
    await place.discard();
    await lab?.close();
  }
}

function whereOf({ data, database }: DataPlace, demo: boolean): string {
  if (demo) return 'a folder that goes away at the end';
  return database === null ? printable(data, 300) : 'the database';
}

/** The first wish to end is granted in order, the second one at once. */
function interruption(world: World): { readonly first: Promise<void>; forget(): void } {
  let wish = (): void => {};
  let asked = false;
  const first = new Promise<void>((resolve) => {
    wish = resolve;
  });
  const forget = world.onInterrupt(() => {
    if (asked) world.exit(130);
    asked = true;
    wish();
  });
  return { first, forget };
}
