/** What is remembered about each destination: left alone until when and why, and what has been counted. */
import type { HostCounter, HostState } from '../delivery/queue-store.ts';
import type { Database, Work } from './database.ts';
import { type Gatherer, gatherer } from './gather.ts';
import type { HostTable } from './tables.ts';

/** Text of a failure that is kept, characters. */
const LONGEST_TEXT = 1_000;
const MOST_CALLS = 500;

export interface Counted {
  readonly destination: string;
  readonly counters: Partial<Record<HostCounter, number>>;
  readonly last5xx: string | null;
  readonly now: number;
}

export async function hostState(database: Database, destination: string): Promise<HostState | null> {
  const row = await database.read((kysely) =>
    kysely.selectFrom('host').selectAll().where('destination', '=', destination).executeTakeFirst(),
  );
  return row === undefined ? null : hostStateOf(row);
}

export function markDown(
  database: Database,
  destination: string,
  until: number,
  why: string,
  now: number,
): Promise<void> {
  const facts = { down_until: until, last_failure: why.slice(0, LONGEST_TEXT), last_activity: now };
  return database.write((work) => setFacts(work, destination, facts));
}

export function markUp(database: Database, destination: string, now: number): Promise<void> {
  return database.write((work) => setFacts(work, destination, { down_until: null, last_activity: now }));
}

/** Counts that are told together share a commit. */
export function counting(database: Database): Gatherer<Counted, void> {
  return gatherer((calls) => database.write((work) => countAll(work, calls)), MOST_CALLS);
}

async function countAll(work: Work, calls: readonly Counted[]): Promise<readonly undefined[]> {
  const perDestination = [...Map.groupBy(calls, ({ destination }) => destination)];
  // In one order everywhere, so that two processes do not wait for each other's rows.
  perDestination.sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [destination, told] of perDestination) await countFor(work, destination, told);
  return calls.map(() => undefined);
}

async function countFor({ trx }: Work, destination: string, told: readonly Counted[]): Promise<void> {
  const sum = (counter: HostCounter): number =>
    told.reduce((total, { counters }) => total + (counters[counter] ?? 0), 0);
  const added = {
    soft_bounced: sum('softBounced'),
    bounced_dns: sum('dns'),
    bounced_fivexx: sum('fivexx'),
    bounced_expired: sum('expired'),
    bounced_other: sum('other'),
    delivered: sum('delivered'),
  };
  const last5xx = told.findLast((one) => one.last5xx !== null)?.last5xx?.slice(0, LONGEST_TEXT) ?? null;
  const lastActivity = Math.max(...told.map(({ now }) => now));
  await trx
    .insertInto('host')
    .values({
      destination,
      down_until: null,
      last_failure: null,
      last_5xx: last5xx,
      last_activity: lastActivity,
      ...added,
    })
    .onConflict((conflict) =>
      conflict.column('destination').doUpdateSet((eb) => ({
        last_activity: lastActivity,
        ...(last5xx === null ? {} : { last_5xx: last5xx }),
        soft_bounced: eb('host.soft_bounced', '+', added.soft_bounced),
        bounced_dns: eb('host.bounced_dns', '+', added.bounced_dns),
        bounced_fivexx: eb('host.bounced_fivexx', '+', added.bounced_fivexx),
        bounced_expired: eb('host.bounced_expired', '+', added.bounced_expired),
        bounced_other: eb('host.bounced_other', '+', added.bounced_other),
        delivered: eb('host.delivered', '+', added.delivered),
      })),
    )
    .execute();
}

async function setFacts(
  { trx }: Work,
  destination: string,
  facts: Partial<Pick<HostTable, 'down_until' | 'last_failure' | 'last_activity'>>,
): Promise<void> {
  await trx
    .insertInto('host')
    .values({ ...EMPTY_HOST, destination, ...facts })
    .onConflict((conflict) => conflict.column('destination').doUpdateSet(facts))
    .execute();
}

const EMPTY_HOST: Omit<HostTable, 'destination'> = {
  down_until: null,
  last_failure: null,
  last_5xx: null,
  last_activity: null,
  soft_bounced: 0,
  bounced_dns: 0,
  bounced_fivexx: 0,
  bounced_expired: 0,
  bounced_other: 0,
  delivered: 0,
};

/** Of a destination that nothing was noted about: `row` undefined. */
export function hostStateOf(row: HostTable | (Partial<HostTable> & Pick<HostTable, 'destination'>)): HostState {
  const { destination, ...noted } = row;
  const host = { ...EMPTY_HOST, ...noted };
  return {
    destination,
    downUntil: host.down_until,
    lastFailure: host.last_failure,
    last5xx: host.last_5xx,
    lastActivity: host.last_activity,
    softBounced: host.soft_bounced,
    hardBounced: {
      dns: host.bounced_dns,
      fivexx: host.bounced_fivexx,
      expired: host.bounced_expired,
      other: host.bounced_other,
    },
    delivered: host.delivered,
  };
}
