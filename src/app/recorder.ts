/** Keeps what a probe is told while it runs, so that it can be judged again (`Capture`). One recorder for one probe. */
import type { Clock } from '../base/clock.ts';
import type { DnsAnswer, RecordType } from '../dns/answer.ts';
import type { AskOptions, Resolver } from '../dns/resolver.ts';
import type { PolicyCache, PolicyEntry } from '../mtasts/cache.ts';
import { createStsDiscovery, type DiscoverSts } from '../mtasts/discover.ts';
import type { FetchPolicy, PolicyFetch } from '../mtasts/fetch.ts';
import { parseCertificate } from '../pki/certificate.ts';
import type { TrustAnchor, TrustAnchors } from '../pki/trust-anchors.ts';
import { CAPTURE_FORMAT, type Capture, type CapturedAnchor, type CapturedSession } from '../probe/capture.ts';
import type { ProbeDependencies } from '../probe/probe.ts';
import { capturedEvidence } from '../probe/rejudge.ts';
import type { ProbeRequest } from '../probe/request.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { SessionReport } from '../probe/result-of.ts';
import type { AppSettings } from './settings.ts';

/** What is listened to. */
export interface Recorded {
  readonly settings: AppSettings;
  readonly clock: Clock;
  readonly resolver: Resolver;
  readonly anchors: TrustAnchors;
  readonly policies: { readonly cache: PolicyCache; readonly fetch: FetchPolicy };
}

export interface Recorder {
  /** Answers as the recorded one does. */
  readonly resolver: Resolver;
  readonly discoverSts: DiscoverSts;
  session(report: SessionReport, circumstances: Omit<CapturedSession, 'evidence' | 'transcript'>): void;
  /** The same dependencies, with what is asked beside the sessions listened to. */
  beside(dependencies: ProbeDependencies): ProbeDependencies;
  capture(request: ProbeRequest, result: ProbeResult): Capture;
}

export function createRecorder({ settings, clock, resolver, anchors, policies }: Recorded): Recorder {
  const answers: DnsAnswer[] = [];
  const sessions: CapturedSession[] = [];
  const heard: Heard = {};
  const listening = listenTo(resolver, answers);
  const policy = listenToPolicies(policies, clock);
  return {
    resolver: listening,
    discoverSts: createStsDiscovery({
      resolver: listening,
      clock: { ...clock, now: policy.moment },
      cache: policy.cache,
      fetch: policy.fetch,
      alsoWithoutRecord: true,
    }),
    session: (report, { tls, judgedAt, ...more }) => {
      const { transcript } = report;
      sessions.push({ tls, judgedAt, evidence: capturedEvidence(report), transcript, ...more });
    },
    beside: (dependencies) => listenBeside(dependencies, heard),
    capture: ({ target, ...request }, { startedAt, elapsedMs, dns, trust }) => ({
      format: CAPTURE_FORMAT,
      startedAt: Date.parse(startedAt),
      elapsedMs,
      request: { ...request, target: target.text },
      settings: {
        port: settings.port,
        family: settings.family,
        resolvers: dns.resolvers,
        dnssecAnchors: settings.dnssecAnchors === null ? 'built-in' : 'given',
        revocation: settings.revocation,
      },
      trust: { ...trust, certificates: namedAnchors(sessions, anchors) },
      answers,
      policy: policy.seen(),
      sessions,
      ...heard,
    }),
  };
}

/** Several probes may share one answer; of a question that was answered in the same way again, one answer is kept. */
function listenTo(resolver: Resolver, answers: DnsAnswer[]): Resolver {
  const last = new Map<string, string>();
  return {
    async ask<T extends RecordType>(name: string, type: T, options?: AskOptions): Promise<DnsAnswer<T>> {
      const answer = await resolver.ask(name, type, options);
      const key = `${type} ${answer.name}`;
      const said = JSON.stringify({ ...answer, ms: 0 });
      if (last.get(key) !== said) answers.push(withoutPlaces(answer as DnsAnswer));
      last.set(key, said);
      return answer;
    },
  };
}

type Heard = { -readonly [Key in 'canaries' | 'authorities']?: NonNullable<Capture[Key]> };

function listenBeside(dependencies: ProbeDependencies, heard: Heard): ProbeDependencies {
  const { canaries, authorities } = dependencies;
  return {
    ...dependencies,
    canaries: async () => {
      heard.canaries = (await canaries?.()) ?? [];
      return heard.canaries;
    },
    authorities: async (questions, signal) => {
      heard.authorities = (await authorities?.(questions, signal)) ?? [];
      return heard.authorities;
    },
  };
}

/** Records without what else the message said of them, as its class. */
function withoutPlaces(answer: DnsAnswer): DnsAnswer {
  if (answer.kind !== 'records') return answer;
  return { ...answer, records: answer.records.map(({ name, type, ttl, data }) => ({ name, type, ttl, data })) };
}

function listenToPolicies({ cache, fetch }: Recorded['policies'], clock: Clock) {
  let at: number | null = null;
  let kept: PolicyEntry | null = null;
  let fetched: PolicyFetch | null = null;
  // The whole discovery takes place at one moment, so that it can be repeated.
  const moment = (): number => {
    at ??= clock.now();
    return at;
  };
  const listening: PolicyCache = {
    get: async (domain) => {
      kept = await cache.get(domain);
      return kept;
    },
    put: (domain, entry) => cache.put(domain, entry),
  };
  const fetching: FetchPolicy = async (domain, signal) => {
    const found = await fetch(domain, signal);
    // The certificate of the policy host has been judged: its outcome says all that counts.
    fetched = { ...found, trail: { ...found.trail, chain: null } };
    return found;
  };
  const seen = (): Capture['policy'] => (at === null ? null : { at, kept, fetch: fetched });
  return { moment, cache: listening, fetch: fetching, seen };
}

/** The anchors whose name stands in a chain, as subject or issuer: no path that could be found leads anywhere else. */
function namedAnchors(sessions: readonly CapturedSession[], anchors: TrustAnchors): readonly CapturedAnchor[] {
  const found = new Set<TrustAnchor>();
  const seen = new Set<string>();
  for (const { evidence } of sessions) {
    for (const der of evidence.handshake.kind === 'seen' ? evidence.handshake.value.chainAsSent : []) {
      if (seen.has(der)) continue;
      seen.add(der);
      const certificate = parseCertificate(Buffer.from(der, 'base64'));
      if (!certificate.ok) continue;
      const { subject, issuer } = certificate.value;
      for (const key of [issuer.key, subject.key]) for (const anchor of anchors.bySubject(key)) found.add(anchor);
    }
  }
  return [...found].map(({ der, from, certificate }) => ({ from, fingerprint: certificate()?.fingerprint ?? '', der }));
}
