/**
 * Every kind of finding there is, by its code. Codes are a contract with other people's scripts: they are added, never
 * renamed.
 */
import { printable } from '../base/printable.ts';
import type { FindingEntry } from './finding-entry.ts';
import { BLAME_FINDINGS } from './findings-of-blame.ts';
import { CERTIFICATE_FINDINGS } from './findings-of-certificates.ts';
import { IMPROVEMENT_FINDINGS } from './findings-of-improvements.ts';
import { POLICY_FINDINGS } from './findings-of-policies.ts';
import { ROUTE_FINDINGS } from './findings-of-routes.ts';
import { SESSION_FINDINGS } from './findings-of-sessions.ts';

export type { FindingEntry } from './finding-entry.ts';

export const FINDINGS = {
  ...ROUTE_FINDINGS,
  ...SESSION_FINDINGS,
  ...CERTIFICATE_FINDINGS,
  ...POLICY_FINDINGS,
  ...IMPROVEMENT_FINDINGS,
  ...BLAME_FINDINGS,
} as const satisfies Readonly<Record<string, FindingEntry>>;

export type FindingCode = keyof typeof FINDINGS;

export const FINDING_CODES = Object.keys(FINDINGS) as readonly FindingCode[];

export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(FINDINGS, text);
}

export function findingEntry(code: FindingCode): FindingEntry {
  return FINDINGS[code];
}

/** What fills the places of an advice; a missing one is paraphrased. */
export interface AdviceFacts {
  readonly host?: string | undefined;
  readonly domain?: string | undefined;
  /** The name the certificate carries. */
  readonly presented?: string | undefined;
}

/** The advice of a code with its places filled in. What comes from the remote side is cleaned (R54). */
export function adviceFor(code: FindingCode, facts: AdviceFacts = {}): string {
  const fill = (fact: string | undefined, otherwise: string): string =>
    fact === undefined || fact === '' ? otherwise : printable(fact, 253);
  return findingEntry(code)
    .advice.replaceAll('{host}', () => fill(facts.host, 'the MX host name'))
    .replaceAll('{domain}', () => fill(facts.domain, 'the domain'))
    .replaceAll('{presented}', () => fill(facts.presented, 'a name the certificate carries'));
}
