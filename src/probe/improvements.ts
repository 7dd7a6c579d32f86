/** What a domain could publish and does not: no faults, so they stand beside the findings, in the same form. */
import { makeFinding } from './findings.ts';
import { withRemedies } from './remedies.ts';
import { encryptedSessions, type RemedyFacts } from './remedy-facts.ts';
import type { Finding } from './result.ts';

/** Only those that come with something to copy. */
export function improvementsOf(facts: RemedyFacts): readonly Finding[] {
  const { domain, published } = facts;
  const { mtaSts, tlsRpt } = published.domain;
  const found = [
    ...daneAbsent(facts),
    ...(mtaSts?.kind === 'absent' && mtaSts.record.kind === 'absent'
      ? [makeFinding('mta-sts-absent', `there is no MTA-STS policy of ${domain}`, { domain })]
      : []),
    ...(tlsRpt?.kind === 'absent'
      ? [makeFinding('tlsrpt-absent', `there is no TLSRPT record of ${domain}`, { domain })]
      : []),
  ];
  return withRemedies(found, facts).filter(({ remedies }) => remedies !== undefined);
}

/** Only in a signed zone: elsewhere nobody may believe such a record. */
function daneAbsent(facts: RemedyFacts): readonly Finding[] {
  return [...facts.published.dane]
    .filter(([exchange, lookup]) => {
      return lookup.kind === 'none' && lookup.why === 'no-records' && encryptedSessions(facts, exchange).length > 0;
    })
    .map(([host]) => makeFinding('dane-absent', `there are no TLSA records of ${host}`, { host }));
}
