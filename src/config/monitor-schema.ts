/** Monitors in the configuration document, as JSON schemas; what a schema cannot say stands in `monitor-rules.ts`. */
import Type from 'typebox';
import {
  DEFAULT_CONFIRM_RUNS,
  DEFAULT_SCHEDULE,
  DEFAULT_TELL,
  DEFAULT_WARN_DAYS,
  MAX_CHANNEL_ADDRESSES,
  MAX_CHANNELS,
  MAX_CONFIRM_RUNS,
  MAX_MONITOR_NAME,
  MAX_MONITOR_TARGETS,
  MAX_MONITORS,
  MAX_WARN_DAYS,
  MONITOR_NAME,
  NOTICE_KINDS,
} from '../monitor/monitor.ts';
import { MAX_SCHEDULE_LENGTH } from '../monitor/schedule.ts';
import { DEFAULT_MIN, EXPECTATIONS } from '../probe/gates.ts';
import { MAX_TARGET_LENGTH } from '../probe/target.ts';
import { byDefault, whole } from './destination-schema.ts';

const CLOSED = { additionalProperties: false } as const;
/** The most CF-1 gives. */
const MAX_SCORE = 121;
const MAX_URL_LENGTH = 2_000;
const MAX_SECRET_LENGTH = 200;
/** Shorter ones can be tried out. */
export const MIN_SECRET_LENGTH = 16;
/** A year. */
const MAX_STALE_MINUTES = 527_040;

const tell = Type.Array(Type.Enum([...NOTICE_KINDS]), {
  default: [...DEFAULT_TELL],
  minItems: 1,
  maxItems: NOTICE_KINDS.length,
  uniqueItems: true,
  description: 'state: something is wrong, and well again; reminder; change: what differs between runs; date.',
});

export const ChannelSchema = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('mail'),
        to: Type.Array(Type.String({ minLength: 3, maxLength: 320, description: 'A mailbox.' }), {
          minItems: 1,
          maxItems: MAX_CHANNEL_ADDRESSES,
        }),
        tell,
      },
      { ...CLOSED, description: 'By mail, through the queue of this installation.' },
    ),
    Type.Object(
      {
        kind: Type.Literal('webhook'),
        url: Type.String({ minLength: 1, maxLength: MAX_URL_LENGTH, description: 'https:' }),
        secret: Type.String({
          minLength: MIN_SECRET_LENGTH,
          maxLength: MAX_SECRET_LENGTH,
          description: 'Signs what is sent (HMAC). Never shown; left out in a change, the one of the same URL stays.',
        }),
        allowPrivate: Type.Boolean({ default: false, description: 'Addresses that are not public may be posted to.' }),
        tell,
      },
      { ...CLOSED, description: 'A POST of JSON.' },
    ),
  ],
  { description: 'Who is told.' },
);

export const MonitorOptionsSchema = Type.Object(
  {
    quick: Type.Optional(Type.Boolean({ description: 'Only the host most mail would go to.' })),
    ignoreNoConnect: Type.Optional(Type.Boolean({ description: 'Leave hosts out that cannot be reached.' })),
    assureTls: Type.Optional(Type.Boolean({ description: 'Also see whether every host refuses mail in clear.' })),
    mtaSts: Type.Optional(Type.Boolean({ description: 'Look for an MTA-STS policy (yes).' })),
    dane: Type.Optional(Type.Boolean({ description: 'Look for TLSA records (yes).' })),
    scan: Type.Optional(Type.Boolean({ description: 'Enumerate versions, ciphers and groups.' })),
    rcpt: Type.Optional(Type.Boolean({ description: 'Give RCPT TO.' })),
    strictCn: Type.Optional(Type.Boolean({ description: 'A wildcard in the CN does not count.' })),
    port: Type.Optional(whole(1, 65_535, 'SMTP port.')),
    family: Type.Optional(Type.Enum(['any', '4', '6'], { description: 'Addresses to test.' })),
    timeout: Type.Optional(whole(1, 60, 'Longest wait in each stage, s.')),
  },
  { ...CLOSED, description: 'As for a test; what is left out is as usual.' },
);

export const MonitorSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: MAX_MONITOR_NAME,
      pattern: MONITOR_NAME.source,
      description: 'Letters, digits, dots, hyphens, underscores.',
    }),
    description: Type.String({ default: '', maxLength: 200, description: 'For people.' }),
    targets: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: MAX_TARGET_LENGTH,
        description: 'user@domain, domain, user@domain[host:port] or [ip]:port',
      }),
      { minItems: 1, maxItems: MAX_MONITOR_TARGETS },
    ),
    schedule: Type.String({
      default: DEFAULT_SCHEDULE,
      minLength: 1,
      maxLength: MAX_SCHEDULE_LENGTH,
      description: '`PT5M` (ISO 8601), or `cron 0 6 * * 1-5 Europe/Amsterdam` (UTC without a zone).',
    }),
    gates: Type.Object(
      {
        min: byDefault(whole(0, MAX_SCORE, 'The confidence is no lower.'), DEFAULT_MIN),
        expect: Type.Array(Type.Enum([...EXPECTATIONS]), {
          default: [],
          maxItems: EXPECTATIONS.length,
          uniqueItems: true,
          description: 'TLS modes whose mail has to go as they ask; dane; mta-sts.',
        }),
      },
      { ...CLOSED, default: {}, description: 'What a result must show.' },
    ),
    options: byDefault(MonitorOptionsSchema, {}),
    channels: Type.Array(ChannelSchema, { default: [], maxItems: MAX_CHANNELS }),
    confirmRuns: byDefault(
      whole(1, MAX_CONFIRM_RUNS, 'Runs in a row that have to say the same before the state changes.'),
      DEFAULT_CONFIRM_RUNS,
    ),
    staleMinutes: Type.Union([whole(1, MAX_STALE_MINUTES, 'Minutes.'), Type.Null()], {
      default: null,
      description: 'Without a run that could tell for so long it is stale; null: three times the schedule.',
    }),
    warnDays: Type.Array(whole(1, 365, 'Days.'), {
      default: [...DEFAULT_WARN_DAYS],
      maxItems: MAX_WARN_DAYS,
      uniqueItems: true,
      description: 'Days before a date at which it is told, once each.',
    }),
    paused: Type.Boolean({ default: false, description: 'It rests.' }),
  },
  { ...CLOSED, description: 'The same test on a schedule.' },
);

export const MonitorsSchema = Type.Array(MonitorSchema, { default: [], maxItems: MAX_MONITORS });
