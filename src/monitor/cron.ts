/**
 * The five fields of a crontab (POSIX, with the steps, names and `7` for Sunday that every cron knows) in UTC or a named
 * zone. Where day of month and day of week are both restricted, either of them suffices. A time of day that the clocks of
 * the zone skip does not come that day; one that they repeat comes once, unless every hour is meant. Pure.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Neither of the two day fields is `*`. */
  readonly eitherDay: boolean;
  /** IANA name; `UTC` where none was written. */
  readonly zone: string;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly [Field, Field, Field, Field, Field] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  {
    name: 'month',
    least: 1,
    most: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of the week', least: 0, most: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** 29 February comes after eight years at the latest; what comes more seldom, if at all, is no schedule, ms. */
export const HORIZON_MS = 8 * 366 * 24 * HOUR_MS;
const HORIZON_DAYS = 8 * 366;

/** The failure is the end of a sentence. */
export function parseCron(text: string): Outcome<Cron, string> {
  const words = text.trim().split(/\s+/);
  if (words.length < 5 || words.length > 6) {
    return failed(
      'five fields are expected: minute, hour, day of the month, month, day of the week; and perhaps a zone',
    );
  }
  const sets: ReadonlySet<number>[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const set = parseField(words[index] ?? '', field);
    if (!set.ok) return set;
    sets.push(set.value);
  }
  const [minutes, hours, days, months, given] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  const weekdays = new Set([...given].map((day) => day % 7));
  const zone = words[5] ?? 'UTC';
  if (!isZone(zone)) return failed(`"${printable(zone, 60)}" is no time zone that is known here`);
  const eitherDay = !isEvery(words[2]) && !isEvery(words[4]);
  return succeeded({ minutes, hours, days, months, weekdays, eitherDay, zone });
}

function isEvery(word: string | undefined): boolean {
  return word?.startsWith('*') === true;
}

function parseField(text: string, field: Field): Outcome<ReadonlySet<number>, string> {
  const { name, least, most } = field;
  const refuse = () =>
    failed(`"${printable(text, 60)}" is no ${name}: numbers from ${least} to ${most}, as 1,2 or 1-5 or */5`);
  const set = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const match = /^(?:\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return refuse();
    const [, from, to, by] = match;
    const step = by === undefined ? 1 : Number(by);
    const first = from === undefined ? least : numberOf(from, field);
    const last = to !== undefined ? numberOf(to, field) : from === undefined || by !== undefined ? most : first;
    if (first === null || last === null || first < least || last > most || first > last || step < 1) return refuse();
    for (let value = first; value <= last; value += step) set.add(value);
  }
  return succeeded(set);
}

function numberOf(word: string, { names, least }: Field): number | null {
  if (/^\d+$/.test(word)) return Number(word);
  const index = names?.indexOf(word) ?? -1;
  return index < 0 ? null : index + least;
}

/** The first minute after `after` (ms) that matches; null where none does within eight years (30 February). */
export function nextCron(cron: Cron, after: number): number | null {
  const local = clockOf(cron.zone);
  const everyHour = cron.hours.size === 24;
  let at = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
  const end = after + HORIZON_MS;
  while (at < end) {
    const now = local(at);
    if (!isDay(cron, now)) {
      const days = daysUntil(cron, now);
      if (days === null) return null;
      // Which day that is, the calendar says, and reading a zone's clock is what takes time. Near to it, to the last hour
      // of each day, then by the hour: a day may be an hour shorter than it looks.
      const left = 24 * 60 - (now.hour * 60 + now.minute);
      at += (days > 2 ? (days - 2) * 24 * 60 : left > 120 ? left - 60 : Math.min(left, 60 - now.minute)) * MINUTE_MS;
    } else if (!cron.hours.has(now.hour)) {
      at += (60 - now.minute) * MINUTE_MS;
    } else if (!cron.minutes.has(now.minute)) {
      at += MINUTE_MS;
    } else if (!everyHour && isRepeated(local, at, now)) {
      at += MINUTE_MS;
    } else {
      return at;
    }
  }
  return null;
}

/** Days to the next one that matches, from 1; null where none does within eight years. */
function daysUntil(cron: Cron, { year, month, day }: LocalTime): number | null {
  for (let days = 1; days <= HORIZON_DAYS; days++) {
    if (isDay(cron, utcTime(Date.UTC(year, month - 1, day + days)))) return days;
  }
  return null;
}

function isDay({ days, months, weekdays, eitherDay }: Cron, { day, month, weekday }: LocalTime): boolean {
  if (!months.has(month)) return false;
  return eitherDay ? days.has(day) || weekdays.has(weekday) : days.has(day) && weekdays.has(weekday);
}

/** The clocks have shown this time of this day before. */
function isRepeated(local: LocalClock, at: number, now: LocalTime): boolean {
  return [HOUR_MS, HOUR_MS / 2].some((back) => {
    const then = local(at - back);
    return then.day === now.day && then.hour === now.hour && then.minute === now.minute;
  });
}

interface LocalTime {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  /** 0: Sunday. */
  readonly weekday: number;
}

type LocalClock = (at: number) => LocalTime;

function utcTime(at: number): LocalTime {
  const date = new Date(at);
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    year: date.getUTCFullYear(),
    weekday: date.getUTCDay(),
  };
}

function clockOf(zone: string): LocalClock {
  if (zone === 'UTC') return utcTime;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  // The difference to UTC changes at full quarters of an hour alone, so one reading serves that long.
  let quarter = Number.NaN;
  let shift = 0;
  return (at) => {
    const own = Math.floor(at / (15 * MINUTE_MS));
    if (own !== quarter) {
      const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
      const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
      shift = shown - Math.floor(at / MINUTE_MS) * MINUTE_MS;
      quarter = own;
    }
    return utcTime(at + shift);
  };
}

function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,59}$/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
