/**
 * MAIL and RCPT of a message for one server: each parameter only where the server offers its extension (S-DSN-2), and
 * the limits a server names (RFC 9422, S-EXT-4). Pure.
 */
import { type CommandParameter, type SmtpCommand, xtext } from '../smtp/command.ts';
import { type EhloReply, offers } from '../smtp/ehlo.ts';
import { needsSmtpUtf8 } from './fitness.ts';
import type { OutgoingMessage } from './hand-over.ts';

/** Recipients of one transaction where the server names no other number: as many as every server has to take (RFC 5321 4.5.3.1.8). */
export const RECIPIENTS_PER_TRANSACTION = 100;

export function mailCommand(message: OutgoingMessage, ehlo: EhloReply): SmtpCommand {
  const { sender, options, bytes } = message;
  const parameters: CommandParameter[] = [];
  const add = (extension: string, keyword: string, value: string | null): void => {
    if (offers(ehlo, extension)) parameters.push({ keyword, value });
  };
  add('SIZE', 'SIZE', String(bytes.length));
  if (options.eightBit) add('8BITMIME', 'BODY', '8BITMIME');
  if (needsSmtpUtf8(message)) add('SMTPUTF8', 'SMTPUTF8', null);
  if (options.ret !== null) add('DSN', 'RET', options.ret);
  if (options.envid !== null) add('DSN', 'ENVID', asXtext(options.envid));
  if (options.requireTls) add('REQUIRETLS', 'REQUIRETLS', null);
  return { verb: 'MAIL', path: sender, parameters };
}

export function rcptCommand(recipient: OutgoingMessage['recipients'][number], ehlo: EhloReply): SmtpCommand {
  const parameters: CommandParameter[] = [];
  if (offers(ehlo, 'DSN')) {
    if (recipient.notify !== null && recipient.notify.length > 0)
      parameters.push({ keyword: 'NOTIFY', value: recipient.notify.join(',') });
    if (recipient.orcpt !== null) parameters.push({ keyword: 'ORCPT', value: recipient.orcpt });
  }
  return { verb: 'RCPT', path: recipient.address, parameters };
}

/**
 * RFC 9422: RCPTMAX recipients a transaction, MAILMAX transactions a connection. RCPTDOMAINMAX is kept by itself, since
 * all recipients of a hand-over have one domain.
 */
export function limitsOf({ keywords }: EhloReply): { readonly recipients: number; readonly mails: number | null } {
  const words = keywords.filter(({ keyword }) => keyword === 'LIMITS').flatMap(({ parameters }) => parameters);
  const named = (name: string): number | null => {
    const [, value = ''] = words.map((word) => word.split('=', 2)).find(([key]) => key?.toUpperCase() === name) ?? [];
    return /^[1-9][0-9]{0,5}$/.test(value) ? Number(value) : null;
  };
  const most = named('RCPTMAX');
  return {
    recipients: most === null ? RECIPIENTS_PER_TRANSACTION : Math.min(most, MAX_RECIPIENTS_PER_TRANSACTION),
    mails: named('MAILMAX'),
  };
}

/** However many a server says it takes: the replies to one group have to stay within what a session may send. */
export const MAX_RECIPIENTS_PER_TRANSACTION = 1000;

/** An ENVID goes on as it came, and one that is no xtext yet becomes it. */
function asXtext(value: string): string {
  return /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/.test(value) ? value : xtext(value);
}
