/**
 * What monitors need of a store. Several processes share it: a run is leased to one of them, and what it came to (state,
 * history, results, notices) is one commit, which counts only while the lease is held. A process that dies in the middle
 * leaves nothing by half, and its run comes back when the lease is over.
 */
import type { ProbeResult } from '../probe/result.ts';
import type { MonitorMemory, MonitorRun } from './advance.ts';
import type { Notice } from './notice.ts';

export interface MonitorRow {
  readonly name: string;
  /** As it was when `nextAt` was made of it. */
  readonly schedule: string;
  readonly nextAt: number;
  /** Somebody runs it now. */
  readonly running: boolean;
  readonly memory: MonitorMemory;
}

export interface ClaimedMonitor extends MonitorRow {
  /** By target: the last result that could tell. */
  readonly before: ReadonlyMap<string, ProbeResult>;
}

export interface MonitorClaim {
  /** Those of the configuration that is in force here. */
  readonly names: readonly string[];
  readonly most: number;
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
}

export interface KeptResult {
  readonly id: string;
  readonly target: string;
  readonly at: number;
  readonly result: ProbeResult;
  /** It could tell, so that the next one is compared with it. */
  readonly told: boolean;
  /** Something changed: it is kept longer. */
  readonly notable: boolean;
}

/** A notice on its way over one channel. */
export interface Posting {
  readonly channel: 'mail' | 'webhook';
  /** Where it goes, as `addressOf` says it. */
  readonly address: string;
  readonly notice: Notice;
}

export interface DuePosting extends Posting {
  readonly id: number;
  readonly attempts: number;
  readonly createdAt: number;
}

export type PostingOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'given-up'; readonly why: string }
  | { readonly kind: 'later'; readonly at: number; readonly why: string };

export interface FinishedRun {
  readonly name: string;
  readonly owner: string;
  readonly memory: MonitorMemory;
  readonly run: MonitorRun;
  readonly results: readonly KeptResult[];
  readonly postings: readonly Posting[];
  readonly nextAt: number;
}

export interface StoredRun extends MonitorRun {
  readonly id: number;
}

export interface HistoryQuery {
  readonly name: string;
  readonly limit: number;
  /** Only runs before this one; null from the newest. */
  readonly before: number | null;
}

export interface Retention {
  /** Runs of one monitor, and ms for which they are kept. */
  readonly runs: number;
  readonly keepMs: number;
  /** Full results of one target; of notable ones as many again. */
  readonly results: number;
}

export const DEFAULT_RETENTION: Retention = { runs: 20_000, keepMs: 90 * 86_400_000, results: 50 };

export interface MonitorStore {
  /** Makes rows for monitors that have none, and gives those whose schedule is another one their next time. */
  sync(
    monitors: readonly { readonly name: string; readonly schedule: string; readonly nextAt: number }[],
  ): Promise<void>;
  /** Due monitors that nobody runs, longest due first, and the lease on record before any packet. */
  claim(claim: MonitorClaim): Promise<readonly ClaimedMonitor[]>;
  /** The leases of this owner live on. */
  renew(owner: string, now: number, leaseMs: number): Promise<void>;
  /** Null where the lease was lost meanwhile: nothing is kept then. */
  finish(run: FinishedRun): Promise<{ readonly runId: number } | null>;
  /** Gives what this owner holds back, as if it had never been claimed. */
  release(owner: string): Promise<void>;
  rows(): Promise<readonly MonitorRow[]>;
  row(name: string): Promise<MonitorRow | null>;
  /** Due at once. False where there is no row of this name. */
  runNow(name: string, now: number): Promise<boolean>;
  /** Newest first. */
  history(query: HistoryQuery): Promise<readonly StoredRun[]>;
  /** A result by its id, with the monitor it belongs to. */
  result(id: string): Promise<(KeptResult & { readonly name: string }) | null>;
  /** Notices that are due, leased: each goes to one caller. */
  claimPostings(claim: Omit<MonitorClaim, 'names'>): Promise<readonly DuePosting[]>;
  settlePosting(id: number, owner: string, outcome: PostingOutcome, now: number): Promise<void>;
  /** Forgets what is old, beyond its number, or of monitors that are not among `names` and have nothing left to show. */
  prune(names: readonly string[], now: number, retention: Retention): Promise<void>;
  /** Calls when a run was asked for or a notice is on its way; returns the way to stop. */
  onWork(listener: () => void): () => void;
}
