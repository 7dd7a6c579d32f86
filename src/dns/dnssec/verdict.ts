/**
 * What validation comes to (RFC 4033 section 5), with the reason and the place in the chain, and the sentences for it.
 */
import { assertNever } from '../../base/outcome.ts';
import type { DnsFailure, ResolverFault } from '../answer.ts';
import { MAX_NSEC3_ITERATIONS } from './limits.ts';
import { showName } from './names.ts';

export type BogusReason =
  | 'no-signature'
  | 'signature-expired'
  | 'signature-not-yet-valid'
  | 'wrong-signer'
  | 'no-matching-key'
  | 'signature-wrong'
  | 'too-many-labels'
  | 'no-dnskey'
  | 'dnskey-unlike-ds'
  | 'anchor-mismatch'
  | 'no-denial'
  | 'denial-incomplete'
  | 'wildcard-unproven'
  | 'bad-alias'
  | 'too-much-work';

/** Where in the chain it happened: the set that failed, and the zone that should have vouched for it. */
export interface ChainPlace {
  readonly zone: string;
  readonly name: string;
  /** The name of the record type. */
  readonly type: string;
}

export interface Bogus {
  readonly security: 'bogus';
  readonly reason: BogusReason;
  readonly place: ChainPlace;
}

export interface Insecure {
  readonly security: 'insecure';
  readonly cause: 'no-ds' | 'opt-out' | 'unsupported-algorithm' | 'too-many-iterations';
  /** The zone cut, or the name, from which on nobody vouches. */
  readonly at: string;
}

/** Why nothing can be said. All but the first lie with the resolver, not with the zone. */
export interface Indeterminate {
  readonly security: 'indeterminate';
  readonly cause: 'no-anchor' | ResolverFault;
  /** Which resolver; null for `no-anchor`. */
  readonly resolver: string | null;
}

export interface Secure {
  readonly security: 'secure';
  /** The zone whose keys vouch. */
  readonly zone: string;
  /** Until when the signatures used are valid, ms since the epoch. */
  readonly validUntil: number;
  /** For how long this may be believed, seconds: signature validity, original TTL and TTL. */
  readonly ttl: number;
}

/** No answer to a question the chain needs: the failure stays one (S-MX-3). */
export interface Unanswered {
  readonly security: 'unanswered';
  readonly failure: DnsFailure;
}

export type Verdict = Secure | Insecure | Bogus | Indeterminate | Unanswered;

export function bogus(reason: BogusReason, place: ChainPlace): Bogus {
  return { security: 'bogus', reason, place };
}

/** One clause for people: why the answer is as secure as it is. */
export function describeVerdict(verdict: Secure | Insecure | Bogus | Indeterminate): string {
  switch (verdict.security) {
    case 'secure':
      return `signed by ${showName(verdict.zone)}, chain complete`;
    case 'insecure':
      return describeInsecure(verdict);
    case 'bogus': {
      const { name, type, zone } = verdict.place;
      return `${describeBogus(verdict.reason)}: ${type} of ${showName(name)}, zone ${showName(zone)}`;
    }
    case 'indeterminate':
      return describeIndeterminate(verdict);
    default:
      return assertNever(verdict);
  }
}

function describeInsecure({ cause, at }: Insecure): string {
  switch (cause) {
    case 'no-ds':
      return `${showName(at)} is delegated without DS, and its parent proves that`;
    case 'opt-out':
      return `${showName(at)} lies in an opt-out span of its parent, where unsigned zones may stand`;
    case 'unsupported-algorithm':
      return `${showName(at)} is signed only with algorithms that are not supported`;
    case 'too-many-iterations':
      return `the proof about ${showName(at)} uses NSEC3 with more than ${MAX_NSEC3_ITERATIONS} iterations`;
  }
}

function describeIndeterminate({ cause, resolver }: Indeterminate): string {
  const who = `the resolver ${resolver ?? ''}`.trim();
  switch (cause) {
    case 'no-anchor':
      return 'no trust anchor stands above the name';
    case 'signatures-stripped':
      return `${who} strips the DNSSEC signatures from its answers, so nothing can be validated through it`;
    case 'no-dnssec':
      return `${who} does not know DNSSEC: it has no keys of the trust anchor's zone`;
    case 'denials-stripped':
      return `${who} strips the proofs of absence from its answers, so nothing can be validated through it`;
  }
}

function describeBogus(reason: BogusReason): string {
  switch (reason) {
    case 'no-signature':
      return 'a set in a signed zone has no signature';
    case 'signature-expired':
      return 'the signature has expired';
    case 'signature-not-yet-valid':
      return 'the signature is not yet valid';
    case 'wrong-signer':
      return 'the signature names a signer that is not the zone';
    case 'no-matching-key':
      return 'no key of the zone fits the signature';
    case 'signature-wrong':
      return 'the signature does not fit the data';
    case 'too-many-labels':
      return 'the signature claims more labels than the name has';
    case 'no-dnskey':
      return 'the zone has a DS but no DNSKEY';
    case 'dnskey-unlike-ds':
      return 'no DNSKEY of the zone fits its DS';
    case 'anchor-mismatch':
      return 'no DNSKEY fits the trust anchor';
    case 'no-denial':
      return 'the absence is not proven: no NSEC or NSEC3 record came with it';
    case 'denial-incomplete':
      return 'the NSEC or NSEC3 records do not prove the absence';
    case 'wildcard-unproven':
      return 'a wildcard answered, but nothing proves that there is no closer name';
    case 'bad-alias':
      return 'a DNAME leads to a name that cannot exist';
    case 'too-much-work':
      return 'validation would take more work than is allowed for one question';
  }
}
