/**
 * Enhanced statuses and their words (RFC 3463, RFC 5248, RFC 7505, RFC 8689): what a reply means for a recipient, and
 * what our own reasons are called.
 */
import type { PolicyEvent } from '../policy/decide.ts';
import type { SmtpReply } from '../smtp/reply.ts';

/** `5.1.1` of a reply; where the server says none, what the command it answers is about. */
export function statusOfReply({ code, enhancedStatus }: SmtpReply, at: 'mail' | 'rcpt' | 'data' | 'message'): string {
  if (enhancedStatus !== null) {
    const { class: kind, subject, detail } = enhancedStatus;
    return `${kind}.${subject}.${detail}`;
  }
  const kind = code < 300 ? 2 : code < 500 ? 4 : 5;
  if (kind === 2) return '2.0.0';
  if (SYSTEM_FULL.has(code)) return `${kind}.3.${code === 552 ? 4 : 1}`;
  return `${kind}.${at === 'rcpt' ? '1.0' : at === 'mail' ? '1.0' : '3.0'}`;
}

const SYSTEM_FULL: ReadonlySet<number> = new Set([452, 552]);

/** The words for a status: exact where there are some, else those of its subject. */
export function reasonOf(status: string): string {
  const [, subject = '0', detail = '0'] = status.split('.');
  return REASONS[`${subject}.${detail}`] ?? REASONS[`${subject}.0`] ?? 'Other undefined status';
}

const REASONS: Readonly<Record<string, string>> = {
  '0.0': 'Other undefined status',
  '1.0': 'Unknown address error',
  '1.1': 'Bad destination mailbox address',
  '1.2': 'Bad destination host',
  '1.3': 'Bad destination mailbox address syntax',
  '1.6': 'Destination mailbox has moved',
  '1.7': "Bad sender's mailbox address syntax",
  '1.8': "Bad sender's system address",
  '1.10': 'Destination takes no mail (null MX)',
  '2.0': 'Other or undefined mailbox status',
  '2.1': 'Mailbox disabled',
  '2.2': 'Mailbox full',
  '2.3': 'Message length exceeds administrative limit',
  '3.0': 'Other mail system problem',
  '3.1': 'Mail system full',
  '3.2': 'System not accepting network messages',
  '3.4': 'Message too big for system',
  '4.0': 'Other network problem',
  '4.1': 'No answer from host',
  '4.2': 'Bad connection',
  '4.3': 'Directory server failure',
  '4.4': 'Unable to route',
  '4.5': 'Mail system congestion',
  '4.6': 'Routing loop detected',
  '4.7': 'Delivery time expired',
  '5.0': 'Other protocol error',
  '5.3': 'Too many recipients',
  '6.1': 'Media not supported',
  '6.7': 'Non-ASCII addresses not supported',
  '7.0': 'Other security problem',
  '7.1': 'Delivery not authorized',
  '7.5': 'Cryptographic failure',
  '7.10': 'Encryption needed',
  '7.30': 'REQUIRETLS support required',
};

/** Why a host was passed by, where no reply to MAIL or RCPT says it: always for a while, never for good. */
export function statusOfEvent(event: PolicyEvent, reply: SmtpReply | null = null): string {
  switch (event) {
    case 'E1':
    case 'E2':
    case 'E3':
    case 'E4':
      return '4.7.10';
    case 'E5':
    case 'E6':
    case 'E7':
    case 'E8':
    case 'E11':
    case 'E13':
      return '4.7.5';
    case 'E9':
      return reply === null ? '4.4.1' : turnedAway(reply);
    case 'E10':
      return reply === null ? '4.4.2' : turnedAway(reply);
    case 'E12':
      return '4.3.0';
  }
}

/** A host that answers, but takes no mail now: its own word, for a while, else RFC 3463 3.4, X.3.2. */
function turnedAway({ enhancedStatus }: SmtpReply): string {
  return enhancedStatus === null ? '4.3.2' : `4.${enhancedStatus.subject}.${enhancedStatus.detail}`;
}
