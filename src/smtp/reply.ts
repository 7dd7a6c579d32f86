/**
 * An SMTP reply (RFC 5321 section 4.2) and its incremental reader. Every line of one reply has the same code; a line
 * without text is tolerated, an unknown code is judged by its first digit, mixed codes are refused (S-MX-12).
 */
import { type LineSplitter, textOf } from './lines.ts';

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

/** RFC 5321 4.5.3.1.5 asks for 512; some servers write longer ones. */
export const MAX_REPLY_LINE_BYTES = 4_096;
/** Long greetings with many lines of law are real; endless ones are not. */
export const MAX_REPLY_LINES = 200;
/** Of all lines of one reply together. */
export const MAX_REPLY_BYTES = 64 * 1024;

export type ReplyProgress =
  | { readonly kind: 'more' }
  | { readonly kind: 'reply'; readonly reply: SmtpReply }
  | { readonly kind: 'fault'; readonly fault: ReplyFault };

/** Reads one reply at a time out of the lines of `splitter`; what follows a complete reply stays with the splitter. */
export class ReplyReader {
  readonly #splitter: LineSplitter;
  #code = 0;
  #lines: string[] = [];
  #bytes = 0;

  constructor(splitter: LineSplitter) {
    this.#splitter = splitter;
  }

  /** Some bytes of the reply that is waited for have arrived. */
  get begun(): boolean {
    return this.#lines.length > 0 || this.#splitter.pending > 0;
  }

  feed(chunk: Buffer): ReplyProgress {
    let result: ReplyProgress = MORE;
    const fault = this.#splitter.feed(chunk, (line) => {
      result = this.#take(line);
      return result.kind === 'more';
    });
    return fault === null ? result : { kind: 'fault', fault };
  }

  #take(line: Buffer): ReplyProgress {
    const text = textOf(line);
    const match = REPLY_LINE.exec(text);
    if (match === null) return faulty({ kind: 'not-a-reply', line: text.slice(0, 200) });
    const code = Number(match[1]);
    if (this.#lines.length > 0 && code !== this.#code) {
      return faulty({ kind: 'mixed-codes', first: this.#code, second: code });
    }
    this.#code = code;
    this.#lines.push(match[3] ?? '');
    this.#bytes += line.length;
    if (this.#lines.length > MAX_REPLY_LINES) return faulty({ kind: 'too-many-lines', limit: MAX_REPLY_LINES });
    if (this.#bytes > MAX_REPLY_BYTES) return faulty({ kind: 'reply-too-large', limit: MAX_REPLY_BYTES });
    if (match[2] === '-') return MORE;
    const reply: SmtpReply = {
      code,
      lines: this.#lines,
      enhancedStatus: parseEnhancedStatus(code, this.#lines[0] ?? ''),
    };
    this.#lines = [];
    this.#bytes = 0;
    return { kind: 'reply', reply };
  }
}

/** The enhanced status at the beginning of a reply's text; only of the reply's own class (RFC 2034 section 4). */
export function parseEnhancedStatus(code: number, text: string): EnhancedStatus | null {
  const match = /^([245])\.(\d{1,3})\.(\d{1,3})(?: |$)/.exec(text);
  if (match === null || Number(match[1]) !== Math.trunc(code / 100)) return null;
  return { class: Number(match[1]) as 2 | 4 | 5, subject: Number(match[2]), detail: Number(match[3]) };
}

const MORE: ReplyProgress = { kind: 'more' };
const REPLY_LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s;

function faulty(fault: ReplyFault): ReplyProgress {
  return { kind: 'fault', fault };
}
