/**
 * SMTP commands (RFC 5321 section 4.1.1), written by the client and read by a listener with one grammar. Nothing that
 * could end a line early ever gets into one.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

export type SmtpCommand =
  | { readonly verb: 'EHLO' | 'HELO'; readonly name: string }
  | { readonly verb: 'MAIL'; readonly reversePath: string; readonly parameters: readonly string[] }
  | { readonly verb: 'RCPT'; readonly forwardPath: string; readonly parameters: readonly string[] }
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initialResponse: string | null }
  | { readonly verb: 'STARTTLS' | 'DATA' | 'RSET' | 'NOOP' | 'QUIT' };

export type CommandFault =
  | { readonly kind: 'line-break' }
  | { readonly kind: 'too-long'; readonly limit: number }
  | { readonly kind: 'unknown-verb'; readonly verb: string }
  | { readonly kind: 'bad-syntax'; readonly verb: string };

/** RFC 5321 4.5.3.1.4 has 512; extensions add to it (RFC 4954 12288 for AUTH). */
export const MAX_COMMAND_BYTES = 12_288;

/** The line of a command, without its CRLF. Throws for line breaks and NUL: what goes in was parsed before. */
export function writeCommand(command: SmtpCommand): string {
  const line = textOfCommand(command);
  if (/[\r\n\0]/.test(line)) throw new Error(`a line break in the argument of ${command.verb}`);
  return line;
}

/** Reads one line, without its CRLF, as a server does. */
export function parseCommand(line: string): Outcome<SmtpCommand, CommandFault> {
  if (/[\r\n\0]/.test(line)) return failed({ kind: 'line-break' });
  if (Buffer.byteLength(line) > MAX_COMMAND_BYTES) return failed({ kind: 'too-long', limit: MAX_COMMAND_BYTES });
  const [, word = '', rest = ''] = /^([A-Za-z]+)(?: (.*))?$/.exec(line.trimEnd()) ?? [];
  const verb = word.toUpperCase();
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      return /^\S+$/.test(rest) ? succeeded({ verb, name: rest }) : failed({ kind: 'bad-syntax', verb });
    case 'MAIL': {
      const path = parsePath(/^FROM:/i, rest);
      if (path === null) return failed({ kind: 'bad-syntax', verb });
      return succeeded({ verb, reversePath: path.address, parameters: path.parameters });
    }
    case 'RCPT': {
      const path = parsePath(/^TO:/i, rest);
      if (path === null || path.address === '') return failed({ kind: 'bad-syntax', verb });
      return succeeded({ verb, forwardPath: path.address, parameters: path.parameters });
    }
    case 'AUTH': {
      const [mechanism = '', initialResponse = null] = rest.split(' ');
      if (mechanism === '') return failed({ kind: 'bad-syntax', verb });
      return succeeded({ verb, mechanism: mechanism.toUpperCase(), initialResponse });
    }
    case 'STARTTLS':
    case 'DATA':
    case 'RSET':
    case 'NOOP':
    case 'QUIT':
      return succeeded({ verb });
    default:
      return failed({ kind: 'unknown-verb', verb });
  }
}

function textOfCommand(command: SmtpCommand): string {
  switch (command.verb) {
    case 'EHLO':
    case 'HELO':
      return `${command.verb} ${command.name}`;
    case 'MAIL':
      return ['MAIL', `FROM:<${command.reversePath}>`, ...command.parameters].join(' ');
    case 'RCPT':
      return ['RCPT', `TO:<${command.forwardPath}>`, ...command.parameters].join(' ');
    case 'AUTH':
      return ['AUTH', command.mechanism, ...(command.initialResponse === null ? [] : [command.initialResponse])].join(
        ' ',
      );
    default:
      return command.verb;
  }
}

/** `FROM:<path> parameters`; a space behind the colon is tolerated, a source route is dropped (RFC 5321 4.1.1.3). */
function parsePath(
  prefix: RegExp,
  rest: string,
): { readonly address: string; readonly parameters: readonly string[] } | null {
  if (!prefix.test(rest)) return null;
  const match = /^ ?<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(?: (.*))?$/.exec(rest.replace(prefix, ''));
  if (match === null) return null;
  const address = (match[1] ?? '').replace(/^@[^:]*:/, '');
  return { address, parameters: (match[2] ?? '').split(' ').filter((parameter) => parameter !== '') };
}
