/**
 * A reply as a server gives it (RFC 5321 section 4.2, RFC 2034): one code, an enhanced status on every line, and text that
 * can neither end a line nor begin another one.
 */
import { printable } from '../base/printable.ts';

export interface ServerReply {
  readonly code: number;
  /** `5.7.1`; null for greetings, the answer to EHLO and 354, which have none (RFC 2034 section 4). */
  readonly status: string | null;
  readonly lines: readonly string[];
}

/** RFC 5321 4.5.3.1.5: 512 octets with code, status and ending. */
const MAX_TEXT = 480;

export function reply(code: number, status: string | null, ...lines: readonly string[]): ServerReply {
  return { code, status, lines };
}

/** As it goes over the wire, endings included. */
export function writeServerReply({ code, status, lines }: ServerReply): string {
  return lines
    .map((text, index) => {
      const words = status === null ? text : `${status} ${text}`;
      return `${code}${index < lines.length - 1 ? '-' : ' '}${printable(words, MAX_TEXT)}\r\n`;
    })
    .join('');
}
