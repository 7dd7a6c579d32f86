/**
 * One `tlsreach probe --input` beside `posttls-finger` run by `xargs -P 50`, in turns, at one and the same Postfix on
 * loopback: how many domains a second each does, and how many a second of its own CPU. Both verify the chain against the
 * same private root; ours also looks every domain up, sends MAIL, judges, predicts, and writes it all as JSON.
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
  const list = join(folder, 'targets');
  writeFileSync(list, Array.from({ length: domains }, (_, index) => `d${index}.bench.test\n`).join(''));
  const results = join(folder, 'results');
  const ours = `'${process.execPath}' '${TLSREACH}' probe --input '${list}' --format ndjson --output '${results}' --concurrency 50 --resolver ${dns.spec} --port ${PORT} --ca-file '${rootFile}' --min 1`;
  const theirs = `seq ${domains} | xargs -P 50 -I{} /usr/sbin/posttls-finger -c -l verify -F '${rootFile}' -o inet_protocols=ipv4 -o mail_version=bench -t 30 '[${ADDRESS}]:${PORT}' ${EXCHANGE}`;
  const runs: { readonly ours: Run[]; readonly theirs: Run[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round += 1) {
    runs.ours.push(await timed(ours));
    const trusted = readFileSync(results, 'utf8').split('"trusted":true').length - 1;
    if (trusted < domains) throw new Error(`only ${trusted} of ${domains} chains were trusted`);
    runs.theirs.push(await timed(`${theirs} >'${results}.theirs' 2>&1`));
    const verified = readFileSync(`${results}.theirs`, 'utf8').split('Verified TLS connection').length - 1;
    if (verified < domains) throw new Error(`posttls-finger verified ${verified} of ${domains}`);
  }
  const of = (list: readonly Run[], key: keyof Run): readonly number[] => list.map((run) => run[key]);
  const ratio = (key: keyof Run): number => median(of(runs.ours, key)) / median(of(runs.theirs, key));
  console.log(`${domains} domains at one Postfix, ${rounds} rounds; median (least to most)`);
  say('tlsreach, a second', shown(of(runs.ours, 'perSecond'), 0));
  say('posttls-finger, a second', shown(of(runs.theirs, 'perSecond'), 0));
  say('ratio', ratio('perSecond').toFixed(2), 'at least 2.00');
  say('tlsreach, a second of its own CPU', shown(of(runs.ours, 'perCpuSecond'), 0));
  say('posttls-finger, a second of its own CPU', shown(of(runs.theirs, 'perCpuSecond'), 0));
  say('ratio', ratio('perCpuSecond').toFixed(2), 'at least 5.00');
} finally {
  await dns.stop();
  stopPostfix();
  rmSync(folder, { recursive: true, force: true });
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
