import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  afterRun,
  type MonitorState,
  newTarget,
  overall,
  shownState,
  type TargetMemory,
} from '../../src/monitor/state.ts';
import type { RunVerdict } from '../../src/monitor/verdict.ts';

const MINUTE = 60_000;
const RULES = { confirmRuns: 2, staleMs: 10 * MINUTE };
const LETTERS: Readonly<Record<string, RunVerdict>> = { o: 'ok', d: 'degraded', f: 'failing', '?': 'inconclusive' };
const SIGNS: Readonly<Record<MonitorState, string>> = {
  ok: 'O',
  degraded: 'D',
  failing: 'F',
  inconclusive: '~',
  stale: 'S',
};

/** A run a minute; the state after each. */
function life(runs: string, rules = RULES): string {
  let memory = newTarget(0);
  return [...runs]
    .map((letter, index) => {
      const now = (index + 1) * MINUTE;
      const verdict = LETTERS[letter];
      // A blank: nothing ran.
      if (verdict !== undefined) memory = afterRun(memory, verdict, now, rules);
      return SIGNS[shownState(memory, now, rules).state];
    })
    .join('');
}

for (const [runs, states, why] of [
  ['ooo', 'OOO', 'all well'],
  ['ofo', 'OOO', 'one failure is no failure'],
  ['off', 'OOF', 'the second one in a row is'],
  ['offo', 'OOFF', 'nor is one success the end of it'],
  ['offoo', 'OOFFO', 'but two are'],
  ['offofo', 'OOFFFF', 'a flapping host stays what it is'],
  ['ff', '~F', 'a first failure is confirmed, too'],
  ['fo', '~O', 'or not'],
  ['dd', 'DD', 'what is only to be looked at is taken as it comes, at first'],
  ['odo', 'OOO', 'and confirmed later'],
  ['ofd', 'OOD', 'two steps down agree on the smaller one'],
  ['ofdff', 'OODDF', 'and the larger one has to be seen twice'],
  ['of?f', 'OOOF', 'a run that cannot tell neither counts nor undoes what was seen'],
  ['o???????????', 'OO~~~~~~~~~S', 'enough of them are "cannot tell", too many are stale'],
  ['off?????', 'OOFFFFFF', 'a failure that cannot be looked at is still one'],
  ['??????????????', '~~~~~~~~~~SSSS', 'what could never tell is stale in the end'],
  ['o           ', 'OOOOOOOOOOOS', 'nothing that runs at all is stale, too'],
  ['o??o', 'OO~O', 'one word is enough to know again'],
] as const) {
  test(`${runs.replaceAll(' ', '.')} is ${states}: ${why}`, () => assert.equal(life(runs), states));
}

test('with one run to confirm every word counts at once', () => {
  assert.equal(life('ofofd', { ...RULES, confirmRuns: 1 }), 'OFOFD');
});

const verdicts = fc.array(fc.constantFrom<RunVerdict>('ok', 'degraded', 'failing', 'inconclusive'), { maxLength: 40 });
const rules = fc.record({ confirmRuns: fc.integer({ min: 1, max: 4 }), staleMs: fc.constant(1_000 * MINUTE) });

function run(memory: TargetMemory, list: readonly RunVerdict[], own: typeof RULES): TargetMemory {
  return list.reduce((now, verdict, index) => afterRun(now, verdict, (index + 1) * MINUTE, own), memory);
}

test('runs that cannot tell never change what is known', () => {
  fc.assert(
    fc.property(verdicts, rules, (list, own) => {
      const told = list.filter((verdict) => verdict !== 'inconclusive');
      assert.equal(run(newTarget(0), list, own).known, run(newTarget(0), told, own).known);
    }),
  );
});

test('nothing is known to fail before enough runs in a row said so', () => {
  fc.assert(
    fc.property(verdicts, rules, (list, own) => {
      let memory = newTarget(0);
      let row = 0;
      for (const [index, verdict] of list.entries()) {
        const before = memory.known;
        memory = afterRun(memory, verdict, (index + 1) * MINUTE, own);
        if (verdict === 'inconclusive') continue;
        row = verdict === 'failing' ? row + 1 : 0;
        if (memory.known === 'failing' && before !== 'failing') assert.ok(row >= own.confirmRuns, `${row} in a row`);
      }
    }),
  );
});

test('enough runs in a row that say the same are believed, whatever was known before', () => {
  fc.assert(
    fc.property(verdicts, rules, fc.constantFrom<RunVerdict>('ok', 'degraded', 'failing'), (list, own, last) => {
      const end = Array.from({ length: own.confirmRuns * 2 }, () => last);
      assert.equal(run(newTarget(0), [...list, ...end], own).known, last);
    }),
  );
});

test('a monitor is as its worst target, since the first of those is so', () => {
  assert.deepEqual(
    overall(
      [
        { state: 'ok', since: 1 },
        { state: 'failing', since: 9 },
        { state: 'failing', since: 5 },
        { state: 'stale', since: 2 },
      ],
      10,
    ),
    { state: 'failing', since: 5 },
  );
  assert.deepEqual(
    overall(
      [
        { state: 'ok', since: 1 },
        { state: 'ok', since: 7 },
      ],
      10,
    ),
    { state: 'ok', since: 7 },
    'all are well only since the last one is',
  );
  assert.equal(overall([], 10).state, 'inconclusive');
});
