/**
 * `tlsreach queue list|show|retry|hold|release|delete`: the queue by hand, while `serve` runs or while it does not. Exit 1:
 * the message that was named is not there, or nothing was changed; an empty queue is no fault.
 */
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { printable } from '../base/printable.ts';
import type { QueueItem, QueueSelection, QueueStore, RecipientState } from '../delivery/queue-store.ts';
import { destinationOf } from '../delivery/submission.ts';
import { toJson } from '../report/json.ts';
import { queueItemJson, queueItemText, queueMessageText } from '../report/queue-text.ts';
import type { GivenOptions } from './given-options.ts';
import { inQueue, type QueueCommand } from './in-queue.ts';
import { UsageError } from './usage-error.ts';
import { choiceOf, wholeOf } from './world-options.ts';

const STATES: readonly RecipientState[] = ['queued', 'claimed', 'held', 'delivered', 'bounced', 'deleted'];
/** What is not done with. */
const OPEN: readonly RecipientState[] = ['queued', 'claimed', 'held'];
const MAX_LISTED = 1_000_000;
const PAGE = 1_000;

export async function queueListCommand(command: QueueCommand): Promise<number> {
  const { given, world } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const filter = {
    destination: given.text('destination') === undefined ? undefined : domainOf(given, 'destination'),
    sender: given.text('sender') === undefined ? undefined : addressOf(given, 'sender'),
    recipient: given.text('recipient') === undefined ? undefined : addressOf(given, 'recipient'),
    states: statesOf(given),
  };
  const limit = wholeOf(given, 'limit', 1, MAX_LISTED) ?? 100;
  let after = afterOf(given);
  return inQueue(command, async ({ queue }) => {
    let listed = 0;
    while (listed < limit) {
      const wanted = Math.min(PAGE, limit - listed);
      const items = await queue.list({ ...filter, after, limit: wanted });
      for (const item of items) {
        const line = json ? `${toJson(queueItemJson(item))}\n` : queueItemText(item);
        if (!(await world.stdout.write(line))) return 0;
      }
      listed += items.length;
      const last = items.at(-1);
      if (last === undefined || items.length < wanted) break;
      after = { mid: last.mid, rid: last.rid };
    }
    if (listed === limit && after !== undefined)
      await world.stderr.write(`tlsreach: there may be more; --limit and --after show it\n`);
    if (listed === 0 && !json) await world.stdout.write('The queue is empty.\n');
    return 0;
  });
}

export async function queueShowCommand(command: QueueCommand): Promise<number> {
  const { given, world, words } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const mid = midOf(words[0] ?? '');
  return inQueue(command, async ({ queue }) => {
    const items = await allOf(queue, mid);
    if (items.length === 0) {
      await world.stderr.write(`tlsreach: no message ${mid} is known\n`);
      return 1;
    }
    if (given.flag('body') === true) {
      const body = await queue.body(mid);
      if (body === null) {
        await world.stderr.write(`tlsreach: the text of message ${mid} is gone\n`);
        return 1;
      }
      await world.stdout.write(Buffer.from(body).toString('latin1'), 'latin1');
      return 0;
    }
    const value = { format: 'tlsreach.message/1', id: mid, recipients: items.map(queueItemJson) };
    await world.stdout.write(json ? `${toJson(value, 2)}\n` : queueMessageText(items));
    return 0;
  });
}

export type QueueAction = 'retry' | 'hold' | 'release' | 'delete';

const DONE: Readonly<Record<QueueAction, string>> = {
  retry: 'tried at once',
  hold: 'held',
  release: 'released',
  delete: 'deleted',
};

export async function queueActionCommand(action: QueueAction, command: QueueCommand): Promise<number> {
  const { given, world, words } = command;
  const json = choiceOf(given, 'format', ['text', 'json']) === 'json';
  const selection = selectionOf(given, words);
  return inQueue(command, async ({ queue, tell }) => {
    const now = world.clock.now();
    const changed = await act(queue, action, selection, now);
    if (action === 'delete' && changed > 0) {
      for (const { mid } of await queue.finished(selection.mids ?? []))
        tell({ kind: 'message-finished', at: now, mid, how: 'deleted' });
    }
    const recipients = changed === 1 ? '1 recipient' : `${changed} recipients`;
    await world.stdout.write(
      json ? `${toJson({ action, recipients: changed })}\n` : `${recipients} ${DONE[action]}.\n`,
    );
    return changed === 0 ? 1 : 0;
  });
}

function act(queue: QueueStore, action: QueueAction, selection: QueueSelection, now: number): Promise<number> {
  switch (action) {
    case 'retry':
      return retry(queue, selection, now);
    case 'hold':
      return queue.hold(selection);
    case 'release':
      return queue.release(selection, now);
    case 'delete':
      return queue.remove(selection, now);
  }
}

/** Also where hosts were down: a person knows better. */
async function retry(queue: QueueStore, selection: QueueSelection, now: number): Promise<number> {
  const items = await Promise.all((selection.mids ?? []).map((mid) => queue.list({ mid, states: OPEN, limit: PAGE })));
  const named = selection.destination === undefined ? [] : [selection.destination];
  for (const destination of new Set([...named, ...items.flat().map((item) => item.destination)]))
    await queue.markUp(destination, now);
  return await queue.retryNow(selection, now);
}

async function allOf(queue: QueueStore, mid: number): Promise<readonly QueueItem[]> {
  const all: QueueItem[] = [];
  for (;;) {
    const last = all.at(-1);
    const after = last === undefined ? undefined : { mid, rid: last.rid };
    const items = await queue.list({ mid, after, limit: PAGE });
    all.push(...items);
    if (items.length < PAGE) return all;
  }
}

/** Exactly one way of saying what is meant: nobody deletes a queue by leaving something out. */
function selectionOf(given: GivenOptions, words: readonly string[]): QueueSelection {
  const all = given.flag('all') === true;
  const destination = given.text('destination') === undefined ? undefined : domainOf(given, 'destination');
  const ways = [words.length > 0, destination !== undefined, all].filter(Boolean).length;
  if (ways === 0) throw new UsageError('say which messages: their numbers, --destination example.com, or --all');
  if (ways > 1) throw new UsageError('numbers of messages, --destination and --all exclude each other');
  if (all) return { all };
  return destination === undefined ? { mids: words.map(midOf) } : { destination };
}

function midOf(word: string): number {
  if (/^[0-9]{1,15}$/.test(word)) return Number(word);
  throw new UsageError(`"${printable(word, 80)}" is no number of a message`);
}

function afterOf(given: GivenOptions): { readonly mid: number; readonly rid: number } | undefined {
  const text = given.text('after');
  if (text === undefined) return undefined;
  const [, mid, rid] = /^([0-9]{1,15})(?::([0-9]{1,9}))?$/.exec(text) ?? given.refuse('after', '44:0 is expected');
  return { mid: Number(mid), rid: Number(rid ?? Number.MAX_SAFE_INTEGER) };
}

function statesOf(given: GivenOptions): readonly RecipientState[] {
  const words = given.list('state').flatMap((word) => word.split(','));
  if (words.length === 0) return OPEN;
  return words.map(
    (word) =>
      STATES.find((state) => state === word.toLowerCase()) ??
      given.refuse('state', `choose among ${STATES.join(', ')}`),
  );
}

/** A destination as the queue names it. */
export function domainOf(given: Pick<GivenOptions, 'text' | 'refuse'>, key: string): string {
  return destinationOf(`x@${given.text(key) ?? ''}`) ?? given.refuse(key, 'a domain is expected, as example.com');
}

function addressOf(given: GivenOptions, key: string): string {
  const text = given.text(key) ?? '';
  if (text === '<>') return '';
  const mailbox = parseMailbox(text);
  return mailbox.ok ? mailbox.value.text : given.refuse(key, describeMailboxFault(mailbox.failure));
}
