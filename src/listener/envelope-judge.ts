/**
 * Who may send what to whom over one connection: the mail flow policy of the sender (R128, R130), the recipient domains of
 * the listener, so that it is never an open relay, the limit of recipients in an hour, and the tags of bounces (R112).
 */
import { addressLiteral } from '../base/ip-address.ts';
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { mostSpecific } from '../config/destination-name.ts';
import type { Listener, MailFlowPolicy } from '../config/listener-schema.ts';
import { untagged, verifiedRecipient } from '../delivery/bounce-verification.ts';
import type { BounceVerificationSettings } from '../delivery/settings.ts';
import { reply, type ServerReply } from '../smtp/server-reply.ts';
import type { ServerJudge, Transaction } from '../smtp/server-session.ts';

export interface EnvelopeTerms {
  readonly listener: Listener;
  readonly policy: MailFlowPolicy;
  readonly hostname: string;
  readonly bounceVerification: () => BounceVerificationSettings;
  /** Wall-clock ms. */
  readonly now: () => number;
  /** One recipient more, or not. */
  readonly takeRecipient: () => boolean;
  readonly onBounceRefused: (recipient: string) => void;
  /** A bounce to this recipient goes in although it carries no valid tag, and is to be marked. */
  readonly onBounceDoubted: (recipient: string) => void;
}

export function envelopeJudge(terms: EnvelopeTerms): ServerJudge {
  const { listener, policy } = terms;
  const needTls = senderMatcher(policy.tlsRequiredFor);
  const domains = new Map(listener.recipientDomains.map((domain) => [domain, true]));
  const relays = policy.action === 'relay';
  return {
    sender: (address, encrypted) => {
      if (address === '') return null;
      const mailbox = parseMailbox(address);
      if (!mailbox.ok) return reply(553, '5.1.7', `the sender is no address: ${describeMailboxFault(mailbox.failure)}`);
      if (encrypted || !needTls(mailbox.value.text)) return null;
      return reply(530, '5.7.10', 'mail from this sender is taken over TLS alone');
    },
    recipient: (given, transaction) => {
      const whole = given.toLowerCase() === 'postmaster' ? postmasterOf(terms) : given;
      const mailbox = parseMailbox(whole);
      if (!mailbox.ok) {
        return failed(reply(553, '5.1.3', `the recipient is no address: ${describeMailboxFault(mailbox.failure)}`));
      }
      const { text, domain } = mailbox.value;
      const destination = typeof domain === 'string' ? domain : addressLiteral(domain);
      const ours = mostSpecific(domains, destination) === true;
      if (!relays && !ours) return failed(reply(550, '5.7.1', 'relaying denied: no mail is taken for this domain'));
      if (!terms.takeRecipient()) {
        return failed(reply(452, '4.7.28', 'too many recipients from this address within an hour'));
      }
      // What our own clients send to others is no bounce to us.
      return relays ? succeeded(text) : withoutTag(text, transaction, terms);
    },
  };
}

/** Mailboxes with capitals as they like, domains, and every name below `.example.com`. */
function senderMatcher(patterns: readonly string[]): (address: string) => boolean {
  const mailboxes = new Set(patterns.filter((each) => each.includes('@')).map((each) => each.toLowerCase()));
  const domains = new Map(patterns.filter((each) => !each.includes('@')).map((each) => [each, true]));
  return (address) =>
    mailboxes.has(address.toLowerCase()) || mostSpecific(domains, address.slice(address.lastIndexOf('@') + 1)) === true;
}

/** RFC 5321 4.5.1: the postmaster of a server needs no domain. */
function postmasterOf({ listener, hostname }: EnvelopeTerms): string {
  const domain = listener.recipientDomains.find((each) => !each.startsWith('.'));
  return `postmaster@${domain ?? hostname}`;
}

/** Specification 2.h: a bounce needs a tag of ours; other mail to a tagged address loses the tag, whatever its age. */
function withoutTag(
  address: string,
  { sender }: Transaction,
  { bounceVerification, now, onBounceRefused, onBounceDoubted }: EnvelopeTerms,
): Outcome<string, ServerReply> {
  const { keys, untaggedBounces } = bounceVerification();
  if (keys.length === 0) return succeeded(address);
  if (sender !== '') return succeeded(untagged(address));
  const verdict = verifiedRecipient(address, keys, now());
  switch (verdict.kind) {
    case 'valid':
      return succeeded(verdict.address);
    case 'never-tagged':
      return succeeded(address);
    case 'expired':
    case 'bad':
    case 'not-tagged':
    case 'unknown-key':
      if (untaggedBounces === 'reject') {
        onBounceRefused(address);
        return failed(reply(550, '5.7.1', 'this answers a message that was not sent from here'));
      }
      if (untaggedBounces === 'add-header') onBounceDoubted(address);
      return succeeded(untagged(address));
  }
}
