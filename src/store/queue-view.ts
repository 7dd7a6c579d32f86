/** What people see of the queue: its items page by page, texts, and the destinations with most waiting. */
import { type SqlBool, sql } from 'kysely';
import type { HostsPage, Lane, QueueFilter, QueueItem, TopHost } from '../delivery/queue-store.ts';
import type { Database } from './database.ts';
import { hostStateOf } from './queue-hosts.ts';

/** Items in one answer, whatever is asked for. */
export const MOST_ITEMS = 1_000;

export async function list(database: Database, filter: QueueFilter): Promise<readonly QueueItem[]> {
  const { mid, destination, sender, recipient, states, after } = filter;
  if (states?.length === 0) return [];
  const rows = await database.read((kysely) =>
    kysely
      .selectFrom('recipient')
      .innerJoin('message', 'message.mid', 'recipient.mid')
      .select([
        'recipient.mid',
        'rid',
        'sender',
        'address',
        'destination',
        'state',
        'attempts',
        'accepted_at',
        'next_attempt_at',
        'octets',
        'subject',
        'message_id',
        'last',
      ])
      .$if(mid !== undefined, (query) => query.where('recipient.mid', '=', mid ?? 0))
      .$if(destination !== undefined, (query) => query.where('destination', '=', destination ?? ''))
      .$if(sender !== undefined, (query) => query.where('sender', '=', sender ?? ''))
      .$if(recipient !== undefined, (query) => query.where('address', '=', recipient ?? ''))
      .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
      .$if(after !== undefined, (query) =>
        query.where(sql<SqlBool>`(recipient.mid, recipient.rid) > (${after?.mid ?? 0}, ${after?.rid ?? 0})`),
      )
      .orderBy('recipient.mid')
      .orderBy('rid')
      .limit(Math.min(MOST_ITEMS, filter.limit))
      .execute(),
  );
  return rows.map((row) => ({
    mid: row.mid,
    rid: row.rid,
    sender: row.sender,
    recipient: row.address,
    destination: row.destination,
    state: row.state,
    attempts: row.attempts,
    acceptedAt: row.accepted_at,
    nextAttemptAt: row.next_attempt_at,
    bytes: row.octets,
    subject: row.subject,
    messageId: row.message_id,
    last: row.last === null ? null : JSON.parse(row.last),
  }));
}

export async function body(database: Database, mid: number): Promise<Uint8Array | null> {
  const row = await database.read((kysely) =>
    kysely.selectFrom('body').select('bytes').where('mid', '=', mid).executeTakeFirst(),
  );
  return row?.bytes ?? null;
}

/** Read from the index of what waits alone; for one destination, or for all. */
export async function lanes(database: Database, destination?: string): Promise<readonly Lane[]> {
  const rows = await database.read((kysely) =>
    kysely
      .selectFrom('recipient')
      .select((eb) => [
        'destination',
        eb.fn.countAll<number>().as('waiting'),
        eb.fn.min('next_attempt_at').as('earliest'),
      ])
      .where('state', '=', sql.lit('queued' as const))
      .$if(destination !== undefined, (query) => query.where('destination', '=', destination ?? ''))
      .groupBy('destination')
      .execute(),
  );
  return rows.map((row) => ({
    destination: row.destination,
    waiting: Number(row.waiting),
    nextAttemptAt: Number(row.earliest),
  }));
}

/** Most active first: `active` is what waits or is on its way, `attempted` those of them that were tried before. */
export async function topHosts(database: Database, page: HostsPage, destination?: string): Promise<readonly TopHost[]> {
  const most = Math.min(MOST_ITEMS, page.limit);
  return await database.read(async (kysely) => {
    const count = (state: 'queued' | 'claimed') =>
      kysely
        .selectFrom('recipient')
        .select((eb) => ['destination', eb.fn.countAll<number>().as('active'), eb.fn.min('mid').as('oldest')])
        .where('state', '=', sql.lit(state))
        .$if(destination !== undefined, (query) => query.where('destination', '=', destination ?? ''))
        .groupBy('destination')
        .execute();
    const merged = new Map<string, { readonly active: number; readonly oldest: number }>();
    for (const { destination: name, active, oldest } of [...(await count('queued')), ...(await count('claimed'))]) {
      const before = merged.get(name) ?? { active: 0, oldest: Number.POSITIVE_INFINITY };
      merged.set(name, {
        active: before.active + Number(active),
        oldest: Math.min(before.oldest, Number(oldest)),
      });
    }
    const top = [...merged].filter(isOn(page)).sort(mostFirst).slice(0, most);
    const names = top.map(([destination]) => destination);
    if (names.length === 0) return [];
    const hosts = await kysely.selectFrom('host').selectAll().where('destination', 'in', names).execute();
    const tried = await kysely
      .selectFrom('recipient')
      .select((eb) => ['destination', eb.fn.countAll<number>().as('attempted')])
      .where('destination', 'in', names)
      .where('state', '=', sql.lit('queued' as const))
      .where('attempts', '>', 0)
      .groupBy('destination')
      .execute();
    const triedNow = await kysely
      .selectFrom('recipient')
      .select((eb) => ['destination', eb.fn.countAll<number>().as('attempted')])
      .where('state', '=', sql.lit('claimed' as const))
      .where('attempts', '>', 0)
      .groupBy('destination')
      .execute();
    const messages = await kysely
      .selectFrom('message')
      .select(['mid', 'accepted_at'])
      .where(
        'mid',
        'in',
        top.map(([, { oldest }]) => oldest),
      )
      .execute();
    return top.map(([name, { active, oldest }]) => ({
      ...hostStateOf(hosts.find((host) => host.destination === name) ?? { destination: name }),
      active,
      attempted: [...tried, ...triedNow]
        .filter((row) => row.destination === name)
        .reduce((sum, row) => sum + Number(row.attempted), 0),
      oldestAt: messages.find(({ mid }) => mid === oldest)?.accepted_at ?? null,
    }));
  });
}

type Counted = readonly [string, { readonly active: number }];

function mostFirst([name, one]: Counted, [other, two]: Counted): number {
  return two.active - one.active || (name < other ? -1 : 1);
}

function isOn({ containing, after }: HostsPage): (row: Counted) => boolean {
  return (row) =>
    (containing === undefined || row[0].includes(containing)) &&
    (after === undefined || (mostFirst([after.destination, after], row) < 0 && row[0] !== after.destination));
}

/** Places that are leased now, by destination: its connections over all processes. */
export async function connections(database: Database, now: number): Promise<ReadonlyMap<string, number>> {
  const rows = await database.read((kysely) =>
    kysely
      .selectFrom('slot')
      .select((eb) => ['key', eb.fn.countAll<number>().as('count')])
      .where('lease_until', '>', now)
      .groupBy('key')
      .execute(),
  );
  const found = new Map<string, number>();
  for (const { key, count } of rows) {
    const [destination = ''] = key.split(' ', 1);
    found.set(destination, (found.get(destination) ?? 0) + Number(count));
  }
  return found;
}
