/** The queue as the API and the pages show it, and the actions of people on it. */
import type { Appliance } from '../app/appliance.ts';
import type { QueueItem, QueueSelection, QueueStore, RecipientState } from '../delivery/queue-store.ts';

/** What is not done with. */
export const OPEN_STATES: readonly RecipientState[] = ['queued', 'claimed', 'held'];
/** Recipients of one message that are shown. */
const MAX_SHOWN = 10_000;
const PAGE = 1_000;

export type QueueAction = 'hold' | 'release' | 'retry' | 'delete';

/** Answers how many recipients it was about. */
export async function actOnQueue(
  { queue, tell }: Pick<Appliance, 'queue' | 'tell'>,
  action: QueueAction,
  selection: QueueSelection,
  now: number,
): Promise<number> {
  switch (action) {
    case 'hold':
      return queue.hold(selection);
    case 'release':
      return queue.release(selection, now);
    case 'retry':
      return queue.retryNow(selection, now);
    case 'delete': {
      const removed = await queue.remove(selection, now);
      if (removed > 0) {
        for (const { mid } of await queue.finished(selection.mids ?? []))
          tell({ kind: 'message-finished', at: now, mid, how: 'deleted' });
      }
      return removed;
    }
  }
}

export async function allRecipients(queue: QueueStore, mid: number): Promise<readonly QueueItem[]> {
  const all: QueueItem[] = [];
  while (all.length < MAX_SHOWN) {
    const last = all.at(-1);
    const items = await queue.list({
      mid,
      after: last === undefined ? undefined : { mid, rid: last.rid },
      limit: PAGE,
    });
    all.push(...items);
    if (items.length < PAGE) break;
  }
  return all;
}

export function recipientView(item: QueueItem) {
  const { rid, recipient, destination, state, attempts, nextAttemptAt, last } = item;
  return {
    rid,
    address: recipient,
    destination,
    state,
    attempts,
    channel: last?.channel ?? null,
    verified: last?.verified ?? null,
    host: last?.host ?? null,
    ip: last?.address ?? null,
    lastAttemptAt: last === null ? null : iso(last.at),
    nextAttemptAt: state === 'queued' ? iso(nextAttemptAt) : null,
    status: last?.status ?? null,
    reply: last?.reply ?? null,
    reason: last?.reason ?? null,
  };
}

export function queueItemView(item: QueueItem) {
  const { mid, sender, subject, bytes, acceptedAt } = item;
  return { id: mid, from: sender, subject, bytes, acceptedAt: iso(acceptedAt), ...recipientView(item) };
}

export function messageJson(items: readonly QueueItem[]) {
  const [first] = items;
  if (first === undefined) return null;
  const { mid, sender, subject, messageId, bytes, acceptedAt } = first;
  return {
    id: mid,
    from: sender,
    subject,
    messageId,
    bytes,
    acceptedAt: iso(acceptedAt),
    recipients: items.map(recipientView),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Where the next page of destinations begins. */
export function hostsCursor({
  active,
  destination,
}: {
  readonly active: number;
  readonly destination: string;
}): string {
  return Buffer.from(`${active} ${destination}`).toString('base64url');
}

/** Null where it is no cursor of ours. */
export function readHostsCursor(cursor: string): { readonly active: number; readonly destination: string } | null {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, active, destination] = /^(\d{1,15}) (\S{1,255})$/.exec(text) ?? [];
  return destination === undefined ? null : { active: Number(active), destination };
}
