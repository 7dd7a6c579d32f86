import type { Decision } from '../policy/decide.ts';
import type { Course } from '../session/open.ts';

/** What the session is to do next, by the decision on what it has shown. */
export function courseOf(decision: Decision): Course {
  switch (decision.kind) {
    case 'start-tls':
      return 'start-tls';
    case 'clear':
      return 'in-clear';
    case 'encrypted':
      return 'go-on';
    case 'next':
    case 'refused':
      return 'stop';
  }
}
