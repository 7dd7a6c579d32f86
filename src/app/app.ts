/**
 * The only place where things are put together: settings and world in, an application out. The faces above are thin;
 * the floors below know nothing of each other that is not handed to them here.
 */
import type { Clock } from '../base/clock.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { CanaryWord } from '../probe/canary.ts';
import type { CapturedStatus } from '../probe/capture.ts';
import { type ProbeDependencies, probe, type SessionRequest } from '../probe/probe.ts';
import type { ProbeHooks, ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import type { StatusSource } from '../revocation/status.ts';
import { DEFAULT_SESSION_TIMEOUT_MS, OBSERVE, openSession, STAY_IN_CLEAR } from '../session/open.ts';
import { createCanaryWatch } from './canaries.ts';
import { certificateJudge } from './certificate-judge.ts';
import type { DeepScan, DeepScanOptions } from './deep-scan.ts';
import { createHouse, type House } from './house.ts';
import { inquiries } from './inquiries.ts';
import type { Recorder } from './recorder.ts';
import type { AppSettings } from './settings.ts';
import { ESSENTIALS, type Essentials } from './world.ts';

export interface App {
  /** One probe; any number may run at the same time. */
  probe(request: ProbeRequest, hooks?: ProbeHooks): Promise<ProbeResult>;
  close(): Promise<void>;
}

interface ProbingHouse extends Omit<House, 'resolver' | 'senderSts' | 'close'> {
  readonly resolver: Resolver;
  /** What the canaries say, asked when somebody wants to know. */
  readonly canaries: () => Promise<readonly CanaryWord[]>;
  /** Absent where no deep scan is wanted. */
  readonly scan?: DeepScan | undefined;
  /** Listens to the one probe this house is for; absent where nobody wants a capture. */
  readonly recorder?: Recorder | undefined;
}

/** Throws for settings that cannot be used: whoever took them from a person has said so before. */
export async function createApp(settings: AppSettings, world: Essentials = ESSENTIALS): Promise<App> {
  const shared = createHouse(settings, world);
  const { heloName, net, resolver } = shared;
  const house: ProbingHouse = {
    ...shared,
    canaries: createCanaryWatch({ ...settings, net, resolver, clock: world.clock }),
    scan: await deepScanOf(settings, { net, world, heloName }),
  };
  const dependencies = probeDependencies(house);
  return {
    probe: (request, hooks) =>
      hooks?.onCapture === undefined
        ? probe(request, dependencies, hooks)
        : capturing(house, { request, hooks, onCapture: hooks.onCapture }),
    close: () => shared.close(),
  };
}

interface Captured {
  readonly request: ProbeRequest;
  readonly hooks: ProbeHooks;
  readonly onCapture: NonNullable<ProbeHooks['onCapture']>;
}

/** The same probe with somebody listening. */
async function capturing(house: ProbingHouse, wanted: Captured): Promise<ProbeResult> {
  const { request, hooks, onCapture } = wanted;
  const { createRecorder } = await import('./recorder.ts');
  const recorder = createRecorder({ ...house, clock: house.world.clock });
  const heard = { ...house, resolver: recorder.resolver, discoverSts: recorder.discoverSts, recorder };
  const result = await probe(request, recorder.beside(probeDependencies(heard)), hooks);
  onCapture(recorder.capture(request, result));
  return result;
}

function probeDependencies(house: ProbingHouse): ProbeDependencies {
  const { settings, world, anchors, resolvers } = house;
  return {
    clock: world.clock,
    port: settings.port,
    deadlineMs: settings.deadlineMs,
    resolvers,
    // Read anew for each result: the configuration of an installation may change it.
    trust: {
      get anchors() {
        return anchors.count;
      },
      get sources() {
        return anchors.sources;
      },
    },
    ...inquiries(house),
    canaries: house.canaries,
    authorities: async (questions, signal) => {
      const { askAuthorities } = await import('../dns/authoritative.ts');
      return askAuthorities(questions, { ...house, ...world, redirect: settings.redirect ?? undefined }, signal);
    },
    openSession: (request) => observe(house, request),
  };
}

async function observe(house: ProbingHouse, request: SessionRequest): Promise<SessionReport> {
  const { settings, world, net, recorder } = house;
  const { host, address, port, signal, onStage } = request;
  const target = { exchange: host.exchange, preference: host.preference, address, port };
  const moment = firstReading(world.clock);
  const heard: CapturedStatus[] = [];
  const statuses = recorder === undefined || house.statuses === null ? house.statuses : listen(house.statuses, heard);
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
    { net, clock: world.clock, judge: certificateJudge({ ...house, ...request, statuses, moment, target }) },
  );
  const { evidence, transcript } = report;
  const wanted = request.tls === 'observe' && evidence.greeting.kind === 'seen';
  const scan = wanted ? await house.scan?.(request) : undefined;
  recorder?.session(report, {
    ...{ tls: request.tls, judgedAt: moment(), scan: scan?.report },
    ...(heard.length === 0 ? {} : { statuses: heard }),
  });
  return { evidence, transcript, scan };
}

/** The same source, with what it answers kept in `heard`. */
function listen(statuses: StatusSource, heard: CapturedStatus[]): StatusSource {
  return {
    ...statuses,
    fetch: async (request, signal) => {
      const answer = await statuses.fetch(request, signal);
      heard.push({ kind: request.kind, url: request.url, answer });
      return answer;
    },
  };
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
