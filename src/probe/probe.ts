/**
 * The probe, first reader of the engine: it walks the whole route where delivery stops at the first host that serves,
 * and hands what it saw to `result-of.ts`.
 *
 *   1. the route: which hosts take this domain's mail (null MX, no such domain and DNS failures end here)
 *   2. a session with every address of every host, several at a time, reported in the order delivery would try them
 *   3. what the domain publishes: MTA-STS and TLSRPT beside the sessions, TLSA records before them
 *   4. with AssureTLS, a second session in clear with every host
 */
import type { Clock } from '../base/clock.ts';
import type { Domain } from '../base/domain.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { type DaneHost, type DaneLookup, tlsaName } from '../dane/lookup.ts';
import type { AuthorityQuestion, AuthorityReport } from '../dns/authoritative.ts';
import type { MailHost, MailRoute } from '../dns/mail-route.ts';
import type { Evidence } from '../policy/evidence.ts';
import { allSilent, type CanaryWord } from './canary.ts';
import type { DaneByHost, DomainPolicy } from './domain-policy.ts';
import { FACTS_PATIENCE_MS, type LookUpFacts } from './host-facts.ts';
import { rowOfSession } from './host-row.ts';
import { MAX_REPEAT, type ProbeHooks, type ProbeRequest } from './request.ts';
import type { ProbeResult, StageName } from './result.ts';
import {
  type FoundRoute,
  type Frame,
  recipientOf,
  resultOfRoute,
  resultWithoutRoute,
  type SessionReport,
} from './result-of.ts';
import { stagesOf } from './stages.ts';

/** Addresses of one target tested at the same time: quick for the reader, gentle on a receiver with many of them. */
export const SESSIONS_AT_ONCE = 8;

/** One address of one host, in the order they are shown or tried. */
export interface ProbeTarget {
  readonly host: MailHost;
  readonly address: IpAddress;
}

export interface SessionRequest extends ProbeTarget {
  readonly port: number;
  /** Recipient domain, for the identity algorithms; null for a server alone. */
  readonly recipientDomain: Domain | null;
  /** The server was named by the user, in place of the MX hosts. */
  readonly given: boolean;
  /** DNSSEC vouches for the name of the host. */
  readonly mxNameSecure: boolean;
  /** The TLSA records of the host; null where nobody looked. */
  readonly dane: DaneLookup | null;
  readonly rcptTo: string | null;
  readonly strictCn: boolean;
  /** `observe` tries everything; `in-clear` never does STARTTLS (AssureTLS). */
  readonly tls: 'observe' | 'in-clear';
  readonly signal: AbortSignal;
  readonly onStage?: ((stage: StageName, evidence: Evidence) => void) | undefined;
}

/** The outside things a probe needs; `app` supplies them. */
export interface ProbeDependencies {
  readonly clock: Clock;
  readonly port: number;
  /** Whole-run limit, ms; null for none beyond those of the sessions. */
  readonly deadlineMs: number | null;
  readonly resolvers: readonly string[];
  readonly trust: ProbeResult['trust'];
  readonly route: (request: ProbeRequest, signal: AbortSignal) => Promise<MailRoute>;
  /** The targets of a route in the order delivery would try them; a seed settles the order among equals. */
  readonly order: (route: FoundRoute, seed: number | null) => readonly ProbeTarget[];
  readonly openSession: (request: SessionRequest) => Promise<SessionReport>;
  /** MTA-STS and TLSRPT of the recipient's domain, as far as the request wants them. */
  readonly domainPolicy: (request: ProbeRequest, signal: AbortSignal) => Promise<DomainPolicy>;
  /** The TLSA records of a host. */
  readonly dane: (host: DaneHost, signal: AbortSignal) => Promise<DaneLookup>;
  /** Facts beside TLS; absent: nobody looks. */
  readonly facts?: LookUpFacts | undefined;
  /** Hosts that are known to answer, asked when no host of the target does. */
  readonly canaries?: (() => Promise<readonly CanaryWord[]>) | undefined;
  /** The authoritative name servers, asked one by one. */
  readonly authorities?:
    | ((questions: readonly AuthorityQuestion[], signal: AbortSignal) => Promise<readonly AuthorityReport[]>)
    | undefined;
}

/** Runs one probe to its end. Never throws for what the outside does; stops early, with what it has, on `signal`. */
export async function probe(
  request: ProbeRequest,
  dependencies: ProbeDependencies,
  hooks: ProbeHooks = {},
): Promise<ProbeResult> {
  const { clock } = dependencies;
  const startedAt = clock.now();
  const since = clock.monotonic();
  const { signal, dispose } = startRun(dependencies, hooks);
  try {
    const route = await dependencies.route(request, signal);
    const run: Run = { request, dependencies, hooks, signal };
    const frame = (): Frame => ({
      request,
      port: portOf(run),
      startedAt,
      elapsedMs: Math.round(clock.monotonic() - since),
      resolvers: dependencies.resolvers,
      trust: { ...dependencies.trust },
    });
    const result = await (async (): Promise<ProbeResult> => {
      if (route.kind !== 'route') return resultWithoutRoute(frame(), route);
      const observed = await observe(run, route);
      return resultOfRoute(frame(), observed);
    })();
    hooks.onEvent?.({ kind: 'done', result });
    return result;
  } finally {
    dispose();
  }
}

interface Run {
  readonly request: ProbeRequest;
  readonly dependencies: ProbeDependencies;
  readonly hooks: ProbeHooks;
  readonly signal: AbortSignal;
}

interface RouteRun extends Run {
  readonly route: FoundRoute;
  readonly dane: DaneByHost;
}

/** One signal for the caller's wish to stop and for the deadline of the whole run. */
function startRun({ clock, deadlineMs }: ProbeDependencies, { signal }: ProbeHooks) {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const cancelTimer = deadlineMs === null ? () => {} : clock.setTimer(deadlineMs, stop);
  const dispose = (): void => {
    cancelTimer();
    signal?.removeEventListener('abort', stop);
  };
  return { signal: controller.signal, dispose };
}

async function observe(run: Run, route: FoundRoute) {
  const { request, dependencies, hooks } = run;
  hooks.onEvent?.({
    kind: 'route',
    hosts: route.hosts.map(({ exchange, preference, addresses }) => ({
      exchange,
      preference,
      addresses: addresses.map(({ text }) => text),
    })),
  });
  const policy = dependencies.domainPolicy(request, run.signal);
  const dane = await daneOf(run, route);
  const found: RouteRun = { ...run, route, dane };
  const targets = dependencies.order(route, request.seed);
  const beside = lookBeside(found, targets);
  const sessions = request.quick ? await firstThatAnswers(found, targets) : await allOf(found, targets, 'observe');
  const contacted = targets.slice(0, sessions.length);
  const again: SessionReport[] = [];
  for (let tries = 1; tries < Math.min(request.repeat ?? 1, MAX_REPEAT); tries += 1) {
    again.push(...(await allOf({ ...found, hooks: {} }, contacted, 'observe')));
  }
  return {
    beside: { again, ...(await beside.end(sessions)) },
    route,
    sessions,
    inClear: request.assureTls ? await allOf(found, targets, 'in-clear') : null,
    complete: sessions.length === targets.length,
    published: { domain: await policy, dane },
  };
}

/** Begins what goes on beside the sessions; `end` waits for it, for the facts not much longer than the sessions took. */
function lookBeside(run: RouteRun, targets: readonly ProbeTarget[]) {
  const { request, dependencies, route, signal } = run;
  const looking = new AbortController();
  const stop = (): void => looking.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const look = dependencies.facts;
  const wanted = request.quick || look === undefined ? [] : targets;
  const facts = Promise.all(
    wanted.flatMap(({ host, address }) => look?.(host.exchange, address, looking.signal) ?? []),
  );
  const authorities =
    request.authoritative === true ? dependencies.authorities?.(authorityQuestions(run, route), signal) : undefined;
  return {
    end: async (sessions: readonly SessionReport[]) => {
      const cancelTimer = dependencies.clock.setTimer(FACTS_PATIENCE_MS, stop);
      const silent = !signal.aborted && allSilent(sessions.map(({ evidence }) => evidence));
      const canaries = silent ? ((await dependencies.canaries?.()) ?? []) : [];
      const seen = { canaries, authorities: (await authorities) ?? [], facts: await facts };
      cancelTimer();
      signal.removeEventListener('abort', stop);
      return seen;
    },
  };
}

/** What name servers may disagree on, to the harm of mail: MX and policy of the domain, the TLSA records of each host. */
function authorityQuestions(run: Run, { hosts, source }: FoundRoute): readonly AuthorityQuestion[] {
  const { domain } = run.request.target;
  const own: readonly AuthorityQuestion[] =
    typeof domain !== 'string' || source === 'given'
      ? []
      : [
          { name: domain, type: 'MX' },
          { name: `_mta-sts.${domain}`, type: 'TXT' },
        ];
  const exchanges = [...new Set(hosts.map(({ exchange }) => exchange))];
  const named = exchanges.filter((exchange) => parseIpAddress(exchange.replace(/^\[|\]$/g, '')) === null);
  return [...own, ...named.map((exchange) => ({ name: tlsaName(portOf(run), exchange), type: 'TLSA' }) as const)];
}

/** The TLSA records of every host, before any connection, since the server name to send depends on them (S-DANE-12). */
async function daneOf(run: Run, route: FoundRoute): Promise<DaneByHost> {
  const { request, dependencies, signal } = run;
  if (!request.dane) return new Map();
  const port = portOf(run);
  // A host that was named by the user needs nobody to vouch for its name.
  const nameSecurity = request.target.server === null ? route.security : 'secure';
  const exchanges = [...new Set(route.hosts.map(({ exchange }) => exchange))];
  const lookups = exchanges.map(
    async (exchange) => [exchange, await dependencies.dane({ exchange, port, nameSecurity }, signal)] as const,
  );
  return new Map(await Promise.all(lookups));
}

/** Sessions with all targets, `SESSIONS_AT_ONCE` at a time, reported in the order of the targets. */
async function allOf(
  run: RouteRun,
  targets: readonly ProbeTarget[],
  tls: SessionRequest['tls'],
): Promise<readonly SessionReport[]> {
  const reports: SessionReport[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < targets.length) {
      const index = next;
      next += 1;
      const target = targets[index];
      if (target !== undefined) reports[index] = await openOne(run, target, tls);
    }
  };
  await Promise.all(Array.from({ length: Math.min(SESSIONS_AT_ONCE, targets.length) }, work));
  return reports;
}

/** Quick (R23): one after the other, until one has answered with a greeting. */
async function firstThatAnswers(run: RouteRun, targets: readonly ProbeTarget[]): Promise<readonly SessionReport[]> {
  const reports: SessionReport[] = [];
  for (const target of targets) {
    const report = await openOne(run, target, 'observe');
    reports.push(report);
    if (report.evidence.greeting.kind === 'seen') break;
  }
  return reports;
}

async function openOne(run: RouteRun, target: ProbeTarget, tls: SessionRequest['tls']): Promise<SessionReport> {
  const { request, dependencies, hooks, signal } = run;
  const { onEvent } = hooks;
  const onStage = (stage: StageName, evidence: Evidence): void => {
    const { result, ms = 0 } = stagesOf(evidence)[stage];
    onEvent?.({ kind: 'stage', host: target.host.exchange, address: target.address.text, stage, result, ms });
  };
  const report = await dependencies.openSession({
    ...target,
    port: portOf(run),
    recipientDomain: typeof request.target.domain === 'string' ? request.target.domain : null,
    given: request.target.server !== null,
    mxNameSecure: run.route.security === 'secure',
    dane: run.dane.get(target.host.exchange) ?? null,
    rcptTo: recipientOf(request),
    strictCn: request.strictCn ?? false,
    tls,
    signal,
    onStage: onEvent === undefined || tls === 'in-clear' ? undefined : onStage,
  });
  if (tls === 'observe') onEvent?.({ kind: 'host', host: rowOfSession(report.evidence, report.transcript).result });
  return report;
}

function portOf({ request, dependencies }: Run): number {
  return request.target.server?.port ?? dependencies.port;
}
