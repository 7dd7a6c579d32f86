/** A few hundred servers that misbehave, spread over the whole dialogue; `scripts/bench/hostile-servers.ts` has them all. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runHostile } from '../support/hostile-run.ts';

it('servers that misbehave at any byte crash nothing, hold nobody up and get no mail in clear (R7, R77)', async () => {
  const result = await runHostile({
    cases: 660,
    stride: 41,
    concurrency: 40,
    seed: 20_261_123,
    stageTimeoutMs: 300,
    sessionTimeoutMs: 900,
  });
  assert.deepEqual(result.faults, []);
  assert.equal(result.cases, 660);
  assert.ok(result.dialogueBytes > 1_000, `${result.dialogueBytes} bytes in a good dialogue`);
  assert.ok(result.slowestOverrunMs < 5_000, `${result.slowestOverrunMs} ms late`);
  const endings = new Set(Object.values(result.endings).flatMap((counts) => Object.keys(counts)));
  for (const ending of ['greeting failed: malformed', 'handshake failed: closed', 'handshake failed: timed-out']) {
    assert.ok(endings.has(ending), `${ending} is among ${[...endings].join(', ')}`);
  }
});
