/**
 * Notices of monitors on their way: a mail goes into the queue of the installation, a webhook is posted through the guarded
 * way out. A channel that was taken away meanwhile gets nothing any more; a webhook that fails is tried again after growing
 * waits, and in the end given up.
 */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { plainMail } from '../delivery/plain-mail.ts';
import { describeSubmissionFault } from '../delivery/submission.ts';
import type { MailChannel, WebhookChannel } from '../monitor/monitor.ts';
import type { DuePosting, PostingOutcome } from '../monitor/monitor-store.ts';
import { addressOf, noticeLines, noticeTitle } from '../monitor/notice.ts';
import { createNet } from '../net/net.ts';
import { toJson } from '../report/json.ts';
import { StoreTrouble } from '../store/trouble.ts';
import type { Installation } from './installation.ts';
import { postWebhook, type WebhookWorld } from './webhook.ts';

export interface Postman {
  send(posting: DuePosting, signal: AbortSignal): Promise<PostingOutcome>;
}

/** Tries for one notice: over some two hours. */
export const MAX_POSTING_ATTEMPTS = 9;
/** The wait behind the first try doubles up to the longest, ms. */
export const FIRST_WAIT_MS = 30_000;
export const LONGEST_WAIT_MS = 3_600_000;
const MAX_TITLE = 300;

export function createPostman(installation: Installation): Postman {
  const { followed, settings, house, world, hostname } = installation;
  const { clock } = world;
  const guarded: WebhookWorld = { ...house, clock };
  const unguarded: WebhookWorld = {
    ...guarded,
    net: createNet({
      clock,
      privateAddresses: 'allowed',
      sourceAddress: settings.sourceAddress ?? undefined,
      redirect: settings.redirect ?? undefined,
    }),
  };

  const byMail = async (channel: MailChannel, posting: DuePosting): Promise<Outcome<null, string>> => {
    const { notice, id } = posting;
    const { from } = followed.snapshot().document.alerts;
    const sender = from ?? `alert@${hostname}`;
    const bytes = plainMail({
      from: { name: `tlsreach on ${hostname}`, address: sender },
      to: channel.to,
      subject: `[tlsreach] ${noticeTitle(notice)}`.slice(0, MAX_TITLE),
      date: clock.now(),
      messageId: `monitor.${id}.${posting.createdAt}@${hostname}`,
      lines: noticeLines(notice),
    });
    const submitted = await installation.submit({
      bytes,
      sender,
      recipients: channel.to.map((address) => ({ address, notify: ['NEVER'] })),
      origin: 'monitor',
      // Handed in again after a crash, it is queued once.
      idempotencyKey: `monitor ${id} ${posting.createdAt}`,
      begins: null,
    });
    return submitted.ok ? succeeded(null) : failed(describeSubmissionFault(submitted.failure));
  };

  const byWebhook = async (
    channel: WebhookChannel,
    { notice, id, createdAt }: DuePosting,
    signal: AbortSignal,
  ): Promise<Outcome<null, string>> => {
    const message = { id: `monitor-${id}-${createdAt}`, body: toJson(notice) };
    const posted = await postWebhook(channel.allowPrivate ? unguarded : guarded, channel, message, signal);
    return posted.ok ? succeeded(null) : failed(posted.failure);
  };

  return {
    send: async (posting, signal) => {
      const monitor = followed.snapshot().document.monitors.find(({ name }) => name === posting.notice.monitor);
      const channel = monitor?.channels.find(
        (each) => each.kind === posting.channel && addressOf(each) === posting.address,
      );
      if (channel === undefined) return { kind: 'given-up', why: 'the channel is not there any more' };
      const sent = await (channel.kind === 'mail'
        ? byMail(channel, posting).catch((error: unknown) => {
            if (error instanceof StoreTrouble) return failed(error.message);
            throw error;
          })
        : byWebhook(channel, posting, signal));
      if (sent.ok) return { kind: 'sent' };
      const why = sent.failure;
      if (posting.attempts >= MAX_POSTING_ATTEMPTS) {
        settings.log('error', 'a notice of a monitor is given up', { address: posting.address, why });
        return { kind: 'given-up', why };
      }
      settings.log('warn', 'a notice of a monitor could not be sent and is tried again', {
        address: posting.address,
        why,
      });
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (posting.attempts - 1), LONGEST_WAIT_MS);
      return { kind: 'later', at: clock.now() + wait, why };
    },
  };
}
