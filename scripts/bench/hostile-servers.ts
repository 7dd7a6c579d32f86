/**
 * Sessions with servers that misbehave in every way we know at every byte of a dialogue: resets, closes, silence, flipped,
 * inserted and missing bytes, dripping, and floods of lines, noise and TLS records.
 *
 * node scripts/bench/hostile-servers.ts [cases] [concurrency] [seed]; without `cases` all of them, some thirty thousand. It prints what happened as JSON, and exits 1 when a
 * session threw, came too late, or said in clear what it must not. Servers and client share the process, so memory and
 * lateness are of both together.
 */

import { runHostile } from '../../test/support/hostile-run.ts';
import { MISBEHAVIOURS } from '../../test/support/misbehaviour.ts';

const cases = process.argv[2] === undefined ? null : Number(process.argv[2]);
const concurrency = Number(process.argv[3] ?? 40);
const seed = Number(process.argv[4] ?? 1);
/** ms late that are the machine's doing, not a hang. */
const TOLERATED_MS = 1_000;

const result = await runHostile({
  cases,
  stride: 1,
  concurrency,
  seed,
  stageTimeoutMs: 100,
  sessionTimeoutMs: 300,
  onProgress: (done, all) => {
    if (done % 1_000 === 0) console.error(`${done} of ${all}`);
  },
});
console.log(JSON.stringify({ bench: 'hostile-servers', kinds: MISBEHAVIOURS.length, ...result }, null, 1));
if (result.faults.length > 0 || result.slowestOverrunMs > TOLERATED_MS) process.exitCode = 1;
