/**
 * How the validator asks: for messages with their signatures, within the bounds of one question.
 */
import type { Outcome } from '../../base/outcome.ts';
import type { DnsFailure } from '../answer.ts';
import type { DnsMessage } from '../message.ts';
import type { Work } from './limits.ts';

export interface SignedReply {
  /** NOERROR or NXDOMAIN, asked for with DO and CD. */
  readonly message: DnsMessage;
  /** Who answered, for people. */
  readonly resolver: string;
}

/** Asks a resolver for a message with its signatures, and for what does not validate as well. */
export type AskSigned = (
  question: { readonly name: string; readonly type: number },
  signal: AbortSignal | undefined,
) => Promise<Outcome<SignedReply, DnsFailure>>;

export interface Asking {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
}
