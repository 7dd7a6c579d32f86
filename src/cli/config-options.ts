/**
 * The options of the configuration commands, as plain data: where the configuration lives, and the fields of what is
 * configured. A field that is left out stays as it is, or as the default has it.
 */
import type { Outcome } from '../base/outcome.ts';
import type { OptionSpec } from './option-specs.ts';

/** Where everything that lasts is kept; the same for every command that needs it. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--data <dir>', help: 'folder with the configuration and the queue (~/.tlsreach)' },
  { flags: '--database <url>', help: 'PostgreSQL database in place of the folder, postgres://…' },
  { flags: '--config <file>', help: 'JSON file with these options as keys' },
];

/** One field of a row, as a flag and as a question. */
export interface FieldSpec {
  /** The field's name in the document. */
  readonly key: string;
  readonly flag: string;
  readonly help: string;
  /** What the dialogue asks; absent where only the flag sets it. */
  readonly question?: string;
  readonly kind: 'whole' | 'switch' | 'word' | 'text' | 'list';
  /** What may be chosen; people may write capitals as they like. */
  readonly words?: readonly string[];
  /** An empty answer, or `none`, stands for null. */
  readonly isNullable?: true;
  /** Reads and shows a field that is more than its text. */
  readonly read?: (text: string) => Outcome<unknown, string>;
  readonly show?: (value: unknown) => string;
}

const MODES = ['no', 'preferred', 'required', 'preferred-verify', 'required-verify', 'required-verify-hosted'];

export const DESTINATION_FIELDS: readonly FieldSpec[] = [
  { key: 'tls', flag: 'tls', kind: 'word', words: MODES, help: `TLS mode: ${MODES.join(', ')}` },
  {
    key: 'dane',
    flag: 'dane',
    kind: 'word',
    words: ['off', 'opportunistic', 'mandatory'],
    help: 'off, opportunistic or mandatory',
  },
  { key: 'mtaSts', flag: 'mta-sts', kind: 'word', words: ['off', 'on'], help: 'honour MTA-STS policies: on or off' },
  {
    key: 'minTlsVersion',
    flag: 'min-tls-version',
    kind: 'word',
    words: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    help: 'TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3',
  },
  { key: 'strictCn', flag: 'strict-cn', kind: 'switch', help: 'a wildcard in the CN does not count: on or off' },
  { key: 'maxConcurrency', flag: 'max-concurrency', kind: 'whole', help: 'connections at one time, 1 to 1,000' },
  {
    key: 'maxMessagesPerConnection',
    flag: 'max-messages-per-connection',
    kind: 'whole',
    help: 'messages over one connection, 1 to 1,000',
  },
  {
    key: 'recipientLimit',
    flag: 'recipient-limit',
    kind: 'whole',
    help: 'recipients in --recipient-minutes, 0 (no limit) to 1,000,000,000',
  },
  { key: 'recipientMinutes', flag: 'recipient-minutes', kind: 'whole', help: 'minutes, 1 to 60' },
  {
    key: 'limitType',
    flag: 'limit-type',
    kind: 'word',
    words: ['domain', 'mx-ip'],
    help: 'limits count for the whole domain, or for each MX address: domain or mx-ip',
  },
  {
    key: 'limitApply',
    flag: 'limit-apply',
    kind: 'word',
    words: ['system', 'virtual-gateway'],
    help: 'limits count for the whole system, or for each gateway: system or virtual-gateway',
  },
  { key: 'bounceVerification', flag: 'bounce-verification', kind: 'switch', help: 'tag envelope senders: on or off' },
  { key: 'bounceProfile', flag: 'bounce-profile', kind: 'text', help: 'name of a bounce profile' },
  {
    key: 'ipPreference',
    flag: 'ip-preference',
    kind: 'word',
    words: ['prefer-v6', 'require-v6', 'prefer-v4', 'require-v4'],
    help: 'prefer-v6, require-v6, prefer-v4 or require-v4',
  },
];

export const SETUP_FIELDS: readonly FieldSpec[] = [
  {
    key: 'certificate',
    flag: 'certificate',
    kind: 'text',
    help: 'certificate for all outgoing TLS, by its name; Demo for none of one’s own',
  },
  {
    key: 'requiredTlsAlert',
    flag: 'required-tls-alert',
    kind: 'switch',
    help: 'alert when a required TLS connection fails: on or off',
  },
];

export const BOUNCE_FIELDS: readonly FieldSpec[] = [
  {
    key: 'maxRetries',
    flag: 'max-retries',
    kind: 'whole',
    help: 'tries after the first',
    question: 'Enter the maximum number of retries.',
  },
  {
    key: 'maxQueueSeconds',
    flag: 'max-queue-seconds',
    kind: 'whole',
    help: 'longest time in the queue, s',
    question: 'Enter the maximum number of seconds a message may stay in the queue.',
  },
  {
    key: 'initialRetrySeconds',
    flag: 'initial-retry-seconds',
    kind: 'whole',
    help: 'wait before the second try, s',
    question: 'Enter the initial number of seconds to wait before retrying a message.',
  },
  {
    key: 'maxRetrySeconds',
    flag: 'max-retry-seconds',
    kind: 'whole',
    help: 'longest wait between tries, s',
    question: 'Enter the maximum number of seconds to wait before retrying a message.',
  },
  {
    key: 'sendHardBounces',
    flag: 'send-hard-bounces',
    kind: 'switch',
    help: 'tell senders of final failures: on or off',
    question: 'Do you want a message sent for each hard bounce?',
  },
  {
    key: 'delayWarnings',
    flag: 'delay-warnings',
    kind: 'switch',
    help: 'tell senders of delays: on or off',
    question: 'Do you want to send delay warnings?',
  },
  {
    key: 'delayWarningSeconds',
    flag: 'delay-warning-seconds',
    kind: 'whole',
    help: 'shortest time between two warnings, s',
    question: 'Enter the minimum number of seconds between delay warnings.',
  },
  {
    key: 'maxDelayWarnings',
    flag: 'max-delay-warnings',
    kind: 'whole',
    help: 'warnings for one message',
    question: 'Enter the maximum number of delay warnings for a message.',
  },
  {
    key: 'maxBounceCopy',
    flag: 'max-bounce-copy',
    kind: 'whole',
    help: 'octets up to which a message goes back whole',
    question: 'Enter the number of octets up to which a message is returned whole.',
  },
  {
    key: 'bounceTo',
    flag: 'bounce-to',
    kind: 'text',
    isNullable: true,
    help: 'mailbox that gets the bounces; none: the sender',
    question: 'Enter the mailbox that receives bounces; "none" is the envelope sender.',
  },
  {
    key: 'signBounces',
    flag: 'sign-bounces',
    kind: 'switch',
    help: 'sign bounces (DKIM): on or off',
    question: 'Do you want bounce messages to be signed?',
  },
];

export const GATEWAY_FIELDS: readonly FieldSpec[] = [
  {
    key: 'sourceAddress',
    flag: 'source-address',
    kind: 'text',
    isNullable: true,
    help: 'IP address to connect from; none: by routing',
    question: 'Enter the IP address to connect from; "none" leaves it to the system.',
  },
  {
    key: 'heloName',
    flag: 'helo',
    kind: 'text',
    isNullable: true,
    help: 'name to give in EHLO; none: the name of this machine',
    question: 'Enter the host name to give in EHLO; "none" is the name of this machine.',
  },
];

export const ALERT_FIELDS: readonly FieldSpec[] = [
  {
    key: 'classes',
    flag: 'classes',
    kind: 'list',
    words: ['system', 'delivery', 'monitor', 'certificate', 'configuration'],
    help: 'what about, with commas: system, delivery, monitor, certificate, configuration; or all',
    question: 'Enter the classes of alerts to receive, with commas between them, or "all".',
  },
  {
    key: 'severities',
    flag: 'severities',
    kind: 'list',
    words: ['critical', 'warning', 'information'],
    help: 'how bad, with commas: critical, warning, information; or all',
    question: 'Enter the severities to receive, with commas between them, or "all".',
  },
];

export const ALERT_SETUP_FIELDS: readonly FieldSpec[] = [
  {
    key: 'from',
    flag: 'from',
    kind: 'text',
    isNullable: true,
    help: 'sender of alerts; none: made of this machine’s name',
    question: 'Enter the sender of alerts; "none" makes one of the name of this machine.',
  },
  {
    key: 'initialIntervalSeconds',
    flag: 'initial-interval',
    kind: 'whole',
    help: 'wait before an alert is repeated, s; it doubles each time',
    question: 'Enter the initial number of seconds to wait before sending a duplicate alert.',
  },
  {
    key: 'maxIntervalSeconds',
    flag: 'max-interval',
    kind: 'whole',
    help: 'longest wait, s',
    question: 'Enter the maximum number of seconds to wait before sending a duplicate alert.',
  },
];

export const DELIVERY_FIELDS: readonly FieldSpec[] = [
  {
    key: 'defaultGateway',
    flag: 'interface',
    kind: 'text',
    help: 'gateway to deliver from, by its name; Auto: by routing',
  },
  {
    key: 'possibleDelivery',
    flag: 'possible-delivery',
    kind: 'switch',
    help: 'a message whose last reply was lost counts as delivered: on or off',
  },
  { key: 'maxConnections', flag: 'max-connections', kind: 'whole', help: 'connections of the whole system' },
  { key: 'maxTlsConnections', flag: 'max-tls-connections', kind: 'whole', help: 'of those, the ones with TLS' },
  { key: 'hostDownSeconds', flag: 'host-down-seconds', kind: 'whole', help: 'rest of a destination that is down, s' },
  { key: 'timeouts.connect', flag: 'connect-timeout', kind: 'whole', help: 'wait for a connection, s' },
  { key: 'timeouts.greeting', flag: 'greeting-timeout', kind: 'whole', help: 'wait for a greeting, s' },
  { key: 'timeouts.command', flag: 'command-timeout', kind: 'whole', help: 'wait for the reply to a command, s' },
  { key: 'timeouts.data', flag: 'data-timeout', kind: 'whole', help: 'wait for the reply to DATA, s' },
  { key: 'timeouts.dataBlock', flag: 'data-block-timeout', kind: 'whole', help: 'wait for room to send, s' },
  { key: 'timeouts.finalDot', flag: 'final-dot-timeout', kind: 'whole', help: 'wait for the last reply, s' },
  {
    key: 'timeouts.handOver',
    flag: 'hand-over-timeout',
    kind: 'whole',
    help: 'one message with one host, from the connection to the last reply, s',
  },
];

const VALUE_NAMES: Readonly<Record<FieldSpec['kind'], string>> = {
  whole: 'n',
  switch: 'on|off',
  word: 'word',
  text: 'text',
  list: 'words',
};

/** A field as commander knows it. */
export function optionOf({ flag, help, kind }: FieldSpec): OptionSpec {
  return { flags: `--${flag} <${VALUE_NAMES[kind]}>`, help };
}
