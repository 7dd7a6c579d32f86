/**
 * TLS sessions kept in memory for later connections to the same server, so that a busy destination is not asked for a
 * full handshake each time. A session goes to the very server it came from, on the very terms it was made on. A ticket
 * may serve more than once, since not every server sends a new one: that a mail server knows us again does no harm (RFC
 * 8446 appendix C.4).
 */
import type { Clock } from '../base/clock.ts';
import type { KeptTlsSession, Resumption } from '../session/open.ts';

/** Sessions kept at most, the oldest forgotten first. */
export const MAX_KEPT_TLS_SESSIONS = 2_000;
/** ms after which a session is not used any more: what was seen of a server then says little of it now. */
export const TLS_SESSION_LIFETIME_MS = 3_600_000;

export interface TlsSessionKey {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly serverName: string | null;
  readonly minTlsVersion: string;
  /** PEM of the certificate shown; null for none. */
  readonly clientCertificate: string | null;
}

export interface TlsSessions {
  for(key: TlsSessionKey): Resumption;
}

export function createTlsSessions(clock: Clock): TlsSessions {
  const kept = new Map<string, { readonly at: number; readonly session: KeptTlsSession }>();
  return {
    for: ({ host, address, port, serverName, minTlsVersion, clientCertificate }) => {
      const key = JSON.stringify([host, address, port, serverName, minTlsVersion, clientCertificate]);
      return {
        kept: () => {
          const found = kept.get(key);
          return found !== undefined && clock.monotonic() - found.at < TLS_SESSION_LIFETIME_MS ? found.session : null;
        },
        keep: (session) => {
          kept.delete(key);
          kept.set(key, { at: clock.monotonic(), session });
          for (const oldest of kept.keys()) {
            if (kept.size <= MAX_KEPT_TLS_SESSIONS) break;
            kept.delete(oldest);
          }
        },
        forget: () => {
          kept.delete(key);
        },
      };
    },
  };
}
