/**
 * The register of requirements: the rows of `docs/requirements.md`, and the numbers that test titles carry. A number is
 * written in parentheses at the end of a title, several with commas: `a reply is bounded (R7, S-MX-12)`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const REGISTER = join(PROJECT, 'docs', 'requirements.md');

export interface Row {
  readonly number: string;
  readonly sentence: string;
  /** Paths from the project's root. */
  readonly tests: readonly string[];
}

/** `| R11 | sentence | test/a.test.ts, test/b.test.ts |` */
const ROW = /^\| (R\d+|S-[A-Z]+-\d+) \| (.+?) \| (.*?) ?\|$/;
/** In parentheses, and with a quote somewhere before it on the line: titles are strings, and stand on one line. */
const NUMBERS = /(?<=['"`].*)\(((?:R\d+|S-[A-Z]+-\d+)(?:, ?(?:R\d+|S-[A-Z]+-\d+))*)\)/g;

export function rowsOf(page: string): readonly Row[] {
  return page.split('\n').flatMap((line) => {
    const [, number, sentence, tests] = ROW.exec(line) ?? [];
    if (number === undefined || sentence === undefined || tests === undefined) return [];
    return [{ number, sentence, tests: tests.split(', ').filter((path) => path !== '') }];
  });
}

export interface Exception {
  readonly number: string;
  readonly why: string;
}

/** `| S-PKI-8 | why it does not apply |`: rows of two columns. */
const EXCEPTION = /^\| (R\d+|S-[A-Z]+-\d+) \| ([^|]+) \|$/;

/** What the register says does not apply. */
export function exceptionsOf(page: string): readonly Exception[] {
  return page.split('\n').flatMap((line) => {
    const [, number, why] = EXCEPTION.exec(line) ?? [];
    return number === undefined || why === undefined ? [] : [{ number, why }];
  });
}

/** The numbers in the titles of one test file. */
export function numbersIn(text: string): ReadonlySet<string> {
  const numbers = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
    for (const [, list] of line.matchAll(NUMBERS)) for (const number of (list ?? '').split(/, ?/)) numbers.add(number);
  }
  return numbers;
}

/** Which test files carry a number, sorted; the numbers in the order of the register. */
export function provenNumbers(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const files = readdirSync(join(PROJECT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && path !== 'requirements.test.ts')
    .map((path) => `test/${path.split(sep).join('/')}`)
    .sort();
  for (const file of files) {
    for (const number of numbersIn(readFileSync(join(PROJECT, file), 'utf8'))) {
      found.set(number, [...(found.get(number) ?? []), file]);
    }
  }
  return new Map([...found].sort(([one], [other]) => compareNumbers(one, other)));
}

/** R1, R2, R10, then S-DANE-1, S-MX-2 and so on. */
export function compareNumbers(one: string, other: string): number {
  const [oneKind, oneIndex] = split(one);
  const [otherKind, otherIndex] = split(other);
  return oneKind === otherKind ? oneIndex - otherIndex : oneKind < otherKind ? -1 : 1;
}

function split(number: string): readonly [string, number] {
  const at = number.search(/\d+$/);
  return [number.slice(0, at), Number(number.slice(at))];
}
