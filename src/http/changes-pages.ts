/** Pending changes, commit, history and the way back, as pages (R127). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { printable } from '../base/printable.ts';
import { MAX_COMMENT_LENGTH } from '../config/configuration.ts';
import { type ConfigurationChange, diffDocuments } from '../config/diff.ts';
import { showRouteTargets } from '../config/route-target.ts';
import type { SmtpRouteTarget } from '../delivery/settings.ts';
import { type Desk, faultOf, queryOf, shownTime, textIn } from './desk.ts';
import { shownName } from './destination-form.ts';
import type { Say } from './languages.ts';
import { actorOf, configurationProblem } from './operator.ts';
import { problemOf } from './problem.ts';

const SHOWN_REVISIONS = 50;
const MAX_SHOWN_CHANGES = 500;

export function changesPages(desk: Desk): void {
  const { house } = desk;
  const { configuration } = desk.appliance;

  const review = async (request: FastifyRequest, reply: FastifyReply, fault: readonly string[], status = 200) => {
    const say = desk.say(request);
    const changes = await configuration.pendingChanges();
    if (!changes.ok) return desk.problem(request, reply, configurationProblem(changes.failure));
    const page = {
      changes: changes.value.slice(0, MAX_SHOWN_CHANGES).map((change) => changeRow(change, say)),
      count: changes.value.length,
      fault,
      most: MAX_COMMENT_LENGTH,
      comment: textIn(request.body, 'comment'),
    };
    return desk.page(request, reply, 'changes', page, { title: say('chTitle'), status });
  };

  desk.get('/changes', async (request, reply) => review(request, reply, []));

  desk.post('/changes/commit', async (request, reply) => {
    const comment = textIn(request.body, 'comment');
    const tag = textIn(request.body, 'tag');
    const author = await actorOf(house, request);
    const committed = await configuration.commit({ comment, author, ...(tag === '' ? {} : { tag }) });
    if (!committed.ok) return review(request, reply, faultOf(committed.failure, desk.say(request)).text, 409);
    const { revision } = committed.value;
    await desk.record(
      request,
      'configuration.committed',
      `revision ${revision}${comment === '' ? '' : `: ${comment}`}`,
    );
    return reply.redirect(`/changes/history?done=committed&revision=${revision}`, 303);
  });

  desk.get(
    '/changes/discard',
    async (request, reply) => {
      const say = desk.say(request);
      const page = {
        question: say('chDiscardAsk'),
        action: '/changes/discard',
        fields: {},
        yes: say('chDiscard'),
        back: '/changes',
      };
      return desk.page(request, reply, 'confirm', page, { title: say('chDiscard') });
    },
    'operator',
  );

  desk.post('/changes/discard', async (request, reply) => {
    const cleared = await configuration.clear();
    if (!cleared.ok) return review(request, reply, faultOf(cleared.failure, desk.say(request)).text, 409);
    await desk.record(request, 'configuration.cleared', '');
    return reply.redirect('/changes?done=cleared', 303);
  });

  desk.get('/changes/history', async (request, reply) => {
    const say = desk.say(request);
    const before = Number(/^\d{1,9}$/.exec(queryOf(request)['before'] ?? '')?.[0] ?? Number.MAX_SAFE_INTEGER);
    const newest = await configuration.history(1);
    const all = await configuration.history(
      before === Number.MAX_SAFE_INTEGER
        ? SHOWN_REVISIONS + 1
        : Math.max(0, (newest[0]?.revision ?? 0) - before) + SHOWN_REVISIONS + 2,
    );
    const rest = all.filter(({ revision }) => revision < before);
    const page = {
      revisions: rest.slice(0, SHOWN_REVISIONS).map((each) => ({ ...each, time: `${shownTime(each.at)} UTC` })),
      next: rest.length > SHOWN_REVISIONS ? rest[SHOWN_REVISIONS - 1]?.revision : null,
      inForce: newest[0]?.revision ?? 0,
    };
    return desk.page(request, reply, 'history', page, { title: say('chHistory') });
  });

  const revisionPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    number: string,
    fault: readonly string[],
    status = 200,
  ) => {
    const say = desk.say(request);
    const revision = /^\d{1,9}$/.test(number) ? Number(number) : -1;
    const document = await configuration.at(revision);
    const committed = await configuration.committed();
    const newest = await configuration.newest();
    if (!document.ok || !committed.ok || !newest.ok) {
      return desk.problem(request, reply, problemOf('not-found', 'There is no such revision.'));
    }
    const before = await configuration.at(Math.max(0, revision - 1));
    const changes = before.ok ? diffDocuments(before.value, document.value) : [];
    const rollback = diffDocuments(committed.value.document, document.value);
    const newer = committed.value.revision - revision;
    const [summary] = newer < 0 ? [] : (await configuration.history(newer + 1)).slice(newer);
    const page = {
      revision,
      about:
        summary?.revision === revision
          ? { comment: summary.comment, author: summary.author, time: `${shownTime(summary.at)} UTC` }
          : null,
      changes: changes.slice(0, MAX_SHOWN_CHANGES).map((change) => changeRow(change, say)),
      rollback: rollback.slice(0, MAX_SHOWN_CHANGES).map((change) => changeRow(change, say)),
      isPending: newest.value.isPending,
      inForce: committed.value.revision === revision,
      fault,
      most: MAX_COMMENT_LENGTH,
    };
    const title = say('chRevision', { revision });
    return desk.page(request, reply, 'revision', page, { title, status, at: '/changes/history' });
  };

  desk.get('/changes/history/:revision', async (request, reply) =>
    revisionPage(request, reply, (request.params as { readonly revision: string }).revision, []),
  );

  desk.post('/changes/rollback', async (request, reply) => {
    const number = textIn(request.body, 'revision');
    const author = await actorOf(house, request);
    const comment = textIn(request.body, 'comment');
    const revision = /^\d{1,9}$/.test(number) ? Number(number) : -1;
    const rolled = await configuration.rollback(revision, { comment, author });
    if (!rolled.ok) {
      return revisionPage(request, reply, number, faultOf(rolled.failure, desk.say(request)).text, 409);
    }
    await desk.record(request, 'configuration.rolled-back', `to revision ${revision}`);
    return reply.redirect(`/changes/history?done=committed&revision=${rolled.value.revision}`, 303);
  });
}

/** A change as a row: what, how, before and after, in words that a template only has to escape. */
export function changeRow({ place, kind, before, after }: ConfigurationChange, say: Say) {
  const words = { added: 'chAdded', removed: 'chRemoved', changed: 'chChanged', reordered: 'chReordered' } as const;
  const tone = { added: 'good', removed: 'bad', changed: 'caution', reordered: 'unknown' } as const;
  return {
    place: place
      .replace(/^destinations\.entries\[(.*?)\]/, (_whole, name: string) => shownName(name))
      .replace(/^destinations\./, ''),
    how: say(words[kind]),
    tone: tone[kind],
    before: linesOf(before),
    after: linesOf(after),
  };
}

const MAX_SHOWN_VALUE = 300;

/** A value as people read it, a line for each field of a row; what a row leaves to the default entry is left out. */
function linesOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [shownValue(value)];
  const said = Object.entries(value).filter(([, each]) => each !== 'default');
  const rest = said.filter(([key]) => said.length === 1 || (key !== 'domain' && key !== 'name' && key !== 'address'));
  return rest.map(([key, each]) => `${key}: ${key === 'targets' ? shownTargets(each) : shownValue(each)}`);
}

function shownValue(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join(', ') || '–';
  const text = typeof value === 'string' ? value : value === null ? '–' : JSON.stringify(value);
  return printable(text === '' ? '–' : text, MAX_SHOWN_VALUE);
}

function shownTargets(value: unknown): string {
  return showRouteTargets(value as readonly SmtpRouteTarget[]);
}
