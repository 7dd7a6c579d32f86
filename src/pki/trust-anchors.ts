/**
 * Sets of trust anchors, each with its name and date, and one view on them all by subject. Only the subjects are read
 * before a chain asks for one: a hundred and fifty roots must not slow the start of a program that looks at one host.
 */
import { getCACertificates } from 'node:tls';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { TrustAnchorFacts } from './chain-verdict.ts';
import { DerFault, type DerValue, members, readDer } from './der.ts';
import { readNameKey } from './distinguished-name.ts';
import { describePemFault, type PemFault, parsePemCertificates } from './pem.ts';

export interface AnchorSet {
  /** `bundled`, `system`, `ca-file`. */
  readonly name: string;
  /** ISO 8601, where it is known. */
  readonly date: string | null;
  readonly certificates: readonly Buffer[];
}

export interface TrustAnchor {
  readonly der: Buffer;
  readonly from: string;
  /** Parsed on first use; null when it cannot be read. */
  certificate(): Certificate | null;
}

export interface TrustAnchors {
  readonly count: number;
  readonly sources: readonly { readonly name: string; readonly date: string | null; readonly count: number }[];
  /** The anchors with that subject (the canonical key of a `DistinguishedName`). */
  bySubject(key: string): readonly TrustAnchor[];
  /** The anchor that is this very certificate. */
  find(certificate: Certificate): TrustAnchor | null;
}

export type AnchorFault =
  | { readonly kind: 'pem'; readonly fault: PemFault }
  | { readonly kind: 'malformed'; readonly position: number; readonly why: string };

/** Where operating systems keep their roots as one PEM file, most common first. */
export const SYSTEM_BUNDLE_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/** The roots that Node brings along. Their date is not told by Node. */
export function bundledAnchors(): AnchorSet {
  const certificates = getCACertificates('bundled').map((text) => {
    const body = text.slice(text.indexOf('\n') + 1, text.lastIndexOf('-----END'));
    return Buffer.from(body, 'base64');
  });
  return { name: 'bundled', date: null, certificates };
}

/** Anchors from PEM text; every certificate must be readable when a person named the file (`strict`). */
export function anchorsFromPem(request: {
  readonly name: string;
  readonly date: string | null;
  readonly text: string;
  readonly strict: boolean;
}): Outcome<AnchorSet, AnchorFault> {
  const parsed = parsePemCertificates(request.text);
  if (!parsed.ok) return failed({ kind: 'pem', fault: parsed.failure });
  if (request.strict) {
    for (const [index, der] of parsed.value.entries()) {
      const certificate = parseCertificate(der);
      if (!certificate.ok) return failed({ kind: 'malformed', position: index + 1, why: certificate.failure.why });
    }
  }
  return succeeded({ name: request.name, date: request.date, certificates: parsed.value });
}

export function describeAnchorFault(fault: AnchorFault): string {
  return fault.kind === 'pem' ? describePemFault(fault.fault) : `certificate ${fault.position} in it ${fault.why}`;
}

/** All sets as one. A certificate that stands in several sets is counted in each and belongs to the first. */
export function trustAnchors(sets: readonly AnchorSet[]): TrustAnchors {
  let index: Map<string, TrustAnchor[]> | null = null;
  const bySubject = (key: string): readonly TrustAnchor[] => {
    index ??= indexBySubject(sets);
    return index.get(key) ?? [];
  };
  return {
    count: sets.reduce((sum, { certificates }) => sum + certificates.length, 0),
    sources: sets.map(({ name, date, certificates }) => ({ name, date, count: certificates.length })),
    bySubject,
    find: (certificate) => bySubject(certificate.subject.key).find(({ der }) => der.equals(certificate.der)) ?? null,
  };
}

export function anchorFacts(anchor: TrustAnchor, certificate: Certificate): TrustAnchorFacts {
  return { subject: certificate.subject.text, fingerprint: certificate.fingerprint, from: anchor.from };
}

function indexBySubject(sets: readonly AnchorSet[]): Map<string, TrustAnchor[]> {
  const index = new Map<string, TrustAnchor[]>();
  for (const { name, certificates } of sets) {
    for (const der of certificates) {
      const key = subjectKey(der);
      if (key === null) continue;
      const bucket = index.get(key);
      if (bucket === undefined) index.set(key, [lazyAnchor(der, name)]);
      else if (!bucket.some((anchor) => anchor.der.equals(der))) bucket.push(lazyAnchor(der, name));
    }
  }
  return index;
}

function lazyAnchor(der: Buffer, from: string): TrustAnchor {
  let parsed: Certificate | null | undefined;
  return {
    der,
    from,
    certificate: () => {
      if (parsed === undefined) {
        const outcome = parseCertificate(der);
        parsed = outcome.ok ? outcome.value : null;
      }
      return parsed;
    },
  };
}

/** The subject alone, without reading the rest; null when that is impossible. */
function subjectKey(der: Buffer): string | null {
  try {
    const [tbs] = members(readDer(der));
    const fields: DerValue[] = tbs === undefined ? [] : members(tbs);
    const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
    return subject === undefined ? null : readNameKey(subject);
  } catch (error) {
    if (error instanceof DerFault) return null;
    throw error;
  }
}
