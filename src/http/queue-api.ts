/** `/api/v1/messages`, `/api/v1/queue`, `/api/v1/hosts`, `/api/v1/log`: mail in, what becomes of it, and by hand. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { digestOf } from '../app/secrets.ts';
import { deliverAtOnce } from '../delivery/deliver-now.ts';
import { MAX_MESSAGE_BYTES } from '../delivery/prepare-message.ts';
import type { QueueSelection } from '../delivery/queue-store.ts';
import { describeSubmissionFault, destinationOf } from '../delivery/submission.ts';
import { hostStatusJson, topHostsJson } from '../report/host-status.ts';
import { EVERYTHING } from '../report/log-search.ts';
import { tableOf } from './configuration-schemas.ts';
import { sendValue } from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { actorOf, sentence, withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import {
  ActionBody,
  ActionParams,
  DeliverNowBody,
  HostParams,
  HostsQuery,
  HostsSchema,
  LogQuerySchema,
  MessageBody,
  MessageQuery,
  MessageSchema,
  MidParams,
  QueueItemSchema,
  QueueQuery,
} from './queue-schemas.ts';
import {
  actOnQueue,
  allRecipients,
  hostsCursor,
  messageJson,
  OPEN_STATES,
  queueItemView,
  readHostsCursor,
} from './queue-view.ts';
import { IdempotencyHeaders, ProblemSchema } from './schemas.ts';
import { problems } from './table-api.ts';

/** Keys whose bodies are remembered, so that another body under the same key is refused. */
const MAX_KEYS = 10_000;
const REFUSED = [400, 401, 403, 404, 503] as const;

export function queueApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { queue } = appliance;
  const { clock } = house;
  const tags = ['queue'];
  const send = withScope(house, 'send');
  const look = withScope(house, 'send', 'monitor');
  plain.addContentTypeParser('message/rfc822', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  messageApi(plain, house, appliance);

  server.get(
    '/api/v1/queue',
    {
      onRequest: look,
      schema: {
        operationId: 'listQueue',
        summary: 'Recipients in the queue, in the order in which they came',
        tags,
        querystring: QueueQuery,
        response: { 200: tableOf(QueueItemSchema), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const { destination, sender, recipient, state, limit = 50, cursor } = request.query;
      const [mid, rid] = (cursor ?? '').split(':').map(Number);
      const found = await queue.list({
        destination: destination === undefined ? undefined : (destinationOf(`x@${destination}`) ?? destination),
        sender: sender === '<>' ? '' : sender,
        recipient,
        states: state === undefined ? OPEN_STATES : typeof state === 'string' ? [state] : state,
        after: mid === undefined || rid === undefined ? undefined : { mid, rid },
        limit: limit + 1,
      });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const next = found.length > limit && last !== undefined ? `${last.mid}:${last.rid}` : null;
      return sendValue(reply, { items: items.map(queueItemView), next });
    },
  );

  server.post(
    '/api/v1/queue/:action',
    {
      onRequest: send,
      schema: {
        operationId: 'actOnQueue',
        summary: 'Hold, release, try again or delete',
        tags,
        params: ActionParams,
        body: ActionBody,
        response: { 200: Type.Object({ recipients: Type.Integer() }), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const selection = selectionOf(request.body);
      if (selection === null) {
        return sendProblem(reply, problemOf('bad-request', 'Say which messages: ids, or destination, or all.'));
      }
      const { action } = request.params;
      const recipients = await actOnQueue(appliance, action, selection, clock.now());
      const words = `${selectionWords(selection)}: ${recipients} recipients`;
      await house.accounts.record(await actorOf(house, request), `queue.${action}`, words);
      return sendValue(reply, { recipients });
    },
  );

  server.post(
    '/api/v1/queue/delivernow',
    {
      onRequest: send,
      schema: {
        operationId: 'deliverNow',
        summary: 'Try at once what waits, also where hosts were down',
        tags,
        body: DeliverNowBody,
        response: { 200: Type.Object({ recipients: Type.Integer() }), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const selection = selectionOf(request.body);
      if (selection === null) return sendProblem(reply, problemOf('bad-request', 'Say a destination, or all.'));
      const recipients = await deliverAtOnce(queue, selection.destination ?? null, clock.now());
      await house.accounts.record(await actorOf(house, request), 'queue.delivernow', selectionWords(selection));
      return sendValue(reply, { recipients });
    },
  );

  server.get(
    '/api/v1/hosts',
    {
      onRequest: look,
      schema: {
        operationId: 'listHosts',
        summary: 'Destinations with something waiting, the most first, page by page',
        tags,
        querystring: HostsQuery,
        response: { 200: HostsSchema, ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const now = clock.now();
      const connections = await queue.connections(now);
      const { limit = 20, filter, cursor = '' } = request.query;
      const after = readHostsCursor(cursor);
      if (cursor !== '' && after === null) {
        return sendProblem(reply, problemOf('bad-request', 'This is no cursor of a page of destinations.'));
      }
      const containing = filter === undefined ? undefined : (destinationOf(`x@${filter}`) ?? filter.toLowerCase());
      const found = await queue.hosts({ limit: limit + 1, containing, after: after ?? undefined });
      const hosts = found.slice(0, limit);
      const rows = hosts.map((host) => ({ ...host, connections: connections.get(host.destination) ?? 0 }));
      const last = hosts.at(-1);
      const next = found.length > limit && last !== undefined ? hostsCursor(last) : null;
      return sendValue(reply, { ...topHostsJson(rows, now), next });
    },
  );

  server.get(
    '/api/v1/hosts/:destination',
    {
      onRequest: look,
      schema: {
        operationId: 'getHost',
        summary: 'What is known of a destination: up or down, counters, what waits',
        tags,
        params: HostParams,
        response: { 200: Type.Object({ host: Type.String(), state: Type.String() }), ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const destination = destinationOf(`x@${request.params.destination}`);
      if (destination === null) return sendProblem(reply, problemOf('bad-request', 'This is no domain.'));
      const at = clock.now();
      const state = await queue.hostState(destination);
      const [active = null] = await queue.topHosts(1, destination);
      const connections = (await queue.connections(at)).get(destination) ?? 0;
      return sendValue(reply, hostStatusJson({ destination, at, state, active, connections, route: null }));
    },
  );

  server.get(
    '/api/v1/log',
    {
      onRequest: look,
      schema: {
        operationId: 'searchLog',
        summary: 'Find in the mail log; the newest that match, in their order',
        tags: ['log'],
        querystring: LogQuerySchema,
        response: {
          200: Type.Object({ items: Type.Array(Type.Unknown()), more: Type.Boolean() }),
          ...problems(REFUSED),
        },
      },
    },
    async (request, reply) => {
      const { mid, dcid, sender, recipient, destination, host, tls, text, since, until, limit = 100 } = request.query;
      const part = (value: string | undefined): string | null => value?.toLowerCase() ?? null;
      const times = [since, until].map((each) => (each === undefined ? null : Date.parse(each)));
      if (times.some((time) => Number.isNaN(time))) {
        return sendProblem(reply, problemOf('bad-request', 'A time is written as 2026-11-28T10:00:00Z.'));
      }
      const answer = await appliance.logs.search(
        {
          ...EVERYTHING,
          mids: mid === undefined ? [] : [mid],
          dcids: dcid === undefined ? [] : [dcid],
          sender: part(sender),
          recipient: part(recipient),
          destination: part(destination),
          host: part(host),
          tls: tls ?? null,
          text: part(text),
          since: times[0] ?? null,
          until: times[1] ?? null,
        },
        limit,
      );
      if (answer === null) return sendProblem(reply, problemOf('unavailable', 'Too many searches are running.'));
      return sendValue(reply, { items: answer.events.map(({ fields }) => fields), more: answer.more });
    },
  );
}

function messageApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { clock, random } = house;
  const tags = ['messages'];
  const keys = new Map<string, string>();

  server.post(
    '/api/v1/messages',
    {
      onRequest: withScope(house, 'send'),
      bodyLimit: MAX_MESSAGE_BYTES + 64 * 1024,
      schema: {
        operationId: 'sendMessage',
        summary: 'A message into the queue; it is durable when the answer comes',
        tags,
        querystring: MessageQuery,
        headers: IdempotencyHeaders,
        body: { content: { 'application/json': { schema: MessageBody }, 'message/rfc822': { schema: Type.Any() } } },
        response: { 202: Type.Object({ id: Type.Integer() }), ...problems([...REFUSED, 413, 422]) },
      },
    },
    async (request, reply) => {
      const read = submissionIn(request);
      if (typeof read === 'string') return sendProblem(reply, problemOf('bad-request', read));
      const given = request.headers['idempotency-key'];
      const key = given === undefined ? null : `api:${request.caller.key}:${given}`;
      const digest = key === null ? '' : digestOf(JSON.stringify([read.from, read.to, digestOf(text(read.bytes))]));
      const before = key === null ? undefined : keys.get(key);
      if (before !== undefined && before !== digest) {
        const why = 'The same key came with another message before. Use a new key for a new message.';
        return sendProblem(reply, problemOf('idempotency-key-reused', why));
      }
      const accepted = await appliance.submit({
        bytes: read.bytes,
        sender: read.from,
        recipients: read.to.map((address) => ({ address })),
        origin: 'api',
        requireTls: read.requireTls,
        idempotencyKey: key,
        begins: { now: clock.now(), domain: appliance.hostname, random },
      });
      if (!accepted.ok) {
        return sendProblem(reply, problemOf('bad-request', sentence(describeSubmissionFault(accepted.failure))));
      }
      if (key !== null) {
        keys.set(key, digest);
        for (const oldest of keys.keys()) {
          if (keys.size <= MAX_KEYS) break;
          keys.delete(oldest);
        }
      }
      const { mid } = accepted.value;
      return sendValue(reply.code(202).header('Location', `/api/v1/messages/${mid}`), { id: mid });
    },
  );

  server.get(
    '/api/v1/messages/:id',
    {
      onRequest: withScope(house, 'send', 'monitor'),
      schema: {
        operationId: 'getMessage',
        summary: 'What became of a message, for each recipient',
        tags,
        params: MidParams,
        response: { 200: MessageSchema, 404: ProblemSchema, ...problems(REFUSED) },
      },
    },
    async (request, reply) => {
      const message = messageJson(await allRecipients(appliance.queue, request.params.id));
      if (message !== null) return sendValue(reply, message);
      return sendProblem(
        reply,
        problemOf('not-found', 'No message of this number is known; finished ones are kept for a limited time.'),
      );
    },
  );
}

interface Given {
  readonly bytes: Uint8Array;
  readonly from: string;
  readonly to: readonly string[];
  readonly requireTls: boolean;
}

/** A sentence where something is missing. */
function submissionIn(request: FastifyRequest): Given | string {
  const query = request.query as {
    readonly from?: string;
    readonly to?: string | readonly string[];
    readonly requireTls?: boolean;
  };
  if (Buffer.isBuffer(request.body)) {
    const { from, to, requireTls = false } = query;
    if (from === undefined || to === undefined)
      return 'For message/rfc822 the envelope stands in the query: ?from=…&to=…';
    return { bytes: request.body, from, to: typeof to === 'string' ? [to] : to, requireTls };
  }
  if (Object.keys(query).length > 0) return 'In JSON the envelope stands in the body, not in the query.';
  const { from, to, message, requireTls = false } = request.body as MessageBodyShape;
  return { bytes: Buffer.from(message, 'utf8'), from, to, requireTls };
}

type MessageBodyShape = Type.Static<typeof MessageBody>;

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Null where nothing is named, more than one thing, or no domain. */
export function selectionOf(body: {
  readonly ids?: readonly number[];
  readonly destination?: string;
  readonly all?: boolean;
}): QueueSelection | null {
  const { ids, destination, all } = body;
  if ([ids, destination, all].filter((each) => each !== undefined).length !== 1) return null;
  if (ids !== undefined) return { mids: ids };
  if (destination === undefined) return { all: true };
  const name = destinationOf(`x@${destination}`);
  return name === null ? null : { destination: name };
}

export function selectionWords({ mids, destination }: QueueSelection): string {
  if (mids !== undefined) return `messages ${mids.slice(0, 20).join(', ')}${mids.length > 20 ? ', …' : ''}`;
  return destination === undefined ? 'all' : destination;
}
