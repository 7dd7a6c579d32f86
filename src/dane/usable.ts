/**
 * Which TLSA records of a mail host count (RFC 7672 section 3.1, RFC 7671 sections 4 and 9): usable or not and why, and of
 * several digests only the strongest. Pure.
 */
import { createPublicKey, hash } from 'node:crypto';
import type { RecordData } from '../dns/answer.ts';
import { parseCertificate } from '../pki/certificate.ts';

/** A TLSA record as plain data. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  /** Hexadecimal, lower case. */
  readonly data: string;
}

export type WhyUnusable =
  /** RFC 7672 3.1.3: usages 0 and 1 need a public authority, which SMTP clients do not agree on. */
  | 'pkix-usage'
  | 'unknown-usage'
  | 'unknown-selector'
  | 'unknown-matching-type'
  | 'wrong-digest-length'
  /** Matching type 0 with data that is neither the certificate nor the key it should be. */
  | 'malformed-data';

export interface SortedRecord extends TlsaRecord {
  /** `superseded`: usable, but a stronger digest of the same usage and selector stands beside it (RFC 7671 section 9). */
  readonly state: 'counts' | 'superseded' | 'unusable';
  readonly why: WhyUnusable | null;
  /** The digest is that of no octets at all: whoever made it fed the tool nothing (an extraction that failed). */
  readonly digestOfNothing: boolean;
}

/** Digests by strength, the strongest first (RFC 7671 section 9): matching type, octets, and the name in node:crypto. */
const DIGESTS = [
  { matchingType: 2, octets: 64, algorithm: 'sha512' },
  { matchingType: 1, octets: 32, algorithm: 'sha256' },
] as const;

/** The record in plain form. */
export function tlsaRecord(data: RecordData['TLSA']): TlsaRecord {
  const { usage, selector, matchingType } = data;
  return { usage, selector, matchingType, data: data.data.toString('hex') };
}

/** `3 1 1 d6fea64d…`, as zone files and people write it; long data is cut. */
export function showTlsa({ usage, selector, matchingType, data }: TlsaRecord, digits = 16): string {
  return `${usage} ${selector} ${matchingType} ${data.length > digits ? `${data.slice(0, digits)}…` : data}`;
}

/** Every record of a set with its state, in the order given (S-DANE-7, S-DANE-13). */
export function sortRecords(records: readonly TlsaRecord[]): readonly SortedRecord[] {
  const checked = records.map((record) => ({ record, why: whyUnusable(record) }));
  const strongest = new Map<string, number>();
  for (const { record, why } of checked) {
    const rank = DIGESTS.findIndex(({ matchingType }) => matchingType === record.matchingType);
    if (why !== null || rank < 0) continue;
    strongest.set(kindOf(record), Math.min(rank, strongest.get(kindOf(record)) ?? rank));
  }
  return checked.map(({ record, why }) => {
    const rank = DIGESTS.findIndex(({ matchingType }) => matchingType === record.matchingType);
    // RFC 7671 9: full data always counts, whatever digests stand beside it.
    const superseded = why === null && rank > (strongest.get(kindOf(record)) ?? rank);
    const state = why !== null ? 'unusable' : superseded ? 'superseded' : 'counts';
    return { ...record, state, why, digestOfNothing: NOTHING.has(record.data) };
  });
}

/** Whether any record of the set is usable: if not, TLS is needed and nobody is authenticated (S-DANE-8). */
export function hasUsable(records: readonly TlsaRecord[]): boolean {
  return records.some((record) => whyUnusable(record) === null);
}

/** What a record of this matching type says of some octets: their digest, or themselves; hexadecimal. */
export function associationData(matchingType: number, octets: Buffer): string {
  const digest = DIGESTS.find((one) => one.matchingType === matchingType);
  return digest === undefined ? octets.toString('hex') : hash(digest.algorithm, octets, 'hex');
}

/** The end of a sentence that begins with the record. */
export function describeWhyUnusable(why: WhyUnusable, record: TlsaRecord): string {
  switch (why) {
    case 'pkix-usage':
      return `has usage ${record.usage}, which does not count for mail; use 3 or 2`;
    case 'unknown-usage':
      return `has usage ${record.usage}, which does not exist`;
    case 'unknown-selector':
      return `has selector ${record.selector}, which does not exist`;
    case 'unknown-matching-type':
      return `has matching type ${record.matchingType}, which does not exist`;
    case 'wrong-digest-length':
      return `has a digest of ${record.data.length / 2} octets where matching type ${record.matchingType} has ${record.matchingType === 2 ? 64 : 32}`;
    case 'malformed-data':
      return `should hold a whole ${record.selector === 0 ? 'certificate' : 'public key'} and holds something else`;
  }
}

const NOTHING: ReadonlySet<string> = new Set(DIGESTS.map(({ algorithm }) => hash(algorithm, '', 'hex')));

function kindOf({ usage, selector }: TlsaRecord): string {
  return `${usage} ${selector}`;
}

function whyUnusable({ usage, selector, matchingType, data }: TlsaRecord): WhyUnusable | null {
  if (usage === 0 || usage === 1) return 'pkix-usage';
  if (usage !== 2 && usage !== 3) return 'unknown-usage';
  if (selector !== 0 && selector !== 1) return 'unknown-selector';
  const digest = DIGESTS.find((one) => one.matchingType === matchingType);
  if (digest !== undefined) return data.length === 2 * digest.octets ? null : 'wrong-digest-length';
  if (matchingType !== 0) return 'unknown-matching-type';
  const octets = Buffer.from(data, 'hex');
  const readable = selector === 0 ? parseCertificate(octets).ok : isPublicKey(octets);
  return readable ? null : 'malformed-data';
}

function isPublicKey(der: Buffer): boolean {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    // Octets behind the key, or another encoding of it, can never equal what a certificate holds.
    return key.export({ format: 'der', type: 'spki' }).length === der.length;
  } catch {
    return false;
  }
}
