/**
 * Remarks on how a chain was put together (R20) and on what is weak in it. None of them decides whether it is trusted:
 * clients differ in what they put up with, so a tidy chain is worth saying. Positions count from 1, the leaf.
 */
import { type Certificate, namesChain } from './certificate.ts';
import type { ChainRemark } from './chain-verdict.ts';
import { isWeakKey } from './public-key.ts';

/**
 * A leaf with less than this part of its lifetime left is near expiry (S-PKI-9): lifetimes shrink to 47 days, so a fixed
 * number of days would cry wolf. Automatic renewal happens at a third; a fifth means that it did not.
 */
export const NEAR_EXPIRY_FRACTION = 1 / 5;

export interface RemarksRequest {
  /** The chain as sent; null where a certificate could not be read. */
  readonly sent: readonly (Certificate | null)[];
  readonly missingIssuer: string | null;
  /** ms since the epoch. */
  readonly at: number;
}

/** All remarks, in the order of the certificates, what is missing last. */
export function chainRemarks({ sent, missingIssuer, at }: RemarksRequest): readonly ChainRemark[] {
  const remarks: ChainRemark[] = [];
  const related = issuersOfLeaf(sent);
  const firstPosition = new Map<string, number>();
  for (const [index, certificate] of sent.entries()) {
    if (certificate === null) continue;
    const position = index + 1;
    const first = firstPosition.get(certificate.fingerprint);
    if (first !== undefined) {
      remarks.push({ kind: 'duplicate', position, of: first });
      continue;
    }
    firstPosition.set(certificate.fingerprint, position);
    if (index > 0) remarks.push(...placeRemarks({ certificate, position, related, before: sent.slice(0, index) }));
    if (related.has(certificate)) remarks.push(...strengthRemarks(certificate, position));
  }
  const [leaf] = sent;
  if (leaf !== null && leaf !== undefined) remarks.push(...expiryRemark(leaf, at));
  if (missingIssuer !== null) remarks.push({ kind: 'missing-intermediate', issuer: missingIssuer });
  return remarks;
}

const DAY = 86_400_000;

/** Everything that the leaf's issuers can be by name, the leaf included. */
function issuersOfLeaf(sent: readonly (Certificate | null)[]): ReadonlySet<Certificate> {
  const [leaf, ...others] = sent;
  const related = new Set<Certificate>();
  const bySubject = Map.groupBy(
    others.filter((certificate) => certificate !== null),
    ({ subject }) => subject.key,
  );
  const waiting = leaf === null || leaf === undefined ? [] : [leaf];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (related.has(next)) continue;
    related.add(next);
    waiting.push(...(bySubject.get(next.issuer.key) ?? []));
  }
  return related;
}

interface Place {
  readonly certificate: Certificate;
  readonly position: number;
  readonly related: ReadonlySet<Certificate>;
  readonly before: readonly (Certificate | null)[];
}

function placeRemarks({ certificate, position, related, before }: Place): ChainRemark[] {
  if (!related.has(certificate)) return [{ kind: 'foreign', position, subject: certificate.subject.text }];
  const remarks: ChainRemark[] = [];
  // RFC 5246 7.4.2: each certificate certifies one that stands before it.
  if (!before.some((earlier) => earlier !== null && earlier !== certificate && namesChain(earlier, certificate))) {
    remarks.push({ kind: 'misordered', position });
  }
  if (certificate.selfIssued) remarks.push({ kind: 'root-sent', position });
  return remarks;
}

function strengthRemarks(certificate: Certificate, position: number): ChainRemark[] {
  const remarks: ChainRemark[] = [];
  if (isWeakKey(certificate.key)) remarks.push({ kind: 'weak-key', position, key: certificate.key.text });
  // A root's own signature proves nothing and breaks nothing.
  if (certificate.signature.weak && !(certificate.selfIssued && position > 1)) {
    remarks.push({ kind: 'weak-signature', position, signature: certificate.signature.name });
  }
  return remarks;
}

function expiryRemark(leaf: Certificate, at: number): ChainRemark[] {
  const lifetime = leaf.notAfter - leaf.notBefore;
  const left = leaf.notAfter - at;
  if (left <= 0 || lifetime <= 0 || left >= lifetime * NEAR_EXPIRY_FRACTION) return [];
  const [daysLeft, lifetimeDays] = [Math.floor(left / DAY), Math.round(lifetime / DAY)];
  return [{ kind: 'near-expiry', position: 1, daysLeft, lifetimeDays }];
}
