/**
 * The commands for the configuration as a whole: `commit`, `clear`, `showconfig`, `saveconfig`, `loadconfig` and
 * `rollbackconfig` (specification 2.j).
 */
import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { RevisionSummary, Snapshot } from '../config/configuration.ts';
import { describeChange, diffDocuments } from '../config/diff.ts';
import { describeConfigurationFault } from '../config/fault.ts';
import { loadDocument, saveDocument } from '../config/saved-document.ts';
import { maskSecrets } from '../config/secrets.ts';
import { type ConfigInvocation, type ConfigSession, fileGiven, inConfiguration, settled } from './config-session.ts';
import { anyText, EndOfInput, openDialogue, wholeBetween } from './dialogue.ts';
import { openSink } from './sink.ts';
import { UsageError } from './usage-error.ts';

/** Revisions that are listed. */
const MAX_LISTED = 100;
/** A saved configuration holds private keys. */
const OWNER_ONLY = 0o600;
const MAX_REVISION = 1_000_000_000;

export type LifeOperation = 'commit' | 'clear' | 'showconfig' | 'saveconfig' | 'loadconfig' | 'rollbackconfig';

export function configLifeCommand(operation: LifeOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, (session) => OPERATIONS[operation](session));
}

const OPERATIONS: Readonly<Record<LifeOperation, (session: ConfigSession) => Promise<void>>> = {
  commit: async (session) => {
    const { tag } = await session.newest();
    const changes = settled(await session.configuration.pendingChanges());
    const comment = session.words.join(' ') || (await commentFrom(session));
    const { author } = session;
    const committed = settled(await session.configuration.commit({ comment, author, tag }));
    await session.print(`${countOf(changes.length)} committed as revision ${committed.revision}.`);
  },
  clear: async (session) => {
    const changes = settled(await session.configuration.pendingChanges());
    if (!session.isSet('yes') && session.world.stdinIsTerminal) {
      const question = 'Are you sure you want to clear all changes since the last commit?';
      const isSure = await asking(session, (dialogue) => dialogue.yesOrNo(question, false));
      if (isSure !== true) return;
    }
    settled(await session.configuration.clear());
    await session.print(`${countOf(changes.length)} cleared.`);
  },
  showconfig: async (session) => {
    if (session.isSet('history')) return history(session);
    if (session.isSet('diff')) return diff(session);
    const document = maskSecrets(await chosenDocument(session));
    return session.print(JSON.stringify(document, null, 2));
  },
  saveconfig: async (session) => {
    const { world } = session;
    const document = await chosenDocument(session);
    const file = session.words[0] ?? '-';
    const sink = await openSink(file, world, 'saveconfig', OWNER_ONLY);
    await sink.write(saveDocument(document, session.isSet('mask') ? 'masked' : 'included'));
    await sink.commit();
    if ((await session.newest()).isPending && !session.isSet('pending')) {
      await world.stderr.write('tlsreach: pending changes were not saved; --pending saves them, too\n');
    }
  },
  loadconfig: async (session) => {
    const loaded = loadDocument(await fileGiven(session, 'loadconfig'));
    if (!loaded.ok) {
      throw new UsageError(`nothing was loaded:\n${loaded.failure.map(describeConfigurationFault).join('\n')}`);
    }
    await session.change(() => ({ ok: true, value: loaded.value }), 'Loaded the configuration.');
  },
  rollbackconfig: async (session) => {
    const given = session.words[0];
    const revision = given === undefined ? await chosenRevision(session) : revisionOf(given);
    if (revision === null) return;
    const { author } = session;
    const comment = `rollback to revision ${revision}`;
    const after = settled(await session.configuration.rollback(revision, { comment, author }));
    await session.print(`Rolled back to revision ${revision}, committed as revision ${after.revision}.`);
  },
};

/** What a person at a terminal says about the changes; a script gives it as a word. */
async function commentFrom(session: ConfigSession): Promise<string> {
  if (!session.world.stdinIsTerminal || !(await session.newest()).isPending) return '';
  const question = 'Please enter some comments describing your changes:';
  const comment = await asking(session, (dialogue) => dialogue.ask(question, '', anyText));
  if (comment === null) throw new UsageError('the input ended before the comment; nothing was committed');
  return comment;
}

/** One question; null where nobody answers it. */
async function asking<Value>(
  { world }: ConfigSession,
  ask: (dialogue: ReturnType<typeof openDialogue>) => Promise<Value>,
): Promise<Value | null> {
  const dialogue = openDialogue(world);
  try {
    return await ask(dialogue);
  } catch (error) {
    if (error instanceof EndOfInput) return null;
    throw error;
  } finally {
    await dialogue.close();
  }
}

/** The document in force, with `--pending` the one that would be, with `--revision` an earlier one. */
async function chosenDocument(session: ConfigSession): Promise<Snapshot['document']> {
  const revision = session.flag('revision');
  if (revision !== undefined) return settled(await session.configuration.at(revisionOf(revision)));
  if (session.isSet('pending')) return (await session.newest()).document;
  return settled(await session.configuration.committed()).document;
}

/** From the revision in force, or from `--revision`, to what is pending or in force. */
async function diff(session: ConfigSession): Promise<void> {
  const before = await chosenDocument(session);
  const changes = diffDocuments(before, (await session.newest()).document);
  if (session.isJson()) return session.print(JSON.stringify(changes, null, 2));
  const lines = changes.map((change) => printable(describeChange(change)));
  return session.print(lines.length === 0 ? 'No changes.' : lines.join('\n'));
}

async function history(session: ConfigSession): Promise<void> {
  const revisions = await session.configuration.history(MAX_LISTED);
  if (session.isJson()) {
    const rows = revisions.map((each) => ({ ...each, at: new Date(each.at).toISOString() }));
    return session.print(JSON.stringify(rows, null, 2));
  }
  return session.print(revisions.length === 0 ? 'Nothing was committed yet.' : revisions.map(historyLine).join('\n'));
}

function historyLine({ revision, at, author, comment }: RevisionSummary): string {
  const line = `${String(revision).padStart(4)}  ${new Date(at).toISOString()}  ${author}  ${comment}`;
  return printable(line).trimEnd();
}

async function chosenRevision(session: ConfigSession): Promise<number | null> {
  await history(session);
  const question = 'Enter the number of the revision to roll back to; an empty line leaves everything as it is.';
  return asking(session, (dialogue) =>
    dialogue.ask(
      question,
      '',
      (answer): Outcome<number | null, string> =>
        answer === '' ? { ok: true, value: null } : wholeBetween(0, MAX_REVISION)(answer),
    ),
  );
}

function revisionOf(text: string): number {
  const read = wholeBetween(0, MAX_REVISION)(text);
  if (!read.ok) throw new UsageError(`the revision ${read.failure}`);
  return read.value;
}

function countOf(changes: number): string {
  return changes === 1 ? '1 change' : `${changes} changes`;
}
