/**
 * What a channel is told, as `tlsreach.monitor-notice/1`: the body of a webhook, and what a mail is written from. Also which
 * channels want it. Pure.
 */
import type { ClockEntry } from '../probe/result.ts';
import type { NoticeEvent, NoticeSeverity } from './alerting.ts';
import type { Change } from './changes.ts';
import type { Channel, NoticeKind } from './monitor.ts';
import type { MonitorState } from './state.ts';

export interface NoticeTarget {
  readonly target: string;
  readonly state: MonitorState;
  /** Of this run; null where it could not tell. */
  readonly value: number | null;
  readonly reasons: readonly string[];
  readonly resultId: string | null;
}

export interface Notice {
  readonly format: 'tlsreach.monitor-notice/1';
  readonly event: NoticeEvent;
  readonly severity: NoticeSeverity;
  readonly monitor: string;
  readonly description: string;
  readonly state: MonitorState;
  readonly previous: MonitorState | null;
  /** ISO 8601 UTC. */
  readonly since: string;
  readonly at: string;
  /** Of `recovered`: how long it was not well. */
  readonly lastedMs: number | null;
  readonly targets: readonly NoticeTarget[];
  readonly changes: readonly (Change & { readonly target: string })[];
  readonly dates: readonly (ClockEntry & { readonly target: string })[];
}

const KIND_OF: Readonly<Record<NoticeEvent, NoticeKind>> = {
  problem: 'state',
  recovered: 'state',
  reminder: 'reminder',
  change: 'change',
  date: 'date',
};

export function wants({ tell }: Channel, { event }: Pick<Notice, 'event'>): boolean {
  return tell.includes(KIND_OF[event]);
}

/** A channel without its secrets: where it leads. */
export function addressOf(channel: Channel): string {
  return channel.kind === 'mail' ? channel.to.join(', ') : channel.url;
}

/** `FAILING: partners: good.example: the confidence is 0, below 90`. */
export function noticeTitle(notice: Notice): string {
  const { event, state, monitor, lastedMs } = notice;
  const reason = firstReason(notice);
  switch (event) {
    case 'problem':
      return `${state}: ${monitor}${reason}`;
    case 'reminder':
      return `still ${state}: ${monitor}${reason}`;
    case 'recovered':
      return `ok again: ${monitor}, after ${showDuration(lastedMs ?? 0)}`;
    case 'change':
      return `changed: ${monitor}: ${notice.changes[0]?.sentence ?? ''}`;
    case 'date':
      return `date: ${monitor}: ${notice.dates[0]?.sentence ?? ''}`;
  }
}

function firstReason({ targets, state }: Notice): string {
  const target = targets.find((each) => each.state === state);
  if (target === undefined) return '';
  const reason = target.reasons[0];
  return `: ${target.target}${reason === undefined ? '' : `: ${reason}`}`;
}

/** The text of a mail, line by line. */
export function noticeLines(notice: Notice): readonly string[] {
  const { monitor, description, state, since, at, event, previous, lastedMs, targets, changes, dates } = notice;
  const bad = targets.filter((target) => target.state !== 'ok');
  return [
    ...(description === '' ? [] : [description, '']),
    `Monitor:  ${monitor}`,
    `State:    ${state}${previous === null ? '' : ` (was ${previous})`}`,
    `Since:    ${since}`,
    ...(event === 'recovered' ? [`It took:  ${showDuration(lastedMs ?? 0)}`] : []),
    `Time:     ${at}`,
    ...section('Targets', (event === 'recovered' ? targets : bad).flatMap(targetLines)),
    ...section(
      'What changed since the run before',
      changes.map(({ target, sentence }) => `- ${target}: ${sentence}`),
    ),
    ...section(
      'Dates',
      dates.map(({ target, sentence }) => `- ${target}: ${sentence}`),
    ),
    '',
    `See tlsreach monitor show ${monitor}, or the page of the monitor.`,
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines];
}

function targetLines({ target, state, value, reasons }: NoticeTarget): readonly string[] {
  return [`- ${target}: ${state}${value === null ? '' : `, ${value}`}`, ...reasons.map((reason) => `    ${reason}`)];
}

/** `2 d 4 h`, `17 min`, `40 s`: two figures at most. */
export function showDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
