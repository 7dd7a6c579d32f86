/**
 * The last step of a result: every finding gets its remedies, improvements are looked for, and the formula says what each
 * would be worth. Pure: what was seen is all there is.
 */
import { type ConfidenceOptions, type ScoredHosts, scoreHosts } from './confidence.ts';
import { policyOf } from './domain-policy.ts';
import type { HostRow } from './host-row.ts';
import { withScores } from './host-row.ts';
import { improvementsOf } from './improvements.ts';
import { advisedPolicy, coverOf, isPolicyCode } from './mta-sts-remedies.ts';
import { withRemedies } from './remedies.ts';
import { isValidForMx, type RemedyFacts } from './remedy-facts.ts';
import type { Finding, HostResult, ProbeResult } from './result.ts';
import { canBeRemoved, ownerOfLiteral } from './route-remedies.ts';
import { type Found, type WhatIfRow, whatIfs } from './what-if.ts';

export interface Judged {
  readonly facts: RemedyFacts;
  readonly rows: readonly HostRow[];
  readonly options: ConfidenceOptions;
  /** Findings of route and domain. */
  readonly findings: readonly Finding[];
}

export interface Advised {
  readonly scored: ScoredHosts;
  readonly hosts: readonly HostResult[];
  readonly advice: Pick<ProbeResult, 'findings'> & Required<Pick<ProbeResult, 'improvements' | 'whatIf' | 'allMended'>>;
}

export function advise({ facts, rows, options, findings }: Judged): Advised {
  const scored = scoreHosts(
    rows.map((row) => row.scored),
    options,
  );
  const hosts = withScores(rows, scored).map((host) => ({ ...host, findings: withRemedies(host.findings, facts) }));
  const ofDomain = withRemedies(findings, facts);
  const all = [...ofDomain, ...hosts.flatMap((host) => host.findings)];
  const improvements = improvementsOf(facts);
  const current = policyOf(facts.published.domain);
  const foretold = whatIfs({
    rows: rows.map((row) => whatIfRow(row, ofDomain, facts)),
    findings: [...all, ...improvements],
    options,
    cover: (exchange) => coverOf(current, exchange),
    advised: ({ code, host }) => {
      const policy = isPolicyCode(code) ? advisedPolicy(code, host, facts) : null;
      return policy === null ? null : (exchange) => coverOf(policy, exchange);
    },
    removes: (finding) => removesHost(finding, facts),
  });
  return { scored, hosts, advice: { findings: all, improvements, ...foretold } };
}

function whatIfRow({ result, scored }: HostRow, ofDomain: readonly Finding[], facts: RemedyFacts): WhatIfRow {
  // A host without address has no session, and what is known of it stands among the findings of the route.
  const own = result.address === null ? ofDomain.filter(({ host }) => host === result.exchange) : result.findings;
  const session = facts.sessions.find(
    ({ exchange, address }) => exchange === result.exchange && address === result.address,
  );
  return { scored, codes: own.map(({ code }) => code), valid: session !== undefined && isValidForMx(session) };
}

function removesHost({ code, host }: Found, facts: RemedyFacts): boolean {
  if (host === undefined) return false;
  if (code === 'mx-is-address-literal') return ownerOfLiteral(host, facts) !== null;
  return (code === 'mx-has-no-address' || code === 'mx-bad-name') && canBeRemoved(host, facts);
}
