/**
 * One row of the result, made from one session, beside what the formula looks at in it. The score is known once all
 * rows are.
 */
import { daneOutcome } from '../dane/outcome.ts';
import { showTlsa } from '../dane/usable.ts';
import type { MailHost, RouteRemark } from '../dns/mail-route.ts';
import type { EhloSeen, Evidence, Phase, TranscriptLine } from '../policy/evidence.ts';
import { stsCoverage } from '../policy/published.ts';
import { findingsOfBlame } from './blame-findings.ts';
import { certificateFaultOf } from './certificate-fault.ts';
import { cipherFactsOf } from './cipher-facts.ts';
import type { ScoredAddress, ScoredHosts } from './confidence.ts';
import { type DomainPolicy, NO_DOMAIN_POLICY, type PublishedPolicy, policyOf, stsStatusAt } from './domain-policy.ts';
import { findingsOfSession } from './findings.ts';
import { findingsOfDane } from './policy-findings.ts';
import type { HostResult, ScoreTerms } from './result.ts';
import { noStages, stagesOf } from './stages.ts';
import { verdictOf } from './verdict.ts';

const NO_TERMS: ScoreTerms = {
  state: 'inconclusive',
  base: 0,
  certificate: 0,
  cipher: 0,
  bonus: 0,
  rank: 0,
  weight: 0,
};

export interface HostRow {
  readonly result: HostResult;
  readonly scored: ScoredAddress;
}

/** The row of one address; `score` and `terms` are filled in by `withScores`. */
export function rowOfSession(
  evidence: Evidence,
  transcript: readonly TranscriptLine[],
  published: PublishedPolicy = NOTHING_PUBLISHED,
): HostRow {
  return { result: hostResultOf(evidence, transcript, published), scored: scoredAddressOf(evidence, published) };
}

const NOTHING_PUBLISHED: PublishedPolicy = { domain: NO_DOMAIN_POLICY, dane: new Map() };

/** The row of an MX host that has no address to connect to, or whose look-up failed: the latter says nothing about it. */
export function rowOfDangling({ host, port, rcptAsked, remarks }: DanglingHost): HostRow {
  const lookupFailed = remarks.some(
    (remark) => remark.kind === 'mx-lookup-failed' && remark.exchange === host.exchange,
  );
  // Nothing is known about the family that was not to be used.
  const otherFamily = remarks.some(
    (remark) => remark.kind === 'mx-has-no-address' && remark.exchange === host.exchange && remark.family !== undefined,
  );
  const verdict = lookupFailed ? 'inconclusive' : otherFamily ? 'skipped' : 'unreachable';
  const { exchange, preference } = host;
  return {
    result: {
      exchange,
      preference,
      address: null,
      port,
      verdict,
      blame: otherFamily ? 'us' : 'them',
      score: null,
      terms: NO_TERMS,
      stages: noStages(rcptAsked),
      greeting: null,
      extensions: [],
      extensionsUnderTls: [],
      tls: null,
      chain: null,
      identity: null,
      dane: { status: 'not-tested' },
      mtaSts: { status: 'not-tested' },
      findings: [],
      transcript: [],
    },
    scored: {
      exchange,
      address: null,
      preference,
      verdict,
      protocol: null,
      fault: lookupFailed ? 'mx-lookup-failed' : 'mx-has-no-address',
      certificateFault: null,
      cipher: null,
      mtaSts: null,
      daneMatch: false,
    },
  };
}

interface DanglingHost {
  readonly host: MailHost;
  readonly port: number;
  readonly rcptAsked: boolean;
  readonly remarks: readonly RouteRemark[];
}

/** The rows with their part of the score written in. */
export function withScores(rows: readonly HostRow[], { scores, terms }: ScoredHosts): readonly HostResult[] {
  return rows.map(({ result }, index) => ({
    ...result,
    score: scores[index] ?? null,
    terms: terms[index] ?? NO_TERMS,
  }));
}

function hostResultOf(
  evidence: Evidence,
  transcript: readonly TranscriptLine[],
  published: PublishedPolicy,
): HostResult {
  const { verdict, blame } = verdictOf(evidence);
  const { handshake, path, identity, greeting, ehlo, ehloUnderTls } = evidence;
  return {
    exchange: evidence.exchange,
    preference: evidence.preference,
    address: evidence.address,
    port: evidence.port,
    ...(evidence.connect.kind === 'seen' ? { localAddress: evidence.connect.value.localAddress } : {}),
    verdict,
    blame,
    score: null,
    terms: NO_TERMS,
    stages: stagesOf(evidence),
    greeting: greeting.kind === 'seen' ? `${greeting.value.code} ${greeting.value.lines.join(' / ')}` : null,
    extensions: extensionsOf(ehlo),
    extensionsUnderTls: extensionsOf(ehloUnderTls),
    tls: handshake.kind === 'seen' ? tlsOf(handshake.value) : null,
    chain: path.kind === 'seen' ? path.value : null,
    identity: identity.kind === 'seen' ? identity.value : null,
    dane: daneAt(published, evidence),
    mtaSts: stsStatusAt(published.domain, evidence.exchange),
    findings: [
      ...findingsOfSession(evidence),
      ...findingsOfBlame(evidence),
      ...findingsOfDane(evidence, published.dane.get(evidence.exchange) ?? null),
    ],
    transcript,
  };
}

/** What the formula looks at in that session. */
function scoredAddressOf(evidence: Evidence, { domain }: PublishedPolicy): ScoredAddress {
  const { verdict, code } = verdictOf(evidence);
  return {
    exchange: evidence.exchange,
    address: evidence.address,
    preference: evidence.preference,
    verdict,
    protocol: evidence.handshake.kind === 'seen' ? evidence.handshake.value.protocol : null,
    fault: code,
    certificateFault: certificateFaultOf(evidence)?.code ?? null,
    cipher: cipherFactsOf(evidence),
    mtaSts: stsBonusOf(domain, evidence),
    daneMatch: evidence.dane.kind === 'seen' && evidence.dane.value.status === 'match',
  };
}

/** A bonus where the policy covers the host and its certificate is valid for it (RFC 8461 4.2, S-STS-9). */
function stsBonusOf(domain: DomainPolicy, { exchange, path, identity }: Evidence): ScoredAddress['mtaSts'] {
  const policy = policyOf(domain);
  const valid = path.kind === 'seen' && path.value.trusted && identity.kind === 'seen' && identity.value.matched;
  if (policy === null || !valid || stsCoverage(policy, exchange) !== 'covered') return null;
  return policy.mode === 'enforce' ? 'covered-enforce' : 'covered-testing';
}

/** Before a handshake the look-up alone can tell; afterwards the match does. */
function daneAt(published: PublishedPolicy, { exchange, dane }: Evidence): HostResult['dane'] {
  const lookup = published.dane.get(exchange) ?? null;
  if (lookup === null) return { status: 'not-tested' };
  const { status, detail } = dane.kind === 'seen' ? dane.value : daneOutcome(lookup, null);
  const steps = lookup.steps.map(({ name, type, outcome, security }) => ({ name, type, outcome, security }));
  if (lookup.kind !== 'records') return { status, detail, steps };
  const judged = dane.kind === 'seen' && dane.value.verdict !== null ? dane.value.verdict.records : [];
  return {
    status,
    detail,
    steps,
    tlsaName: lookup.tlsaName,
    records:
      judged.length > 0
        ? judged.map((record) => ({ record: showTlsa(record, 128), matched: record.matched, detail: record.detail }))
        : lookup.records.map((record) => ({ record: showTlsa(record, 128), matched: false, detail: 'not compared' })),
  };
}

function tlsOf({
  protocol,
  cipher,
  cipherStandardName,
  bits,
  group,
  serverName,
}: NonNullable<HostResult['tls']>): NonNullable<HostResult['tls']> {
  return { protocol, cipher, cipherStandardName, bits, group, serverName };
}

function extensionsOf(phase: Phase<EhloSeen, unknown>): readonly string[] {
  if (phase.kind !== 'seen') return [];
  return phase.value.keywords.map(({ keyword, parameters }) => [keyword, ...parameters].join(' '));
}
