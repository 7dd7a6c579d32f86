/** A web server on loopback that plays an OCSP responder and a place of lists, and writes down what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StatusPlace {
  readonly port: number;
  /** `POST /ocsp`, with the octets that came. */
  readonly asked: readonly { readonly what: string; readonly body: Buffer }[];
  stop(): Promise<void>;
}

/** What is said at a path: octets, or something else. */
export type StatusWords = (path: string) => Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

export async function startStatusPlace(words: StatusWords): Promise<StatusPlace> {
  const asked: { what: string; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ what: `${request.method} ${request.url}`, body: Buffer.concat(chunks) });
    const said = words(request.url ?? '');
    if (typeof said === 'function') said(request, response);
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
