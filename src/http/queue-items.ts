/** One recipient in the queue as a page shows it, and how times are told there. Pure. */
import { parseDomain, showDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import type { QueueItem } from '../delivery/queue-store.ts';
import { shownTime } from './desk.ts';
import type { MessageKey, Say } from './languages.ts';

export const STATE_WORDS: Readonly<Record<QueueItem['state'], MessageKey>> = {
  queued: 'qsQueued',
  claimed: 'qsClaimed',
  held: 'qsHeld',
  delivered: 'qsDelivered',
  bounced: 'qsBounced',
  deleted: 'qsDeleted',
};

const STATE_TONES: Readonly<Record<QueueItem['state'], string>> = {
  queued: 'caution',
  claimed: 'unknown',
  held: 'unknown',
  delivered: 'good',
  bounced: 'bad',
  deleted: 'unknown',
};

export function itemView(item: QueueItem, say: Say, now: number) {
  const { mid, rid, sender, recipient, state, attempts, nextAttemptAt, acceptedAt, subject, last } = item;
  return {
    mid,
    rid,
    from: sender === '' ? '<>' : printable(sender, 320),
    to: printable(recipient, 320),
    subject: printable(subject ?? '', 200),
    state: say(STATE_WORDS[state]),
    tone: STATE_TONES[state],
    held: state === 'held',
    attempts,
    age: age(now - acceptedAt),
    next: state === 'queued' ? nextTry(nextAttemptAt, now) : '–',
    where:
      last === null || last.host === null ? '' : `${printable(last.host, 255)} [${printable(last.address ?? '', 60)}]`,
    channel:
      last === null || last.channel === 'none' ? '' : `${last.channel}${last.verified === true ? ', verified' : ''}`,
    said: last === null ? '' : printable(last.reply, 400),
    why: last === null ? '' : printable(last.reason, 400),
  };
}

export function nextTry(at: number, now: number): string {
  return at <= now ? '…' : `${shownTime(at).slice(5)} UTC`;
}

/** `3 d 4 h`, `4 h 12 min`, `12 min`, `8 s`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

export function shownDestination(name: string): string {
  return parseDomain(name).ok ? showDomain(name) : printable(name, 300);
}
