/**
 * How long does one `tlsreach probe` take from its start to its end, with a mail server that answers at once? Beside it,
 * in turns, the two things that nobody can do without: a Node that does nothing, and the dialogue itself, measured warm
 * in this process.
 *
 * node scripts/bench/start-up.ts [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareDialogue } from './bare-dialogue.ts';
import { median, say, sayMachine, shown } from './figures.ts';
import { startMailFarm } from './mail-farm.ts';

const TLSREACH = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));
const WARM_DIALOGUES = 200;
const rounds = Number(process.argv[2] ?? 31);

const farm = await startMailFarm({ hosts: 1, key: 'p256' });
const [host] = farm.hosts;
if (host === undefined) throw new Error('the farm has no host');
const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
const rootFile = join(folder, 'root.pem');
writeFileSync(rootFile, farm.rootPem);
const words = ['--resolver', farm.resolver, '--port', String(farm.port), '--ca-file', rootFile, '--min', '1'];
const probe = [TLSREACH, 'probe', host.domain, ...words];
const peer = { ...host, port: farm.port, rcptTo: null };

sayMachine();
try {
  for (let warm = 0; warm < 3; warm += 1) await timeOf(probe);
  for (let warm = 0; warm < WARM_DIALOGUES; warm += 1) await bareDialogue(peer);
  const ours: number[] = [];
  const floors: number[] = [];
  const dialogues: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await timeOf(probe));
    floors.push(await timeOf(['-e', '0']));
    const since = performance.now();
    await bareDialogue(peer);
    dialogues.push(performance.now() - since);
  }
  console.log(`${rounds} rounds; median (least to most)`);
  say('tlsreach probe, start to end, ms', shown(ours, 1));
  say('node -e 0, ms', shown(floors, 1));
  say('the bare dialogue, warm, ms', shown(dialogues, 1));
  const ratio = median(ours) / (median(floors) + median(dialogues));
  say('ratio of the medians', ratio.toFixed(2), 'at most 2.00');
} finally {
  farm.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** ms from the start of a Node with these words to its end; what it prints is read and thrown away. */
function timeOf(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const since = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(performance.now() - since);
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}
