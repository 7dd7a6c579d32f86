/** Everything that Dutch has to say beside the words of the pages. */
import type { LanguageWords } from '../words.ts';
import { NL_CONCEPTS } from './concepts.ts';
import { NL_EXAMPLES } from './examples.ts';
import { NL_BLAME_FINDINGS } from './findings-of-blame.ts';
import { NL_CERTIFICATE_FINDINGS } from './findings-of-certificates.ts';
import { NL_IMPROVEMENT_FINDINGS } from './findings-of-improvements.ts';
import { NL_POLICY_FINDINGS } from './findings-of-policies.ts';
import { NL_ROUTE_FINDINGS } from './findings-of-routes.ts';
import { NL_SESSION_FINDINGS } from './findings-of-sessions.ts';

export const NL_WORDS: LanguageWords = {
  findings: {
    ...NL_ROUTE_FINDINGS,
    ...NL_SESSION_FINDINGS,
    ...NL_CERTIFICATE_FINDINGS,
    ...NL_POLICY_FINDINGS,
    ...NL_IMPROVEMENT_FINDINGS,
    ...NL_BLAME_FINDINGS,
  },
  concepts: NL_CONCEPTS,
  examples: NL_EXAMPLES,
};
