/** Server-sent events (WHATWG HTML 9.2): the steps of a test, numbered, so that `Last-Event-ID` goes on behind them. */
import type { FastifyReply } from 'fastify';
import type { EventTrail } from '../app/event-trail.ts';
import type { WebHouse } from './house.ts';
import { problemOf, retryAfter, sendProblem } from './problem.ts';

/** A comment so often, ms, so that nobody between takes a silent stream for a dead one. */
const HEARTBEAT_MS = 15_000;
/** Who does not read this many octets is let go and may come back. */
const MAX_BACKLOG = 4 * 1024 * 1024;
const RETRY_MS = 2_000;
/** Streams of one caller, and of all. Each is an open file that lives as long as its test, and is heard of every step. */
export const MAX_STREAMS_OF_ONE = 50;
const MAX_STREAMS = 5_000;
/** When to come back, ms. */
const FULL_MS = 10_000;

let open = 0;
const openOf = new Map<string, number>();

/** Streams open now, of this process. */
export function openStreams(): number {
  return open;
}

export function sendEvents(reply: FastifyReply, trail: EventTrail, after: number, { clock }: WebHouse): FastifyReply {
  // All was heard before: a browser comes back only to be told so (204 ends it).
  if (trail.ended() && after >= trail.last()) return reply.code(204).send();
  const { key } = reply.request.caller;
  const others = openOf.get(key) ?? 0;
  if (others >= MAX_STREAMS_OF_ONE || open >= MAX_STREAMS) {
    const detail = 'So many events are being followed that no more can be. The result can be asked for all the same.';
    return sendProblem(retryAfter(reply, FULL_MS), problemOf('too-many-requests', detail));
  }
  openOf.set(key, others + 1);
  const headers = reply.getHeaders();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(headers as Record<string, string>),
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  open += 1;
  raw.write(`retry: ${RETRY_MS}\n\n`);
  let beat: () => void = () => {};
  const pulse = (): void => {
    beat = clock.setTimer(HEARTBEAT_MS, () => {
      raw.write(': still here\n\n');
      pulse();
    });
  };
  pulse();
  let closed = false;
  const unfollow = trail.follow(
    after,
    ({ id, kind, data }) => {
      raw.write(`id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`);
      if (raw.writableLength > MAX_BACKLOG) raw.destroy();
    },
    () => raw.end(),
  );
  raw.on('error', () => {});
  raw.on('close', () => {
    if (closed) return;
    closed = true;
    open -= 1;
    const left = (openOf.get(key) ?? 1) - 1;
    if (left > 0) openOf.set(key, left);
    else openOf.delete(key);
    beat();
    unfollow();
  });
  return reply;
}
