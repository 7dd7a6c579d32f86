/** Problem documents (RFC 9457): what went wrong, for people and scripts alike, and never how the house looks inside. */
import type { FastifyReply } from 'fastify';
import type { Refusal } from '../app/probe-jobs.ts';
import { toJson } from '../report/json.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const TITLES = {
  'bad-request': [400, 'The request cannot be understood'],
  'bad-target': [400, 'This cannot be an address or a domain'],
  unauthorized: [401, 'A valid token is needed'],
  'not-permitted': [403, 'This is not allowed here'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'This cannot be done here'],
  conflict: [409, 'This does not fit what is there now'],
  'precondition-failed': [412, 'It was changed in the meantime'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The body is of a kind that is not read here'],
  'idempotency-key-reused': [422, 'The idempotency key belongs to another request'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  unavailable: [503, 'Not ready'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ProblemKind = keyof typeof TITLES;

export function isProblemKind(text: string): text is ProblemKind {
  return Object.hasOwn(TITLES, text);
}

export function problemOf(kind: ProblemKind, detail: string, errors?: Problem['errors']): Problem {
  const [status, title] = TITLES[kind];
  return { type: `/problems/${kind}`, title, status, detail, ...(errors === undefined ? {} : { errors }) };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').serializer(String).send(toJson(problem));
}

/** A refusal of the application, with `Retry-After` in whole seconds where waiting helps. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.kind === 'too-many') {
    void reply.header('Retry-After', String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))));
    return sendProblem(reply, problemOf('too-many-requests', refusal.detail));
  }
  return sendProblem(reply, problemOf(refusal.kind, refusal.detail));
}

/** The kind of an error that the HTTP library found, by its status. */
export function kindOfStatus(status: number): ProblemKind {
  const kinds: Readonly<Record<number, ProblemKind>> = {
    401: 'unauthorized',
    403: 'not-permitted',
    404: 'not-found',
    405: 'method-not-allowed',
    413: 'too-large',
    415: 'unsupported-media-type',
    429: 'too-many-requests',
    503: 'unavailable',
  };
  return kinds[status] ?? (status >= 500 ? 'internal' : 'bad-request');
}
