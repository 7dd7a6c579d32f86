/**
 * Parameters of MAIL and RCPT as a server reads them: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET, ENVID,
 * NOTIFY and ORCPT (RFC 3461), REQUIRETLS (RFC 8689). What was not offered is refused with 555, a value that cannot be
 * with 501 (RFC 5321 section 4.1.1.11). Pure.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { type CommandParameter, fromXtext } from './command.ts';
import { reply, type ServerReply } from './server-reply.ts';

export interface MailParameters {
  /** As announced; null where nothing was. */
  readonly size: number | null;
  readonly smtpUtf8: boolean;
  readonly requireTls: boolean;
  readonly ret: 'FULL' | 'HDRS' | null;
  /** Decoded. */
  readonly envid: string | null;
}

export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY';

export interface RcptParameters {
  readonly notify: readonly Notify[] | null;
  /** As it stands: type and xtext. */
  readonly orcpt: string | null;
}

/** RFC 3461 4.4. */
const MAX_ENVID = 100;
/** RFC 3461 4.2 with the room that its section 4.2 and RFC 5321 leave a mailbox. */
const MAX_ORCPT = 500;

/** `extended`: the client said EHLO; `encrypted`: it is inside TLS, where alone REQUIRETLS is offered (RFC 8689 section 2). */
export function readMailParameters(
  parameters: readonly CommandParameter[],
  { extended, encrypted }: { readonly extended: boolean; readonly encrypted: boolean },
): Outcome<MailParameters, ServerReply> {
  const repeated = repetitionIn(parameters);
  if (repeated !== null) return failed(repeated);
  let read: MailParameters = { size: null, smtpUtf8: false, requireTls: false, ret: null, envid: null };
  for (const { keyword, value } of parameters) {
    if (!extended) return failed(notOffered(keyword));
    switch (keyword) {
      case 'SIZE':
        if (value === null || !/^\d{1,15}$/.test(value)) return failed(badValue(keyword));
        read = { ...read, size: Number(value) };
        break;
      case 'BODY':
        if (value === null || !/^(7BIT|8BITMIME)$/i.test(value)) return failed(badValue(keyword));
        break;
      case 'SMTPUTF8':
        if (value !== null) return failed(badValue(keyword));
        read = { ...read, smtpUtf8: true };
        break;
      case 'REQUIRETLS':
        if (!encrypted) return failed(reply(530, '5.7.10', 'REQUIRETLS asks for TLS first'));
        if (value !== null) return failed(badValue(keyword));
        read = { ...read, requireTls: true };
        break;
      case 'RET':
        if (value === null || !/^(FULL|HDRS)$/i.test(value)) return failed(badValue(keyword));
        read = { ...read, ret: value.toUpperCase() as 'FULL' | 'HDRS' };
        break;
      case 'ENVID': {
        const envid = value === null || value.length > MAX_ENVID ? null : fromXtext(value);
        if (envid === null || !/^[\x20-\x7e]+$/.test(envid)) return failed(badValue(keyword));
        read = { ...read, envid };
        break;
      }
      default:
        return failed(notOffered(keyword));
    }
  }
  return succeeded(read);
}

export function readRcptParameters(
  parameters: readonly CommandParameter[],
  { extended }: { readonly extended: boolean },
): Outcome<RcptParameters, ServerReply> {
  const repeated = repetitionIn(parameters);
  if (repeated !== null) return failed(repeated);
  let read: RcptParameters = { notify: null, orcpt: null };
  for (const { keyword, value } of parameters) {
    if (!extended) return failed(notOffered(keyword));
    if (keyword === 'NOTIFY') {
      const notify = notifyOf(value);
      if (notify === null) return failed(badValue(keyword));
      read = { ...read, notify };
    } else if (keyword === 'ORCPT') {
      const isOne = value !== null && value.length <= MAX_ORCPT && /^[A-Za-z0-9-]+;./.test(value);
      if (!isOne || !fromXtext(value.slice(value.indexOf(';') + 1))) return failed(badValue(keyword));
      read = { ...read, orcpt: value };
    } else return failed(notOffered(keyword));
  }
  return succeeded(read);
}

/** RFC 3461 4.1: NEVER stands alone. */
function notifyOf(value: string | null): readonly Notify[] | null {
  const words = [...new Set((value ?? '').toUpperCase().split(','))];
  const known = words.every((word) => /^(NEVER|SUCCESS|FAILURE|DELAY)$/.test(word));
  return known && (!words.includes('NEVER') || words.length === 1) ? (words as Notify[]) : null;
}

function repetitionIn(parameters: readonly CommandParameter[]): ServerReply | null {
  const seen = new Set<string>();
  for (const { keyword } of parameters) {
    if (seen.has(keyword)) return reply(501, '5.5.4', `${keyword} stands twice`);
    seen.add(keyword);
  }
  return null;
}

function notOffered(keyword: string): ServerReply {
  return reply(555, '5.5.4', `the parameter ${keyword.slice(0, 40)} is not offered here`);
}

function badValue(keyword: string): ServerReply {
  return reply(501, '5.5.4', `${keyword} has a value it cannot have`);
}
