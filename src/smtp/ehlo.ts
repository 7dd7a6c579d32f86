/**
 * The answer to EHLO (RFC 5321 section 4.1.1.1). (Types of the seam; `parseEhloReply` belongs here.)
 */
export interface EhloKeyword {
  /** Upper case. */
  readonly keyword: string;
  readonly parameters: readonly string[];
}

export interface EhloReply {
  /** The domain the server calls itself on the first line; may be empty. The first line is never an extension (R11). */
  readonly greetingDomain: string;
  readonly keywords: readonly EhloKeyword[];
}
