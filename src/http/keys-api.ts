/** `/api/v1/dkim-keys` and `/api/v1/bounce-verification-keys`: keys that sign mail and tag senders, never shown (R106, R112). */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Appliance } from '../app/appliance.ts';
import { octetsFrom } from '../base/random.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import {
  addBounceKey,
  addDkimKey,
  bounceKeyStates,
  deleteBounceKey,
  deleteDkimKey,
  dkimName,
  dkimNamed,
  purgeBounceKeys,
  rollBounceKeys,
} from '../config/key-edits.ts';
import { describePublication, dkimRecord, judgePublication } from '../delivery/dkim-key.ts';
import type { DkimKey } from '../delivery/settings.ts';
import { describeKeyFault, readPrivateKey } from '../pki/certificate-bundle.ts';
import { generateKeyLater } from '../pki/issue-key.ts';
import {
  BounceKeyBody,
  BounceKeySchema,
  DigitParams,
  DkimBody,
  DkimSchema,
  PublicationSchema,
  PurgeBody,
} from './certificate-schemas.ts';
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

/** Octets of a secret that is made here: as many as the HMAC has. */
const SECRET_OCTETS = 32;
const tags = ['certificates'];

export function keysApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  dkimApi(plain, house, appliance);
  bounceKeysApi(plain, house, appliance);
}

function dkimApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const onRequest = withScope(house, 'config');
  const reads = problems(REFUSALS_OF_READS);
  const writes = problems(REFUSALS_OF_WRITES);

  server.get(
    '/api/v1/dkim-keys',
    {
      onRequest,
      schema: {
        operationId: 'listDkimKeys',
        summary: 'Every DKIM key, with the record to publish',
        tags,
        querystring: StateQuery,
        response: { 200: tableOf(DkimSchema), ...reads },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      return sendValue(withTag(reply, read.value), { items: read.value.document.dkim.map(told), next: null });
    },
  );

  server.get(
    '/api/v1/dkim-keys/:name',
    {
      onRequest,
      schema: {
        operationId: 'getDkimKey',
        summary: 'One DKIM key, by `selector._domainkey.domain`',
        tags,
        params: NameParams,
        querystring: StateQuery,
        response: { 200: DkimSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      const key = dkimNamed(read.value.document, request.params.name);
      return key === undefined ? missing(reply, 'key') : sendValue(withTag(reply, read.value), told(key));
    },
  );

  server.get(
    '/api/v1/dkim-keys/:name/publication',
    {
      onRequest,
      schema: {
        operationId: 'checkDkimKey',
        summary: 'Whether the DNS publishes this key',
        tags,
        params: NameParams,
        response: { 200: PublicationSchema, ...reads },
      },
    },
    async (request, reply) => {
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const key = dkimNamed(read.value.document, request.params.name);
      if (key === undefined) return missing(reply, 'key');
      const texts = await appliance.lookups.texts(dkimName(key));
      if (!texts.ok) return sendProblem(reply, problemOf('unavailable', sentence(texts.failure)));
      const publication = judgePublication(key, texts.value);
      return sendValue(reply, { kind: publication.kind, detail: describePublication(publication, dkimName(key)) });
    },
  );

  server.post(
    '/api/v1/dkim-keys',
    {
      onRequest,
      schema: {
        operationId: 'createDkimKey',
        summary: 'Make a DKIM key, or take one of your own; pending until a commit',
        tags,
        headers: IfMatchHeaders,
        body: DkimBody,
        response: { 201: DkimSchema, ...writes },
      },
    },
    async (request, reply) => {
      const { domain, selector, key = 'rsa2048', privateKey } = request.body;
      const given = privateKey === undefined ? null : readPrivateKey(privateKey, null);
      if (given?.ok === false) {
        return sendProblem(reply, problemOf('bad-request', sentence(describeKeyFault(given.failure))));
      }
      const made = given?.value ?? (await generateKeyLater(key));
      const type = made.asymmetricKeyType;
      if (type !== 'rsa' && type !== 'ed25519') {
        return sendProblem(reply, problemOf('bad-request', 'RSA and Ed25519 keys sign mail; this is neither.'));
      }
      const named = { domain: domain.trim().toLowerCase(), selector: selector.trim().toLowerCase() };
      const now = await configuration.newest();
      if (now.ok && dkimNamed(now.value.document, dkimName(named)) !== undefined) {
        return sendProblem(reply, problemOf('conflict', `There is a key ${dkimName(named)} already.`));
      }
      const pem = made.export({ type: 'pkcs8', format: 'pem' }).toString();
      const write = {
        edit: addDkimKey({ ...named, privateKey: pem }),
        what: 'DKIM key.created',
        subject: dkimName(named),
      };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      if (snapshot === null) return reply;
      const kept = snapshot.document.dkim.at(-1);
      if (kept === undefined) return missing(reply, 'key');
      void reply.code(201).header('Location', `/api/v1/dkim-keys/${encodeURIComponent(dkimName(kept))}`);
      return sendValue(reply, told(kept));
    },
  );

  server.delete(
    '/api/v1/dkim-keys/:name',
    {
      onRequest,
      schema: {
        operationId: 'deleteDkimKey',
        summary: 'Remove a DKIM key; pending until a commit',
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
      if (dkimNamed(read.value.document, name) === undefined) return missing(reply, 'key');
      const write = { edit: deleteDkimKey(name), what: 'DKIM key.deleted', subject: name };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : reply.code(204).send(null);
    },
  );
}

function bounceKeysApi(plain: FastifyInstance, house: WebHouse, appliance: Appliance): void {
  const server = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { configuration } = appliance;
  const onRequest = withScope(house, 'config');
  const base = '/api/v1/bounce-verification-keys';
  const writes = problems(REFUSALS_OF_WRITES);
  const statesOf = ({ bounceVerification }: ConfigurationDocument) =>
    bounceKeyStates(bounceVerification.keys, house.clock.now()).map(({ validUntil, isOver, ...state }) => ({
      ...state,
      validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
      over: isOver,
    }));

  server.get(
    base,
    {
      onRequest,
      schema: {
        operationId: 'listBounceVerificationKeys',
        summary: 'Keys that tag envelope senders, without their secrets; the first signs',
        tags,
        querystring: StateQuery,
        response: { 200: tableOf(BounceKeySchema), ...problems(REFUSALS_OF_READS) },
      },
    },
    async (request, reply) => {
      const read = await readState(configuration, request.query.state);
      if (!read.ok) return sendFailure(reply, read.failure);
      return sendValue(withTag(reply, read.value), { items: statesOf(read.value.document), next: null });
    },
  );

  server.post(
    base,
    {
      onRequest,
      schema: {
        operationId: 'createBounceVerificationKey',
        summary: 'A new key signs from the commit on; those before it still verify',
        tags,
        headers: IfMatchHeaders,
        body: BounceKeyBody,
        response: { 201: BounceKeySchema, ...writes },
      },
    },
    async (request, reply) => {
      const { roll = false, secret = octetsFrom(house.random, SECRET_OCTETS).toString('base64url') } = request.body;
      const edit = (roll ? rollBounceKeys : addBounceKey)(secret, house.clock.now());
      const now = await configuration.newest();
      const tried = now.ok ? edit(now.value.document) : null;
      if (tried?.ok === false) return sendProblem(reply, problemOf('conflict', sentence(tried.failure)));
      const write = { edit, what: 'bounce verification key.created', subject: '' };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : sendValue(reply.code(201), statesOf(snapshot.document)[0]);
    },
  );

  server.post(
    `${base}/purge`,
    {
      onRequest,
      schema: {
        operationId: 'purgeBounceVerificationKeys',
        summary: 'Remove keys whose tags have all run out; pending until a commit',
        tags,
        headers: IfMatchHeaders,
        body: PurgeBody,
        response: { 200: tableOf(BounceKeySchema), ...writes },
      },
    },
    async (request, reply) => {
      const which = request.body.all === true ? 'all' : 'over';
      const edit = purgeBounceKeys(which, house.clock.now());
      const write = { edit, what: 'bounce verification keys.purged', subject: which };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : sendValue(reply, { items: statesOf(snapshot.document), next: null });
    },
  );

  server.delete(
    `${base}/:id`,
    {
      onRequest,
      schema: {
        operationId: 'deleteBounceVerificationKey',
        summary: 'Remove a key, whatever it still verifies; pending until a commit',
        tags,
        params: DigitParams,
        headers: IfMatchHeaders,
        response: { 204: Type.Null(), ...writes },
      },
    },
    async (request, reply) => {
      const read = await configuration.newest();
      if (!read.ok) return sendFailure(reply, read.failure);
      const { id } = request.params;
      if (!read.value.document.bounceVerification.keys.some((key) => key.id === id)) return missing(reply, 'key');
      const write = { edit: deleteBounceKey(id), what: 'bounce verification key.deleted', subject: String(id) };
      const snapshot = await writeChange(request, reply, house, appliance, write);
      return snapshot === null ? reply : reply.code(204).send(null);
    },
  );
}

function told(key: DkimKey) {
  const { text, ...record } = dkimRecord(key);
  return { domain: key.domain, selector: key.selector, ...record, record: text };
}
