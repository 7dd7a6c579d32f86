/** From what a probe saw to the result everybody reads. Pure: the evidence is all there is. */
import { type Domain, showDomain } from '../base/domain.ts';
import { addressLiteral } from '../base/ip-address.ts';
import { describeDnsFailure } from '../dns/answer.ts';
import type { MailHost, MailRoute } from '../dns/mail-route.ts';
import type { Evidence, TranscriptLine } from '../policy/evidence.ts';
import { TLS_MODES, type TlsMode } from '../policy/mode.ts';
import type { PolicyForce } from '../policy/published.ts';
import type { HostScan } from '../policy/scan-evidence.ts';
import { advise } from './advice.ts';
import { assuranceOf } from './assurance.ts';
import { type Beside, blockedProblem, findingsBeside, NOTHING_BESIDE, resultBeside } from './beside.ts';
import { canaryVerdict, rowBlamedBy } from './canary.ts';
import { type ConfidenceOptions, qFactorOf } from './confidence.ts';
import {
  type DomainPolicy,
  daneWasTested,
  forceOf,
  NO_DOMAIN_POLICY,
  type PublishedPolicy,
  reportResult,
  requirementAt,
  stsResult,
} from './domain-policy.ts';
import type { FindingCode } from './finding-catalogue.ts';
import { findingsOfRoute, makeFinding } from './findings.ts';
import { withFacts } from './host-facts.ts';
import { type HostRow, rowOfDangling, rowOfSession } from './host-row.ts';
import { findingsOfDomainPolicy } from './policy-findings.ts';
import { type PredictionInput, predict, predictNothing } from './predictions.ts';
import type { RemedyFacts } from './remedy-facts.ts';
import type { ProbeRequest } from './request.ts';
import { type Finding, type HostResult, type Prediction, type ProbeResult, SENDERS } from './result.ts';
import { rolloverClock } from './rollover-clock.ts';
import { requirementOfSender } from './senders.ts';
import { averageOf } from './stages.ts';

export interface SessionReport {
  readonly evidence: Evidence;
  readonly transcript: readonly TranscriptLine[];
  /** Only where a deep scan was wanted. */
  readonly scan?: HostScan | undefined;
}

/** What stands in every result, whatever was found. */
export interface Frame {
  readonly request: ProbeRequest;
  /** Port of hosts that were not connected to. */
  readonly port: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly resolvers: readonly string[];
  readonly trust: ProbeResult['trust'];
}

export interface Observed {
  readonly route: FoundRoute;
  /** In the order delivery would try them. */
  readonly sessions: readonly SessionReport[];
  /** The sessions in clear of AssureTLS; null where nobody asked. */
  readonly inClear: readonly SessionReport[] | null;
  /** Every target of the route was contacted. */
  readonly complete: boolean;
  readonly published: PublishedPolicy;
  /** Nothing where nobody looked. */
  readonly beside?: Beside | undefined;
}

export type FoundRoute = Extract<MailRoute, { readonly kind: 'route' }>;
export type NoRoute = Exclude<MailRoute, FoundRoute>;

export function resultOfRoute(frame: Frame, observed: Observed): ProbeResult {
  const { request } = frame;
  const { route, sessions, inClear, complete, published, beside = NOTHING_BESIDE } = observed;
  const blocked = blockedProblem(beside);
  const rows = rowsOf(frame, observed);
  const domain = domainText(request);
  const { scored, hosts, advice } = advise({
    facts: remedyFactsOf(frame, observed),
    rows,
    options: optionsOf(request, published),
    findings: [
      ...findingsOfRoute(route.remarks, domain, reachedAddresses(sessions)),
      ...implicitFinding(route, domain),
      ...(canaryVerdict(beside.canaries) === 'not-asked' ? blockedFinding(sessions) : []),
      ...findingsBeside(beside, sessions, domain),
      ...findingsOfDomainPolicy(
        published.domain,
        domain,
        route.hosts.map(({ exchange }) => exchange),
      ),
    ],
  });
  return {
    ...always(frame, published.domain),
    dane: { status: worstDane(hosts) },
    status: blocked === null ? 'tested' : 'blocked',
    problem: blocked,
    ...resultBeside(beside),
    confidence: scored.confidence,
    ...(request.quick
      ? {
          qFactor: qFactorOf(
            rows.map((row) => row.scored),
            scored.scores,
          ),
        }
      : {}),
    ...(inClear === null ? {} : { assurance: assuranceOf(inClear) }),
    hosts,
    average: averageOf(hosts.filter(({ verdict }) => verdict !== 'skipped').map(({ stages }) => stages)),
    dns: {
      mx: {
        security: route.security,
        securityFrom: route.securityFrom,
        source: route.source,
        records: route.hosts.map(({ exchange, preference }) => ({ exchange, preference })),
      },
      hosts: route.hosts.map(({ exchange, addressSecurity }) => ({
        exchange,
        addresses: addressSecurity,
        tlsa: published.dane.get(exchange)?.steps.findLast(({ type }) => type === 'TLSA')?.security ?? null,
      })),
      resolvers: frame.resolvers,
    },
    ...predictionsOf(
      { request, published, mxSecure: route.security === 'secure' || route.source === 'given' },
      {
        sessions: sessions.map(({ evidence }) => evidence),
        order: request.seed === null ? 'any-among-equals' : 'fixed',
        complete,
      },
    ),
    ...(blocked === null ? {} : noPredictions(blocked)),
    ...advice,
    clock: rolloverClock({
      at: frame.startedAt,
      route,
      sessions: sessions.map(({ evidence }) => evidence),
      published,
    }),
  };
}

function remedyFactsOf({ request, port, startedAt }: Frame, { route, sessions, published }: Observed): RemedyFacts {
  return {
    domain: domainText(request),
    port,
    startedAt,
    records: mxRecordsOf(route.answers),
    hosts: route.hosts,
    remarks: route.remarks,
    sessions: sessions.map(({ evidence }) => evidence),
    published,
  };
}

function mxRecordsOf(answers: MailRoute['answers']): RemedyFacts['records'] {
  const mx = answers.find(({ type }) => type === 'MX');
  if (mx?.kind !== 'records') return [];
  return mx.records.flatMap(({ data }) => (typeof data === 'object' && 'exchange' in data ? [data] : []));
}

/** A domain that cannot be tested: every prediction is `none`, and one finding says why (R21). */
export function resultWithoutRoute(frame: Frame, route: NoRoute): ProbeResult {
  const { request } = frame;
  const domain = domainText(request);
  const { code, problem } = whyNoRoute(route, domain);
  const remarks = route.kind === 'no-address' ? route.remarks : [];
  const rows = danglingHosts(route).map((host) => rowOfDangling({ host, port: frame.port, rcptAsked: false, remarks }));
  const { scored, hosts, advice } = advise({
    facts: {
      domain,
      port: frame.port,
      startedAt: frame.startedAt,
      records: mxRecordsOf(route.answers),
      hosts: danglingHosts(route),
      remarks,
      sessions: [],
      published: { domain: NO_DOMAIN_POLICY, dane: new Map() },
    },
    rows,
    options: optionsOf(request, null),
    findings: [
      // Each host says so itself.
      ...(code === 'no-address-of-family' ? [] : [makeFinding(code, problem, { domain })]),
      ...findingsOfRoute(remarks, domain, new Set()),
    ],
  });
  return {
    ...always(frame, NO_DOMAIN_POLICY),
    status: route.kind,
    problem,
    confidence: scored.confidence,
    hosts,
    average: averageOf(hosts.map(({ stages }) => stages)),
    dns: {
      mx: {
        security: 'security' in route ? route.security : (route.answers[0]?.security ?? 'indeterminate'),
        securityFrom: route.answers[0]?.securityFrom ?? null,
        source: route.kind === 'null-mx' || hosts.length > 0 ? 'mx' : null,
        records: hosts.map(({ exchange, preference }) => ({ exchange, preference })),
      },
      hosts: [],
      resolvers: frame.resolvers,
    },
    ...noPredictions(problem),
    dane: { status: 'not-tested' },
    ...advice,
    clock: [],
  };
}

/** The recipient's domain as text: an A-label, or a literal in brackets. */
export function domainText({ target }: ProbeRequest): string {
  return typeof target.domain === 'string' ? target.domain : addressLiteral(target.domain);
}

/** What goes into RCPT TO: the mailbox that was typed, postmaster of a bare domain where asked (R1), or nothing. */
export function recipientOf(request: ProbeRequest): string | null {
  const { target, rcpt } = request;
  if (rcpt === 'no') return null;
  if (target.mailbox !== null) return target.mailbox.text;
  return rcpt === 'yes' ? `postmaster@${domainText(request)}` : null;
}

function always({ request, startedAt, elapsedMs, trust }: Frame, policy: DomainPolicy) {
  return {
    format: 'tlsreach.probe/1',
    target: request.target.text,
    domain: domainText(request),
    startedAt: new Date(startedAt).toISOString(),
    elapsedMs,
    mtaSts: stsResult(policy),
    tlsRpt: reportResult(policy),
    trust,
  } as const;
}

function optionsOf({ ignoreNoConnect, quick }: ProbeRequest, published: PublishedPolicy | null): ConfidenceOptions {
  return {
    // With Quick the score is that of the one server that answered; whoever was passed by on the way to it weighs nothing.
    ignoreNoConnect: ignoreNoConnect || quick,
    mtaStsTested: published !== null && published.domain.mtaSts !== null,
    daneTested: published !== null && daneWasTested(published.dane),
  };
}

interface Foreseen {
  readonly request: ProbeRequest;
  readonly published: PublishedPolicy;
  /** DNSSEC vouches for the MX names, or the user named the server. */
  readonly mxSecure: boolean;
}

/** One prediction for each TLS mode, and one for each sender that is known by the policy it honours. */
function predictionsOf({ request, published, mxSecure }: Foreseen, input: PredictionInput) {
  const of = (mode: TlsMode, force: PolicyForce): Prediction =>
    predict(({ exchange }) => requirementAt({ mode, force }, published, exchange), input);
  const force = forceOf(request);
  const { domain } = request.target;
  const context = { published, mxSecure, recipientDomain: typeof domain === 'string' ? domain : null };
  return {
    predictions: forAll(TLS_MODES, (mode) => of(mode, force)),
    senders: forAll(SENDERS, (sender) => predict((session) => requirementOfSender(sender, session, context), input)),
  };
}

function noPredictions(problem: string): Pick<ProbeResult, 'predictions' | 'senders'> {
  return {
    predictions: forAll(TLS_MODES, () => predictNothing(problem)),
    senders: forAll(SENDERS, () => predictNothing(problem)),
  };
}

function forAll<Key extends string, Value>(
  keys: readonly Key[],
  of: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<Key, Value>;
}

/** The status that a DANE sender would feel first. */
function worstDane(hosts: readonly HostResult[]): HostResult['dane']['status'] {
  const seen = hosts.map(({ dane }) => dane.status);
  return DANE_WORST_FIRST.find((status) => seen.includes(status)) ?? 'not-tested';
}

const DANE_WORST_FIRST = ['mismatch', 'failed', 'unusable', 'match', 'none'] as const;

/** The rows as shown: by preference, then as listed, hosts without any address among them. */
function rowsOf(
  { request, port }: Frame,
  { route, sessions, published, beside = NOTHING_BESIDE }: Observed,
): readonly HostRow[] {
  const canaries = canaryVerdict(beside.canaries);
  const dangling = request.quick ? [] : route.hosts.filter(({ addresses }) => addresses.length === 0);
  const place = (exchange: string): number => route.hosts.findIndex((host) => host.exchange === exchange);
  const rcptAsked = recipientOf(request) !== null;
  return [
    ...sessions.map(({ evidence, transcript, scan }) => withScan(rowOfSession(evidence, transcript, published), scan)),
    ...dangling.map((host) => rowOfDangling({ host, port, rcptAsked, remarks: route.remarks })),
  ]
    .map((row) => rowBlamedBy(canaries, withFacts(row, beside.facts)))
    .sort((a, b) => a.result.preference - b.result.preference || place(a.result.exchange) - place(b.result.exchange));
}

function withScan(row: HostRow, scan: HostScan | undefined): HostRow {
  return scan === undefined ? row : { ...row, result: { ...row.result, scan } };
}

/** Those about which the session itself has said what there is to say of where they lie: it got there, or was not let. */
function reachedAddresses(sessions: readonly SessionReport[]): ReadonlySet<string> {
  const settled = sessions.filter(
    ({ evidence: { connect, greeting } }) =>
      greeting.kind === 'seen' || (connect.kind === 'failed' && connect.failure.kind === 'not-permitted'),
  );
  return new Set(settled.map(({ evidence }) => evidence.address));
}

function implicitFinding(route: FoundRoute, domain: string): readonly Finding[] {
  if (route.source !== 'implicit') return [];
  return [makeFinding('implicit-mx', `${domain} has no MX record; its own address is used`, { domain })];
}

/** Not one connection request was answered: the port may be blocked on the way out, and nobody there is to blame. */
function blockedFinding(sessions: readonly SessionReport[]): readonly Finding[] {
  const silent = sessions.every(
    ({ evidence: { connect } }) => connect.kind === 'failed' && connect.failure.kind === 'timed-out',
  );
  const port = sessions[0]?.evidence.port;
  if (!silent || port === undefined) return [];
  return [
    makeFinding(
      'no-answer-anywhere',
      `not one of ${sessions.length} connection requests to port ${port} was answered`,
      {},
    ),
  ];
}

/** MX records that lead to no address are hosts that cannot be reached: 50, not nothing (specification 1.7.3). */
function danglingHosts({ kind, answers }: NoRoute): readonly MailHost[] {
  if (kind !== 'no-address') return [];
  return mxRecordsOf(answers)
    .map(({ exchange, preference }) => ({
      exchange,
      preference,
      addresses: [],
      canonicalName: exchange,
      addressSecurity: 'indeterminate' as const,
    }))
    .sort((a, b) => a.preference - b.preference);
}

function whyNoRoute(route: NoRoute, domain: string): { readonly code: FindingCode; readonly problem: string } {
  const shown = showDomain(domain as Domain);
  switch (route.kind) {
    case 'null-mx':
      return { code: 'null-mx', problem: `${shown} accepts no mail: it says so with a null MX record` };
    case 'no-such-domain':
      return { code: 'no-such-domain', problem: `${shown} does not exist in the DNS` };
    case 'no-address': {
      const family = onlyFamilyOf(route);
      if (family !== null) {
        const problem = `no host of ${shown} has an IPv${family} address, and no other was to be used`;
        return { code: 'no-address-of-family', problem };
      }
      return { code: 'no-address', problem: `no host of ${shown} has an address, so no mail can be delivered` };
    }
    case 'dns-failure':
      return { code: 'dns-failure', problem: `looking up ${shown}: ${describeDnsFailure(route.failure)}` };
  }
}

/** The one family that was asked for; null where both were. */
function onlyFamilyOf(route: NoRoute): 4 | 6 | null {
  if (route.kind !== 'no-address') return null;
  for (const remark of route.remarks) {
    if (remark.kind === 'mx-has-no-address' && remark.family !== undefined) return remark.family;
  }
  return null;
}
