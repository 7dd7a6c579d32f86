/** `/api/v1/probes` and `/api/v1/batches`: start a test, wait for it, follow it, read it in any format, list, compare. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Admitted, Asked, Job } from '../app/probe-jobs.ts';
import { digestOf, unguessable } from '../app/secrets.ts';
import type { Outcome } from '../base/outcome.ts';
import type { RecordPosition } from '../probe/probe-record.ts';
import { parseTarget, showTargetDomain } from '../probe/target.ts';
import { toJson } from '../report/json.ts';
import { JSON_TYPE, sendText } from './answer.ts';
import { mayProbe, type WebCaller } from './caller.ts';
import { sendEvents } from './event-stream.ts';
import { formatsOf, renderAs, TYPE_OF } from './formats.ts';
import type { WebHouse } from './house.ts';
import { jobJson, linksOf, recordItem } from './job-view.ts';
import { problemOf, sendProblem, sendRefusal } from './problem.ts';
import {
  BatchBody,
  BatchSchema,
  IdempotencyHeaders,
  IdParams,
  JobSchema,
  ListQuery,
  ListSchema,
  ProbeBody,
  ProblemSchema,
  ResumeHeaders,
  WaitQuery,
} from './schemas.ts';

/** Keys and batches remembered; the oldest go first. */
const MAX_KEYS = 10_000;
const MAX_BATCHES = 1_000;
const KEY_MS = 24 * 3_600_000;
const REFUSALS = { 400: ProblemSchema, 401: ProblemSchema, 403: ProblemSchema, 429: ProblemSchema } as const;

interface Batch {
  readonly id: string;
  readonly items: readonly {
    readonly target: string;
    readonly outcome: Outcome<Admitted, { readonly detail: string; readonly kind: string }>;
  }[];
}

export function probeApi(plain: FastifyInstance, house: WebHouse): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { jobs, clock } = house;
  const keys = new Map<string, { readonly body: string; readonly job: Job; readonly at: number }>();
  const batches = new Map<string, Batch>();
  const ask = (body: ProbeBody, caller: WebCaller) =>
    jobs.ask(
      { target: body.target, options: (body.options ?? {}) as Asked['options'], fresh: body.fresh ?? false },
      caller,
    );
  const found = async (id: string, reply: FastifyReply): Promise<Job | null> => {
    const job = await jobs.find(id);
    if (job === null)
      void sendProblem(
        reply,
        problemOf('not-found', 'No test of this name is known here; results are kept for a limited time.'),
      );
    return job;
  };

  server.post(
    '/api/v1/probes',
    {
      preHandler: mayProbe(house),
      schema: {
        operationId: 'startProbe',
        summary: 'Start a test, or get the result of a moment ago',
        tags: ['probes'],
        body: ProbeBody,
        querystring: WaitQuery,
        headers: IdempotencyHeaders,
        response: { 200: JobSchema, 202: JobSchema, ...REFUSALS, 422: ProblemSchema },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const name = key === undefined ? null : `${request.caller.key} ${key}`;
      const body = name === null ? '' : digestOf(JSON.stringify(request.body));
      const before = name === null ? undefined : keys.get(name);
      const fits = before !== undefined && clock.now() - before.at < KEY_MS;
      if (fits && before.body !== body) {
        return sendProblem(
          reply,
          problemOf(
            'idempotency-key-reused',
            'The same key came with another body before. Use a new key for a new request.',
          ),
        );
      }
      let job = fits ? before.job : null;
      if (job === null) {
        const asked = ask(request.body, request.caller);
        if (!asked.ok) return sendRefusal(reply, asked.failure);
        job = asked.value.job;
        if (name !== null) remember(keys, MAX_KEYS, name, { body, job, at: clock.now() });
      }
      const wait = request.query.wait ?? 0;
      if (wait > 0) await jobs.settled(job, wait * 1000);
      const done = wait > 0 && job.finishedAt !== null;
      void reply.code(done ? 200 : 202).header('Location', linksOf(job.id).self);
      return sendText(reply, JSON_TYPE, jobJson(job));
    },
  );

  server.get(
    '/api/v1/probes/:id',
    {
      schema: {
        operationId: 'getProbe',
        summary: 'A test and its result',
        tags: ['probes'],
        params: IdParams,
        querystring: WaitQuery,
        response: { 200: JobSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const job = await found(request.params.id, reply);
      if (job === null) return reply;
      if (request.query.wait !== undefined && request.query.wait > 0)
        await jobs.settled(job, request.query.wait * 1000);
      return sendText(reply, JSON_TYPE, jobJson(job));
    },
  );

  server.get(
    '/api/v1/probes/:id/events',
    {
      schema: {
        operationId: 'followProbe',
        summary: 'Server-sent events: queued, route, stage, host, then done or failed',
        tags: ['probes'],
        params: IdParams,
        headers: ResumeHeaders,
        response: { 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const job = await found(request.params.id, reply);
      if (job === null) return reply;
      const last = Number(request.headers['last-event-id'] ?? 0);
      return sendEvents(reply, job.trail, Number.isInteger(last) && last > 0 ? last : 0, house);
    },
  );

  for (const format of formatsOf()) {
    server.get(
      `/api/v1/probes/:id.${format}`,
      {
        schema: {
          operationId: `getProbeAs_${format.replaceAll('-', '_')}`,
          summary: `The result as ${format}`,
          tags: ['formats'],
          params: IdParams,
          response: { 404: ProblemSchema },
        },
      },
      async (request, reply) => {
        const job = await found(request.params.id, reply);
        if (job === null) return reply;
        if (job.result === null) return sendProblem(reply, problemOf('not-found', 'There is no result yet.'));
        const disposition = format === 'html' ? 'inline' : `inline; filename="tlsreach-${job.id}.${format}"`;
        void reply.headers({
          'Content-Disposition': disposition,
          'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        });
        return sendText(reply, TYPE_OF[format] ?? 'text/plain; charset=utf-8', await renderAs(format, job.result));
      },
    );
  }

  server.get(
    '/api/v1/probes',
    {
      schema: {
        operationId: 'listProbes',
        summary: 'Tests that ended, newest first',
        tags: ['probes'],
        querystring: ListQuery,
        response: { 200: ListSchema, 400: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { domain, target, limit = 50, cursor } = request.query;
      const before = cursor === undefined ? null : readCursor(cursor);
      if (before === undefined) return sendProblem(reply, problemOf('bad-request', 'The cursor is none of ours.'));
      const unlisted = request.caller.scopes.includes('probe');
      const name = domain === undefined ? undefined : canonical(domain);
      const records = await jobs.list({ domain: name, target, unlisted, limit: limit + 1, before });
      const page = records.slice(0, limit);
      const last = page.at(-1);
      const next = records.length > limit && last !== undefined ? writeCursor(last) : null;
      return sendText(reply, JSON_TYPE, toJson({ items: page.map(recordItem), next }));
    },
  );

  server.post(
    '/api/v1/batches',
    {
      preHandler: mayProbe(house),
      schema: {
        operationId: 'startBatch',
        summary: 'Test many targets',
        tags: ['batches'],
        body: BatchBody,
        response: { 202: BatchSchema, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const { targets, ...rest } = request.body;
      const items = targets.map((target) => ({ target, outcome: ask({ ...rest, target }, request.caller) }));
      const batch: Batch = { id: unguessable(house.random), items };
      remember(batches, MAX_BATCHES, batch.id, batch);
      void reply.code(202).header('Location', `/api/v1/batches/${batch.id}`);
      return sendText(reply, JSON_TYPE, toJson(batchView(batch)));
    },
  );

  server.get(
    '/api/v1/batches/:id',
    {
      schema: {
        operationId: 'getBatch',
        summary: 'How far a batch is',
        tags: ['batches'],
        params: IdParams,
        response: { 200: BatchSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const batch = batches.get(request.params.id);
      if (batch === undefined)
        return sendProblem(reply, problemOf('not-found', 'No batch of this name is known here.'));
      return sendText(reply, JSON_TYPE, toJson(batchView(batch)));
    },
  );
}

function batchView({ id, items }: Batch) {
  const shown = items.map(({ target, outcome }) => {
    if (!outcome.ok) {
      const kind =
        outcome.failure.kind === 'too-many'
          ? 'too-many-requests'
          : outcome.failure.kind === 'bad-target'
            ? 'bad-target'
            : 'not-permitted';
      return { target, id: null, state: 'failed', value: null, problem: problemOf(kind, outcome.failure.detail) };
    }
    const { job } = outcome.value;
    const problem = job.problem === null ? null : problemOf('internal', job.problem);
    return { target, id: job.id, state: job.state, value: job.result?.confidence.value ?? null, problem };
  });
  const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
  return {
    id,
    state: shown.every(({ state }) => state === 'done' || state === 'failed') ? 'done' : 'running',
    items: shown,
    total:
      values.length === 0
        ? null
        : Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 10) / 10,
    links: { self: `/api/v1/batches/${id}` },
  };
}

/** As domains stand in results; what is none is asked for as it is, and not found. */
export function canonical(domain: string): string {
  const parsed = parseTarget(domain);
  return parsed.ok ? showTargetDomain(parsed.value.domain) : domain;
}

function remember<Value>(map: Map<string, Value>, most: number, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

function writeCursor({ finishedAt, id }: RecordPosition): string {
  return Buffer.from(`${finishedAt}.${id}`).toString('base64url');
}

function readCursor(cursor: string): RecordPosition | undefined {
  const match = /^(\d{1,15})\.([2-9a-z]{12,40})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  return match === null ? undefined : { finishedAt: Number(match[1]), id: match[2] ?? '' };
}
