/**
 * What a person asked for, wherever it was said: a flag beats an environment variable, which beats the configuration
 * file. Values stay texts here, with a name for messages; whoever needs one reads it through `GivenOptions`.
 */
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { closest } from './closest.ts';
import { isNegated, type OptionSpec, optionKey, optionName, takesValue } from './option-specs.ts';
import { describeFileFault, UsageError } from './usage-error.ts';

interface Given {
  readonly value: string | boolean | readonly string[];
  /** `--port`, `TLSREACH_PORT` or `"port" in FILE`. */
  readonly name: string;
}

export interface GivenOptions {
  text(key: string): string | undefined;
  /** Undefined where nobody said anything. */
  flag(key: string): boolean | undefined;
  list(key: string): readonly string[];
  /** How the person wrote it, for messages. */
  nameOf(key: string): string;
  /** Refuses what was given for `key`: `--port "0": why`. */
  refuse(key: string, why: string): never;
}

export interface GivenRequest {
  readonly specs: readonly OptionSpec[];
  /** Every option there is: a configuration file may serve several commands. Asked for where there is such a file. */
  readonly known: readonly OptionSpec[] | (() => Promise<readonly OptionSpec[]>);
  /** By key, only what was on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly world: Pick<World, 'env' | 'readFile'>;
}

export async function givenOptions({ specs, known, flags, world }: GivenRequest): Promise<GivenOptions> {
  const given = new Map<string, Given>();
  const fromEnvironment = specs.flatMap((spec) => environmentValue(spec, world.env));
  const file = flags['config'] ?? fromEnvironment.find(([key]) => key === 'config')?.[1].value;
  if (typeof file === 'string') {
    const all = typeof known === 'function' ? await known() : known;
    for (const [key, value] of await configuredValues(file, specs, all, world)) given.set(key, value);
  }
  for (const [key, value] of fromEnvironment) given.set(key, value);
  for (const spec of specs) {
    const key = optionKey(spec);
    const value = flags[key];
    if (value === undefined) continue;
    const name = `--${value === false ? 'no-' : ''}${optionName(spec)}`;
    given.set(key, { value: plain(value), name });
  }
  return access(given);
}

function access(given: ReadonlyMap<string, Given>): GivenOptions {
  const nameOf = (key: string): string => given.get(key)?.name ?? `--${key}`;
  const refuse = (key: string, why: string): never => {
    const value = given.get(key)?.value;
    const shown = typeof value === 'string' ? ` "${printable(value, 80)}"` : '';
    throw new UsageError(`${nameOf(key)}${shown}: ${why}`);
  };
  return {
    nameOf,
    refuse,
    text: (key) => {
      const value = given.get(key)?.value;
      if (value === undefined || typeof value === 'string') return value;
      return refuse(key, 'one value is expected');
    },
    flag: (key) => {
      const value = given.get(key)?.value;
      if (value === undefined || typeof value === 'boolean') return value;
      return refuse(key, 'true or false is expected');
    },
    list: (key) => {
      const value = given.get(key)?.value;
      if (value === undefined) return [];
      if (typeof value === 'string') return value.split(/[\s,]+/).filter((part) => part !== '');
      return typeof value === 'boolean' ? refuse(key, 'a list is expected') : value;
    },
  };
}

/** What commander collected, without its types. */
function plain(value: unknown): string | boolean | readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'boolean' ? value : String(value);
}

/** `TLSREACH_CA_FILE`; of a negative option both `TLSREACH_NO_SYSTEM_CA=1` and `TLSREACH_SYSTEM_CA=0`. */
function environmentValue(spec: OptionSpec, env: World['env']): readonly (readonly [string, Given])[] {
  const word = optionName(spec).replaceAll('-', '_').toUpperCase();
  const key = optionKey(spec);
  const name = `TLSREACH_${word}`;
  const value = env[name];
  const negativeName = `TLSREACH_NO_${word}`;
  const negative = isNegated(spec) ? env[negativeName] : undefined;
  if (negative !== undefined && negative !== '') {
    return [[key, { value: !truth(negative, negativeName), name: negativeName }]];
  }
  if (value === undefined || value === '') return [];
  return [[key, { value: takesValue(spec) ? value : truth(value, name), name }]];
}

function truth(text: string, name: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${name} "${printable(text, 80)}": true or false is expected (1, 0, yes, no)`);
}

async function configuredValues(
  file: string,
  specs: readonly OptionSpec[],
  known: readonly OptionSpec[],
  world: Pick<World, 'readFile'>,
): Promise<readonly (readonly [string, Given])[]> {
  const entries = Object.entries(await readJsonObject(file, '--config', world));
  const values: (readonly [string, Given])[] = [];
  for (const [written, value] of entries) {
    const spec = known.find((each) => [optionKey(each), optionName(each)].includes(written));
    const negative = known.find(
      (each) => isNegated(each) && [`no-${optionName(each)}`, negativeKey(each)].includes(written),
    );
    const found = spec ?? negative;
    if (found === undefined) {
      const near = closest(written, known.map(optionKey));
      throw new UsageError(
        `${file}: "${printable(written, 80)}" is no option${near === null ? '' : `; did you mean "${near}"?`}`,
      );
    }
    if (!specs.some((each) => optionKey(each) === optionKey(found))) continue;
    const name = `"${written}" in ${file}`;
    const read = configuredValue(value, found, name);
    values.push([optionKey(found), { value: spec === undefined && typeof read === 'boolean' ? !read : read, name }]);
  }
  return values;
}

function negativeKey(spec: OptionSpec): string {
  const key = optionKey(spec);
  return `no${key.charAt(0).toUpperCase()}${key.slice(1)}`;
}

function configuredValue(value: unknown, spec: OptionSpec, name: string): string | boolean | readonly string[] {
  if (!takesValue(spec)) {
    if (typeof value === 'boolean') return value;
    throw new UsageError(`${name}: true or false is expected`);
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (spec.list === true && Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new UsageError(
    `${name}: ${spec.list === true ? 'a text or a list of texts' : 'a text or a number'} is expected`,
  );
}

/** A file that holds one JSON object, or a sentence about why not. */
export async function readJsonObject(
  file: string,
  option: string,
  world: Pick<World, 'readFile'>,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(file, option, world);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${option} ${file}: it is not JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${option} ${file}: a JSON object is expected`);
  }
  return Object.fromEntries(Object.entries(value));
}

export async function readText(file: string, option: string, world: Pick<World, 'readFile'>): Promise<string> {
  try {
    return (await world.readFile(file)).toString('utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new UsageError(`${option} ${printable(file, 200)}: ${describeFileFault(error)}`);
  }
}
