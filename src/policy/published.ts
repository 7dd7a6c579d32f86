/**
 * What the owner of a host or a domain has published, as a requirement: DANE (RFC 7672) and MTA-STS (RFC 8461). It is
 * joined with what the operator asks, so that it can only add. Usable DANE takes the place of MTA-STS, and of nothing
 * else; a failing DANE is never overridden (RFC 8461 section 2, S-STS-14).
 */
import { assertNever } from '../base/outcome.ts';
import { type DaneLookup, describeDaneLookup } from '../dane/lookup.ts';
import { type DaneDemand, daneDemand } from '../dane/outcome.ts';
import { firstMatch } from '../mtasts/match.ts';
import type { StsPolicy } from '../mtasts/policy.ts';
import type { TlsMode } from './mode.ts';
import { join, NO_REQUIREMENT, type Requirement, requirementOf } from './requirement.ts';

/** How much of what is published a sender honours. */
export interface PolicyForce {
  readonly dane: 'off' | 'opportunistic' | 'mandatory';
  readonly mtaSts: 'off' | 'on';
}

export const HONOURS_ALL: PolicyForce = { dane: 'opportunistic', mtaSts: 'on' };
export const HONOURS_NOTHING: PolicyForce = { dane: 'off', mtaSts: 'off' };

/** What is known to be published for one MX host; null where nobody looked. */
export interface Published {
  readonly exchange: string;
  readonly dane: DaneLookup | null;
  /** The policy that applies to the recipient's domain; null when there is none or nobody looked. */
  readonly mtaSts: StsPolicy | null;
}

/** What a sender of `mode` that honours what is published has to ask of the host: for probe and delivery alike. */
export function requirementAtHost(
  { mode, force }: { readonly mode: TlsMode; readonly force: PolicyForce },
  published: Published,
): Requirement {
  return join(requirementOf(mode), publishedRequirement(published, force));
}

/** What a sender of that force has to ask of the host. */
export function publishedRequirement(published: Published, force: PolicyForce): Requirement {
  const demand = published.dane === null ? demandUnasked(force) : daneDemand(published.dane, force.dane);
  const dane = ofDane(demand, published);
  // Where DANE authenticates, MTA-STS has nothing to add.
  if (demand === 'authenticate' || force.mtaSts === 'off' || published.mtaSts === null) return dane;
  return join(dane, ofMtaSts(published.mtaSts, published.exchange));
}

/** Whether a host is among those of the policy; null where the policy asks for nothing. */
export function stsCoverage(policy: StsPolicy, exchange: string): 'covered' | 'not-covered' | null {
  if (policy.mode === 'none') return null;
  return firstMatch(policy.mx, exchange) === null ? 'not-covered' : 'covered';
}

function demandUnasked({ dane }: PolicyForce): DaneDemand {
  return dane === 'mandatory' ? 'defer' : 'nothing';
}

const ENCRYPTED = { starttls: 'always', clear: 'never', minTlsVersion: 'TLSv1.2' } as const;

function ofDane(demand: DaneDemand, { dane }: Published): Requirement {
  const because = dane === null ? ['DANE was not looked up'] : [`DANE: ${describeDaneLookup(dane).replace(/\.$/, '')}`];
  switch (demand) {
    case 'nothing':
      return NO_REQUIREMENT;
    case 'encrypt':
      return { ...NO_REQUIREMENT, ...ENCRYPTED, because };
    case 'authenticate':
      return { ...NO_REQUIREMENT, ...ENCRYPTED, checks: { ...NO_REQUIREMENT.checks, dane: 'must' }, because };
    case 'defer':
      return { ...NO_REQUIREMENT, host: 'avoid', because };
    default:
      return assertNever(demand);
  }
}

/** RFC 8461 section 5: only `enforce` stops a message; `testing` is for reports (S-STS-10, S-STS-11, S-STS-16). */
function ofMtaSts(policy: StsPolicy, exchange: string): Requirement {
  if (policy.mode !== 'enforce') return NO_REQUIREMENT;
  if (stsCoverage(policy, exchange) !== 'covered') {
    return { ...NO_REQUIREMENT, host: 'avoid', because: [`MTA-STS: the policy does not name ${exchange}`] };
  }
  return {
    ...NO_REQUIREMENT,
    ...ENCRYPTED,
    checks: { ...NO_REQUIREMENT.checks, 'mta-sts': 'must' },
    because: [`MTA-STS: the policy is enforced and names ${exchange}`],
  };
}
