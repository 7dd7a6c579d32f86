/**
 * The one TLS offer of probe and delivery alike: everything from TLS 1.0 on but anonymous suites, since weak TLS beats
 * clear text and is reported, and a suite without a certificate would hide who the peer is (decision on the TLS offer).
 */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';

/** Level 0 admits TLS 1.0, short keys and old hashes. */
export const CIPHER_OFFER = 'ALL:!aNULL:@SECLEVEL=0';

/** Shortest finite-field group taken, bits: the least OpenSSL itself goes on with. */
export const MIN_DH_BITS = 512;

/**
 * Servers from before RFC 5746 are still met. Renegotiation is another matter: it could put another certificate behind
 * the one that was judged.
 */
const OPTIONS = constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_NO_RENEGOTIATION;

export interface ClientCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

const contexts = new Map<SecureVersion, SecureContext>();
const clientContexts = new WeakMap<ClientCertificate, Map<SecureVersion, SecureContext>>();

/** One context per minimum version and client certificate. Without roots: nothing is verified inside the handshake. */
export function secureContextFor(
  minTlsVersion: SecureVersion,
  clientCertificate: ClientCertificate | null,
): SecureContext {
  const cache = clientCertificate === null ? contexts : (clientContexts.get(clientCertificate) ?? new Map());
  if (clientCertificate !== null) clientContexts.set(clientCertificate, cache);
  const cached = cache.get(minTlsVersion);
  if (cached !== undefined) return cached;
  const context = createSecureContext({
    ca: [],
    ciphers: CIPHER_OFFER,
    minVersion: minTlsVersion,
    secureOptions: OPTIONS,
    ...(clientCertificate === null ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  });
  cache.set(minTlsVersion, context);
  return context;
}
