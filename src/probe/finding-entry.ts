/**
 * What is fixed about a kind of finding: how bad it is, its name for people, and what `tlsreach explain` says of it.
 */
export interface FindingEntry {
  readonly severity: 'error' | 'warning' | 'info';
  /** A few words; the host stands beside it. */
  readonly title: string;
  /** A paragraph in plain words for somebody who has never met it. */
  readonly explain: string;
  /** What to do, one or two sentences; `{host}`, `{domain}` and `{presented}` are filled in from the evidence. */
  readonly advice: string;
  readonly reference: string;
}
