/**
 * The one way out of the house: every socket of tlsreach is opened here, under an address guard, from a chosen source
 * address, within a deadline, and counted against the limiter of its address.
 */
import { connect as connectSocket, type NetConnectOpts, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { type AddressScope, addressScope, type IpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { AddressLimiter } from './address-limiter.ts';

export interface Destination {
  readonly address: IpAddress;
  readonly port: number;
}

export type ConnectFailure =
  | { readonly kind: 'refused' }
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  | { readonly kind: 'unreachable'; readonly code: string }
  /** We have no address of this family, or the wanted source address is not ours. */
  | { readonly kind: 'no-local-address'; readonly code: string }
  | { readonly kind: 'reset' }
  /** The guard would not let us: nothing was sent. */
  | { readonly kind: 'not-permitted'; readonly scope: AddressScope }
  | { readonly kind: 'out-of-resources'; readonly code: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'other'; readonly code: string };

export interface ConnectRequest extends Destination {
  /** ms for the TCP handshake, waiting for a slot of the limiter not counted. */
  readonly timeoutMs: number;
  /** In place of the network's own: that of a virtual gateway. */
  readonly sourceAddress?: IpAddress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface NetOptions {
  readonly clock: Clock;
  /** Addresses outside the global scope: followed or refused (R6). */
  readonly privateAddresses: 'allowed' | 'denied';
  readonly sourceAddress?: IpAddress | undefined;
  /** Where a connection really goes: for a test bed that has to put many addresses behind one. */
  readonly redirect?: ((destination: Destination) => Destination) | undefined;
  /** Connections open at one time to one address; the others wait their turn. */
  readonly connectionsPerAddress?: number | undefined;
}

/** Polite by default: a receiver sees no more simultaneous connections of ours than a busy sender would open. */
export const DEFAULT_CONNECTIONS_PER_ADDRESS = 20;

export interface Connection {
  readonly socket: Socket;
  readonly localAddress: string;
  /** Gives the limiter's slot back; called once by whoever closes the socket, harmless when repeated. */
  readonly release: () => void;
}

export interface Net {
  connect(request: ConnectRequest): Promise<Outcome<Connection, ConnectFailure>>;
  /** What the guard says of an address, without connecting. */
  permits(address: IpAddress): boolean;
}

export function createNet(options: NetOptions): Net {
  const limiter = new AddressLimiter(options.connectionsPerAddress ?? DEFAULT_CONNECTIONS_PER_ADDRESS);
  const permits = (address: IpAddress): boolean =>
    options.privateAddresses === 'allowed' || addressScope(address) === 'global';
  return {
    permits,
    async connect(request) {
      if (!permits(request.address)) return failed({ kind: 'not-permitted', scope: addressScope(request.address) });
      const release = await limiter.acquire(request.address.text, request.signal);
      if (release === null) return failed({ kind: 'cancelled' });
      const opened = await openSocket({ ...request, ...options.redirect?.(request) }, options);
      if (!opened.ok) {
        release();
        return opened;
      }
      const socket = opened.value;
      socket.once('close', release);
      return succeeded({ socket, localAddress: socket.localAddress ?? '', release });
    },
  };
}

function openSocket(request: ConnectRequest, options: NetOptions): Promise<Outcome<Socket, ConnectFailure>> {
  return new Promise((resolve) => {
    const deadline = startDeadline(options.clock, request.timeoutMs, request.signal);
    const sourceAddress = request.sourceAddress ?? options.sourceAddress;
    const target: NetConnectOpts = {
      host: request.address.text,
      port: request.port,
      family: request.address.family,
      noDelay: true,
      ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress.text }),
    };
    let socket: Socket;
    const settle = (outcome: Outcome<Socket, ConnectFailure>): void => {
      deadline.signal.removeEventListener('abort', onAbort);
      deadline.dispose();
      socket?.removeListener('error', onError);
      socket?.removeListener('connect', onConnect);
      if (!outcome.ok && socket !== undefined) {
        socket.on('error', () => {});
        socket.destroy();
      }
      resolve(outcome);
    };
    const onConnect = (): void => settle(succeeded(socket));
    const onError = (error: NodeJS.ErrnoException): void => settle(failed(connectFailureOf(error)));
    const onAbort = (): void =>
      settle(failed(deadline.expired() ? { kind: 'timed-out', afterMs: request.timeoutMs } : { kind: 'cancelled' }));
    if (deadline.signal.aborted) {
      deadline.dispose();
      resolve(failed({ kind: 'cancelled' }));
      return;
    }
    socket = connectSocket(target);
    socket.once('connect', onConnect);
    socket.once('error', onError);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The one place where the codes of `connect(2)` get their names. */
export function connectFailureOf(error: NodeJS.ErrnoException): ConnectFailure {
  const code = error.code ?? error.name;
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    case 'ETIMEDOUT':
      return { kind: 'timed-out', afterMs: 0 };
    case 'ECONNRESET':
      return { kind: 'reset' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EACCES':
    case 'EPERM':
      return { kind: 'unreachable', code };
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return { kind: 'no-local-address', code };
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'EADDRINUSE':
      return { kind: 'out-of-resources', code };
    default:
      return { kind: 'other', code };
  }
}

/** One clause for people; the caller says with whom. */
export function describeConnectFailure(failure: ConnectFailure): string {
  switch (failure.kind) {
    case 'refused':
      return 'the connection was refused';
    case 'timed-out':
      return failure.afterMs > 0
        ? `no answer to the connection request within ${failure.afterMs / 1000} s`
        : 'no answer to the connection request';
    case 'unreachable':
      return `the address cannot be reached from here (${failure.code})`;
    case 'no-local-address':
      return `this machine has no address to connect from (${failure.code})`;
    case 'reset':
      return 'the connection was reset while it was being opened';
    case 'not-permitted':
      return `the address is ${failure.scope}, and connecting to such addresses is not allowed here`;
    case 'out-of-resources':
      return `this machine could not open another connection (${failure.code})`;
    case 'cancelled':
      return 'the run was stopped before the connection was opened';
    case 'other':
      return `the connection could not be opened (${failure.code})`;
  }
}
