/**
 * The answer to EHLO (RFC 5321 section 4.1.1.1): a greeting line, then one extension a line.
 */
import type { SmtpReply } from './reply.ts';

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

/**
 * Reads a positive reply to EHLO. Blanks around a keyword are dropped, keywords upper-cased (RFC 5321 2.4), and lines that
 * hold none left out; the reply itself keeps them. `AUTH=LOGIN`, a form older than RFC 4954 that servers still send, is
 * the keyword AUTH.
 */
export function parseEhloReply(reply: SmtpReply): EhloReply {
  const [greeting = '', ...extensions] = reply.lines;
  const keywords: EhloKeyword[] = [];
  for (const line of extensions) {
    const [first = '', ...parameters] = wordsOf(line);
    if (OLD_AUTH.test(first)) {
      const mechanisms = [first.slice('AUTH='.length), ...parameters].filter((word) => word !== '');
      keywords.push({ keyword: 'AUTH', parameters: mechanisms });
    } else if (KEYWORD.test(first)) keywords.push({ keyword: first.toUpperCase(), parameters });
  }
  return { greetingDomain: wordsOf(greeting)[0] ?? '', keywords };
}

export function offers({ keywords }: EhloReply, keyword: string): boolean {
  return keywords.some((offered) => offered.keyword === keyword);
}

/** RFC 1870: the largest message taken, in octets; 0 when there is no fixed limit, null when SIZE is not offered. */
export function sizeLimitOf({ keywords }: EhloReply): number | null {
  const size = keywords.find(({ keyword }) => keyword === 'SIZE');
  if (size === undefined) return null;
  const [octets = ''] = size.parameters;
  return /^\d{1,15}$/.test(octets) ? Number(octets) : 0;
}

/** RFC 4954: the mechanisms of all AUTH lines together, upper case, each once, in the order offered. */
export function authMechanismsOf({ keywords }: EhloReply): readonly string[] {
  const offered = keywords.filter(({ keyword }) => keyword === 'AUTH').flatMap(({ parameters }) => parameters);
  return [...new Set(offered.map((mechanism) => mechanism.toUpperCase()))];
}

/** STARTTLS on the first line is a word of the greeting, not an offer (R11). */
export function hasStarttlsOnGreetingLine(reply: SmtpReply): boolean {
  return wordsOf(reply.lines[0] ?? '').some((word) => word.toUpperCase() === 'STARTTLS');
}

/** RFC 5321 4.1.1.1, with the underscore that some use. */
const KEYWORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

const OLD_AUTH = /^AUTH=/i;

function wordsOf(line: string): readonly string[] {
  // Most lines are one word.
  if (line !== '' && !line.includes(' ') && !line.includes('\t')) return [line];
  return line.split(/[ \t]+/).filter((word) => word !== '');
}
