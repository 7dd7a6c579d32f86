/**
 * The commands whose table has rows with a name and a few fields: bounce profiles, routes, gateways, recipients of
 * alerts. A row's fields are described once; dialogue, flags and listing follow from that.
 */
import type { Outcome } from '../base/outcome.ts';
import type { Edit } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import type { FieldSpec } from './config-options.ts';
import {
  type ConfigInvocation,
  type ConfigSession,
  type Conversation,
  converse,
  inConfiguration,
} from './config-session.ts';
import type { Operation } from './dialogue.ts';
import { fieldsGiven, readField, showField } from './field-values.ts';
import { UsageError } from './usage-error.ts';

/** A row as the document has it. */
export type Row = Readonly<Record<string, unknown>>;

export interface TableKind {
  /** `bounce profile`. */
  readonly noun: string;
  /** The field that names a row. */
  readonly nameKey: string;
  readonly fields: readonly FieldSpec[];
  /** A new row with this name. */
  readonly blank: (name: string) => Row;
  readonly parseName: (text: string) => Outcome<string, string>;
  readonly rows: (document: ConfigurationDocument) => readonly Row[];
  readonly withRows: (document: ConfigurationDocument, rows: readonly Row[]) => ConfigurationDocument;
  /** Reads a row's fields from words behind its name, for those that are not flags. */
  readonly fromWords?: (words: readonly string[]) => Row;
  /** What a listing shows of a row, one line each. */
  readonly show: (row: Row, document: ConfigurationDocument) => string;
  /** More operations of the menu. */
  readonly more?: (conversation: Conversation) => readonly Operation[];
}

export type TableOperation = 'menu' | 'new' | 'edit' | 'delete' | 'list' | 'clear';

export function tableCommand(
  kind: TableKind,
  operation: TableOperation,
  invocation: ConfigInvocation,
): Promise<number> {
  return inConfiguration(invocation, (session) => run(kind, operation, session));
}

async function run(kind: TableKind, operation: TableOperation, session: ConfigSession): Promise<void> {
  const given = (): Row => ({
    ...fieldsGiven(session, kind.fields),
    ...(session.words.length > 1 ? kind.fromWords?.(session.words.slice(1)) : {}),
  });
  switch (operation) {
    case 'menu':
      return converse(session, (conversation) => menuOf(kind, conversation));
    case 'new': {
      const name = nameOf(kind, session);
      return session.change(adding(kind, { ...kind.blank(name), ...given() }), `Added ${name}.`);
    }
    case 'edit': {
      const name = nameOf(kind, session);
      return session.change(editing(kind, name, given()), `Changed ${name}.`);
    }
    case 'delete': {
      const name = nameOf(kind, session);
      return session.change(deleting(kind, name), `Removed ${name}.`);
    }
    case 'list': {
      const { document } = await session.newest();
      const rows = kind.rows(document);
      return session.print(session.isJson() ? JSON.stringify(rows, null, 2) : listing(kind, document));
    }
    case 'clear': {
      if (!session.isSet('yes')) throw new UsageError(`clear removes every ${kind.noun}: say --yes`);
      return session.change((document) => ({ ok: true, value: kind.withRows(document, []) }), 'Removed all.');
    }
  }
}

function nameOf(kind: TableKind, { words }: ConfigSession): string {
  const name = kind.parseName(words[0] ?? '');
  if (!name.ok) throw new UsageError(name.failure);
  return name.value;
}

function listing(kind: TableKind, document: ConfigurationDocument): string {
  const rows = kind.rows(document);
  if (rows.length === 0) return `There is no ${kind.noun}.`;
  return rows.map((row) => kind.show(row, document)).join('\n');
}

function sameName(kind: TableKind, name: string): (row: Row) => boolean {
  return (row) => String(row[kind.nameKey]).toLowerCase() === name.toLowerCase();
}

function adding(kind: TableKind, row: Row): Edit {
  return (document) => {
    const rows = kind.rows(document);
    const name = String(row[kind.nameKey]);
    if (rows.some(sameName(kind, name)))
      return { ok: false, failure: `there is a ${kind.noun} ${name} already; edit it` };
    return { ok: true, value: kind.withRows(document, [...rows, row]) };
  };
}

function editing(kind: TableKind, name: string, fields: Row): Edit {
  return (document) => {
    const rows = kind.rows(document);
    const isIt = sameName(kind, name);
    if (!rows.some(isIt)) return { ok: false, failure: `there is no ${kind.noun} ${name}` };
    return {
      ok: true,
      value: kind.withRows(
        document,
        rows.map((row) => (isIt(row) ? { ...row, ...fields } : row)),
      ),
    };
  };
}

function deleting(kind: TableKind, name: string): Edit {
  return (document) => {
    const rows = kind.rows(document);
    const left = rows.filter((row) => !sameName(kind, name)(row));
    if (left.length === rows.length) return { ok: false, failure: `there is no ${kind.noun} ${name}` };
    return { ok: true, value: kind.withRows(document, left) };
  };
}

/** Operations of the menu of a table. */
export function menuOf(kind: TableKind, conversation: Conversation): readonly Operation[] {
  const { dialogue, session } = conversation;
  const askName = async (what: string, isKnown: (name: string) => string | null): Promise<string | null> =>
    dialogue.ask(`Enter the ${kind.noun} you wish to ${what}.`, '', (answer): Outcome<string | null, string> => {
      if (answer === '') return { ok: true, value: null };
      const name = kind.parseName(answer);
      const why = name.ok ? isKnown(name.value) : null;
      return why === null ? name : { ok: false, failure: why };
    });
  const existing = (rows: readonly Row[]) => (name: string) =>
    rows.some(sameName(kind, name)) ? null : `There is no ${kind.noun} ${name}.`;
  return [
    {
      name: 'NEW',
      help: `Create a new ${kind.noun}.`,
      run: async () => {
        const seen = await session.newest();
        const rows = kind.rows(seen.document);
        const name = await askName('create', (each) =>
          rows.some(sameName(kind, each)) ? `There is a ${kind.noun} ${each} already; EDIT modifies it.` : null,
        );
        if (name === null) return;
        const blank = kind.blank(name);
        const fields = await askFields(conversation, kind.fields, blank);
        await conversation.change(seen, adding(kind, { ...blank, ...fields }));
      },
    },
    {
      name: 'EDIT',
      help: `Modify a ${kind.noun}.`,
      run: async () => {
        const seen = await session.newest();
        const rows = kind.rows(seen.document);
        const name = await askName('edit', existing(rows));
        if (name === null) return;
        const row = rows.find(sameName(kind, name)) ?? kind.blank(name);
        await conversation.change(seen, editing(kind, name, await askFields(conversation, kind.fields, row)));
      },
    },
    {
      name: 'DELETE',
      help: `Remove a ${kind.noun}.`,
      run: async () => {
        const seen = await session.newest();
        const name = await askName('delete', existing(kind.rows(seen.document)));
        if (name !== null) await conversation.change(seen, deleting(kind, name));
      },
    },
    {
      name: 'LIST',
      help: 'Display all of them.',
      run: async () => dialogue.say(listing(kind, (await session.newest()).document)),
    },
    ...(kind.more?.(conversation) ?? []),
  ];
}

/** Asks for each field that has a question; what stands in `row` is the answer of an empty line. */
export async function askFields(
  { dialogue }: Pick<Conversation, 'dialogue'>,
  fields: readonly FieldSpec[],
  row: Row,
): Promise<Row> {
  const answers: Record<string, unknown> = {};
  for (const spec of fields) {
    if (spec.question === undefined) continue;
    const now = row[spec.key];
    answers[spec.key] =
      spec.kind === 'switch'
        ? await dialogue.yesOrNo(spec.question, now === true)
        : await dialogue.ask(spec.question, now === undefined ? '' : showField(now, spec), (text) =>
            readField(spec, text),
          );
  }
  return answers;
}
