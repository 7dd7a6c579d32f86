import assert from 'node:assert/strict';
import test from 'node:test';
import { gatherer } from '../../src/store/gather.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';

test('one that is alone sets out alone, those that come meanwhile share the next group, up to its bound', async () => {
  const groups: number[][] = [];
  const ends: (() => void)[] = [];
  const ask = gatherer<number, number>(async (items) => {
    groups.push([...items]);
    await new Promise<void>((resolve) => ends.push(resolve));
    return items.map((item) => item * 10);
  }, 3);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const setOut = async (count: number): Promise<void> => {
    while (groups.length < count) await turn();
  };
  const first = ask(1);
  await setOut(1);
  assert.deepEqual(groups, [[1]]);
  const rest = [2, 3, 4, 5].map((item) => ask(item));
  for (let count = 0; count < 20; count++) await turn();
  assert.deepEqual(groups, [[1]], 'while a group is under way nobody else sets out');
  for (const group of [2, 3]) {
    ends.shift()?.();
    await setOut(group);
    assert.equal(groups.length, group);
  }
  ends.shift()?.();
  assert.deepEqual(await Promise.all([first, ...rest]), [10, 20, 30, 40, 50]);
  assert.deepEqual(groups, [[1], [2, 3, 4], [5]]);
});

test('of a group that fails each is tried alone; where the database is away nobody is', async () => {
  const groups: string[][] = [];
  const ask = gatherer<string, string>(async (items) => {
    groups.push([...items]);
    if (items.includes('away')) throw new StoreTrouble('unavailable', 'away', true);
    if (items.includes('bad')) throw new Error('bad');
    return [...items];
  }, 10);
  const kinds = async (words: readonly string[]) =>
    (await Promise.allSettled(words.map(ask))).map((one) => (one.status === 'fulfilled' ? one.value : one.reason.kind));
  assert.deepEqual(await kinds(['a', 'bad', 'b']), ['a', 'other', 'b']);
  assert.deepEqual(groups, [['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  groups.length = 0;
  assert.deepEqual(await kinds(['a', 'away', 'b']), ['unavailable', 'unavailable', 'unavailable']);
  assert.deepEqual(groups, [['a', 'away', 'b']]);
});
