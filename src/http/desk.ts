/** What every page of the operator's side has: the rail, the bar about pending changes, who may change things, and forms. */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Appliance } from '../app/appliance.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Role } from '../config/account-store.ts';
import type { ConfigurationFailure, Edit } from '../config/configuration.ts';
import { describeConfigurationFailure } from '../config/configuration.ts';
import { type ConfigurationChange, diffDocuments } from '../config/diff.ts';
import { checkDocument } from '../config/read-document.ts';
import { fromOurPage, withToken } from './form-guard.ts';
import type { WebHouse } from './house.ts';
import type { MessageKey, Say } from './languages.ts';
import { actorOf, mayChange, sentence, signedInAs } from './operator.ts';
import type { Problem } from './problem.ts';
import { readingUpload, uploadLimits, withinSize } from './upload.ts';
import type { Views } from './views.ts';

export const RAIL = [
  ['/overview', 'opOverview'],
  ['/destinations', 'opDestinations'],
  ['/certificates', 'opCertificates'],
  ['/queue', 'opQueue'],
  ['/log', 'opLog'],
  ['/monitors', 'opMonitors'],
  ['/settings', 'opSettings'],
] as const satisfies readonly (readonly [string, MessageKey])[];

/** Octets of a form that is no table and no file. */
const MAX_FORM = 512 * 1024;

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export interface Desk {
  readonly house: WebHouse;
  readonly appliance: Appliance;
  readonly views: Views;
  say(request: FastifyRequest): Say;
  get(path: string, handler: Handler, least?: Role): void;
  /** A form of somebody who may change things; with the guard against other sites' forms. */
  post(path: string, handler: Handler, options?: { readonly least?: Role; readonly bodyLimit?: number }): void;
  /** The same for a form with a file of at most so many octets. */
  upload(path: string, handler: Handler, bytes: number): void;
  page(
    request: FastifyRequest,
    reply: FastifyReply,
    template: string,
    values: object,
    options: { readonly title: string; readonly status?: number; readonly at?: string },
  ): Promise<FastifyReply>;
  /** What went wrong, between the rail and the way on. */
  problem(request: FastifyRequest, reply: FastifyReply, problem: Problem): Promise<FastifyReply>;
  /** What an edit would change of the newest configuration; nothing is written. */
  look(request: FastifyRequest, edit: Edit): Promise<Outcome<readonly ConfigurationChange[], FormFault>>;
  /** The fault is told in the words of whoever found it, in English. */
  write(request: FastifyRequest, edit: Edit, what: string, subject: string): Promise<Outcome<null, FormFault>>;
  record(request: FastifyRequest, what: string, subject: string): Promise<void>;
}

export interface FormFault {
  readonly text: readonly string[];
  /** By field. */
  readonly fields: Readonly<Record<string, string>>;
}

export function createDesk(server: FastifyInstance, house: WebHouse, appliance: Appliance, views: Views): Desk {
  const hidden = { schema: { hide: true } } as const;
  const own = fromOurPage(views);
  const token = withToken(views);
  const say: Desk['say'] = (request) => views.frame(request).say;

  const record: Desk['record'] = async (request, what, subject) =>
    house.accounts.record(await actorOf(house, request), what, subject);

  const framed = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: object,
    { title, status, at }: { readonly title: string; readonly status?: number; readonly at?: string },
  ) => {
    const newest = await appliance.configuration.newest();
    const isPending = newest.ok && newest.value.isPending;
    const changes = isPending ? await appliance.configuration.pendingChanges() : null;
    const path = at ?? request.url.split('?')[0] ?? '';
    const desk = {
      rail: RAIL.map(([href, key]) => ({
        href,
        key,
        here: path === href ? 'page' : path.startsWith(`${href}/`) ? 'true' : '',
      })),
      pending: changes?.ok === true ? changes.value.length : 0,
      tag: newest.ok ? newest.value.tag : '',
      mayChange: mayChange(request),
      admin: request.caller.session?.user.role === 'admin',
      note: noteOf(request, say(request)),
    };
    const shown = { ...values, desk };
    return views.page(request, reply, 'appliance/frame', shown, { title, ...(status === undefined ? {} : { status }) });
  };

  const problem: Desk['problem'] = (request, reply, found) => {
    const told = views.told(request, found, '/overview');
    return framed(request, reply, { inner: 'problem', problem: told }, { title: told.title, status: told.status });
  };

  const guardFor = (least: Role) => signedInAs(views, least, problem);

  const look: Desk['look'] = async (request, edit) => {
    const refuse = (failure: ConfigurationFailure) => ({ ok: false, failure: faultOf(failure, say(request)) }) as const;
    const newest = await appliance.configuration.newest();
    if (!newest.ok) return refuse(newest.failure);
    const edited = edit(newest.value.document);
    if (!edited.ok) return refuse({ kind: 'refused', why: edited.failure });
    const checked = checkDocument(edited.value);
    if (!checked.ok) return refuse({ kind: 'invalid', faults: checked.failure });
    return { ok: true, value: diffDocuments(newest.value.document, checked.value) };
  };

  const write: Desk['write'] = async (request, edit, what, subject) => {
    const tag = textIn(request.body, 'tag');
    const changed = await appliance.configuration.change(edit, tag === '' ? undefined : tag);
    if (!changed.ok) return { ok: false, failure: faultOf(changed.failure, say(request)) };
    await record(request, what, subject);
    return { ok: true, value: null };
  };

  return {
    house,
    appliance,
    views,
    say,
    record,
    problem,
    look,
    write,
    get: (path, handler, least = 'viewer') => void server.get(path, { ...hidden, onRequest: guardFor(least) }, handler),
    post: (path, handler, { least = 'operator', bodyLimit = MAX_FORM } = {}) =>
      void server.post(path, { ...hidden, bodyLimit, onRequest: guardFor(least), preHandler: [own, token] }, handler),
    upload: (path, handler, bytes) =>
      void server.register(async (inner) => {
        await inner.register(multipart, { limits: uploadLimits(bytes) });
        const onRequest = [guardFor('operator'), own, withinSize(views, bytes)];
        inner.post(path, { ...hidden, bodyLimit: bytes, onRequest, preHandler: readingUpload(views) }, handler);
      }),
    page: async (request, reply, template, values, options) =>
      framed(request, reply, { ...values, inner: `appliance/${template}` }, options),
  };
}

/** What was just done, as the page that follows tells it. */
function noteOf(request: FastifyRequest, say: Say): string | null {
  const { done, revision } = queryOf(request);
  if (done === 'saved') return say('opSaved');
  if (done === 'deleted') return say('opDeleted');
  if (done === 'sent') return say('sdSent');
  if (done === 'cleared') return say('chCleared');
  if (done === 'asked') return say('moAsked');
  if (done === 'committed' && /^\d{1,9}$/.test(revision ?? '')) return say('chCommitted', { revision: revision ?? '' });
  return null;
}

export function faultOf(failure: ConfigurationFailure, say: Say): FormFault {
  if (failure.kind === 'conflict') return { text: [say('opChangedMeanwhile')], fields: {} };
  if (failure.kind !== 'invalid')
    return { text: sentence(describeConfigurationFailure(failure)).split('\n'), fields: {} };
  const fields: Record<string, string> = {};
  const text: string[] = [];
  for (const { place, why } of failure.faults.slice(0, 20)) {
    const field = /([A-Za-z]+)(\[\d+\])?$/.exec(place)?.[1] ?? '';
    if (field !== '') fields[field] ??= why;
    text.push(`${field === '' ? '' : `${field}: `}${why}`);
  }
  return { text, fields };
}

/** One text of a form; empty where there is none, or several. */
export function textIn(body: unknown, key: string): string {
  const value = valueIn(body, key);
  return typeof value === 'string' ? value : '';
}

/** All texts of that name, as check boxes send them. */
export function listIn(body: unknown, key: string): readonly string[] {
  const value = valueIn(body, key);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string').slice(0, 1_000) : [];
}

function valueIn(body: unknown, key: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, key)) return undefined;
  return (body as Readonly<Record<string, unknown>>)[key];
}

/** The query of a page: texts alone, the last of each name. */
export function queryOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const query = (request.query ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(query).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, 2_000) : undefined]),
  );
}

export function shownTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}`;
}
