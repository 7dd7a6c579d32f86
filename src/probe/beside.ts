/** What is looked at beside the sessions of a probe, and what of it goes into the result. */
import { type AuthorityReport, describeWord, groupsOf } from '../dns/authoritative.ts';
import { type CanaryWord, canaryVerdict, describeCanaries } from './canary.ts';
import { makeFinding } from './findings.ts';
import type { HostFacts } from './host-facts.ts';
import { findingsOfInconsistency } from './inconsistency.ts';
import type { Finding, ProbeResult } from './result.ts';
import type { SessionReport } from './result-of.ts';

export interface Beside {
  /** Further sessions with the same targets, for comparison alone. */
  readonly again: readonly SessionReport[];
  readonly canaries: readonly CanaryWord[];
  readonly authorities: readonly AuthorityReport[];
  readonly facts: readonly HostFacts[];
}

export const NOTHING_BESIDE: Beside = { again: [], canaries: [], authorities: [], facts: [] };

export function findingsBeside(beside: Beside, sessions: readonly SessionReport[], domain: string): readonly Finding[] {
  return [
    ...canaryFindings(beside.canaries, sessions),
    ...findingsOfInconsistency([...sessions, ...beside.again].map(({ evidence }) => evidence)),
    ...beside.authorities.flatMap((report) => disagreement(report, domain)),
  ];
}

/** Why nothing can be said of the target; null where something can. */
export function blockedProblem({ canaries }: Beside): string | null {
  if (canaryVerdict(canaries) !== 'blocked') return null;
  return `the port seems to be blocked on the way out of this machine: not even a canary answers (${describeCanaries(canaries)})`;
}

/** The fields of the result; absent where nobody asked. */
export function resultBeside({ canaries, authorities }: Beside): Pick<ProbeResult, 'canaries' | 'authoritative'> {
  return {
    ...(canaries.length === 0 ? {} : { canaries }),
    ...(authorities.length === 0
      ? {}
      : {
          authoritative: authorities.map((report) => ({
            name: report.question.name,
            type: report.question.type,
            zone: report.zone,
            agree: groupsOf(report).size < 2,
            answers: report.answers.map(({ server, address, word }) => ({
              server,
              address,
              kind: word.kind,
              said: describeWord(word),
            })),
          })),
        }),
  };
}

function canaryFindings(canaries: readonly CanaryWord[], sessions: readonly SessionReport[]): readonly Finding[] {
  const said = describeCanaries(canaries);
  switch (canaryVerdict(canaries)) {
    case 'blocked':
      return [makeFinding('blocked-port', `none of ${sessions.length} addresses answers, and no canary: ${said}`, {})];
    case 'open':
      return [
        makeFinding('canary-answered', `none of ${sessions.length} addresses answers, but a canary does: ${said}`, {}),
      ];
    case 'unknown':
    case 'not-asked':
      return [];
  }
}

/** `MX of example.com: "10 mx" at ns1 (192.0.2.1); "10 old" at ns2 (…)`. */
function disagreement(report: AuthorityReport, domain: string): readonly Finding[] {
  const groups = groupsOf(report);
  if (groups.size < 2) return [];
  const { name, type } = report.question;
  const said = [...groups].map(
    ([word, answers]) => `${word} at ${answers.map(({ server, address }) => `${server} (${address})`).join(' and ')}`,
  );
  return [makeFinding('name-servers-disagree', `${type} of ${name}: ${said.join('; ')}`, { domain })];
}
