/**
 * Everything that went into a result, as one document: `tlsreach.capture/1`. What others said is kept as it came, DNS
 * answers with their security, dialogues, chains as sent, staples, the policy fetch; what we made of it is not, since
 * it is made anew whenever the capture is judged. Secrets are not in it: evidence never holds any (R55).
 */
import type { DnsAnswer } from '../dns/answer.ts';
import type { AuthorityReport } from '../dns/authoritative.ts';
import type { PolicyEntry } from '../mtasts/cache.ts';
import type { PolicyFetch } from '../mtasts/fetch.ts';
import type { Evidence, Phase, TranscriptLine } from '../policy/evidence.ts';
import type { ScanReport } from '../policy/scan-evidence.ts';
import type { StatusAnswer } from '../revocation/status.ts';
import type { CanaryWord } from './canary.ts';
import type { ProbeRequest } from './request.ts';
import type { ProbeResult } from './result.ts';

export const CAPTURE_FORMAT = 'tlsreach.capture/1';

/** Evidence without our own verdicts: of these phases only that and how quickly they were reached. */
export type CapturedEvidence = Omit<Evidence, 'path' | 'identity' | 'dane'> & {
  readonly path: Phase<null, never>;
  readonly identity: Phase<null, never>;
  readonly dane: Phase<null, never>;
};

export interface CapturedSession {
  readonly tls: 'observe' | 'in-clear';
  /** The moment at which its certificates were judged, ms since the epoch. */
  readonly judgedAt: number;
  readonly evidence: CapturedEvidence;
  readonly transcript: readonly TranscriptLine[];
  /** Only with a deep scan; what the profiles say of it is said anew. */
  readonly scan?: ScanReport | undefined;
  /** What responders and lists said, in the order they were asked; left out where nobody was. */
  readonly statuses?: readonly CapturedStatus[] | undefined;
}

export interface CapturedStatus {
  readonly kind: 'ocsp' | 'crl';
  readonly url: string;
  readonly answer: StatusAnswer;
}

/** A trust anchor whose name stands in a chain. */
export interface CapturedAnchor {
  /** The set it is from: `bundled`, `system`, `ca-file`. */
  readonly from: string;
  /** SHA-256 over the DER, hexadecimal. */
  readonly fingerprint: string;
  readonly der: Buffer;
}

export interface CapturedPolicy {
  /** ms since the epoch. */
  readonly at: number;
  /** What was kept of an earlier fetch. */
  readonly kept: PolicyEntry | null;
  /** Null where none was made. */
  readonly fetch: PolicyFetch | null;
}

export interface Capture {
  readonly format: typeof CAPTURE_FORMAT;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly request: Omit<ProbeRequest, 'target'> & { readonly target: string };
  readonly settings: {
    readonly port: number;
    readonly family: 'any' | 4 | 6;
    readonly resolvers: readonly string[];
    /** Whose keys of the root DNSSEC was validated with, where we validated. */
    readonly dnssecAnchors: 'built-in' | 'given';
    /** Who was asked about certificates; left out in older captures, where it was the host alone. */
    readonly revocation?: 'off' | 'staple' | 'fetch' | undefined;
  };
  readonly trust: ProbeResult['trust'] & { readonly certificates: readonly CapturedAnchor[] };
  /** In the order in which they came; the same question may have had several answers. */
  readonly answers: readonly DnsAnswer[];
  /** Null where no policy was looked for. */
  readonly policy: CapturedPolicy | null;
  /** With one address in the order of the tries. */
  readonly sessions: readonly CapturedSession[];
  /** What the canaries said; left out where none was asked. */
  readonly canaries?: readonly CanaryWord[] | undefined;
  /** What the authoritative name servers said; left out where none was asked. */
  readonly authorities?: readonly AuthorityReport[] | undefined;
}

/** The document as text. Octets are written in base64. */
export function captureText(capture: Capture): string {
  return `${JSON.stringify(plain(capture), null, 1)}\n`;
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
