/**
 * (Types of the seam; the engine belongs here.)
 */
import type { Clock } from '../base/clock.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Net } from '../net/net.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { Evidence, TlsSession, TranscriptLine } from '../policy/evidence.ts';

export interface SessionTarget {
  /** MX host name, or the literal. Sent as SNI when it is a name (R86). */
  readonly exchange: string;
  readonly preference: number;
  readonly address: IpAddress;
  readonly port: number;
}

/** What the session needs judged; app/ puts the trust anchors and the reverse look-up behind it. */
export interface CertificateJudge {
  judgeChain(chainAsSent: readonly Buffer[], ocspStaple: Buffer | null): ChainVerdict;
  judgeIdentity(chainAsSent: readonly Buffer[], target: SessionTarget, signal: AbortSignal): Promise<IdentityVerdict>;
}

export interface OpenedSession {
  readonly evidence: Evidence;
  readonly transcript: readonly TranscriptLine[];
}

export type { Clock, Evidence, Net, TlsSession };
