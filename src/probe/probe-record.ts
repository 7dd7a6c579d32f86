/**
 * A test that somebody asked for, and what the house needs of a store to keep it. `store` implements it over a database;
 * without one, results live as long as the process.
 */
import type { ProbeResult } from './result.ts';

/** What may be chosen for one test, the CLI's names; everything else is the operator's. */
export interface ProbeOptions {
  readonly quick: boolean;
  readonly ignoreNoConnect: boolean;
  readonly assureTls: boolean;
  readonly mtaSts: boolean;
  readonly dane: boolean;
  readonly scan: boolean;
  readonly rcpt: boolean;
  readonly strictCn: boolean;
  readonly port: number;
  readonly family: 'any' | '4' | '6';
  /** Seconds for each stage. */
  readonly timeout: number;
}

/** A finished test as it is kept. */
export interface ProbeRecord {
  readonly id: string;
  /** As typed. */
  readonly target: string;
  readonly domain: string;
  /** No mailbox was named, so that the test may stand in the history of its domain for everybody. */
  readonly listed: boolean;
  readonly options: ProbeOptions;
  /** Wall-clock ms. */
  readonly createdAt: number;
  readonly finishedAt: number;
  /** Null: it ended in `problem`. */
  readonly result: ProbeResult | null;
  readonly problem: string | null;
}

export interface RecordQuery {
  /** Tests of this domain. */
  readonly domain?: string | undefined;
  /** Tests of exactly this target: whoever knows the mailbox may see them. */
  readonly target?: string | undefined;
  /** Those of mailboxes, too. */
  readonly unlisted: boolean;
  readonly limit: number;
  /** Only those before this one; null from the newest. */
  readonly before: RecordPosition | null;
}

/** Where a page of a list ended: newest first, the id settles what finished in the same millisecond. */
export interface RecordPosition {
  readonly finishedAt: number;
  readonly id: string;
}

/** A test that has not ended, and the process that makes it. */
export interface UnderWay extends Omit<ProbeRecord, 'finishedAt' | 'result' | 'problem'> {
  /** What makes two tests the same one. */
  readonly key: string;
  readonly owner: string;
  /** Wall-clock ms; the owner moves it on as long as it lives. */
  readonly leaseUntil: number;
}

/** For how long a process is believed to live after it was heard of, ms, and how often it says so. */
export const LEASE_MS = 20_000;
export const RENEW_MS = 5_000;

/** A lease from before somebody set the clock back would otherwise hold for as long as that was. */
export function isAlive({ leaseUntil }: Pick<UnderWay, 'leaseUntil'>, now: number): boolean {
  return leaseUntil > now && leaseUntil <= now + 2 * LEASE_MS;
}

/** What is told of a test whose process died. */
export const RESTARTED = 'The server was restarted before this test was done. Please start it again.';

export interface RecordStore {
  /** Ends a test that was under way. One that was given up meanwhile gets its result all the same. */
  save(record: ProbeRecord, key?: string | null): Promise<void>;
  find(id: string): Promise<ProbeRecord | null>;
  /** Puts a test on record; answers with the one of the same key that is under way already, where there is one. */
  begin(test: UnderWay, now: number): Promise<UnderWay>;
  underWay(id: string): Promise<UnderWay | null>;
  /** Moves the leases of this process on. */
  renew(owner: string, leaseUntil: number): Promise<void>;
  /** Tests of processes that died are kept as failed, with `RESTARTED`. Answers how many. */
  giveUp(now: number): Promise<number>;
  /** The newest result of this key that ended after `since`. */
  recent(key: string, since: number): Promise<ProbeRecord | null>;
  /** Newest first. */
  list(query: RecordQuery): Promise<readonly ProbeRecord[]>;
  /** Drops what finished before this time and everything but the newest `most`. */
  prune(before: number, most: number): Promise<void>;
}

/** The newest `most` records, in memory alone. */
export function memoryRecords(most: number): RecordStore {
  const records = new Map<string, ProbeRecord & { readonly key: string | null }>();
  const tests = new Map<string, UnderWay>();
  const drop = (): void => {
    for (const id of records.keys()) {
      if (records.size <= most) return;
      records.delete(id);
    }
  };
  const shown = ({ key: _, ...record }: ProbeRecord & { readonly key: string | null }): ProbeRecord => record;
  const giveUp = (test: UnderWay, now: number): void => {
    tests.delete(test.id);
    if (!records.has(test.id)) records.set(test.id, { ...givenUp(test, now), key: null });
  };
  return {
    save: async (record, key = null) => {
      tests.delete(record.id);
      if (records.get(record.id)?.result == null) records.set(record.id, { ...record, key });
      drop();
    },
    find: async (id) => {
      const record = records.get(id);
      return record === undefined ? null : shown(record);
    },
    begin: async (test, now) => {
      const other = [...tests.values()].find(({ key }) => key === test.key);
      if (other !== undefined && isAlive(other, now)) return other;
      if (other !== undefined) giveUp(other, now);
      tests.set(test.id, test);
      return test;
    },
    underWay: async (id) => tests.get(id) ?? null,
    renew: async (owner, leaseUntil) => {
      for (const test of tests.values()) if (test.owner === owner) tests.set(test.id, { ...test, leaseUntil });
    },
    giveUp: async (now) => {
      const dead = [...tests.values()].filter((test) => !isAlive(test, now));
      for (const test of dead) giveUp(test, now);
      return dead.length;
    },
    recent: async (key, since) => {
      const fitting = [...records.values()].filter(
        (record) => record.key === key && record.finishedAt > since && record.result !== null,
      );
      const newest = fitting.sort((one, other) => other.finishedAt - one.finishedAt)[0];
      return newest === undefined ? null : shown(newest);
    },
    list: async (query) =>
      [...records.values()]
        .filter((record) => matches(record, query))
        .sort((one, other) => other.finishedAt - one.finishedAt || (other.id < one.id ? -1 : 1))
        .slice(0, query.limit)
        .map(shown),
    prune: async (before) => {
      for (const [id, { finishedAt }] of records) if (finishedAt < before) records.delete(id);
    },
  };
}

/** A test of a process that died, as it is kept. */
export function givenUp(test: UnderWay, now: number): ProbeRecord {
  const { key: _key, owner: _owner, leaseUntil: _lease, ...rest } = test;
  return { ...rest, finishedAt: Math.max(now, test.createdAt), result: null, problem: RESTARTED };
}

function matches(record: ProbeRecord, { domain, target, unlisted, before }: RecordQuery): boolean {
  if (domain !== undefined && record.domain !== domain) return false;
  if (target !== undefined && record.target !== target) return false;
  if (!unlisted && !record.listed && target === undefined) return false;
  if (before === null) return true;
  return record.finishedAt < before.finishedAt || (record.finishedAt === before.finishedAt && record.id < before.id);
}
