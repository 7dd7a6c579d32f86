/**
 * What can be right, open or wrong about a signed domain, as data: each scenario is a zone of its own below one signed
 * root, with one question and the verdict that the standards ask for.
 */
import type { Scenario } from './dnssec-scenario.ts';
import { BROKEN_DENIALS } from './dnssec-scenarios/broken-denials.ts';
import { BROKEN_SIGNATURES } from './dnssec-scenarios/broken-signatures.ts';
import { DENIED } from './dnssec-scenarios/denied.ts';
import { INSECURE } from './dnssec-scenarios/insecure.ts';
import { SECURE } from './dnssec-scenarios/secure.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...SECURE,
  ...DENIED,
  ...INSECURE,
  ...BROKEN_SIGNATURES,
  ...BROKEN_DENIALS,
];
