/**
 * What a session is asked to do, by the probe and by delivery alike, and what it needs from the floors above.
 */
import type { SecureVersion } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Net } from '../net/net.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { DaneSeen, Evidence } from '../policy/evidence.ts';
import { offers } from '../smtp/ehlo.ts';
import type { Credentials } from './authenticate.ts';
import type { ClientCertificate } from './secure-context.ts';

/** A session ends after this whatever happens, ms: ten stages of thirty seconds. */
export const DEFAULT_SESSION_TIMEOUT_MS = 300_000;

export interface SessionTarget {
  /** MX host name, or the text of the address. Sent as SNI when it is a name (R86). */
  readonly exchange: string;
  readonly preference: number;
  readonly address: IpAddress;
  readonly port: number;
}

/** What the session needs judged; `app` puts the trust anchors and the reverse look-up behind it. */
export interface CertificateJudge {
  /** Has to come to an end when `signal` fires, with what it knows by then. */
  judgeChain(
    chainAsSent: readonly Buffer[],
    ocspStaple: Buffer | null,
    signal: AbortSignal,
  ): ChainVerdict | Promise<ChainVerdict>;
  /** Has to come to an end when `signal` fires, with what it knows by then. */
  judgeIdentity(chainAsSent: readonly Buffer[], signal: AbortSignal): IdentityVerdict | Promise<IdentityVerdict>;
  /** The records were looked up before the session began. */
  judgeDane(chainAsSent: readonly Buffer[]): DaneSeen;
}

/**
 * A TLS session to be resumed. The chain is kept beside it, since a resumed handshake shows none: it is judged again,
 * by today's clock and today's records.
 */
export interface KeptTlsSession {
  readonly session: Buffer;
  readonly chainAsSent: readonly Buffer[];
  readonly ocspStaple: Buffer | null;
}

export interface Resumption {
  /** Null where there is none. */
  readonly kept: () => KeptTlsSession | null;
  readonly keep: (session: KeptTlsSession) => void;
  /** The handshake failed with it. */
  readonly forget: () => void;
}

export type Course = 'start-tls' | 'in-clear' | 'go-on' | 'stop';

/**
 * Asked with the evidence so far after EHLO, after a STARTTLS that was refused before its 220, and inside TLS after the
 * second EHLO. `start-tls` counts only after EHLO, `in-clear` only where no 220 was seen, `go-on` only inside TLS;
 * anything else ends the session.
 */
export type Steer = (evidence: Evidence) => Course;

export interface SessionPlan {
  readonly target: SessionTarget;
  /** SNI where it is another name than the exchange: the TLSA base domain (S-DANE-12). */
  readonly serverName?: string | undefined;
  /** Null: the literal of the address connected from (RFC 5321 4.1.4). */
  readonly heloName: string | null;
  readonly steer: Steer;
  readonly implicitTls: boolean;
  /** Empty for the null reverse-path; null to leave MAIL out. */
  readonly mailFrom: string | null;
  readonly rcptTo: string | null;
  readonly credentials: Credentials | null;
  readonly clientCertificate: ClientCertificate | null;
  readonly minTlsVersion: SecureVersion;
  readonly askForStaple: boolean;
  /** ms for each stage, absolute. */
  readonly stageTimeoutMs: number;
  /** Where the first two stages have times of their own (RFC 5321 4.5.3.2). */
  readonly connectTimeoutMs?: number | undefined;
  readonly greetingTimeoutMs?: number | undefined;
  /** ms for all of it together. */
  readonly sessionTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Where mail may go over the connection, it is handed over open in place of QUIT. */
  readonly keepOpen?: boolean | undefined;
  /** What is kept of an earlier TLS session with this server, and where the new one goes. */
  readonly resumption?: Resumption | undefined;
  readonly onPhase?: ((phase: keyof Evidence, evidence: Evidence) => void) | undefined;
}

export interface SessionDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly judge: CertificateJudge;
}

/** The probe's course: everything that can be tried is tried, and nothing found stops it (R14). */
export const OBSERVE: Steer = (evidence) => {
  if (evidence.handshake.kind === 'seen') return 'go-on';
  if (evidence.starttls.kind === 'failed') return 'in-clear';
  return offersStarttls(evidence) ? 'start-tls' : 'in-clear';
};

/** STARTTLS is left alone although it is offered: the test whether a host takes mail in clear (R24). */
export const STAY_IN_CLEAR: Steer = () => 'in-clear';

export function offersStarttls({ ehlo }: Evidence): boolean {
  return ehlo.kind === 'seen' && offers(ehlo.value, 'STARTTLS');
}
