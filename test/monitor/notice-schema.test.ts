import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Ajv } from 'ajv';
import { CHANGE_KINDS } from '../../src/monitor/changes.ts';
import type { Notice } from '../../src/monitor/notice.ts';
import { BEGIN, clearResult, DAY, goodResult, HOUR, MINUTE, monitorOf, throttledResult, watch } from './scenario.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/schemas/monitor-notice-1.json', import.meta.url), 'utf8'),
) as { properties: { changes: { items: { properties: { kind: { enum: string[] } } } } } };
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

test('every notice is as its schema says', () => {
  const entry = {
    at: new Date(BEGIN + 10 * DAY).toISOString(),
    what: 'certificate-ends',
    host: 'mx.good.example',
    severity: 'warning',
    sentence: 'The certificate of mx.good.example ends.',
  } as const;
  const watched = watch(monitorOf());
  const notices: Notice[] = [];
  const run = (at: number, result: ReturnType<typeof goodResult>) =>
    notices.push(...watched.run(BEGIN + at, [result]).notices);
  run(0, goodResult('good.example', { clock: [entry] }));
  run(MINUTE, clearResult());
  run(2 * MINUTE, clearResult());
  for (let minute = 3; minute < 70; minute++) run(minute * MINUTE, clearResult());
  run(2 * HOUR, goodResult());
  run(2 * HOUR + MINUTE, goodResult());
  run(3 * HOUR, throttledResult());
  const events = new Set(notices.map(({ event }) => event));
  assert.deepEqual([...events].sort(), ['change', 'date', 'problem', 'recovered', 'reminder']);
  for (const notice of notices) {
    const sent: unknown = JSON.parse(JSON.stringify(notice));
    assert.ok(validate(sent), `${notice.event}: ${JSON.stringify(validate.errors)}`);
  }
  assert.deepEqual(schema.properties.changes.items.properties.kind.enum, [...CHANGE_KINDS]);
});
