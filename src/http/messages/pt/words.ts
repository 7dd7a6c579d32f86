/** What Portuguese has to say beside the words of the pages. */
import type { LanguageWords } from '../words.ts';
import { PT_CONCEPTS } from './concepts.ts';
import { PT_EXAMPLES } from './examples.ts';
import { PT_BLAME_FINDINGS } from './findings-of-blame.ts';
import { PT_CERTIFICATE_FINDINGS } from './findings-of-certificates.ts';
import { PT_IMPROVEMENT_FINDINGS } from './findings-of-improvements.ts';
import { PT_POLICY_FINDINGS } from './findings-of-policies.ts';
import { PT_ROUTE_FINDINGS } from './findings-of-routes.ts';
import { PT_SESSION_FINDINGS } from './findings-of-sessions.ts';

export const PT_WORDS: LanguageWords = {
  findings: {
    ...PT_ROUTE_FINDINGS,
    ...PT_SESSION_FINDINGS,
    ...PT_CERTIFICATE_FINDINGS,
    ...PT_POLICY_FINDINGS,
    ...PT_IMPROVEMENT_FINDINGS,
    ...PT_BLAME_FINDINGS,
  },
  concepts: PT_CONCEPTS,
  examples: PT_EXAMPLES,
};
