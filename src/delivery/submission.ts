/**
 * A message from a person or a program on its way into the queue: envelope and text read once, at the door, whoever hands
 * them in (`submit`, the API, a listener). What comes out is queued as it is. Pure.
 */
import { addressLiteral } from '../base/ip-address.ts';
import { describeMailboxFault, type MailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { EnvelopeOptions, EnvelopeRecipient } from './message.ts';
import { describeMessageFault, type MessageFault, prepareMessage, type Submission } from './prepare-message.ts';
import type { NewMessage } from './queue-store.ts';

/** Recipients of one message. */
export const MAX_SUBMITTED_RECIPIENTS = 10_000;

export interface SubmittedMessage {
  readonly bytes: Uint8Array;
  /** Empty, and `<>`, is the null reverse-path. */
  readonly sender: string;
  readonly recipients: readonly (Pick<EnvelopeRecipient, 'address'> & Partial<EnvelopeRecipient>)[];
  readonly origin: string;
  readonly requireTls?: boolean | undefined;
  readonly ret?: EnvelopeOptions['ret'] | undefined;
  readonly envid?: string | null | undefined;
  /** Virtual gateway that is to send it. */
  readonly gateway?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  /** Null: it only passes through, and nothing is added to its header. */
  readonly begins: Submission | null;
}

export type SubmissionFault =
  | { readonly kind: 'sender'; readonly address: string; readonly fault: MailboxFault }
  | { readonly kind: 'recipient'; readonly address: string; readonly fault: MailboxFault }
  /** ORCPT or ENVID that could not go on as one parameter (RFC 3461 4.2, 4.4). */
  | { readonly kind: 'option'; readonly option: 'ORCPT' | 'ENVID'; readonly value: string }
  | { readonly kind: 'no-recipients' }
  | { readonly kind: 'too-many-recipients'; readonly limit: number }
  | { readonly kind: 'message'; readonly fault: MessageFault };

/** RFC 3461 4.2: type and xtext; nothing that would begin another parameter. */
const ORCPT = /^(?=.{1,500}$)[A-Za-z0-9-]+;(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/;
/** Printable; it becomes xtext on its way. */
const ENVID = /^[\x20-\x7e]{1,100}$/;

/** Recipients that are named twice get one copy. */
export function readSubmission(submitted: SubmittedMessage): Outcome<NewMessage, SubmissionFault> {
  const { bytes, origin, requireTls, ret, envid, begins, gateway = null, idempotencyKey = null } = submitted;
  const sender = senderOf(submitted.sender);
  if (!sender.ok) return sender;
  if (submitted.recipients.length === 0) return failed({ kind: 'no-recipients' });
  if (envid != null && !ENVID.test(envid)) return failed({ kind: 'option', option: 'ENVID', value: envid });
  const recipients = new Map<string, NewMessage['recipients'][number]>();
  for (const { address, notify = null, orcpt = null } of submitted.recipients) {
    const mailbox = parseMailbox(address);
    if (!mailbox.ok) return failed({ kind: 'recipient', address, fault: mailbox.failure });
    const { text, domain } = mailbox.value;
    const destination = typeof domain === 'string' ? domain : addressLiteral(domain);
    if (orcpt !== null && !ORCPT.test(orcpt)) return failed({ kind: 'option', option: 'ORCPT', value: orcpt });
    if (!recipients.has(text)) recipients.set(text, { address: text, destination, notify, orcpt });
  }
  if (recipients.size > MAX_SUBMITTED_RECIPIENTS)
    return failed({ kind: 'too-many-recipients', limit: MAX_SUBMITTED_RECIPIENTS });
  const prepared = prepareMessage(bytes, {
    sender: sender.value,
    recipients: [...recipients.keys()],
    requireTls,
    ret,
    envid,
    submission: begins,
  });
  if (!prepared.ok) return failed({ kind: 'message', fault: prepared.failure });
  return succeeded({ ...prepared.value, recipients: [...recipients.values()], origin, gateway, idempotencyKey });
}

/** The name a destination has in the queue; null where `address` is none. */
export function destinationOf(address: string): string | null {
  const mailbox = parseMailbox(address);
  if (!mailbox.ok) return null;
  const { domain } = mailbox.value;
  return typeof domain === 'string' ? domain : addressLiteral(domain);
}

export function describeSubmissionFault(fault: SubmissionFault): string {
  switch (fault.kind) {
    case 'sender':
      return `the sender "${printable(fault.address, 120)}": ${describeMailboxFault(fault.fault)}`;
    case 'recipient':
      return `the recipient "${printable(fault.address, 120)}": ${describeMailboxFault(fault.fault)}`;
    case 'option':
      return `the ${fault.option} "${printable(fault.value, 120)}" is not one that SMTP carries`;
    case 'no-recipients':
      return 'the message has no recipients';
    case 'too-many-recipients':
      return `the message has more than ${fault.limit} recipients`;
    case 'message':
      return describeMessageFault(fault.fault);
  }
}

function senderOf(text: string): Outcome<string, SubmissionFault> {
  if (text === '' || text === '<>') return succeeded('');
  const mailbox = parseMailbox(text);
  return mailbox.ok ? succeeded(mailbox.value.text) : failed({ kind: 'sender', address: text, fault: mailbox.failure });
}
