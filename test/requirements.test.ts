/**
 * The register of requirements and the tests say the same: what is listed is proven where it says, and what a test
 * claims to prove is listed. `node scripts/requirements.ts` names the differences and refreshes the page's last column.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { compareNumbers, exceptionsOf, numbersIn, provenNumbers, REGISTER, rowsOf } from './support/requirements.ts';

const page = readFileSync(REGISTER, 'utf8');
const rows = rowsOf(page);
const proven = provenNumbers();

test('every listed requirement names exactly the tests that carry its number', () => {
  assert.ok(rows.length > 0, 'the register has rows');
  assert.deepEqual(
    rows.map((row) => [row.number, row.tests]),
    rows.map((row) => [row.number, proven.get(row.number) ?? ['no test carries this number']]),
  );
});

test('every number that a test title carries is listed', () => {
  const listed = new Set(rows.map((row) => row.number));
  assert.deepEqual(
    [...proven.keys()].filter((number) => !listed.has(number)),
    [],
  );
});

test('the register lists each requirement once, in order, in a sentence', () => {
  const numbers = rows.map((row) => row.number);
  assert.deepEqual(numbers, [...new Set(numbers)].toSorted(compareNumbers));
  for (const { number, sentence } of rows) assert.match(sentence, /^[A-Z`"].{15,}\.$/, number);
});

test('what does not apply has its reason, stands in order, and is neither listed nor proven', () => {
  const exceptions = exceptionsOf(page);
  assert.ok(exceptions.length > 0);
  const numbers = exceptions.map(({ number }) => number);
  assert.deepEqual(numbers, [...new Set(numbers)].toSorted(compareNumbers));
  for (const { number, why } of exceptions) {
    assert.match(why, /^[A-Z].{30,}\.$/, number);
    assert.ok(!rows.some((row) => row.number === number) && !proven.has(number), `${number} applies after all`);
  }
});

test('each number of a family of standards is listed, or does not apply', () => {
  const known = new Set([...rows, ...exceptionsOf(page)].map(({ number }) => number));
  // How many each family has. Two of S-MX are the queue's: which family alternates, and when a retry is due.
  const families = { 'S-TLS': 10, 'S-STS': 18, 'S-DANE': 24, 'S-PKI': 12, 'S-MX': 17 };
  const missing = Object.entries(families).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, index) => `${family}-${index + 1}`).filter((number) => !known.has(number)),
  );
  const ofTheQueue = ['S-MX-10', 'S-MX-14'];
  assert.deepEqual(
    missing.filter((number) => !ofTheQueue.includes(number)),
    [],
  );
});

test('numbers are read from titles alone: from any quotes, singly or in lists, not from comments', () => {
  const text = [
    "test('one (R1) and another (R8)', () => {});",
    'test("it\'s two (R2, S-MX-3)", () => {});',
    ['{ title: `three of $', '{n} (R4)` }'].join(''),
    "// test('not me (R5)')",
    ' * nor me (R6)',
    'const rule = compute(R7);',
  ].join('\n');
  assert.deepEqual([...numbersIn(text)], ['R1', 'R8', 'R2', 'S-MX-3', 'R4']);
});
