/**
 * The probe, first reader of the engine: it walks the whole route where delivery stops at the first host that serves,
 * and turns what it saw into one result.
 *
 *   1. the route: which hosts take this domain's mail (null MX, no such domain and DNS failures end here)
 *   2. a session with every address of every host, several at a time, rows in order of preference
 *   3. with AssureTLS, a second session in clear with every host
 *   4. rows, average, factor, findings and the prediction per TLS mode, from the evidence alone
 */
import type { Clock } from '../base/clock.ts';
import { type Domain, showDomain } from '../base/domain.ts';
import { addressLiteral, type IpAddress } from '../base/ip-address.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import type { MailHost, MailRoute } from '../dns/mail-route.ts';
import type { Evidence, TranscriptLine } from '../policy/evidence.ts';
import { assuranceOf } from './assurance.ts';
import { noConfidence, qFactorOf, scoreHosts } from './confidence.ts';
import { findingsOfRoute, makeFinding } from './findings.ts';
import { type HostRow, rowOfDangling, rowOfSession, withScores } from './host-row.ts';
import { type PredictionInput, predictAll, predictNothing } from './predictions.ts';
import type { ProbeHooks, ProbeRequest } from './request.ts';
import type { Finding, ProbeResult, StageName } from './result.ts';
import { averageOf, stagesOf } from './stages.ts';

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
  readonly rcptTo: string | null;
  /** `observe` tries everything; `in-clear` never does STARTTLS (AssureTLS). */
  readonly tls: 'observe' | 'in-clear';
  readonly signal: AbortSignal;
  readonly onStage?: ((stage: StageName, evidence: Evidence) => void) | undefined;
}

export interface SessionReport {
  readonly evidence: Evidence;
  readonly transcript: readonly TranscriptLine[];
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
  readonly order: (route: MailRoute & { readonly kind: 'route' }, seed: number | null) => readonly ProbeTarget[];
  readonly openSession: (request: SessionRequest) => Promise<SessionReport>;
  readonly requirementFor: PredictionInput['requirementFor'];
}

/** Runs one probe to its end. Never throws for what the outside does; stops early, with what it has, on `signal`. */
export async function probe(
  request: ProbeRequest,
  dependencies: ProbeDependencies,
  hooks: ProbeHooks = {},
): Promise<ProbeResult> {
  const started = { at: dependencies.clock.now(), monotonic: dependencies.clock.monotonic() };
  const run = startRun(dependencies, hooks);
  try {
    const route = await dependencies.route(request, run.signal);
    const result =
      route.kind === 'route'
        ? await probeRoute({ request, dependencies, hooks, route, signal: run.signal, started })
        : withoutRoute(request, dependencies, route, started);
    hooks.onEvent?.({ kind: 'done', result });
    return result;
  } finally {
    run.dispose();
  }
}

interface Started {
  readonly at: number;
  readonly monotonic: number;
}

interface RouteRun {
  readonly request: ProbeRequest;
  readonly dependencies: ProbeDependencies;
  readonly hooks: ProbeHooks;
  readonly route: MailRoute & { readonly kind: 'route' };
  readonly signal: AbortSignal;
  readonly started: Started;
}

/** One signal for the caller's wish to stop and for the deadline of the whole run. */
function startRun(
  { clock, deadlineMs }: ProbeDependencies,
  { signal }: ProbeHooks,
): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const cancelTimer = deadlineMs === null ? () => {} : clock.setTimer(deadlineMs, stop);
  return {
    signal: controller.signal,
    dispose: () => {
      cancelTimer();
      signal?.removeEventListener('abort', stop);
    },
  };
}

async function probeRoute(run: RouteRun): Promise<ProbeResult> {
  const { request, dependencies, hooks, route } = run;
  hooks.onEvent?.({
    kind: 'route',
    hosts: route.hosts.map(({ exchange, preference, addresses }) => ({
      exchange,
      preference,
      addresses: addresses.map(({ text }) => text),
    })),
  });
  const targets = dependencies.order(route, request.seed);
  const sessions = request.quick ? await firstThatAnswers(run, targets) : await allOf(run, targets);
  const rows = rowsOf(run, sessions);
  const options = { ignoreNoConnect: request.ignoreNoConnect, mtaStsTested: false, daneTested: false };
  const scored = scoreHosts(
    rows.map(({ scored: address }) => address),
    options,
  );
  const hosts = withScores(rows, scored);
  const routeFindings = [...findingsOfRoute(route.remarks, domainText(request)), ...domainFindings(request, route)];
  return {
    ...frame(request, dependencies, run.started),
    status: 'tested',
    problem: null,
    confidence: scored.confidence,
    ...(request.quick
      ? {
          qFactor: qFactorOf(
            rows.map(({ scored: address }) => address),
            scored.scores,
          ),
        }
      : {}),
    ...(request.assureTls ? { assurance: assuranceOf(await allOf(run, targets, 'in-clear')) } : {}),
    hosts,
    average: averageOf(hosts.filter(({ verdict }) => verdict !== 'skipped').map(({ stages }) => stages)),
    dns: dnsOf(route, dependencies),
    predictions: predictAll({
      sessions: sessions.map(({ evidence }) => evidence),
      requirementFor: dependencies.requirementFor,
      order: request.seed === null ? 'any-among-equals' : 'fixed',
      complete: !request.quick || sessions.length === targets.length,
    }),
    findings: [...routeFindings, ...hosts.flatMap(({ findings }) => findings)],
    elapsedMs: elapsed(dependencies, run.started),
  };
}

/** The rows as shown: by preference, then as listed, hosts without any address among them. */
function rowsOf({ dependencies, request, route }: RouteRun, sessions: readonly SessionReport[]): readonly HostRow[] {
  const rcptAsked = recipientOf(request) !== null;
  const dangling = request.quick ? [] : route.hosts.filter(({ addresses }) => addresses.length === 0);
  const place = (exchange: string): number => route.hosts.findIndex((host) => host.exchange === exchange);
  return [
    ...sessions.map(({ evidence, transcript }) => rowOfSession(evidence, transcript)),
    ...dangling.map((host) =>
      rowOfDangling({ host, port: portOf(request, dependencies), rcptAsked, remarks: route.remarks }),
    ),
  ].sort((a, b) => a.result.preference - b.result.preference || place(a.result.exchange) - place(b.result.exchange));
}

/** Sessions with all targets, `SESSIONS_AT_ONCE` at a time, reported in the order of the targets. */
async function allOf(
  run: RouteRun,
  targets: readonly ProbeTarget[],
  tls: SessionRequest['tls'] = 'observe',
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
  const report = await dependencies.openSession({
    ...target,
    port: portOf(request, dependencies),
    recipientDomain: typeof request.target.domain === 'string' ? request.target.domain : null,
    rcptTo: recipientOf(request),
    tls,
    signal,
    onStage:
      onEvent === undefined || tls === 'in-clear'
        ? undefined
        : (stage, evidence) => {
            const { result, ms = 0 } = stagesOf(evidence)[stage];
            onEvent({ kind: 'stage', host: target.host.exchange, address: target.address.text, stage, result, ms });
          },
  });
  if (tls === 'observe') onEvent?.({ kind: 'host', host: rowOfSession(report.evidence, report.transcript).result });
  return report;
}

/** What goes into RCPT TO: the mailbox that was typed, postmaster of a bare domain where asked (R1), or nothing. */
export function recipientOf({ target, rcpt }: ProbeRequest): string | null {
  if (rcpt === 'no') return null;
  if (target.mailbox !== null) return target.mailbox.text;
  if (rcpt !== 'yes') return null;
  return `postmaster@${typeof target.domain === 'string' ? target.domain : addressLiteral(target.domain)}`;
}

function portOf({ target }: ProbeRequest, { port }: ProbeDependencies): number {
  return target.server?.port ?? port;
}

function domainText({ target }: ProbeRequest): string {
  return typeof target.domain === 'string' ? target.domain : addressLiteral(target.domain);
}

function elapsed({ clock }: ProbeDependencies, started: Started): number {
  return Math.round(clock.monotonic() - started.monotonic);
}

/** What every result has, tested or not. */
function frame(request: ProbeRequest, dependencies: ProbeDependencies, started: Started) {
  return {
    format: 'tlsreach.probe/1',
    target: request.target.text,
    domain: domainText(request),
    startedAt: new Date(started.at).toISOString(),
    elapsedMs: elapsed(dependencies, started),
    mtaSts: { mode: 'not-tested' },
    tlsRpt: {},
    dane: {},
    trust: dependencies.trust,
  } as const;
}

function dnsOf(route: MailRoute & { readonly kind: 'route' }, { resolvers }: ProbeDependencies): ProbeResult['dns'] {
  return {
    mx: {
      security: route.security,
      securityFrom: route.securityFrom,
      source: route.source,
      records: route.hosts.map(({ exchange, preference }) => ({ exchange, preference })),
    },
    resolvers,
  };
}

function domainFindings(request: ProbeRequest, route: MailRoute & { readonly kind: 'route' }): readonly Finding[] {
  const domain = domainText(request);
  if (route.source !== 'implicit') return [];
  return [makeFinding('implicit-mx', `${domain} has no MX record; its own address is used`, { domain })];
}

/** A domain that cannot be tested: no score, every prediction `none`, one finding that says why (R21). */
function withoutRoute(
  request: ProbeRequest,
  dependencies: ProbeDependencies,
  route: Exclude<MailRoute, { readonly kind: 'route' }>,
  started: Started,
): ProbeResult {
  const domain = domainText(request);
  const { code, problem } = whyNoRoute(route, domain);
  const remarks = route.kind === 'no-address' ? findingsOfRoute(route.remarks, domain) : [];
  return {
    ...frame(request, dependencies, started),
    status: route.kind,
    problem,
    confidence: noConfidence({ ignoreNoConnect: request.ignoreNoConnect, mtaStsTested: false, daneTested: false }),
    hosts: [],
    average: averageOf([]),
    dns: {
      mx: {
        security: 'security' in route ? route.security : 'indeterminate',
        securityFrom: null,
        source: route.kind === 'null-mx' ? 'mx' : null,
        records: [],
      },
      resolvers: dependencies.resolvers,
    },
    predictions: predictNothing(problem),
    findings: [makeFinding(code, problem, { domain }), ...remarks],
  };
}

function whyNoRoute(route: Exclude<MailRoute, { readonly kind: 'route' }>, domain: string) {
  const shown = showDomain(domain);
  switch (route.kind) {
    case 'null-mx':
      return { code: 'null-mx', problem: `${shown} accepts no mail: it says so with a null MX record` } as const;
    case 'no-such-domain':
      return { code: 'no-such-domain', problem: `${shown} does not exist in the DNS` } as const;
    case 'no-address':
      return {
        code: 'no-address',
        problem: `no host of ${shown} has an address, so no mail can be delivered`,
      } as const;
    case 'dns-failure':
      return { code: 'dns-failure', problem: `looking up ${shown}: ${describeDnsFailure(route.failure)}` } as const;
  }
}
