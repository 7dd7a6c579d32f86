/**
 * What one judged session is worth in TLS reports (RFC 8460 section 4, S-RPT-3, S-RPT-7): one result for each policy that
 * applied, MTA-STS and DANE side by side, or for the absence of any. Pure.
 *
 * A session counts once TLS was to be had or not to be had at a host: a host that cannot be reached says nothing about TLS,
 * and neither does one at which nobody wanted any. A host that a policy rules out counts as a failure of that policy. What
 * nobody looked for is not reported as absent.
 */
import type { DaneLookup } from '../dane/lookup.ts';
import { showTlsa } from '../dane/usable.ts';
import type { StsDiscovery } from '../mtasts/discover.ts';
import { reportResultOf } from '../mtasts/fetch.ts';
import type { StsPolicy } from '../mtasts/policy.ts';
import type { ChainProblem } from '../pki/chain-verdict.ts';
import type { Evidence, HandshakeFailure } from '../policy/evidence.ts';
import { stsCoverage } from '../policy/published.ts';
import { isAtLeast } from '../policy/requirement.ts';
import type { AppliedPolicy, FailureDetail, ResultType } from '../tlsrpt/report.ts';
import type { SessionResult } from '../tlsrpt/tally.ts';
import type { DeliveryEvent } from './events.ts';

type SessionJudged = Extract<DeliveryEvent, { kind: 'session-judged' }>;

/** Why a session failed under a policy. */
interface Failure {
  readonly resultType: ResultType;
  readonly code?: string | undefined;
}

/** Records of a TLSA set that are shown in a report. */
const MAX_SHOWN_RECORDS = 20;
/** Host patterns of a policy that are shown. */
const MAX_SHOWN_HOSTS = 100;
const WHOLE_RECORD = 1024;

/** Empty where the session says nothing about TLS, or is not to be counted. */
export function sessionResults(event: SessionJudged): readonly SessionResult[] {
  const { destination, controls } = event;
  // Addresses publish nothing; a report about reports would never end (S-RPT-5).
  if (destination.startsWith('[') || event.tlsOptional === true) return [];
  const sts = controls.mtaSts === 'off' ? null : event.published.mtaSts;
  const dane = controls.dane === 'off' ? null : event.published.dane;
  const results = [...stsResults(event, sts), ...daneResults(event, dane)];
  if (results.length > 0 || sts === null || !provenAbsent(sts) || !saysSomething(event.evidence)) return results;
  const policy: AppliedPolicy = { type: 'no-policy-found', domain: destination, strings: [], mxHosts: [] };
  return [resultOf(event, destination, policy, encryptionFailure(event.evidence))];
}

function provenAbsent(sts: StsDiscovery): boolean {
  return sts.kind === 'absent' || (sts.kind === 'policy' && sts.policy.mode === 'none');
}

function stsResults(event: SessionJudged, sts: StsDiscovery | null): readonly SessionResult[] {
  const { destination, exchange, evidence } = event;
  if (sts === null) return [];
  if (sts.kind === 'failed' && sts.failure !== null && saysSomething(evidence)) {
    const policy: AppliedPolicy = { type: 'sts', domain: destination, strings: [], mxHosts: [] };
    return [resultOf(event, destination, policy, { resultType: reportResultOf(sts.failure), code: sts.failure.kind })];
  }
  if (sts.kind !== 'policy' || sts.policy.mode === 'none') return [];
  const policy = stsApplied(destination, sts.policy);
  if (stsCoverage(sts.policy, exchange) === 'not-covered') {
    return [resultOf(event, destination, policy, { resultType: 'validation-failure', code: 'mx-not-in-policy' })];
  }
  return saysSomething(evidence) ? [resultOf(event, destination, policy, stsFailure(evidence))] : [];
}

function stsApplied(domain: string, { mode, mx, maxAge }: StsPolicy): AppliedPolicy {
  const mxHosts = mx.slice(0, MAX_SHOWN_HOSTS);
  const strings = [
    'version: STSv1',
    `mode: ${mode}`,
    ...mxHosts.map((pattern) => `mx: ${pattern}`),
    `max_age: ${maxAge}`,
  ];
  return { type: 'sts', domain, strings, mxHosts };
}

function daneResults(event: SessionJudged, dane: DaneLookup | null): readonly SessionResult[] {
  const { exchange, evidence, controls } = event;
  if (dane === null) return [];
  const unknown: AppliedPolicy = { type: 'tlsa', domain: exchange, strings: [], mxHosts: [] };
  switch (dane.kind) {
    case 'failed':
      return told(event, unknown, { resultType: 'dnssec-invalid', code: dane.failure.kind });
    case 'none':
    case 'unknown':
      return controls.dane === 'mandatory' ? told(event, unknown, { resultType: 'dane-required' }) : [];
    case 'records': {
      if (!saysSomething(evidence)) return [];
      const strings = dane.records.slice(0, MAX_SHOWN_RECORDS).map((record) => showTlsa(record, WHOLE_RECORD));
      const policy: AppliedPolicy = { type: 'tlsa', domain: dane.baseDomain, strings, mxHosts: [] };
      return told(event, policy, daneFailure(evidence));
    }
  }
}

/** Recipient domain and mail host are told, each where its record says; once where they are the same. */
function told(event: SessionJudged, policy: AppliedPolicy, failure: Failure | null): readonly SessionResult[] {
  const readers = new Set([event.destination, policy.domain]);
  return [...readers].map((reportTo) => resultOf(event, reportTo, policy, failure));
}

function resultOf(
  { localAddress, address, exchange }: SessionJudged,
  reportTo: string,
  policy: AppliedPolicy,
  failure: Failure | null,
): SessionResult {
  if (failure === null) return { reportTo, policy, failure: null };
  const detail: FailureDetail = {
    resultType: failure.resultType,
    sendingMtaIp: localAddress === '' ? null : localAddress,
    receivingMxHostname: exchange,
    receivingIp: address === '' ? null : address,
    failureReasonCode: failure.code ?? null,
  };
  return { reportTo, policy, failure: detail };
}

/** TLS was tried, or could not be since the server offers none. */
function saysSomething({ starttls, handshake }: Evidence): boolean {
  if (handshake.kind === 'seen' || handshake.kind === 'failed' || starttls.kind === 'failed') return true;
  return starttls.kind === 'not-tried' && (starttls.why === 'not-offered' || starttls.why === 'helo-only');
}

/** Why there is no TLS session; null where there is one. */
function encryptionFailure({ starttls, handshake }: Evidence): Failure | null {
  if (handshake.kind === 'seen') return null;
  if (handshake.kind === 'failed') return { resultType: 'validation-failure', code: handshakeCode(handshake.failure) };
  if (starttls.kind !== 'failed') return { resultType: 'starttls-not-supported' };
  const { failure } = starttls;
  return failure.kind === 'refused'
    ? { resultType: 'starttls-not-supported', code: `starttls-reply-${failure.reply.code}` }
    : { resultType: 'validation-failure', code: `starttls-${failure.kind}` };
}

/** RFC 8461 4.2: a trusted chain that names the host, over TLS 1.2 or newer. */
function stsFailure(evidence: Evidence): Failure | null {
  const failure = encryptionFailure(evidence) ?? versionFailure(evidence);
  if (failure !== null) return failure;
  const { path, identity } = evidence;
  if (path.kind === 'seen' && !path.value.trusted) return chainFailure(path.value.problem);
  if (identity.kind === 'seen' && !identity.value.matched) return { resultType: 'certificate-host-mismatch' };
  return path.kind === 'seen' && identity.kind === 'seen'
    ? null
    : { resultType: 'validation-failure', code: 'certificate-not-seen' };
}

function chainFailure(problem: ChainProblem | null): Failure {
  if (problem === 'expired') return { resultType: 'certificate-expired' };
  return { resultType: 'certificate-not-trusted', code: problem ?? undefined };
}

function daneFailure(evidence: Evidence): Failure | null {
  const failure = encryptionFailure(evidence) ?? versionFailure(evidence);
  if (failure !== null) return failure;
  const status = evidence.dane.kind === 'seen' ? evidence.dane.value.status : 'not-tested';
  switch (status) {
    case 'match':
      return null;
    case 'unusable':
      return { resultType: 'tlsa-invalid', code: 'no-usable-record' };
    default:
      return { resultType: 'validation-failure', code: `tlsa-${status}` };
  }
}

function versionFailure({ handshake }: Evidence): Failure | null {
  if (handshake.kind !== 'seen' || isAtLeast(handshake.value.protocol, 'TLSv1.2')) return null;
  return { resultType: 'validation-failure', code: 'tls-version-too-old' };
}

function handshakeCode(failure: HandshakeFailure): string {
  switch (failure.kind) {
    case 'alert':
      return `tls-remote-alert-${failure.alert.replaceAll(' ', '-')}`;
    case 'other':
      return `tls-${failure.code}`;
    default:
      return `tls-${failure.kind}`;
  }
}
