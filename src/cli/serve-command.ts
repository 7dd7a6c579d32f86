/**
 * `tlsreach serve`: an installation at work, in roles that start one after another and end in the other order. SIGTERM and
 * SIGINT drain: nothing new is begun, what is under way gets a while, and the exit code is 0; a second one ends at once.
 * Several may serve the same folder or database: who does what is settled there.
 */
import type { Installation } from '../app/installation.ts';
import type { AppSettings } from '../app/settings.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { OpenLab, Services } from './services.ts';
import { UsageError } from './usage-error.ts';
import { wholeOf, worldSettings } from './world-options.ts';

/** A role that runs. */
export interface RunningRole {
  /** For whoever started it, on stdout. */
  readonly lines?: readonly string[];
  /** Begins nothing new; what is under way may take so long, ms. */
  close(drainMs: number): Promise<void>;
}

export interface ServeContext extends ServeCommand {
  readonly settings: AppSettings;
  /** Null with `--demo`, which keeps nothing. */
  readonly installation: Installation | null;
  /** Only with `--demo`. */
  readonly lab: OpenLab | null;
}

/** Resolves when it is at work. */
export type StartRole = (context: ServeContext) => Promise<RunningRole>;

/** In the order in which they start. */
export const ROLES: Readonly<Record<string, StartRole>> = {
  delivery: async ({ installation, given }) => {
    if (installation === null) return { close: async () => {} };
    const lease = wholeOf(given, 'lease', 1, MAX_LEASE_S);
    const { startMailService } = await import('../app/mail-service.ts');
    return await startMailService(installation, lease === undefined ? {} : { leaseMs: lease * 1000 });
  },
  web: async (context) => (await import('./serve-web.ts')).serveWeb(context),
};

const DEFAULT_DRAIN_S = 30;
const MAX_DRAIN_S = 3_600;
const MAX_LEASE_S = 3_600;

export interface ServeCommand {
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export async function serveCommand(command: ServeCommand): Promise<number> {
  const { given, world, services } = command;
  const demo = given.flag('demo') === true;
  const wanted = demo ? ['web'] : rolesOf(given);
  if (demo && ['data', 'database', 'roles'].some((key) => given.text(key) !== undefined)) {
    throw new UsageError('--demo is the web over the lab and keeps nothing: leave out --data, --database and --roles');
  }
  wholeOf(given, 'lease', 1, MAX_LEASE_S);
  const drainMs = (wholeOf(given, 'drain', 0, MAX_DRAIN_S) ?? DEFAULT_DRAIN_S) * 1000;
  const place = placeOf(given, world.env);
  const own = {
    ...(await worldSettings(given, world)),
    privateAddresses: given.flag('allowPrivate') === true ? ('allowed' as const) : ('denied' as const),
  };
  const asked = interruption(world);
  try {
    const lab = demo ? await services.openLab({}) : null;
    const settings: AppSettings = { ...own, ...lab?.settings };
    const running: RunningRole[] = [];
    let installation: Installation | null = null;
    try {
      installation = demo
        ? null
        : await services.openInstallation(place, settings, { tlsReports: given.flag('tlsReports') });
      const context = { ...command, settings, installation, lab };
      for (const name of wanted) {
        const start = ROLES[name];
        if (start !== undefined) running.push(await start(context));
      }
      const where = demo ? 'the lab' : place.database === null ? place.data : 'the database';
      const lines = running.flatMap((role) => role.lines ?? []);
      if (lines.length > 0) await world.stdout.write(`${lines.join('\n')}\n`);
      await world.stderr.write(`tlsreach: serving ${wanted.join(', ')} over ${printable(where, 300)}\n`);
      await asked.first;
    } finally {
      for (const role of running.reverse()) await role.close(drainMs);
      await installation?.close();
      await lab?.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    await world.stderr.write(`tlsreach: ${printable(error.message, 500)}\n`);
    return 1;
  } finally {
    asked.forget();
  }
}

function rolesOf(given: GivenOptions): readonly string[] {
  const words = given.text('roles')?.toLowerCase().split(',') ?? [];
  const known = Object.keys(ROLES);
  for (const word of words) {
    if (!known.includes(word)) throw new UsageError(`--roles: "${printable(word, 60)}" is none of ${known.join(', ')}`);
  }
  return words.length === 0 ? known : known.filter((name) => words.includes(name));
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
