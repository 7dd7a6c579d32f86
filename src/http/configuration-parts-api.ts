/** Sections of the configuration over the API, and Destination Controls as the file that other appliances read (R71, R72). */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { succeeded } from '../base/outcome.ts';
import type { Snapshot } from '../config/configuration.ts';
import { importTable } from '../config/destination-edits.ts';
import { exportDestinations } from '../config/destination-ini.ts';
import { sendText } from './answer.ts';
import { IfMatchHeaders, rowBody, StateQuery } from './configuration-schemas.ts';
import { SECTIONS, withFields } from './configuration-sections.ts';
import {
  REFUSALS_OF_READS,
  REFUSALS_OF_WRITES,
  readState,
  sendFailure,
  sendValue,
  withTag,
  writeChange,
} from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { withScope } from './operator.ts';
import { acceptObject, problems, type TableRow } from './table-api.ts';

/** Octets of a table or of a whole configuration with its certificates. */
export const MAX_CONFIGURATION_BYTES = 32 * 1024 * 1024;

export function sectionApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const onRequest = withScope(house, 'config');
  const tags = ['configuration'];
  for (const section of SECTIONS) {
    const { path, id, noun, schema, example } = section;
    server.get(
      `/api/v1/config/${path}`,
      {
        onRequest,
        schema: {
          operationId: `get${id}`,
          summary: `Read ${noun}`,
          tags,
          querystring: StateQuery,
          response: { 200: schema, ...problems(REFUSALS_OF_READS) },
        },
      },
      async (request, reply) => {
        const read = await readState(appliance.configuration, request.query.state);
        if (!read.ok) return sendFailure(reply, read.failure);
        return sendValue(withTag(reply, read.value), section.of(read.value.document));
      },
    );
    server.put(
      `/api/v1/config/${path}`,
      {
        onRequest,
        validatorCompiler: acceptObject,
        schema: {
          operationId: `put${id}`,
          summary: `Change ${noun}: fields that are left out stay; pending until a commit`,
          tags,
          headers: IfMatchHeaders,
          body: Type.Unsafe<TableRow>({ ...rowBody(schema, 'a name', noun), examples: [example] }),
          response: { 200: schema, ...problems(REFUSALS_OF_WRITES) },
        },
      },
      async (request, reply) => {
        const fields = request.body;
        const written = {
          edit: (document: Snapshot['document']) => succeeded(withFields(document, section, fields)),
          what: 'settings.saved',
          subject: noun,
        };
        const snapshot = await writeChange(request, reply, house, appliance, written);
        return snapshot === null ? reply : sendValue(reply, section.of(snapshot.document));
      },
    );
  }
}

export function tableFileApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const onRequest = withScope(house, 'config');
  const tags = ['configuration'];
  server.get(
    '/api/v1/destination-table',
    {
      onRequest,
      schema: {
        operationId: 'exportDestinations',
        summary: 'Destination Controls as a file with sections',
        tags,
        querystring: StateQuery,
        response: problems(REFUSALS_OF_READS),
      },
    },
    async (request, reply) => {
      const read = await readState(appliance.configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      return sendText(withTag(reply, read.value), 'text/plain; charset=utf-8', exportDestinations(read.value.document));
    },
  );
  server.put(
    '/api/v1/destination-table',
    {
      onRequest,
      bodyLimit: MAX_CONFIGURATION_BYTES,
      schema: {
        operationId: 'importDestinations',
        summary: 'Replace all destinations by those of a file, as a whole or not at all; pending until a commit',
        tags,
        consumes: ['text/plain'],
        headers: IfMatchHeaders,
        body: Type.String({ description: 'the file' }),
        response: { 200: Type.Object({ entries: Type.Integer() }), ...problems(REFUSALS_OF_WRITES) },
      },
    },
    async (request, reply) => {
      const written = { edit: importTable(request.body), what: 'destinations.imported', subject: 'from a file' };
      const snapshot = await writeChange(request, reply, house, appliance, written);
      return snapshot === null ? reply : sendValue(reply, { entries: snapshot.document.destinations.entries.length });
    },
  );
}
