/** The evidence of a host nobody has spoken to: what is decided on it holds before any connection. */
import type { IpAddress } from '../base/ip-address.ts';
import type { MailHost } from '../dns/mail-route.ts';
import type { Evidence } from '../policy/evidence.ts';

const NOT_REACHED = { kind: 'not-reached' } as const;

export function untouched({ exchange, preference }: MailHost, address: IpAddress, port: number): Evidence {
  return {
    exchange,
    preference,
    address: address.text,
    port,
    startedAt: 0,
    connect: NOT_REACHED,
    greeting: NOT_REACHED,
    ehlo: NOT_REACHED,
    starttls: NOT_REACHED,
    handshake: NOT_REACHED,
    path: NOT_REACHED,
    identity: NOT_REACHED,
    dane: NOT_REACHED,
    ehloUnderTls: NOT_REACHED,
    auth: NOT_REACHED,
    mail: NOT_REACHED,
    rcpt: NOT_REACHED,
  };
}
