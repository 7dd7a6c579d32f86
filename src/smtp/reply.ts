/**
 * An SMTP reply (RFC 5321 section 4.2). (Types of the seam; the incremental reader belongs here.)
 */

export interface EnhancedStatus {
  readonly class: 2 | 4 | 5;
  readonly subject: number;
  readonly detail: number;
}

export interface SmtpReply {
  /** Three digits, 200..599. An unknown code is judged by its first digit (RFC 5321 4.3.2). */
  readonly code: number;
  /** The text of each line, without code and separator, in order; at least one. */
  readonly lines: readonly string[];
  /** Of the first line, when it has one (RFC 3463, RFC 2034). */
  readonly enhancedStatus: EnhancedStatus | null;
}

/** Why bytes are no reply; the connection cannot go on after any of these. */
export type ReplyFault =
  | { readonly kind: 'not-a-reply'; readonly line: string }
  | { readonly kind: 'mixed-codes'; readonly first: number; readonly second: number }
  | { readonly kind: 'line-too-long'; readonly limit: number }
  | { readonly kind: 'too-many-lines'; readonly limit: number }
  | { readonly kind: 'reply-too-large'; readonly limit: number };
