/**
 * What a message needs of a server beside TLS, laid beside what the server offers in the EHLO that counts: SIZE (RFC
 * 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531). Pure.
 */
import { type EhloReply, offers, sizeLimitOf } from '../smtp/ehlo.ts';
import type { OutgoingMessage } from './hand-over.ts';

export interface Unfit {
  /** Enhanced status for good. */
  readonly status: '5.3.4' | '5.6.1' | '5.6.7';
  readonly detail: string;
  /** `host`: the answer of this host, as its refusal would be; `next`: another host may do better. */
  readonly ends: 'host' | 'next';
}

/** Null: the server can take it. Text of eight bits is not converted: that would break what others have signed. */
export function unfitness(message: OutgoingMessage, ehlo: EhloReply): Unfit | null {
  const limit = sizeLimitOf(ehlo) ?? 0;
  if (limit > 0 && message.bytes.length > limit) {
    const detail = `the message has ${message.bytes.length} octets, the server takes ${limit}`;
    return { status: '5.3.4', detail, ends: 'host' };
  }
  if (needsSmtpUtf8(message) && !offers(ehlo, 'SMTPUTF8')) {
    const detail = 'the server does not offer SMTPUTF8, which addresses or header need';
    return { status: '5.6.7', detail, ends: 'next' };
  }
  if (message.options.eightBit && !offers(ehlo, '8BITMIME')) {
    const detail = 'the server does not offer 8BITMIME, which the text needs';
    return { status: '5.6.1', detail, ends: 'next' };
  }
  return null;
}

/** An address beyond ASCII needs it whatever the submitter said. */
export function needsSmtpUtf8({ options, sender, recipients }: OutgoingMessage): boolean {
  return options.international || !isAscii(sender) || recipients.some(({ address }) => !isAscii(address));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
