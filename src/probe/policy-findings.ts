/** Findings about what the domain publishes, told from what was looked up and how it matched. */
import { type DaneLookup, describeDaneLookup } from '../dane/lookup.ts';
import { describeDaneNote } from '../dane/match.ts';
import { describeStsDiscovery, describeStsWarning } from '../mtasts/discover.ts';
import type { Evidence } from '../policy/evidence.ts';
import { describeReportRecordFault } from '../tlsrpt/record.ts';
import { type DomainPolicy, policyOf, stsStatusAt } from './domain-policy.ts';
import { makeFinding } from './findings.ts';
import type { Finding } from './result.ts';

/** MTA-STS and TLSRPT, for the domain and for each host the policy should name (S-STS-8, S-STS-18). */
export function findingsOfDomainPolicy(
  policy: DomainPolicy,
  domain: string,
  exchanges: readonly string[],
): readonly Finding[] {
  return [...stsFindings(policy, domain, exchanges), ...reportFindings(policy, domain)];
}

/** DANE at one host, once per session with it. */
export function findingsOfDane({ exchange, address, dane }: Evidence, lookup: DaneLookup | null): readonly Finding[] {
  if (lookup === null) return [];
  const place = { host: exchange, address };
  if (lookup.kind === 'failed') return [makeFinding('dane-failed', describeDaneLookup(lookup), place)];
  if (dane.kind !== 'seen') return [];
  const { status, detail, verdict } = dane.value;
  const notes = (verdict?.notes ?? []).map((note) => makeFinding('dane-note', describeDaneNote(note), place));
  if (status === 'mismatch') return [makeFinding('dane-mismatch', detail, place), ...notes];
  if (status === 'unusable') return [makeFinding('dane-unusable', detail, place), ...notes];
  return notes;
}

function stsFindings(policy: DomainPolicy, domain: string, exchanges: readonly string[]): readonly Finding[] {
  const { mtaSts } = policy;
  if (mtaSts === null) return [];
  const warnings = mtaSts.warnings.map((warning) =>
    makeFinding('mta-sts-warning', describeStsWarning(warning), { domain }),
  );
  const faulty = mtaSts.kind === 'failed' || (mtaSts.kind === 'absent' && mtaSts.record.kind === 'faulty');
  if (faulty) return [makeFinding('mta-sts-failed', describeStsDiscovery(mtaSts), { domain }), ...warnings];
  const mode = policyOf(policy)?.mode;
  const uncovered = [...new Set(exchanges)]
    .filter((exchange) => stsStatusAt(policy, exchange).status === 'not-covered')
    .map((host) =>
      makeFinding('mta-sts-not-covered', `the MTA-STS policy (mode ${mode}) does not name ${host}`, { host, domain }),
    );
  const testing = mode === 'testing' ? [makeFinding('mta-sts-testing', describeStsDiscovery(mtaSts), { domain })] : [];
  return [...uncovered, ...testing, ...warnings];
}

function reportFindings({ tlsRpt }: DomainPolicy, domain: string): readonly Finding[] {
  if (tlsRpt?.kind !== 'faulty') return [];
  return [makeFinding('tlsrpt-faulty', `the TLSRPT record ${describeReportRecordFault(tlsRpt.fault)}`, { domain })];
}
