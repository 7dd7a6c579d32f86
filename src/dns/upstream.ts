/**
 * One resolver that can be asked, whatever lies between: what `udp.ts`, `stream.ts` and `https.ts` have in common.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { DnsFailure } from './answer.ts';
import { type DnsMessage, decodeMessage, type Question } from './message.ts';

/** What can go wrong before there is a readable answer; an rcode is an answer. */
export type ExchangeFailure = Extract<
  DnsFailure,
  { readonly kind: 'timed-out' | 'malformed' | 'unreachable' | 'cancelled' }
>;

export interface ExchangeOptions {
  /** ms for this one question, from the moment it has its place among the open sockets. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly edns: 'offered' | 'left-out';
  readonly dnssecOk: boolean;
  /** See `QueryOptions`. */
  readonly recursion?: 'desired' | 'not-desired' | undefined;
}

export interface Upstream {
  /** As it was specified; stands in every answer. */
  readonly text: string;
  readonly trustAd: boolean;
  /** One question, one answer that belongs to it. Never throws for what the network does. */
  ask(question: Question, options: ExchangeOptions): Promise<Outcome<DnsMessage, ExchangeFailure>>;
  /** Lets go of what is kept open between questions. */
  close(): Promise<void>;
}

/** Decodes what is known to answer our question. */
export function readAnswer(bytes: Buffer): Outcome<DnsMessage, ExchangeFailure> {
  const decoded = decodeMessage(bytes);
  return decoded.ok ? succeeded(decoded.value) : failed({ kind: 'malformed', detail: decoded.failure });
}
