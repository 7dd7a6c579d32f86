/**
 * Evidence: what one session with one address of one MX host showed, phase by phase, in order. Plain data that can be
 * written to a file and judged again. A phase that was not reached differs from one that failed, and both from one
 * that nobody asked for.
 */

import type { DaneVerdict } from '../dane/match.ts';
import type { DaneOutcome } from '../dane/outcome.ts';
import type { ConnectFailure } from '../net/net.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { EhloReply } from '../smtp/ehlo.ts';
import type { ReplyFault, SmtpReply } from '../smtp/reply.ts';

export type Phase<Seen, Failure> =
  | { readonly kind: 'seen'; readonly ms: number; readonly value: Seen }
  | { readonly kind: 'failed'; readonly ms: number; readonly failure: Failure }
  /** An earlier phase ended the session. */
  | { readonly kind: 'not-reached' }
  /** The session went on without it. */
  | { readonly kind: 'not-tried'; readonly why: NotTried };

export type NotTried =
  | 'not-asked' //        the caller did not want it (RCPT, mode No)
  | 'not-offered' //      STARTTLS is not among the EHLO keywords
  | 'helo-only' //        the server knows no ESMTP, so no STARTTLS either
  | 'implicit-tls' //     TLS from the first byte: no STARTTLS, one EHLO
  | 'no-session' //       no TLS session exists to look at
  | 'not-verified'; //    credentials are for the host they are meant for alone

/** A dialogue step that did not end in the reply that was hoped for. */
export type DialogueFailure =
  /** A complete reply, but a refusal. */
  | { readonly kind: 'refused'; readonly reply: SmtpReply }
  /** `begun`: part of the reply had arrived, so somebody is there and slow. */
  | { readonly kind: 'timed-out'; readonly afterMs: number; readonly begun: boolean }
  | { readonly kind: 'closed'; readonly how: 'end' | 'reset'; readonly begun: boolean }
  | { readonly kind: 'malformed'; readonly fault: ReplyFault }
  /** Everything received in this session together passed the limit. */
  | { readonly kind: 'too-much'; readonly limit: number }
  /** Bytes in clear behind the 220 to STARTTLS (S-TLS-3, CVE-2011-0411 class): the session was ended. */
  | { readonly kind: 'injected'; readonly bytes: number; readonly sample: string }
  | { readonly kind: 'cancelled' };

export type HandshakeFailure =
  /** `bytes`: what went over the wire since the handshake began; a large flight that vanishes points to the path. */
  | {
      readonly kind: 'timed-out';
      readonly afterMs: number;
      readonly bytes?: { readonly sent: number; readonly received: number } | undefined;
    }
  | { readonly kind: 'closed'; readonly how: 'end' | 'reset' }
  /** The peer answered with something that is not TLS. */
  | { readonly kind: 'not-tls'; readonly code: string }
  /** The peer sent a TLS alert. */
  | { readonly kind: 'alert'; readonly alert: string; readonly code: string }
  /** No protocol version or cipher suite in common. */
  | { readonly kind: 'nothing-in-common'; readonly code: string }
  | { readonly kind: 'too-much'; readonly limit: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'other'; readonly code: string; readonly detail: string };

export interface EhloSeen extends EhloReply {
  readonly verb: 'EHLO' | 'HELO';
  readonly reply: SmtpReply;
  /** STARTTLS stands on the greeting line, where it is no advertisement (R11). */
  readonly starttlsOnGreetingLine: boolean;
  /** The refusal that made us fall back to HELO. */
  readonly ehloRefusal: SmtpReply | null;
}

export interface TlsSession {
  /** As OpenSSL names it: `TLSv1.2`. */
  readonly protocol: string;
  /** As OpenSSL names it: `ECDHE-RSA-AES256-GCM-SHA384`. */
  readonly cipher: string;
  /** As IANA names it: `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`. */
  readonly cipherStandardName: string;
  /** Strength of the bulk cipher, bits. */
  readonly bits: number;
  /** Key-agreement group: `X25519`, `X25519MLKEM768`, `P-256`, `DH 2048`; null where there was none. */
  readonly group: string | null;
  /** The server name sent; null when none was (a literal). */
  readonly serverName: string | null;
  /** The chain as sent, base64 of the DER, wire order. */
  readonly chainAsSent: readonly string[];
  /** The stapled OCSP response, base64 of the DER; left out where none came. */
  readonly ocspStaple?: string | undefined;
  /** The server asked for a client certificate. */
  readonly resumed: boolean;
}

/** TLSA against the live chain (RFC 7672). */
export interface DaneSeen {
  readonly status: DaneOutcome['status'];
  /** With usage 3, chain, name and dates do not count (RFC 7672 3.1.1). */
  readonly usage: 2 | 3 | null;
  /** One sentence. */
  readonly detail: string;
  /** Each record with how it came out; null where there was nothing to match. */
  readonly verdict: DaneVerdict | null;
}

export const DANE_NOT_TESTED: DaneSeen = {
  status: 'not-tested',
  usage: null,
  detail: 'TLSA records were not looked for',
  verdict: null,
};

export interface Evidence {
  readonly exchange: string;
  readonly preference: number;
  readonly address: string;
  readonly port: number;
  /** Wall-clock ms at which the session began. */
  readonly startedAt: number;
  readonly connect: Phase<{ readonly localAddress: string }, ConnectFailure>;
  readonly greeting: Phase<SmtpReply, DialogueFailure>;
  readonly ehlo: Phase<EhloSeen, DialogueFailure>;
  readonly starttls: Phase<SmtpReply, DialogueFailure>;
  readonly handshake: Phase<TlsSession, HandshakeFailure>;
  /** Chain and path; `seen` whenever a handshake was, trusted or not. */
  readonly path: Phase<ChainVerdict, never>;
  readonly identity: Phase<IdentityVerdict, never>;
  readonly dane: Phase<DaneSeen, never>;
  readonly ehloUnderTls: Phase<EhloSeen, DialogueFailure>;
  /** SMTP AUTH, where credentials were given. */
  readonly auth: Phase<SmtpReply, DialogueFailure>;
  readonly mail: Phase<SmtpReply, DialogueFailure>;
  readonly rcpt: Phase<SmtpReply, DialogueFailure>;
}

/** What was sent and received, with marks, for people (specification 1.6). */
export interface TranscriptLine {
  /** ms since this session began. */
  readonly at: number;
  readonly kind: 'sent' | 'received' | 'continued' | 'note' | 'detail' | 'warning';
  /** True for traffic inside TLS. */
  readonly tls: boolean;
  readonly text: string;
}
