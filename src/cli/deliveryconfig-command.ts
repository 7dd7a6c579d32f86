/** `tlsreach deliveryconfig` and `alertconfig setup`: settings that are no table (specification 2.i and 2.g). */
import type { DeliverySettings } from '../delivery/settings.ts';
import { ALERT_SETUP_FIELDS, DELIVERY_FIELDS, type FieldSpec } from './config-options.ts';
import {
  type ConfigInvocation,
  type ConfigSession,
  type Conversation,
  converse,
  inConfiguration,
} from './config-session.ts';
import { type Choice, wholeBetween } from './dialogue.ts';
import { fieldsGiven, showField } from './field-values.ts';
import type { Row } from './table-command.ts';

/** More connections than any system bears; the document has the last word. */
const MAX_CONNECTIONS = 100_000;
const AUTO = 'Auto';

export function deliveryconfigCommand(
  operation: 'menu' | 'setup' | 'list',
  invocation: ConfigInvocation,
): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    if (operation === 'menu') return converse(session, menuOf);
    if (operation === 'setup') await setup(session);
    else await list(session);
  });
}

function menuOf(conversation: Conversation) {
  const { dialogue, session } = conversation;
  return [
    {
      name: 'SETUP',
      help: 'Configure mail delivery.',
      run: async () => {
        const seen = await session.newest();
        const now = seen.document.delivery;
        const choices: readonly Choice<string | null>[] = [
          { value: null, label: AUTO },
          ...now.gateways.map(({ name }) => ({ value: name, label: name })),
        ];
        const question = 'Choose the default interface to deliver mail.';
        const defaultGateway = await dialogue.choose(question, choices, now.defaultGateway);
        const possible = 'Enable "Possible Delivery" (recommended)? ';
        const possibleDelivery = await dialogue.yesOrNo(possible, now.possibleDelivery);
        const maxConnections = await dialogue.askInline(
          'Please enter the default system wide maximum outbound message delivery concurrency.',
          String(now.maxConnections),
          wholeBetween(1, MAX_CONNECTIONS),
        );
        const maxTlsConnections = await dialogue.askInline(
          'Please enter the default system wide TLS maximum outbound message delivery concurrency.',
          String(now.maxTlsConnections),
          wholeBetween(1, MAX_CONNECTIONS),
        );
        const delivery = { ...now, defaultGateway, possibleDelivery, maxConnections, maxTlsConnections };
        await conversation.change(seen, (document) => ({ ok: true, value: { ...document, delivery } }));
      },
    },
  ];
}

async function setup(session: ConfigSession): Promise<void> {
  const fields = fieldsGiven(session, DELIVERY_FIELDS);
  await session.change((document) => {
    const { delivery } = document;
    return { ok: true, value: { ...document, delivery: withFields(delivery, fields) } };
  }, 'Changed the delivery settings.');
}

/** `timeouts.connect` is a field of a field. */
function withFields(delivery: DeliverySettings, fields: Readonly<Record<string, unknown>>): DeliverySettings {
  const next: Record<string, unknown> = { ...delivery };
  const timeouts: Record<string, unknown> = { ...delivery.timeouts };
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith('timeouts.')) timeouts[key.slice('timeouts.'.length)] = value;
    else if (key === 'defaultGateway') next[key] = String(value).toLowerCase() === AUTO.toLowerCase() ? null : value;
    else next[key] = value;
  }
  return { ...next, timeouts } as unknown as DeliverySettings;
}

async function list(session: ConfigSession): Promise<void> {
  const { delivery } = (await session.newest()).document;
  if (session.isJson()) return session.print(JSON.stringify(delivery, null, 2));
  const { timeouts, ...fields } = delivery;
  const flat: Row = {
    ...fields,
    defaultGateway: delivery.defaultGateway ?? AUTO,
    ...Object.fromEntries(Object.entries(timeouts).map(([key, value]) => [`timeouts.${key}`, value])),
  };
  return session.print(linesOf(DELIVERY_FIELDS, flat));
}

export function alertSetupCommand(invocation: ConfigInvocation): Promise<number> {
  return inConfiguration(invocation, async (session) => {
    const fields = fieldsGiven(session, ALERT_SETUP_FIELDS);
    await session.change(
      (document) => ({ ok: true, value: { ...document, alerts: { ...document.alerts, ...fields } } }),
      'Changed the settings of alerts.',
    );
    await session.print(linesOf(ALERT_SETUP_FIELDS, (await session.newest()).document.alerts as unknown as Row));
  });
}

function linesOf(fields: readonly FieldSpec[], row: Row): string {
  return fields.map((spec) => `${`${spec.flag}:`.padEnd(24)}${showField(row[spec.key], spec)}`).join('\n');
}
