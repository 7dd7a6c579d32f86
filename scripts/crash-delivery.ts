/**
 * Delivery under fire: so many messages, and processes that deliver them killed with SIGKILL so often, at moments of
 * chance. Exits 1 unless every message arrived and none came twice but those whose reply was on the way at a kill.
 *
 *   node scripts/crash-delivery.ts MESSAGES KILLS [--processes N] [--database postgres://…]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killedDelivery } from '../test/support/killed-delivery.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { database: { type: 'string' }, processes: { type: 'string', default: '2' } },
});
const [messages, kills, processes] = [positionals[0] ?? 10_000, positionals[1] ?? 200, values.processes].map(Number);
if (![messages, kills, processes].every((each) => Number.isInteger(each) && Number(each) > 0)) {
  console.error('usage: node scripts/crash-delivery.ts MESSAGES KILLS [--processes N] [--database URL]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'tlsreach-crash-'));
const place =
  values.database === undefined
    ? ({ kind: 'file', path: join(folder, 'queue.db') } as const)
    : ({ kind: 'postgres', url: values.database } as const);
try {
  const report = await killedDelivery({
    place,
    messages: messages ?? 0,
    kills: kills ?? 0,
    processes: processes ?? 1,
    lifeMs: 1_200,
  });
  const { delivered, lost, repeated, unexcused, unfinished, seconds } = report;
  console.log(`${place.kind}: ${messages} messages, ${kills} kills of ${processes} processes, ${seconds.toFixed(0)} s`);
  console.log(`deliveries ${delivered}, lost ${lost.length}, came again with their reply on the way ${repeated},`);
  console.log(`came again without that ${unexcused.length}, not finished in the queue ${unfinished}`);
  if (lost.length > 0 || unexcused.length > 0 || unfinished > 0) {
    console.error([...lost.slice(0, 20), ...unexcused.slice(0, 20)].join(' '));
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
