/** What the API takes and gives, as JSON Schema: the same values validate requests and make `/openapi.json`. */
import Type, { type Static } from 'typebox';
import { MAX_TARGET_LENGTH } from '../probe/target.ts';
import { FORMATS } from '../report/rendering.ts';

const CLOSED = { additionalProperties: false } as const;
/** One batch; more is for several of them. */
export const MAX_BATCH = 100;
/** The longest a request may wait for its result, s. */
export const MAX_WAIT = 60;
export const MAX_PAGE = 200;

export const OptionsSchema = Type.Object(
  {
    quick: Type.Optional(Type.Boolean({ description: 'only the host most mail would go to', default: false })),
    ignoreNoConnect: Type.Optional(
      Type.Boolean({ description: 'leave hosts out that cannot be reached', default: false }),
    ),
    assureTls: Type.Optional(
      Type.Boolean({ description: 'also see whether every host refuses mail in clear', default: false }),
    ),
    mtaSts: Type.Optional(Type.Boolean({ description: 'look for an MTA-STS policy', default: true })),
    dane: Type.Optional(Type.Boolean({ description: 'look for TLSA records', default: true })),
    scan: Type.Optional(Type.Boolean({ description: 'enumerate versions, ciphers and groups', default: false })),
    rcpt: Type.Optional(Type.Boolean({ description: 'give RCPT TO; needs a token', default: false })),
    strictCn: Type.Optional(Type.Boolean({ description: 'a wildcard in the CN does not count', default: false })),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'SMTP port, one of those allowed here' }),
    ),
    family: Type.Optional(
      Type.Union([Type.Literal('any'), Type.Literal('4'), Type.Literal('6')], { description: 'addresses to test' }),
    ),
    timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, description: 'longest wait in each stage, s' })),
  },
  CLOSED,
);

const TargetSchema = Type.String({
  minLength: 1,
  maxLength: MAX_TARGET_LENGTH,
  description: 'user@domain, domain, user@domain[host:port] or [ip]:port',
});

export const ProbeBody = Type.Object(
  {
    target: TargetSchema,
    options: Type.Optional(OptionsSchema),
    fresh: Type.Optional(Type.Boolean({ description: 'not the result of a moment ago', default: false })),
  },
  {
    ...CLOSED,
    examples: [{ target: 'you@good.lab.test' }, { target: 'best.lab.test', options: { quick: true }, fresh: true }],
  },
);
export type ProbeBody = Static<typeof ProbeBody>;

/** Addresses that one report goes to. */
export const MAX_REPORT_TO = 20;

const ReportSchema = Type.Object(
  {
    to: Type.Array(Type.String({ minLength: 3, maxLength: 320 }), {
      minItems: 1,
      maxItems: MAX_REPORT_TO,
      description: 'who gets the report by mail',
    }),
    format: Type.Optional(
      Type.Union(
        FORMATS.map((format) => Type.Literal(format)),
        { description: 'of the attached result', default: 'csv' },
      ),
    ),
    onlyBelow: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 200,
        description: 'no mail where every target was tested and came to this or more',
      }),
    ),
  },
  { ...CLOSED, description: 'the batch by mail when it is done; needs a token with the scope "send", too' },
);

export const BatchBody = Type.Object(
  {
    targets: Type.Array(TargetSchema, { minItems: 1, maxItems: MAX_BATCH }),
    options: Type.Optional(OptionsSchema),
    fresh: Type.Optional(Type.Boolean({ default: false })),
    report: Type.Optional(ReportSchema),
  },
  { ...CLOSED, examples: [{ targets: ['good.lab.test', 'wrong-name.lab.test'] }] },
);
export type BatchBody = Static<typeof BatchBody>;

export const IdParams = Type.Object({ id: Type.String({ pattern: '^[2-9a-z]{12,40}$' }) });
export const WaitQuery = Type.Object(
  {
    wait: Type.Optional(Type.Number({ minimum: 0, maximum: MAX_WAIT, description: 'seconds to wait for the result' })),
  },
  CLOSED,
);
export const ListQuery = Type.Object(
  {
    domain: Type.Optional(Type.String({ maxLength: 255 })),
    target: Type.Optional(Type.String({ maxLength: MAX_TARGET_LENGTH })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 120 })),
  },
  CLOSED,
);
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'the same key and body give the same answer again' }),
  ),
});
export const ResumeHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ maxLength: 12, description: 'go on behind this event' })),
});

const Null = Type.Null();
const Time = Type.String({ format: 'date-time' });

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { description: 'RFC 9457' },
);

export const JobSchema = Type.Object({
  id: Type.String(),
  target: Type.String(),
  state: Type.Union([Type.Literal('queued'), Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')]),
  position: Type.Union([Type.Integer(), Null]),
  createdAt: Time,
  finishedAt: Type.Union([Time, Null]),
  result: Type.Union([
    Type.Object({ format: Type.Literal('tlsreach.probe/1') }, { description: 'see /schemas/probe-1.json' }),
    Null,
  ]),
  problem: Type.Union([ProblemSchema, Null]),
  links: Type.Object({ self: Type.String(), events: Type.String(), page: Type.String() }),
});

export const ListSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      target: Type.String(),
      domain: Type.String(),
      finishedAt: Time,
      status: Type.String(),
      value: Type.Union([Type.Integer(), Null]),
      secure: Type.Boolean(),
      links: Type.Object({ self: Type.String(), page: Type.String() }),
    }),
  ),
  next: Type.Union([Type.String(), Null]),
});

export const BatchSchema = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('done')]),
  items: Type.Array(
    Type.Object({
      target: Type.String(),
      id: Type.Union([Type.String(), Null]),
      state: Type.String(),
      value: Type.Union([Type.Integer(), Null]),
      problem: Type.Union([ProblemSchema, Null]),
    }),
  ),
  /** Mean of the confidence values there are. */
  total: Type.Union([Type.Number(), Null]),
  report: Type.Union([
    Type.Object({
      state: Type.Union([
        Type.Literal('waiting'),
        Type.Literal('queued'),
        Type.Literal('suppressed'),
        Type.Literal('failed'),
      ]),
      detail: Type.Union([Type.String(), Null]),
    }),
    Null,
  ]),
  links: Type.Object({ self: Type.String() }),
});
