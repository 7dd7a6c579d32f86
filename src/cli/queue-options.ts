/** The options of the commands around the queue, as plain data. */
import { PLACE_OPTIONS } from './config-options.ts';
import { type OptionSpec, WORLD_OPTIONS } from './option-specs.ts';

const FORMAT: OptionSpec = { flags: '--format <name>', help: 'text or json (text)' };

/** As sendmail has them; the letters mean what they always meant. */
export const SUBMIT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-t, --read-recipients',
    help: 'recipients from To, Cc and Bcc, beside those that are named; Bcc is removed',
  },
  { flags: '-f, --from <address>', help: 'envelope sender; "<>" for none (you at this machine)' },
  { flags: '-i, --ignore-dots', help: 'a line with a dot alone does not end the message' },
  {
    flags: '--default-domain <name>',
    help: 'stands behind an address without one, as "root" (the name of this machine, where it is a full one)',
  },
  { flags: '-F, --full-name <name>', help: 'your name, where the message has no From' },
  { flags: '-N, --dsn <when>', help: 'DSNs: never, or some of success, failure, delay with commas between' },
  { flags: '-R, --return <what>', help: 'what a DSN returns: full or hdrs' },
  { flags: '-V, --envid <id>', help: 'your own name for the message, repeated in DSNs' },
  { flags: '-b, --mode <mode>', help: 'm, which is what this command does anyway' },
  { flags: '-B, --body <type>', help: '7BIT or 8BITMIME; looked at, not believed' },
  { flags: '-o, --option <option>', help: 'as sendmail had them; i means -i, others are passed over', list: true },
  { flags: '--require-tls', help: 'REQUIRETLS: only to hosts that are authenticated and offer it' },
  { flags: '--gateway <name>', help: 'virtual gateway that is to send it' },
  { flags: '--key <text>', help: 'the same message is queued once, however often it is handed in under this key' },
  { flags: '-v, --verbose', help: 'print the number of the message' },
  FORMAT,
  ...PLACE_OPTIONS,
];

const SELECTION: readonly OptionSpec[] = [
  { flags: '--destination <domain>', help: 'whatever goes to this domain' },
  { flags: '--all', help: 'everything' },
  FORMAT,
  ...PLACE_OPTIONS,
];

export const QUEUE_LIST_OPTIONS: readonly OptionSpec[] = [
  { flags: '--destination <domain>', help: 'to this domain' },
  { flags: '--sender <address>', help: 'from this envelope sender; "<>" for none' },
  { flags: '--recipient <address>', help: 'to this address' },
  {
    flags: '--state <state>',
    help: 'queued, claimed, held, delivered, bounced or deleted (repeatable; what is not done with)',
    list: true,
  },
  { flags: '--after <mid:rid>', help: 'behind this recipient' },
  { flags: '--limit <n>', help: 'recipients at most (100)' },
  FORMAT,
  ...PLACE_OPTIONS,
];
export const QUEUE_SHOW_OPTIONS: readonly OptionSpec[] = [
  { flags: '--body', help: 'the message itself, as it is sent' },
  FORMAT,
  ...PLACE_OPTIONS,
];
export const QUEUE_ACTION_OPTIONS = SELECTION;
export const HOST_OPTIONS: readonly OptionSpec[] = [
  FORMAT,
  { flags: '--no-dns', help: 'do not ask for the hosts of the domain' },
  ...PLACE_OPTIONS.filter(({ flags }) => !flags.startsWith('--config')),
  ...WORLD_OPTIONS.filter(({ flags }) =>
    /^(--resolver|--dnssec-anchor|-4|-6|--config|--timeout|--log-level)/.test(flags),
  ),
];
export const TOP_HOSTS_OPTIONS: readonly OptionSpec[] = [
  { flags: '--limit <n>', help: 'hosts at most (20)' },
  FORMAT,
  ...PLACE_OPTIONS,
];
export const DELIVER_NOW_OPTIONS: readonly OptionSpec[] = [
  { flags: '--all', help: 'to all domains; counters of limits begin anew' },
  FORMAT,
  ...PLACE_OPTIONS,
];
