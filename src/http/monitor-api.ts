/**
 * `/api/v1/monitors/:name/status`, `…/history`, `…/run`: what is known of monitors in force. Their configuration is a table
 * like others (`monitor-table.ts`). A status is OK or NOK (R59), as JSON, as the XML of R60, or as one word.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { type MonitorStatus, type StatusQuestion, statusOf } from '../monitor/status.ts';
import { runJson, statusXml } from '../report/monitor-text.ts';
import { sendText } from './answer.ts';
import { tableOf } from './configuration-schemas.ts';
import { sendValue } from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { MonitorHistoryQuery, MonitorParams, RunSchema, StatusQuery, StatusSchema } from './monitor-schemas.ts';
import { actorOf, withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import { problems } from './table-api.ts';

const REFUSED = [400, 401, 403, 404, 503] as const;
const BASE = '/api/v1/monitors/:name';

export function monitorApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { monitors } = appliance;
  const onRequest = withScope(house, 'monitor');
  const tags = ['monitors'];
  const params = MonitorParams;

  const statusFor = async (name: string, question: StatusQuestion): Promise<MonitorStatus | null> => {
    const seen = await monitors.one(name);
    return seen === null ? null : statusOf(seen, house.clock.now(), question);
  };

  server.get(
    `${BASE}/status`,
    {
      onRequest,
      schema: {
        operationId: 'getMonitorStatus',
        summary: 'OK or NOK; as JSON, as XML (Accept: application/xml) or as one word (Accept: text/plain)',
        tags,
        params,
        querystring: StatusQuery,
        response: { 200: StatusSchema, ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const status = await statusFor(request.params.name, request.query);
      if (status === null) return noMonitor(reply);
      void reply.header('Vary', 'Accept');
      switch (preferred(request)) {
        case 'xml':
          return sendText(reply, 'application/xml; charset=utf-8', statusXml(status));
        case 'text':
          return sendText(reply, 'text/plain; charset=utf-8', `${status.result}\n`);
        case 'json':
          return sendValue(reply, status);
      }
    },
  );

  server.get(
    `${BASE}/status.xml`,
    {
      onRequest,
      schema: {
        operationId: 'getMonitorStatusAsXml',
        summary: 'Description, LastRun and LastTotal as XML',
        tags,
        params,
        querystring: StatusQuery,
        response: problems(REFUSED),
      },
    },
    async (request, reply) => {
      const status = await statusFor(request.params.name, request.query);
      if (status === null) return noMonitor(reply);
      return sendText(reply, 'application/xml; charset=utf-8', statusXml(status));
    },
  );

  server.get(
    `${BASE}/history`,
    {
      onRequest,
      schema: {
        operationId: 'listMonitorRuns',
        summary: 'Runs, newest first, with what changed between them',
        tags,
        params,
        querystring: MonitorHistoryQuery,
        response: { 200: tableOf(RunSchema), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const { limit = 50, cursor } = request.query;
      const { name } = request.params;
      if ((await monitors.one(name)) === null) return noMonitor(reply);
      const before = cursor === undefined ? null : Number(cursor);
      const runs = await monitors.history({ name, limit: limit + 1, before });
      const items = runs.slice(0, limit).map((run) => ({ id: run.id, ...runJson(run) }));
      const next = runs.length > limit ? String(runs[limit - 1]?.id) : null;
      return sendValue(reply, { items, next });
    },
  );

  server.post(
    `${BASE}/run`,
    {
      onRequest,
      schema: {
        operationId: 'runMonitor',
        summary: 'Run it now; what comes of it stands in its history',
        tags,
        params,
        response: { 202: Type.Object({ links: Type.Object({ history: Type.String() }) }), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      if (!(await monitors.runNow(name))) return noMonitor(reply);
      await house.accounts.record(await actorOf(house, request), 'monitor.run', name);
      return sendValue(reply.code(202), { links: { history: `/api/v1/monitors/${encodeURIComponent(name)}/history` } });
    },
  );
}

function noMonitor(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problemOf('not-found', 'There is no monitor of this name in force.'));
}

/** The first of the three that is asked for; whoever takes anything gets JSON. */
function preferred(request: FastifyRequest): 'json' | 'xml' | 'text' {
  for (const wish of (request.headers.accept ?? '').slice(0, 500).toLowerCase().split(',')) {
    const type = wish.split(';')[0]?.trim();
    if (type === 'application/json') return 'json';
    if (type === 'application/xml' || type === 'text/xml') return 'xml';
    if (type === 'text/plain') return 'text';
  }
  return 'json';
}
