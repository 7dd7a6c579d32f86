/**
 * What RFC 5280 section 6.1 asks of single certificates, whatever the path: dates, authority flag, key usage, purposes,
 * critical extensions, strength. Each rule answers with a problem and the sentence that goes with it.
 */
import type { Certificate } from './certificate.ts';
import type { ChainProblem } from './chain-verdict.ts';
import { shortName } from './distinguished-name.ts';
import { isWeakKey } from './public-key.ts';

/** Why a certificate, or a path at this certificate, is refused. */
export interface PathFault {
  readonly problem: ChainProblem;
  /** A sentence that names the certificate. */
  readonly detail: string;
}

export type Role = 'server' | 'intermediate' | 'anchor';

/** Whose certificate it is in a handshake: what it has to be issued for follows from that. */
export type TlsEnd = 'server' | 'client';

/** id-kp-serverAuth; anyExtendedKeyUsage counts as it (RFC 5280 4.2.1.12 leaves that open). */
const SERVER_PURPOSES: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']);
/** id-kp-clientAuth, and that for servers too: mail servers show the certificate they have, and it has become the only one to be had. */
const CLIENT_PURPOSES: ReadonlySet<string> = new Set([...SERVER_PURPOSES, '1.3.6.1.5.5.7.3.2']);

/** How a certificate is called in a sentence. */
export function nameOf(certificate: Certificate, role: Role): string {
  const kind = role === 'server' ? 'server' : role === 'anchor' ? 'root' : 'intermediate';
  return `the ${kind} certificate ${shortName(certificate.subject)}`;
}

/** RFC 5280 6.1.3 (a) (2); both ends are inclusive, and dates have no fractions of a second. */
export function checkDates(certificate: Certificate, role: Role, at: number): PathFault | null {
  const second = Math.floor(at / 1000) * 1000;
  if (at < certificate.notBefore) {
    const detail = `${nameOf(certificate, role)} is not valid before ${showDate(certificate.notBefore)}`;
    return { problem: 'not-yet-valid', detail };
  }
  if (second > certificate.notAfter) {
    return { problem: 'expired', detail: `${nameOf(certificate, role)} expired on ${showDate(certificate.notAfter)}` };
  }
  return null;
}

/** Everything about the server's own certificate but its dates. */
export function checkServerCertificate(certificate: Certificate, end: TlsEnd = 'server'): PathFault | null {
  // RFC 5280 4.2.1.9: who is expressly no authority must not be allowed to sign certificates.
  if (certificate.basicConstraints?.ca === false && certificate.keyUsage?.keyCertSign === true) {
    return {
      problem: 'key-usage',
      detail: `${nameOf(certificate, 'server')} says that it is no authority and may sign certificates all the same`,
    };
  }
  return checkCommon(certificate, 'server', end) ?? checkSignatureStrength(certificate, 'server');
}

/** Everything about an authority but its dates; `anchor` for a trusted root. */
export function checkAuthority(
  certificate: Certificate,
  role: 'intermediate' | 'anchor',
  end: TlsEnd = 'server',
): PathFault | null {
  const name = nameOf(certificate, role);
  // RFC 5280 6.1.4 (k): certificates before version 3 cannot say that they are authorities; trusted roots need not.
  const oldRoot = role === 'anchor' && certificate.version < 3;
  if (certificate.basicConstraints?.ca !== true && !oldRoot) {
    return { problem: 'not-a-ca', detail: `${name} signed another certificate but is not a certificate authority` };
  }
  if (certificate.keyUsage?.keyCertSign === false) {
    return { problem: 'key-usage', detail: `${name} is not allowed to sign certificates (key usage)` };
  }
  const fault = checkCommon(certificate, role, end);
  // An anchor is trusted for its key; who signed it, and how, plays no part.
  return fault ?? (role === 'anchor' ? null : checkSignatureStrength(certificate, role));
}

/** RFC 5280 6.1.4 (m): how many intermediates, self-issued ones not counted, stand below an authority at most. */
export function checkPathLength(authority: Certificate, role: Role, below: readonly Certificate[]): PathFault | null {
  const limit = authority.basicConstraints?.pathLength ?? null;
  if (limit === null || countedIntermediates(below) <= limit) return null;
  const allowed =
    limit === 0 ? 'no intermediate certificate' : `at most ${limit} intermediate certificate${limit === 1 ? '' : 's'}`;
  return { problem: 'path-too-long', detail: `${nameOf(authority, role)} allows ${allowed} below it` };
}

/** Intermediates of a path that begins with the server's certificate; self-issued ones do not count. */
export function countedIntermediates(path: readonly Certificate[]): number {
  return path.slice(1).filter(({ selfIssued }) => !selfIssued).length;
}

export function showDate(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

function checkCommon(certificate: Certificate, role: Role, end: TlsEnd): PathFault | null {
  const name = nameOf(certificate, role);
  const purposes = certificate.extendedKeyUsage;
  const wanted = end === 'server' ? SERVER_PURPOSES : CLIENT_PURPOSES;
  if (purposes !== null && !purposes.some((purpose) => wanted.has(purpose))) {
    return { problem: 'extended-key-usage', detail: `${name} is not issued for TLS ${end}s (extended key usage)` };
  }
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined) {
    return {
      problem: 'unknown-critical-extension',
      detail: `${name} has the critical extension ${unknown}, which nobody here knows`,
    };
  }
  if (isWeakKey(certificate.key)) {
    return { problem: 'weak-key', detail: `${name} has a key that is too weak (${certificate.key.text})` };
  }
  return null;
}

function checkSignatureStrength(certificate: Certificate, role: Role): PathFault | null {
  if (!certificate.signature.weak) return null;
  return {
    problem: 'weak-signature',
    detail: `${nameOf(certificate, role)} is signed with a broken algorithm (${certificate.signature.name})`,
  };
}
