/**
 * Kills a process that delivers, at random moments, as often as said, and counts: `node scripts/crash.ts [KILLS] [MESSAGES]
 * [SEED]`. Exit 1 where a message was lost, or came twice although nothing of it was on its way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../src/base/random.ts';
import { crashRun } from '../test/support/crash-run.ts';

const [kills = 50, messages = 20_000, seed = Date.now() % 2 ** 32] = process.argv.slice(2).map(Number);
const data = mkdtempSync(join(tmpdir(), 'tlsreach-crash-'));
try {
  const random = seededRandom(seed);
  const limits = { connections: 5, spreadMs: 400, timeoutMs: 30 * 60_000 };
  const report = await crashRun({ data, messages, kills, random, ...limits });
  console.log(JSON.stringify({ seed, messages, ...report }, null, 2));
  process.exitCode = report.lost.length + report.unexcused.length + report.unfinished > 0 ? 1 : 0;
} finally {
  rmSync(data, { recursive: true, force: true });
}
