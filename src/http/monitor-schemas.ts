/** What the API of monitors takes and gives beside their configuration. */
import Type from 'typebox';
import { CHANGE_KINDS } from '../monitor/changes.ts';
import { MAX_MONITOR_NAME } from '../monitor/monitor.ts';
import { MONITOR_STATES } from '../monitor/state.ts';
import { CLOCK_TOPICS } from '../probe/result.ts';
import { MAX_PAGE } from './schemas.ts';

const CLOSED = { additionalProperties: false } as const;
const Null = Type.Null();
const Time = Type.String({ format: 'date-time' });
const words = (list: readonly string[], description: string) => Type.Enum([...list], { description });

export const MonitorParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_MONITOR_NAME + 4, description: 'name of the monitor' }),
});

export const StatusQuery = Type.Object(
  {
    maxAge: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 10_000_000,
        description: 'minutes; the last run that could tell is no older',
      }),
    ),
    min: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000, description: 'the mean of that run is no lower' })),
  },
  CLOSED,
);

export const MonitorHistoryQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 20, pattern: '^[0-9]+$' })),
  },
  CLOSED,
);

const State = words(MONITOR_STATES, 'stale: nobody could look for too long');

export const StatusSchema = Type.Object({
  monitor: Type.String(),
  description: Type.String(),
  result: words(['OK', 'NOK'], 'NOK also where nobody knows'),
  reasons: Type.Array(Type.String(), { description: 'why it is not OK' }),
  state: State,
  paused: Type.Boolean(),
  since: Time,
  lastRun: Type.Union([Time, Null], { description: 'the last run that could tell' }),
  lastValue: Type.Union([Type.Number(), Null], { description: 'mean of its targets' }),
  lastAttempt: Type.Union([Time, Null]),
  nextRun: Type.Union([Time, Null]),
  nextDate: Type.Union([
    Type.Object({
      target: Type.String(),
      at: Time,
      what: words(CLOCK_TOPICS, 'what ends'),
      host: Type.Optional(Type.String()),
      severity: Type.String(),
      sentence: Type.String(),
    }),
    Null,
  ]),
});

export const RunSchema = Type.Object({
  id: Type.Integer(),
  startedAt: Time,
  finishedAt: Time,
  state: State,
  value: Type.Union([Type.Number(), Null], { description: 'mean of the targets' }),
  targets: Type.Array(
    Type.Object({
      target: Type.String(),
      verdict: words(['ok', 'degraded', 'failing', 'inconclusive'], 'of this run alone'),
      value: Type.Union([Type.Integer(), Null]),
      reasons: Type.Array(Type.String()),
      changes: Type.Array(
        Type.Object({ kind: words(CHANGE_KINDS, 'against the run before that could tell'), sentence: Type.String() }),
      ),
      links: Type.Object({ result: Type.String(), page: Type.String() }, { description: 'as long as it is kept' }),
    }),
  ),
});
