/** Forms come from our own pages: what another site makes a browser send is refused (CSRF). */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.ts';
import type { Views } from './views.ts';

/** For every form: the browser says that one of our pages sent it, where it says anything at all. */
export function fromOurPage(views: Views) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const foreign =
      site === undefined ? origin !== undefined && hostOf(origin) !== host : site !== 'same-origin' && site !== 'none';
    if (!foreign) return undefined;
    return views.problem(request, reply, problemOf('not-permitted', 'This form was sent by a page of another site.'));
  };
}

/** For forms of people who signed in: the session's own token stands in it, too. */
export function withToken(views: Views) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { csrf } = (request.body ?? {}) as { readonly csrf?: unknown };
    return isOwnToken(request, csrf) ? undefined : outOfDate(views, request, reply);
  };
}

export function isOwnToken(request: FastifyRequest, csrf: unknown): boolean {
  const wanted = Buffer.from(request.caller.session?.csrf ?? '');
  const given = Buffer.from(typeof csrf === 'string' ? csrf : '');
  return wanted.length > 0 && wanted.length === given.length && timingSafeEqual(wanted, given);
}

export function outOfDate(views: Views, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const why = 'This form is out of date. Open the page again and repeat what you did.';
  return views.problem(request, reply, problemOf('not-permitted', why));
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
