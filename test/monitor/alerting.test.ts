import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { announce, type DueDate, dueDates, type Told, type Warned } from '../../src/monitor/alerting.ts';
import type { MonitorState } from '../../src/monitor/state.ts';
import type { ClockEntry } from '../../src/probe/result.ts';
import { BEGIN, DAY, HOUR, MINUTE } from './scenario.ts';

const SIGNS: Readonly<Record<string, string>> = { problem: 'P', reminder: 'r', recovered: 'W' };

/** What is told when a monitor stands so, one letter every `step` ms. */
function told(states: string, step = 5 * MINUTE): string {
  const of: Readonly<Record<string, MonitorState>> = {
    O: 'ok',
    D: 'degraded',
    F: 'failing',
    '~': 'inconclusive',
    S: 'stale',
  };
  let memory: Told | null = null;
  let since = BEGIN;
  return [...states]
    .map((letter, index) => {
      const now = BEGIN + index * step;
      if (letter !== states[index - 1]) since = now;
      const standing = { state: of[letter] ?? 'ok', since, targets: ['a'] };
      const after = announce(memory, standing, now, index === 0);
      memory = after.told;
      return SIGNS[after.announcement?.event ?? ''] ?? '.';
    })
    .join('');
}

for (const [states, notices, why] of [
  ['OOOO', '....', 'nothing is told while all is well'],
  ['OFFFO', '.P..W', 'one notice of the trouble, one of its end'],
  ['OF~~FO', '.P...W', 'a blind moment in between is neither'],
  ['O~~~O', '.....', 'blind moments alone tell nobody anything'],
  ['O~~SSO', '...P.W', 'until they have lasted too long'],
  ['ODFDO', '.PPPW', 'each change of what is wrong is told'],
  ['DDDO', '....', 'what was so from the beginning is no news, nor is its end'],
  ['DDFDO', '..PPW', 'unless it gets worse'],
  ['FFFO', 'P..W', 'a failure is told, also at the beginning'],
  ['FSO', 'PPW', 'losing sight of a failure is told'],
] as const) {
  test(`${states} tells ${notices}: ${why}`, () => assert.equal(told(states), notices));
}

test('reminders come after an hour, then after twice as long, a day at most; what is only degraded is not repeated', () => {
  const hours = [...told(`O${'F'.repeat(24 * 5)}`, HOUR)].flatMap((sign, hour) => (sign === 'r' ? [hour - 1] : []));
  assert.deepEqual(hours, [1, 3, 7, 15, 31, 55, 79, 103]);
  assert.doesNotMatch(told(`OO${'D'.repeat(100)}`, HOUR), /r/);
});

test('a target that joins is told, one that leaves is not', () => {
  const at = (targets: readonly string[]) => ({ state: 'failing' as const, since: BEGIN, targets });
  const first = announce(null, at(['a', 'b']), BEGIN, false);
  const fewer = announce(first.told, at(['a']), BEGIN + MINUTE, false);
  assert.equal(fewer.announcement, null);
  const joined = announce(fewer.told, at(['a', 'c']), BEGIN + 2 * MINUTE, false);
  assert.equal(joined.announcement?.event, 'problem');
});

test('recovery says how long it took, also over a change of what was wrong', () => {
  let memory = announce(null, { state: 'failing', since: BEGIN, targets: ['a'] }, BEGIN + MINUTE, false).told;
  memory = announce(memory, { state: 'stale', since: BEGIN + HOUR, targets: ['a'] }, BEGIN + HOUR, false).told;
  const well = announce(memory, { state: 'ok', since: BEGIN + 2 * HOUR, targets: ['a'] }, BEGIN + 2 * HOUR, false);
  assert.equal(well.announcement?.lastedMs, 2 * HOUR);
  assert.equal(well.announcement?.severity, 'information');
  assert.equal(well.told, null);
});

test('between two notices of trouble there is a change, and no recovery comes without trouble before it', () => {
  const states = fc.array(fc.constantFrom('O', 'D', 'F', '~', 'S'), { maxLength: 60 });
  fc.assert(
    fc.property(states, (list) => {
      let open: string | null = null;
      const signs = told(list.join(''), MINUTE);
      for (const [index, sign] of [...signs].entries()) {
        const state = list[index] ?? '';
        if (sign === 'P') {
          assert.notEqual(open, state, 'the same trouble twice');
          open = state;
        }
        if (sign === 'W') {
          assert.notEqual(open, null);
          open = null;
        }
        if (sign !== '.') assert.notEqual(state, '~');
      }
    }),
  );
});

function date(at: number, severity: ClockEntry['severity'] = 'warning', target = 'good.example'): DueDate {
  const entry: ClockEntry = {
    at: new Date(at).toISOString(),
    what: 'certificate-ends',
    host: 'mx.good.example',
    severity,
    sentence: 'The certificate of mx.good.example ends.',
  };
  return { target, entry };
}

test('a date is told once per threshold, from the nearest one on', () => {
  const end = BEGIN + 20 * DAY;
  let warned: Warned = {};
  const days: number[] = [];
  for (let hour = 0; hour < 21 * 24; hour += 6) {
    const now = BEGIN + hour * HOUR;
    const after = dueDates(warned, [date(end)], [14, 7, 3, 1], now);
    warned = after.warned;
    if (after.due.length > 0) days.push((end - now) / DAY);
  }
  assert.deepEqual(days, [14, 7, 3, 1]);
});

test('who comes late is told once, not once for each threshold that has passed', () => {
  const now = BEGIN;
  const first = dueDates({}, [date(BEGIN + 2 * DAY)], [14, 7, 3, 1], now);
  assert.equal(first.due.length, 1);
  assert.equal(dueDates(first.warned, [date(BEGIN + 2 * DAY)], [14, 7, 3, 1], now + HOUR).due.length, 0);
});

test('what is far from its end, measured against its lifetime, is no news, and a new certificate begins anew', () => {
  const short = date(BEGIN + 5 * DAY, 'info');
  assert.equal(dueDates({}, [short], [14, 7, 3, 1], BEGIN).due.length, 0);
  const old = dueDates({}, [date(BEGIN + DAY)], [14], BEGIN);
  const renewed = dueDates(old.warned, [date(BEGIN + 10 * DAY)], [14], BEGIN);
  assert.equal(renewed.due.length, 1);
  assert.deepEqual(Object.keys(renewed.warned).length, 1, 'what is gone is forgotten');
});
