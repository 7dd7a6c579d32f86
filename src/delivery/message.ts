/**
 * A message and its envelope as delivery holds them: parsed and normalised when they came in (CRLF line ends alone), so
 * that nothing has to be judged again on the way out.
 */

/** What the submitter asked for beside sender and recipients. */
export interface EnvelopeOptions {
  /** The text has octets above 127. */
  readonly eightBit: boolean;
  /** An address or a header needs RFC 6531. */
  readonly international: boolean;
  /** RFC 8689: never over a connection that is not authenticated. */
  readonly requireTls: boolean;
  /** RFC 8689 section 5, `TLS-Required: No`: TLS policies must not keep the message from arriving. */
  readonly tlsOptional: boolean;
  /** RFC 3461, of MAIL. */
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envid: string | null;
}

export interface EnvelopeRecipient {
  /** As it goes into RCPT TO. */
  readonly address: string;
  /** RFC 3461 NOTIFY: null where the submitter said nothing. */
  readonly notify: readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[] | null;
  /** RFC 3461 ORCPT, as `type;xtext`; null where there was none. */
  readonly orcpt: string | null;
}

export interface Message {
  /** Envelope sender; empty for a bounce. */
  readonly sender: string;
  readonly options: EnvelopeOptions;
  /** Header and text, every line ending in CRLF, no dot-stuffing. */
  readonly bytes: Uint8Array;
}
