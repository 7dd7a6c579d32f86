/**
 * What a probe asks of the DNS and of policy hosts, over whatever answers: a resolver, or a capture. There is one way to
 * ask, so that what is judged again later was asked for in the same way.
 */
import { type Domain, parseDomain } from '../base/domain.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { seededRandom } from '../base/random.ts';
import { lookUpDane } from '../dane/lookup.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import { lookUpCaa } from '../dns/caa.ts';
import type { MailRoute } from '../dns/mail-route.ts';
import { confirmedNames } from '../dns/pointer.ts';
import { givenRoute, resolveMailRoute } from '../dns/resolve-mail-route.ts';
import type { Resolver } from '../dns/resolver.ts';
import { targetsOf } from '../dns/targets.ts';
import type { DiscoverSts } from '../mtasts/discover.ts';
import { type DomainPolicy, NO_DOMAIN_POLICY, type ReportSeen } from '../probe/domain-policy.ts';
import type { HostFacts } from '../probe/host-facts.ts';
import type { ProbeDependencies } from '../probe/probe.ts';
import type { ProbeRequest } from '../probe/request.ts';
import { readReportRecord, reportRecordName } from '../tlsrpt/record.ts';
import type { AppSettings } from './settings.ts';

export interface Answering {
  readonly resolver: Resolver;
  readonly discoverSts: DiscoverSts;
  readonly settings: Pick<AppSettings, 'family'>;
}

export function inquiries(
  answering: Answering,
): Pick<ProbeDependencies, 'route' | 'order' | 'domainPolicy' | 'dane' | 'facts'> {
  return {
    route: (request, signal) => findRoute(answering, request, signal),
    order: (route, seed) => [
      ...targetsOf(route, seed === null ? { kind: 'listed' } : { kind: 'shuffled', random: seededRandom(seed) }),
    ],
    domainPolicy: (request, signal) => findDomainPolicy(answering, request, signal),
    dane: (host, signal) => lookUpDane(answering.resolver, host, { signal }),
    facts: (exchange, address, signal) => findFacts(answering, { exchange, address }, signal),
  };
}

async function findFacts(
  { resolver }: Answering,
  { exchange, address }: { readonly exchange: string; readonly address: IpAddress },
  signal: AbortSignal,
): Promise<HostFacts> {
  const [caa, reverse] = await Promise.all([
    parseDomain(exchange).ok ? lookUpCaa(resolver, exchange, signal) : null,
    confirmedNames(resolver, address, signal),
  ]);
  return { exchange, address: address.text, caa, reverse };
}

/** The policy of the recipient's domain; a server that was named by the user stands in for all of it (S-STS-15). */
async function findDomainPolicy(
  answering: Answering,
  { target, mtaSts }: ProbeRequest,
  signal: AbortSignal,
): Promise<DomainPolicy> {
  const { domain } = target;
  if (!mtaSts || typeof domain !== 'string' || target.server !== null) return NO_DOMAIN_POLICY;
  const [discovery, tlsRpt] = await Promise.all([
    answering.discoverSts(domain, signal),
    findReportRecord(answering, domain, signal),
  ]);
  return { mtaSts: discovery, tlsRpt };
}

async function findReportRecord({ resolver }: Answering, domain: Domain, signal: AbortSignal): Promise<ReportSeen> {
  const answer = await resolver.ask(reportRecordName(domain), 'TXT', { signal });
  if (answer.kind === 'failed') return { kind: 'failed', detail: describeDnsFailure(answer.failure) };
  return readReportRecord(answer.kind === 'records' ? answer.records.map(({ data }) => data) : []);
}

function findRoute(
  { resolver, settings }: Answering,
  { target }: ProbeRequest,
  signal: AbortSignal,
): Promise<MailRoute> {
  const families = settings.family === 'any' ? 'any' : settings.family === 4 ? '4' : '6';
  const question = { resolver, families, ipPreference: 'default', signal } as const;
  if (target.server !== null) return givenRoute({ ...question, exchange: target.server.host });
  return resolveMailRoute({ ...question, domain: target.domain });
}
