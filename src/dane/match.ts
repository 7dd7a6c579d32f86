/**
 * Does what a server presented match the TLSA records of its host (RFC 7671, RFC 7672 section 3)? Any record that matches is
 * enough (S-DANE-14). Pure, and total: whatever the octets, a verdict comes out.
 */
import { X509Certificate } from 'node:crypto';
import { printable } from '../base/printable.ts';
import { type Certificate, parseCertificate } from '../pki/certificate.ts';
import { matchesDnsName } from '../pki/dns-name.ts';
import { MAX_CHAIN_CERTIFICATES } from '../pki/judge-chain.ts';
import { type AnchoredChain, anchoredChain } from './trust-anchor.ts';
import { associationData, describeWhyUnusable, type SortedRecord, sortRecords, type TlsaRecord } from './usable.ts';

export type Presented =
  /** DER, wire order, the server's own first. */
  | { readonly kind: 'chain'; readonly certificates: readonly Buffer[] }
  /** RFC 7250: a key without a certificate; only 3 1 x can say anything about it (S-DANE-21). */
  | { readonly kind: 'raw-public-key'; readonly spki: Buffer };

export interface MatchRequest {
  readonly records: readonly TlsaRecord[];
  readonly presented: Presented;
  /** For usage 2; see `referenceNames`. */
  readonly referenceNames: readonly string[];
  /** ms since the epoch. */
  readonly at: number;
}

export interface JudgedRecord extends SortedRecord {
  readonly matched: boolean;
  /** How it came out, as the end of a sentence that begins with the record. */
  readonly detail: string;
}

/** Worth knowing, and no failure. */
export type DaneNote =
  /** With usage 3 the dates do not count (RFC 7672 3.1.1, S-DANE-9); others than DANE senders do look. */
  | { readonly kind: 'expired'; readonly notAfter: string }
  | { readonly kind: 'not-yet-valid'; readonly notBefore: string }
  /** Usual in a roll-over (S-DANE-14). */
  | { readonly kind: 'other-records'; readonly count: number }
  | { readonly kind: 'digest-of-nothing'; readonly count: number };

export interface DaneVerdict {
  readonly status: 'none' | 'match' | 'mismatch' | 'unusable';
  /** Of the record that matched; 3 where both do. */
  readonly usage: 2 | 3 | null;
  readonly records: readonly JudgedRecord[];
  readonly notes: readonly DaneNote[];
  /** One sentence. */
  readonly detail: string;
}

/**
 * The names of which the certificate has to have one when usage 2 matches (RFC 7672 3.2.2, S-DANE-11). The recipient's domain
 * counts only when its MX set is secure: else whoever forged the MX could name a host of his own for it.
 */
export function referenceNames(host: {
  readonly baseDomain: string;
  /** The MX host name before any CNAME. */
  readonly exchange: string;
  /** Null when there is none, as for an address literal. */
  readonly nextHop: string | null;
  /** The end of the CNAME chain of the next hop; equals it where there is none. */
  readonly nextHopCanonicalName: string | null;
  readonly mxSecure: boolean;
}): readonly string[] {
  const { baseDomain, exchange, nextHop, nextHopCanonicalName, mxSecure } = host;
  const ofNextHop = mxSecure ? [nextHop, nextHopCanonicalName] : [];
  const names = [baseDomain, exchange, ...ofNextHop].filter((name): name is string => name !== null && name !== '');
  return [...new Set(names)];
}

export function matchDane({ records, presented, referenceNames: names, at }: MatchRequest): DaneVerdict {
  const sorted = sortRecords(records);
  const counting = sorted.filter(({ state }) => state === 'counts');
  const chain = readChain(presented);
  const own = ownAssociations(presented, chain[0] ?? null);
  const anchored =
    presented.kind === 'raw-public-key'
      ? NO_CHAIN
      : anchoredChain({ records: counting.filter(({ usage }) => usage === 2), chain, at });
  const nameFault = presented.kind === 'raw-public-key' ? null : findNameFault(chain[0] ?? null, names);
  const judged = sorted.map((record) => judge(record, { own, anchored, nameFault }));
  const matches = judged.filter(({ matched }) => matched);
  const usage = matches.some((record) => record.usage === 3) ? 3 : matches.length > 0 ? 2 : null;
  const status =
    records.length === 0 ? 'none' : usage !== null ? 'match' : counting.length === 0 ? 'unusable' : 'mismatch';
  const notes = notesOn({ judged, leaf: chain[0] ?? null, usage, at });
  return { status, usage, records: judged, notes, detail: sentence(status, usage, judged) };
}

/** Certificates beyond those that are looked at are left out; no honest chain has them. */
function readChain(presented: Presented): readonly (Certificate | null)[] {
  if (presented.kind === 'raw-public-key') return [];
  return presented.certificates.slice(0, MAX_CHAIN_CERTIFICATES).map((der) => {
    const parsed = parseCertificate(der);
    return parsed.ok ? parsed.value : null;
  });
}

/** What records of usage 3 would have to say, by selector; null where there is nothing to compare with. */
type OwnOctets = readonly [certificate: Buffer | null, key: Buffer | null];

function ownAssociations(presented: Presented, leaf: Certificate | null): OwnOctets {
  if (presented.kind === 'raw-public-key') return [null, presented.spki];
  const der = presented.certificates[0] ?? null;
  // S-DANE-9: nothing in the certificate counts but its octets, so one that is odd elsewhere still has its key.
  return [der, leaf?.spki ?? (der === null ? null : keyOf(der))];
}

function keyOf(der: Buffer): Buffer | null {
  try {
    return new X509Certificate(der).publicKey.export({ format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}

interface Known {
  readonly own: OwnOctets;
  readonly anchored: AnchoredChain;
  readonly nameFault: string | null;
}

const NO_CHAIN: AnchoredChain = { records: new Set(), position: null, fault: 'the server presented a bare key' };

function judge(record: SortedRecord, { own, anchored, nameFault }: Known): JudgedRecord {
  const came = (matched: boolean, detail: string): JudgedRecord => ({ ...record, matched, detail });
  if (record.why !== null) return came(false, describeWhyUnusable(record.why, record));
  if (record.state === 'superseded') return came(false, 'is passed over for a stronger digest beside it');
  const nothing = record.digestOfNothing ? '; its digest is that of no data at all' : '';
  if (record.usage === 3) {
    const octets = own[record.selector === 0 ? 0 : 1];
    if (octets === null) return came(false, 'has nothing of its kind to be compared with');
    const matched = associationData(record.matchingType, octets) === record.data;
    const what = record.selector === 0 ? 'certificate' : 'key';
    return came(matched, `${matched ? 'is' : 'is not'} of the server's ${what}${nothing}`);
  }
  if (!anchored.records.has(record))
    return came(false, `does not anchor the chain: ${anchored.fault ?? 'another record does'}${nothing}`);
  if (nameFault !== null) return came(false, `anchors the chain, but ${nameFault}`);
  const where = anchored.position === null ? '' : ` at certificate ${anchored.position}`;
  return came(true, `anchors the chain${where}, and the name fits`);
}

/** RFC 7672 3.2.3: the SAN dNSNames, and the CN only where there are none; wildcards as the whole left-most label. */
function findNameFault(leaf: Certificate | null, names: readonly string[]): string | null {
  if (leaf === null) return 'its certificate cannot be read';
  const { dnsNames } = leaf.alternativeNames;
  const { commonName } = leaf.subject;
  const presented = dnsNames.length > 0 ? dnsNames : commonName === null ? [] : [commonName];
  if (presented.some((name) => names.some((reference) => matchesDnsName(name, reference)))) return null;
  const shown = presented.slice(0, 3).map((name) => printable(name, 255));
  const whose = shown.length === 0 ? 'names nobody' : `is for ${shown.join(', ')}`;
  return `its certificate ${whose}, not for ${names.join(' or ')}`;
}

function notesOn(found: {
  readonly judged: readonly JudgedRecord[];
  readonly leaf: Certificate | null;
  readonly usage: 2 | 3 | null;
  readonly at: number;
}): readonly DaneNote[] {
  const { judged, leaf, usage, at } = found;
  const notes: DaneNote[] = [];
  if (usage === 3 && leaf !== null) {
    if (at > leaf.notAfter) notes.push({ kind: 'expired', notAfter: new Date(leaf.notAfter).toISOString() });
    if (at < leaf.notBefore) notes.push({ kind: 'not-yet-valid', notBefore: new Date(leaf.notBefore).toISOString() });
  }
  const others = judged.filter(({ state, matched }) => state === 'counts' && !matched).length;
  if (usage !== null && others > 0) notes.push({ kind: 'other-records', count: others });
  const nothing = judged.filter(({ digestOfNothing }) => digestOfNothing).length;
  if (nothing > 0) notes.push({ kind: 'digest-of-nothing', count: nothing });
  return notes;
}

function sentence(status: DaneVerdict['status'], usage: 2 | 3 | null, judged: readonly JudgedRecord[]): string {
  switch (status) {
    case 'none':
      return 'There are no TLSA records.';
    case 'match':
      return usage === 3
        ? 'A TLSA record is that of the server (DANE-EE).'
        : 'A TLSA record anchors the chain of the server (DANE-TA).';
    case 'unusable':
      return judged.length === 1
        ? 'The TLSA record cannot be used, so senders encrypt without knowing to whom.'
        : `None of the ${judged.length} TLSA records can be used, so senders encrypt without knowing to whom.`;
    case 'mismatch': {
      const counting = judged.filter(({ state }) => state === 'counts');
      const [only] = counting;
      return counting.length === 1 && only !== undefined
        ? `The TLSA record does not match: it ${only.detail}.`
        : `None of the ${counting.length} usable TLSA records matches.`;
    }
  }
}

/** One sentence for the owner of the host. */
export function describeDaneNote(note: DaneNote): string {
  switch (note.kind) {
    case 'expired':
      return `The certificate expired on ${note.notAfter.slice(0, 10)}; DANE senders do not mind, others do.`;
    case 'not-yet-valid':
      return `The certificate is not valid before ${note.notBefore.slice(0, 10)}; DANE senders do not mind, others do.`;
    case 'other-records':
      return `${note.count} more usable TLSA record${note.count === 1 ? ' matches' : 's match'} something else, as is usual while keys change.`;
    case 'digest-of-nothing':
      return `${note.count} TLSA record${note.count === 1 ? ' holds' : 's hold'} the digest of no data at all: the command that made it read nothing.`;
  }
}
