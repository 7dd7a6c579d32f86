/** The web put together: API, pages, and what holds for every answer of both. */
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import swagger from '@fastify/swagger';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { printable } from '../base/printable.ts';
import { toJson } from '../report/json.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { accountPages } from './account-pages.ts';
import { batchApi } from './batch-api.ts';
import { knowCallers } from './caller.ts';
import { explainPages } from './explain-pages.ts';
import type { WebHouse } from './house.ts';
import type { MessageKey } from './languages.ts';
import { metricsRoutes } from './metrics.ts';
import { operatorSide } from './operator-side.ts';
import { probeApi } from './probe-api.ts';
import { kindOfStatus, type Problem, problemOf, retryAfter, sendProblem } from './problem.ts';
import { testerPages } from './tester-pages.ts';
import { createViews } from './views.ts';

/** Octets of a request body; a batch of a hundred long targets fits. */
export const MAX_BODY = 128 * 1024;
/** Characters of path and query. */
export const MAX_URL = 4_096;
/** A request that has not come in whole after so many ms is dropped. */
const REQUEST_MS = 20_000;
/**
 * Node takes the longer of its two limits for the whole, so the header's has to be the shorter one; and it looks every half
 * minute where nothing is said.
 */
const WAITS = { headersTimeout: 10_000, requestTimeout: REQUEST_MS, connectionsCheckingInterval: 2_000 } as const;
/** When to come back where the store does not answer, ms. */
const RETRY_MS = 10_000;

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  'Cache-Control': 'no-store',
};

function headersOf({ tls }: WebHouse): Readonly<Record<string, string>> {
  return tls === null ? HEADERS : { ...HEADERS, 'Strict-Transport-Security': 'max-age=31536000' };
}

export async function createWeb(house: WebHouse): Promise<FastifyInstance> {
  const views = createViews(house);
  const fail = (request: FastifyRequest, reply: FastifyReply, problem: Problem, words?: MessageKey): FastifyReply =>
    wantsPage(request) ? views.problem(request, reply, problem, words) : sendProblem(reply, problem);
  const options = {
    bodyLimit: MAX_BODY,
    requestTimeout: REQUEST_MS,
    trustProxy: house.trustedProxies.length === 0 ? false : [...house.trustedProxies],
    routerOptions: { maxParamLength: 300 },
    logger: false,
    forceCloseConnections: true,
    // An address that no route is even looked for: no hook sees it, and the library's own words would go out bare.
    frameworkErrors: (_error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(headersOf(house));
      void fail(request, reply, problemOf('bad-request', 'The address of the page cannot be read.'), 'noSuchPage');
    },
  };
  // The one shape, whichever of the two kinds of server stands below it.
  const server: FastifyInstance =
    house.tls === null
      ? fastify({ ...options, http: WAITS })
      : (fastify({
          ...options,
          https: { cert: house.tls.certificate, key: house.tls.key, ...WAITS },
        }) as unknown as FastifyInstance);
  server.setValidatorCompiler(TypeBoxValidatorCompiler);
  server.setSerializerCompiler(() => toJson);
  await server.register(cookie);
  await server.register(formbody);
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'tlsreach',
        version: house.version,
        description: 'Does mail to this recipient travel encrypted, to whom, and how sure are we?',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(headersOf(house));
    if (request.url.length > MAX_URL)
      return sendProblem(reply, problemOf('bad-request', 'The address of the page is too long.'));
    return undefined;
  });
  knowCallers(server, house);
  server.setNotFoundHandler((request, reply) =>
    fail(request, reply, problemOf('not-found', 'No page and no resource has this address.'), 'noSuchPage'),
  );
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemFrom(error, house);
    return fail(
      request,
      problem.status === 503 ? retryAfter(reply, RETRY_MS) : reply,
      problem,
      OUR_FAULTS[problem.status],
    );
  });
  // Those of the application come behind the library's own plugins, which have to be ready to see the routes.
  await server.register(async (inner) => {
    metricsRoutes(inner, house);
    serviceRoutes(inner, house);
    probeApi(inner, house);
    batchApi(inner, house);
    testerPages(inner, house, views);
    explainPages(inner, views);
    accountPages(inner, house, views);
    if (house.appliance != null) operatorSide(inner, house, house.appliance, views);
  });
  await server.ready();
  return server;
}

/** What we say of ourselves in the language of the page, by status. */
const OUR_FAULTS: Readonly<Record<number, MessageKey>> = { 500: 'ourFault', 503: 'storeAway' };

function wantsPage(request: FastifyRequest): boolean {
  return !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

interface Fault {
  readonly instancePath?: string;
  readonly message?: string;
  readonly params?: {
    readonly additionalProperties?: readonly string[];
    readonly requiredProperties?: readonly string[];
  };
}

/** What a request did wrong is told; what we did wrong is written down and not told. */
function problemFrom(error: FastifyError, house: WebHouse): Problem {
  if (error.validation !== undefined) {
    const faults = (error.validation as readonly Fault[])
      .filter(({ message }) => message !== 'schema is false')
      .slice(0, 20)
      .map((fault) => ({
        pointer: printable(fault.instancePath ?? '', 200),
        detail: printable(faultWords(fault), 300),
      }));
    const where = error.validationContext ?? 'request';
    const first = faults[0];
    return problemOf(
      'bad-request',
      `The ${where} cannot be used${first === undefined ? '' : `: ${first.pointer} ${first.detail}`}.`.replace(
        ':  ',
        ': ',
      ),
      faults,
    );
  }
  if ((error as Error) instanceof StoreTrouble) {
    house.log('error', 'the store does not answer', { error: error.message });
    return problemOf(
      'unavailable',
      'The store does not take or give anything at the moment. What was accepted before is not lost. Please try again later.',
    );
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    house.log('error', 'a request broke', { error: error.stack ?? error.message });
    return problemOf('internal', 'The fault has been written down. Please try again later.');
  }
  return problemOf(kindOfStatus(status), printable(error.message, 300));
}

function faultWords({ message = 'is not as it should be', params }: Fault): string {
  const unknown = params?.additionalProperties ?? [];
  if (unknown.length > 0) return `has a field that is not known: ${unknown.slice(0, 5).join(', ')}`;
  const missing = params?.requiredProperties ?? [];
  return missing.length > 0 ? `lacks ${missing.join(', ')}` : message;
}

/** Health without any contact outside (R63), readiness, schemas, the description of the API. */
function serviceRoutes(server: FastifyInstance, { files, jobs }: WebHouse): void {
  server.get('/healthz', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain').serializer(String).send('ok\n'),
  );
  server.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    try {
      await jobs.list({ unlisted: false, limit: 1, before: null });
      const { waiting } = jobs.counts();
      if (waiting < jobs.limits.waiting) return await reply.type('text/plain').serializer(String).send('ready\n');
      return sendProblem(reply, problemOf('unavailable', 'The queue is full.'));
    } catch {
      return sendProblem(reply, problemOf('unavailable', 'The store does not answer.'));
    }
  });
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').serializer(String).send(JSON.stringify(server.swagger())),
  );
  for (const [name, text] of files.schemas) {
    server.get(`/schemas/${name}`, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type('application/schema+json')
        .header('Cache-Control', 'public, max-age=3600')
        .serializer(String)
        .send(text),
    );
  }
}
