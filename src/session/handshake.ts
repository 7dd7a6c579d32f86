/**
 * The TLS handshake: one offer for probe and delivery alike, down to TLS 1.0, since weak TLS beats clear text and is
 * reported (decision on the TLS offer). The chain is judged by us afterwards, so the handshake itself refuses nobody.
 */

import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { HandshakeFailure, TlsSession } from '../policy/evidence.ts';
import { handshakeFailureOf } from './handshake-failure.ts';

/** Bytes a server may send until the handshake is done: a chain of a hundred certificates fits. */
export const MAX_HANDSHAKE_BYTES = 512 * 1024;
/** Certificates looked at; the judge refuses longer chains as a whole. */
export const MAX_CHAIN_AS_SENT = 101;
/** How often the bytes received are looked at while a handshake runs, ms. */
const BYTES_CHECK_MS = 250;

/** Everything but anonymous suites, which would hide the certificate; level 0 admits TLS 1.0 and short keys. */
export const CIPHER_OFFER = 'ALL:!aNULL:@SECLEVEL=0';

export interface ClientCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface HandshakeOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  /** SNI; null for an address literal, since SNI never holds an address (RFC 6066 3). */
  readonly serverName: string | null;
  readonly minTlsVersion: SecureVersion;
  readonly clientCertificate: ClientCertificate | null;
  readonly askForStaple: boolean;
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
    const deadline = startDeadline(clock, timeoutMs, signal);
    let staple: Buffer | null = null;
    const tls = connectTls({
      socket,
      secureContext: secureContextFor(options),
      rejectUnauthorized: false,
      ...(serverName === null ? {} : { servername: serverName }),
      ...(options.askForStaple ? { requestOCSP: true } : {}),
    });
    let cancelCheck = (): void => {};
    const watchBytes = (): void => {
      cancelCheck = clock.setTimer(BYTES_CHECK_MS, () => {
        if (tls.bytesRead > MAX_HANDSHAKE_BYTES) settle(failed({ kind: 'too-much', limit: MAX_HANDSHAKE_BYTES }));
        else watchBytes();
      });
    };
    const settle = (outcome: Outcome<Encrypted, HandshakeFailure>): void => {
      cancelCheck();
      deadline.signal.removeEventListener('abort', onAbort);
      deadline.dispose();
      tls.off('secureConnect', onSecure).off('error', onError).off('close', onClose).off('OCSPResponse', onStaple);
      if (!outcome.ok) {
        tls.on('error', () => {});
        tls.destroy();
        socket.destroy();
      }
      resolve(outcome);
    };
    const onStaple = (response: Buffer | null): void => {
      staple = response !== null && response.length > 0 ? Buffer.from(response) : null;
    };
    const onSecure = (): void => settle(succeeded(describe(tls, serverName, staple)));
    const onError = (error: NodeJS.ErrnoException): void => settle(failed(handshakeFailureOf(error)));
    const onClose = (): void => settle(failed({ kind: 'closed', how: 'end' }));
    const onAbort = (): void =>
      settle(failed(deadline.expired() ? { kind: 'timed-out', afterMs: timeoutMs } : { kind: 'cancelled' }));
    tls.on('secureConnect', onSecure).on('error', onError).on('close', onClose).on('OCSPResponse', onStaple);
    watchBytes();
    if (deadline.signal.aborted) return onAbort();
    deadline.signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Strength of the bulk cipher in bits, from OpenSSL's name of the suite. */
export function cipherBits(name: string): number {
  if (/NULL/.test(name)) return 0;
  if (/CHACHA20|AES_?256|CAMELLIA_?256|ARIA_?256|GOST/.test(name)) return 256;
  if (/AES_?128|CAMELLIA_?128|ARIA_?128|SEED|IDEA|RC4|RC2/.test(name)) return /^EXP/.test(name) ? 40 : 128;
  if (/3DES|DES-CBC3/.test(name)) return 112;
  if (/DES/.test(name)) return /^EXP/.test(name) ? 40 : 56;
  return 0;
}

function describe(tls: TLSSocket, serverName: string | null, ocspStaple: Buffer | null): Encrypted {
  const { name, standardName } = tls.getCipher();
  const chainAsSent = chainOf(tls.getPeerX509Certificate());
  return {
    socket: tls,
    chainAsSent,
    ocspStaple,
    session: {
      protocol: tls.getProtocol() ?? 'unknown',
      cipher: name,
      cipherStandardName: standardName ?? name,
      bits: cipherBits(name),
      group: groupOf(tls),
      serverName,
      chainAsSent: chainAsSent.map((der) => der.toString('base64')),
      resumed: tls.isSessionReused(),
    },
  };
}

/** The key-agreement group in the words of the TLS registry. */
function groupOf(tls: TLSSocket): string | null {
  const info = tls.getEphemeralKeyInfo();
  if (info === null || !('type' in info) || info.type === undefined) return null;
  const { type, size } = info as { readonly type: string; readonly size?: number };
  const name = 'name' in info && typeof info.name === 'string' ? info.name : null;
  if (type === 'DH') return `DH ${size ?? ''}`.trim();
  return name === null ? type : (CURVE_NAMES[name] ?? name);
}

const CURVE_NAMES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** `issuerCertificate` walks the chain as it was sent, duplicates and strangers included. */
function chainOf(leaf: X509Certificate | undefined): readonly Buffer[] {
  const chain: Buffer[] = [];
  for (let each = leaf; each !== undefined && chain.length < MAX_CHAIN_AS_SENT; each = each.issuerCertificate) {
    chain.push(each.raw);
  }
  return chain;
}

const contexts = new Map<string, SecureContext>();
const clientContexts = new WeakMap<ClientCertificate, Map<string, SecureContext>>();

/** One context per minimum version and client certificate. Without roots: nothing is verified inside the handshake. */
function secureContextFor({ minTlsVersion, clientCertificate }: HandshakeOptions): SecureContext {
  const cache =
    clientCertificate === null ? contexts : (clientContexts.get(clientCertificate) ?? new Map<string, SecureContext>());
  if (clientCertificate !== null) clientContexts.set(clientCertificate, cache);
  const cached = cache.get(minTlsVersion);
  if (cached !== undefined) return cached;
  const context = createSecureContext({
    ca: [],
    ciphers: CIPHER_OFFER,
    minVersion: minTlsVersion,
    ...(clientCertificate === null ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  });
  cache.set(minTlsVersion, context);
  return context;
}
