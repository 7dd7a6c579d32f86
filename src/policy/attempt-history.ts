/**
 * What one delivery attempt remembers while it walks from address to address: at which MX names TLS broke after the
 * 220, since none of their addresses gets the message in clear in that attempt (decision on E5).
 */
import { breaksAfter220, type Decision, type HostHistory, NO_HISTORY } from './decide.ts';

export type AttemptHistory = ReadonlyMap<string, HostHistory>;

export const EMPTY_HISTORY: AttemptHistory = new Map();

export function historyOf(history: AttemptHistory, exchange: string): HostHistory {
  return history.get(exchange) ?? NO_HISTORY;
}

/** The history after `decision` was made about one address of `exchange`. */
export function remember(history: AttemptHistory, exchange: string, decision: Decision): AttemptHistory {
  if (!breaksAfter220(decision)) return history;
  return new Map(history).set(exchange, { brokenAfter220: true });
}
