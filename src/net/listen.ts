/**
 * The one way in: every socket that strangers may connect to is opened here, with a bound on how many of them are open at
 * one time, and closed in a way that lets those under way finish.
 */
import { createServer, type Socket } from 'node:net';
import type { IpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

export interface ListenRequest {
  readonly address: IpAddress;
  /** 0: any free one. */
  readonly port: number;
  /** Each new connection, paused: nothing is read before somebody asks. */
  readonly onConnection: (socket: Socket) => void;
  /** After the start: the port may be gone. */
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

export type ListenFailure =
  | { readonly kind: 'in-use' }
  /** Ports below 1024 are the administrator's. */
  | { readonly kind: 'not-allowed' }
  | { readonly kind: 'no-such-address' }
  | { readonly kind: 'other'; readonly code: string };

export interface OpenPort {
  readonly port: number;
  /** No new connections; those that are open stay. */
  close(): void;
}

/** Connections that the kernel keeps for us until they are accepted. */
const BACKLOG = 511;

export function listenAt(request: ListenRequest): Promise<Outcome<OpenPort, ListenFailure>> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: false, noDelay: true }, request.onConnection);
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => resolve(failed(listenFailureOf(error)));
    server.once('error', onError);
    const { address, port } = request;
    server.listen({ host: address.text, port, backlog: BACKLOG, ipv6Only: address.family === 6 }, () => {
      server.off('error', onError);
      server.on('error', request.onError);
      const bound = server.address();
      resolve(
        succeeded({
          port: typeof bound === 'object' && bound !== null ? bound.port : port,
          close: () => void server.close(),
        }),
      );
    });
  });
}

export function describeListenFailure(failure: ListenFailure): string {
  switch (failure.kind) {
    case 'in-use':
      return 'another program listens there already';
    case 'not-allowed':
      return 'this program may not listen there (ports below 1024 need a right of their own)';
    case 'no-such-address':
      return 'this machine has no such address';
    case 'other':
      return `the system refuses it (${failure.code})`;
  }
}

function listenFailureOf(error: NodeJS.ErrnoException): ListenFailure {
  const code = error.code ?? error.name;
  switch (code) {
    case 'EADDRINUSE':
      return { kind: 'in-use' };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'not-allowed' };
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return { kind: 'no-such-address' };
    default:
      return { kind: 'other', code };
  }
}
