/**
 * An SMTP reply (RFC 5321 section 4.2) and the reader that finds replies in a stream of bytes from a stranger.
 *
 * Several lines share one code, with a hyphen behind the code on all but the last (4.2.1). Missing text is tolerated, and
 * so is a bare LF; lines with different codes are not one reply, and neither is anything that does not begin with a code
 * (S-MX-12).
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { LineReader, textOfBytes } from './lines.ts';

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

/** Octets of one line without its ending. RFC 5321 4.5.3.1.5 says 512; banners and policy texts in the wild are longer. */
export const MAX_REPLY_LINE_BYTES = 4096;
/** Lines of one reply: long multi-line greetings are legal, endless ones are not. */
export const MAX_REPLY_LINES = 500;
/** Octets of one reply, all lines and their endings together. */
export const MAX_REPLY_BYTES = 64 * 1024;
/** Of a line that is no reply, so much is kept as evidence. */
export const MAX_FAULT_SAMPLE = 200;

export type ReplyOutcome = Outcome<SmtpReply, ReplyFault>;

/**
 * Reads one reply after the other. Bytes are parsed only as far as the reply that is asked for; the same bytes give the
 * same replies however they are cut. After a fault it repeats the fault.
 */
export class ReplyReader {
  readonly #lines = new LineReader(MAX_REPLY_LINE_BYTES);
  #code = 0;
  #texts: string[] = [];
  #bytes = 0;
  #fault: ReplyFault | null = null;

  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  /** True when part of a reply has arrived. */
  get begun(): boolean {
    return this.#texts.length > 0 || this.#lines.buffered > 0;
  }

  /** Bytes behind the last reply taken. */
  get surplus(): number {
    return this.#lines.buffered;
  }

  /** The first bytes of the surplus as text, for evidence. */
  surplusSample(): string {
    return textOfBytes(this.#lines.peek(MAX_FAULT_SAMPLE));
  }

  /** The next reply or what is wrong with it; null when more bytes are needed. */
  next(): ReplyOutcome | null {
    while (this.#fault === null) {
      const before = this.#lines.buffered;
      const found = this.#lines.next();
      if (found === null) return null;
      if (found.kind === 'too-long') return this.#fail({ kind: 'line-too-long', limit: MAX_REPLY_LINE_BYTES });
      this.#bytes += before - this.#lines.buffered;
      const reply = this.#addLine(found.line.bytes);
      if (reply !== null) return reply;
    }
    return failed(this.#fault);
  }

  #addLine(bytes: Buffer): ReplyOutcome | null {
    const code = codeOf(bytes);
    if (code === null) return this.#fail({ kind: 'not-a-reply', line: sample(bytes) });
    if (this.#texts.length > 0 && code !== this.#code) {
      return this.#fail({ kind: 'mixed-codes', first: this.#code, second: code });
    }
    if (this.#texts.length >= MAX_REPLY_LINES) return this.#fail({ kind: 'too-many-lines', limit: MAX_REPLY_LINES });
    if (this.#bytes > MAX_REPLY_BYTES) return this.#fail({ kind: 'reply-too-large', limit: MAX_REPLY_BYTES });
    this.#code = code;
    this.#texts.push(textOfBytes(bytes.subarray(4)));
    if (bytes[3] === HYPHEN) return null;
    const lines = this.#texts;
    this.#texts = [];
    this.#bytes = 0;
    return succeeded({ code, lines, enhancedStatus: enhancedStatusOf(code, lines[0] ?? '') });
  }

  #fail(fault: ReplyFault): ReplyOutcome {
    this.#fault = fault;
    return failed(fault);
  }
}

/** 2yz: what was asked for was done. */
export function isPositive(reply: SmtpReply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

/** 4yz: may succeed later. */
export function isTransient(reply: SmtpReply): boolean {
  return reply.code >= 400 && reply.code < 500;
}

/** 5yz: do not repeat it as it is. */
export function isPermanent(reply: SmtpReply): boolean {
  return reply.code >= 500;
}

/** The server says goodbye, whatever was asked (RFC 5321 section 3.8). */
export function isClosing(reply: SmtpReply): boolean {
  return reply.code === 421;
}

/** RFC 3463 section 2 at the beginning of a reply's text; only of the reply's own class (RFC 2034 section 4). */
export function enhancedStatusOf(code: number, text: string): EnhancedStatus | null {
  // Most replies have none; a look at the second character spares them the search.
  if (text[1] !== '.') return null;
  const match = /^([245])\.(\d{1,3})\.(\d{1,3})(?=[ \t]|$)/.exec(text);
  if (match === null || Number(match[1]) !== Math.trunc(code / 100)) return null;
  return { class: Number(match[1]) as 2 | 4 | 5, subject: Number(match[2]), detail: Number(match[3]) };
}

const HYPHEN = 0x2d;
const SPACE = 0x20;

/** 200..599, then nothing, a space or a hyphen; null for anything else. */
function codeOf(bytes: Buffer): number | null {
  const [first = 0, second = 0, third = 0, separator] = bytes;
  if (first < 0x32 || first > 0x35 || second < 0x30 || second > 0x39 || third < 0x30 || third > 0x39) return null;
  if (separator !== undefined && separator !== SPACE && separator !== HYPHEN) return null;
  return (first - 0x30) * 100 + (second - 0x30) * 10 + (third - 0x30);
}

function sample(bytes: Buffer): string {
  return textOfBytes(bytes.subarray(0, MAX_FAULT_SAMPLE));
}
