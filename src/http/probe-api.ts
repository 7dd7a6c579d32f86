/** `/api/v1/probes`: start a test, wait for it, follow it, read it in any format, list, compare. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Asked, Job } from '../app/probe-jobs.ts';
import { succeeded } from '../base/outcome.ts';
import type { RecordPosition } from '../probe/probe-record.ts';
import { parseTarget, showTargetDomain } from '../probe/target.ts';
import { toJson } from '../report/json.ts';
import { JSON_TYPE, sendText } from './answer.ts';
import { createBodyGuard, mayProbe, type WebCaller } from './caller.ts';
import { sendEvents } from './event-stream.ts';
import { formatsOf, renderAs, TYPE_OF } from './formats.ts';
import type { WebHouse } from './house.ts';
import { jobJson, linksOf, recordItem } from './job-view.ts';
import { problemOf, sendKeyFault, sendProblem, sendRefusal } from './problem.ts';
import {
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

/** Octets of the body of one test. */
const MAX_PROBE_BODY = 16 * 1024;
/** Why a request that costs something is refused. */
export const REFUSALS = {
  400: ProblemSchema,
  401: ProblemSchema,
  403: ProblemSchema,
  409: ProblemSchema,
  413: ProblemSchema,
  415: ProblemSchema,
  422: ProblemSchema,
  429: ProblemSchema,
  503: ProblemSchema,
} as const;

export function probeApi(plain: FastifyInstance, house: WebHouse): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { jobs } = house;
  const bodies = createBodyGuard(house);
  const ask = ({ target, options = {}, fresh = false }: ProbeBody, caller: WebCaller, id?: string) =>
    jobs.ask({ target, options: options as Asked['options'], fresh, id }, caller);
  /** Once for the key, if there is one. */
  const askOnce = async (body: ProbeBody, caller: WebCaller, key: string, reply: FastifyReply) => {
    const done = await house.keys.once(
      { caller: caller.key, anonymous: caller.anonymous, place: 'probes', key, request: JSON.stringify(body) },
      async ({ id, begun }) => {
        if (begun && (await jobs.find(id)) !== null) return succeeded(id);
        const asked = await ask(body, caller, id);
        return asked.ok ? succeeded(asked.value.job.id) : asked;
      },
    );
    if (done.ok) return found(done.value, reply);
    const { failure } = done;
    void (failure.kind === 'refused' ? sendRefusal(reply, failure.failure) : sendKeyFault(reply, failure));
    return null;
  };
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
      onRequest: [mayProbe(house), bodies.onRequest],
      onResponse: bodies.onResponse,
      bodyLimit: MAX_PROBE_BODY,
      schema: {
        operationId: 'startProbe',
        summary: 'Start a test, or get the result of a moment ago',
        tags: ['probes'],
        body: ProbeBody,
        querystring: WaitQuery,
        headers: IdempotencyHeaders,
        response: { 200: JobSchema, 202: JobSchema, ...REFUSALS, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      let job: Job | null;
      if (key === undefined) {
        const asked = await ask(request.body, request.caller);
        if (!asked.ok) return sendRefusal(reply, asked.failure);
        job = asked.value.job;
      } else {
        job = await askOnce(request.body, request.caller, key, reply);
        if (job === null) return reply;
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
        response: { 404: ProblemSchema, 429: ProblemSchema },
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
}

/** As domains stand in results; what is none is asked for as it is, and not found. */
export function canonical(domain: string): string {
  const parsed = parseTarget(domain);
  return parsed.ok ? showTargetDomain(parsed.value.domain) : domain;
}

function writeCursor({ finishedAt, id }: RecordPosition): string {
  return Buffer.from(`${finishedAt}.${id}`).toString('base64url');
}

function readCursor(cursor: string): RecordPosition | undefined {
  const match = /^(\d{1,15})\.([2-9a-z]{12,40})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  return match === null ? undefined : { finishedAt: Number(match[1]), id: match[2] ?? '' };
}
