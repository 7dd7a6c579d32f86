/**
 * What Debian's Postfix takes in for good: the same work as `queue-accept.ts`, handed in by its own `smtp-source` over 50
 * sessions on loopback that carry one message after another. Messages go on hold, so that nothing is delivered beside.
 * It says SMTP for each of them and keeps it in a file of its own; ours is the store alone.
 *
 * Needs root and Debian's postfix, which `scripts/interop-setup.sh` brings.
 *
 *   node scripts/bench/queue-postfix.ts [messages] [rounds]
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SERVICES } from '../../test/interop/mail-servers.ts';
import { costOf, say, sayMachine, shown } from './figures.ts';

const ADDRESS = '127.9.9.2';
const PORT = 2528;
const START_MS = 20_000;
const messages = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 5);

const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
chmodSync(folder, 0o711);
const queue = join(folder, 'queue');

function configure(): string {
  const etc = join(folder, 'etc');
  const data = join(folder, 'data');
  for (const path of [etc, data, queue]) mkdirSync(path);
  chownSync(data, Number(execFileSync('id', ['-u', 'postfix'])), Number(execFileSync('id', ['-g', 'postfix'])));
  const settings = {
    compatibility_level: '3.6',
    queue_directory: queue,
    data_directory: data,
    maillog_file_prefixes: folder,
    maillog_file: join(folder, 'postfix.log'),
    inet_interfaces: 'all',
    inet_protocols: 'ipv4',
    myhostname: 'bench.example',
    mynetworks: '127.0.0.0/8',
    mydestination: '',
    alias_maps: '',
    local_recipient_maps: '',
    default_transport: 'discard',
    smtpd_client_restrictions: 'check_client_access static:HOLD',
    smtpd_peername_lookup: 'no',
    smtpd_client_connection_count_limit: '0',
    default_process_limit: '200',
    in_flow_delay: '0',
  };
  writeFileSync(
    join(etc, 'main.cf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  writeFileSync(join(etc, 'master.cf'), `${SERVICES}${ADDRESS}:${PORT} inet n - n - - smtpd\n`);
  return etc;
}

async function greeted(): Promise<void> {
  const over = performance.now() + START_MS;
  for (;;) {
    const seen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: ADDRESS, port: PORT });
      socket.once('data', () => {
        socket.end('QUIT\r\n');
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (seen) return;
    if (performance.now() > over)
      throw new Error(`Postfix did not greet: ${readFileSync(join(folder, 'postfix.log'))}`);
    await pause(100);
  }
}

function source(): Promise<void> {
  const words = ['-s', '50', '-m', String(messages), '-l', '20000', '-r', '2', '-d', '-N', '-t', 'user@domain.example'];
  const child = spawn('/usr/sbin/smtp-source', [...words, `inet:${ADDRESS}:${PORT}`], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`smtp-source ended with ${code}`))));
  });
}

const kept = (): number =>
  readdirSync(join(queue, 'hold'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

const postfix = spawn('/usr/sbin/postfix', ['-c', configure(), 'start-fg'], { detached: true, stdio: 'ignore' });
try {
  await greeted();
  sayMachine();
  const perSecond: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const { wallMs } = await costOf(source);
    perSecond.push((messages * 1000) / wallMs);
    if (kept() !== round * messages) throw new Error(`${kept()} messages are kept, not ${round * messages}`);
  }
  say('Postfix, 50 sessions, messages a second', shown(perSecond, 0));
} finally {
  // Its master leads a group of its own.
  const pidFile = join(queue, 'pid', 'master.pid');
  if (existsSync(pidFile)) process.kill(-Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  const ended = new Promise((resolve) => postfix.once('exit', resolve));
  await Promise.race([ended, pause(5_000, undefined, { ref: false })]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
