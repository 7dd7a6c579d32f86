/**
 * The connections that `stream.ts` asks over: plain TCP, and TLS with the certificate checked for the host that was
 * named (RFC 7858 section 8: the strict profile alone, a resolver that cannot prove itself is not asked).
 */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { ConnectFailure, Net } from '../net/net.ts';
import type { ExchangeFailure } from './upstream.ts';

/** Addresses of a resolver named by host that are tried, one after the other. */
export const MAX_RESOLVER_ADDRESSES = 4;

export async function openTcp(
  net: Net,
  address: IpAddress,
  port: number,
  timeoutMs: number,
): Promise<Outcome<Socket, ExchangeFailure>> {
  const opened = await net.connect({ address, port, timeoutMs });
  return opened.ok ? succeeded(opened.value.socket) : failed(exchangeFailureOf(opened.failure, timeoutMs));
}

export interface TlsRequest {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  /** Of the host, in the order they are to be tried. */
  readonly addresses: readonly IpAddress[];
  readonly port: number;
  /** PEM; the runtime's own where it is left out. */
  readonly trustAnchors?: readonly string[] | undefined;
  readonly timeoutMs: number;
}

export async function openTls(request: TlsRequest): Promise<Outcome<Socket, ExchangeFailure>> {
  let last: ExchangeFailure = { kind: 'unreachable', code: 'ENOTFOUND' };
  for (const address of request.addresses.slice(0, MAX_RESOLVER_ADDRESSES)) {
    const opened = await openTcp(request.net, address, request.port, request.timeoutMs);
    const secured = opened.ok ? await handshake(opened.value, request) : opened;
    if (secured.ok) return secured;
    last = secured.failure;
  }
  return failed(last);
}

function handshake(socket: Socket, request: TlsRequest): Promise<Outcome<Socket, ExchangeFailure>> {
  return new Promise((resolve) => {
    const deadline = startDeadline(request.clock, request.timeoutMs);
    const isAddress = request.addresses.some(({ text }) => text === request.host);
    const secure = connectTls({
      socket,
      host: request.host,
      servername: isAddress ? '' : request.host,
      ALPNProtocols: ['dot'],
      minVersion: 'TLSv1.2',
      ...(request.trustAnchors === undefined ? {} : { ca: [...request.trustAnchors] }),
    });
    const settle = (outcome: Outcome<Socket, ExchangeFailure>): void => {
      deadline.signal.removeEventListener('abort', onTimeout);
      deadline.dispose();
      secure.removeAllListeners('secureConnect');
      secure.removeListener('error', onError);
      if (!outcome.ok) {
        secure.on('error', () => {});
        secure.destroy();
        socket.destroy();
      }
      resolve(outcome);
    };
    const onTimeout = (): void => settle(failed({ kind: 'timed-out', afterMs: request.timeoutMs }));
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(failed({ kind: 'unreachable', code: error.code ?? error.name }));
    deadline.signal.addEventListener('abort', onTimeout, { once: true });
    secure.once('secureConnect', () => settle(succeeded(secure)));
    secure.once('error', onError);
    secure.once('close', () => settle(failed({ kind: 'unreachable', code: 'ECONNRESET' })));
  });
}

function exchangeFailureOf(failure: ConnectFailure, timeoutMs: number): ExchangeFailure {
  switch (failure.kind) {
    case 'timed-out':
      return { kind: 'timed-out', afterMs: timeoutMs };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'refused':
      return { kind: 'unreachable', code: 'ECONNREFUSED' };
    case 'reset':
      return { kind: 'unreachable', code: 'ECONNRESET' };
    case 'not-permitted':
      return { kind: 'unreachable', code: `address is ${failure.scope}` };
    case 'unreachable':
    case 'no-local-address':
    case 'out-of-resources':
    case 'other':
      return { kind: 'unreachable', code: failure.code };
  }
}
