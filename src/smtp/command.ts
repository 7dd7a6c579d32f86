/**
 * SMTP commands (RFC 5321 section 4.1.1, RFC 3207, RFC 4954), written by the client and read by a listener. A command is
 * one line: nothing that could end the line early gets into it.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { textOfBytes } from './lines.ts';

export interface CommandParameter {
  /** Upper case. */
  readonly keyword: string;
  readonly value: string | null;
}

export type SmtpCommand =
  | { readonly verb: 'EHLO' | 'HELO'; readonly name: string }
  /** `path` is the mailbox without angle brackets; empty for the null sender. */
  | { readonly verb: 'MAIL' | 'RCPT'; readonly path: string; readonly parameters: readonly CommandParameter[] }
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initialResponse: string | null }
  | { readonly verb: 'BDAT'; readonly octets: number; readonly last: boolean }
  | { readonly verb: 'VRFY' | 'EXPN' | 'HELP' | 'NOOP'; readonly argument: string }
  | { readonly verb: 'STARTTLS' | 'DATA' | 'RSET' | 'QUIT' };

export type CommandFault =
  /** RFC 5321 4.2.4: answered with 500. */
  | { readonly kind: 'unknown-command'; readonly verb: string }
  /** Answered with 501. */
  | { readonly kind: 'bad-syntax'; readonly verb: string; readonly expected: string };

/** RFC 5321 4.5.3.1.4 says 512; parameters of extensions add to it (RFC 1870, RFC 3461, RFC 6531 give 26, 1000 and more). */
export const MAX_COMMAND_LINE_BYTES = 4096;

/** The command as it goes over the wire, without its CRLF. Throws on CR, LF or NUL: input was parsed at the door. */
export function writeCommand(command: SmtpCommand): string {
  const line = textOf(command);
  if (/[\r\n\0]/.test(line)) throw new Error(`a line break or NUL in the SMTP command ${command.verb}`);
  // A character is three bytes at most; only a long line is worth counting.
  if (3 * line.length > MAX_COMMAND_LINE_BYTES && Buffer.byteLength(line) > MAX_COMMAND_LINE_BYTES)
    throw new Error(`the SMTP command ${command.verb} is too long`);
  return line;
}

/** Reads one command line, without its ending. */
export function parseCommand(line: string): Outcome<SmtpCommand, CommandFault> {
  const [, word = '', rest = ''] = /^([A-Za-z0-9]+)(?:[ \t]+(.*?))?[ \t]*$/s.exec(line) ?? [];
  const verb = word.toUpperCase();
  const bad = (expected: string): Outcome<never, CommandFault> => failed({ kind: 'bad-syntax', verb, expected });
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      return /^[^\s\0]+$/.test(rest) ? succeeded({ verb, name: rest }) : bad(`${verb} hostname`);
    case 'MAIL':
    case 'RCPT':
      return parsePathCommand(verb, rest) ?? bad(verb === 'MAIL' ? 'MAIL FROM:<address>' : 'RCPT TO:<address>');
    case 'AUTH': {
      const match = /^([A-Za-z0-9_-]{1,20})(?:[ \t]+(=|[A-Za-z0-9+/]+={0,2}))?$/.exec(rest);
      if (match === null) return bad('AUTH mechanism [initial-response]');
      return succeeded({ verb, mechanism: (match[1] ?? '').toUpperCase(), initialResponse: match[2] ?? null });
    }
    case 'BDAT': {
      const match = /^(\d{1,12})([ \t]+LAST)?$/i.exec(rest);
      if (match === null) return bad('BDAT octets [LAST]');
      return succeeded({ verb, octets: Number(match[1]), last: match[2] !== undefined });
    }
    case 'VRFY':
    case 'EXPN':
    case 'HELP':
    case 'NOOP':
      return succeeded({ verb, argument: rest });
    case 'STARTTLS':
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return rest === '' ? succeeded({ verb }) : bad(verb);
    default:
      return failed({ kind: 'unknown-command', verb });
  }
}

/** A value as it may stand in a parameter (RFC 3461 section 4, xtext). */
export function xtext(value: string): string {
  return Array.from(Buffer.from(value), (byte) =>
    byte < 0x21 || byte > 0x7e || byte === 0x2b || byte === 0x3d
      ? `+${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(byte),
  ).join('');
}

/** What an xtext stands for; null where it is none. Bytes that are no UTF-8 become one character each. */
export function fromXtext(text: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return null;
  const bytes = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return textOfBytes(Buffer.from(bytes, 'latin1'));
}

function textOf(command: SmtpCommand): string {
  switch (command.verb) {
    case 'EHLO':
    case 'HELO':
      return `${command.verb} ${command.name}`;
    case 'MAIL':
    case 'RCPT': {
      const parameters = command.parameters.map(({ keyword, value }) =>
        value === null ? keyword : `${keyword}=${value}`,
      );
      return [`${command.verb} ${command.verb === 'MAIL' ? 'FROM' : 'TO'}:<${command.path}>`, ...parameters].join(' ');
    }
    case 'AUTH':
      return command.initialResponse === null
        ? `AUTH ${command.mechanism}`
        : `AUTH ${command.mechanism} ${command.initialResponse}`;
    case 'BDAT':
      return `BDAT ${command.octets}${command.last ? ' LAST' : ''}`;
    case 'VRFY':
    case 'EXPN':
    case 'HELP':
    case 'NOOP':
      return command.argument === '' ? command.verb : `${command.verb} ${command.argument}`;
    case 'STARTTLS':
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return command.verb;
  }
}

/**
 * `FROM:<path> parameters`. A blank behind the colon is tolerated, and a source route is read and dropped (RFC 5321
 * appendix C). A quoted local part may hold brackets and blanks.
 */
function parsePathCommand(verb: 'MAIL' | 'RCPT', rest: string): Outcome<SmtpCommand, CommandFault> | null {
  const [, keyword = '', path, tail = ''] = PATH.exec(rest) ?? [];
  if (path === undefined || keyword.toUpperCase() !== (verb === 'MAIL' ? 'FROM' : 'TO')) return null;
  if (verb === 'RCPT' && path === '') return null;
  const parameters: CommandParameter[] = [];
  for (const word of tail.split(/[ \t]+/).filter((part) => part !== '')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\0-\x20=\x7f]+))?$/.exec(word);
    if (match === null) return null;
    parameters.push({ keyword: (match[1] ?? '').toUpperCase(), value: match[2] ?? null });
  }
  return succeeded({ verb, path: path.replace(/^@[^:"]*:/, ''), parameters });
}

const PATH = /^([A-Za-z]+):[ \t]*<((?:"(?:[^"\\\r\n\0]|\\[^\r\n\0])*"|[^"<>\s\0])*)>(?:[ \t]+(.*))?$/;
