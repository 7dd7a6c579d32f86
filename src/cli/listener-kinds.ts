/**
 * The tables of the inbound side: listeners, sender groups, whose order counts, and mail flow policies. The menu of the
 * listeners leads to the other two.
 */
import type { Outcome } from '../base/outcome.ts';
import type { Edit } from '../config/configuration.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { newListener, newMailFlowPolicy, type SenderGroup } from '../config/listener-schema.ts';
import { type ConfigInvocation, type Conversation, inConfiguration } from './config-session.ts';
import { MENU_TITLE, type Operation, runMenu, wholeBetween } from './dialogue.ts';
import { GROUP_FIELDS, LISTENER_FIELDS, POLICY_FIELDS } from './listener-options.ts';
import { menuOf, type Row, type TableKind } from './table-command.ts';
import { anyName, block } from './table-kinds.ts';
import { UsageError } from './usage-error.ts';

type Rows<Section extends keyof ConfigurationDocument> = ConfigurationDocument[Section];

const below =
  (kind: () => TableKind, conversation: Conversation): Operation['run'] =>
  () =>
    runMenu(conversation.dialogue, MENU_TITLE, () => menuOf(kind(), conversation));

export const LISTENERS: TableKind = {
  noun: 'listener',
  nameKey: 'name',
  fields: LISTENER_FIELDS,
  blank: (name) => newListener(name) as unknown as Row,
  parseName: anyName,
  rows: ({ listeners }) => listeners as unknown as readonly Row[],
  withRows: (document, rows) => ({ ...document, listeners: rows as unknown as Rows<'listeners'> }),
  show: (row) => block(String(row['name']), LISTENER_FIELDS, row),
  more: (conversation) => [
    { name: 'GROUPS', help: 'Sender groups: who is who.', run: below(() => SENDER_GROUPS, conversation) },
    {
      name: 'POLICIES',
      help: 'Mail flow policies: what a sender may do.',
      run: below(() => MAIL_FLOW_POLICIES, conversation),
    },
  ],
};

export const SENDER_GROUPS: TableKind = {
  noun: 'sender group',
  nameKey: 'name',
  fields: GROUP_FIELDS,
  blank: (name) => ({ name, listener: null, senders: [], policy: 'Accepted' }),
  parseName: anyName,
  rows: ({ senderGroups }) => senderGroups as unknown as readonly Row[],
  withRows: (document, rows) => ({ ...document, senderGroups: rows as unknown as Rows<'senderGroups'> }),
  show: (row, { senderGroups }) => {
    const place = senderGroups.findIndex(({ name }) => name === row['name']) + 1;
    return block(`${place}. ${row['name']}`, GROUP_FIELDS, row);
  },
  more: (conversation) => [
    {
      name: 'MOVE',
      help: 'Give a group another place: the first that fits counts.',
      run: async () => {
        const seen = await conversation.session.newest();
        const { senderGroups } = seen.document;
        const known = (answer: string): Outcome<string | null, string> => {
          if (answer === '') return { ok: true, value: null };
          const found = senderGroups.find(({ name }) => name.toLowerCase() === answer.toLowerCase());
          return found === undefined
            ? { ok: false, failure: `There is no sender group ${answer.slice(0, 80)}.` }
            : { ok: true, value: found.name };
        };
        const name = await conversation.dialogue.ask('Enter the sender group you wish to move.', '', known);
        if (name === null) return;
        const place = await conversation.dialogue.ask('Enter its place.', '1', wholeBetween(1, senderGroups.length));
        await conversation.change(seen, moving(name, place));
      },
    },
  ],
};

export const MAIL_FLOW_POLICIES: TableKind = {
  noun: 'mail flow policy',
  nameKey: 'name',
  fields: POLICY_FIELDS,
  blank: (name) => newMailFlowPolicy(name) as unknown as Row,
  parseName: anyName,
  rows: ({ mailFlowPolicies }) => mailFlowPolicies as unknown as readonly Row[],
  withRows: (document, rows) => ({ ...document, mailFlowPolicies: rows as unknown as Rows<'mailFlowPolicies'> }),
  show: (row, { listeners, senderGroups }) => {
    const users = [
      ...senderGroups.filter(({ policy }) => policy === row['name']),
      ...listeners.filter(({ defaultPolicy }) => defaultPolicy === row['name']),
    ];
    const use = users.length === 0 ? 'used by nobody' : `used by ${users.map(({ name }) => name).join(', ')}`;
    return block(`${row['name']} (${use})`, POLICY_FIELDS, row);
  },
};

/** `listenerconfig group move NAME PLACE`. */
export function moveGroup(invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    const [name = '', place = ''] = session.words;
    if (!/^[1-9]\d{0,4}$/.test(place)) throw new UsageError('a place is a number, from 1 for the first');
    await session.change(moving(name, Number(place)), `Moved ${name}.`);
  });
}

/** Behind the last place there is none. */
function moving(name: string, place: number): Edit {
  return (document) => {
    const isIt = (group: SenderGroup): boolean => group.name.toLowerCase() === name.toLowerCase();
    const found = document.senderGroups.find(isIt);
    if (found === undefined) return { ok: false, failure: `there is no sender group ${name.slice(0, 80)}` };
    const others = document.senderGroups.filter((group) => !isIt(group));
    return { ok: true, value: { ...document, senderGroups: others.toSpliced(place - 1, 0, found) } };
  };
}
