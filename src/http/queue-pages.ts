/** The queue, the story of a message, and the mail log as pages; what an action takes away is asked for once more. */
import type { FastifyRequest } from 'fastify';
import { parseDomain, showDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import { deliverAtOnce } from '../delivery/deliver-now.ts';
import type { QueueItem, QueueSelection } from '../delivery/queue-store.ts';
import { destinationOf } from '../delivery/submission.ts';
import { isDown } from '../report/host-status.ts';
import { EVERYTHING, type LoggedEvent, TLS_OUTCOMES } from '../report/log-search.ts';
import { type Desk, queryOf, shownTime, textIn } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';
import { mayChange } from './operator.ts';
import { problemOf } from './problem.ts';
import { selectionWords } from './queue-api.ts';
import { actOnQueue, allRecipients, OPEN_STATES } from './queue-view.ts';

const SHOWN_HOSTS = 200;
const PAGE = 100;
const SHOWN_EVENTS = 200;
/** Characters of a message's text that are shown. */
const MAX_SHOWN_TEXT = 64 * 1024;
const MAX_LINE = 1_000;

const ACTIONS = ['now', 'hold', 'release', 'retry', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

const ACTION_WORDS: Readonly<Record<Action, MessageKey>> = {
  now: 'quNow',
  hold: 'quHold',
  release: 'quRelease',
  retry: 'quRetry',
  delete: 'quDelete',
};

export const STATE_WORDS: Readonly<Record<QueueItem['state'], MessageKey>> = {
  queued: 'qsQueued',
  claimed: 'qsClaimed',
  held: 'qsHeld',
  delivered: 'qsDelivered',
  bounced: 'qsBounced',
  deleted: 'qsDeleted',
};

const STATE_TONES: Readonly<Record<QueueItem['state'], string>> = {
  queued: 'caution',
  claimed: 'unknown',
  held: 'unknown',
  delivered: 'good',
  bounced: 'bad',
  deleted: 'unknown',
};

export function queuePages(desk: Desk): void {
  const { appliance, house, views } = desk;
  const { queue } = appliance;
  const { clock } = house;

  desk.get('/queue', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const hosts = await queue.topHosts(SHOWN_HOSTS);
    const lanes = await Promise.all(hosts.map(({ destination }) => queue.lane(destination)));
    const held = await queue.list({ states: ['held'], limit: PAGE });
    const rows = hosts.map((host, index) => ({
      destination: host.destination,
      shown: shownDestination(host.destination),
      waiting: host.active,
      oldest: host.oldestAt === null ? '–' : age(now - host.oldestAt),
      down: isDown(host),
      tried: host.lastActivity !== null,
      next: nextTry(Math.max(lanes[index]?.nextAttemptAt ?? 0, host.downUntil ?? 0), now),
      why: host.lastFailure === null || !isDown(host) ? '' : printable(host.lastFailure, 300),
    }));
    const page = { rows, held: held.map((item) => itemView(item, say, now)), done: doneOf(request, say) };
    return desk.page(request, reply, 'queue', page, { title: say('quTitle') });
  });

  desk.get('/queue/destination', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const { name = '', after } = queryOf(request);
    const destination = destinationOf(`x@${name}`);
    if (destination === null) return views.problem(request, reply, problemOf('bad-request', 'This is no domain.'));
    const [, mid, rid] = /^(\d{1,15}):(\d{1,9})$/.exec(after ?? '') ?? [];
    const items = await queue.list({
      destination,
      states: OPEN_STATES,
      after: mid === undefined ? undefined : { mid: Number(mid), rid: Number(rid) },
      limit: PAGE + 1,
    });
    const state = await queue.hostState(destination);
    const shown = items.slice(0, PAGE);
    const last = shown.at(-1);
    const page = {
      destination,
      shown: shownDestination(destination),
      items: shown.map((item) => itemView(item, say, now)),
      next: items.length > PAGE && last !== undefined ? `${last.mid}:${last.rid}` : null,
      down: state !== null && isDown(state),
      until: state?.downUntil == null ? '' : `${shownTime(state.downUntil)} UTC`,
      why: state?.lastFailure == null ? '' : printable(state.lastFailure, 300),
      last5xx: state?.last5xx == null ? '' : printable(state.last5xx, 300),
      counts:
        state === null
          ? null
          : {
              delivered: state.delivered,
              soft: state.softBounced,
              hard: Object.values(state.hardBounced).reduce((sum, each) => sum + each, 0),
            },
      done: doneOf(request, say),
    };
    return desk.page(request, reply, 'queue-destination', page, { title: shownDestination(destination) });
  });

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
      return views.problem(request, reply, problemOf('not-found', say('quGone', { mid: printable(text, 20) })));
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
              size: say('quOctets', { count: first.bytes.toLocaleString('en-US') }),
              accepted: `${shownTime(first.acceptedAt)} UTC`,
            },
      items: items.map((item) => itemView(item, say, now)),
      open: items.some(({ state }) => OPEN_STATES.includes(state)),
      held: items.some(({ state }) => state === 'held'),
      events: events.map(eventView),
      more: answer?.more ?? false,
      body: body === null ? null : printableText(Buffer.from(body).toString('utf8')),
      done: doneOf(request, say),
    };
    return desk.page(request, reply, 'message', page, { title: say('quMessage', { mid }) });
  });

  desk.get(
    '/queue/confirm',
    async (request, reply) => {
      const say = desk.say(request);
      const { mid = '', destination = '', all = '' } = queryOf(request);
      const selection = selectionIn({ mid, destination, all });
      if (selection === null) return views.problem(request, reply, problemOf('bad-request', 'Say what to delete.'));
      const what = selection.all === true ? say('opEverything') : selectionWords(selection);
      const page = {
        question: say('quAskDelete', { what }),
        action: '/queue/act',
        fields: { action: 'delete', mid, destination, all },
        yes: say('quDelete'),
        back: '/queue',
      };
      return desk.page(request, reply, 'confirm', page, { title: say('quDelete'), at: '/queue/x' });
    },
    'operator',
  );

  desk.post('/queue/act', async (request, reply) => {
    const [mid, destination, all, wanted, back] = ['mid', 'destination', 'all', 'action', 'back'].map((key) =>
      textIn(request.body, key),
    ) as [string, string, string, string, string];
    const selection = selectionIn({ mid, destination, all });
    const action = ACTIONS.find((each) => each === wanted);
    if (selection === null || action === undefined) {
      return views.problem(request, reply, problemOf('bad-request', 'Say what to do, and with which messages.'));
    }
    const now = clock.now();
    const count =
      action === 'now'
        ? await deliverAtOnce(queue, selection.destination ?? null, now)
        : await actOnQueue(appliance, action, selection, now);
    await desk.record(
      request,
      action === 'now' ? 'queue.delivernow' : `queue.${action}`,
      `${selectionWords(selection)}: ${count} recipients`,
    );
    const where = back === 'message' && /^\d+$/.test(mid) ? `/queue/messages/${mid}` : '/queue';
    const undo =
      action === 'hold' && where === '/queue'
        ? `&mid=${mid}&destination=${encodeURIComponent(destination)}&all=${all}`
        : '';
    return reply.redirect(`${where}?done=${action}&count=${count}${undo}`, 303);
  });

  desk.get('/log', async (request, reply) => {
    const say = desk.say(request);
    const asked = queryOf(request);
    const fields = ['mid', 'sender', 'recipient', 'host', 'tls', 'text'].map(
      (key) => [key, (asked[key] ?? '').trim()] as const,
    );
    const typed = Object.fromEntries(fields);
    const part = (key: string): string | null => (typed[key] === '' ? null : (typed[key] ?? '').toLowerCase());
    const mid = /^\d{1,15}$/.exec(typed['mid'] ?? '')?.[0];
    const query = {
      ...EVERYTHING,
      mids: mid === undefined ? [] : [Number(mid)],
      sender: part('sender'),
      recipient: part('recipient'),
      host: part('host'),
      text: part('text'),
      tls: TLS_OUTCOMES.find((each) => each === typed['tls']) ?? null,
    };
    const answer = await appliance.logs.search(query, SHOWN_EVENTS);
    const page = {
      typed,
      outcomes: TLS_OUTCOMES,
      busy: answer === null,
      empty: answer?.empty ?? false,
      events: (answer?.events ?? []).map(eventView).toReversed(),
      more: answer?.more ?? false,
      most: SHOWN_EVENTS,
    };
    return desk.page(request, reply, 'log', page, { title: say('lgTitle'), status: answer === null ? 503 : 200 });
  });
}

function selectionIn(fields: {
  readonly mid: string;
  readonly destination: string;
  readonly all: string;
}): QueueSelection | null {
  const { mid, destination, all } = fields;
  if ([mid, destination, all].filter((each) => each !== '').length !== 1) return null;
  if (all !== '') return all === 'yes' ? { all: true } : null;
  if (mid !== '') return /^\d{1,15}$/.test(mid) ? { mids: [Number(mid)] } : null;
  const name = destinationOf(`x@${destination}`);
  return name === null ? null : { destination: name };
}

/** What was done, with the way back where there is one. */
function doneOf(request: FastifyRequest, say: Say) {
  const { done, count, mid = '', destination = '', all = '' } = queryOf(request);
  const action = ACTIONS.find((each) => each === done);
  if (action === undefined || !/^\d{1,9}$/.test(count ?? '')) return null;
  return {
    text: say('quDone', { action: say(ACTION_WORDS[action]), count: count ?? '' }),
    undo: action === 'hold' && selectionIn({ mid, destination, all }) !== null ? { mid, destination, all } : null,
  };
}

function itemView(item: QueueItem, say: Say, now: number) {
  const { mid, rid, sender, recipient, state, attempts, nextAttemptAt, acceptedAt, subject, last } = item;
  return {
    mid,
    rid,
    from: sender === '' ? '<>' : printable(sender, 320),
    to: printable(recipient, 320),
    subject: printable(subject ?? '', 200),
    state: say(STATE_WORDS[state]),
    tone: STATE_TONES[state],
    held: state === 'held',
    attempts,
    age: age(now - acceptedAt),
    next: state === 'queued' ? nextTry(nextAttemptAt, now) : '–',
    where:
      last === null || last.host === null ? '' : `${printable(last.host, 255)} [${printable(last.address ?? '', 60)}]`,
    channel:
      last === null || last.channel === 'none' ? '' : `${last.channel}${last.verified === true ? ', verified' : ''}`,
    said: last === null ? '' : printable(last.reply, 400),
    why: last === null ? '' : printable(last.reason, 400),
  };
}

export function eventView({ at, kind, lines, mid, dcid }: LoggedEvent) {
  return {
    time: shownTime(at),
    kind,
    mid,
    dcid: dcid === 0 ? null : dcid,
    tone: TONES[kind] ?? '',
    lines: lines.slice(0, 20).map((line) => printable(line, MAX_LINE)),
  };
}

const TONES: Readonly<Record<string, string>> = {
  'message-done': 'good',
  bounced: 'bad',
  delayed: 'caution',
  'tls-alert': 'bad',
  trouble: 'bad',
  'possible-delivery': 'caution',
};

function nextTry(at: number, now: number): string {
  return at <= now ? '…' : `${shownTime(at).slice(5)} UTC`;
}

/** `3 d 4 h`, `4 h 12 min`, `12 min`, `8 s`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** Line ends stay, everything else that acts is shown as what it is. */
function printableText(text: string): string {
  return text
    .slice(0, MAX_SHOWN_TEXT)
    .split(/\r?\n/)
    .map((line) => printable(line, 2_000))
    .join('\n');
}

export function shownDestination(name: string): string {
  return parseDomain(name).ok ? showDomain(name) : printable(name, 300);
}
