/**
 * What the domain itself promises, as a probe sees it: MTA-STS and TLSRPT for the domain, DANE for each of its hosts,
 * and what a sender has to make of it together with a TLS mode.
 */
import type { DaneLookup } from '../dane/lookup.ts';
import type { StsDiscovery } from '../mtasts/discover.ts';
import type { StsPolicy } from '../mtasts/policy.ts';
import type { TlsMode } from '../policy/mode.ts';
import { type PolicyForce, type Published, requirementAtHost, stsCoverage } from '../policy/published.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { ReportRecord } from '../tlsrpt/record.ts';
import type { ProbeRequest } from './request.ts';
import type { HostResult, ProbeResult } from './result.ts';

/** Null where nobody looked. */
export interface DomainPolicy {
  readonly mtaSts: StsDiscovery | null;
  readonly tlsRpt: ReportSeen | null;
}

/** A record set that could be read, or the reason why it could not be looked up, in a sentence. */
export type ReportSeen = ReportRecord | { readonly kind: 'failed'; readonly detail: string };

export const NO_DOMAIN_POLICY: DomainPolicy = { mtaSts: null, tlsRpt: null };

/** TLSA look-ups by MX host; a host without entry was not looked up. */
export type DaneByHost = ReadonlyMap<string, DaneLookup>;

export interface PublishedPolicy {
  readonly domain: DomainPolicy;
  readonly dane: DaneByHost;
}

/** What a sender of `mode` that honours what is published has to ask of one host. */
export function requirementAt(
  sender: { readonly mode: TlsMode; readonly force: PolicyForce },
  published: PublishedPolicy,
  exchange: string,
): Requirement {
  return requirementAtHost(sender, publishedAt(published, exchange));
}

/** The force of a probe's predictions: what was looked up is honoured. */
export function forceOf({ dane, mtaSts }: ProbeRequest): PolicyForce {
  return { dane: dane ? 'opportunistic' : 'off', mtaSts: mtaSts ? 'on' : 'off' };
}

export function publishedAt({ domain, dane }: PublishedPolicy, exchange: string): Published {
  return { exchange, dane: dane.get(exchange) ?? null, mtaSts: policyOf(domain) };
}

/** The policy that applies; null when there is none. */
export function policyOf({ mtaSts }: DomainPolicy): StsPolicy | null {
  return mtaSts?.kind === 'policy' ? mtaSts.policy : null;
}

/** Whether a host is covered by the policy of the domain. */
export function stsStatusAt(domain: DomainPolicy, exchange: string): HostResult['mtaSts'] {
  if (domain.mtaSts === null) return { status: 'not-tested' };
  const policy = policyOf(domain);
  return { status: (policy === null ? null : stsCoverage(policy, exchange)) ?? 'none' };
}

export function stsResult({ mtaSts }: DomainPolicy): ProbeResult['mtaSts'] {
  switch (mtaSts?.kind) {
    case undefined:
      return { mode: 'not-tested' };
    case 'absent':
      return { mode: 'absent' };
    case 'failed':
      return { mode: 'failed' };
    case 'policy': {
      const { mode, mx, maxAge } = mtaSts.policy;
      return {
        mode,
        id: mtaSts.id,
        mx,
        maxAge,
        fetchedAt: new Date(mtaSts.fetchedAt).toISOString(),
        from: mtaSts.from,
      };
    }
  }
}

export function reportResult({ tlsRpt }: DomainPolicy): ProbeResult['tlsRpt'] {
  switch (tlsRpt?.kind) {
    case undefined:
      return { status: 'not-tested' };
    case 'record':
      return { status: 'present', addresses: tlsRpt.rua.map(({ uri }) => uri) };
    case 'absent':
      return { status: 'absent' };
    case 'faulty':
      return { status: 'faulty' };
    case 'failed':
      return { status: 'failed' };
  }
}

/** DANE counts as tested where somebody believed has said whether the answers are secure. */
export function daneWasTested(dane: DaneByHost): boolean {
  return [...dane.values()].some(({ kind }) => kind !== 'unknown');
}
