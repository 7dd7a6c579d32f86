/**
 * What the life of a configuration needs of a store: one committed document with its history, and one pending one that
 * nobody acts on before it is committed (R127). Documents are JSON text; what they mean is for `config` alone.
 */
export interface CommittedRevision {
  /** 1, 2, 3, … */
  readonly revision: number;
  readonly document: string;
  readonly comment: string;
  readonly author: string;
  /** Wall-clock ms. */
  readonly at: number;
}

export interface PendingDocument {
  readonly document: string;
  /** The revision it was made from. */
  readonly basedOn: number;
  /** Grows with each change of it and never comes back, not even behind a commit: whoever writes says which one they have read. */
  readonly version: number;
}

export interface ConfigurationStore {
  /** The newest; null on a new installation. */
  committed(): Promise<CommittedRevision | null>;
  revision(revision: number): Promise<CommittedRevision | null>;
  /** Newest first. */
  history(limit: number): Promise<readonly CommittedRevision[]>;
  pending(): Promise<PendingDocument | null>;
  /**
   * Writes the pending document, or takes it away (null), if it still has the `expectedVersion` (null: there is none).
   * Answers the new version (0 when it was taken away), or `conflict` when somebody else was quicker.
   */
  setPending(
    document: { readonly document: string; readonly basedOn: number } | null,
    expectedVersion: number | null,
  ): Promise<number | 'conflict'>;
  /**
   * Adds a revision behind `expectedRevision` (0: the first) and takes the pending document away, in one commit; only if
   * that still has the `expectedVersion` (null: there is none), so that a change made meanwhile is not lost. Where it is
   * left out, whatever is pending goes.
   */
  commit(
    revision: Omit<CommittedRevision, 'revision'>,
    expectedRevision: number,
    expectedVersion?: number | null,
  ): Promise<number | 'conflict'>;
  /** Called when a revision was committed, by whatever process; returns the way to stop. */
  onCommit(listener: (revision: number) => void): () => void;
}
