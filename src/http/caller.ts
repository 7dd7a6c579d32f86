/** Who is asking: somebody with a token, somebody who signed in, or an address. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../app/accounts.ts';
import { createAllowance } from '../app/allowance.ts';
import type { Caller } from '../app/probe-jobs.ts';
import type { Scope } from '../config/account-store.ts';
import type { WebHouse } from './house.ts';
import { problemOf, retryAfter, sendProblem } from './problem.ts';

export interface WebCaller extends Caller {
  readonly scopes: readonly Scope[];
  /** Only on pages: the API knows tokens alone, so that no other site can use a person's session. */
  readonly session: Session | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: WebCaller;
  }
}

export const SESSION_COOKIE = 'tlsreach_session';

export function knowCallers(server: FastifyInstance, house: WebHouse): void {
  server.decorateRequest('caller', null as unknown as WebCaller);
  server.addHook('onRequest', async (request, reply) => {
    // Nobody in particular until the store has said who it is; where it cannot, the page that says so needs a caller.
    request.caller = { key: `from ${clientOf(request.ip)}`, anonymous: true, scopes: [], session: null };
    const authorization = request.headers.authorization;
    if (authorization !== undefined) {
      const token = /^Bearer ([\w-]{1,200})$/i.exec(authorization)?.[1];
      const known = token === undefined ? null : await house.accounts.bearer(token);
      if (known === null) {
        void reply.header('WWW-Authenticate', 'Bearer');
        return sendProblem(reply, problemOf('unauthorized', 'The token is not known here, or was taken back.'));
      }
      request.caller = { key: `token ${known.id}`, anonymous: false, scopes: known.scopes, session: null };
      return;
    }
    const secret = request.url.startsWith('/api/') ? undefined : request.cookies[SESSION_COOKIE];
    const session = secret === undefined ? null : await house.accounts.session(secret);
    const usable = session !== null && !session.user.mustChange;
    request.caller = {
      key: usable ? `user ${session.user.name}` : `from ${clientOf(request.ip)}`,
      anonymous: !usable,
      scopes: [],
      session,
    };
  });
}

/** An IPv6 client has a whole /64 to itself, so that is what is counted. */
export function clientOf(ip: string): string {
  if (!ip.includes(':') || ip.includes('.')) return ip.replace(/^::ffff:/i, '');
  const [before = '', after] = ip.split('::');
  const head = before.split(':').filter((group) => group !== '');
  const tail = (after ?? '').split(':').filter((group) => group !== '');
  const middle = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return [...head, ...Array.from({ length: middle }, () => '0'), ...tail].slice(0, 4).join(':');
}

/** For routes of the API that test: a token with the scope, or anybody where that is allowed. Asked before a body is read. */
export function mayProbe(house: WebHouse) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { anonymous, scopes } = request.caller;
    if (anonymous ? house.anonymous : scopes.includes('probe')) return undefined;
    if (!anonymous) return sendProblem(reply, problemOf('not-permitted', 'The token lacks the scope "probe".'));
    void reply.header('WWW-Authenticate', 'Bearer');
    return sendProblem(reply, problemOf('unauthorized', 'Testing needs a token with the scope "probe" here.'));
  };
}

/** Bodies of one client that could not be used: at once, and then one in so many ms. */
const FAULTS = { burst: 300, everyMs: 200 };
const FAULTY: readonly number[] = [400, 413, 415];

/**
 * Whose bodies are not read at all: whoever was told when to come back and comes before, and whoever has sent many that
 * could not be used.
 */
export function createBodyGuard({ jobs, clock }: WebHouse) {
  const faults = createAllowance({ clock, ...FAULTS });
  return {
    onRequest: async ({ caller }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
      const told = jobs.waitOf(caller);
      const wait = told ?? faults.wait(caller.key);
      if (wait === null) return undefined;
      const why = told === null ? 'Many of your requests could not be used.' : 'You have asked for many tests.';
      const detail = `${why} Please try again in ${Math.ceil(wait / 1000)} s.`;
      return sendProblem(retryAfter(reply, wait), problemOf('too-many-requests', detail));
    },
    onResponse: async ({ caller }: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (FAULTY.includes(reply.statusCode)) faults.take(caller.key);
    },
  };
}
