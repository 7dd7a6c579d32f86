/**
 * What has to hold before one message may go to one host: the destination's TLS mode joined with what is published (as
 * the probe joins them), the least TLS version of the destination, and what the message itself asks for (RFC 8689).
 */
import type { DestinationControls } from '../policy/destination.ts';
import type { Evidence } from '../policy/evidence.ts';
import { type PolicyForce, type Published, requirementAtHost } from '../policy/published.ts';
import { requireTlsOf } from '../policy/require-tls.ts';
import { join, NO_REQUIREMENT, type Requirement, requirementOf } from '../policy/requirement.ts';
import type { EnvelopeOptions } from './message.ts';

export interface RequirementQuestion {
  readonly controls: DestinationControls;
  readonly options: EnvelopeOptions;
  readonly published: Published;
  /** DNSSEC vouches for the name of the host, or nobody has to. */
  readonly nameSecure: boolean;
}

/**
 * The same for whatever goes over one connection: only with REQUIRETLS does it depend on more than whether the sender
 * waived TLS, so that what was worked out for one message holds for those behind it.
 */
export function requirementsOver(
  question: Omit<RequirementQuestion, 'options'>,
): (options: EnvelopeOptions, evidence: Evidence) => Requirement {
  const known = new Map<boolean, Requirement>();
  return (options, evidence) => {
    if (options.requireTls) return deliveryRequirement({ ...question, options }, evidence);
    const asked = known.get(options.tlsOptional) ?? deliveryRequirement({ ...question, options }, evidence);
    known.set(options.tlsOptional, asked);
    return asked;
  };
}

/** REQUIRETLS looks at what the session has shown so far; everything else holds from the beginning. */
export function deliveryRequirement(question: RequirementQuestion, evidence: Evidence): Requirement {
  const { controls, options, published, nameSecure } = question;
  const mode = controls.tls;
  const asked = join(requirementAtHost({ mode, force: forceFor(controls, options) }, published), {
    ...NO_REQUIREMENT,
    minTlsVersion: controls.minTlsVersion,
  });
  if (!options.requireTls) return asked;
  return join(join(asked, requirementOf('required')), requireTlsOf(evidence, published, nameSecure));
}

/**
 * `TLS-Required: No` waives what recipients publish (RFC 8689 section 5), unless REQUIRETLS says the contrary (S-RTLS-7).
 * What the operator demands, a TLS mode or mandatory DANE, is not the sender's to waive.
 */
export function forceFor(controls: DestinationControls, { tlsOptional, requireTls }: EnvelopeOptions): PolicyForce {
  const { dane, mtaSts } = controls;
  if (!tlsOptional || requireTls) return { dane, mtaSts };
  return { dane: dane === 'mandatory' ? dane : 'off', mtaSts: 'off' };
}

/** The operator wants no TLS and has switched off whatever a domain might publish to the contrary (decision 8). */
export function overridesPublished({ tls, dane, mtaSts }: DestinationControls): boolean {
  return requirementOf(tls).starttls === 'never' && dane === 'off' && mtaSts === 'off';
}
