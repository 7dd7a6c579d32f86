/** A batch of tests, and what the house needs of a store so that it outlives the process that works on it. */
import type { ProbeOptions } from './probe-record.ts';

/** The mail about a batch (R56). */
export interface BatchReport {
  readonly to: readonly string[];
  /** A format of the command line. */
  readonly format: string;
  /** Only where a target came to less, or to nothing; null: always. */
  readonly onlyBelow: number | null;
}

export interface BatchRecord {
  readonly id: string;
  /** Whose allowance it takes. */
  readonly caller: string;
  readonly anonymous: boolean;
  readonly options: Partial<ProbeOptions>;
  readonly fresh: boolean;
  readonly report: BatchReport | null;
  /** Wall-clock ms, as `endedAt`. */
  readonly createdAt: number;
  /** Null: there is something to do. */
  readonly endedAt: number | null;
  readonly reportState: ReportState | null;
  /** Why it failed. */
  readonly reportDetail: string | null;
}

export type ReportState = 'waiting' | 'queued' | 'suppressed' | 'failed';

export interface BatchItem {
  /** From 0, in the order of the request. */
  readonly place: number;
  readonly target: string;
  readonly state: 'waiting' | 'begun' | 'done' | 'failed';
  /** The test's id; null before it has begun. */
  readonly probe: string | null;
  /** How often it was begun. */
  readonly tries: number;
  readonly value: number | null;
  readonly problem: { readonly kind: BatchProblem; readonly detail: string } | null;
}

export type BatchProblem = 'bad-target' | 'not-permitted' | 'too-many' | 'internal';

export interface KeptBatch {
  readonly batch: BatchRecord;
  readonly items: readonly BatchItem[];
}

export interface Lease {
  readonly owner: string;
  /** Wall-clock ms. */
  readonly until: number;
}

export interface BatchStore {
  /** False, and nothing was kept, where the caller has `most` under way. One of that id that is there already is fine. */
  create(kept: KeptBatch, lease: Lease, most: number): Promise<boolean>;
  find(id: string): Promise<KeptBatch | null>;
  /** False where somebody else works on it: then nothing was changed. */
  update(id: string, owner: string, items: readonly BatchItem[]): Promise<boolean>;
  end(id: string, owner: string, end: Pick<BatchRecord, 'endedAt' | 'reportState' | 'reportDetail'>): Promise<boolean>;
  /** Open ones whose process died, at most so many, which are the new owner's from now on. */
  takeUp(lease: Lease, now: number, most: number): Promise<readonly KeptBatch[]>;
  renew(lease: Lease): Promise<void>;
  /** Whoever comes next may go on with them. */
  release(owner: string): Promise<void>;
  /** Forgets those made before then, whatever became of them, and all but the newest `most`. */
  prune(before: number, most: number): Promise<void>;
}
