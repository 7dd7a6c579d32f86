/** Who may do what on the operator's side, over the API with a token and on pages with a session, and under what name. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ROLES, type Role, type Scope } from '../config/account-store.ts';
import { type ConfigurationFailure, describeConfigurationFailure } from '../config/configuration.ts';
import type { WebHouse } from './house.ts';
import { type Problem, problemOf, sendProblem } from './problem.ts';
import type { Views } from './views.ts';

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

/** A token with one of the scopes, of somebody who may still change things. Asked before a body is read. */
export function withScope({ accounts }: WebHouse, ...scopes: readonly Scope[]): Guard {
  return async (request, reply) => {
    const { caller } = request;
    if (caller.anonymous) {
      void reply.header('WWW-Authenticate', 'Bearer');
      return sendProblem(
        reply,
        problemOf('unauthorized', `This needs a token with the scope "${scopes.join('" or "')}".`),
      );
    }
    if (!scopes.some((scope) => caller.scopes.includes(scope))) {
      return sendProblem(reply, problemOf('not-permitted', `The token lacks the scope "${scopes.join('" or "')}".`));
    }
    const owner = await ownerOf(accounts, caller.key);
    const role = (await accounts.users()).find(({ name }) => name === owner?.owner)?.role;
    if (role !== undefined && role !== 'viewer') return undefined;
    return sendProblem(reply, problemOf('not-permitted', 'The owner of the token may not change anything any more.'));
  };
}

async function ownerOf({ tokens }: WebHouse['accounts'], key: string) {
  const id = key.replace(/^token /, '');
  return (await tokens()).find((token) => token.id === id);
}

/** The name under which something is done: it stands in the history and in the audit log. */
export async function actorOf({ accounts }: WebHouse, request: FastifyRequest): Promise<string> {
  const { session, key } = request.caller;
  if (session !== null) return session.user.name;
  const token = await ownerOf(accounts, key);
  return token === undefined ? key : `${token.owner} (token ${token.title})`;
}

type Told = (request: FastifyRequest, reply: FastifyReply, problem: Problem) => FastifyReply | Promise<FastifyReply>;

/**
 * For pages: somebody who signed in, chose a password and has at least this role; others are led on, and back to the page
 * they asked for. `alsoFirst`: also for somebody whose password is still the one that was given.
 */
export function signedInAs(views: Views, least: Role, tell: Told = views.problem, alsoFirst = false): Guard {
  return async (request, reply) => {
    const user = request.caller.session?.user;
    const page = askedFrom(request);
    const back = page === null ? '' : `?to=${encodeURIComponent(page)}`;
    if (user === undefined) return reply.redirect(`/sign-in${back}`, 303);
    if (user.mustChange && !alsoFirst) return reply.redirect(`/account${back}`, 303);
    if (ROLES.indexOf(user.role) >= ROLES.indexOf(least)) return undefined;
    return tell(request, reply, problemOf('not-permitted', `This is for people with the role "${least}".`));
  };
}

/** The page itself; of a form the page it stands on, so that whoever has to sign in in between finds it again. */
function askedFrom({ method, url, headers: { referer, host } }: FastifyRequest): string | null {
  if (method === 'GET') return localPage(url);
  if (referer === undefined || !URL.canParse(referer)) return null;
  const from = new URL(referer);
  return from.host === host ? localPage(`${from.pathname}${from.search}`) : null;
}

const SOMEWHERE = 'https://local.invalid';
const MAX_ADDRESS = 2_000;

/** A page of this web, as path and query; null where the address leads anywhere else (no open redirect), or in a circle. */
export function localPage(address: string): string | null {
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(address) || address.length > MAX_ADDRESS) return null;
  if (!URL.canParse(address, SOMEWHERE)) return null;
  const { origin, pathname, search } = new URL(address, SOMEWHERE);
  if (origin !== SOMEWHERE || pathname.startsWith('//') || /^\/sign-(in|out)\b/.test(pathname)) return null;
  return `${pathname}${search}`;
}

export function mayChange(request: FastifyRequest): boolean {
  const role = request.caller.session?.user.role;
  return role === 'operator' || role === 'admin';
}

/** A failure of the configuration as a problem; `stated` says that the caller named the state it had read. */
export function configurationProblem(failure: ConfigurationFailure, stated = false): Problem {
  const detail = sentence(describeConfigurationFailure(failure));
  switch (failure.kind) {
    case 'invalid': {
      const errors = failure.faults.slice(0, 20).map(({ place, why }) => ({ pointer: pointerOf(place), detail: why }));
      return problemOf('bad-request', detail.split('\n')[0] ?? detail, errors);
    }
    case 'refused':
      return problemOf('bad-request', detail);
    case 'conflict':
      return problemOf(stated ? 'precondition-failed' : 'conflict', detail);
    case 'nothing-pending':
    case 'pending-changes':
      return problemOf('conflict', detail);
    case 'no-such-revision':
      return problemOf('not-found', detail);
    case 'unreadable':
      return problemOf('unavailable', detail);
  }
}

/** `destinations.entries[3].maxConcurrency` as a JSON pointer. */
function pointerOf(place: string): string {
  return place === '' ? '' : `/${place.replace(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
