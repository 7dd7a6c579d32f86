/**
 * How much work a stranger's zone can make for us. A zone decides how many keys share a tag, how many signatures lie on
 * a set and how often a name is hashed; these bounds decide how much of that is tried (CVE-2023-50387 "KeyTrap",
 * CVE-2023-50868, RFC 9276). What does not come out valid within them is bogus, with the bound as the reason.
 */

/** Keys of one algorithm and tag tried for one signature or DS; honest zones have one, by bad luck two. */
export const MAX_KEYS_PER_TAG = 4;
/** Signatures on one set that are tried; a roll-over of keys and algorithms needs four. */
export const MAX_SIGNATURES_PER_SET = 8;
/** DS records of one zone that are followed. */
export const MAX_DS_PER_ZONE = 16;
/** Signature checks for one question, the whole chain from the anchor with it: two a zone, and thirty zones are deep. */
export const MAX_SIGNATURE_CHECKS = 64;
/** Of these, checks that may come out wrong before the rest is not worth trying. */
export const MAX_WRONG_SIGNATURES = 16;
/** Questions to the resolver for one question, the whole chain with it. The deepest names of ip6.arpa need some 70. */
export const MAX_QUERIES = 128;
/** RFC 9276 section 3.2: above this the proof is insecure. 150 is where the resolvers in use drew the line. */
export const MAX_NSEC3_ITERATIONS = 150;
/** Names hashed for one question; with the most iterations that is some 10,000 rounds of SHA-1. */
export const MAX_NSEC3_HASHES = 64;
/** Sets of denial records in one message whose signatures are checked; a proof needs three, a chain of aliases more. */
export const MAX_DENIAL_SETS = 24;
/** RFC 3110 allows exponents as long as the modulus, which cost as much as signing; those in use are 65537 and 2^32+1. */
export const MAX_RSA_EXPONENT_OCTETS = 5;
/** RFC 5702 section 2: 512 to 4096 bits. */
export const MAX_RSA_MODULUS_OCTETS = 512;
export const MIN_RSA_MODULUS_OCTETS = 64;
/** Zones and names that are known to be none, kept at one time; the one unused for longest makes room. */
export const MAX_CACHED_CUTS = 10_000;
/** Signatures known to be right, kept at one time: denials and apex records come again and again. */
export const MAX_REMEMBERED_SIGNATURES = 20_000;
/** However long the owner said, keys and denials of DS are asked for again after this, s. */
export const MAX_CUT_TTL = 86_400;

/** What one question has cost so far. Each method says whether one more is within the bounds, and counts it. */
export interface Work {
  signatureCheck(): boolean;
  wrongSignature(): void;
  query(): boolean;
  hash(): boolean;
  /** Signature checks made. */
  readonly signatureChecks: number;
}

export function startWork(): Work {
  let checks = 0;
  let wrong = 0;
  let queries = 0;
  let hashes = 0;
  return {
    signatureCheck: () => {
      if (checks >= MAX_SIGNATURE_CHECKS || wrong >= MAX_WRONG_SIGNATURES) return false;
      checks += 1;
      return true;
    },
    wrongSignature: () => {
      wrong += 1;
    },
    query: () => {
      queries += 1;
      return queries <= MAX_QUERIES;
    },
    hash: () => {
      hashes += 1;
      return hashes <= MAX_NSEC3_HASHES;
    },
    get signatureChecks() {
      return checks;
    },
  };
}
