/** Who is asking: somebody with a token, somebody who signed in, or an address. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../app/accounts.ts';
import type { Caller } from '../app/probe-jobs.ts';
import type { Scope } from '../config/account-store.ts';
import type { WebHouse } from './house.ts';
import { problemOf, sendProblem } from './problem.ts';

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
    const session = secret === undefined ? null : house.accounts.session(secret);
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

/** For routes of the API that test: a token with the scope, or anybody where that is allowed. */
export function mayProbe(house: WebHouse) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { anonymous, scopes } = request.caller;
    if (anonymous ? house.anonymous : scopes.includes('probe')) return undefined;
    if (!anonymous) return sendProblem(reply, problemOf('not-permitted', 'The token lacks the scope "probe".'));
    void reply.header('WWW-Authenticate', 'Bearer');
    return sendProblem(reply, problemOf('unauthorized', 'Testing needs a token with the scope "probe" here.'));
  };
}
