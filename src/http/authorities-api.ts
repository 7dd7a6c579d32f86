/** `/api/v1/certificate-authorities`: the list of authorities that are trusted on purpose. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { certificatesOf } from '../app/certificate-import.ts';
import { addAuthorities, authoritiesFrom, deleteAuthority } from '../config/authority-edits.ts';
import { certificatesIn } from '../config/certificate-edits.ts';
import { certificateFacts } from '../pki/certificate-facts.ts';
import { AuthorityBody, AuthorityImportSchema, AuthoritySchema } from './certificate-schemas.ts';
import { MAX_CERTIFICATE_BODY } from './certificates-api.ts';
import { IfMatchHeaders, NameParams, StateQuery, tableOf } from './configuration-schemas.ts';
import {
  missing,
  REFUSALS_OF_READS,
  REFUSALS_OF_WRITES,
  readState,
  sendFailure,
  sendValue,
  withTag,
  writeChange,
} from './configuration-writes.ts';
import type { WebHouse } from './house.ts';
import { sentence, withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import { problems } from './table-api.ts';

const DAY_MS = 86_400_000;
const tags = ['certificates'];

export function authoritiesApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const onRequest = withScope(house, 'config');
  const writes = problems(REFUSALS_OF_WRITES);

  server.get(
    '/api/v1/certificate-authorities',
    {
      onRequest,
      schema: {
        operationId: 'listCertificateAuthorities',
        summary: 'The custom list of authorities; config/certificate-authorities switches the lists',
        tags,
        querystring: StateQuery,
        response: { 200: tableOf(AuthoritySchema), ...problems(REFUSALS_OF_READS) },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const now = house.clock.now();
      const items = read.value.document.certificateAuthorities.list.flatMap(({ name, certificate }) =>
        certificatesIn(certificate).map((each) => ({
          name,
          facts: certificateFacts(each),
          daysLeft: Math.floor((each.notAfter - now) / DAY_MS),
        })),
      );
      return sendValue(withTag(reply, read.value), { items, next: null });
    },
  );

  server.post(
    '/api/v1/certificate-authorities',
    {
      onRequest,
      bodyLimit: MAX_CERTIFICATE_BODY,
      schema: {
        operationId: 'importCertificateAuthorities',
        summary: 'Add authorities of a PEM file; each is looked at for its CA flag, its dates and duplicates',
        tags,
        headers: IfMatchHeaders,
        body: AuthorityBody,
        response: { 201: AuthorityImportSchema, ...writes },
      },
    },
    async (request, reply) => {
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const file = certificatesOf(Buffer.from(request.body.pem));
      if (!file.ok) return sendProblem(reply, problemOf('bad-request', sentence(file.failure)));
      const found = authoritiesFrom(read.value.document.certificateAuthorities, file.value, house.clock.now());
      if (found.added.length === 0) {
        return sendProblem(reply, problemOf('conflict', `Nothing was added. ${found.refused.slice(0, 20).join(' ')}`));
      }
      const added = found.added.map(({ name }) => name);
      const write = { edit: addAuthorities(found.added), what: 'authority.created', subject: added.join(', ') };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : sendValue(reply.code(201), { added, refused: found.refused });
    },
  );

  server.delete(
    '/api/v1/certificate-authorities/:name',
    {
      onRequest,
      schema: {
        operationId: 'deleteCertificateAuthority',
        summary: 'Remove an authority from the custom list; pending until a commit',
        tags,
        params: NameParams,
        headers: IfMatchHeaders,
        response: { 204: Type.Null(), ...writes },
      },
    },
    async (request, reply) => {
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const { name } = request.params;
      if (!deleteAuthority(name)(read.value.document).ok) return missing(reply, 'authority');
      const write = { edit: deleteAuthority(name), what: 'authority.deleted', subject: name };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : reply.code(204).send(null);
    },
  );
}
