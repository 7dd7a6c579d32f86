/**
 * DANE-TA(2) (RFC 7671 section 5.2, RFC 7672 section 3.1.2): the chain a server sent, held to trust anchors that TLSA records
 * name. Where a record holds a digest, the anchor has to be in the chain as sent; a whole certificate or key may stand in the
 * record alone. Chain, dates and constraints are checked by the path builder of the house, names by the caller. Pure.
 */
import { createPublicKey } from 'node:crypto';
import type { Certificate } from '../pki/certificate.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { findPath } from '../pki/path.ts';
import { trustAnchors } from '../pki/trust-anchors.ts';
import { associationData, type SortedRecord } from './usable.ts';

export interface AnchoredChain {
  /** Records that name the anchor of the path; empty when there is no path. */
  readonly records: ReadonlySet<SortedRecord>;
  /** Where the anchor of the path stands in the chain as sent, 1 for the leaf; null when it does not. */
  readonly position: number | null;
  /** Why there is no path, in a sentence; null when there is one. */
  readonly fault: string | null;
}

/** Signatures checked against bare keys (2 1 0): a key that signed nothing near the leaf is no anchor of ours. */
export const MAX_BARE_KEY_CHECKS = 32;

export function anchoredChain(request: {
  /** Those of usage 2 that count. */
  readonly records: readonly SortedRecord[];
  /** As sent; null where one cannot be read. */
  readonly chain: readonly (Certificate | null)[];
  /** ms since the epoch. */
  readonly at: number;
}): AnchoredChain {
  const { records, chain, at } = request;
  const [leaf, ...rest] = chain;
  const none = (fault: string): AnchoredChain => ({ records: new Set(), position: null, fault });
  if (records.length === 0) return none('no record names a trust anchor');
  if (leaf === undefined || leaf === null) return none('the server sent no certificate that can be read');
  const others = rest.filter((certificate) => certificate !== null);
  const named = namedAnchors(records, leaf, others);
  if (named.size === 0) {
    return none('the trust anchor that the records name is not in the chain the server sent');
  }
  const anchors = trustAnchors([{ name: 'tlsa', date: null, certificates: [...named.values()].map(({ der }) => der) }]);
  const result = findPath({ leaf, others, anchors, at });
  if (result.kind === 'none') return none(result.fault.detail);
  const anchor = result.path.at(-1) ?? leaf;
  const index = chain.findIndex((certificate) => certificate?.fingerprint === anchor.fingerprint);
  const by = named.get(anchor.fingerprint)?.by ?? new Set();
  return { records: by, position: index < 0 ? null : index + 1, fault: null };
}

interface NamedAnchor {
  readonly der: Buffer;
  readonly by: Set<SortedRecord>;
}

/** The certificates that records name as anchors, by fingerprint. */
function namedAnchors(
  records: readonly SortedRecord[],
  leaf: Certificate,
  others: readonly Certificate[],
): ReadonlyMap<string, NamedAnchor> {
  const named = new Map<string, NamedAnchor>();
  const name = (certificate: Certificate, record: SortedRecord): void => {
    const known = named.get(certificate.fingerprint);
    if (known === undefined) named.set(certificate.fingerprint, { der: certificate.der, by: new Set([record]) });
    else known.by.add(record);
  };
  // RFC 7671 5.2: the server's own certificate is no authority above itself; usage 3 is for that.
  for (const alike of Map.groupBy(records, formOf).values()) {
    const [first] = alike;
    if (first === undefined) continue;
    const certificates = byAssociation(others, first);
    for (const record of alike) {
      for (const certificate of certificates.get(record.data) ?? []) name(certificate, record);
    }
  }
  let checks = MAX_BARE_KEY_CHECKS;
  for (const record of records) {
    if (record.matchingType !== 0) continue;
    if (record.selector === 0) {
      const held = parseCertificate(Buffer.from(record.data, 'hex'));
      if (held.ok && held.value.fingerprint !== leaf.fingerprint) name(held.value, record);
      continue;
    }
    for (const certificate of [leaf, ...others]) {
      checks -= 1;
      if (checks < 0) break;
      // What the bare key signed is trusted for that signature, as if the key's certificate stood above it.
      if (isSignedBy(certificate, record.data)) name(certificate, record);
    }
  }
  return named;
}

function formOf({ selector, matchingType }: SortedRecord): string {
  return `${selector} ${matchingType}`;
}

/** The certificates by what a record of this form would say of them, so that each is hashed once for all records. */
function byAssociation(
  certificates: readonly Certificate[],
  { selector, matchingType }: SortedRecord,
): ReadonlyMap<string, readonly Certificate[]> {
  return Map.groupBy(certificates, ({ der, spki }) => associationData(matchingType, selector === 0 ? der : spki));
}

function isSignedBy(certificate: Certificate, keyData: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(keyData, 'hex'), format: 'der', type: 'spki' });
    return certificate.x509()?.verify(key) ?? false;
  } catch {
    // OpenSSL throws where key and algorithm do not go together.
    return false;
  }
}
