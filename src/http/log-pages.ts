/** The story of a message and the search of the mail log as pages. */

import { printable } from '../base/printable.ts';
import { EVERYTHING, type LoggedEvent, type LogQuery, TLS_OUTCOMES } from '../report/log-search.ts';
import { showCount } from './dates.ts';
import { type Desk, queryOf, shownTime } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';
import { mayChange } from './operator.ts';
import { problemOf } from './problem.ts';
import { age, itemView } from './queue-items.ts';
import { doneOf } from './queue-pages.ts';
import { allRecipients, OPEN_STATES } from './queue-view.ts';

const SHOWN_EVENTS = 200;
/** Characters of a message's text that are shown. */
const MAX_SHOWN_TEXT = 64 * 1024;
const MAX_LINE = 1_000;
/** Shorter gaps between two events of a story are not told, ms. */
const TOLD_GAP_MS = 1_000;

export function logPages(desk: Desk): void {
  const { appliance, house } = desk;
  const { queue } = appliance;
  const { clock } = house;

  desk.get('/queue/messages/:mid', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const { mid: text } = request.params as { readonly mid: string };
    const mid = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    const items = await allRecipients(queue, mid);
    const answer = await appliance.logs.search({ ...EVERYTHING, mids: [mid] }, SHOWN_EVENTS);
    const [first] = items;
    const events = answer?.events ?? [];
    if (first === undefined && events.length === 0) {
      return desk.problem(request, reply, problemOf('not-found', say('quGone', { mid: printable(text, 20) })));
    }
    const wanted = first !== undefined && queryOf(request)['body'] === 'shown' && mayChange(request);
    const body = wanted ? await queue.body(mid) : null;
    // Other people's mail is read under one's own name.
    if (body !== null) await desk.record(request, 'message.read', `message ${mid}`);
    const page = {
      mid,
      head:
        first === undefined
          ? null
          : {
              from: first.sender === '' ? '<>' : printable(first.sender, 320),
              subject: printable(first.subject ?? '–', 500),
              messageId: printable(first.messageId ?? '–', 500),
              size: say('quOctets', { count: showCount(first.bytes, say.language) }),
              accepted: `${shownTime(first.acceptedAt)} UTC`,
            },
      items: items.map((item) => itemView(item, say, now)),
      open: items.some(({ state }) => OPEN_STATES.includes(state)),
      held: items.some(({ state }) => state === 'held'),
      events: storyOf(events, say),
      more: answer?.more ?? false,
      body: body === null ? null : printableText(Buffer.from(body).toString('utf8')),
      done: doneOf(request, say, 'message'),
    };
    return desk.page(request, reply, 'message', page, { title: say('quMessage', { mid }) });
  });

  desk.get('/log', async (request, reply) => {
    const say = desk.say(request);
    const asked = queryOf(request);
    const typed = Object.fromEntries(LOG_FIELDS.map((key) => [key, (asked[key] ?? '').trim()]));
    const before = wholeIn(asked['before']);
    const query = queryIn(typed, before);
    const answer = await appliance.logs.search(query, SHOWN_EVENTS);
    const events = answer?.events ?? [];
    const [oldest] = events;
    const page = {
      typed,
      outcomes: TLS_OUTCOMES,
      busy: answer === null,
      empty: answer?.empty ?? false,
      asked: before !== null || LOG_FIELDS.some((key) => typed[key] !== ''),
      events: events.map((event) => eventView(event, say)).toReversed(),
      older: answer?.more === true && oldest !== undefined ? olderThan(typed, oldest.at) : null,
      newest: before === null,
      most: SHOWN_EVENTS,
    };
    return desk.page(request, reply, 'log', page, { title: say('lgTitle'), status: answer === null ? 503 : 200 });
  });
}

const LOG_FIELDS = ['recipient', 'sender', 'mid', 'dcid', 'host', 'tls', 'text', 'since', 'until'] as const;

function queryIn(typed: Readonly<Record<string, string>>, before: number | null): LogQuery {
  const part = (key: string): string | null => typed[key]?.toLowerCase() || null;
  const mid = wholeIn(typed['mid']);
  const dcid = wholeIn(typed['dcid']);
  const until = [timeIn(typed['until']), before].filter((each) => each !== null);
  return {
    ...EVERYTHING,
    mids: mid === null ? [] : [mid],
    dcids: dcid === null ? [] : [dcid],
    sender: part('sender'),
    recipient: part('recipient'),
    host: part('host'),
    text: part('text'),
    tls: TLS_OUTCOMES.find((each) => each === typed['tls']) ?? null,
    since: timeIn(typed['since']),
    until: until.length === 0 ? null : Math.min(...until),
  };
}

function wholeIn(text = ''): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** `2026-11-28T10:05`, as a browser sends it, or with a blank; UTC. */
function timeIn(text = ''): number | null {
  const [, date, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? [];
  const at = date === undefined ? Number.NaN : Date.parse(`${date}T${time}Z`);
  return Number.isNaN(at) ? null : at;
}

/** The same search, for what happened up to then: nothing of that moment is left out. */
function olderThan(typed: Readonly<Record<string, string>>, at: number): string {
  const query = new URLSearchParams(Object.entries(typed).filter(([, value]) => value !== ''));
  query.set('before', String(at + 1));
  return `/log?${query}`;
}

const EVENT_WORDS: Readonly<Record<string, MessageKey>> = {
  'message-queued': 'evQueued',
  'connection-opened': 'evOpened',
  'session-judged': 'evJudged',
  'delivery-started': 'evStarted',
  'message-done': 'evDone',
  delayed: 'evDelayed',
  bounced: 'evBounced',
  'connection-closed': 'evClosed',
  'possible-delivery': 'evPossible',
  'message-finished': 'evFinished',
  'tls-alert': 'evAlert',
  trouble: 'evTrouble',
};

const TONES: Readonly<Record<string, string>> = {
  'message-done': 'good',
  bounced: 'bad',
  delayed: 'caution',
  'tls-alert': 'bad',
  trouble: 'bad',
  'possible-delivery': 'caution',
};

function eventView({ at, kind, lines, mid, dcid, fields }: LoggedEvent, say: Say) {
  const words = EVENT_WORDS[kind];
  return {
    time: shownTime(at),
    words: words === undefined ? kind : say(words),
    mid,
    dcid: dcid === 0 ? null : dcid,
    tone: kind === 'session-judged' ? toneOf(fields) : (TONES[kind] ?? ''),
    lines: lines.slice(0, 20).map((line) => printable(line, MAX_LINE)),
    later: '',
  };
}

function toneOf({ channel, verified }: Readonly<Record<string, unknown>>): string {
  if (channel === 'none') return 'bad';
  return channel === 'encrypted' && verified !== false ? 'good' : 'caution';
}

/** With the time that passed since the event before, where it is worth a word. */
function storyOf(events: readonly LoggedEvent[], say: Say) {
  return events.map((event, index) => {
    const gap = event.at - (events[index - 1]?.at ?? event.at);
    return { ...eventView(event, say), later: gap < TOLD_GAP_MS ? '' : say('lgLater', { time: age(gap) }) };
  });
}

/** Line ends stay, everything else that acts is shown as what it is. */
function printableText(text: string): string {
  return text
    .slice(0, MAX_SHOWN_TEXT)
    .split(/\r?\n/)
    .map((line) => printable(line, 2_000))
    .join('\n');
}
