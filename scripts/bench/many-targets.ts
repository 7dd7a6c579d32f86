/**
 * A hundred thousand targets in one process: 90 of 100 refuse connections or cannot be resolved, 5 are silent, 5 are
 * good. Does memory stay flat, is every target in the output once, does the progress line tell the truth, and does
 * Ctrl-C leave what is done so far? The name server and the mail servers run in another process.
 *
 * node scripts/bench/many-targets.ts [targets]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/world.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import type { ZoneName } from '../../src/lab/zone.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { say, sayMachine } from './figures.ts';

const TLSREACH = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const CHILD = 'serve-many';
/** Enough of them that the limit of connections to one address does not rule the run. */
const SILENT_ADDRESSES = 250;
const GOOD_ADDRESSES = 50;
const CONCURRENCY = 1000;
const SAMPLE_MS = 200;

interface Ready {
  readonly port: number;
  readonly resolver: string;
  readonly rootPem: string;
}

interface Outcome {
  readonly code: number | null;
  readonly seconds: number;
  /** KiB, sampled; the first quarter of the run and the rest apart. */
  readonly memory: readonly number[];
  readonly peak: number;
  readonly stderr: string;
  readonly endedAfterSignalMs: number | null;
}

if (process.argv[2] === CHILD) await serve();
else await bench(Number(process.argv[2] ?? 100_000));

async function bench(count: number): Promise<void> {
  const child = fork(SELF, [CHILD], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const servers = await readyOf(child);
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
  try {
    const list = join(folder, 'targets');
    writeFileSync(list, Array.from({ length: count }, (_, index) => `${targetOf(index)}\n`).join(''));
    const rootFile = join(folder, 'root.pem');
    writeFileSync(rootFile, servers.rootPem);
    const args = (results: string): readonly string[] => [
      ...[TLSREACH, 'probe', '--input', list, '--format', 'ndjson', '--output', results, '--min', '1', '--ca-file'],
      ...[rootFile, '--resolver', servers.resolver, '--port', String(servers.port), '--timeout', '2'],
      ...['--concurrency', String(CONCURRENCY)],
    ];
    sayMachine();
    const whole = await run(args(join(folder, 'whole')), null);
    await tellWhole(count, whole, join(folder, 'whole'));
    const cut = await run(args(join(folder, 'cut')), whole.seconds * 500);
    await tellCut(count, cut, join(folder, 'cut'));
  } finally {
    child.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of each hundred in a row: 45 without a name, 45 that refuse, 5 silent, 5 good, well mixed. */
function targetOf(index: number): string {
  const place = (index * 37) % 100;
  if (place < 45) return `n${index}.gone.test`;
  if (place < 90) return `r${index}.refused.test`;
  if (place < 95) return `s${index}.s${index % SILENT_ADDRESSES}.silent.test`;
  return `g${index}.g${index % GOOD_ADDRESSES}.good.test`;
}

async function tellWhole(count: number, outcome: Outcome, results: string): Promise<void> {
  const { memory, peak, seconds, stderr, code } = outcome;
  const seen = await readResults(results);
  const quarter = memory.slice(0, Math.ceil(memory.length / 4));
  console.log(`${count} targets, ${CONCURRENCY} at a time, --timeout 2`);
  say('targets a second', (count / seconds).toFixed(0));
  say('peak resident memory, MiB', (peak / 1024).toFixed(0), 'below 250');
  say(
    'resident memory, MiB: most in the first quarter, most later',
    `${(Math.max(...quarter) / 1024).toFixed(0)}, ${(Math.max(...memory.slice(quarter.length)) / 1024).toFixed(0)}`,
  );
  say('targets in the output, each once', `${seen.targets.size} of ${count} in ${seen.lines} lines`, 'all');
  say('what they were', [...seen.kinds].map(([kind, number]) => `${kind} ${number}`).join(', '));
  say('exit code', String(code));
  const last = lastProgress(stderr);
  const met = seen.kinds.get('encrypted') ?? 0;
  const gone = seen.kinds.get('no-such-domain') ?? 0;
  const expected = `${count} of ${count} done, 0 running, ${met} met, ${gone} not met, ${count - met - gone} not tested`;
  say('the last progress line', last === expected ? `true: ${last}` : `UNTRUE: ${last}; expected ${expected}`);
}

async function tellCut(count: number, { code, stderr, endedAfterSignalMs }: Outcome, results: string): Promise<void> {
  const seen = await readResults(results);
  const note = /stopped; (\d+) of (\d+) targets done/.exec(stderr);
  const right = Number(note?.[1]) === seen.targets.size && Number(note?.[2]) === count;
  say('after Ctrl-C: results, each whole and once', `${seen.targets.size} in ${seen.lines} lines`);
  say('after Ctrl-C: what it says it did', `${right ? 'true' : 'UNTRUE'}: ${note?.[0] ?? 'nothing'}`);
  say('after Ctrl-C: ended within, ms; exit code', `${endedAfterSignalMs?.toFixed(0)}; ${code}`);
}

interface Seen {
  readonly lines: number;
  readonly targets: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<string, number>;
}

async function readResults(file: string): Promise<Seen> {
  const targets = new Set<string>();
  const kinds = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const result = JSON.parse(line) as { target: string; status: string; hosts: { verdict: string }[] };
    lines += 1;
    targets.add(result.target);
    const kind = result.hosts[0]?.verdict ?? result.status;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return { lines, targets, kinds };
}

/** Of the last progress line, without the rate and the thousands' commas. */
function lastProgress(stderr: string): string {
  const line = stderr.split('\n').findLast((each) => / done · /.test(each)) ?? '';
  return line
    .replace('tlsreach: ', '')
    .replaceAll(/(\d),(?=\d{3})/g, '$1')
    .replaceAll(' · ', ', ')
    .replace(/, [\d.]+\/s$/, '');
}

function run(args: readonly string[], interruptAfterMs: number | null): Promise<Outcome> {
  return new Promise((resolve) => {
    const since = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let signalledAt: number | null = null;
    const memory: number[] = [];
    let peak = 0;
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const sampler = setInterval(() => {
      const { resident, most } = memoryOf(child);
      if (resident > 0) memory.push(resident);
      peak = Math.max(peak, most);
      if (interruptAfterMs !== null && signalledAt === null && performance.now() - since > interruptAfterMs) {
        signalledAt = performance.now();
        child.kill('SIGINT');
      }
    }, SAMPLE_MS);
    child.once('close', (code) => {
      clearInterval(sampler);
      const now = performance.now();
      const endedAfterSignalMs = signalledAt === null ? null : now - signalledAt;
      resolve({ code, seconds: (now - since) / 1000, memory, peak, stderr, endedAfterSignalMs });
    });
  });
}

/** KiB, as the kernel counts them. */
function memoryOf({ pid }: ChildProcess): { readonly resident: number; readonly most: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const of = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    return { resident: of('VmRSS'), most: of('VmHWM') };
  } catch {
    return { resident: 0, most: 0 };
  }
}

function readyOf(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    child.once('message', (ready) => resolve(ready as Ready));
    child.once('exit', () => reject(new Error('the servers ended')));
  });
}

async function serve(): Promise<void> {
  const authority = createLabAuthority(Date.now());
  const zones: Record<string, ZoneName> = { 'refused.test': {}, 'gone.test': {} };
  let port = 0;
  for (let index = 0; index < GOOD_ADDRESSES; index += 1) {
    const domain = `g${index}.good.test`;
    const exchange = `mx.${domain}`;
    const address = `127.9.1.${index + 1}`;
    const tls = authority.issue({ names: [exchange] });
    const script = { name: exchange, greeting: `220 ${exchange}`, tls };
    ({ port } = await startSmtpPeer(script, { clock: systemClock, host: address, port, remember: 0 }));
    zones[`*.${domain}`] = { MX: [[10, exchange]] };
    zones[exchange] = { A: [address] };
  }
  for (let index = 0; index < SILENT_ADDRESSES; index += 1) {
    const exchange = `mx.s${index}.silent.test`;
    const address = `127.9.2.${index + 1}`;
    await new Promise<void>((resolve) => {
      createServer((socket) => socket.on('error', () => {}).resume()).listen(port, address, () => resolve());
    });
    zones[`*.s${index}.silent.test`] = { MX: [[10, exchange]] };
    zones[exchange] = { A: [address] };
  }
  // Nobody listens there.
  zones['*.refused.test'] = { A: ['127.9.3.1'] };
  const { spec } = await startZoneServer({ zones, clock: systemClock });
  process.on('disconnect', () => process.exit(0));
  const ready: Ready = { port, resolver: spec, rootPem: authority.rootPem };
  process.send?.(ready);
}
