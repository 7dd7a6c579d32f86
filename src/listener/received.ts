/**
 * The trace a message gets on its way in (RFC 5321 section 4.4, RFC 3848, RFC 6531 section 3.7.3, RFC 8314 section 4.3):
 * who handed it over, how, and when. Pure.
 */
import { addressLiteral, type IpAddress } from '../base/ip-address.ts';
import { mailDate } from '../delivery/plain-mail.ts';
import type { TlsFacts } from './listener-tls.ts';

/** More hands than this, and it goes round in circles (RFC 5321 section 6.3). */
export const MAX_HOPS = 50;

export interface Hop {
  /** What the client called itself, and whether by EHLO. */
  readonly client: { readonly name: string; readonly extended: boolean };
  readonly address: IpAddress;
  /** The name that leads back to the address; null where there is none. */
  readonly reverseName: string | null;
  readonly hostname: string;
  readonly tls: TlsFacts | null;
  readonly smtpUtf8: boolean;
  readonly id: string;
  /** Where there is one alone: the others would learn of each other. */
  readonly recipient: string | null;
  /** Wall-clock ms. */
  readonly at: number;
}

export function receivedField(hop: Hop): string {
  const { client, address, reverseName, hostname, tls, id, recipient, at } = hop;
  const lines = [
    `Received: from ${safeName(client.name)} (${reverseName === null ? '' : `${reverseName} `}${addressLiteral(address)})`,
    `\tby ${hostname} with ${protocolOf(hop)} id ${id}`,
    ...(recipient === null ? [] : [`\tfor <${recipient}>`]),
    ...(tls === null ? [] : [`\ttls ${tls.cipherStandardName} (${tls.protocol})`]),
  ];
  return `${lines.join('\r\n')};\r\n\t${mailDate(at)}\r\n`;
}

/** RFC 3848, and RFC 6531 for those with SMTPUTF8; there is no word for HELO inside TLS but what stands behind `tls`. */
function protocolOf({ client, tls, smtpUtf8 }: Hop): string {
  if (!client.extended) return 'SMTP';
  return `${smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${tls === null ? '' : 'S'}`;
}

/** A name or a literal as it may stand there; what is neither is not repeated. */
function safeName(name: string): string {
  return /^(?=.{1,255}$)(?:[A-Za-z0-9_.-]+|\[[A-Za-z0-9:.]+\])$/.test(name) ? name : 'unknown';
}

/** `Received` fields at the head of a message. */
export function hopsOf(text: Buffer): number {
  let hops = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n', at, 'latin1');
    if (end === at) break;
    if (/^received[ \t]*:/i.test(text.toString('latin1', at, at + 20))) hops += 1;
    if (end < 0 || hops > MAX_HOPS) break;
    at = end + 2;
  }
  return hops;
}
