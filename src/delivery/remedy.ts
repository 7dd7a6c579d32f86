/**
 * What a sender can do about a message that did not arrive, in a sentence or two for people who do not run mail servers:
 * from the enhanced status (RFC 3463) and from where it went wrong. Pure.
 */
import type { RecipientOutcome } from './hand-over.ts';

export interface Remedy {
  /** What it means. */
  readonly cause: string;
  /** What can be done, and whether sending it again may help. */
  readonly advice: string;
}

export function remedyOf({ status, category }: Pick<RecipientOutcome, 'status' | 'category'>): Remedy {
  const [, subject = '', detail = ''] = status.split('.');
  return REMEDIES[`${subject}.${detail}`] ?? OF_CATEGORY[category] ?? REMEDIES[`${subject}.0`] ?? UNKNOWN;
}

const UNKNOWN: Remedy = {
  cause: 'The mail server of the recipient did not accept the message.',
  advice: 'What it said stands above. If it does not help you, ask the recipient by another way.',
};

const NO_TLS: Remedy = {
  cause:
    'This system may send to that destination over an encrypted and, where so configured, verified connection only, and such a connection could not be had.',
  advice:
    'Nothing was sent in clear. Sending it again helps once the mail servers of the recipient have been mended; their administrator needs the reason above.',
};

const REMEDIES: Readonly<Record<string, Remedy>> = {
  '1.0': {
    cause: 'The mail server of the recipient refused the address.',
    advice: 'Check the address, letter by letter. Sending it again unchanged will not help.',
  },
  '1.1': {
    cause: 'There is no such mailbox.',
    advice: 'Check the part before the @ for a typing mistake. Sending it again unchanged will not help.',
  },
  '1.2': {
    cause: 'The domain behind the @ does not exist.',
    advice: 'Check the part behind the @ for a typing mistake. Sending it again unchanged will not help.',
  },
  '1.6': {
    cause: 'The mailbox has moved and left no address.',
    advice: 'Ask the recipient for the new address by another way.',
  },
  '1.10': {
    cause: 'The owner of the domain has published that it takes no mail at all.',
    advice: 'Look for another address of the recipient. Sending it again will not help.',
  },
  '2.1': {
    cause: 'The mailbox is closed.',
    advice: 'Ask the recipient for another address by another way.',
  },
  '2.2': {
    cause: 'The mailbox is full.',
    advice: 'Tell the recipient by another way, and send it again later.',
  },
  '2.3': {
    cause: 'The message is larger than the mailbox may receive.',
    advice: 'Send it again without its attachments, or with smaller ones.',
  },
  '3.4': {
    cause: 'The message is larger than the mail server of the recipient accepts.',
    advice: 'Send it again without its attachments, or with smaller ones.',
  },
  '4.3': {
    cause:
      'The names of the mail servers of the recipient could not be looked up: their name servers did not answer, or not rightly.',
    advice: 'This is for the operators of the domain to mend. Send it again later.',
  },
  '4.7': {
    cause: 'The message could not be delivered in the time that this system keeps trying.',
    advice: 'The last reason stands above. If it was about the mail servers of the recipient, send it again later.',
  },
  '6.1': {
    cause: 'The mail server of the recipient cannot take a text with characters beyond ASCII as it was written.',
    advice: 'Send it again as plain ASCII text, or let your mail program encode it.',
  },
  '6.7': {
    cause: 'The mail server of the recipient cannot take addresses with characters beyond ASCII.',
    advice: 'Use another address of the recipient, or send it from an address in plain ASCII.',
  },
  '7.1': {
    cause: 'The mail server of the recipient does not accept this message from you, or from this system.',
    advice:
      'What it said stands above. The recipient, or the administrator of this system, may be able to change that.',
  },
  '7.5': NO_TLS,
  '7.10': NO_TLS,
  '7.30': {
    cause:
      'You asked that the message travels encrypted all the way (REQUIRETLS), and the mail servers of the recipient cannot promise that.',
    advice: 'Send it again without that wish if you can bear it, or use another way.',
  },
};

const OF_CATEGORY: Partial<Record<RecipientOutcome['category'], Remedy>> = {
  tls: NO_TLS,
  dns: {
    cause: 'The mail servers of the recipient could not be found in the DNS.',
    advice: 'Check the part behind the @. If it is right, send it again later.',
  },
  connection: {
    cause: 'No mail server of the recipient could be reached, or the connection broke.',
    advice: 'This often passes. Send it again later.',
  },
};
