/** Sending a text as it stands, of a stated type. */
import type { FastifyReply } from 'fastify';

export const JSON_TYPE = 'application/json; charset=utf-8';

export function sendText(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.type(type).serializer(String).send(text);
}

/** The same for what is no text. */
export function sendOctets(reply: FastifyReply, type: string, octets: Uint8Array): FastifyReply {
  return reply.type(type).send(Buffer.from(octets));
}
