/** The one place where Node's and OpenSSL's errors during a handshake get their names: from codes, never from texts. */
import type { HandshakeFailure } from '../policy/evidence.ts';

/** What OpenSSL takes of certificates from a peer (SSL_MAX_CERT_LIST_DEFAULT), bytes. */
export const MAX_CERTIFICATE_MESSAGE_BYTES = 102_400;

export function handshakeFailureOf(error: NodeJS.ErrnoException): HandshakeFailure {
  const code = error.code ?? error.name;
  // Node reports the peer's orderly end as a reset that no system call has seen.
  if (code === 'ECONNRESET') return { kind: 'closed', how: error.syscall === undefined ? 'end' : 'reset' };
  if (code === 'EPIPE') return { kind: 'closed', how: 'reset' };
  const alert = /^ERR_SSL_(?:SSLV3_|TLSV1_|TLSV13_|SSL\/TLS_|TLS_)?ALERT_(.+)$/.exec(code);
  if (alert !== null) return { kind: 'alert', alert: (alert[1] ?? '').toLowerCase().replaceAll('_', ' '), code };
  if (NOT_TLS.has(code)) return { kind: 'not-tls', code };
  if (NOTHING_IN_COMMON.has(code)) return { kind: 'nothing-in-common', code };
  if (code === 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE') return { kind: 'too-much', limit: MAX_CERTIFICATE_MESSAGE_BYTES };
  return { kind: 'other', code, detail: error.message };
}

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
]);
