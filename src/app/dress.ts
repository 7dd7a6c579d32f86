/**
 * A message as it leaves: signed with the keys of its sender's domain (RFC 6376), and with a tagged envelope sender where
 * the destination asks for it (R112). Both happen at the delivery, so that a commit is followed by what waits, too.
 */
import type { Log } from '../base/log.ts';
import { taggedSender } from '../delivery/bounce-verification.ts';
import { dkimKeysFor, signed, signingDomain } from '../delivery/dkim.ts';
import type { OutgoingMessage } from '../delivery/hand-over.ts';
import type { ClaimedMessage, NewMessage } from '../delivery/queue-store.ts';
import type { BounceProfile, DeliveryConfiguration } from '../delivery/settings.ts';

export interface DressOptions {
  readonly configuration: DeliveryConfiguration;
  readonly hostname: string;
  /** Wall-clock ms. */
  readonly now: () => number;
  readonly log: Log;
}

export async function dressed(
  message: ClaimedMessage,
  destination: string,
  options: DressOptions,
): Promise<OutgoingMessage> {
  const { configuration, now } = options;
  const bytes = await withSignature(message, { signBounces: false }, options);
  const { bounceVerification } = configuration.controlsFor(destination);
  const { keys } = configuration.bounceVerification;
  const sender = bounceVerification ? taggedSender(message.sender, keys, now()) : message.sender;
  return { ...message, bytes, sender };
}

/** A DSN is signed when it is made, by the profile that it was made after. */
export async function dressedNotice(
  notice: NewMessage,
  profile: Pick<BounceProfile, 'signBounces'>,
  options: DressOptions,
): Promise<NewMessage> {
  return { ...notice, bytes: await withSignature(notice, profile, options) };
}

/** A message that cannot be signed goes out as it is: what is not signed is not lost. */
async function withSignature(
  message: Pick<NewMessage, 'sender' | 'bytes'>,
  profile: Pick<BounceProfile, 'signBounces'>,
  { configuration, hostname, now, log }: DressOptions,
): Promise<Uint8Array> {
  const domain = signingDomain(message, hostname, profile);
  if (domain === null || dkimKeysFor(configuration.dkim, domain).length === 0) return message.bytes;
  const result = await signed(message.bytes, domain, configuration.dkim, now());
  if (result.kind === 'failed') log('error', 'a message could not be signed', { domain, reason: result.reason });
  return result.bytes;
}
