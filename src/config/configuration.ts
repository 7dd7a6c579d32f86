/**
 * The life of a configuration (R127): changes gather in a pending document that nobody acts on; a commit makes them a
 * revision that every running process follows; earlier revisions stay, and one of them can be brought back. Whoever
 * writes says what they have read, so that of two writers neither loses a change of the other.
 */
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import type { DeliveryConfiguration } from '../delivery/settings.ts';
import type { CommittedRevision, ConfigurationStore, PendingDocument } from './configuration-store.ts';
import { deliveryConfigurationOf, followingConfiguration } from './delivery-configuration.ts';
import { type ConfigurationChange, diffDocuments } from './diff.ts';
import { type ConfigurationDocument, INITIAL_DOCUMENT } from './document.ts';
import { type ConfigurationFault, describeConfigurationFault } from './fault.ts';
import { checkDocument, parseDocument } from './read-document.ts';

/** Characters of a comment or of the name of an author. */
export const MAX_COMMENT_LENGTH = 1_000;
/** A change that others overtake is made again on what they left, so often. */
const MAX_TRIES = 20;

export interface Snapshot {
  readonly document: ConfigurationDocument;
  /** The revision in force, 0 before the first commit. */
  readonly revision: number;
  /** Whether `document` holds changes that are not committed. */
  readonly isPending: boolean;
  /** Changes whenever anybody changes or commits anything: an entity tag. */
  readonly tag: string;
}

export type ConfigurationFailure =
  /** The result would not hold. */
  | { readonly kind: 'invalid'; readonly faults: readonly ConfigurationFault[] }
  /** Somebody else changed the configuration since it was read. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'nothing-pending' }
  /** Changes are pending that a rollback would lose. */
  | { readonly kind: 'pending-changes' }
  | { readonly kind: 'no-such-revision'; readonly revision: number }
  /** What the change itself refuses: there is no such entry. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The store holds a document that this program cannot read. */
  | { readonly kind: 'unreadable'; readonly faults: readonly ConfigurationFault[] };

/** From the newest document to the next one, or to a sentence why not. Called again when somebody was quicker. */
export type Edit = (document: ConfigurationDocument) => Outcome<ConfigurationDocument, string>;

export interface Configuration {
  /** What is in force. */
  committed(): Promise<Outcome<Snapshot, ConfigurationFailure>>;
  /** With the pending changes: what people edit. */
  newest(): Promise<Outcome<Snapshot, ConfigurationFailure>>;
  /** Makes a change pending. With `tag`, only if nobody changed anything since that snapshot was taken. */
  change(edit: Edit, tag?: string): Promise<Outcome<Snapshot, ConfigurationFailure>>;
  /** Puts the pending changes in force; with `tag`, only those of that snapshot. */
  commit(request: CommitRequest): Promise<Outcome<Snapshot, ConfigurationFailure>>;
  /** Throws the pending changes away. */
  clear(): Promise<Outcome<null, ConfigurationFailure>>;
  /** Commits an earlier revision anew. Refused while changes are pending. */
  rollback(revision: number, request: CommitRequest): Promise<Outcome<Snapshot, ConfigurationFailure>>;
  /** Newest first, without their documents. */
  history(limit: number): Promise<readonly RevisionSummary[]>;
  /** The document of a revision; 0 is that of a new installation. */
  at(revision: number): Promise<Outcome<ConfigurationDocument, ConfigurationFailure>>;
  /** What the pending changes change. */
  pendingChanges(): Promise<Outcome<readonly ConfigurationChange[], ConfigurationFailure>>;
  /** What is in force, for a process that runs on: each answer is that of the newest revision. */
  follow(hooks?: FollowHooks): Promise<Outcome<FollowedConfiguration, ConfigurationFailure>>;
}

export interface CommitRequest {
  readonly comment: string;
  readonly author: string;
  readonly tag?: string;
}

export type RevisionSummary = Omit<CommittedRevision, 'document'>;

export interface FollowHooks {
  /** A revision came into force. */
  readonly onRevision?: (snapshot: Snapshot) => void;
  /** A revision could not be read: the one before stays in force. */
  readonly onFailure?: (why: string) => void;
}

export interface FollowedConfiguration {
  readonly delivery: DeliveryConfiguration;
  /** What is in force now. */
  snapshot(): Snapshot;
  /** Stops following. */
  close(): void;
}

interface Read extends Snapshot {
  readonly pending: PendingDocument | null;
}

export function createConfiguration(store: ConfigurationStore, clock: Pick<Clock, 'now'>): Configuration {
  const known = documentCache();

  async function committed(): Promise<Outcome<Read, ConfigurationFailure>> {
    return snapshotOf(await store.committed(), null);
  }

  async function newest(): Promise<Outcome<Read, ConfigurationFailure>> {
    const pending = await store.pending();
    return snapshotOf(await store.committed(), pending);
  }

  function snapshotOf(
    revision: CommittedRevision | null,
    pending: PendingDocument | null,
  ): Outcome<Read, ConfigurationFailure> {
    const text = pending?.document ?? revision?.document ?? null;
    const document = text === null ? succeeded(INITIAL_DOCUMENT) : known(text);
    if (!document.ok) return document;
    const number = revision?.revision ?? 0;
    const tag = `${number}.${pending === null ? '-' : pending.version}`;
    return succeeded({ document: document.value, revision: number, isPending: pending !== null, tag, pending });
  }

  async function change(edit: Edit, tag?: string): Promise<Outcome<Snapshot, ConfigurationFailure>> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const now = await newest();
      if (!now.ok) return now;
      if (tag !== undefined && tag !== now.value.tag) return failed({ kind: 'conflict' });
      const edited = edit(now.value.document);
      if (!edited.ok) return failed({ kind: 'refused', why: edited.failure });
      const checked = checkDocument(edited.value);
      if (!checked.ok) return failed({ kind: 'invalid', faults: checked.failure });
      const next = JSON.stringify(checked.value);
      if (next === JSON.stringify(now.value.document)) return now;
      const { pending, revision } = now.value;
      const basedOn = pending?.basedOn ?? revision;
      const version = await store.setPending({ document: next, basedOn }, pending?.version ?? null);
      if (version !== 'conflict') {
        return succeeded({ document: checked.value, revision, isPending: true, tag: `${revision}.${version}` });
      }
    }
    return failed({ kind: 'conflict' });
  }

  async function commit(request: CommitRequest): Promise<Outcome<Snapshot, ConfigurationFailure>> {
    const now = await newest();
    if (!now.ok) return now;
    const { pending, document, tag } = now.value;
    if (pending === null) return failed({ kind: 'nothing-pending' });
    if (request.tag !== undefined && request.tag !== tag) return failed({ kind: 'conflict' });
    return putInForce(document, pending, now.value.revision, request);
  }

  async function putInForce(
    document: ConfigurationDocument,
    pending: PendingDocument | null,
    revision: number,
    { comment, author }: CommitRequest,
  ): Promise<Outcome<Snapshot, ConfigurationFailure>> {
    if (pending !== null && pending.basedOn !== revision) return failed({ kind: 'conflict' });
    const next = {
      document: JSON.stringify(document),
      comment: comment.slice(0, MAX_COMMENT_LENGTH),
      author: author.slice(0, MAX_COMMENT_LENGTH),
      at: clock.now(),
    };
    const number = await store.commit(next, revision, pending?.version ?? null);
    if (number === 'conflict') return failed({ kind: 'conflict' });
    return succeeded({ document, revision: number, isPending: false, tag: `${number}.-` });
  }

  async function clear(): Promise<Outcome<null, ConfigurationFailure>> {
    const pending = await store.pending();
    if (pending === null) return failed({ kind: 'nothing-pending' });
    const version = await store.setPending(null, pending.version);
    return version === 'conflict' ? failed({ kind: 'conflict' }) : succeeded(null);
  }

  async function at(revision: number): Promise<Outcome<ConfigurationDocument, ConfigurationFailure>> {
    if (revision === 0) return succeeded(INITIAL_DOCUMENT);
    const found = await store.revision(revision);
    return found === null ? failed({ kind: 'no-such-revision', revision }) : known(found.document);
  }

  async function rollback(revision: number, request: CommitRequest): Promise<Outcome<Snapshot, ConfigurationFailure>> {
    const now = await newest();
    if (!now.ok) return now;
    if (now.value.pending !== null) return failed({ kind: 'pending-changes' });
    const document = await at(revision);
    return document.ok ? putInForce(document.value, null, now.value.revision, request) : document;
  }

  async function pendingChanges(): Promise<Outcome<readonly ConfigurationChange[], ConfigurationFailure>> {
    const before = await committed();
    if (!before.ok) return before;
    const after = await newest();
    return after.ok ? succeeded(diffDocuments(before.value.document, after.value.document)) : after;
  }

  async function follow(hooks: FollowHooks = {}): Promise<Outcome<FollowedConfiguration, ConfigurationFailure>> {
    let current: { readonly snapshot: Snapshot; readonly delivery: DeliveryConfiguration } | null = null;
    let closed = false;
    const refresh = async (): Promise<ConfigurationFailure | null> => {
      const read = await committed();
      if (!read.ok) return read.failure;
      // Two notices may overtake each other: never back to an older revision.
      if (closed || (current !== null && read.value.revision <= current.snapshot.revision)) return null;
      const { document, revision, tag } = read.value;
      const snapshot = { document, revision, tag, isPending: false };
      const isFirst = current === null;
      current = { snapshot, delivery: deliveryConfigurationOf(document) };
      if (!isFirst) hooks.onRevision?.(snapshot);
      return null;
    };
    const tell = (why: string): void => hooks.onFailure?.(why);
    const stop = store.onCommit(() => {
      refresh().then(
        (failure) => failure !== null && tell(describeConfigurationFailure(failure)),
        (error: unknown) => tell(error instanceof Error ? error.message : String(error)),
      );
    });
    const failure = await refresh();
    const first = current as { readonly snapshot: Snapshot; readonly delivery: DeliveryConfiguration } | null;
    if (failure !== null || first === null) {
      stop();
      return failed(failure ?? { kind: 'conflict' });
    }
    const now = () => current ?? first;
    return succeeded({
      delivery: followingConfiguration(() => now().delivery),
      snapshot: () => now().snapshot,
      close: () => {
        closed = true;
        stop();
      },
    });
  }

  return {
    committed,
    newest,
    change,
    commit,
    clear,
    rollback,
    at,
    pendingChanges,
    follow,
    history: async (limit) => (await store.history(limit)).map(({ document: _, ...summary }) => summary),
  };
}

/** A sentence for people; of an invalid document the faults, one a line. */
export function describeConfigurationFailure(failure: ConfigurationFailure): string {
  switch (failure.kind) {
    case 'invalid':
      return failure.faults.map(describeConfigurationFault).join('\n');
    case 'conflict':
      return 'somebody else changed the configuration in the meantime; nothing was changed: look at it and do it again';
    case 'nothing-pending':
      return 'there are no pending changes';
    case 'pending-changes':
      return 'there are pending changes, which a rollback would lose; commit them or clear them first';
    case 'no-such-revision':
      return `there is no revision ${failure.revision}`;
    case 'refused':
      return failure.why;
    case 'unreadable':
      return `the stored configuration cannot be read: ${failure.faults.map(describeConfigurationFault).join('; ')}`;
  }
}

/** Reading a large document costs a second, and it is mostly the same one: the two last are kept. */
function documentCache(): (text: string) => Outcome<ConfigurationDocument, ConfigurationFailure> {
  const kept: { readonly text: string; readonly document: ConfigurationDocument }[] = [];
  return (text) => {
    const found = kept.find((each) => each.text === text);
    if (found !== undefined) return succeeded(found.document);
    const read = parseDocument(text);
    if (!read.ok) return failed({ kind: 'unreadable', faults: read.failure });
    kept.unshift({ text, document: read.value });
    kept.length = Math.min(kept.length, 2);
    return read;
  };
}
