/** The tables beside the destinations: bounce profiles, SMTP routes, gateways, recipients of alerts. */
import { describeMailboxFault, parseMailbox } from '../base/mailbox.ts';
import type { Outcome } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { parseRouteName } from '../config/destination-name.ts';
import type { ConfigurationDocument } from '../config/document.ts';
import { parseRouteTargets, showRouteTargets } from '../config/route-target.ts';
import { ALERT_CLASSES, ALERT_SEVERITIES } from '../delivery/alerts.ts';
import { DEFAULT_BOUNCE_SETTINGS, type SmtpRoute, type SmtpRouteTarget } from '../delivery/settings.ts';
import { DEFAULT_BOUNCE_PROFILE } from '../policy/destination.ts';
import { ALERT_FIELDS, ALERT_SETUP_FIELDS, BOUNCE_FIELDS, type FieldSpec, GATEWAY_FIELDS } from './config-options.ts';
import { showField } from './field-values.ts';
import { askFields, type Row, type TableKind } from './table-command.ts';
import { UsageError } from './usage-error.ts';

export const BOUNCE_PROFILES: TableKind = {
  noun: 'bounce profile',
  nameKey: 'name',
  fields: BOUNCE_FIELDS,
  blank: (name) => ({ ...DEFAULT_BOUNCE_SETTINGS, name }),
  parseName: anyName,
  rows: ({ bounceProfiles }) => bounceProfiles as unknown as readonly Row[],
  withRows: (document, rows) => ({ ...document, bounceProfiles: rows as unknown as Rows<'bounceProfiles'> }),
  show: (row, { destinations }) => {
    const users = destinations.entries.filter(({ bounceProfile }) => bounceProfile === row['name']).length;
    const use = row['name'] === DEFAULT_BOUNCE_PROFILE ? 'the default' : `used by ${users} destinations`;
    return block(`${row['name']} (${use})`, BOUNCE_FIELDS, row);
  },
};

const TARGETS: FieldSpec = {
  key: 'targets',
  flag: 'targets',
  kind: 'text',
  help: 'where the mail goes',
  question: `Enter the destination hosts, with commas between them: a name or an address, with an optional :port and
/pri=N (0 is tried first; equals take turns); USEDNS; or /dev/null.`,
  read: parseRouteTargets,
  show: (value) => showRouteTargets(value as readonly SmtpRouteTarget[]),
};

export const SMTP_ROUTES: TableKind = {
  noun: 'route',
  nameKey: 'domain',
  fields: [TARGETS],
  blank: (domain) => ({ domain, targets: [] }),
  parseName: parseRouteName,
  rows: ({ smtpRoutes }) => smtpRoutes as unknown as readonly Row[],
  withRows: (document, rows) => ({ ...document, smtpRoutes: rows as unknown as Rows<'smtpRoutes'> }),
  fromWords: (words) => {
    const targets = parseRouteTargets(words.join(','));
    if (!targets.ok) throw new UsageError(targets.failure);
    return { targets: targets.value };
  },
  show: (row) => routeLine(row as unknown as SmtpRoute),
  more: (conversation) => [
    {
      name: 'CLEAR',
      help: 'Remove all routes.',
      run: async () => {
        const seen = await conversation.session.newest();
        if (!(await conversation.dialogue.yesOrNo('Are you sure you want to remove all routes?', false))) return;
        await conversation.change(seen, (document) => ({ ok: true, value: { ...document, smtpRoutes: [] } }));
      },
    },
  ],
};

/** `example.com relay.example:26, USEDNS/pri=5`: one line of a file of routes. */
export function routeLine({ domain, targets }: SmtpRoute): string {
  return `${domain} ${showRouteTargets(targets)}`;
}

/** Reads a file of routes: a domain, a blank, its targets; comments behind `#`. Faults are told with their line. */
export function readRoutes(text: string): Outcome<readonly SmtpRoute[], string> {
  const faults: string[] = [];
  const routes: SmtpRoute[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const blank = line.search(/\s/);
    const domain = parseRouteName(blank < 0 ? line : line.slice(0, blank));
    const targets = parseRouteTargets(blank < 0 ? '' : line.slice(blank).trim());
    if (!domain.ok) faults.push(`line ${index + 1}: ${domain.failure}`);
    else if (!targets.ok) faults.push(`line ${index + 1}: ${targets.failure}`);
    else routes.push({ domain: domain.value, targets: targets.value });
  }
  if (faults.length === 0) return { ok: true, value: routes };
  return { ok: false, failure: `nothing was imported:\n${faults.slice(0, 50).join('\n')}` };
}

export const GATEWAYS: TableKind = {
  noun: 'interface',
  nameKey: 'name',
  fields: GATEWAY_FIELDS,
  blank: (name) => ({ name, sourceAddress: null, heloName: null }),
  parseName: anyName,
  rows: ({ delivery }) => delivery.gateways as unknown as readonly Row[],
  withRows: (document, rows) => ({
    ...document,
    delivery: { ...document.delivery, gateways: rows as unknown as Rows<'delivery'>['gateways'] },
  }),
  show: (row, { delivery }) => {
    const isDefault = delivery.defaultGateway === row['name'];
    return block(`${row['name']}${isDefault ? ' (delivers by default)' : ''}`, GATEWAY_FIELDS, row);
  },
};

export const ALERT_RECIPIENTS: TableKind = {
  noun: 'alert recipient',
  nameKey: 'address',
  fields: ALERT_FIELDS,
  blank: (address) => ({ address, classes: [...ALERT_CLASSES], severities: [...ALERT_SEVERITIES] }),
  parseName: (text) => {
    const mailbox = parseMailbox(text);
    return mailbox.ok
      ? { ok: true, value: mailbox.value.text }
      : { ok: false, failure: describeMailboxFault(mailbox.failure) };
  },
  rows: ({ alerts }) => alerts.recipients as unknown as readonly Row[],
  withRows: (document, rows) => ({
    ...document,
    alerts: { ...document.alerts, recipients: rows as unknown as Rows<'alerts'>['recipients'] },
  }),
  show: (row) => block(String(row['address']), ALERT_FIELDS, row),
  more: (conversation) => [
    {
      name: 'SETUP',
      help: 'Change the settings of all alerts.',
      run: async () => {
        const seen = await conversation.session.newest();
        const fields = await askFields(conversation, ALERT_SETUP_FIELDS, seen.document.alerts as unknown as Row);
        await conversation.change(seen, (document) => ({
          ok: true,
          value: { ...document, alerts: { ...document.alerts, ...fields } },
        }));
      },
    },
  ],
};

/** The rows of a section, which the document judges when they are put back. */
type Rows<Section extends keyof ConfigurationDocument> = ConfigurationDocument[Section];

/** A name's form is judged by the document; an empty one names nothing. */
function anyName(text: string): Outcome<string, string> {
  const name = text.trim();
  return name === '' ? { ok: false, failure: 'a name is expected' } : { ok: true, value: printable(name, 200) };
}

function block(title: string, fields: readonly FieldSpec[], row: Row): string {
  return [title, ...fields.map((spec) => `  ${`${spec.flag}:`.padEnd(24)}${showField(row[spec.key], spec)}`)].join(
    '\n',
  );
}
