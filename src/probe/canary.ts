/**
 * The self-test of our own way out: when no host of a target answers, hosts that are known to answer are asked. Their
 * silence says that it is us; one that answers says that it is them (decision on two axes).
 */
import type { Evidence } from '../policy/evidence.ts';
import type { HostRow } from './host-row.ts';
import type { HostResult } from './result.ts';

/** What one canary said. `unknown`: it could not be looked up or was not asked, so it tells nothing. */
export interface CanaryWord {
  /** `host:port`, as it was given. */
  readonly server: string;
  readonly outcome: 'answered' | 'silent' | 'unknown';
  /** One clause. */
  readonly detail: string;
}

/** Not one connection request was answered: timed out, or no way there. */
export function allSilent(sessions: readonly Evidence[]): boolean {
  return (
    sessions.length > 0 &&
    sessions.every(
      ({ connect }) =>
        connect.kind === 'failed' && (connect.failure.kind === 'timed-out' || connect.failure.kind === 'unreachable'),
    )
  );
}

export type CanaryVerdict = 'not-asked' | 'blocked' | 'open' | 'unknown';

export function canaryVerdict(words: readonly CanaryWord[]): CanaryVerdict {
  if (words.length === 0) return 'not-asked';
  if (words.some(({ outcome }) => outcome === 'answered')) return 'open';
  return words.some(({ outcome }) => outcome === 'silent') ? 'blocked' : 'unknown';
}

/** A clause for people: `a.test:25: no answer; b.test:25: …`. */
export function describeCanaries(words: readonly CanaryWord[]): string {
  return words.map(({ server, detail }) => `${server}: ${detail}`).join('; ');
}

/** Blocked: nobody's score suffers, and no host is to blame. Open: the silence is theirs. */
export function rowBlamedBy(verdict: CanaryVerdict, row: HostRow): HostRow {
  switch (verdict) {
    case 'blocked':
      return {
        result: { ...row.result, verdict: 'skipped', blame: 'us' },
        scored: { ...row.scored, verdict: 'skipped' },
      };
    case 'open':
      return { ...row, result: { ...row.result, blame: openBlame(row.result) } };
    case 'not-asked':
    case 'unknown':
      return row;
  }
}

function openBlame({ blame }: HostResult): HostResult['blame'] {
  return blame === 'path' ? 'them' : blame;
}
