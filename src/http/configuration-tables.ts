/** The tables of the configuration: where each stands in the document, and what its rows are called. For API and pages. */
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { BounceProfileSchema, GatewaySchema, SmtpRouteSchema } from '../config/delivery-schema.ts';
import { parseDestinationName, parseRouteName } from '../config/destination-name.ts';
import { DestinationEntrySchema } from '../config/destination-schema.ts';
import { AlertRecipientSchema, type ConfigurationDocument } from '../config/document.ts';
import { ListenerSchema, MailFlowPolicySchema, SenderGroupSchema } from '../config/listener-schema.ts';
import { MONITORS } from './monitor-table.ts';
import type { ApiTable, TableRow } from './table-api.ts';

function anyName(text: string): Outcome<string, string> {
  const name = text.trim();
  return name === '' ? failed('a name is expected') : succeeded(printable(name, 200));
}

const rowsOf = (rows: readonly object[]): readonly TableRow[] => rows as readonly TableRow[];

export const DESTINATIONS: ApiTable = {
  path: 'destinations',
  noun: 'destination',
  id: 'Destination',
  nameKey: 'domain',
  schema: DestinationEntrySchema,
  example: { domain: 'partner.example', tls: 'required-verify', maxConcurrency: 20 },
  rows: ({ destinations }) => rowsOf(destinations.entries),
  withRows: (document, rows) => ({
    ...document,
    destinations: {
      ...document.destinations,
      entries: rows as unknown as ConfigurationDocument['destinations']['entries'],
    },
  }),
  parseName: parseDestinationName,
};

export const BOUNCE_PROFILES: ApiTable = {
  path: 'bounce-profiles',
  noun: 'bounce profile',
  id: 'BounceProfile',
  nameKey: 'name',
  schema: BounceProfileSchema,
  example: { name: 'Patient', maxRetries: 200, maxQueueSeconds: 604_800 },
  rows: ({ bounceProfiles }) => rowsOf(bounceProfiles),
  withRows: (document, rows) => ({
    ...document,
    bounceProfiles: rows as unknown as ConfigurationDocument['bounceProfiles'],
  }),
  parseName: anyName,
};

export const SMTP_ROUTES: ApiTable = {
  path: 'smtp-routes',
  noun: 'SMTP route',
  id: 'SmtpRoute',
  nameKey: 'domain',
  schema: SmtpRouteSchema,
  example: { domain: 'partner.example', targets: [{ kind: 'host', host: 'relay.example', port: 26, priority: 0 }] },
  rows: ({ smtpRoutes }) => rowsOf(smtpRoutes),
  withRows: (document, rows) => ({ ...document, smtpRoutes: rows as unknown as ConfigurationDocument['smtpRoutes'] }),
  parseName: parseRouteName,
};

export const GATEWAYS: ApiTable = {
  path: 'interfaces',
  noun: 'interface',
  id: 'Interface',
  nameKey: 'name',
  schema: GatewaySchema,
  example: { name: 'Data 1', sourceAddress: null, heloName: 'out1.example.com' },
  rows: ({ delivery }) => rowsOf(delivery.gateways),
  withRows: (document, rows) => ({
    ...document,
    delivery: { ...document.delivery, gateways: rows as unknown as ConfigurationDocument['delivery']['gateways'] },
  }),
  parseName: anyName,
};

export const ALERT_RECIPIENTS: ApiTable = {
  path: 'alert-recipients',
  noun: 'recipient of alerts',
  id: 'AlertRecipient',
  nameKey: 'address',
  schema: AlertRecipientSchema,
  example: { address: 'ops@example.com', severities: ['critical', 'warning'] },
  rows: ({ alerts }) => rowsOf(alerts.recipients),
  withRows: (document, rows) => ({
    ...document,
    alerts: { ...document.alerts, recipients: rows as unknown as ConfigurationDocument['alerts']['recipients'] },
  }),
  parseName: (text) => {
    const mailbox = parseMailbox(text);
    return mailbox.ok ? succeeded(mailbox.value.text) : failed(describeMailboxFault(mailbox.failure));
  },
};

export const LISTENERS: ApiTable = {
  path: 'listeners',
  noun: 'listener',
  id: 'Listener',
  nameKey: 'name',
  schema: ListenerSchema,
  example: { name: 'Public', kind: 'public', address: '192.0.2.1', port: 25, recipientDomains: ['example.com'] },
  rows: ({ listeners }) => rowsOf(listeners),
  withRows: (document, rows) => ({ ...document, listeners: rows as unknown as ConfigurationDocument['listeners'] }),
  parseName: anyName,
};

/** In the document in their order, which counts; listed by name as every table is. */
export const SENDER_GROUPS: ApiTable = {
  path: 'sender-groups',
  noun: 'sender group',
  id: 'SenderGroup',
  nameKey: 'name',
  schema: SenderGroupSchema,
  example: { name: 'PARTNERS', senders: ['192.0.2.0/24', '.partner.example'], policy: 'Accepted' },
  rows: ({ senderGroups }) => rowsOf(senderGroups),
  withRows: (document, rows) => ({
    ...document,
    senderGroups: rows as unknown as ConfigurationDocument['senderGroups'],
  }),
  parseName: anyName,
};

export const MAIL_FLOW_POLICIES: ApiTable = {
  path: 'mail-flow-policies',
  noun: 'mail flow policy',
  // The name of the list is made by an s behind it.
  id: 'MailFlow',
  nameKey: 'name',
  schema: MailFlowPolicySchema,
  example: { name: 'Partners', action: 'accept', tls: 'required', verifyClientCertificate: 'preferred' },
  rows: ({ mailFlowPolicies }) => rowsOf(mailFlowPolicies),
  withRows: (document, rows) => ({
    ...document,
    mailFlowPolicies: rows as unknown as ConfigurationDocument['mailFlowPolicies'],
  }),
  parseName: anyName,
};

export const TABLES: readonly ApiTable[] = [
  DESTINATIONS,
  BOUNCE_PROFILES,
  SMTP_ROUTES,
  GATEWAYS,
  ALERT_RECIPIENTS,
  LISTENERS,
  SENDER_GROUPS,
  MAIL_FLOW_POLICIES,
  MONITORS,
];
