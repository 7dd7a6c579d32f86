/** Monitors as pages: the list with their states, one with its history, the form, run now, take away. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SeenMonitor } from '../app/monitor-desk.ts';
import { printable } from '../base/printable.ts';
import { addMonitor, deleteMonitor, editMonitor } from '../config/monitor-edits.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { StoredRun } from '../monitor/monitor-store.ts';
import { addressOf } from '../monitor/notice.ts';
import type { MonitorState } from '../monitor/state.ts';
import { nextDates, showValue, statusOf } from '../monitor/status.ts';
import { parseTarget } from '../probe/target.ts';
import { type Desk, type FormFault, queryOf, shownTime, textIn } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';
import {
  EXPECT_CHOICES,
  fieldsOf,
  type MonitorFields,
  monitorIn,
  NEW_MONITOR,
  SWITCHES,
  TELL_CHOICES,
  typedFields,
} from './monitor-form.ts';
import { historyPicture, sparkPicture, TONES } from './monitor-pictures.ts';
import { configurationProblem } from './operator.ts';
import { problemOf } from './problem.ts';

const PAGE = 50;
/** Runs in the small picture, in the large one, and on a page of the table. */
const SPARK_RUNS = 40;
const PICTURE_RUNS = 120;
const TABLE_RUNS = 25;
const SHOWN_DATES = 12;

const STATE_WORDS: Readonly<Record<MonitorState, MessageKey>> = {
  ok: 'moOk',
  degraded: 'moDegraded',
  failing: 'moFailing',
  inconclusive: 'moInconclusive',
  stale: 'moStale',
};
const SIGNS = { good: '✓', caution: '!', bad: '✕', unknown: '?' } as const;

export function monitorsPages(desk: Desk): void {
  const { appliance, house } = desk;
  const { configuration, monitors } = appliance;

  /** The newest monitors; null where they cannot be read, and the reply has been sent. */
  const newest = async (request: FastifyRequest, reply: FastifyReply): Promise<readonly Monitor[] | null> => {
    const read = await configuration.newest();
    if (read.ok) return read.value.document.monitors;
    void desk.views.problem(request, reply, configurationProblem(read.failure));
    return null;
  };

  desk.get('/monitors', async (request, reply) => {
    const list = await newest(request, reply);
    if (list === null) return reply;
    const say = desk.say(request);
    const { after = '' } = queryOf(request);
    const seen = new Map((await monitors.all()).map((each) => [each.monitor.name, each]));
    const sorted = list
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => after === '' || name > after);
    const rows = await Promise.all(
      sorted.slice(0, PAGE).map(async (monitor) => {
        const { name } = monitor;
        const runs = await monitors.history({ name, limit: SPARK_RUNS, before: null });
        return rowOf(monitor, seen.get(name), runs.toReversed(), house.clock.now(), say);
      }),
    );
    const next = sorted.length > PAGE ? (sorted[PAGE - 1]?.name ?? '') : '';
    return desk.page(request, reply, 'monitors', { rows, next }, { title: say('opMonitors') });
  });

  desk.get('/monitors/view', async (request, reply) => {
    const say = desk.say(request);
    const { name = '', before = '' } = queryOf(request);
    const seen = await monitors.one(name);
    if (seen === null) return noMonitor(request, reply);
    const from = /^\d{1,15}$/.test(before) ? Number(before) : null;
    const runs = await monitors.history({ name, limit: Math.max(PICTURE_RUNS, TABLE_RUNS + 1), before: from });
    const now = house.clock.now();
    const status = statusOf(seen, now);
    const shown = runs.slice(0, TABLE_RUNS);
    const page = {
      ...stateOf(status.state, say),
      name,
      description: seen.monitor.description,
      schedule: seen.monitor.schedule,
      paused: seen.monitor.paused,
      running: seen.running,
      reasons: status.reasons,
      value: status.lastValue === null ? '–' : showValue(status.lastValue),
      since: timeOf(status.since, say),
      last: timeOf(status.lastRun, say),
      upcoming: timeOf(status.nextRun, say),
      picture: runs.length === 0 ? '' : historyPicture(runs.toReversed(), seen.monitor.gates.min, say),
      targets: targetsOf(seen, say),
      dates: nextDates(seen.memory, seen.monitor)
        .slice(0, SHOWN_DATES)
        .map((date) => ({
          ...date,
          at: date.at.slice(0, 10),
          tone: { error: 'bad', warning: 'caution', info: '' }[date.severity],
        })),
      runs: shown.map((run, index) => runOf(run, runs[index + 1], say)),
      older: runs.length > TABLE_RUNS ? String(shown.at(-1)?.id ?? '') : '',
      channels: seen.monitor.channels.map((channel) => ({
        kind: channel.kind,
        address: addressOf(channel),
        tell: TELL_CHOICES.filter(({ kind }) => channel.tell.includes(kind)).map(({ words }) => say(words)),
      })),
    };
    return desk.page(request, reply, 'monitor', page, { title: `${say('moMonitor')}: ${name}` });
  });

  const form = (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: { readonly old: string; readonly fields: MonitorFields; readonly fault: FormFault | null },
  ) => {
    const say = desk.say(request);
    const page = {
      old: shown.old,
      texts: shown.fields.texts,
      ticked: [...shown.fields.ticked],
      fault: shown.fault,
      switches: SWITCHES.map(([key, words]) => ({ key, words: say(words) })),
      tells: TELL_CHOICES.map(({ kind, words }) => ({ kind, words: say(words) })),
      expects: EXPECT_CHOICES,
    };
    const title = shown.old === '' ? say('moAdd') : `${say('opEdit')}: ${shown.old}`;
    const options = { title, at: '/monitors/form', status: shown.fault === null ? 200 : 400 };
    return desk.page(request, reply, 'monitor-form', { ...page, heading: title }, options);
  };

  desk.get(
    '/monitors/new',
    async (request, reply) => {
      const { target = '' } = queryOf(request);
      const parsed = parseTarget(target);
      const targets = parsed.ok ? [parsed.value.text] : [];
      const domain = parsed.ok && typeof parsed.value.domain === 'string' ? parsed.value.domain.slice(0, 63) : '';
      const fields = fieldsOf({ ...NEW_MONITOR, name: domain, targets });
      return form(request, reply, { old: '', fields, fault: null });
    },
    'operator',
  );

  desk.get(
    '/monitors/edit',
    async (request, reply) => {
      const list = await newest(request, reply);
      if (list === null) return reply;
      const { name = '' } = queryOf(request);
      const monitor = list.find((each) => each.name === name);
      if (monitor === undefined) return noMonitor(request, reply);
      return form(request, reply, { old: name, fields: fieldsOf(monitor), fault: null });
    },
    'operator',
  );

  desk.post('/monitors/save', async (request, reply) => {
    const old = textIn(request.body, 'old');
    const given = (before: Monitor) => monitorIn(request.body, before);
    const edit =
      old === '' ? addMonitor(given(NEW_MONITOR)) : editMonitor(old, (before) => ({ ...given(before), name: old }));
    const name = old === '' ? textIn(request.body, 'name').trim() : old;
    const written = await desk.write(
      request,
      edit,
      old === '' ? 'monitor.created' : 'monitor.saved',
      printable(name, 80),
    );
    if (written.ok) return reply.redirect('/monitors?done=saved', 303);
    return form(request, reply, { old, fields: typedFields(request.body), fault: written.failure });
  });

  desk.post('/monitors/run', async (request, reply) => {
    const name = textIn(request.body, 'name');
    if (!(await monitors.runNow(name))) return noMonitor(request, reply);
    await desk.record(request, 'monitor.run', name);
    return reply.redirect(`/monitors/view?name=${encodeURIComponent(name)}&done=asked`, 303);
  });

  desk.get(
    '/monitors/delete',
    async (request, reply) => {
      const list = await newest(request, reply);
      if (list === null) return reply;
      const { name = '' } = queryOf(request);
      if (!list.some((each) => each.name === name)) return noMonitor(request, reply);
      const say = desk.say(request);
      const page = {
        question: say('moDeleteAsk', { name }),
        action: '/monitors/delete',
        fields: { name },
        yes: say('opDelete'),
        back: '/monitors',
      };
      return desk.page(request, reply, 'confirm', page, { title: `${say('opDelete')}: ${name}`, at: '/monitors/form' });
    },
    'operator',
  );

  desk.post('/monitors/delete', async (request, reply) => {
    const name = textIn(request.body, 'name');
    const written = await desk.write(request, deleteMonitor(name), 'monitor.deleted', printable(name, 80));
    if (written.ok) return reply.redirect('/monitors?done=deleted', 303);
    return desk.views.problem(request, reply, problemOf('conflict', written.failure.text.join(' ')));
  });

  function noMonitor(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return desk.views.problem(request, reply, problemOf('not-found', 'There is no monitor of this name in force.'));
  }
}

function stateOf(state: MonitorState, say: Say) {
  const tone = TONES[state];
  return { tone, sign: SIGNS[tone], state: say(STATE_WORDS[state]) };
}

function timeOf(iso: string | null, say: Say): string {
  return iso === null ? say('moNever') : `${shownTime(Date.parse(iso)).slice(0, 16)} UTC`;
}

function rowOf(monitor: Monitor, seen: SeenMonitor | undefined, runs: readonly StoredRun[], now: number, say: Say) {
  const { name, description, targets, paused, gates } = monitor;
  const status = seen === undefined ? null : statusOf(seen, now);
  return {
    ...stateOf(status?.state ?? 'inconclusive', say),
    name,
    about: description === '' ? targets.slice(0, 3).join(', ') : description,
    paused,
    inForce: status !== null,
    value: status?.lastValue == null ? '–' : showValue(status.lastValue),
    since: status === null ? '' : timeOf(status.since, say),
    upcoming: status === null ? '' : paused ? say('moPaused') : timeOf(status.nextRun, say),
    picture: runs.length === 0 ? '' : sparkPicture(runs, gates.min, say),
  };
}

function targetsOf({ monitor, memory }: SeenMonitor, say: Say) {
  return monitor.targets.map((target) => {
    const known = memory.targets[target];
    const state = known?.known ?? 'inconclusive';
    return {
      ...stateOf(state, say),
      target,
      value: known?.value == null ? '–' : String(known.value),
      reasons: known?.reasons ?? [],
      doubt: known?.pending != null,
      result: known?.resultId ?? '',
    };
  });
}

function runOf(run: StoredRun, before: StoredRun | undefined, say: Say) {
  return {
    ...stateOf(run.state, say),
    time: shownTime(run.finishedAt),
    value: run.total === null ? '–' : showValue(run.total),
    items: run.items.map(({ target, resultId, reasons, changes, verdict }) => ({
      target,
      ...stateOf(verdict, say),
      well: verdict === 'ok' && changes.length === 0,
      said: [...changes.map(({ sentence }) => sentence), ...reasons],
      result: resultId,
      before: before?.items.find((each) => each.target === target)?.resultId ?? '',
      changed: changes.length > 0,
    })),
  };
}
