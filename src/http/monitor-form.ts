/** The form of a monitor: from a monitor to its fields, and from what was sent to a monitor, which the document judges. */
import { type GivenMonitor, withKeptSecrets } from '../config/monitor-edits.ts';
import {
  type Channel,
  DEFAULT_CONFIRM_RUNS,
  DEFAULT_SCHEDULE,
  DEFAULT_TELL,
  DEFAULT_WARN_DAYS,
  type MailChannel,
  type Monitor,
  NOTICE_KINDS,
  type WebhookChannel,
} from '../monitor/monitor.ts';
import { showTlsMode } from '../policy/mode.ts';
import { DEFAULT_MIN, EXPECTATIONS } from '../probe/gates.ts';
import { listIn, textIn } from './desk.ts';
import type { MessageKey } from './languages.ts';

/** Options of the test that are boxes, with whether the test has them by itself. */
export const SWITCHES = [
  ['mtaSts', 'optMtaSts', true],
  ['dane', 'optDane', true],
  ['quick', 'optQuick', false],
  ['rcpt', 'moRcpt', false],
  ['assureTls', 'optAssure', false],
  ['ignoreNoConnect', 'moIgnore', false],
  ['strictCn', 'moStrictCn', false],
  ['scan', 'optScan', false],
] as const satisfies readonly (readonly [keyof Monitor['options'], MessageKey, boolean])[];

const TELL_WORDS: Readonly<Record<(typeof NOTICE_KINDS)[number], MessageKey>> = {
  state: 'moTellState',
  reminder: 'moTellReminder',
  change: 'moTellChange',
  date: 'moTellDate',
};

export interface MonitorFields {
  readonly texts: Readonly<Record<string, string>>;
  readonly ticked: ReadonlySet<string>;
}

export const NEW_MONITOR: Monitor = {
  name: '',
  description: '',
  targets: [],
  schedule: DEFAULT_SCHEDULE,
  gates: { min: DEFAULT_MIN, expect: [] },
  options: {},
  channels: [],
  confirmRuns: DEFAULT_CONFIRM_RUNS,
  staleMinutes: null,
  warnDays: DEFAULT_WARN_DAYS,
  paused: false,
};

const mailOf = ({ channels }: Pick<Monitor, 'channels'>): MailChannel | undefined =>
  channels.find((channel) => channel.kind === 'mail');
const hookOf = ({ channels }: Pick<Monitor, 'channels'>): WebhookChannel | undefined =>
  channels.find((channel) => channel.kind === 'webhook');

export function fieldsOf(monitor: Monitor): MonitorFields {
  const { options, gates } = monitor;
  const [mail, hook] = [mailOf(monitor), hookOf(monitor)];
  return {
    texts: {
      name: monitor.name,
      description: monitor.description,
      targets: monitor.targets.join('\n'),
      schedule: monitor.schedule,
      min: String(gates.min),
      port: options.port === undefined ? '' : String(options.port),
      family: options.family ?? 'any',
      timeout: options.timeout === undefined ? '' : String(options.timeout),
      to: mail?.to.join(', ') ?? '',
      url: hook?.url ?? '',
      confirmRuns: String(monitor.confirmRuns),
      staleMinutes: monitor.staleMinutes === null ? '' : String(monitor.staleMinutes),
      warnDays: monitor.warnDays.join(', '),
    },
    ticked: new Set([
      ...gates.expect.map((each) => `expect ${each}`),
      ...SWITCHES.flatMap(([key, , usual]) => ((options[key] ?? usual) ? [key] : [])),
      ...(mail?.tell ?? DEFAULT_TELL).map((each) => `mailTell ${each}`),
      ...(hook?.tell ?? DEFAULT_TELL).map((each) => `hookTell ${each}`),
      ...(hook?.allowPrivate === true ? ['allowPrivate'] : []),
      ...(monitor.paused ? ['paused'] : []),
    ]),
  };
}

const TEXTS = [
  'name',
  'description',
  'targets',
  'schedule',
  'min',
  'port',
  'family',
  'timeout',
  'to',
  'url',
  'confirmRuns',
  'staleMinutes',
  'warnDays',
] as const;

/** What was sent, to be shown again; a secret never is. */
export function typedFields(body: unknown): MonitorFields {
  return {
    texts: Object.fromEntries(TEXTS.map((key) => [key, textIn(body, key)])),
    ticked: new Set([
      ...['expect', 'mailTell', 'hookTell'].flatMap((key) => listIn(body, key).map((each) => `${key} ${each}`)),
      ...[...SWITCHES.map(([key]) => key), 'allowPrivate', 'paused'].filter((key) => textIn(body, key) === 'on'),
    ]),
  };
}

/** Whatever is no number goes on as it is: the document says what may stand there. */
export function monitorIn(body: unknown, before: Monitor): GivenMonitor {
  const text = (key: string): string => textIn(body, key).trim();
  const words = (key: string): readonly string[] =>
    text(key)
      .split(/[\s,]+/)
      .filter((word) => word !== '');
  const options: Record<string, unknown> = { ...before.options };
  for (const [key, , usual] of SWITCHES) {
    const on = text(key) === 'on';
    if (on === usual) delete options[key];
    else options[key] = on;
  }
  for (const key of ['port', 'timeout'] as const) {
    if (text(key) === '') delete options[key];
    else options[key] = numberIn(text(key));
  }
  if (text('family') === '4' || text('family') === '6') options['family'] = text('family');
  else delete options['family'];
  return {
    ...before,
    name: text('name') === '' ? before.name : text('name'),
    description: text('description'),
    targets: textIn(body, 'targets')
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    schedule: text('schedule'),
    gates: {
      min: numberIn(text('min')) as number,
      expect: listIn(body, 'expect') as readonly (typeof EXPECTATIONS)[number][],
    },
    options,
    channels: channelsIn(body, before),
    confirmRuns: numberIn(text('confirmRuns')) as number,
    staleMinutes: text('staleMinutes') === '' ? null : (numberIn(text('staleMinutes')) as number),
    warnDays: words('warnDays').map((word) => numberIn(word) as number),
    paused: text('paused') === 'on',
  };
}

/** The first of each kind is the form's; what the API has added stays behind them. */
function channelsIn(body: unknown, before: Monitor): readonly Channel[] {
  const to = textIn(body, 'to')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const url = textIn(body, 'url').trim();
  const given: unknown[] = [];
  if (to.length > 0) given.push({ kind: 'mail', to, tell: listIn(body, 'mailTell') });
  if (url !== '') {
    const secret = textIn(body, 'secret').trim();
    const allowPrivate = textIn(body, 'allowPrivate') === 'on';
    given.push({ kind: 'webhook', url, secret, allowPrivate, tell: listIn(body, 'hookTell') });
  }
  const [mail, hook] = [mailOf(before), hookOf(before)];
  const others = before.channels.filter((channel) => channel !== mail && channel !== hook);
  return [...withKeptSecrets(given, before.channels), ...others] as readonly Channel[];
}

function numberIn(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** The choices of the form, in the words of its language. */
export const TELL_CHOICES = NOTICE_KINDS.map((kind) => ({ kind, words: TELL_WORDS[kind] }));
export const EXPECT_CHOICES = EXPECTATIONS.map((kind) => ({
  kind,
  words: kind === 'dane' || kind === 'mta-sts' ? kind.toUpperCase() : showTlsMode(kind),
}));
