/** What a run of `tlsreach probe` is to do, read from words and options and checked before anything is sent. */
import { type AppSettings, DEFAULT_SCAN_BUDGET, MAX_SCAN_BUDGET, type ScanSettings } from '../app/settings.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import type { GateSet } from '../probe/gates.ts';
import { MAX_REPEAT, type ProbeHooks, type ProbeRequest } from '../probe/request.ts';
import { FORMATS, type Format } from '../report/rendering.ts';
import type { BatchDelivery } from './batch-delivery.ts';
import { gateNotes, gatesOf } from './gate-options.ts';
import type { GivenOptions } from './given-options.ts';
import { logEvents } from './log-events.ts';
import type { Sink } from './sink.ts';
import { type TargetList, targetsFromInput, targetsFromWords } from './target-input.ts';
import { UsageError } from './usage-error.ts';
import { choiceOf, logLevelOf, wholeOf, worldSettings } from './world-options.ts';

export const DEFAULT_CONCURRENCY = 20;
export const MAX_CONCURRENCY = 10_000;

export interface Plan {
  readonly world: World;
  readonly list: TargetList;
  readonly gates: GateSet;
  readonly format: Format;
  readonly request: Omit<ProbeRequest, 'target'>;
  readonly concurrency: number;
  readonly oldHeadings: boolean;
  readonly colour: boolean;
  readonly quiet: boolean;
  /** Hears of every step of a target; left out where nobody listens. */
  readonly listen?: ((target: string) => ProbeHooks['onEvent']) | undefined;
  /** Of hosts for which the target names none. */
  readonly port: number;
  /** For what went into the result; null where nobody wants it. */
  readonly capture: Sink | null;
  readonly onCaptured?: (() => void) | undefined;
  /** Mails the report that the input asks for; left out or null where nobody gets one. */
  readonly delivery?: BatchDelivery | null | undefined;
  /** The longest a target may take, ms; null: no limit of its own. */
  readonly deadlineMs?: number | null | undefined;
}

export interface CheckedPlan extends Plan {
  readonly settings: AppSettings;
  readonly captureFile: string | null;
}

/** Rejects with `UsageError`; nothing was sent by then. */
export async function planOf(words: readonly string[], given: GivenOptions, world: World): Promise<CheckedPlan> {
  const settings = { ...(await worldSettings(given, world)), scan: scanOf(given) };
  const gates = await gatesOf(given, world);
  const input = given.text('input');
  if (input !== undefined && words.length > 0)
    throw new UsageError('give the targets either as words or with --input, not both');
  if (input === undefined && words.length === 0) {
    throw new UsageError('nothing was given to test; try "tlsreach probe ann@example.com"');
  }
  const rcpt = given.flag('rcpt');
  const list = input === undefined ? targetsFromWords(words) : await targetsFromInput(input, world);
  const format = formatOf(given, list.batch?.format);
  for (const note of gateNotes(gates, list.targets())) await world.stderr.write(`tlsreach: ${note}\n`);
  return {
    world,
    list,
    gates,
    format,
    settings,
    port: settings.port,
    captureFile: captureFileOf(given, list),
    capture: null,
    request: {
      rcpt: rcpt === undefined ? 'auto' : rcpt ? 'yes' : 'no',
      quick: given.flag('quick') ?? false,
      ignoreNoConnect: given.flag('ignoreNoConnect') ?? false,
      assureTls: given.flag('assureTls') ?? false,
      mtaSts: given.flag('mtaSts') ?? true,
      dane: given.flag('dane') ?? true,
      ...comparisonsOf(given),
      seed: wholeOf(given, 'seed', 0, 2 ** 32 - 1) ?? null,
      strictCn: given.flag('strictCn') ?? false,
    },
    concurrency: wholeOf(given, 'concurrency', 1, MAX_CONCURRENCY) ?? DEFAULT_CONCURRENCY,
    oldHeadings: given.flag('oldHeadings') ?? false,
    quiet: given.flag('quiet') ?? false,
    listen: (target) => logEvents(settings.log, logLevelOf(given), target),
    colour: colourWanted(given, world),
  };
}

/** Null where nobody wants one; its options mean nothing without it. */
function scanOf(given: GivenOptions): ScanSettings | null {
  const budget = wholeOf(given, 'budget', 1, MAX_SCAN_BUDGET);
  const injectionTest = given.flag('scanInjection') ?? false;
  if (given.flag('scan') !== true) {
    if (budget !== undefined || injectionTest) throw new UsageError('--budget and --scan-injection go with --scan');
    return null;
  }
  return { budget: budget ?? DEFAULT_SCAN_BUDGET, injectionTest };
}

/** What is given counts before `wished`, which the input says. */
export function formatOf(given: GivenOptions, wished: string | null = null): Format {
  const format = choiceOf(given, 'format', FORMATS);
  if (format !== undefined || wished === null) return format ?? 'table';
  const known = FORMATS.find((each) => each === wished);
  if (known !== undefined) return known;
  throw new UsageError(`the batch asks for the format "${printable(wished, 40)}"; one of: ${FORMATS.join(', ')}`);
}

function captureFileOf(given: GivenOptions, { count }: TargetList): string | null {
  const file = given.text('capture');
  if (file === undefined) return null;
  if (file === '-') return given.refuse('capture', 'a file is needed; standard output is for the result');
  return count === 1 ? file : given.refuse('capture', 'a capture holds one target; give one alone');
}

/** What is asked more than once, to be compared. */
function comparisonsOf(given: GivenOptions): Pick<ProbeRequest, 'repeat' | 'authoritative'> {
  const repeat = wholeOf(given, 'repeat', 1, MAX_REPEAT) ?? 1;
  const authoritative = given.flag('authoritative') ?? false;
  return { ...(repeat > 1 ? { repeat } : {}), ...(authoritative ? { authoritative } : {}) };
}

/** Only on a terminal, and never with NO_COLOR (https://no-color.org: set and not empty). */
export function colourWanted(given: GivenOptions, { env, stdout }: World): boolean {
  const refused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return stdout.isTerminal && given.text('output') === undefined && !refused && env['TERM'] !== 'dumb';
}
