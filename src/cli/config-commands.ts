/**
 * The configuration commands: names, words and options, as a table. Without an operation the table commands hold the
 * dialogue of the appliance; with one they do a single step. What runs is loaded when it is asked for.
 */
import { CERTIFICATE_COMMANDS } from './certificate-commands.ts';
import {
  ALERT_FIELDS,
  ALERT_SETUP_FIELDS,
  BOUNCE_FIELDS,
  DELIVERY_FIELDS,
  DESTINATION_FIELDS,
  type FieldSpec,
  GATEWAY_FIELDS,
  optionOf,
  PLACE_OPTIONS,
  SETUP_FIELDS,
} from './config-options.ts';
import type { ConfigInvocation } from './config-session.ts';
import { GROUP_FIELDS, LISTENER_FIELDS, POLICY_FIELDS } from './listener-options.ts';
import type { OptionSpec } from './option-specs.ts';

export interface ConfigCommand {
  readonly name: string;
  readonly description: string;
  /** As commander has them: `<domain>`, `[file]`, `<target...>`. */
  readonly words: readonly (readonly [syntax: string, help: string])[];
  readonly specs: readonly OptionSpec[];
  readonly operations: readonly ConfigCommand[];
  readonly run: (invocation: ConfigInvocation) => Promise<number>;
}

const YES: OptionSpec = { flags: '--yes', help: 'no question is asked' };
const FORMAT: OptionSpec = { flags: '--format <name>', help: 'text or json (text)' };
const PENDING: OptionSpec = { flags: '--pending', help: 'with the changes that are not committed' };
const REVISION: OptionSpec = { flags: '--revision <n>', help: 'an earlier revision; 0 is a new installation' };

type Run = ConfigCommand['run'];
type Words = ConfigCommand['words'];

function step(name: string, description: string, words: Words, specs: readonly OptionSpec[], run: Run): ConfigCommand {
  return { name, description, words, specs, operations: [], run };
}

const destconfig =
  (operation: import('./destconfig-command.ts').DestconfigOperation): Run =>
  async (invocation) =>
    (await import('./destconfig-command.ts')).destconfigCommand(operation, invocation);

const life =
  (operation: import('./config-life-command.ts').LifeOperation): Run =>
  async (invocation) =>
    (await import('./config-life-command.ts')).configLifeCommand(operation, invocation);

const delivery =
  (operation: 'menu' | 'setup' | 'list'): Run =>
  async (invocation) =>
    (await import('./deliveryconfig-command.ts')).deliveryconfigCommand(operation, invocation);

type KindName =
  | 'BOUNCE_PROFILES'
  | 'SMTP_ROUTES'
  | 'GATEWAYS'
  | 'ALERT_RECIPIENTS'
  | 'LISTENERS'
  | 'SENDER_GROUPS'
  | 'MAIL_FLOW_POLICIES';

const table =
  (kind: KindName, operation: import('./table-command.ts').TableOperation): Run =>
  async (invocation) => {
    const { tableCommand } = await import('./table-command.ts');
    const kinds = { ...(await import('./table-kinds.ts')), ...(await import('./listener-kinds.ts')) };
    return tableCommand(kinds[kind], operation, invocation);
  };

const DOMAIN: Words = [['<domain>', 'example.com, .example.com or [192.0.2.1]']];

const DESTCONFIG: ConfigCommand = {
  name: 'destconfig',
  description: 'destination controls: TLS, limits and bounces for each domain mail goes to',
  words: [],
  specs: [],
  run: destconfig('menu'),
  operations: [
    step('new', 'create an entry', DOMAIN, DESTINATION_FIELDS.map(optionOf), destconfig('new')),
    step('edit', 'change fields of an entry', DOMAIN, DESTINATION_FIELDS.map(optionOf), destconfig('edit')),
    step('delete', 'remove an entry', DOMAIN, [], destconfig('delete')),
    step(
      'default',
      'change the default entry',
      [],
      DESTINATION_FIELDS.filter(({ key }) => key !== 'bounceProfile').map(optionOf),
      destconfig('default'),
    ),
    step('list', 'the summary of all entries', [], [FORMAT], destconfig('list')),
    step('detail', 'every field of one entry, or of all', [['[domain]', 'one entry']], [FORMAT], destconfig('detail')),
    step('clear', 'remove every entry but the default one', [], [YES], destconfig('clear')),
    step(
      'import',
      'replace the table by that of a file',
      [['<file>', 'the table; - is standard input']],
      [],
      destconfig('import'),
    ),
    step('export', 'write the table', [['[file]', 'where to; - is standard output']], [], destconfig('export')),
    step('setup', 'change the settings for all destinations', [], SETUP_FIELDS.map(optionOf), destconfig('setup')),
  ],
};

function tableOf(
  kind: KindName,
  name: string,
  description: string,
  row: { readonly word: string; readonly fields: readonly FieldSpec[]; readonly more?: Words },
  more: readonly ConfigCommand[] = [],
): ConfigCommand {
  const words: Words = [[row.word, 'its name'], ...(row.more ?? [])];
  return {
    name,
    description,
    words: [],
    specs: [],
    run: table(kind, 'menu'),
    operations: [
      step('new', 'create one', words, row.fields.map(optionOf), table(kind, 'new')),
      step('edit', 'change one', words, row.fields.map(optionOf), table(kind, 'edit')),
      step('delete', 'remove one', words.slice(0, 1), [], table(kind, 'delete')),
      step('list', 'show all', [], [FORMAT], table(kind, 'list')),
      ...more,
    ],
  };
}

const TARGETS: Words = [['<target...>', 'host[:port][/pri=N], USEDNS or /dev/null']];

export const CONFIG_COMMANDS: readonly ConfigCommand[] = [
  DESTCONFIG,
  tableOf('BOUNCE_PROFILES', 'bounceconfig', 'bounce profiles: how long is tried, and what senders are told', {
    word: '<name>',
    fields: BOUNCE_FIELDS,
  }),
  tableOf(
    'SMTP_ROUTES',
    'smtproutes',
    'routes: where mail for a domain goes in place of its MX hosts',
    { word: '<domain>', fields: [], more: TARGETS },
    [
      step('clear', 'remove all', [], [YES], table('SMTP_ROUTES', 'clear')),
      step(
        'import',
        'replace all by those of a file',
        [['<file>', 'one route a line; - is standard input']],
        [],
        async (invocation) => (await import('./smtproutes-file.ts')).importRoutes(invocation),
      ),
      step('export', 'write all', [['[file]', 'where to; - is standard output']], [], async (invocation) =>
        (await import('./smtproutes-file.ts')).exportRoutes(invocation),
      ),
    ],
  ),
  {
    name: 'deliveryconfig',
    description: 'delivery as a whole: interface, connections, time-outs',
    words: [],
    specs: [],
    run: delivery('menu'),
    operations: [
      step('setup', 'change settings', [], DELIVERY_FIELDS.map(optionOf), delivery('setup')),
      step('list', 'show the settings', [], [FORMAT], delivery('list')),
    ],
  },
  tableOf('GATEWAYS', 'interfaceconfig', 'interfaces and virtual gateways: address and name of outgoing connections', {
    word: '<name>',
    fields: GATEWAY_FIELDS,
  }),
  tableOf(
    'ALERT_RECIPIENTS',
    'alertconfig',
    'who is told of what went wrong',
    { word: '<address>', fields: ALERT_FIELDS },
    [
      step('setup', 'change the settings of all alerts', [], ALERT_SETUP_FIELDS.map(optionOf), async (invocation) =>
        (await import('./deliveryconfig-command.ts')).alertSetupCommand(invocation),
      ),
    ],
  ),
  ...CERTIFICATE_COMMANDS,
  tableOf(
    'LISTENERS',
    'listenerconfig',
    'listeners: where mail is taken in, from whom, and with which TLS',
    { word: '<name>', fields: LISTENER_FIELDS },
    [
      tableOf(
        'SENDER_GROUPS',
        'group',
        'sender groups: who is who; the first that fits counts',
        { word: '<name>', fields: GROUP_FIELDS },
        [
          step(
            'move',
            'give one another place',
            [
              ['<name>', 'its name'],
              ['<place>', '1 is the first'],
            ],
            [],
            async (invocation) => (await import('./listener-kinds.ts')).moveGroup(invocation),
          ),
        ],
      ),
      tableOf('MAIL_FLOW_POLICIES', 'policy', 'mail flow policies: what a sender may do, and how', {
        word: '<name>',
        fields: POLICY_FIELDS,
      }),
    ],
  ),
  step('commit', 'put the pending changes in force', [['[comment...]', 'why']], [], life('commit')),
  step('clear', 'throw the pending changes away', [], [YES], life('clear')),
  step(
    'showconfig',
    'show the configuration, its history, or what is pending',
    [],
    [
      PENDING,
      REVISION,
      { flags: '--diff', help: 'what differs from the revision in force, or from --revision' },
      { flags: '--history', help: 'the revisions, newest first' },
      FORMAT,
    ],
    life('showconfig'),
  ),
  step(
    'saveconfig',
    'write the configuration to a file, certificates and keys included',
    [['[file]', 'where to; - is standard output']],
    [{ flags: '--mask', help: 'mask every secret; such a file cannot be loaded' }, PENDING, REVISION],
    life('saveconfig'),
  ),
  step(
    'loadconfig',
    'make a saved configuration pending',
    [['<file>', 'what saveconfig wrote; - is standard input']],
    [],
    life('loadconfig'),
  ),
  step(
    'rollbackconfig',
    'commit an earlier revision again',
    [['[revision]', 'without it: the list, and a question']],
    [],
    life('rollbackconfig'),
  ),
];

/** The options of a command, with those that say where the configuration lives. */
export function specsOf({ specs }: ConfigCommand): readonly OptionSpec[] {
  return [...specs, ...PLACE_OPTIONS.filter(({ flags }) => !specs.some((spec) => spec.flags === flags))];
}
