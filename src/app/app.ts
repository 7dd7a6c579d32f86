/**
 * The only place where things are put together: settings and world in, an application out. The faces above are thin;
 * the floors below know nothing of each other that is not handed to them here.
 */
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { parseDomain } from '../base/domain.ts';
import {
  describeAnchorFault as describeDnssecAnchorFault,
  parseTrustAnchors,
  type TrustAnchor,
} from '../dns/dnssec/anchors.ts';
import { createValidatingResolver } from '../dns/dnssec/validating-resolver.ts';
import { createResolver, DEFAULT_TIMEOUT_MS, type OwnedResolver, type Resolver } from '../dns/resolver.ts';
import { createMemoryPolicyCache } from '../mtasts/cache.ts';
import { createStsDiscovery, type DiscoverSts } from '../mtasts/discover.ts';
import { createPolicyFetcher } from '../mtasts/fetch.ts';
import { createNet, type Net } from '../net/net.ts';
import { describeAnchorFault, type TrustAnchors } from '../pki/trust-anchors.ts';
import type { CanaryWord } from '../probe/canary.ts';
import { type ProbeDependencies, probe, type SessionRequest } from '../probe/probe.ts';
import { capturedEvidence } from '../probe/rejudge.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import { DEFAULT_SESSION_TIMEOUT_MS, OBSERVE, openSession, STAY_IN_CLEAR } from '../session/open.ts';
import { createCanaryWatch } from './canaries.ts';
import { certificateJudge } from './certificate-judge.ts';
import type { DeepScan, DeepScanOptions } from './deep-scan.ts';
import { inquiries } from './inquiries.ts';
import { createRecorder, type Recorded, type Recorder } from './recorder.ts';
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
  readonly resolver: Resolver;
  readonly discoverSts: DiscoverSts;
  readonly policies: Recorded['policies'];
  readonly anchors: TrustAnchors;
  readonly heloName: string | null;
  /** What the canaries say, asked when somebody wants to know. */
  readonly canaries: () => Promise<readonly CanaryWord[]>;
  /** Absent where no deep scan is wanted. */
  readonly scan?: DeepScan | undefined;
  /** Listens to the one probe this house is for; absent where nobody wants a capture. */
  readonly recorder?: Recorder | undefined;
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
  const policies = { cache: createMemoryPolicyCache(), fetch };
  const heloName = settings.helo ?? ownName();
  const house: House = {
    settings,
    world,
    net,
    resolver,
    discoverSts: createStsDiscovery({ resolver, clock, ...policies, alsoWithoutRecord: true }),
    policies,
    anchors,
    heloName,
    canaries: createCanaryWatch({ ...settings, net, resolver, clock }),
    scan: await deepScanOf(settings, { net, world, heloName }),
  };
  const servers = resolvers.servers.map(({ text }) => text);
  const dependencies = probeDependencies(house, servers);
  return {
    probe: (request, hooks) =>
      hooks?.onCapture === undefined
        ? probe(request, dependencies, hooks)
        : capturing(house, servers, { request, hooks, onCapture: hooks.onCapture }),
    close: () => resolver.close(),
  };
}

interface Captured {
  readonly request: ProbeRequest;
  readonly hooks: ProbeHooks;
  readonly onCapture: NonNullable<ProbeHooks['onCapture']>;
}

/** The same probe with somebody listening. */
async function capturing(house: House, servers: readonly string[], wanted: Captured): Promise<ProbeResult> {
  const { request, hooks, onCapture } = wanted;
  const recorder = createRecorder({ ...house, clock: house.world.clock });
  const heard = { ...house, resolver: recorder.resolver, discoverSts: recorder.discoverSts, recorder };
  const result = await probe(request, recorder.beside(probeDependencies(heard, servers)), hooks);
  onCapture(recorder.capture(request, result));
  return result;
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
    ...inquiries(house),
    canaries: house.canaries,
    authorities: async (questions, signal) => {
      const { askAuthorities } = await import('../dns/authoritative.ts');
      return askAuthorities(questions, { ...house, ...world, redirect: settings.redirect ?? undefined }, signal);
    },
    openSession: (request) => observe(house, request),
  };
}

/** Validating ourselves needs no word of the resolver; where all of them are believed it would be done twice. */
function createHouseResolver(
  settings: AppSettings,
  resolvers: ResolverChoice,
  { clock, random }: Essentials,
): OwnedResolver {
  // A name server gets no longer for an answer than a mail server for a stage.
  const timeoutMs = Math.min(resolvers.timeoutMs ?? DEFAULT_TIMEOUT_MS, settings.timeoutMs);
  const options = { ...resolvers, timeoutMs, clock, random };
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

async function observe(house: House, request: SessionRequest): Promise<SessionReport> {
  const { settings, world, net, recorder } = house;
  const { host, address, port, signal, onStage } = request;
  const target = { exchange: host.exchange, preference: host.preference, address, port };
  const moment = firstReading(world.clock);
  const report = await openSession(
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
    { net, clock: world.clock, judge: certificateJudge({ ...house, ...request, moment, target }) },
  );
  const { evidence, transcript } = report;
  const wanted = request.tls === 'observe' && evidence.greeting.kind === 'seen';
  const scan = wanted ? await house.scan?.(request) : undefined;
  const captured = { judgedAt: moment(), evidence: capturedEvidence(report), transcript, scan: scan?.report };
  recorder?.session({ tls: request.tls, ...captured });
  return { evidence, transcript, scan };
}

/** The time at which it is first asked for, from then on. */
function firstReading(clock: Clock): () => number {
  let at: number | null = null;
  return () => {
    at ??= clock.now();
    return at;
  };
}

/** Loaded only for those who want it. */
async function deepScanOf(
  settings: AppSettings,
  surroundings: Omit<DeepScanOptions, 'settings' | 'wanted'>,
): Promise<DeepScan | undefined> {
  if (settings.scan === null) return undefined;
  const { createDeepScan } = await import('./deep-scan.ts');
  return createDeepScan({ ...surroundings, settings, wanted: settings.scan });
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
