/**
 * The server's half of an SMTP dialogue (RFC 5321, RFC 2920, RFC 3207, RFC 8689) as a state machine: a command line in, a
 * reply and what to do next out. No socket, no clock, no waiting; who may send what to whom is asked of `judge`.
 *
 * - Before TLS, where it is required, EHLO, NOOP, STARTTLS and QUIT are all there is; everything else is 530 (R129).
 * - After TLS nothing that was said before counts any more (RFC 3207 section 4.2).
 * - REQUIRETLS is offered inside TLS alone (RFC 8689 section 2).
 * - A line that does not end in CRLF ends the session: it may be half of two commands (S-MX-15).
 * - What is no SMTP at all ends it, too: no page in a browser sends mail through us.
 * - Mistakes, and commands that lead nowhere, are counted, and end the session when there are too many.
 */
import type { Outcome } from '../base/outcome.ts';
import { parseCommand, type SmtpCommand } from './command.ts';
import {
  type MailParameters,
  type RcptParameters,
  readMailParameters,
  readRcptParameters,
} from './envelope-parameters.ts';
import { type Line, textOfBytes } from './lines.ts';
import { reply, type ServerReply } from './server-reply.ts';

/** Refused commands of one session. */
export const MAX_SERVER_ERRORS = 20;
/** Commands put off for now: of more recipients than one message takes, each one is. */
export const MAX_SERVER_DEFERRALS = 10_000;
/** Commands in a row that bring no message nearer: NOOP, RSET, EHLO and their like. */
export const MAX_IDLE_COMMANDS = 100;

export type ServerTls = 'off' | 'preferred' | 'required';

export interface ServerTerms {
  /** What the server calls itself. */
  readonly hostname: string;
  readonly tls: ServerTls;
  /** Octets of one message. */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  /** Messages over one connection. */
  readonly maxMessages: number;
}

export interface ServerRecipient extends RcptParameters {
  /** As it was decided to take it. */
  readonly address: string;
}

/** A message being announced. */
export interface Transaction extends MailParameters {
  /** Empty for a bounce. */
  readonly sender: string;
  readonly recipients: readonly ServerRecipient[];
}

/** Who may do what; each answers with the refusal, if it is one. */
export interface ServerJudge {
  sender(address: string, encrypted: boolean): ServerReply | null;
  /** The address under which the recipient is taken. */
  recipient(address: string, transaction: Transaction): Outcome<string, ServerReply>;
}

export interface Step {
  readonly reply: ServerReply;
  readonly next: 'command' | 'data' | 'start-tls' | 'close';
}

export class ServerSession {
  readonly #terms: ServerTerms;
  readonly #judge: ServerJudge;
  #encrypted = false;
  /** What the client called itself; null before EHLO and HELO. */
  #client: { readonly name: string; readonly extended: boolean } | null = null;
  #transaction: Transaction | null = null;
  #barred: ServerReply | null = null;
  #errors = 0;
  #deferrals = 0;
  #idle = 0;
  #messages = 0;

  constructor(terms: ServerTerms, judge: ServerJudge) {
    this.#terms = terms;
    this.#judge = judge;
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  get client(): { readonly name: string; readonly extended: boolean } | null {
    return this.#client;
  }

  get transaction(): Transaction | null {
    return this.#transaction;
  }

  greeting(): ServerReply {
    return this.#barred ?? reply(220, null, `${this.#terms.hostname} ESMTP tlsreach`);
  }

  /** From now on everything but QUIT is answered with this (RFC 5321 section 3.1). */
  bar(refusal: ServerReply): void {
    this.#barred = refusal;
  }

  /** The handshake is done: nothing said in clear is remembered. */
  tlsEstablished(): void {
    this.#encrypted = true;
    this.#client = null;
    this.#transaction = null;
  }

  command({ bytes, ending }: Line): Step {
    if (ending !== 'crlf') return closing(reply(500, '5.5.2', 'a line ends in CR LF, and in nothing else'));
    const line = textOfBytes(bytes);
    if (NOT_SMTP.test(line)) return closing(reply(421, '4.7.0', 'this is a mail server'));
    const verb = /^[A-Za-z]+/.exec(line)?.[0]?.toUpperCase() ?? '';
    if (this.#barred !== null && verb !== 'QUIT') return this.#counted(this.#barred);
    if (this.#terms.tls === 'required' && !this.#encrypted && !BEFORE_TLS.has(verb)) {
      return this.#counted(reply(530, '5.7.0', 'Must issue a STARTTLS command first'));
    }
    const parsed = parseCommand(line);
    if (!parsed.ok) {
      const fault = parsed.failure;
      return this.#counted(
        fault.kind === 'unknown-command'
          ? reply(500, '5.5.2', 'command not recognized')
          : reply(501, '5.5.4', `syntax: ${fault.expected}`),
      );
    }
    const step = this.#obey(parsed.value);
    return step.reply.code >= 400 && step.next === 'command' ? this.#counted(step.reply) : step;
  }

  /** What became of the message behind the 354; the next command begins anew. */
  messageDone(answer: ServerReply): Step {
    this.#transaction = null;
    if (answer.code >= 300) return this.#counted(answer);
    this.#messages += 1;
    this.#idle = 0;
    return { reply: answer, next: 'command' };
  }

  #obey(command: SmtpCommand): Step {
    switch (command.verb) {
      case 'EHLO':
      case 'HELO':
        return this.#hello(command.verb, command.name);
      case 'STARTTLS':
        return this.#startTls();
      case 'MAIL':
        return this.#mail(command.path, command.parameters);
      case 'RCPT':
        return this.#rcpt(command.path, command.parameters);
      case 'DATA':
        return this.#data();
      case 'RSET':
        this.#transaction = null;
        return this.#idled(reply(250, '2.0.0', 'Ok'));
      case 'NOOP':
        return this.#idled(reply(250, '2.0.0', 'Ok'));
      case 'HELP':
        return this.#idled(reply(214, '2.0.0', 'EHLO HELO STARTTLS MAIL RCPT DATA RSET NOOP VRFY QUIT'));
      case 'VRFY':
        return this.#idled(reply(252, '2.5.2', 'send some mail, and it will be seen'));
      case 'QUIT':
        return closing(reply(221, '2.0.0', `${this.#terms.hostname} closes the connection`));
      case 'EXPN':
      case 'AUTH':
      case 'BDAT':
        return going(reply(502, '5.5.1', 'command not implemented'));
    }
  }

  #hello(verb: 'EHLO' | 'HELO', name: string): Step {
    const { hostname, tls, maxMessageBytes } = this.#terms;
    this.#client = { name, extended: verb === 'EHLO' };
    this.#transaction = null;
    if (verb === 'HELO') return this.#idled(reply(250, null, hostname));
    const keywords = ['PIPELINING', `SIZE ${maxMessageBytes}`];
    if (tls !== 'off' && !this.#encrypted) keywords.push('STARTTLS');
    keywords.push('ENHANCEDSTATUSCODES', '8BITMIME', 'DSN', 'SMTPUTF8');
    if (this.#encrypted) keywords.push('REQUIRETLS');
    return this.#idled(reply(250, null, hostname, ...keywords));
  }

  #startTls(): Step {
    if (this.#encrypted) return going(reply(503, '5.5.1', 'TLS has begun already'));
    if (this.#terms.tls === 'off') return going(reply(502, '5.5.1', 'TLS is not offered here'));
    if (this.#client?.extended !== true) return going(reply(503, '5.5.1', 'EHLO comes first'));
    return { reply: reply(220, '2.0.0', 'Ready to start TLS'), next: 'start-tls' };
  }

  #mail(path: string, parameters: Parameters<typeof readMailParameters>[0]): Step {
    if (this.#client === null) return going(reply(503, '5.5.1', 'EHLO comes first'));
    if (this.#transaction !== null) return going(reply(503, '5.5.1', 'there is a sender already'));
    if (this.#messages >= this.#terms.maxMessages) {
      return closing(reply(421, '4.7.0', 'enough messages over this connection; come again with another'));
    }
    const read = readMailParameters(parameters, { extended: this.#client.extended, encrypted: this.#encrypted });
    if (!read.ok) return going(read.failure);
    const limit = this.#terms.maxMessageBytes;
    if ((read.value.size ?? 0) > limit) {
      return going(reply(552, '5.3.4', `a message may have ${limit} octets`));
    }
    if (!isAscii(path) && !read.value.smtpUtf8) return going(NEEDS_UTF8);
    const refusal = this.#judge.sender(path, this.#encrypted);
    if (refusal !== null) return going(refusal);
    this.#transaction = { ...read.value, sender: path, recipients: [] };
    return going(reply(250, '2.1.0', 'sender ok'));
  }

  #rcpt(path: string, parameters: Parameters<typeof readRcptParameters>[0]): Step {
    const transaction = this.#transaction;
    if (transaction === null) return going(reply(503, '5.5.1', 'MAIL comes first'));
    const read = readRcptParameters(parameters, { extended: this.#client?.extended === true });
    if (!read.ok) return going(read.failure);
    if (transaction.recipients.length >= this.#terms.maxRecipients) {
      return going(reply(452, '4.5.3', 'too many recipients for one message'));
    }
    if (!isAscii(path) && !transaction.smtpUtf8) return going(NEEDS_UTF8);
    const taken = this.#judge.recipient(path, transaction);
    if (!taken.ok) return going(taken.failure);
    const recipient: ServerRecipient = { ...read.value, address: taken.value };
    this.#transaction = { ...transaction, recipients: [...transaction.recipients, recipient] };
    this.#idle = 0;
    return going(reply(250, '2.1.5', 'recipient ok'));
  }

  #data(): Step {
    if (this.#transaction === null) return going(reply(503, '5.5.1', 'MAIL comes first'));
    if (this.#transaction.recipients.length === 0) return going(reply(554, '5.5.1', 'no valid recipients'));
    return { reply: reply(354, null, 'end data with <CR><LF>.<CR><LF>'), next: 'data' };
  }

  #idled(answer: ServerReply): Step {
    this.#idle += 1;
    if (this.#idle <= MAX_IDLE_COMMANDS) return { reply: answer, next: 'command' };
    return closing(reply(421, '4.7.0', 'too many commands that lead nowhere'));
  }

  /** Refusals are borne for a while; the one that is too much is the last reply. */
  #counted(refusal: ServerReply): Step {
    if (refusal.code < 500) this.#deferrals += 1;
    else this.#errors += 1;
    if (this.#errors < MAX_SERVER_ERRORS && this.#deferrals < MAX_SERVER_DEFERRALS)
      return { reply: refusal, next: 'command' };
    return closing(reply(421, '4.7.0', 'too many mistakes'));
  }
}

/** RFC 3207 section 4, R129. */
const BEFORE_TLS: ReadonlySet<string> = new Set(['EHLO', 'NOOP', 'STARTTLS', 'QUIT']);

/**
 * A request of HTTP, a field of its header, or a handshake of TLS: somebody else's program, perhaps made by a page to
 * speak to us in its user's name. Nothing behind it is looked at.
 */
const NOT_SMTP = /^(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT) |[A-Za-z-]+:|[^A-Za-z])/i;

const NEEDS_UTF8 = reply(553, '5.6.7', 'an address with such characters needs SMTPUTF8');

function going(answer: ServerReply): Step {
  return { reply: answer, next: 'command' };
}

function closing(answer: ServerReply): Step {
  return { reply: answer, next: 'close' };
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
