/**
 * For each finding the exact record or setting that would mend it, made from what was seen: to be copied, not to be
 * guessed from a sentence. Pure; a finding that nothing exact can be said to has none.
 */
import { certificateRemedies } from './certificate-remedies.ts';
import { daneRemedies } from './dane-remedies.ts';
import { isFindingCode } from './finding-catalogue.ts';
import { isPolicyCode, reportRemedies, stsRemedies } from './mta-sts-remedies.ts';
import type { RemedyFacts } from './remedy-facts.ts';
import type { Finding, Remedy } from './result.ts';
import { routeRemedies } from './route-remedies.ts';
import { serverRemedies } from './server-remedies.ts';

/** The same findings, each with its remedies where there are any. */
export function withRemedies(findings: readonly Finding[], facts: RemedyFacts): readonly Finding[] {
  return findings.map((finding) => {
    const remedies = remediesFor(finding, facts);
    return remedies.length === 0 ? finding : { ...finding, remedies };
  });
}

export function remediesFor({ code, host, address }: Finding, facts: RemedyFacts): readonly Remedy[] {
  if (!isFindingCode(code)) return [];
  if (isPolicyCode(code)) return stsRemedies(code, host, facts);
  switch (code) {
    case 'tlsrpt-faulty':
    case 'tlsrpt-absent':
      return reportRemedies(facts);
    case 'dane-mismatch':
    case 'dane-unusable':
    case 'dane-absent':
    case 'dane-note':
      return host === undefined ? [] : daneRemedies(host, facts);
    default:
      return [
        ...routeRemedies(code, host, facts),
        ...(host === undefined ? [] : certificateRemedies(code, host, address, facts)),
        ...(host === undefined ? [] : serverRemedies(code, host)),
      ];
  }
}
