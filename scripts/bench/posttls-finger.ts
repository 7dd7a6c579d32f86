/**
 * One `tlsreach probe --input` beside `posttls-finger` run by `xargs -P 50`, in turns, at one and the same Postfix on
 * loopback: how many probes a second each does, and how many a second of its own CPU. Both are told the server and verify
 * its chain and name against the same private root; ours sends MAIL too, judges, predicts, and writes it all as JSON.
 * Beside it whole domains: their routes, DNSSEC, MTA-STS, TLSRPT and TLSA records looked up for each as well.
 *
 * Needs root (a Postfix of its own is started from a folder of its own) and Debian's postfix, which
 * `scripts/interop-setup.sh` brings.
 *
 * node scripts/bench/posttls-finger.ts [domains] [rounds]
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/world.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { median, say, sayMachine, shown } from './figures.ts';

const TLSREACH = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));
const ADDRESS = '127.9.9.1';
const PORT = 2527;
const EXCHANGE = 'mx.bench.test';
const START_MS = 20_000;
const domains = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 5);

interface Run {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
chmodSync(folder, 0o711);
const rootFile = join(folder, 'root.pem');
configure();
const postfix = spawn('/usr/sbin/postfix', ['-c', join(folder, 'etc'), 'start-fg'], {
  detached: true,
  stdio: 'ignore',
});
const dns = await startZoneServer({
  clock: systemClock,
  zones: {
    '*.bench.test': { MX: [[10, EXCHANGE]], ttl: 3600 },
    [EXCHANGE]: { A: [ADDRESS], ttl: 3600 },
  },
});
try {
  await greeted();
  sayMachine();
  const results = join(folder, 'results');
  const ours = (name: string, targetOf: (index: number) => string): string => {
    const list = join(folder, name);
    writeFileSync(list, Array.from({ length: domains }, (_, index) => `${targetOf(index)}\n`).join(''));
    const words = `--format ndjson --output '${results}' --concurrency 50 --resolver ${dns.spec} --port ${PORT} --min 1`;
    return `'${process.execPath}' '${TLSREACH}' probe --input '${list}' ${words} --ca-file '${rootFile}'`;
  };
  const whole = ours('domains', (index) => `d${index}.bench.test`);
  const server = ours('servers', (index) => `d${index}.bench.test[${EXCHANGE}:${PORT}]`);
  const theirs = `seq ${domains} | xargs -P 50 -I{} /usr/sbin/posttls-finger -c -l verify -F '${rootFile}' -o inet_protocols=ipv4 -t 30 '[${ADDRESS}]:${PORT}' ${EXCHANGE}`;
  const runs = { whole: [] as Run[], server: [] as Run[], theirs: [] as Run[] };
  for (let round = 0; round < rounds; round += 1) {
    runs.whole.push(await timedProbe(whole, results));
    runs.theirs.push(await timedFinger(theirs, results));
    runs.server.push(await timedProbe(server, results));
  }
  const of = (list: readonly Run[], key: keyof Run): readonly number[] => list.map((run) => run[key]);
  const ratio = (list: readonly Run[], key: keyof Run): string =>
    (median(of(list, key)) / median(of(runs.theirs, key))).toFixed(2);
  console.log(`${domains} probes of one Postfix, ${rounds} rounds; median (least to most)`);
  say('posttls-finger, a second', shown(of(runs.theirs, 'perSecond'), 0));
  say('posttls-finger, a second of its own CPU', shown(of(runs.theirs, 'perCpuSecond'), 0));
  for (const [name, list] of [
    ['a named server', runs.server],
    ['whole domains', runs.whole],
  ] as const) {
    say(`tlsreach, ${name}, a second`, shown(of(list, 'perSecond'), 0));
    say('  ratio', ratio(list, 'perSecond'), 'at least 2.00');
    say(`tlsreach, ${name}, a second of its own CPU`, shown(of(list, 'perCpuSecond'), 0));
    say('  ratio', ratio(list, 'perCpuSecond'), 'at least 5.00');
  }
} finally {
  await dns.stop();
  stopPostfix();
  rmSync(folder, { recursive: true, force: true });
}

/** Both must have done what is measured: found each chain good. */
async function timedProbe(command: string, results: string): Promise<Run> {
  const run = await timed(command);
  return expectAll(run, readFileSync(results, 'utf8').split('"trusted":true').length - 1);
}

async function timedFinger(command: string, results: string): Promise<Run> {
  const run = await timed(`${command} >'${results}.theirs' 2>&1`);
  return expectAll(run, readFileSync(`${results}.theirs`, 'utf8').split('Verified TLS connection').length - 1);
}

function expectAll(run: Run, good: number): Run {
  if (good < domains) throw new Error(`only ${good} of ${domains} chains were found good`);
  return run;
}

/** Runs a command line; the shell's `times` tells what its children and theirs used. */
async function timed(command: string): Promise<Run> {
  const since = performance.now();
  const child = spawn('sh', ['-c', `${command}; times >&2`], { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  const seconds = (performance.now() - since) / 1000;
  const minutes = [
    ...(said
      .trim()
      .split('\n')
      .at(-1)
      ?.matchAll(/(\d+)m([\d.]+)s/g) ?? []),
  ];
  const cpu = minutes.reduce((sum, [, whole, rest]) => sum + Number(whole) * 60 + Number(rest), 0);
  if (minutes.length !== 2) throw new Error(`the shell told no times: ${said.slice(-500)}`);
  return { perSecond: domains / seconds, perCpuSecond: domains / cpu };
}

function configure(): void {
  const etc = join(folder, 'etc');
  const data = join(folder, 'data');
  for (const each of [etc, data, join(folder, 'queue')]) mkdirSync(each);
  const id = (which: string): number => Number(execFileSync('id', [which, 'postfix'], { encoding: 'utf8' }));
  chownSync(data, id('-u'), id('-g'));
  const authority = createLabAuthority(Date.now());
  const { key, certificates } = authority.issue({ names: [EXCHANGE] });
  writeFileSync(rootFile, authority.rootPem);
  writeFileSync(join(folder, 'server.pem'), `${key}${certificates}`, { mode: 0o600 });
  writeFileSync(
    join(etc, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${join(folder, 'queue')}
data_directory = ${data}
maillog_file_prefixes = ${folder}
maillog_file = ${join(folder, 'postfix.log')}
inet_protocols = ipv4
myhostname = ${EXCHANGE}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = bench.test
relay_transport = discard
default_transport = error: nothing leaves the bench
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${join(folder, 'server.pem')}
smtpd_client_connection_count_limit = 0
default_process_limit = 100
`,
  );
  writeFileSync(
    join(etc, 'master.cf'),
    `${ADDRESS}:${PORT} inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`,
  );
}

async function greeted(): Promise<void> {
  const over = performance.now() + START_MS;
  while (performance.now() < over) {
    if (await greets()) return;
    await pause(100);
  }
  throw new Error('Postfix did not come up');
}

function greets(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ADDRESS, port: PORT });
    socket.once('error', () => resolve(false));
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
  });
}

/** The master leads a process group of its own, whose number it writes down. */
function stopPostfix(): void {
  const leaders = [postfix.pid, Number(readFileSync(join(folder, 'queue', 'pid', 'master.pid'), 'utf8').trim())];
  for (const leader of leaders) {
    try {
      if (leader !== undefined) process.kill(-leader, 'SIGTERM');
    } catch {
      // Ended already.
    }
  }
}
