/**
 * Does the probe tell the truth? Worlds drawn from a seed, in each of which a probe predicts what would become of a
 * message and a delivery shows it: six TLS modes, published policies honoured and ignored, the order of equals fixed by a
 * seed and left to chance. A difference is made as small as it can be and printed; the exit code is then 1.
 *
 * node scripts/differential.ts [worlds] [seed] [at the same time]
 */
import { runDifferential, showDisagreement, shrink } from '../test/support/differential.ts';

const count = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1);
const concurrency = Number(process.argv[4] ?? 8);
/** More of them say the same. */
const SHRUNK = 5;

const report = await runDifferential({ count, seed, concurrency, silence: true }, (done) => {
  if (done % 100 === 0) console.error(`${done} of ${count} worlds`);
});
const { disagreements, ...counted } = report;
console.log(JSON.stringify({ seed, ...counted, disagreements: disagreements.length }));
for (const disagreement of disagreements.slice(0, SHRUNK)) {
  console.log(showDisagreement(await shrink(disagreement)));
}
if (disagreements.length > 0) process.exitCode = 1;
