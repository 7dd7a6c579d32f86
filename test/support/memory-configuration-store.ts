/** The configuration's store in memory, with the same promises about who was quicker. */
import type { CommittedRevision, ConfigurationStore, PendingDocument } from '../../src/config/configuration-store.ts';

export function memoryConfigurationStore(): ConfigurationStore {
  const revisions: CommittedRevision[] = [];
  const listeners = new Set<(revision: number) => void>();
  let pending: PendingDocument | null = null;
  let lastVersion = 0;
  const isOverdue = (expected: number | null): boolean => (pending?.version ?? null) !== expected;
  return {
    committed: async () => revisions.at(-1) ?? null,
    revision: async (number) => revisions.find(({ revision }) => revision === number) ?? null,
    history: async (limit) => revisions.toReversed().slice(0, limit),
    pending: async () => pending,
    setPending: async (document, expectedVersion) => {
      if (isOverdue(expectedVersion)) return 'conflict';
      if (document === null) {
        pending = null;
        return 0;
      }
      lastVersion++;
      pending = { ...document, version: lastVersion };
      return lastVersion;
    },
    commit: async (revision, expectedRevision, expectedVersion) => {
      if (revisions.length !== expectedRevision) return 'conflict';
      if (expectedVersion !== undefined && isOverdue(expectedVersion)) return 'conflict';
      revisions.push({ ...revision, revision: expectedRevision + 1 });
      pending = null;
      for (const listener of listeners) listener(expectedRevision + 1);
      return expectedRevision + 1;
    },
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
