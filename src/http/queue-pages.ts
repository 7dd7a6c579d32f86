/** The queue as pages: what waits for each destination, and people's hands on it; what cannot be undone is asked for once more. */
import type { FastifyRequest } from 'fastify';
import { printable } from '../base/printable.ts';
import { deliverAtOnce } from '../delivery/deliver-now.ts';
import type { QueueItem, QueueSelection, TopHost } from '../delivery/queue-store.ts';
import { destinationOf } from '../delivery/submission.ts';
import { isDown } from '../report/host-status.ts';
import { type Desk, queryOf, shownTime, textIn } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';
import { problemOf } from './problem.ts';
import { selectionWords } from './queue-api.ts';
import { age, itemView, nextTry, shownDestination } from './queue-items.ts';
import { actOnQueue, hostsCursor, OPEN_STATES, readHostsCursor } from './queue-view.ts';

const HOSTS_PAGE = 50;
const PAGE = 100;
/** Held recipients that stand on the first page of the queue. */
const SHOWN_HELD = 10;

const ACTIONS = ['now', 'hold', 'release', 'retry', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

const ACTION_WORDS: Readonly<Record<Action, MessageKey>> = {
  now: 'quNow',
  hold: 'quHold',
  release: 'quRelease',
  retry: 'quRetry',
  delete: 'quDelete',
};

/** The way back of an action, and what it is called. */
const UNDO: Partial<Record<Action, { readonly action: Action; readonly words: MessageKey }>> = {
  hold: { action: 'release', words: 'quUndoHold' },
  release: { action: 'hold', words: 'quUndoRelease' },
};

/** Pages that an action may lead back to. */
type Place = 'queue' | 'held' | 'destination' | 'message';

export function queuePages(desk: Desk): void {
  const { appliance, house } = desk;
  const { queue } = appliance;
  const { clock } = house;

  /** Why something waits: the host's failure, or what the oldest of it was told last. */
  const whyOf = async (host: TopHost): Promise<string> => {
    if (isDown(host) && host.lastFailure !== null) return printable(host.lastFailure, 300);
    const [oldest] = await queue.list({ destination: host.destination, states: ['queued'], limit: 1 });
    return oldest?.last == null ? '' : printable([oldest.last.reason, oldest.last.reply].join(' ').trim(), 300);
  };

  desk.get('/queue', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const { filter = '', after = '' } = queryOf(request);
    const containing = filter.trim().toLowerCase();
    const found = await queue.hosts({
      limit: HOSTS_PAGE + 1,
      containing: containing === '' ? undefined : (destinationOf(`x@${containing}`) ?? containing),
      after: readHostsCursor(after) ?? undefined,
    });
    const hosts = found.slice(0, HOSTS_PAGE);
    const lanes = await Promise.all(hosts.map(({ destination }) => queue.lane(destination)));
    const whys = await Promise.all(hosts.map(whyOf));
    const connections = await queue.connections(now);
    const held = await queue.list({ states: ['held'], limit: SHOWN_HELD + 1 });
    const last = hosts.at(-1);
    const page = {
      filter,
      paged: after !== '',
      rows: hosts.map((host, index) => ({
        destination: host.destination,
        shown: shownDestination(host.destination),
        waiting: host.active,
        oldest: host.oldestAt === null ? '–' : age(now - host.oldestAt),
        down: isDown(host),
        tried: host.lastActivity !== null,
        connections: connections.get(host.destination) ?? 0,
        next: nextTry(Math.max(lanes[index]?.nextAttemptAt ?? 0, host.downUntil ?? 0), now),
        why: whys[index] ?? '',
      })),
      next: found.length > HOSTS_PAGE && last !== undefined ? hostsCursor(last) : null,
      held: held.slice(0, SHOWN_HELD).map((item) => itemView(item, say, now)),
      moreHeld: held.length > SHOWN_HELD,
      done: doneOf(request, say, 'queue'),
    };
    return desk.page(request, reply, 'queue', page, { title: say('quTitle') });
  });

  desk.get('/queue/held', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const items = await queue.list({
      states: ['held'],
      after: readItemCursor(queryOf(request)['after']),
      limit: PAGE + 1,
    });
    const page = {
      items: items.slice(0, PAGE).map((item) => itemView(item, say, now)),
      next: itemCursor(items),
      done: doneOf(request, say, 'held'),
    };
    return desk.page(request, reply, 'queue-held', page, { title: say('quHeldTitle') });
  });

  desk.get('/queue/destination', async (request, reply) => {
    const say = desk.say(request);
    const now = clock.now();
    const { name = '', after } = queryOf(request);
    const destination = destinationOf(`x@${name}`);
    if (destination === null) return desk.problem(request, reply, problemOf('bad-request', 'This is no domain.'));
    const items = await queue.list({
      destination,
      states: OPEN_STATES,
      after: readItemCursor(after),
      limit: PAGE + 1,
    });
    const state = await queue.hostState(destination);
    const lane = await queue.lane(destination);
    const page = {
      destination,
      shown: shownDestination(destination),
      items: items.slice(0, PAGE).map((item) => itemView(item, say, now)),
      next: itemCursor(items),
      down: state !== null && isDown(state),
      until: state?.downUntil == null ? '' : `${shownTime(state.downUntil)} UTC`,
      why: state?.lastFailure == null ? '' : printable(state.lastFailure, 300),
      last5xx: state?.last5xx == null ? '' : printable(state.last5xx, 300),
      waiting: lane?.waiting ?? 0,
      nextTry: lane === null ? '–' : nextTry(Math.max(lane.nextAttemptAt, state?.downUntil ?? 0), now),
      connections: (await queue.connections(now)).get(destination) ?? 0,
      activity: state?.lastActivity == null ? '–' : `${shownTime(state.lastActivity)} UTC`,
      counts:
        state === null
          ? null
          : {
              delivered: state.delivered,
              soft: state.softBounced,
              hard: Object.values(state.hardBounced).reduce((sum, each) => sum + each, 0),
            },
      held: items.some(({ state: each }) => each === 'held'),
      done: doneOf(request, say, 'destination'),
    };
    return desk.page(request, reply, 'queue-destination', page, { title: shownDestination(destination) });
  });

  desk.get(
    '/queue/confirm',
    async (request, reply) => {
      const say = desk.say(request);
      const { mid = '', destination = '', all = '' } = queryOf(request);
      const selection = selectionIn({ mid, destination, all });
      if (selection === null) return desk.problem(request, reply, problemOf('bad-request', 'Say what to delete.'));
      const what = selection.all === true ? say('opEverything') : selectionWords(selection);
      const page = {
        question: say('quAskDelete', { what }),
        action: '/queue/act',
        fields: { action: 'delete', mid, destination, all },
        yes: say('quDelete'),
        back: mid === '' ? '/queue' : `/queue/messages/${mid}`,
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
      return desk.problem(request, reply, problemOf('bad-request', 'Say what to do, and with which messages.'));
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
    const told = new URLSearchParams({ done: action, count: String(count) });
    for (const [key, value] of Object.entries({ mid, destination, all })) if (value !== '') told.set(key, value);
    return reply.redirect(placeOf(back, selection, told), 303);
  });
}

/** Where an action leads back to, with what was done. */
function placeOf(back: string, { mids, destination }: QueueSelection, told: URLSearchParams): string {
  const [mid] = mids ?? [];
  if (back === 'message' && mid !== undefined) return `/queue/messages/${mid}?${told}`;
  if (back === 'held') return `/queue/held?${told}`;
  if (back !== 'destination' || destination === undefined) return `/queue?${told}`;
  return `/queue/destination?name=${encodeURIComponent(destination)}&${told}`;
}

function itemCursor(items: readonly QueueItem[]): string | null {
  const last = items[PAGE - 1];
  return items.length > PAGE && last !== undefined ? `${last.mid}:${last.rid}` : null;
}

function readItemCursor(after = ''): { readonly mid: number; readonly rid: number } | undefined {
  const [, mid, rid] = /^(\d{1,15}):(\d{1,9})$/.exec(after) ?? [];
  return mid === undefined ? undefined : { mid: Number(mid), rid: Number(rid) };
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
export function doneOf(request: FastifyRequest, say: Say, place: Place) {
  const { done, count, mid = '', destination = '', all = '' } = queryOf(request);
  const action = ACTIONS.find((each) => each === done);
  if (action === undefined || !/^\d{1,9}$/.test(count ?? '')) return null;
  const undo = UNDO[action];
  const selected = { mid, destination, all };
  const isUndone = undo !== undefined && count !== '0' && selectionIn(selected) !== null;
  return {
    text: say('quDone', { action: say(ACTION_WORDS[action]), count: count ?? '' }),
    undo: isUndone ? { words: say(undo.words), fields: { ...selected, action: undo.action, back: place } } : null,
  };
}
