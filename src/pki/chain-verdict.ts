/**
 * What can be said of a certificate chain as a server sent it: facts, the path found or the best reason why none was
 * (RFC 5280 section 6), and remarks on how the chain was put together.
 */

/** The reason no trusted path exists, the most telling one first where several apply. */
export type ChainProblem =
  | 'expired'
  | 'not-yet-valid'
  | 'self-signed'
  | 'untrusted-root'
  | 'missing-intermediate'
  | 'not-a-ca'
  | 'path-too-long'
  | 'key-usage'
  | 'extended-key-usage'
  | 'name-constraints'
  | 'unknown-critical-extension'
  | 'weak-key'
  | 'weak-signature'
  | 'revoked'
  | 'malformed'
  | 'too-many-certificates'
  | 'search-limit'
  | 'bad-signature';

export interface CertificateFacts {
  /** RFC 4514 order as OpenSSL prints it on one line: `CN=mx.example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** The most specific CN of the subject, null when there is none. */
  readonly commonName: string | null;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** `RSA 2048`, `ECDSA P-256`, `Ed25519`. */
  readonly key: string;
  readonly keyType: 'rsa' | 'rsa-pss' | 'dsa' | 'ec' | 'ed25519' | 'ed448' | 'other';
  /** RSA modulus or curve size, bits. */
  readonly keyBits: number;
  /** `sha256WithRSAEncryption`, `ecdsa-with-SHA384`, `Ed25519`, an OID where the name is not known. */
  readonly signature: string;
  /** dNSNames of the subjectAltName in order. */
  readonly names: readonly string[];
  /** iPAddresses of the subjectAltName. */
  readonly addresses: readonly string[];
  readonly selfIssued: boolean;
  readonly ca: boolean;
  /** SHA-256 over the DER, hexadecimal, lower case. */
  readonly fingerprint: string;
}

/** Positions count from 1, the server's own certificate. */
export type ChainRemark =
  | { readonly kind: 'duplicate'; readonly position: number; readonly of: number }
  | { readonly kind: 'misordered'; readonly position: number }
  | { readonly kind: 'foreign'; readonly position: number; readonly subject: string }
  | { readonly kind: 'root-sent'; readonly position: number }
  | { readonly kind: 'missing-intermediate'; readonly issuer: string }
  | {
      readonly kind: 'near-expiry';
      readonly position: number;
      readonly daysLeft: number;
      readonly lifetimeDays: number;
    }
  | { readonly kind: 'weak-key'; readonly position: number; readonly key: string }
  | { readonly kind: 'weak-signature'; readonly position: number; readonly signature: string }
  /** The certificate asks for a stapled OCSP response, and none came. */
  | { readonly kind: 'staple-missing'; readonly position: 1 }
  /** The status was asked for, and no answer counted. */
  | { readonly kind: 'revocation-not-known'; readonly why: string };

export interface TrustAnchorFacts {
  readonly subject: string;
  readonly fingerprint: string;
  /** Which set it came from: `bundled`, `system`, `ca-file`. */
  readonly from: string;
}

/** What those who were asked said of the status of a certificate. */
export interface RevocationSeen {
  readonly state: 'good' | 'revoked' | 'unknown';
  /** ms since the epoch; null unless revoked. */
  readonly revokedAt: number | null;
  /** The URL whose answer counted; null where none did. */
  readonly from: string | null;
  /** Why no answer counted. */
  readonly why: string | null;
}

export interface ChainVerdict {
  /** The chain as sent, wire order, duplicates and strangers included. */
  readonly sent: readonly CertificateFacts[];
  readonly trusted: boolean;
  readonly problem: ChainProblem | null;
  /** The problem in one sentence that names the certificate; null when trusted. */
  readonly detail: string | null;
  /** The path as verified, leaf first, anchor last; empty when there is none. */
  readonly path: readonly CertificateFacts[];
  readonly anchor: TrustAnchorFacts | null;
  readonly remarks: readonly ChainRemark[];
  /** What a staple, a responder or a list said. */
  readonly revocation: 'good' | 'revoked' | 'unknown' | 'not-checked';
  /** The URL of the responder or list that said it; left out where nobody was asked or none counted. */
  readonly revocationFrom?: string | undefined;
}
