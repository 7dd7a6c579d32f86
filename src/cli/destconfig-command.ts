/**
 * `tlsreach destconfig`: Destination Controls, as the dialogue of the appliance (specification 2.a.5) and as commands with
 * flags. Whatever it changes is pending until `tlsreach commit`.
 */

import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import {
  addDestination,
  clearDestinations,
  deleteDestination,
  editDefault,
  editDestination,
  editGlobal,
  importTable,
} from '../config/destination-edits.ts';
import { exportDestinations } from '../config/destination-ini.ts';
import { parseDestinationName } from '../config/destination-name.ts';
import { DEMO_CERTIFICATE } from '../config/document.ts';
import type { DestinationControls, DestinationEntry } from '../policy/destination.ts';
import { DESTINATION_FIELDS, SETUP_FIELDS } from './config-options.ts';
import {
  type ConfigInvocation,
  type ConfigSession,
  type Conversation,
  converse,
  fileGiven,
  inConfiguration,
} from './config-session.ts';
import { askDefault, askEntry, askGlobal, emptyEntry } from './destconfig-questions.ts';
import { detailDestinations, globalLines, listDestinations } from './destconfig-table.ts';
import type { Operation } from './dialogue.ts';
import { anyText } from './dialogue.ts';
import { fieldsGiven } from './field-values.ts';
import { readText } from './given-options.ts';
import { openSink } from './sink.ts';
import { OutputError, UsageError } from './usage-error.ts';

export type DestconfigOperation =
  | 'menu'
  | 'new'
  | 'edit'
  | 'delete'
  | 'default'
  | 'list'
  | 'detail'
  | 'clear'
  | 'import'
  | 'export'
  | 'setup';

export function destconfigCommand(operation: DestconfigOperation, invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, (session) => OPERATIONS[operation](session));
}

const OPERATIONS: Readonly<Record<DestconfigOperation, (session: ConfigSession) => Promise<void>>> = {
  menu: (session) => converse(session, menuOf),
  new: async (session) => {
    const domain = domainOf(session);
    const fields = fieldsGiven(session, DESTINATION_FIELDS, true) as Partial<DestinationEntry>;
    await session.change(addDestination({ ...emptyEntry(domain), ...fields }), `Added ${domain}.`);
  },
  edit: async (session) => {
    const domain = domainOf(session);
    const fields = fieldsGiven(session, DESTINATION_FIELDS, true) as Partial<DestinationEntry>;
    await session.change(editDestination(domain, fields), `Changed ${domain}.`);
  },
  delete: async (session) => {
    const domain = domainOf(session);
    await session.change(deleteDestination(domain), `Removed ${domain}.`);
  },
  default: async (session) => {
    const fields = fieldsGiven(session, DESTINATION_FIELDS) as Partial<DestinationControls>;
    await session.change(editDefault(fields), 'Changed the default entry.');
  },
  list: async (session) => {
    const { document } = await session.newest();
    await session.print(session.isJson() ? jsonOf(document.destinations) : listDestinations(document));
  },
  detail: async (session) => {
    const { document } = await session.newest();
    const domain = session.words[0] === undefined ? null : domainOf(session);
    const entry = document.destinations.entries.find((each) => each.domain === domain);
    if (domain !== null && entry === undefined) throw new UsageError(`there is no entry for ${domain}`);
    if (session.isJson()) await session.print(jsonOf(entry ?? document.destinations));
    else await session.print(detailDestinations(document, domain));
  },
  clear: async (session) => {
    if (!session.isSet('yes')) throw new UsageError('clear removes every entry but the default one: say --yes');
    await session.change(clearDestinations, 'Removed all entries but the default one.');
  },
  import: async (session) => {
    const text = await fileGiven(session, 'import');
    await session.change(importTable(text), 'Imported the table; it replaces all entries.');
  },
  export: async (session) => {
    const { document } = await session.newest();
    await writeTo(session, session.words[0] ?? '-', exportDestinations(document));
  },
  setup: async (session) => {
    const { certificate, ...fields } = fieldsGiven(session, SETUP_FIELDS);
    const isDemo = typeof certificate === 'string' && certificate.toLowerCase() === DEMO_CERTIFICATE.toLowerCase();
    const chosen = certificate === undefined ? {} : { certificate: isDemo ? null : String(certificate) };
    await session.change(editGlobal({ ...fields, ...chosen }), 'Changed the global settings.');
    await session.print(globalLines((await session.newest()).document).join('\n'));
  },
};

function menuOf(conversation: Conversation): readonly Operation[] {
  const { dialogue, session } = conversation;
  const operation = (name: string, help: string, run: () => Promise<void>): Operation => ({ name, help, run });
  return [
    operation('SETUP', 'Change global settings.', async () => {
      const seen = await session.newest();
      await conversation.change(seen, editGlobal(await askGlobal(dialogue, seen.document)));
    }),
    operation('NEW', 'Create a new entry.', () => askNew(conversation)),
    operation('EDIT', 'Modify an entry.', async () => {
      const seen = await session.newest();
      const entry = await askExisting(conversation, 'Enter the domain you wish to edit.', seen.document.destinations);
      if (entry === null) return;
      const edited = await askEntry(dialogue, entry.domain, entry, seen.document);
      await conversation.change(seen, editDestination(entry.domain, edited));
    }),
    operation('DELETE', 'Remove an entry.', async () => {
      const seen = await session.newest();
      const entry = await askExisting(conversation, 'Enter the domain you wish to delete.', seen.document.destinations);
      if (entry === null) return;
      if (await conversation.change(seen, deleteDestination(entry.domain)))
        await dialogue.say(`${entry.domain} deleted.`);
    }),
    operation('DEFAULT', 'Change the default.', async () => {
      const seen = await session.newest();
      const preset = await askDefault(dialogue, seen.document.destinations.default);
      await conversation.change(seen, editDefault(preset));
    }),
    operation('LIST', 'Display a summary list of all entries.', async () => {
      await dialogue.say(listDestinations((await session.newest()).document));
    }),
    operation('DETAIL', 'Display details for one destination or all entries.', async () => {
      const { document } = await session.newest();
      const question = 'Enter the domain to display; an empty line displays all entries.';
      const entry = await askExisting(conversation, question, document.destinations);
      await dialogue.say(detailDestinations(document, entry?.domain ?? null));
    }),
    operation('CLEAR', 'Remove all entries.', async () => {
      const seen = await session.newest();
      const question = 'Are you sure you want to remove all entries except the default?';
      if (await dialogue.yesOrNo(question, false)) await conversation.change(seen, clearDestinations);
    }),
    operation('IMPORT', 'Import tables from a file.', () => askImport(conversation)),
    operation('EXPORT', 'Export tables to a file.', () => askExport(conversation)),
  ];
}

async function askNew(conversation: Conversation): Promise<void> {
  const { dialogue, session } = conversation;
  const seen = await session.newest();
  const { entries } = seen.document.destinations;
  const domain = await dialogue.ask(
    'Enter the domain you wish to configure.',
    '',
    (answer): Outcome<string | null, string> => {
      if (answer === '') return { ok: true, value: null };
      const name = parseDestinationName(answer);
      if (!name.ok || !entries.some((entry) => entry.domain === name.value)) return name;
      return { ok: false, failure: `There is an entry for ${name.value} already; EDIT modifies it.` };
    },
  );
  if (domain === null) return;
  const entry = await askEntry(dialogue, domain, null, seen.document);
  if (!(await conversation.change(seen, addDestination(entry)))) return;
  await dialogue.say(`There are currently ${entries.length + 2} entries configured.`);
}

/** The entry of a domain; null for an empty answer. */
function askExisting(
  { dialogue }: Conversation,
  question: string,
  { entries }: { readonly entries: readonly DestinationEntry[] },
): Promise<DestinationEntry | null> {
  return dialogue.ask(question, '', (answer): Outcome<DestinationEntry | null, string> => {
    if (answer === '') return { ok: true, value: null };
    const name = parseDestinationName(answer);
    if (!name.ok) return name;
    const entry = entries.find(({ domain }) => domain === name.value);
    return entry === undefined
      ? { ok: false, failure: `There is no entry for ${name.value}.` }
      : { ok: true, value: entry };
  });
}

async function askImport(conversation: Conversation): Promise<void> {
  const { dialogue, session } = conversation;
  const seen = await session.newest();
  const file = await dialogue.ask('Enter the name of the file to import; it replaces all entries.', '', anyText);
  if (file === '') return;
  try {
    const text = await readText(file, 'import', session.world);
    if (await conversation.change(seen, importTable(text))) await dialogue.say('The table was imported.');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await dialogue.say(printable(error.message));
  }
}

async function askExport({ dialogue, session }: Conversation): Promise<void> {
  const { document } = await session.newest();
  const file = await dialogue.ask('Enter the name of the file to write.', '', anyText);
  if (file === '') return;
  try {
    await writeTo(session, file, exportDestinations(document));
    await dialogue.say(`The table was written to ${printable(file, 200)}.`);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OutputError)) throw error;
    await dialogue.say(printable(error.message));
  }
}

function domainOf({ words }: ConfigSession): string {
  const name = parseDestinationName(words[0] ?? '');
  if (!name.ok) throw new UsageError(name.failure);
  return name.value;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

async function writeTo({ world }: ConfigSession, file: string, text: string): Promise<void> {
  const sink = await openSink(file, world, 'export');
  await sink.write(text);
  await sink.commit();
}
