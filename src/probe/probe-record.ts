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

export interface RecordStore {
  save(record: ProbeRecord): Promise<void>;
  find(id: string): Promise<ProbeRecord | null>;
  /** Newest first. */
  list(query: RecordQuery): Promise<readonly ProbeRecord[]>;
  /** Drops what finished before this time and everything but the newest `most`. */
  prune(before: number, most: number): Promise<void>;
}

/** The newest `most` records, in memory alone. */
export function memoryRecords(most: number): RecordStore {
  const records = new Map<string, ProbeRecord>();
  const drop = (): void => {
    for (const id of records.keys()) {
      if (records.size <= most) return;
      records.delete(id);
    }
  };
  return {
    save: async (record) => {
      records.set(record.id, record);
      drop();
    },
    find: async (id) => records.get(id) ?? null,
    list: async (query) =>
      [...records.values()]
        .filter((record) => matches(record, query))
        .sort((one, other) => other.finishedAt - one.finishedAt || (other.id < one.id ? -1 : 1))
        .slice(0, query.limit),
    prune: async (before) => {
      for (const [id, { finishedAt }] of records) if (finishedAt < before) records.delete(id);
    },
  };
}

function matches(record: ProbeRecord, { domain, target, unlisted, before }: RecordQuery): boolean {
  if (domain !== undefined && record.domain !== domain) return false;
  if (target !== undefined && record.target !== target) return false;
  if (!unlisted && !record.listed && target === undefined) return false;
  if (before === null) return true;
  return record.finishedAt < before.finishedAt || (record.finishedAt === before.finishedAt && record.id < before.id);
}
