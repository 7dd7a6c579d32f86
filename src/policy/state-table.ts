/**
 * The state table, asked of `decide` itself: what each TLS mode does at each event. `docs/tls-policy.md` is this table
 * printed, and a test fails when page and code differ.
 */
import { type Decision, decide, type PolicyEvent } from './decide.ts';
import { exampleEvidence } from './example-evidence.ts';
import { showTlsMode, TLS_MODES, type TlsMode } from './mode.ts';
import { requirementOf } from './requirement.ts';

export const EVENTS: readonly { readonly event: PolicyEvent; readonly what: string }[] = [
  { event: 'E1', what: 'EHLO is refused, HELO is accepted' },
  { event: 'E2', what: 'STARTTLS is not offered, or only named on the greeting line' },
  { event: 'E3', what: 'STARTTLS is answered 4xx, such as 454' },
  { event: 'E4', what: 'STARTTLS is answered 5xx, or anything else that is not 220' },
  { event: 'E5', what: 'connection lost, bytes in clear, or handshake error after the 220' },
  { event: 'E6', what: 'handshake done, the chain is not trusted, expired or self-signed' },
  { event: 'E7', what: 'handshake done, chain good, the name does not match' },
  { event: 'E8', what: 'handshake done, verified' },
  { event: 'E9', what: 'no TCP connection, or no 220 greeting' },
  { event: 'E10', what: 'connection lost, 421 or gibberish before the 220' },
  { event: 'E11', what: 'the second EHLO is refused, or the connection is lost after the handshake' },
  { event: 'E12', what: 'MAIL or RCPT is refused' },
];

/** One cell in the words of the table: `clear`, `encrypted`, `encrypted, unverified`, `next`, `next, alert`, … */
export function cellOf(mode: TlsMode, event: PolicyEvent): string {
  return describeDecision(decide(requirementOf(mode), exampleEvidence(event)));
}

export function describeDecision(decision: Decision): string {
  switch (decision.kind) {
    case 'start-tls':
      return 'STARTTLS';
    case 'clear':
      return 'clear';
    case 'encrypted':
      if (decision.verified === null) return 'encrypted';
      return decision.verified ? 'encrypted, verified' : 'encrypted, unverified';
    case 'next':
      return decision.alert ? 'next, alert' : 'next';
    case 'refused':
      return decision.reply.code < 500 ? 'deferred' : 'failed';
  }
}

/** The whole table in Markdown. */
export function stateTableMarkdown(): string {
  const head = ['Event', '', ...TLS_MODES.map(showTlsMode)];
  const rows = EVENTS.map(({ event, what }) => [event, what, ...TLS_MODES.map((mode) => cellOf(mode, event))]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
