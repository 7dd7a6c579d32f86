/**
 * Judges a capture again: the probe itself runs, and everything it asks for comes out of the capture. There is no way to
 * the network here. Everybody answers as they did; what bears dates of its own, certificates and staples, is judged at
 * the time of the replay, and DNS answers keep the security they had.
 */
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { DnsAnswer, RecordType } from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { PolicyEntry } from '../mtasts/cache.ts';
import { createStsDiscovery, type DiscoverSts } from '../mtasts/discover.ts';
import type { PolicyFetch } from '../mtasts/fetch.ts';
import { type TrustAnchors, trustAnchors } from '../pki/trust-anchors.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { Capture, CapturedSession, CapturedStatus } from '../probe/capture.ts';
import { type ProbeDependencies, probe, type SessionRequest } from '../probe/probe.ts';
import type { ReadCapture } from '../probe/read-capture.ts';
import { rejudge } from '../probe/rejudge.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import type { StatusSource } from '../revocation/status.ts';
import type { SessionTarget } from '../session/plan.ts';
import { certificateJudge } from './certificate-judge.ts';
import { inquiries } from './inquiries.ts';
import { rated } from './ratings.ts';

export interface ReplayOptions {
  /** ms since the epoch; null: when the capture was made. */
  readonly at: number | null;
  /** Null: those that were trusted then. */
  readonly anchors: TrustAnchors | null;
}

/** Something was asked for that no probe left in the capture: it was changed, or cut. */
export interface ReplayFault {
  readonly missing: string;
}

/** With neither another time nor other anchors the result is that of the probe, bit for bit. */
export async function replay(
  { capture, target }: ReadCapture,
  options: ReplayOptions,
): Promise<Outcome<ProbeResult, ReplayFault>> {
  const missing: string[] = [];
  const miss = (what: string): void => void missing.push(what);
  const result = await probe({ ...capture.request, target }, dependenciesOf(capture, options, miss));
  const [first] = missing;
  return first === undefined ? succeeded({ ...result, elapsedMs: capture.elapsedMs }) : failed({ missing: first });
}

/** The end of a sentence that begins with the file. */
export function describeReplayFault({ missing }: ReplayFault): string {
  return `it is not whole: ${missing} is missing in it`;
}

type Miss = (what: string) => void;

function dependenciesOf(capture: Capture, { at, anchors: others }: ReplayOptions, miss: Miss): ProbeDependencies {
  const { settings, trust } = capture;
  const anchors = others ?? capturedAnchors(capture);
  const shift = at === null ? 0 : at - capture.startedAt;
  const resolver = capturedResolver(capture.answers, miss);
  const sessions = new Set(capture.sessions);
  return {
    clock: standingClock(capture.startedAt + shift),
    port: settings.port,
    deadlineMs: null,
    resolvers: settings.resolvers,
    trust:
      others === null
        ? { anchors: trust.anchors, sources: trust.sources }
        : { anchors: others.count, sources: others.sources },
    ...inquiries({ resolver, discoverSts: capturedDiscovery(capture, { resolver, shift, miss }), settings }),
    openSession: (request) =>
      capturedSession(sessions, request, { resolver, anchors, shift, miss, revocation: settings.revocation }),
    canaries: async () => capture.canaries ?? [],
    authorities: async () => capture.authorities ?? [],
  };
}

/** No time passes in a replay. */
function standingClock(at: number): Clock {
  return { now: () => at, monotonic: () => 0, setTimer: () => () => {} };
}

/** In the order of the sets, so that they are tried as they were. */
function capturedAnchors({ trust }: Capture): TrustAnchors {
  const names = new Set([...trust.sources.map(({ name }) => name), ...trust.certificates.map(({ from }) => from)]);
  return trustAnchors(
    [...names].map((name) => ({
      name,
      date: null,
      certificates: trust.certificates.filter(({ from }) => from === name).map(({ der }) => der),
    })),
  );
}

/** The answers to one question one after the other, the last one again and again. */
function capturedResolver(answers: readonly DnsAnswer[], miss: Miss): Resolver {
  const queues = Map.groupBy(answers, ({ name, type }) => `${type} ${name}`);
  return {
    async ask<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<T>> {
      const queue = queues.get(`${type} ${name}`) ?? [];
      const answer = queue.length > 1 ? queue.shift() : queue[0];
      // Under a key that names the type there are answers of that type alone.
      if (answer !== undefined) return answer as DnsAnswer<T>;
      miss(`the answer to ${type} ${name}`);
      const nobody = { security: 'indeterminate', securityFrom: null, resolver: '', ms: 0 } as const;
      return { kind: 'failed', name, type, failure: { kind: 'cancelled' }, ...nobody };
    },
  };
}

interface Replayed {
  readonly resolver: Resolver;
  /** ms between the time of the capture and that of the replay. */
  readonly shift: number;
  readonly miss: Miss;
}

function capturedDiscovery({ policy }: Capture, { resolver, shift, miss }: Replayed): DiscoverSts {
  const at = (policy?.at ?? 0) + shift;
  return createStsDiscovery({
    resolver,
    clock: standingClock(at),
    cache: { get: async () => shifted(policy?.kept ?? null, shift), put: async () => {} },
    fetch: async (): Promise<PolicyFetch> => {
      const fetch = policy?.fetch ?? null;
      if (fetch !== null) return fetch;
      miss('the fetch of the MTA-STS policy');
      return { url: '', outcome: failed({ kind: 'cancelled' }), trail: { tried: [], chain: null }, ms: 0 };
    },
    alsoWithoutRecord: true,
  });
}

/** What was kept then is kept as long ago now. */
function shifted(entry: PolicyEntry | null, shift: number): PolicyEntry | null {
  if (entry === null) return null;
  const { kept, failed: failure } = entry;
  return {
    kept: kept === null ? null : { ...kept, fetchedAt: kept.fetchedAt + shift },
    failed: failure === null ? null : { ...failure, at: failure.at + shift },
  };
}

/** Each session serves once: of several with one address the first comes first. */
async function capturedSession(
  sessions: Set<CapturedSession>,
  request: SessionRequest,
  {
    resolver,
    anchors,
    shift,
    miss,
    revocation = 'staple',
  }: Replayed & { readonly anchors: TrustAnchors; readonly revocation: Capture['settings']['revocation'] },
): Promise<SessionReport> {
  const { host, address, port, tls, signal } = request;
  const target = { exchange: host.exchange, preference: host.preference, address, port };
  const isWanted = (each: CapturedSession): boolean =>
    each.tls === tls && isWith(each, target.exchange, address.text, port);
  const session = [...sessions].find(isWanted);
  if (session === undefined) {
    miss(`the session with ${target.exchange} at ${address.text}`);
    return { evidence: neverBegun(target), transcript: [] };
  }
  sessions.delete(session);
  const moment = (): number => session.judgedAt + shift;
  const judge = certificateJudge({
    ...request,
    ...{ resolver, anchors, moment, target },
    stapleAsked: revocation !== 'off',
    statuses: revocation === 'fetch' ? capturedStatuses(session.statuses ?? []) : null,
  });
  const report = await rejudge(session, judge, signal);
  return session.scan === undefined ? report : { ...report, scan: rated(session.scan) };
}

/** At another time more places may be worth asking than were asked then. */
function capturedStatuses(heard: readonly CapturedStatus[]): StatusSource {
  return {
    fetch: async ({ kind, url }) =>
      heard.find((each) => each.kind === kind && each.url === url)?.answer ?? {
        kind: 'failed',
        why: 'was not asked when this was captured',
      },
    keep: () => {},
  };
}

/** Stands in until the fault is told. */
function neverBegun({ exchange, preference, address, port }: SessionTarget): Evidence {
  const unseen = { kind: 'not-reached' } as const;
  return {
    ...{ exchange, preference, address: address.text, port, startedAt: 0 },
    connect: { kind: 'failed', ms: 0, failure: { kind: 'cancelled' } },
    ...{ greeting: unseen, ehlo: unseen, starttls: unseen, handshake: unseen, path: unseen, identity: unseen },
    ...{ dane: unseen, ehloUnderTls: unseen, auth: unseen, mail: unseen, rcpt: unseen },
  };
}

function isWith({ evidence }: CapturedSession, exchange: string, address: string, port: number): boolean {
  return evidence.exchange === exchange && evidence.address === address && evidence.port === port;
}
