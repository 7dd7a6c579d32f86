/**
 * What the sessions in the mail log say about another TLS mode for their destination: how many of them would have carried
 * mail. Each is laid beside the mode as the row of the state table it came to, and `decide` says what follows. A session
 * that never tried TLS says nothing about modes that ask for it. Pure.
 */
import { decide, type PolicyEvent } from '../policy/decide.ts';
import { exampleEvidence } from '../policy/example-evidence.ts';
import type { TlsMode } from '../policy/mode.ts';
import { requirementOf } from '../policy/requirement.ts';
import type { LoggedEvent } from './log-search.ts';

export interface SwitchCounts {
  readonly go: number;
  readonly stop: number;
  readonly unknown: number;
}

/** `session-judged` events of one destination; all others are left out. */
export function simulateSwitch(events: readonly LoggedEvent[], mode: TlsMode): SwitchCounts {
  const counts = { go: 0, stop: 0, unknown: 0 };
  for (const { kind, fields } of events) {
    if (kind !== 'session-judged') continue;
    const event = eventOf(fields, mode);
    counts[event === null ? 'unknown' : carries(mode, event) ? 'go' : 'stop'] += 1;
  }
  return counts;
}

function carries(mode: TlsMode, event: PolicyEvent): boolean {
  const { kind } = decide(requirementOf(mode), exampleEvidence(event));
  return kind === 'encrypted' || kind === 'clear';
}

/** Rows that a session comes to whatever the mode is, once it tries TLS. */
const BEFORE_AND_DURING: ReadonlySet<unknown> = new Set<PolicyEvent>(['E1', 'E2', 'E3', 'E4', 'E5', 'E11']);

/** The row it would come to under `mode`; null where that was not seen. */
function eventOf(fields: LoggedEvent['fields'], mode: TlsMode): PolicyEvent | null {
  const { channel, stateEvent, tls, mode: used, chainTrusted, identity, dane } = fields;
  // Whoever goes in clear does not see whether TLS would have worked; for another such mode that is enough.
  if (used === 'no' && channel === 'clear') return mode === 'no' ? 'E2' : null;
  if (BEFORE_AND_DURING.has(stateEvent)) return stateEvent as PolicyEvent;
  if (typeof tls !== 'object' || tls === null) return null;
  if (dane === 'match') return 'E8';
  if (typeof chainTrusted !== 'boolean') return null;
  if (!chainTrusted) return 'E6';
  if (typeof identity !== 'object' || identity === null) return null;
  const step: unknown = Reflect.get(identity, requirementOf(mode).checks.hosted === 'off' ? 'verify' : 'hosted');
  return typeof step === 'string' ? 'E8' : 'E7';
}
