/** Everything that Spanish has to say beside the words of the pages. */
import type { LanguageWords } from '../words.ts';
import { ES_CONCEPTS } from './concepts.ts';
import { ES_EXAMPLES } from './examples.ts';
import { ES_BLAME_FINDINGS } from './findings-of-blame.ts';
import { ES_CERTIFICATE_FINDINGS } from './findings-of-certificates.ts';
import { ES_IMPROVEMENT_FINDINGS } from './findings-of-improvements.ts';
import { ES_POLICY_FINDINGS } from './findings-of-policies.ts';
import { ES_ROUTE_FINDINGS } from './findings-of-routes.ts';
import { ES_SESSION_FINDINGS } from './findings-of-sessions.ts';

export const ES_WORDS: LanguageWords = {
  findings: {
    ...ES_ROUTE_FINDINGS,
    ...ES_SESSION_FINDINGS,
    ...ES_CERTIFICATE_FINDINGS,
    ...ES_POLICY_FINDINGS,
    ...ES_IMPROVEMENT_FINDINGS,
    ...ES_BLAME_FINDINGS,
  },
  concepts: ES_CONCEPTS,
  examples: ES_EXAMPLES,
};
