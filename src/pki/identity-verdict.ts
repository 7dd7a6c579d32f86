/**
 * Whose certificate is it? Four answers side by side (decisions on identity): the strict one of RFC 9525, the one a
 * receiver tester gives (MX name, CN only when there is no SAN dNSName), and the two verification algorithms of
 * destination controls, Verify (V1..V3) and Hosted (H1..H3).
 */

/** How much a match proves: `weak` where the compared name itself came from unauthenticated DNS. */
export type IdentityStrength = 'strong' | 'weak';

export interface NameVerdict {
  readonly matched: boolean;
  readonly expected: string;
  /** The names looked at, in order: the SAN dNSNames, or the CN where that is what counts. */
  readonly presented: readonly string[];
}

export interface StepVerdict {
  readonly matched: boolean;
  /** The step that matched: `V1`, `V2`, `V3`, `H1`, `H2`, `H3`; null when none did. */
  readonly step: 'V1' | 'V2' | 'V3' | 'H1' | 'H2' | 'H3' | null;
  readonly strength: IdentityStrength | null;
  /** The presented name that matched, as in the certificate. */
  readonly presented: string | null;
  /** What was compared and how it came out, one line a step: `V1: SAN mx.example.net is not example.com`. */
  readonly trail: readonly string[];
}

export interface IdentityVerdict {
  /** RFC 9525: SAN dNSName (or iPAddress) against the MX name, no CN at all. */
  readonly matched: boolean;
  readonly mx: NameVerdict;
  readonly verify: StepVerdict;
  readonly hosted: StepVerdict;
}
