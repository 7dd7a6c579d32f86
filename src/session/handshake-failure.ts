/** The one place where Node's and OpenSSL's errors during a handshake get their names: from codes, never from texts. */
import type { HandshakeFailure } from '../policy/evidence.ts';

/** What OpenSSL takes of certificates from a peer (SSL_MAX_CERT_LIST_DEFAULT), bytes. */
export const MAX_CERTIFICATE_MESSAGE_BYTES = 100 * 1024;

export function handshakeFailureOf(error: NodeJS.ErrnoException): HandshakeFailure {
  const code = error.code ?? error.name;
  // Node reports the peer's orderly end as a reset that no system call has seen.
  if (code === 'ECONNRESET') return { kind: 'closed', how: error.syscall === undefined ? 'end' : 'reset' };
  if (code === 'EPIPE' || code === 'ECONNABORTED') return { kind: 'closed', how: 'reset' };
  // An alert on versions or strength says that there is none in common; only who noticed differs.
  if (NOTHING_IN_COMMON.has(code)) return { kind: 'nothing-in-common', code };
  const alert = alertOf(code);
  if (alert !== null) return { kind: 'alert', alert, code };
  if (NOT_TLS.has(code)) return { kind: 'not-tls', code };
  if (code === 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE') return { kind: 'too-much', limit: MAX_CERTIFICATE_MESSAGE_BYTES };
  return { kind: 'other', code, detail: error.message };
}

/** `handshake failure` of `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`; null when the code is no alert of the peer. */
export function alertOf(code: string): string | null {
  const alert = /^ERR_SSL_(?:[A-Z0-9/]+_)?ALERT_([A-Z_]+)$/.exec(code);
  return alert === null ? null : (alert[1] ?? '').toLowerCase().replaceAll('_', ' ');
}

/** What OpenSSL says when the first bytes are no TLS record. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_RECORD_TOO_SMALL',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_UNKNOWN_PROTOCOL',
]);

const NOTHING_IN_COMMON: ReadonlySet<string> = new Set([
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
  'ERR_SSL_NO_CIPHERS_AVAILABLE',
  'ERR_SSL_NO_SHARED_CIPHER',
  'ERR_SSL_WRONG_SSL_VERSION',
  'ERR_SSL_WRONG_CIPHER_RETURNED',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY',
]);
