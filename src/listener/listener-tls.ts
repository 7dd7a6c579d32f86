/**
 * TLS of a listener: the certificate it shows, the handshake with a client, and what is to be thought of the client's own
 * certificate (R131). Sessions are not resumed, so that a client's certificate is seen each time.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { parseDomain } from '../base/domain.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { ConfigurationDocument, NamedCertificate } from '../config/document.ts';
import type { Listener } from '../config/listener-schema.ts';
import { judgeChain } from '../pki/judge-chain.ts';
import type { TrustAnchors } from '../pki/trust-anchors.ts';
import { chainAsSentBy, groupOf } from '../session/tls-facts.ts';

/** For the whole handshake, ms. */
export const HANDSHAKE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Of the certificate of one's own making: as long as an appliance's would be valid. */
const OWN_DAYS = 3_650;

/** What both sides agreed on. */
export interface TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
  /** As the TLS registry names it. */
  readonly cipherStandardName: string;
  readonly group: string | null;
  readonly certificate: ClientCertificateSeen;
}

export type ClientCertificateSeen =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid' }
  /** `problem`: `expired`, `untrusted-root`, …: the words of the chain judge. */
  | { readonly kind: 'invalid'; readonly problem: string };

export interface TlsTrouble {
  /** OpenSSL's number of it, or a word. */
  readonly code: string;
  readonly detail: string;
}

/** The contexts of the listeners, made anew when a certificate changes. */
export class ListenerContexts {
  readonly #now: () => number;
  readonly #contexts = new Map<string, { readonly of: string; readonly context: SecureContext }>();
  readonly #own = new Map<string, NamedCertificate>();

  /** `now`: wall-clock ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Throws where the certificate cannot be used; the document has seen to it that it can. */
  async for(listener: Listener, hostname: string, document: ConfigurationDocument): Promise<SecureContext> {
    const { name, minTlsVersion } = listener;
    const chosen = document.certificates.find((each) => each.name === listener.certificate);
    const { certificate, chain, key } = chosen ?? (await this.#ownFor(hostname));
    const of = [certificate, chain, key, minTlsVersion].join('\n');
    const kept = this.#contexts.get(name);
    if (kept?.of === of) return kept.context;
    const isOld = minTlsVersion === 'TLSv1' || minTlsVersion === 'TLSv1.1';
    const context = createSecureContext({
      cert: `${certificate.trimEnd()}\n${chain}`,
      key,
      ca: [],
      minVersion: minTlsVersion,
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      ...(isOld ? { ciphers: 'DEFAULT:!aNULL:@SECLEVEL=0' } : {}),
    });
    this.#contexts.set(name, { of, context });
    return context;
  }

  /** Self-signed: it encrypts, and proves nothing to anybody. */
  async #ownFor(hostname: string): Promise<NamedCertificate> {
    const known = this.#own.get(hostname);
    if (known !== undefined) return known;
    const { issueCertificate } = await import('../pki/issue.ts');
    const now = this.#now();
    const { certificate, keyPem } = issueCertificate({
      subject: { CN: hostname },
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + OWN_DAYS * DAY_MS),
      ...(parseDomain(hostname).ok ? { dnsNames: [hostname] } : {}),
    });
    const own: NamedCertificate = { name: '', certificate, chain: '', key: keyPem };
    this.#own.set(hostname, own);
    return own;
  }
}

export interface HandshakeRequest {
  readonly socket: Socket;
  readonly context: SecureContext;
  /** Whether a certificate is asked for, and how it is judged. */
  readonly verify: 'off' | 'preferred' | 'required';
  readonly anchors: TrustAnchors;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly facts: TlsFacts;
}

/** The socket is destroyed where it fails. */
export function serverHandshake(request: HandshakeRequest): Promise<Outcome<SecuredSocket, TlsTrouble>> {
  const { socket: raw, context, verify, anchors, clock, signal } = request;
  const deadline = startDeadline(clock, HANDSHAKE_MS, signal);
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext: context,
    requestCert: verify !== 'off',
    rejectUnauthorized: false,
  });
  return new Promise((resolve) => {
    const settle = (outcome: Outcome<SecuredSocket, TlsTrouble>): void => {
      deadline.signal.removeEventListener('abort', onAbort);
      deadline.dispose();
      socket.off('secure', onSecure).off('close', onClose).off('_tlsError', onError);
      if (!outcome.ok) {
        socket.destroy();
        raw.destroy();
      }
      resolve(outcome);
    };
    const onSecure = (): void => {
      socket.pause();
      settle(succeeded({ socket, facts: factsOf(socket, verify, anchors, clock.now()) }));
    };
    const onError = (error: NodeJS.ErrnoException): void => settle(failed(troubleOf(error)));
    const onClose = (): void => settle(failed({ code: 'closed', detail: 'the client ended the connection' }));
    const onAbort = (): void =>
      settle(failed({ code: 'timed-out', detail: `the handshake was not done within ${HANDSHAKE_MS / 1000} s` }));
    // Errors that come later end the connection, which is all they are to us.
    socket.on('error', onError);
    socket.once('secure', onSecure).once('close', onClose).once('_tlsError', onError);
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    if (deadline.signal.aborted) onAbort();
  });
}

function factsOf(socket: TLSSocket, verify: HandshakeRequest['verify'], anchors: TrustAnchors, at: number): TlsFacts {
  const { name, standardName } = socket.getCipher();
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: name,
    cipherStandardName: standardName ?? name,
    group: groupOf(socket.getEphemeralKeyInfo()),
    certificate: verify === 'off' ? { kind: 'none' } : clientCertificateOf(socket, anchors, at),
  };
}

function clientCertificateOf(socket: TLSSocket, anchors: TrustAnchors, at: number): ClientCertificateSeen {
  const chainAsSent = chainAsSentBy(socket);
  if (chainAsSent.length === 0) return { kind: 'none' };
  const verdict = judgeChain({ chainAsSent, anchors, at, end: 'client' });
  return verdict.trusted ? { kind: 'valid' } : { kind: 'invalid', problem: verdict.problem ?? 'not trusted' };
}

/** `error:0A0000C1:SSL routines:…:no shared cipher`, and its number as people have always been shown it. */
function troubleOf(error: NodeJS.ErrnoException): TlsTrouble {
  const [text, number] = /error:([0-9A-F]{8}):[^:\n]*:[^:\n]*:[^:\n]*/.exec(error.message) ?? [];
  if (text === undefined || number === undefined) return { code: error.code ?? error.name, detail: error.message };
  return { code: String(Number.parseInt(number, 16)), detail: text };
}
