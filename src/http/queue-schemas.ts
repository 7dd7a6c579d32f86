/** What the API of messages, the queue, hosts and the log takes and gives. */
import Type from 'typebox';
import { MAX_SUBMITTED_RECIPIENTS } from '../delivery/submission.ts';
import { TLS_OUTCOMES } from '../report/log-search.ts';
import { MAX_PAGE } from './schemas.ts';

const CLOSED = { additionalProperties: false } as const;
const Null = Type.Null();
const Time = Type.String({ format: 'date-time' });
const Address = Type.String({ maxLength: 1_000 });

/** Numbers of messages in one action. */
export const MAX_ACTED = 1_000;
export const QUEUE_STATES = ['queued', 'claimed', 'held', 'delivered', 'bounced', 'deleted'] as const;

export const MessageQuery = Type.Object(
  {
    from: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'envelope sender; `<>` for none. For message/rfc822.' }),
    ),
    to: Type.Optional(
      Type.Union([Address, Type.Array(Address, { maxItems: MAX_PAGE })], {
        description: 'recipient; may stand more than once. For message/rfc822.',
      }),
    ),
    requireTls: Type.Optional(Type.Boolean({ description: 'REQUIRETLS (RFC 8689)' })),
  },
  CLOSED,
);

export const MessageBody = Type.Object(
  {
    from: Type.String({ maxLength: 1_000, description: 'envelope sender; `<>` for none' }),
    to: Type.Array(Address, { minItems: 1, maxItems: MAX_SUBMITTED_RECIPIENTS }),
    message: Type.String({ minLength: 1, description: 'header and text, as in a file' }),
    requireTls: Type.Optional(Type.Boolean({ description: 'REQUIRETLS (RFC 8689)' })),
  },
  {
    ...CLOSED,
    examples: [
      { from: 'ann@example.com', to: ['you@good.lab.test'], message: 'Subject: Hello\r\n\r\nDoes it arrive?\r\n' },
    ],
  },
);

export const MidParams = Type.Object({ id: Type.Integer({ minimum: 1 }) });

export const RecipientSchema = Type.Object({
  rid: Type.Integer({ description: 'place in the message' }),
  address: Type.String(),
  destination: Type.String(),
  state: Type.String({ description: QUEUE_STATES.join(', ') }),
  attempts: Type.Integer(),
  channel: Type.Union([Type.String(), Null], { description: 'of the last attempt: encrypted, clear or none' }),
  verified: Type.Union([Type.Boolean(), Null]),
  host: Type.Union([Type.String(), Null]),
  ip: Type.Union([Type.String(), Null]),
  lastAttemptAt: Type.Union([Time, Null]),
  nextAttemptAt: Type.Union([Time, Null]),
  status: Type.Union([Type.String(), Null]),
  reply: Type.Union([Type.String(), Null]),
  reason: Type.Union([Type.String(), Null]),
});

export const MessageSchema = Type.Object({
  id: Type.Integer(),
  from: Type.String(),
  subject: Type.Union([Type.String(), Null]),
  messageId: Type.Union([Type.String(), Null]),
  bytes: Type.Integer(),
  acceptedAt: Time,
  recipients: Type.Array(RecipientSchema),
});

export const QueueItemSchema = Type.Object({
  id: Type.Integer(),
  from: Type.String(),
  subject: Type.Union([Type.String(), Null]),
  bytes: Type.Integer(),
  acceptedAt: Time,
  ...RecipientSchema.properties,
});

export const QueueQuery = Type.Object(
  {
    destination: Type.Optional(Type.String({ maxLength: 255 })),
    sender: Type.Optional(Address),
    recipient: Type.Optional(Address),
    state: Type.Optional(
      Type.Union([Type.Enum([...QUEUE_STATES]), Type.Array(Type.Enum([...QUEUE_STATES]), { maxItems: 6 })], {
        description: 'may stand more than once; queued, claimed and held where it is left out',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 40, pattern: '^[0-9]{1,15}:[0-9]{1,9}$' })),
  },
  CLOSED,
);

export const ActionParams = Type.Object({ action: Type.Enum(['hold', 'release', 'retry', 'delete']) });

export const ActionBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: MAX_ACTED })),
    destination: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    all: Type.Optional(Type.Literal(true)),
  },
  { ...CLOSED, description: 'exactly one of them', examples: [{ destination: 'example.com' }] },
);

export const DeliverNowBody = Type.Object(
  {
    destination: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    all: Type.Optional(Type.Literal(true, { description: 'limits begin anew, and no host is down any more' })),
  },
  { ...CLOSED, description: 'exactly one of them', examples: [{ destination: 'example.com' }] },
);

export const HostParams = Type.Object({ destination: Type.String({ minLength: 1, maxLength: 255 }) });
export const HostsQuery = Type.Object(
  {
    filter: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'part of the name' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 20 })),
    cursor: Type.Optional(Type.String({ maxLength: 400, pattern: '^[A-Za-z0-9_-]+$' })),
  },
  CLOSED,
);

export const HostsSchema = Type.Object({
  hosts: Type.Array(Type.Unknown()),
  next: Type.Union([Type.String(), Null], { description: 'cursor of the next page' }),
});

const Part = Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'part of it' }));

export const LogQuerySchema = Type.Object(
  {
    mid: Type.Optional(Type.Integer({ minimum: 1 })),
    dcid: Type.Optional(Type.Integer({ minimum: 1 })),
    sender: Part,
    recipient: Part,
    destination: Part,
    host: Part,
    tls: Type.Optional(Type.Enum([...TLS_OUTCOMES])),
    text: Part,
    since: Type.Optional(Time),
    until: Type.Optional(Time),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 100 })),
  },
  CLOSED,
);
