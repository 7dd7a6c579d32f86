/** `/api/v1/batches`: many targets at once, how far they are, and a report by mail (R56). */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ShownBatch } from '../app/batches.ts';
import type { Asked } from '../app/probe-jobs.ts';
import type { Refusal } from '../app/refusal.ts';
import { unguessable } from '../app/secrets.ts';
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { BatchItem, BatchReport } from '../probe/batch-record.ts';
import { toJson } from '../report/json.ts';
import { JSON_TYPE, sendText } from './answer.ts';
import { createBodyGuard, mayProbe } from './caller.ts';
import type { WebHouse } from './house.ts';
import { withScope } from './operator.ts';
import { REFUSALS } from './probe-api.ts';
import { type Problem, problemOf, problemOfTest, sendKeyFault, sendProblem, sendRefusal } from './problem.ts';
import { BatchBody, BatchSchema, IdempotencyHeaders, IdParams, ProblemSchema } from './schemas.ts';

/** Octets; a hundred long targets fit. */
const MAX_BATCH_BODY = 128 * 1024;

export function batchApi(plain: FastifyInstance, house: WebHouse): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { batches, keys, random } = house;
  const bodies = createBodyGuard(house);
  const maySend = withScope(house, 'send');
  /** A report is mail of ours: only for those who may send. */
  const mayReport = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if ((request.body as BatchBody).report === undefined) return undefined;
    if (house.appliance == null)
      return sendProblem(reply, problemOf('not-permitted', 'There is no queue here that could send a report.'));
    return maySend(request, reply);
  };

  server.post(
    '/api/v1/batches',
    {
      onRequest: [mayProbe(house), bodies.onRequest],
      preHandler: mayReport,
      onResponse: bodies.onResponse,
      bodyLimit: MAX_BATCH_BODY,
      schema: {
        operationId: 'startBatch',
        summary: 'Test many targets, and send a report about them',
        tags: ['batches'],
        headers: IdempotencyHeaders,
        body: BatchBody,
        response: { 202: BatchSchema, ...REFUSALS, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      const { targets, options = {}, fresh = false } = body;
      const report = reportOf(body);
      if (!report.ok) return sendProblem(reply, problemOf('bad-request', report.failure));
      const start = async (id: string): Promise<Outcome<string, Refusal>> => {
        const order = { id, targets, options: options as Asked['options'], fresh, report: report.value };
        const started = await batches.start(order, caller);
        return started.ok ? succeeded(started.value.batch.id) : started;
      };
      const key = request.headers['idempotency-key'];
      let id: string;
      if (key === undefined) {
        const started = await start(unguessable(random));
        if (!started.ok) return sendRefusal(reply, started.failure);
        id = started.value;
      } else {
        const work = { caller: caller.key, anonymous: caller.anonymous, place: 'batches', key };
        const done = await keys.once({ ...work, request: JSON.stringify(body) }, async (turn) =>
          turn.begun && (await batches.find(turn.id)) !== null ? succeeded(turn.id) : start(turn.id),
        );
        if (!done.ok) {
          const { failure } = done;
          return failure.kind === 'refused' ? sendRefusal(reply, failure.failure) : sendKeyFault(reply, failure);
        }
        id = done.value;
      }
      const batch = await batches.find(id);
      if (batch === null) return unknown(reply);
      void reply.code(202).header('Location', `/api/v1/batches/${id}`);
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
        response: { 200: BatchSchema, 404: ProblemSchema, 503: ProblemSchema },
      },
    },
    async (request, reply) => {
      const batch = await batches.find(request.params.id);
      return batch === null ? unknown(reply) : sendText(reply, JSON_TYPE, toJson(batchView(batch)));
    },
  );
}

function unknown(reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply,
    problemOf('not-found', 'No batch of this name is known here; batches are kept for a limited time.'),
  );
}

/** A sentence where somebody cannot get mail. */
function reportOf({ report }: BatchBody): Outcome<BatchReport | null, string> {
  if (report === undefined) return succeeded(null);
  const to: string[] = [];
  for (const address of report.to) {
    const mailbox = parseMailbox(address);
    if (!mailbox.ok)
      return failed(`The report cannot go to "${printable(address, 120)}": ${describeMailboxFault(mailbox.failure)}.`);
    to.push(mailbox.value.text);
  }
  return succeeded({ to: [...new Set(to)], format: report.format ?? 'csv', onlyBelow: report.onlyBelow ?? null });
}

const KINDS = {
  'bad-target': 'bad-target',
  'not-permitted': 'not-permitted',
  'too-many': 'too-many-requests',
} as const;

function problemIn({ problem }: BatchItem): Problem | null {
  if (problem === null) return null;
  return problem.kind === 'internal' ? problemOfTest(problem.detail) : problemOf(KINDS[problem.kind], problem.detail);
}

function batchView({ batch, items, jobs }: ShownBatch) {
  const shown = items.map((item) => {
    const { target, probe, place, value } = item;
    const state =
      item.state === 'waiting' ? 'queued' : item.state === 'begun' ? (jobs.get(place)?.state ?? 'running') : item.state;
    return { target, id: probe, state, value, problem: problemIn(item) };
  });
  const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
  const isOver = items.every(({ state }) => state === 'done' || state === 'failed');
  return {
    id: batch.id,
    state: isOver ? 'done' : 'running',
    items: shown,
    total:
      values.length === 0
        ? null
        : Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 10) / 10,
    report: batch.reportState === null ? null : { state: batch.reportState, detail: batch.reportDetail },
    links: { self: `/api/v1/batches/${batch.id}` },
  };
}
