/**
 * The only place where things are put together: settings and world in, an application out. The faces above are thin;
 * the floors below know nothing of each other that is not handed to them here.
 */
import { hostname } from 'node:os';
import { parseDomain } from '../base/domain.ts';
import { seededRandom } from '../base/random.ts';
import type { MailRoute } from '../dns/mail-route.ts';
import { givenRoute, resolveMailRoute } from '../dns/resolve-mail-route.ts';
import { createResolver, type OwnedResolver } from '../dns/resolver.ts';
import { targetsOf } from '../dns/targets.ts';
import { createNet, type Net } from '../net/net.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import { requirementOf } from '../policy/requirement.ts';
import { type ProbeDependencies, probe, type SessionRequest } from '../probe/probe.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import { DEFAULT_SESSION_TIMEOUT_MS, OBSERVE, openSession, STAY_IN_CLEAR } from '../session/open.ts';
import { certificateJudge } from './certificate-judge.ts';
import { chooseResolvers } from './resolvers.ts';
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
  readonly resolver: OwnedResolver;
  readonly anchors: TrustAnchors;
  readonly heloName: string | null;
}

/** Throws for settings that cannot be used: whoever took them from a person has said so before. */
export async function createApp(settings: AppSettings, world: Essentials = ESSENTIALS): Promise<App> {
  const trust = loadTrust(settings);
  if (!trust.ok) throw new Error(`the CA file cannot be used: ${describeAnchorFault(trust.failure)}`);
  const { clock, random } = world;
  const resolvers = chooseResolvers(settings.resolvers);
  const house: House = {
    settings,
    world,
    net: createNet({
      clock,
      privateAddresses: settings.privateAddresses,
      sourceAddress: settings.sourceAddress ?? undefined,
      redirect: settings.redirect ?? undefined,
    }),
    resolver: createResolver({ ...resolvers, clock, random }),
    anchors: trust.value,
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
    requirementFor: requirementOf,
  };
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
