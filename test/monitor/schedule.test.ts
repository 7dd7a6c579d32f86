import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';
import { type Cron, HORIZON_MS, nextCron, parseCron } from '../../src/monitor/cron.ts';
import {
  CONFIRM_AFTER_MS,
  confirmationAt,
  durationMs,
  firstRunAt,
  nextRunAt,
  PLAY,
  parseSchedule,
  type Schedule,
  staleAfterMs,
} from '../../src/monitor/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 28, 18, 7, 30);

function cronOf(text: string): Cron {
  const read = parseCron(text);
  assert.ok(read.ok, read.ok ? '' : read.failure);
  return read.value;
}

function scheduleOf(text: string): Schedule {
  const read = parseSchedule(text);
  assert.ok(read.ok, read.ok ? '' : read.failure);
  return read.value;
}

function next(text: string, after: number): string | null {
  const at = nextCron(cronOf(text), after);
  return at === null ? null : new Date(at).toISOString().slice(0, 16);
}

for (const [text, ms] of [
  ['PT30S', 30_000],
  ['PT5M', 5 * MINUTE],
  ['PT1H30M', 90 * MINUTE],
  ['P1D', DAY],
  ['P1W', 7 * DAY],
  ['P1DT12H', 36 * HOUR],
  ['pt90s', 90_000],
] as const) {
  test(`${text} is a duration of ${ms} ms`, () => assert.equal(durationMs(text), ms));
}

for (const text of ['', 'P', 'PT', 'P1DT', 'P1Y', 'P1M', 'PT5', '5M', 'PT-5M', 'PT1.5H', 'PT5M ', 'PT5M5M']) {
  test(`"${text}" is no duration of fixed length`, () => assert.equal(durationMs(text), null));
}

for (const [text, why] of [
  ['PT29S', /from PT30S to P31D/],
  ['P32D', /from PT30S to P31D/],
  ['every hour', /a duration as PT5M/],
  ['cron 60 * * * *', /"60" is no minute: numbers from 0 to 59/],
  ['cron * * * *', /five fields/],
  ['cron * 24 * * *', /no hour/],
  ['cron 0 0 0 * *', /no day of the month/],
  ['cron 0 0 * 13 *', /no month/],
  ['cron 0 0 * * 8', /no day of the week/],
  ['cron 5-1 * * * *', /no minute/],
  ['cron */0 * * * *', /no minute/],
  ['cron 0 0 30 2 *', /no such day within eight years/],
  ['cron 0 0 * * * Mars/Olympus', /no time zone/],
  ['cron 0 0 * * * UTC x', /five fields/],
] as const) {
  test(`the schedule "${text}" is refused with what may stand there`, () => {
    const read = parseSchedule(text);
    assert.ok(!read.ok);
    assert.match(read.failure, why);
  });
}

for (const [text, after, expected] of [
  ['* * * * *', '2026-11-28T18:07', '2026-11-28T18:08'],
  ['*/15 * * * *', '2026-11-28T18:07', '2026-11-28T18:15'],
  ['5/20 * * * *', '2026-11-28T18:46', '2026-11-28T19:05'],
  ['0 6 * * 1-5', '2026-11-28T18:07', '2026-11-30T06:00'],
  ['0 6 * * mon', '2026-11-30T06:00', '2026-12-07T06:00'],
  ['0 0 * * 7', '2026-11-28T18:07', '2026-11-29T00:00'],
  ['0 0 * * sun', '2026-11-28T18:07', '2026-11-29T00:00'],
  ['30 12 1 jan,jul *', '2026-11-28T18:07', '2027-01-01T12:30'],
  ['0 0 29 2 *', '2026-11-28T18:07', '2028-02-29T00:00'],
  ['0 0 29 2 *', '2096-03-01T00:00', '2104-02-29T00:00'],
  // Both days restricted: either will do, as in every cron.
  ['0 0 13 * 5', '2026-11-28T18:07', '2026-12-04T00:00'],
  ['0 0 13 * 5', '2026-12-11T00:00', '2026-12-13T00:00'],
  ['0 6 * * * Europe/Amsterdam', '2026-11-28T18:07', '2026-11-29T05:00'],
  ['0 6 * * * Europe/Amsterdam', '2026-07-01T18:07', '2026-07-02T04:00'],
  ['0 6 * * * Asia/Kathmandu', '2026-11-28T18:07', '2026-11-29T00:15'],
  // 29 March 2026: 02:00 to 03:00 does not come; 25 October: it comes twice.
  ['30 2 * * * Europe/Amsterdam', '2026-03-28T12:00', '2026-03-30T00:30'],
  ['30 2 * * * Europe/Amsterdam', '2026-10-24T12:00', '2026-10-25T00:30'],
  ['30 2 * * * Europe/Amsterdam', '2026-10-25T00:30', '2026-10-26T01:30'],
  ['30 * * * * Europe/Amsterdam', '2026-10-25T00:30', '2026-10-25T01:30'],
] as const) {
  test(`cron ${text} comes after ${after} at ${expected}`, () => {
    assert.equal(next(text, Date.parse(`${after}:00Z`)), expected);
  });
}

const field = (least: number, most: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: least, max: most }).map(String),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
    fc
      .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
const zones = fc.constantFrom(
  'UTC',
  'Europe/Amsterdam',
  'America/New_York',
  'Asia/Tokyo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
);

test('the next time of a crontab matches it, lies ahead, and nothing between matches', () => {
  const cron = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6), zones);
  fc.assert(
    fc.property(cron, fc.integer({ min: 0, max: 4 * 365 * 24 * 60 }), (words, minutes) => {
      const read = cronOf(words.join(' '));
      const after = Date.UTC(2025, 0, 1) + minutes * MINUTE + 17_000;
      const at = nextCron(read, after);
      if (at === null) {
        // A day of the month that has to be a day of the week as well may be far away: then no day until there is one.
        for (let noon = after; noon < after + HORIZON_MS; noon += 24 * HOUR)
          assert.ok(!isDay(read, noon), words.join(' '));
        return;
      }
      assert.ok(at > after && at % MINUTE === 0);
      assert.ok(matches(read, at), `${words.join(' ')} at ${new Date(at).toISOString()}`);
      // As far as a test may look, minute by minute, by another way of knowing the local time.
      const from = (Math.floor(after / MINUTE) + 1) * MINUTE;
      for (let between = from; between < Math.min(at, from + 600 * MINUTE); between += MINUTE) {
        const missed = matches(read, between) && (read.hours.size === 24 || !repeated(read.zone, between));
        assert.ok(!missed, `${words.join(' ')}: ${new Date(between).toISOString()} was passed over`);
      }
    }),
    { numRuns: 60 },
  );
});

function localOf(zone: string, at: number): string {
  return new Date(at).toLocaleString('sv-SE', { timeZone: zone });
}

function repeated(zone: string, at: number): boolean {
  return [HOUR, HOUR / 2].some((back) => localOf(zone, at - back) === localOf(zone, at));
}

function matches(cron: Cron, at: number): boolean {
  const [, time = ''] = localOf(cron.zone, at).split(' ');
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return cron.minutes.has(minute) && cron.hours.has(hour) && isDay(cron, at);
}

function isDay(cron: Cron, at: number): boolean {
  const [date = ''] = localOf(cron.zone, at).split(' ');
  const [, month = 0, day = 0] = date.split('-').map(Number);
  const byDay = cron.days.has(day);
  const byWeekday = cron.weekdays.has(new Date(`${date}T00:00:00Z`).getUTCDay());
  return cron.months.has(month) && (cron.eitherDay ? byDay || byWeekday : byDay && byWeekday);
}

test('no text makes the reader of schedules fail, and what it takes has a next time', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...'PT0123456789DHMSW'), maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'0123456789*/,- '), maxLength: 20 }).map((words) => `cron ${words}`),
  );
  fc.assert(
    fc.property(text, (words) => {
      const read = parseSchedule(words);
      if (!read.ok) return assert.ok(read.failure.length > 0);
      assert.ok(nextRunAt(read.value, START, () => 0.5) > START);
    }),
    { numRuns: 300 },
  );
});

test('an interval has some play around it, and a new monitor on one begins at once', () => {
  const schedule = scheduleOf('PT10M');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
      const wait = nextRunAt(schedule, START, () => draw) - START;
      assert.ok(wait >= 10 * MINUTE * (1 - PLAY) - 1 && wait <= 10 * MINUTE * (1 + PLAY) + 1);
    }),
  );
  assert.equal(firstRunAt(schedule, START), START);
  assert.equal(firstRunAt(scheduleOf('cron 0 6 * * *'), START), Date.UTC(2026, 10, 29, 6));
});

test('a first sign is looked at again within a minute or so, never later than the schedule', () => {
  const random = seededRandom(1);
  for (const text of ['PT30S', 'PT1M', 'PT5M', 'P1D', 'cron 0 6 * * *']) {
    const schedule = scheduleOf(text);
    for (let draw = 0; draw < 50; draw++) {
      const wait = confirmationAt(schedule, START, random) - START;
      assert.ok(wait > 0 && wait <= CONFIRM_AFTER_MS * 1.1, `${text}: ${wait}`);
    }
  }
});

test('what was seen counts for three intervals, over the longest gap of a crontab, or as long as somebody says', () => {
  assert.equal(staleAfterMs(scheduleOf('PT5M'), null), 15 * MINUTE);
  assert.equal(staleAfterMs(scheduleOf('PT5M'), 60), HOUR);
  assert.equal(staleAfterMs(scheduleOf('cron 0 6 * * 1-5'), null), 9 * DAY);
  assert.equal(staleAfterMs(scheduleOf('cron 0 * * * *'), null), 3 * HOUR);
});
