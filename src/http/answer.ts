/** Sending a text as it stands, of a stated type. */
import type { FastifyReply } from 'fastify';

export const JSON_TYPE = 'application/json; charset=utf-8';

export function sendText(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.type(type).serializer(String).send(text);
}
