import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAllowance } from '../../src/app/allowance.ts';

test('a burst, then one in so many ms, and the wait is told to the point', () => {
  let now = 0;
  const allowance = createAllowance({ clock: { monotonic: () => now }, burst: 3, everyMs: 1_000 });
  const taken = (): number | null => allowance.take('one');
  assert.deepEqual([taken(), taken(), taken(), taken()], [null, null, null, 1_000]);
  assert.equal(allowance.take('other'), null, 'each has its own');
  now = 400;
  assert.equal(taken(), 600);
  now = 1_000;
  assert.deepEqual([taken(), taken()], [null, 1_000]);
  now = 60_000;
  assert.deepEqual(
    [taken(), taken(), taken(), taken()],
    [null, null, null, 1_000],
    'no more than the burst is saved up',
  );
});

test('a clock with fractions takes nothing away from anybody', () => {
  for (let turn = 0; turn < 1_000; turn += 1) {
    const now = turn * 1234.56789012345;
    const allowance = createAllowance({ clock: { monotonic: () => now }, burst: 2, everyMs: 60_000 });
    assert.deepEqual([allowance.take('one'), allowance.take('one')], [null, null], String(now));
    assert.notEqual(allowance.take('one'), null);
  }
});
