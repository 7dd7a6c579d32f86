/**
 * One HTTP request over one connection that is open already, and whose address, and certificate where there is one, have
 * been judged: policies, TLS reports and revocation all go this way. The client never opens a connection of its own,
 * follows nothing and keeps nothing. It is loaded with the first request.
 */
import type { Socket } from 'node:net';

export interface HttpRequest {
  /** `https://host`, `http://host:port`: what the connection leads to. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Bounds everything, the reading of the answer included. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of a field that came several times the first; null where it did not come. */
  header(name: string): string | null;
  readonly body: AsyncIterable<Buffer>;
}

/** Octets of an HTTP header. */
export const MAX_HEADER_OCTETS = 16 * 1024;

/** Asks and lets `read` take the answer in; the connection is closed when that is done. Rejects with the client's error. */
export async function requestOnce<Result>(
  socket: Socket,
  { origin, path, method, headers, body, signal }: HttpRequest,
  read: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result> {
  const { Agent, request } = await import('undici');
  let taken = false;
  const agent = new Agent({
    pipelining: 0,
    maxHeaderSize: MAX_HEADER_OCTETS,
    // The signal bounds both.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_, callback) => {
      if (taken) {
        callback(new Error('everything is asked for over one connection'), null);
        return;
      }
      taken = true;
      // Not at once: the client has to have finished asking for a connection before it is given one.
      queueMicrotask(() => callback(null, socket));
    },
  });
  try {
    const answer = await request(`${origin}${path}`, {
      dispatcher: agent,
      method,
      signal,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return await read({
      status: answer.statusCode,
      header: (name) => {
        const field = answer.headers[name];
        return (Array.isArray(field) ? field[0] : field) ?? null;
      },
      body: answer.body,
    });
  } finally {
    socket.destroy();
    await agent.destroy();
  }
}

/** The code of what a request rejected with. */
export function httpErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
