/** A process that delivers is killed in the middle of its work, again and again (R118). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { crashRun } from '../support/crash-run.ts';
import { newFolder } from '../support/store-world.ts';

test('killed at any moment: nothing is lost, and only what was on its way comes twice (R118)', async (context) => {
  const report = await crashRun({
    data: newFolder(context),
    messages: 400,
    kills: 3,
    connections: 2,
    random: seededRandom(7),
    spreadMs: 150,
    timeoutMs: 60_000,
  });
  assert.equal(report.kills, 3);
  assert.deepEqual(report.lost, []);
  assert.equal(report.unfinished, 0);
  assert.deepEqual(report.unexcused, []);
  assert.ok(report.twice <= 3 * 6, `${report.twice} came twice`);
});
