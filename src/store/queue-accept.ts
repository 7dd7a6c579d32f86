/**
 * Taking messages in: those that arrive together share one commit, in which nothing is written row by row. A message
 * with a key that was seen before yields the first one's MID.
 */
import type { AcceptedMessage, NewMessage } from '../delivery/queue-store.ts';
import { inChunks } from './chunks.ts';
import type { Database, Work } from './database.ts';
import { type Gatherer, gatherer } from './gather.ts';

/** The channel that tells destinations for which there is new work. */
export const WORK_CHANNEL = 'work';

/** Messages in one commit. */
const MOST_MESSAGES = 200;
/** Rows in one statement: SQLite binds 32,766 values at most. */
const ROWS_PER_STATEMENT = 1_000;
/** A header field is kept for people to look at; what is longer, they need not see. */
const LONGEST_FIELD = 1_000;

export interface Arrival {
  readonly message: NewMessage;
  readonly now: number;
}

export function accepting(database: Database): Gatherer<Arrival, AcceptedMessage> {
  return gatherer((arrivals) => database.write((work) => acceptAll(work, arrivals)), MOST_MESSAGES);
}

/** In the order of the arrivals, within a change that does more. */
export async function acceptAll(work: Work, arrivals: readonly Arrival[]): Promise<readonly AcceptedMessage[]> {
  const known = await knownKeys(work, arrivals);
  const first = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    const key = arrival.message.idempotencyKey;
    if (key !== null && !known.has(key) && !first.has(key)) first.set(key, arrival);
  }
  const isFresh = (arrival: Arrival): boolean => {
    const key = arrival.message.idempotencyKey;
    return key === null || first.get(key) === arrival;
  };
  const fresh = arrivals.filter(isFresh);
  const mids = await insertMessages(work, fresh);
  const midOf = new Map(fresh.map((arrival, index) => [arrival, mids[index] ?? 0]));
  for (const [key, arrival] of first) known.set(key, midOf.get(arrival) ?? 0);
  await insertBodies(work, midOf);
  await insertRecipients(work, midOf);
  return arrivals.map((arrival) => ({
    mid: midOf.get(arrival) ?? known.get(arrival.message.idempotencyKey ?? '') ?? 0,
    fresh: isFresh(arrival),
  }));
}

async function knownKeys({ trx }: Work, arrivals: readonly Arrival[]): Promise<Map<string, number>> {
  const keys = arrivals.flatMap(({ message }) => message.idempotencyKey ?? []);
  if (keys.length === 0) return new Map();
  const rows = await trx
    .selectFrom('message')
    .select(['mid', 'idempotency_key'])
    .where('idempotency_key', 'in', keys)
    .execute();
  return new Map(rows.map((row) => [row.idempotency_key ?? '', row.mid]));
}

/** MIDs in the order of the messages. */
async function insertMessages({ trx }: Work, fresh: readonly Arrival[]): Promise<readonly number[]> {
  const mids: number[] = [];
  for (const chunk of inChunks(fresh, ROWS_PER_STATEMENT)) {
    const rows = await trx
      .insertInto('message')
      .values(
        chunk.map(({ message, now }) => ({
          sender: message.sender,
          options: JSON.stringify(message.options),
          accepted_at: now,
          origin: message.origin,
          message_id: field(message.messageId),
          subject: field(message.subject),
          gateway: message.gateway,
          idempotency_key: message.idempotencyKey,
          octets: message.bytes.length,
          finished_at: message.recipients.length === 0 ? now : null,
        })),
      )
      .returning('mid')
      .execute();
    // Numbers are given in the order of the rows; only that of the answers is not promised.
    mids.push(...rows.map(({ mid }) => mid).sort((one, other) => one - other));
  }
  return mids;
}

async function insertBodies({ trx }: Work, midOf: ReadonlyMap<Arrival, number>): Promise<void> {
  const rows = [...midOf].map(([{ message }, mid]) => ({ mid, bytes: message.bytes }));
  for (const chunk of inChunks(rows, ROWS_PER_STATEMENT)) await trx.insertInto('body').values(chunk).execute();
}

async function insertRecipients({ trx, signal }: Work, midOf: ReadonlyMap<Arrival, number>): Promise<void> {
  const rows = [...midOf].flatMap(([{ message, now }, mid]) =>
    message.recipients.map((recipient, rid) => ({
      mid,
      rid,
      address: recipient.address,
      destination: recipient.destination,
      notify: recipient.notify === null ? null : JSON.stringify(recipient.notify),
      orcpt: recipient.orcpt,
      state: 'queued' as const,
      next_attempt_at: now,
      attempts: 0,
      delay_warnings: 0,
      last_warning_at: null,
      attempt_id: null,
      last: null,
    })),
  );
  for (const chunk of inChunks(rows, ROWS_PER_STATEMENT)) await trx.insertInto('recipient').values(chunk).execute();
  for (const { destination } of rows) signal(WORK_CHANNEL, destination);
}

/** PostgreSQL's texts hold no NUL. */
function field(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, LONGEST_FIELD);
}
