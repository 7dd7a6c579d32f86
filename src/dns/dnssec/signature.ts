/**
 * Whether a set is signed by its zone (RFC 4035 section 5.3): everything cheap is asked of a signature first, so that a
 * crowd of them costs little, then the few that are left are checked.
 */
import { hash } from 'node:crypto';
import { failed, type Outcome, succeeded } from '../../base/outcome.ts';
import { isSignedBy, isSupportedAlgorithm } from './algorithm.ts';
import { MAX_REMEMBERED_SIGNATURES, MAX_SIGNATURES_PER_SET, type Work } from './limits.ts';
import { labelCount, lastLabels } from './names.ts';
import { canonicalData, type RrSet, type SignatureRecord, signedName, signedOctets } from './rrset.ts';
import type { BogusReason } from './verdict.ts';
import type { KeyRing } from './zone-key.ts';

/** Signatures found right before: the same octets, signed by the same key, need no second look. */
export interface SignatureMemory {
  has(digest: string): boolean;
  add(digest: string): void;
}

export function createSignatureMemory(most = MAX_REMEMBERED_SIGNATURES): SignatureMemory {
  const known = new Set<string>();
  return {
    has: (digest) => known.has(digest),
    add: (digest) => {
      known.add(digest);
      if (known.size <= most) return;
      for (const oldest of known) {
        known.delete(oldest);
        break;
      }
    },
  };
}

export interface SignatureRequest {
  readonly set: RrSet;
  readonly zone: string;
  readonly keys: KeyRing;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly work: Work;
  readonly memory: SignatureMemory;
}

export interface Signed {
  /** The closest encloser, where a wildcard was expanded into this set; null where the set is itself. */
  readonly expandedBelow: string | null;
  /** Seconds: as received, as signed, and as long as the signature lasts, whichever is least (RFC 4035 section 5.3.3). */
  readonly ttl: number;
  /** ms since the epoch. */
  readonly validUntil: number;
}

/** The first signature that is right; else why the one that came closest is not. */
export function checkSignatures(request: SignatureRequest): Outcome<Signed, BogusReason> {
  const { set, zone, keys, now } = request;
  if (set.signatures.length === 0) return failed('no-signature');
  let closest: BogusReason = 'wrong-signer';
  const candidates: SignatureRecord[] = [];
  for (const signature of set.signatures) {
    const fault = faultBeforeChecking(signature, set, zone, keys, now);
    if (fault === null) candidates.push(signature);
    else if (CLOSENESS.indexOf(fault) > CLOSENESS.indexOf(closest)) closest = fault;
  }
  const data = candidates.length === 0 ? null : canonicalData(set);
  if (data === null) return failed(candidates.length === 0 ? closest : 'signature-wrong');
  for (const signature of candidates.slice(0, MAX_SIGNATURES_PER_SET)) {
    const checked = checkOne(signature, data, request);
    if (checked === 'too-much-work') return failed('too-much-work');
    if (checked === 'right') return succeeded(signedBy(signature, set, now));
  }
  return failed(candidates.length > MAX_SIGNATURES_PER_SET ? 'too-much-work' : 'signature-wrong');
}

/** From the one that says least about the zone to the one that says most. */
const CLOSENESS: readonly BogusReason[] = [
  'wrong-signer',
  'no-matching-key',
  'too-many-labels',
  'signature-not-yet-valid',
  'signature-expired',
];

function faultBeforeChecking(
  { data }: SignatureRecord,
  set: RrSet,
  zone: string,
  keys: KeyRing,
  now: number,
): BogusReason | null {
  if (data.signersName !== zone) return 'wrong-signer';
  if (!isSupportedAlgorithm(data.algorithm)) return 'no-matching-key';
  if (data.labels > labelCount(set.name)) return 'too-many-labels';
  // RFC 4034 section 3.1.5: serial number arithmetic, so that the year 2106 is no cliff.
  if (((data.expiration - now) | 0) < 0) return 'signature-expired';
  if (((now - data.inception) | 0) < 0) return 'signature-not-yet-valid';
  return keys.withTag(data.algorithm, data.keyTag).length === 0 ? 'no-matching-key' : null;
}

function checkOne(
  signature: SignatureRecord,
  data: readonly Buffer[],
  { set, keys, work, memory }: SignatureRequest,
): 'right' | 'wrong' | 'too-much-work' {
  const octets = signedOctets(set, data, signature);
  if (octets === null) return 'wrong';
  for (const key of keys.withTag(signature.data.algorithm, signature.data.keyTag)) {
    const digest = digestOf(key.data, signature.data.signature, octets);
    if (memory.has(digest)) return 'right';
    const publicKey = key.publicKey();
    if (publicKey === null) continue;
    if (!work.signatureCheck()) return 'too-much-work';
    if (isSignedBy(key.algorithm, publicKey, octets, signature.data.signature)) {
      memory.add(digest);
      return 'right';
    }
    work.wrongSignature();
  }
  return 'wrong';
}

/** With the lengths in it, so that no octet can pass from one part into another. */
function digestOf(key: Buffer, signature: Buffer, octets: Buffer): string {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16BE(key.length, 0);
  lengths.writeUInt16BE(signature.length, 2);
  return hash('sha256', Buffer.concat([lengths, key, signature, octets]), 'base64');
}

function signedBy({ data }: SignatureRecord, set: RrSet, now: number): Signed {
  const left = (data.expiration - now) | 0;
  const expanded = signedName(set.name, data.labels) !== set.name;
  return {
    expandedBelow: expanded ? lastLabels(set.name, data.labels) : null,
    ttl: Math.min(set.ttl, data.originalTtl, left),
    validUntil: (now + left) * 1000,
  };
}
