/** Problem documents (RFC 9457): what went wrong, for people and scripts alike, and never how the house looks inside. */
import type { FastifyReply } from 'fastify';
import { BROKEN_OFF, type Refusal } from '../app/refusal.ts';
import type { KeyFault } from '../app/request-keys.ts';
import { RESTARTED } from '../probe/probe-record.ts';
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
  'request-under-way': [409, 'The same request is being worked on'],
  conflict: [409, 'This does not fit what is there now'],
  'precondition-failed': [412, 'It was changed in the meantime'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The body is of a kind that is not read here'],
  'idempotency-key-reused': [422, 'The idempotency key belongs to another request'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  interrupted: [503, 'The server went down before it was done'],
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

/** A refusal of the application, with `Retry-After` where waiting helps. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.kind === 'too-many') {
    return sendProblem(retryAfter(reply, refusal.retryAfterMs), problemOf('too-many-requests', refusal.detail));
  }
  return sendProblem(reply, problemOf(refusal.kind, refusal.detail));
}

/** In whole seconds (RFC 9110 10.2.3). */
export function retryAfter(reply: FastifyReply, ms: number): FastifyReply {
  return reply.header('Retry-After', String(Math.max(1, Math.ceil(ms / 1000))));
}

/** Why an idempotency key does not lead to an answer. */
export function sendKeyFault(reply: FastifyReply, fault: Exclude<KeyFault<never>, { kind: 'refused' }>): FastifyReply {
  switch (fault.kind) {
    case 'other-request': {
      const why = 'The same key came with another request before. Use a new key for a new request.';
      return sendProblem(reply, problemOf('idempotency-key-reused', why));
    }
    case 'in-flight': {
      const why = 'A request with this key is being worked on. Please ask again in a moment.';
      return sendProblem(retryAfter(reply, 1_000), problemOf('request-under-way', why));
    }
    case 'too-many-keys': {
      const why = 'You have used many idempotency keys in a short time.';
      return sendProblem(retryAfter(reply, fault.retryAfterMs), problemOf('too-many-requests', why));
    }
  }
}

/** Of a test that ended without a result. */
export function problemOfTest(detail: string): Problem {
  return problemOf(detail === RESTARTED || detail === BROKEN_OFF.closing ? 'interrupted' : 'internal', detail);
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
