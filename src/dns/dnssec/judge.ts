/**
 * The verdict on one set, and on one absence: who signs it, is that the zone it is in, does the chain lead there, and is
 * the signature or the proof right (RFC 4035 section 5).
 *
 * Insecure is only what the chain proves to be. Before anything is called bogus, the chain is followed down to the name
 * itself: an unsigned zone below a signed one may send whatever it likes.
 *
 * A zone that signs for a name below a cut of its own is believed without a look at that cut: by its DS it could give the
 * child away as well, and to look would cost a question for every name.
 */
import type { Clock } from '../../base/clock.ts';
import { assertNever } from '../../base/outcome.ts';
import { isWithin } from '../name.ts';
import { typeName } from '../record-type.ts';
import type { Asking } from './ask-signed.ts';
import type { ChainOfTrust } from './chain-of-trust.ts';
import { type Proof, proveNoCloserName, proveNoData, proveNoName } from './denial.ts';
import { type CheckedDenials, checkDenials, denyingZone } from './denial-records.ts';
import { parentOf } from './names.ts';
import type { RrSet, Section } from './rrset.ts';
import { checkSignatures, type SignatureMemory } from './signature.ts';
import { type BogusReason, bogus, type Insecure, type Verdict } from './verdict.ts';
import type { SecureZone } from './zone-cut.ts';

export interface Judge {
  judgeSet(set: RrSet, authorities: Section, asking: Asking): Promise<Verdict>;
  judgeAbsence(absence: Absence, authorities: Section, asking: Asking): Promise<Verdict>;
}

export interface Absence {
  readonly kind: 'no-data' | 'no-such-name';
  readonly name: string;
  /** The name of the type. */
  readonly type: string;
  /** By the SOA, seconds; null where none came. */
  readonly ttl: number | null;
}

export interface JudgeOptions {
  readonly chain: ChainOfTrust;
  readonly clock: Clock;
  readonly memory: SignatureMemory;
}

/** What the keys of a zone say of a set or an absence; a fault may still turn out to be an unsigned zone. */
type ByZone = Extract<Verdict, { readonly security: 'secure' }> | Insecure | { readonly fault: BogusReason };

export function createJudge({ chain, clock, memory }: JudgeOptions): Judge {
  const nowSeconds = (): number => Math.floor(clock.now() / 1000);

  /** Follows the chain to `signer`, lets its keys speak, and looks further down where they do not vouch. */
  const judge = async (
    subject: { readonly name: string; readonly type: string; readonly signer: string | null },
    missing: BogusReason,
    asking: Asking,
    byZone: (zone: SecureZone) => ByZone,
  ): Promise<Verdict> => {
    const { name, type, signer } = subject;
    const deepest = lowestZoneOf(name, type);
    const trust = await chain.trustAt(signer ?? deepest, asking);
    if (trust.security !== 'secure') return trust;
    const found: ByZone =
      signer === null ? { fault: missing } : trust.zone === signer ? byZone(trust) : { fault: 'wrong-signer' };
    if (!('fault' in found)) return found;
    const own = signer === null || signer === deepest ? trust : await chain.trustAt(deepest, asking);
    if (own.security !== 'secure') return own;
    return bogus(found.fault, { zone: own.zone, name, type });
  };

  const secure = (zone: SecureZone, ttl: number, validUntil: number): Verdict & { security: 'secure' } => ({
    security: 'secure',
    zone: zone.zone,
    ttl,
    validUntil: Math.min(validUntil, zone.validUntil),
  });

  return {
    judgeSet(set, authorities, asking) {
      const type = typeName(set.type);
      const signer = signerOf(set, lowestZoneOf(set.name, type));
      const missing = set.signatures.length === 0 ? 'no-signature' : 'wrong-signer';
      return judge({ name: set.name, type, signer }, missing, asking, (zone) => {
        const shared = { zone: zone.zone, keys: zone.keys, now: nowSeconds(), work: asking.work, memory };
        const signed = checkSignatures({ ...shared, set });
        if (!signed.ok) return { fault: signed.failure };
        const { ttl, validUntil, expandedBelow } = signed.value;
        if (expandedBelow === null) return secure(zone, ttl, validUntil);
        // RFC 4035 section 5.3.4: the wildcard may speak only where nothing stands closer.
        const denials = checkDenials({ ...shared, authorities });
        const proof = proveNoCloserName(denials.records, set.name, expandedBelow);
        const least = { ttl: Math.min(ttl, denials.ttl), validUntil: Math.min(validUntil, denials.validUntil) };
        if (proof === 'proven') return secure(zone, least.ttl, least.validUntil);
        return unproven(proof, set.name, denials, 'wildcard-unproven');
      });
    },

    judgeAbsence({ kind, name, type, ttl }, authorities, asking) {
      const signer = denyingZone(authorities, lowestZoneOf(name, type));
      return judge({ name, type, signer }, 'no-denial', asking, (zone) => {
        const shared = { zone: zone.zone, keys: zone.keys, now: nowSeconds(), work: asking.work, memory };
        const denials = checkDenials({ ...shared, authorities });
        const proof =
          kind === 'no-data' ? proveNoData(denials.records, name, type) : proveNoName(denials.records, name);
        if (proof === 'proven') return secure(zone, Math.min(denials.ttl, ttl ?? 0), denials.validUntil);
        return unproven(proof, name, denials, 'denial-incomplete');
      });
    },
  };
}

function unproven(
  proof: Exclude<Proof, 'proven'>,
  at: string,
  denials: CheckedDenials,
  fault: BogusReason,
): Insecure | { readonly fault: BogusReason } {
  switch (proof) {
    case 'opt-out':
    case 'too-many-iterations':
      return { security: 'insecure', cause: proof, at };
    case 'too-much-work':
      return { fault: 'too-much-work' };
    case 'unproven':
      // A denial record that is not believed itself says more than that the proof is incomplete.
      return { fault: denials.fault ?? fault };
    default:
      return assertNever(proof);
  }
}

/** The deepest zone that can hold the set: for DS the parent's side of a cut (RFC 4035 section 2.4). */
function lowestZoneOf(name: string, type: string): string {
  return type === 'DS' ? (parentOf(name) ?? '') : name;
}

/** Of those who signed, the deepest that can be the zone of the set. */
function signerOf(set: RrSet, lowestZone: string): string | null {
  let signer: string | null = null;
  for (const { data } of set.signatures) {
    if (!isWithin(lowestZone, data.signersName)) continue;
    if (signer === null || data.signersName.length > signer.length) signer = data.signersName;
  }
  return signer;
}
