/** The queue as people and programs see it: `queue list`, `queue show`. */
import type { QueueItem } from '../delivery/queue-store.ts';
import { foreign, logTime } from './log-text.ts';

/** The shape that programs get: `tlsreach.queue/1`. */
export function queueItemJson(item: QueueItem): object {
  const { acceptedAt, nextAttemptAt, last, state, ...rest } = item;
  return {
    ...rest,
    state,
    acceptedAt: new Date(acceptedAt).toISOString(),
    nextAttemptAt: state === 'queued' ? new Date(nextAttemptAt).toISOString() : null,
    last: last === null ? null : { ...last, at: new Date(last.at).toISOString() },
  };
}

/** One recipient in a line or two. */
export function queueItemText(item: QueueItem): string {
  const { mid, rid, sender, recipient, state, attempts, bytes, last } = item;
  const from = sender === '' ? '<>' : foreign(sender);
  const head = `${`${mid}:${rid}`.padEnd(10)} ${state.padEnd(9)} ${String(bytes).padStart(9)}  ${from} -> ${foreign(recipient)}`;
  const reason = last === null || last.reason === '' ? '' : `: ${foreign(last.reason)}`;
  const next = state === 'queued' ? `, next ${logTime(item.nextAttemptAt)}` : '';
  const tries = attempts === 0 ? 'not tried yet' : `tried ${attempts === 1 ? 'once' : `${attempts} times`}${reason}`;
  return `${head}\n${' '.repeat(11)}${tries}${next}\n`;
}

/** Everything that is known of one message. */
export function queueMessageText(items: readonly QueueItem[]): string {
  const [first] = items;
  if (first === undefined) return '';
  const head = [
    `Message ${first.mid}`,
    `From:       ${first.sender === '' ? '<>' : foreign(first.sender)}`,
    `Subject:    ${first.subject === null ? '-' : foreign(first.subject)}`,
    `Message-ID: ${first.messageId === null ? '-' : foreign(first.messageId)}`,
    `Size:       ${first.bytes} octets`,
    `Accepted:   ${logTime(first.acceptedAt)}`,
    '',
  ];
  return `${head.join('\n')}\n${items.map(recipientText).join('\n')}`;
}

function recipientText({ rid, recipient, destination, state, attempts, nextAttemptAt, last }: QueueItem): string {
  const lines = [
    `RID ${rid}  ${foreign(recipient)}`,
    `  State:    ${state}, tried ${attempts === 1 ? 'once' : `${attempts} times`}`,
    ...(state === 'queued' ? [`  Next:     ${logTime(nextAttemptAt)} (to ${foreign(destination)})`] : []),
  ];
  if (last !== null) {
    const where = last.host === null ? 'no host' : `${foreign(last.host)} [${foreign(last.address ?? '')}]`;
    const how = last.channel === 'none' ? '' : `, ${last.channel}${last.verified === true ? ' and verified' : ''}`;
    lines.push(`  Last:     ${logTime(last.at)}, ${where}${how}`);
    if (last.reply !== '') lines.push(`  It said:  ${foreign(last.reply)}`);
    if (last.reason !== '') lines.push(`  We saw:   ${foreign(last.reason)}`);
  }
  return `${lines.join('\n')}\n`;
}
