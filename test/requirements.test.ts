/**
 * The register of requirements and the tests say the same: what is listed is proven where it says, and what a test
 * claims to prove is listed. `node scripts/requirements.ts` names the differences and refreshes the page's last column.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { compareNumbers, numbersIn, provenNumbers, REGISTER, rowsOf } from './support/requirements.ts';

const rows = rowsOf(readFileSync(REGISTER, 'utf8'));
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
