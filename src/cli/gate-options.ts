/** From `--min`, `--expect`, `--expectations` and `--baseline` to gates; every file is read and checked here. */
import type { World } from '../app/world.ts';
import { showDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import { DEFAULT_MIN, EXPECTATIONS, type Expectation, type GateSet, type Gates } from '../probe/gates.ts';
import type { ProbeResult } from '../probe/result.ts';
import { showTargetDomain, type Target } from '../probe/target.ts';
import { closest } from './closest.ts';
import { type GivenOptions, readJsonObject, readText } from './given-options.ts';
import { UsageError } from './usage-error.ts';
import { wholeOf } from './world-options.ts';

/** No score is above this. */
export const MAX_MIN = 121;

export async function gatesOf(given: GivenOptions, world: Pick<World, 'readFile'>): Promise<GateSet> {
  const min = wholeOf(given, 'min', 0, MAX_MIN) ?? DEFAULT_MIN;
  const expect = given.list('expect').map((word) => expectationOf(word, given.nameOf('expect')));
  const expectations = given.text('expectations');
  const baseline = given.text('baseline');
  const earlier = baseline === undefined ? [] : await readBaseline(baseline, world);
  return {
    min,
    expect,
    perTarget: expectations === undefined ? new Map() : await readExpectations(expectations, world),
    baselineOf: ({ target }) => earlier.find((result) => result.target === target) ?? null,
    hasBaseline: baseline !== undefined,
  };
}

/** Names in one note before the rest is counted. */
const SHOWN_NAMES = 5;

/** A gate that can never close is most often a slip of the pen: entries for no target, and targets without a baseline. */
export function gateNotes(
  { perTarget, baselineOf, hasBaseline }: GateSet,
  targets: Iterable<Target>,
): readonly string[] {
  if (perTarget.size === 0 && hasBaseline !== true) return [];
  const unused = new Set(perTarget.keys());
  const withoutBaseline: string[] = [];
  for (const { text, domain } of targets) {
    const shown = showTargetDomain(domain);
    for (const name of [text, shown, showDomain(shown)]) unused.delete(name.toLowerCase());
    if (hasBaseline === true && baselineOf({ target: text }) === null) withoutBaseline.push(text);
  }
  return [
    ...(unused.size === 0 ? [] : [`--expectations: ${named([...unused])}: no such target in this run`]),
    ...(withoutBaseline.length === 0
      ? []
      : [`--baseline: ${named(withoutBaseline)}: not in it, nothing to compare with`]),
  ];
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => printable(name, 80));
  const rest = names.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function expectationOf(word: string, name: string): Expectation {
  const found = EXPECTATIONS.find((each) => each === word.toLowerCase());
  if (found !== undefined) return found;
  const near = closest(word, EXPECTATIONS);
  throw new UsageError(
    `${name} "${printable(word, 80)}": choose one of ${EXPECTATIONS.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`,
  );
}

async function readExpectations(
  file: string,
  world: Pick<World, 'readFile'>,
): Promise<ReadonlyMap<string, Partial<Gates>>> {
  const entries = Object.entries(await readJsonObject(file, '--expectations', world));
  return new Map(
    entries.map(([target, value]) => [
      target.toLowerCase(),
      gatesFrom(value, `--expectations ${file}: "${printable(target, 80)}"`),
    ]),
  );
}

function gatesFrom(value: unknown, where: string): Partial<Gates> {
  if (typeof value !== 'object' || value === null)
    throw new UsageError(`${where}: an object with "min" or "expect" is expected`);
  let gates: Partial<Gates> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'min' && Number.isInteger(inner) && inner >= 0 && inner <= MAX_MIN) gates = { ...gates, min: inner };
    else if (key === 'min') throw new UsageError(`${where}: "min" must be a whole number from 0 to ${MAX_MIN}`);
    else if (key === 'expect' && (typeof inner === 'string' || Array.isArray(inner))) {
      const words: readonly unknown[] = typeof inner === 'string' ? [inner] : inner;
      gates = { ...gates, expect: words.map((word) => expectationOf(String(word), where)) };
    } else throw new UsageError(`${where}: "${printable(key, 40)}" is not known there; "min" and "expect" are`);
  }
  return gates;
}

/** One result, an array of them, or one a line. */
async function readBaseline(file: string, world: Pick<World, 'readFile'>): Promise<readonly ProbeResult[]> {
  const text = await readText(file, '--baseline', world);
  let values: readonly unknown[];
  try {
    const whole: unknown = JSON.parse(text);
    values = Array.isArray(whole) ? whole : [whole];
  } catch {
    try {
      values = text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line): unknown => JSON.parse(line));
    } catch {
      throw new UsageError(`--baseline ${file}: it is neither JSON nor a JSON value a line`);
    }
  }
  if (values.length === 0) throw new UsageError(`--baseline ${file}: it holds no result`);
  return values.map((value) => {
    if (isProbeResult(value)) return value;
    throw new UsageError(`--baseline ${file}: it holds something that is no result of "tlsreach probe --format json"`);
  });
}

function isProbeResult(value: unknown): value is ProbeResult {
  if (typeof value !== 'object' || value === null) return false;
  const has = (key: string): boolean => Object.hasOwn(value, key);
  return (
    'format' in value &&
    value.format === 'tlsreach.probe/1' &&
    ['target', 'confidence', 'hosts', 'predictions'].every(has)
  );
}
