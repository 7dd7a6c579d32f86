/**
 * What every configuration command does around its own work: opens the configuration, makes changes pending, says what
 * went wrong in the right words and with the right exit code: 2 for what a person got wrong, 1 for what stood in the way.
 */
import type { DataPlace } from '../app/configuration.ts';
import { MAX_FILE_BYTES } from '../app/files.ts';
import type { Lookups } from '../app/name-check.ts';
import type { World } from '../app/world.ts';
import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import {
  type Configuration,
  type ConfigurationFailure,
  describeConfigurationFailure,
  type Edit,
  type Snapshot,
} from '../config/configuration.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { PLACE_OPTIONS } from './config-options.ts';
import { type Dialogue, EndOfInput, MENU_TITLE, type Operation, openDialogue, runMenu } from './dialogue.ts';
import { type GivenOptions, givenOptions, readText } from './given-options.ts';
import { type OptionSpec, WORLD_OPTIONS } from './option-specs.ts';
import type { Services } from './services.ts';
import { readAll } from './target-input.ts';
import { UsageError } from './usage-error.ts';

export interface ConfigInvocation {
  readonly words: readonly string[];
  /** By key, only what stood on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Every option there is: a `--config` file may serve several commands. */
  readonly known: readonly OptionSpec[];
  readonly world: World;
  readonly services: Services;
}

export interface ConfigSession {
  readonly configuration: Configuration;
  readonly words: readonly string[];
  readonly world: World;
  /** The text behind a flag; undefined where it was not given. */
  flag(key: string): string | undefined;
  isSet(key: string): boolean;
  /** Whether `--format json` was given. */
  isJson(): boolean;
  /** Prints lines of the result. */
  print(text: string): Promise<void>;
  /** With the pending changes. */
  newest(): Promise<Snapshot>;
  /** Makes a change pending, and says what was done. */
  change(edit: Edit, done: string): Promise<void>;
  readonly author: string;
  /** PEM of the demonstration certificate; null where none was made yet. */
  demo(): Promise<string | null>;
  /** DNS lookups as these flags say. */
  withLookups<Result>(work: (lookups: Lookups) => Promise<Result>): Promise<Result>;
}

/** What a command says that asks the DNS. */
export const LOOKUP_OPTIONS: readonly OptionSpec[] = WORLD_OPTIONS.filter(({ flags }) =>
  /^--(resolver|dnssec-anchor|timeout) /.test(flags),
);

/** A configuration that was not changed for a reason that is nobody's mistake: exit 1. */
class Hindrance extends Error {
  override readonly name = 'Hindrance';
}

export async function inConfiguration(
  invocation: ConfigInvocation,
  work: (session: ConfigSession) => Promise<void>,
): Promise<number> {
  const { world, flags, services, words } = invocation;
  const format = flags['format'] ?? 'text';
  if (format !== 'text' && format !== 'json') {
    throw new UsageError(`--format "${printable(String(format), 80)}": choose one of text, json`);
  }
  const place = await givenOptions({ specs: PLACE_OPTIONS, known: invocation.known, flags, world });
  const where = placeOf(place, world.env);
  const { configuration, demo, close } = await services.openConfiguration(where).catch((error: unknown) => {
    if (!(error instanceof StoreTrouble)) throw error;
    const place = shownPlace(where);
    const words = storeTroubleText(error);
    throw new UsageError(error.message.includes(place) ? words : `${place}: ${words}`);
  });
  const session: ConfigSession = {
    configuration,
    words,
    world,
    flag: (key) => (flags[key] === undefined ? undefined : String(flags[key])),
    isSet: (key) => flags[key] === true,
    isJson: () => format === 'json',
    print: async (text) => void (await world.stdout.write(text.endsWith('\n') ? text : `${text}\n`)),
    newest: async () => settled(await configuration.newest()),
    change: async (edit, done) => {
      const { tag } = settled(await configuration.newest());
      const after = settled(await configuration.change(edit));
      const what = after.tag === tag ? 'Nothing changed.' : `${done} Pending until "tlsreach commit".`;
      await world.stdout.write(`${printable(what)}\n`);
    },
    author: authorOf(world.env),
    demo: async () => (await demo?.()) ?? null,
    withLookups: async (work) => {
      const { worldSettings } = await import('./world-options.ts');
      const given = await givenOptions({ specs: LOOKUP_OPTIONS, known: invocation.known, flags, world });
      const lookups = await services.openLookups(await worldSettings(given, world));
      return work(lookups).finally(() => lookups.close());
    },
  };
  try {
    await work(session);
    return 0;
  } catch (error) {
    if (!(error instanceof Hindrance || error instanceof StoreTrouble)) throw error;
    const words = error instanceof StoreTrouble ? storeTroubleText(error) : error.message;
    await world.stderr.write(`tlsreach: ${printable(words)}\n`);
    return 1;
  } finally {
    await close();
  }
}

/** The file that stands as a word, or standard input for `-`. */
export async function fileGiven({ words, world }: ConfigSession, command: string): Promise<string> {
  const file = words[0] ?? '';
  if (file !== '-') return readText(file, command, world);
  const bytes = await readAll(world.stdin(), MAX_FILE_BYTES);
  // What was cut off would pass for a smaller table.
  if (bytes.length > MAX_FILE_BYTES) {
    throw new UsageError(`${command}: standard input is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** `--data`, `--database` and their variables; else a folder in the home of the user, or here where they have none. */
export function placeOf(given: Pick<GivenOptions, 'text'>, env: World['env']): DataPlace {
  const home = env['HOME'];
  const usual = home === undefined || home === '' ? './tlsreach-data' : `${home}/.tlsreach`;
  const database = given.text('database') ?? null;
  // The driver would take any text for the name of a server, and tell of its password when it is not there.
  if (database !== null && !(/^postgres(ql)?:\/\//i.test(database) && URL.canParse(database)))
    throw new UsageError('--database: the URL of a PostgreSQL database is expected, as postgres://user@host/name');
  return { data: given.text('data') ?? usual, database };
}

/** What went wrong with the store, and what to do about it where it is the user that may not. */
export function storeTroubleText({ kind, message }: StoreTrouble): string {
  return kind === 'read-only' ? `${message}; be the user that serves it, or name another folder with --data` : message;
}

/** A URL of a database may hold a password. */
function shownPlace({ data, database }: DataPlace): string {
  if (database === null) return data;
  return database.replace(/\/\/.*@/s, '//…@').replace(/([?&]password=)[^&]*/gi, '$1…');
}

function authorOf(env: World['env']): string {
  return env['USER'] ?? env['LOGNAME'] ?? 'cli';
}

/** The value, or what went wrong as an error that ends the command. */
export function settled<Value>(outcome: Outcome<Value, ConfigurationFailure>): Value {
  if (outcome.ok) return outcome.value;
  const words = describeConfigurationFailure(outcome.failure);
  switch (outcome.failure.kind) {
    case 'conflict':
    case 'nothing-pending':
    case 'pending-changes':
      throw new Hindrance(words);
    default:
      throw new UsageError(words);
  }
}

/** What an interactive command needs: the dialogue, and the configuration as it is now. */
export interface Conversation {
  readonly session: ConfigSession;
  readonly dialogue: Dialogue;
  /** Makes a change pending that answers were given for; says why where that is not possible, and answers false. */
  change(seen: Snapshot, edit: Edit): Promise<boolean>;
}

/** Offers operations until the person has enough. Input that ends in the middle of one is exit 2; it changed nothing. */
export async function converse(
  session: ConfigSession,
  operations: (conversation: Conversation) => readonly Operation[],
): Promise<void> {
  const dialogue = openDialogue(session.world);
  let changed = false;
  const conversation: Conversation = {
    session,
    dialogue,
    change: async (seen, edit) => {
      const outcome = await session.configuration.change(edit, seen.tag);
      if (!outcome.ok) await dialogue.say(describeConfigurationFailure(outcome.failure));
      else if (outcome.value.tag !== seen.tag) changed = true;
      return outcome.ok;
    },
  };
  try {
    await runMenu(dialogue, MENU_TITLE, () => operations(conversation));
  } catch (error) {
    if (!(error instanceof EndOfInput)) throw error;
    throw new UsageError(`${error.message}; that step changed nothing`);
  } finally {
    await dialogue.close();
    if (changed) await session.world.stderr.write('tlsreach: what was changed is pending until "tlsreach commit"\n');
  }
}
