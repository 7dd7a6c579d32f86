/**
 * `/api/v1/certificates`: a certificate's whole life over the API (R99 to R103).
 * Changes are pending until a commit; nothing here answers with a private key but the export, to admins, under a password.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { exportedEntry, importedEntry, signedImport } from '../app/certificate-import.ts';
import { ownNames } from '../app/certificate-views.ts';
import { checkNames } from '../app/name-check.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import {
  type ArrangedEntry,
  addCertificate,
  certificateNamed,
  certificatesIn,
  deleteCertificate,
  inUse,
  replaceCertificate,
  requestOf,
  usesOf,
} from '../config/certificate-edits.ts';
import { DEMO_CERTIFICATE } from '../config/document.ts';
import { mintSelfSigned, readSelfSigned, type SelfSignedFields } from '../pki/self-signed.ts';
import { sendOctets, sendText } from './answer.ts';
import { named, sendOne, told, viewsOf } from './certificate-answers.ts';
import {
  CertificateListSchema,
  CertificateSchema,
  CheckQuery,
  ExportBody,
  NameCheckSchema,
  NewCertificateBody,
  SignedBody,
} from './certificate-schemas.ts';
import { IfMatchHeaders, NameParams, StateQuery } from './configuration-schemas.ts';
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
import { actorOf, sentence, withScope } from './operator.ts';
import { problemOf, sendProblem } from './problem.ts';
import { problems } from './table-api.ts';

/** Octets of a body with a certificate in it. */
export const MAX_CERTIFICATE_BODY = 2 * 1024 * 1024;
const tags = ['certificates'];

export function certificatesApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const onRequest = withScope(house, 'config');
  const reads = problems(REFUSALS_OF_READS);
  const writes = problems(REFUSALS_OF_WRITES);
  const bodyLimit = MAX_CERTIFICATE_BODY;

  server.get(
    '/api/v1/certificates',
    {
      onRequest,
      schema: {
        operationId: 'listCertificates',
        summary: 'Every certificate, Demo included, never with its key',
        tags,
        querystring: StateQuery,
        response: { 200: CertificateListSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const views = await viewsOf(house, appliance, read.value.document);
      return views.ok
        ? sendValue(withTag(reply, read.value), { items: views.value.map((view) => told(view)), next: null })
        : sendFailure(reply, views.failure);
    },
  );

  server.get(
    '/api/v1/certificates/:name',
    {
      onRequest,
      schema: {
        operationId: 'getCertificate',
        summary: 'One certificate: facts, how others would judge it, where it is in use',
        tags,
        params: NameParams,
        querystring: StateQuery,
        response: { 200: CertificateSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const views = await viewsOf(house, appliance, read.value.document);
      if (!views.ok) return sendFailure(reply, views.failure);
      const view = named(views.value, request.params.name);
      return view === undefined ? missing(reply, 'certificate') : sendValue(withTag(reply, read.value), told(view));
    },
  );

  server.post(
    '/api/v1/certificates',
    {
      onRequest,
      bodyLimit,
      schema: {
        operationId: 'createCertificate',
        summary: 'Make a self-signed certificate, or import one with its key; pending until a commit',
        tags,
        headers: IfMatchHeaders,
        body: NewCertificateBody,
        response: { 201: CertificateSchema, ...writes },
      },
    },
    async (request, reply) => {
      const { selfSigned, pem, pkcs12, password = null } = request.body;
      const name = printable(request.body.name.trim(), 200);
      const ways = [selfSigned, pem, pkcs12].filter((each) => each !== undefined);
      if (name === '' || ways.length !== 1) {
        return sendProblem(
          reply,
          problemOf('bad-request', 'A name and one of selfSigned, pem and pkcs12 are expected.'),
        );
      }
      const now = await configuration.newest();
      if (!now.ok) return sendFailure(reply, now.failure);
      if (certificateNamed(now.value.document, name) !== undefined) {
        return sendProblem(reply, problemOf('conflict', `There is a certificate ${printable(name, 120)} already.`));
      }
      const made =
        selfSigned === undefined
          ? await importedFor(
              name,
              pem === undefined ? Buffer.from(pkcs12 ?? '', 'base64') : Buffer.from(pem),
              password,
            )
          : await mintedFor(name, selfSigned, house.clock.now());
      if (!made.ok) return sendProblem(reply, made.failure);
      const { entry } = made.value;
      const write = { edit: addCertificate(entry), what: 'certificate.created', subject: name };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      if (snapshot === null) return reply;
      void reply.code(201).header('Location', `/api/v1/certificates/${encodeURIComponent(name)}`);
      return sendOne(reply, house, appliance, made.value);
    },
  );

  server.get(
    '/api/v1/certificates/:name/csr',
    {
      onRequest,
      schema: {
        operationId: 'getSigningRequest',
        summary: 'The signing request (PKCS#10, PEM) of a certificate that has been committed',
        tags,
        params: NameParams,
        response: problems([...REFUSALS_OF_READS, 409]),
      },
    },
    async (request, reply) => {
      const newest = await configuration.newest();
      const committed = await configuration.committed();
      if (!newest.ok) return sendFailure(reply, newest.failure);
      if (!committed.ok) return sendFailure(reply, committed.failure);
      const { name } = request.params;
      const made = requestOf(newest.value.document, committed.value.document, name);
      if (made.ok) return sendText(reply, 'application/x-pem-file', made.value);
      return made.failure.kind === 'not-committed'
        ? sendProblem(reply, problemOf('conflict', sentence(made.failure.why)))
        : missing(reply, 'certificate');
    },
  );

  server.put(
    '/api/v1/certificates/:name/signed',
    {
      onRequest,
      bodyLimit,
      schema: {
        operationId: 'putSignedCertificate',
        summary: 'Put what the authority signed in the place of the certificate; it must be of the same key',
        tags,
        params: NameParams,
        headers: IfMatchHeaders,
        body: SignedBody,
        response: { 200: CertificateSchema, ...writes },
      },
    },
    async (request, reply) => {
      const { pem, der } = request.body;
      if ((pem === undefined) === (der === undefined)) {
        return sendProblem(reply, problemOf('bad-request', 'One of pem and der is expected.'));
      }
      const now = await configuration.newest();
      if (!now.ok) return sendFailure(reply, now.failure);
      const entry = certificateNamed(now.value.document, request.params.name);
      if (entry === undefined) return missing(reply, 'certificate');
      const file = pem === undefined ? Buffer.from(der ?? '', 'base64') : Buffer.from(pem);
      const signed = signedImport(entry, file);
      if (!signed.ok) return sendProblem(reply, problemOf('conflict', sentence(signed.failure)));
      const write = { edit: replaceCertificate(signed.value.entry), what: 'certificate.signed', subject: entry.name };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : sendOne(reply, house, appliance, signed.value);
    },
  );

  server.get(
    '/api/v1/certificates/:name/check',
    {
      onRequest,
      schema: {
        operationId: 'checkCertificateNames',
        summary: 'Whether certificate, interface and MX names agree',
        tags,
        params: NameParams,
        querystring: CheckQuery,
        response: { 200: NameCheckSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const { document } = read.value;
      const [leaf] = certificatesIn(certificateNamed(document, request.params.name)?.certificate ?? '');
      if (leaf === undefined) return missing(reply, 'certificate');
      const asked = request.query.domain?.split(/[\s,]+/).filter((each) => each !== '');
      const domains = asked ?? document.dkim.map(({ domain }) => domain);
      return sendValue(reply, await checkNames(leaf, ownNames(document), domains, appliance.lookups));
    },
  );

  server.post(
    '/api/v1/certificates/:name/export',
    {
      onRequest,
      schema: {
        operationId: 'exportCertificate',
        summary: 'The certificate with its key as PKCS#12, for a token of an admin',
        tags,
        params: NameParams,
        body: ExportBody,
        response: problems(REFUSALS_OF_READS),
      },
    },
    async (request, reply) => {
      const actor = await actorOf(house, request);
      const role = (await house.accounts.users()).find(({ name }) => name === actor.split(' ')[0])?.role;
      if (role !== 'admin') {
        return sendProblem(reply, problemOf('not-permitted', 'Private keys are given to a token of an admin alone.'));
      }
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const entry = certificateNamed(read.value.document, request.params.name);
      if (entry === undefined) return missing(reply, 'certificate');
      const file = await exportedEntry(entry, request.body.password, house.random);
      if (!file.ok) return missing(reply, 'certificate');
      await house.accounts.record(actor, 'certificate.exported', entry.name);
      return sendOctets(reply, 'application/x-pkcs12', file.value);
    },
  );

  server.delete(
    '/api/v1/certificates/:name',
    {
      onRequest,
      schema: {
        operationId: 'deleteCertificate',
        summary: 'Remove a certificate that is in use nowhere; pending until a commit',
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
      if (name.toLowerCase() === DEMO_CERTIFICATE.toLowerCase()) {
        return sendProblem(reply, problemOf('conflict', `${DEMO_CERTIFICATE} belongs to the installation and stays.`));
      }
      const entry = certificateNamed(read.value.document, name);
      if (entry === undefined) return missing(reply, 'certificate');
      const uses = usesOf(read.value.document, entry.name);
      if (uses.length > 0) return sendProblem(reply, problemOf('conflict', sentence(inUse(entry.name, uses))));
      const write = { edit: deleteCertificate(entry.name), what: 'certificate.deleted', subject: entry.name };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : reply.code(204).send(null);
    },
  );
}

type Refused = Parameters<typeof sendProblem>[1];

async function importedFor(
  name: string,
  bytes: Buffer,
  password: string | null,
): Promise<Outcome<ArrangedEntry, Refused>> {
  const read = await importedEntry(name, bytes, password);
  return read.ok ? read : failed(problemOf('bad-request', sentence(read.failure.why)));
}

async function mintedFor(
  name: string,
  fields: SelfSignedFields,
  now: number,
): Promise<Outcome<ArrangedEntry, Refused>> {
  const request = readSelfSigned(fields);
  if (request.ok)
    return succeeded({ entry: { name, chain: '', ...(await mintSelfSigned(request.value, now)) }, notes: [] });
  const errors = request.failure.map(({ field, why }) => ({ pointer: `/selfSigned/${field}`, detail: why }));
  const [first] = request.failure;
  return failed(problemOf('bad-request', sentence(`${first?.field ?? 'a field'} ${first?.why ?? ''}`), errors));
}
