/**
 * `/api/v1/config`: what is in force and what waits for a commit, the history, the way back, the file, the sections, and the
 * tables. A change acts only when it is committed (R127); a write may name the state it has read (`If-Match`).
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { type Outcome, succeeded } from '../base/outcome.ts';
import type { ConfigurationFailure, Snapshot } from '../config/configuration.ts';
import { parseDestinationName } from '../config/destination-name.ts';
import { DestinationControlsSchema } from '../config/destination-schema.ts';
import { diffDocuments } from '../config/diff.ts';
import { describeConfigurationFault } from '../config/fault.ts';
import { loadDocument, saveDocument } from '../config/saved-document.ts';
import { maskSecrets } from '../config/secrets.ts';
import { controlsFor, entryFor } from '../policy/destination.ts';
import { sendText } from './answer.ts';
import { MAX_CONFIGURATION_BYTES, sectionApi, tableFileApi } from './configuration-parts-api.ts';
import {
  ChangeSchema,
  CommitBody,
  ConfigurationStateSchema,
  FileQuery,
  HistoryQuery,
  IfMatchHeaders,
  NameParams,
  RevisionParams,
  RevisionSchema,
  RollbackBody,
  StateQuery,
  tableOf,
} from './configuration-schemas.ts';
import { TABLES } from './configuration-tables.ts';
import {
  REFUSALS_OF_READS,
  REFUSALS_OF_WRITES,
  readState,
  sendFailure,
  sendValue,
  statedTag,
  withTag,
  writeChange,
} from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { actorOf, withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import { acceptObject, problems, type TableRow, tableApi } from './table-api.ts';

/** Revisions that are looked through for a page of the history. */
export const MAX_HISTORY = 10_000;

export function configurationApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const onRequest = withScope(house, 'config');
  const tags = ['configuration'];
  const reads = problems(REFUSALS_OF_READS);
  const writes = problems(REFUSALS_OF_WRITES);
  for (const table of TABLES) tableApi(plain, house, appliance, table);
  sectionApi(plain, house, appliance);
  tableFileApi(plain, house, appliance);

  server.get(
    '/api/v1/destinations/:name/effective',
    {
      onRequest,
      schema: {
        operationId: 'getEffectiveControls',
        summary: 'What holds for a recipient domain, field by field, and which entry says so',
        tags,
        params: NameParams,
        querystring: StateQuery,
        response: {
          200: Type.Object({
            domain: Type.String(),
            entry: Type.Union([Type.String(), Type.Null()], {
              description: 'the entry that applies; null: the default',
            }),
            controls: DestinationControlsSchema,
            inherited: Type.Array(Type.String(), { description: 'fields that come from the default entry' }),
          }),
          ...reads,
        },
      },
    },
    async (request, reply) => {
      const domain = parseDestinationName(request.params.name);
      if (!domain.ok) return sendProblem(reply, problemOf('bad-request', `The domain: ${domain.failure}.`));
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const { destinations } = read.value.document;
      const entry = entryFor(destinations.entries, domain.value);
      const controls = controlsFor(destinations, domain.value);
      const inherited = Object.keys(controls).filter(
        (field) => (entry as TableRow | null)?.[field] !== fieldOf(controls, field),
      );
      return sendValue(withTag(reply, read.value), {
        domain: domain.value,
        entry: entry?.domain ?? null,
        controls,
        inherited,
      });
    },
  );

  server.get(
    '/api/v1/config',
    {
      onRequest,
      schema: {
        operationId: 'getConfiguration',
        summary: 'The whole configuration, secrets masked',
        tags,
        querystring: StateQuery,
        response: { 200: ConfigurationStateSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      return read.ok
        ? sendValue(withTag(reply, read.value), { ...stateOf(read.value), document: maskSecrets(read.value.document) })
        : sendFailure(reply, read.failure);
    },
  );

  server.get(
    '/api/v1/config/changes',
    {
      onRequest,
      schema: {
        operationId: 'listPendingChanges',
        summary: 'What a commit would change',
        tags,
        response: { 200: tableOf(ChangeSchema), ...reads },
      },
    },
    async (_request, reply) => {
      const newest = await configuration.newest();
      const changes = await configuration.pendingChanges();
      if (!newest.ok) return sendFailure(reply, newest.failure);
      return changes.ok
        ? sendValue(withTag(reply, newest.value), { items: changes.value, next: null })
        : sendFailure(reply, changes.failure);
    },
  );

  /** The answer of everything that puts another configuration in force, or takes changes back. */
  const settle = async (
    request: FastifyRequest,
    reply: FastifyReply,
    settled: Outcome<Snapshot | null, ConfigurationFailure>,
    what: string,
    subject: string,
  ): Promise<FastifyReply> => {
    if (!settled.ok) return sendFailure(reply, settled.failure, statedTag(request) !== undefined);
    await house.accounts.record(await actorOf(house, request), what, subject);
    const now = settled.value === null ? await configuration.newest() : succeeded(settled.value);
    return now.ok ? sendValue(withTag(reply, now.value), stateOf(now.value)) : sendFailure(reply, now.failure);
  };
  const withTagStated = (request: FastifyRequest): { readonly tag?: string } => {
    const tag = statedTag(request);
    return tag === undefined ? {} : { tag };
  };

  server.post(
    '/api/v1/config/commit',
    {
      onRequest,
      schema: {
        operationId: 'commitConfiguration',
        summary: 'Put the pending changes in force',
        tags,
        headers: IfMatchHeaders,
        body: CommitBody,
        response: { 200: ConfigurationStateSchema, ...writes },
      },
    },
    async (request, reply) => {
      const { comment = '' } = request.body;
      const author = await actorOf(house, request);
      const committed = await configuration.commit({ comment, author, ...withTagStated(request) });
      return settle(request, reply, committed, 'configuration.committed', revisionWords(committed, comment));
    },
  );

  server.post(
    '/api/v1/config/clear',
    {
      onRequest,
      schema: {
        operationId: 'clearChanges',
        summary: 'Throw the pending changes away',
        tags,
        response: { 200: ConfigurationStateSchema, ...writes },
      },
    },
    async (request, reply) => settle(request, reply, await configuration.clear(), 'configuration.cleared', ''),
  );

  server.post(
    '/api/v1/config/rollback',
    {
      onRequest,
      schema: {
        operationId: 'rollBackConfiguration',
        summary: 'Put an earlier revision in force again, as a new one',
        tags,
        body: RollbackBody,
        response: { 200: ConfigurationStateSchema, ...writes },
      },
    },
    async (request, reply) => {
      const { revision, comment = '' } = request.body;
      const author = await actorOf(house, request);
      const rolled = await configuration.rollback(revision, { comment, author });
      return settle(request, reply, rolled, 'configuration.rolled-back', `to revision ${revision}`);
    },
  );

  server.get(
    '/api/v1/config/history',
    {
      onRequest,
      schema: {
        operationId: 'listRevisions',
        summary: 'Revisions, newest first',
        tags,
        querystring: HistoryQuery,
        response: { 200: tableOf(RevisionSchema), ...reads },
      },
    },
    async (request, reply) => {
      const { limit = 50, cursor } = request.query;
      const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
      const all = (await configuration.history(cursor === undefined ? limit + 1 : MAX_HISTORY)).filter(
        ({ revision }) => revision < before,
      );
      const items = all.slice(0, limit).map(({ at, ...rest }) => ({ ...rest, at: new Date(at).toISOString() }));
      const next = all.length > limit ? String(items.at(-1)?.revision) : null;
      return sendValue(reply, { items, next });
    },
  );

  server.get(
    '/api/v1/config/history/:revision',
    {
      onRequest,
      schema: {
        operationId: 'getRevision',
        summary: 'What a revision said, secrets masked, and what it changed',
        tags,
        params: RevisionParams,
        response: {
          200: Type.Object({
            revision: Type.Integer(),
            document: Type.Unknown(),
            changes: Type.Array(ChangeSchema),
          }),
          ...reads,
        },
      },
    },
    async (request, reply) => {
      const { revision } = request.params;
      const document = await configuration.at(revision);
      if (!document.ok) return sendFailure(reply, document.failure);
      const before = await configuration.at(Math.max(0, revision - 1));
      if (!before.ok) return sendFailure(reply, before.failure);
      const changes = diffDocuments(before.value, document.value);
      return sendValue(reply, { revision, document: maskSecrets(document.value), changes });
    },
  );

  server.get(
    '/api/v1/config/file',
    {
      onRequest,
      schema: {
        operationId: 'saveConfiguration',
        summary: 'The configuration as a file',
        tags,
        querystring: FileQuery,
        response: reads,
      },
    },
    async (request, reply) => {
      const { state = 'committed', secrets = 'masked' } = request.query;
      const read = await readState(configuration, state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const actor = await actorOf(house, request);
      if (secrets === 'included') {
        const owner = actor.split(' ')[0];
        const role = (await house.accounts.users()).find(({ name }) => name === owner)?.role;
        if (role !== 'admin') {
          return sendProblem(reply, problemOf('not-permitted', 'Private keys are given to a token of an admin alone.'));
        }
        await house.accounts.record(actor, 'configuration.saved', 'secrets included');
      }
      void withTag(reply, read.value).header(
        'Content-Disposition',
        'attachment; filename="tlsreach-configuration.json"',
      );
      return sendText(reply, 'application/json; charset=utf-8', saveDocument(read.value.document, secrets));
    },
  );

  server.post(
    '/api/v1/config/load',
    {
      onRequest,
      bodyLimit: MAX_CONFIGURATION_BYTES,
      validatorCompiler: acceptObject,
      schema: {
        operationId: 'loadConfiguration',
        summary: 'Make a saved file the pending configuration, as a whole or not at all',
        tags,
        headers: IfMatchHeaders,
        body: Type.Object({}, { description: 'what `file?secrets=included` gave' }),
        response: { 200: ConfigurationStateSchema, ...writes },
      },
    },
    async (request, reply) => {
      const loaded = loadDocument(JSON.stringify(request.body));
      if (!loaded.ok) {
        const errors = loaded.failure.slice(0, 20).map((fault) => ({ pointer: `/${fault.place}`, detail: fault.why }));
        const [first] = loaded.failure;
        const why = first === undefined ? 'It cannot be read.' : describeConfigurationFault(first);
        return sendProblem(reply, problemOf('bad-request', `Nothing was loaded: ${why}`, errors));
      }
      const written = { edit: () => succeeded(loaded.value), what: 'configuration.loaded', subject: 'from a file' };
      const snapshot = await writeChange(request, reply, house, appliance, written);
      return snapshot === null ? reply : sendValue(reply, stateOf(snapshot));
    },
  );
}

function stateOf({ revision, isPending, tag }: Snapshot) {
  return { revision, pending: isPending, tag };
}

function revisionWords(settled: Outcome<Snapshot, ConfigurationFailure>, comment: string): string {
  return settled.ok ? `revision ${settled.value.revision}${comment === '' ? '' : `: ${comment}`}` : '';
}

function fieldOf(controls: object, field: string): unknown {
  return (controls as TableRow)[field];
}
