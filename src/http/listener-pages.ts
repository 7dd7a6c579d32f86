/** Listeners, sender groups and mail flow policies as pages of the settings. */
import { newListener, newMailFlowPolicy } from '../config/listener-schema.ts';
import { LISTENERS, MAIL_FLOW_POLICIES, SENDER_GROUPS } from './configuration-tables.ts';
import type { MessageKey } from './languages.ts';
import type { TablePage } from './settings-pages.ts';

const words = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value ?? ''));

export const LISTENER_PAGES: readonly TablePage[] = [
  {
    table: LISTENERS,
    base: '/settings/listeners',
    title: 'stListeners',
    lead: 'stListenersLead',
    empty: 'stEmpty',
    blank: () => newListener(''),
    about: (row) =>
      [`${words(row['address'])} · ${words(row['port'])}`, row['kind'], words(row['recipientDomains'])]
        .filter((each) => each !== '')
        .join(' · '),
    labels: { address: 'fdListenAddress', maxConnections: 'fdGuestConnections' },
  },
  {
    table: SENDER_GROUPS,
    base: '/settings/sender-groups',
    title: 'stGroups',
    lead: 'stGroupsLead',
    empty: 'stEmpty',
    blank: () => ({ name: '', listener: null, senders: [], policy: 'Accepted' }),
    // Its place stands first: the first that fits counts.
    about: (row, { senderGroups }) =>
      [
        `${senderGroups.findIndex(({ name }) => name === row['name']) + 1}.`,
        words(row['senders']),
        `→ ${words(row['policy'])}`,
      ].join(' '),
  },
  {
    table: MAIL_FLOW_POLICIES,
    base: '/settings/mail-flow-policies',
    title: 'stPolicies',
    lead: 'stPoliciesLead',
    empty: 'stEmpty',
    blank: () => newMailFlowPolicy(''),
    about: (row) => `${words(row['action'])} · TLS ${words(row['tls'])}`,
  },
];

export const LISTENER_CARDS = [
  ['/settings/listeners', 'stListeners', 'stListenersLead'],
  ['/settings/sender-groups', 'stGroups', 'stGroupsLead'],
  ['/settings/mail-flow-policies', 'stPolicies', 'stPoliciesLead'],
] as const satisfies readonly (readonly [string, MessageKey, MessageKey])[];
