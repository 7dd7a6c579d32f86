/**
 * The answer to EHLO (RFC 5321 section 4.1.1.1): the first line is the server's greeting and never an extension, even
 * when it reads like one (R11); each further line is a keyword with parameters.
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

/** Reads a positive reply to EHLO. Lines that are no keyword are left out; the reply itself keeps them. */
export function parseEhloReply({ lines }: SmtpReply): EhloReply {
  const [greeting = '', ...extensions] = lines;
  return {
    greetingDomain: greeting.trim().split(' ', 1)[0] ?? '',
    keywords: extensions.flatMap((line) => {
      const [word = '', ...parameters] = line.trim().split(/ +/);
      // `AUTH=LOGIN` is how AUTH was written before RFC 2554 and still is by some.
      const [, old] = /^AUTH=(.*)$/i.exec(word) ?? [];
      if (old !== undefined) return [{ keyword: 'AUTH', parameters: [old, ...parameters] }];
      return KEYWORD.test(word) ? [{ keyword: word.toUpperCase(), parameters }] : [];
    }),
  };
}

/** Whether the first line, which is a greeting, names STARTTLS all the same (R11). */
export function namesStarttlsInGreeting({ lines }: SmtpReply): boolean {
  return /(^|[\s=])STARTTLS(\s|$)/i.test(lines[0] ?? '');
}

/** The parameters of a keyword; null when it is not offered. */
export function parametersOf(ehlo: EhloReply, keyword: string): readonly string[] | null {
  return ehlo.keywords.find((offered) => offered.keyword === keyword)?.parameters ?? null;
}

/** The largest message in octets (RFC 1870); 0 is "no fixed limit", null when SIZE is not offered. */
export function sizeLimit(ehlo: EhloReply): number | null {
  const parameters = parametersOf(ehlo, 'SIZE');
  if (parameters === null) return null;
  return /^\d{1,15}$/.test(parameters[0] ?? '') ? Number(parameters[0]) : 0;
}

/** SASL mechanisms (RFC 4954), upper case, in order, each once. */
export function authMechanisms(ehlo: EhloReply): readonly string[] {
  const offered = ehlo.keywords.filter(({ keyword }) => keyword === 'AUTH').flatMap(({ parameters }) => parameters);
  return [...new Set(offered.map((mechanism) => mechanism.toUpperCase()))];
}

/** RFC 5321 4.1.1.1, with the underscore that some use. */
const KEYWORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
