/** What Japanese has to say beside the words of the pages. */
import type { LanguageWords } from '../words.ts';
import { JA_CONCEPTS } from './concepts.ts';
import { JA_EXAMPLES } from './examples.ts';
import { JA_BLAME_FINDINGS } from './findings-of-blame.ts';
import { JA_CERTIFICATE_FINDINGS } from './findings-of-certificates.ts';
import { JA_IMPROVEMENT_FINDINGS } from './findings-of-improvements.ts';
import { JA_POLICY_FINDINGS } from './findings-of-policies.ts';
import { JA_ROUTE_FINDINGS } from './findings-of-routes.ts';
import { JA_SESSION_FINDINGS } from './findings-of-sessions.ts';

export const JA_WORDS: LanguageWords = {
  findings: {
    ...JA_ROUTE_FINDINGS,
    ...JA_SESSION_FINDINGS,
    ...JA_CERTIFICATE_FINDINGS,
    ...JA_POLICY_FINDINGS,
    ...JA_IMPROVEMENT_FINDINGS,
    ...JA_BLAME_FINDINGS,
  },
  concepts: JA_CONCEPTS,
  examples: JA_EXAMPLES,
};
