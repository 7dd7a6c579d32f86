/**
 * The TLS handshake. It refuses nobody for a certificate: the chain is judged by us afterwards, and what it costs is for
 * policy to say. It has an absolute deadline and a bound on what the server may send.
 */
import type { Socket } from 'node:net';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { HandshakeFailure, TlsSession } from '../policy/evidence.ts';
import { handshakeFailureOf } from './handshake-failure.ts';
import type { KeptTlsSession, Resumption } from './plan.ts';
import { type ClientCertificate, MIN_DH_BITS, secureContextFor } from './secure-context.ts';
import { chainAsSentBy, tlsSessionOf } from './tls-facts.ts';

/** Bytes a server may send until the handshake is done; OpenSSL's own bound on certificates is well below. */
export const MAX_HANDSHAKE_BYTES = 256 * 1024;
/** How often the bytes received are counted while a handshake runs, ms. A quick one is never counted. */
const BYTES_CHECK_MS = 100;

export interface HandshakeOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** SNI; null for an address literal, since SNI never holds an address (RFC 6066 3). */
  readonly serverName: string | null;
  readonly minTlsVersion: SecureVersion;
  readonly clientCertificate: ClientCertificate | null;
  readonly askForStaple: boolean;
  /** A session of an earlier connection to the same server, and where the new one is kept. */
  readonly resumption?: Resumption | undefined;
  /** ms, absolute. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Encrypted {
  readonly socket: TLSSocket;
  readonly session: TlsSession;
  /** DER, wire order. */
  readonly chainAsSent: readonly Buffer[];
  readonly ocspStaple: Buffer | null;
}

/** Converts `socket` to TLS. After a failure the socket is of no further use and has been destroyed. */
export function shakeHands(options: HandshakeOptions): Promise<Outcome<Encrypted, HandshakeFailure>> {
  const { socket, clock, serverName, timeoutMs, signal } = options;
  return new Promise((resolve) => {
    const endsAt = clock.monotonic() + timeoutMs;
    const bytesBefore = socket.bytesRead;
    const sentBefore = socket.bytesWritten;
    let staple: Buffer | null = null;
    let cancelTimer = (): void => {};
    const kept = options.resumption?.kept() ?? null;
    const tls = connectTls({
      socket,
      secureContext: secureContextFor(options.minTlsVersion, options.clientCertificate),
      rejectUnauthorized: false,
      minDHSize: MIN_DH_BITS,
      ...(serverName === null ? {} : { servername: serverName }),
      ...(options.askForStaple ? { requestOCSP: true } : {}),
      ...(kept === null ? {} : { session: kept.session }),
    });
    // Errors come out at the TLS socket; one that comes out below it must not end the process.
    socket.on('error', () => {});
    const settle = (outcome: Outcome<Encrypted, HandshakeFailure>): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      tls.off('secureConnect', onSecure).off('error', onError).off('close', onClose).off('OCSPResponse', onStaple);
      if (!outcome.ok) {
        if (kept !== null) options.resumption?.forget();
        tls.on('error', () => {});
        tls.destroy();
        socket.destroy();
      }
      resolve(outcome);
    };
    const onStaple = (response: Buffer | null): void => {
      staple = response !== null && response.length > 0 ? response : null;
    };
    const onSecure = (): void => {
      const resumed = tls.isSessionReused() ? kept : null;
      // In TLS 1.3 a resumed session shows no certificate: the chain is that of the session it goes back to.
      const chainAsSent =
        resumed === null || resumed.chainAsSent.length === 0 ? chainAsSentBy(tls) : resumed.chainAsSent;
      staple ??= resumed?.ocspStaple ?? null;
      keepSessions(tls, options.resumption, { chainAsSent, ocspStaple: staple });
      const facts = tlsSessionOf(tls, serverName, chainAsSent);
      const session = staple === null ? facts : { ...facts, ocspStaple: staple.toString('base64') };
      settle(succeeded({ socket: tls, session, chainAsSent, ocspStaple: staple }));
    };
    const onError = (error: NodeJS.ErrnoException): void => settle(failed(handshakeFailureOf(error)));
    const onClose = (): void => settle(failed({ kind: 'closed', how: 'end' }));
    const onAbort = (): void => settle(failed({ kind: 'cancelled' }));
    const watch = (): void => {
      const left = endsAt - clock.monotonic();
      // The raw socket counts what came over the wire; the TLS socket what was decrypted, which is nothing yet.
      if (socket.bytesRead - bytesBefore > MAX_HANDSHAKE_BYTES) {
        settle(failed({ kind: 'too-much', limit: MAX_HANDSHAKE_BYTES }));
      } else if (left <= 0) {
        const bytes = { sent: socket.bytesWritten - sentBefore, received: socket.bytesRead - bytesBefore };
        settle(failed({ kind: 'timed-out', afterMs: Math.round(timeoutMs), bytes }));
      } else cancelTimer = clock.setTimer(Math.min(left, BYTES_CHECK_MS), watch);
    };
    tls.on('secureConnect', onSecure).on('error', onError).on('close', onClose).on('OCSPResponse', onStaple);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    watch();
  });
}

/** Tickets of TLS 1.3 come when the handshake is over, those of TLS 1.2 with it. */
function keepSessions(tls: TLSSocket, resumption: Resumption | undefined, seen: Omit<KeptTlsSession, 'session'>): void {
  if (resumption === undefined || seen.chainAsSent.length === 0) return;
  const now = tls.getProtocol() === 'TLSv1.3' ? undefined : tls.getSession();
  if (now !== undefined) resumption.keep({ ...seen, session: now });
  tls.on('session', (session: Buffer) => resumption.keep({ ...seen, session }));
}
