/**
 * The only place where things are put together: settings and world in, an application out. The faces above are thin;
 * the floors below know nothing of each other that is not handed to them here.
 */
import { hostname } from 'node:os';
import { type Domain, parseDomain } from '../base/domain.ts';
import { seededRandom } from '../base/random.ts';
import { lookUpDane } from '../dane/lookup.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import {
  describeAnchorFault as describeDnssecAnchorFault,
  parseTrustAnchors,
  type TrustAnchor,
} from '../dns/dnssec/anchors.ts';
import { createValidatingResolver } from '../dns/dnssec/validating-resolver.ts';
import type { MailRoute } from '../dns/mail-route.ts';
import { givenRoute, resolveMailRoute } from '../dns/resolve-mail-route.ts';
import { createResolver, type OwnedResolver } from '../dns/resolver.ts';
import { targetsOf } from '../dns/targets.ts';
import { createMemoryPolicyCache } from '../mtasts/cache.ts';
import { createStsDiscovery, type DiscoverSts } from '../mtasts/discover.ts';
import { createPolicyFetcher } from '../mtasts/fetch.ts';
import { createNet, type Net } from '../net/net.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import { type DomainPolicy, NO_DOMAIN_POLICY, type ReportSeen } from '../probe/domain-policy.ts';
import { type ProbeDependencies, probe, type SessionRequest } from '../probe/probe.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import { DEFAULT_SESSION_TIMEOUT_MS, OBSERVE, openSession, STAY_IN_CLEAR } from '../session/open.ts';
import { readReportRecord, reportRecordName } from '../tlsrpt/record.ts';
import { certificateJudge } from './certificate-judge.ts';
import { chooseResolvers, type ResolverChoice } from './resolvers.ts';
import type { AppSettings } from './settings.ts';
import { loadTrust } from './trust.ts';
import { ESSENTIALS, type Essentials } from './world.ts';

export interface App {
  /** One probe; any number may run at the same time. */
  probe(request: ProbeRequest, hooks?: ProbeHooks): Promise<ProbeResult>;
  close(): Promise<void>;
}

interface House {
  readonly settings: AppSettings;
  readonly world: Essentials;
  readonly net: Net;
  /** What it says of security counts: believed by the user, or validated by us. */
  readonly resolver: OwnedResolver;
  readonly discoverSts: DiscoverSts;
  readonly anchors: TrustAnchors;
  readonly heloName: string | null;
}

/** Throws for settings that cannot be used: whoever took them from a person has said so before. */
export async function createApp(settings: AppSettings, world: Essentials = ESSENTIALS): Promise<App> {
  const trust = loadTrust(settings);
  if (!trust.ok) throw new Error(`the CA file cannot be used: ${describeAnchorFault(trust.failure)}`);
  const { clock } = world;
  const resolvers = chooseResolvers(settings.resolvers);
  const net = createNet({
    clock,
    privateAddresses: settings.privateAddresses,
    sourceAddress: settings.sourceAddress ?? undefined,
    redirect: settings.redirect ?? undefined,
  });
  const resolver = createHouseResolver(settings, resolvers, world);
  const anchors = trust.value;
  const fetch = createPolicyFetcher({ net, resolver, clock, anchors, port: settings.httpsPort });
  const house: House = {
    settings,
    world,
    net,
    resolver,
    discoverSts: createStsDiscovery({
      resolver,
      clock,
      cache: createMemoryPolicyCache(),
      fetch,
      alsoWithoutRecord: true,
    }),
    anchors,
    heloName: settings.helo ?? ownName(),
  };
  const dependencies = probeDependencies(
    house,
    resolvers.servers.map(({ text }) => text),
  );
  return {
    probe: (request, hooks) => probe(request, dependencies, hooks),
    close: () => house.resolver.close(),
  };
}

/** This machine's name where it is one that others could look up (RFC 5321 4.1.4); else the literal of its address. */
function ownName(): string | null {
  const name = parseDomain(hostname());
  return name.ok && name.value.includes('.') ? name.value : null;
}

function probeDependencies(house: House, resolvers: readonly string[]): ProbeDependencies {
  const { settings, world, anchors } = house;
  return {
    clock: world.clock,
    port: settings.port,
    deadlineMs: settings.deadlineMs,
    resolvers,
    trust: { anchors: anchors.count, sources: anchors.sources },
    route: (request, signal) => findRoute(house, request, signal),
    order: (route, seed) => [
      ...targetsOf(route, seed === null ? { kind: 'listed' } : { kind: 'shuffled', random: seededRandom(seed) }),
    ],
    openSession: (request) => observe(house, request),
    domainPolicy: (request, signal) => findDomainPolicy(house, request, signal),
    dane: (host, signal) => lookUpDane(house.resolver, host, { signal }),
  };
}

/** Validating ourselves needs no word of the resolver; where all of them are believed it would be done twice. */
function createHouseResolver(
  settings: AppSettings,
  resolvers: ResolverChoice,
  { clock, random }: Essentials,
): OwnedResolver {
  const options = { ...resolvers, clock, random };
  if (resolvers.servers.every(({ trustAd }) => trustAd)) return createResolver(options);
  return createValidatingResolver({ ...options, anchors: dnssecAnchors(settings) });
}

/** Undefined: the built-in keys of the root. Throws for a file that was not checked before. */
function dnssecAnchors({ dnssecAnchors: text }: AppSettings): readonly TrustAnchor[] | undefined {
  if (text === null) return undefined;
  const anchors = parseTrustAnchors(text);
  if (!anchors.ok) throw new Error(`the DNSSEC anchors cannot be used: ${describeDnssecAnchorFault(anchors.failure)}`);
  return anchors.value;
}

/** The policy of the recipient's domain; a server that was named by the user stands in for all of it (S-STS-15). */
async function findDomainPolicy(
  house: House,
  { target, mtaSts }: ProbeRequest,
  signal: AbortSignal,
): Promise<DomainPolicy> {
  const { domain } = target;
  if (!mtaSts || typeof domain !== 'string' || target.server !== null) return NO_DOMAIN_POLICY;
  const [discovery, tlsRpt] = await Promise.all([
    house.discoverSts(domain, signal),
    findReportRecord(house, domain, signal),
  ]);
  return { mtaSts: discovery, tlsRpt };
}

async function findReportRecord({ resolver }: House, domain: Domain, signal: AbortSignal): Promise<ReportSeen> {
  const answer = await resolver.ask(reportRecordName(domain), 'TXT', { signal });
  if (answer.kind === 'failed') return { kind: 'failed', detail: describeDnsFailure(answer.failure) };
  return readReportRecord(answer.kind === 'records' ? answer.records.map(({ data }) => data) : []);
}

function findRoute({ resolver, settings }: House, { target }: ProbeRequest, signal: AbortSignal): Promise<MailRoute> {
  const families = settings.family === 'any' ? 'any' : settings.family === 4 ? '4' : '6';
  const question = { resolver, families, ipPreference: 'default', signal } as const;
  if (target.server !== null) return givenRoute({ ...question, exchange: target.server.host });
  return resolveMailRoute({ ...question, domain: target.domain });
}

function observe(house: House, request: SessionRequest): Promise<SessionReport> {
  const { settings, world, net } = house;
  const { host, address, port, signal, onStage } = request;
  const target = { exchange: host.exchange, preference: host.preference, address, port };
  return openSession(
    {
      target,
      serverName: request.dane?.kind === 'records' ? request.dane.baseDomain : undefined,
      heloName: house.heloName,
      steer: request.tls === 'observe' ? OBSERVE : STAY_IN_CLEAR,
      implicitTls: settings.implicitTls,
      mailFrom: settings.mailFrom?.text ?? '',
      rcptTo: request.rcptTo,
      credentials:
        settings.auth === null
          ? null
          : { mechanism: settings.auth.type, user: settings.auth.user, secret: settings.auth.secret },
      clientCertificate: settings.client,
      minTlsVersion: 'TLSv1',
      askForStaple: settings.revocation !== 'off',
      stageTimeoutMs: settings.timeoutMs,
      sessionTimeoutMs: DEFAULT_SESSION_TIMEOUT_MS,
      signal,
      onPhase:
        onStage === undefined
          ? undefined
          : (phase, evidence) => {
              const stage = STAGE_OF_PHASE[phase];
              if (stage !== undefined) onStage(stage, evidence);
            },
    },
    { net, clock: world.clock, judge: certificateJudge({ ...house, ...request, target }) },
  );
}

/** The stage that is complete when a phase has ended. */
const STAGE_OF_PHASE: Partial<Record<string, Parameters<NonNullable<SessionRequest['onStage']>>[0]>> = {
  connect: 'answer',
  greeting: 'connect',
  ehlo: 'helo',
  starttls: 'tls',
  identity: 'cert',
  ehloUnderTls: 'secure',
  mail: 'from',
  rcpt: 'to',
};
