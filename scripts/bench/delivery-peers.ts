/**
 * The others of `delivery-throughput.ts`: a real Postfix that takes messages over TLS and throws them away, another one
 * that delivers from a queue of its own, and a bare client that says no more than it must and keeps nothing.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '../../test/interop/mail-servers.ts';

export const EXCHANGE = 'mx.bench.test';
export const DOMAIN = 'bench.test';
export const SINK = { address: '127.9.9.3', port: 2529 } as const;
const SENDER = { address: '127.9.9.4', port: 2530 } as const;
const START_MS = 20_000;
/** Clock ticks of /proc/PID/stat in a second. */
const TICKS = 100;

export interface Postfix {
  readonly folder: string;
  /** CPU of all its processes so far, those that have ended included, ms. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export interface Sink extends Postfix {
  /** Messages taken so far. */
  taken(): number;
}

/** Takes everything; each message is one line in its log, and no file. */
export async function startSink(folder: string, chainFile: string): Promise<Sink> {
  const postfix = await start(folder, SINK, {
    main: `relay_domains = ${DOMAIN}
smtpd_recipient_restrictions = check_recipient_access static:DISCARD
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${chainFile}
`,
    services: SERVICES,
  });
  const log = join(folder, 'postfix.log');
  let read = 0;
  let rest = '';
  let taken = 0;
  return {
    ...postfix,
    taken: () => {
      const chunk = Buffer.alloc(statSync(log).size - read);
      const file = openSync(log, 'r');
      read += readSync(file, chunk, 0, chunk.length, read);
      closeSync(file);
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      taken += lines.filter((line) => line.includes(': discard: RCPT from ')).length;
      return taken;
    },
  };
}

export interface SendingPostfix extends Postfix {
  /** Fills its queue, which nobody works off yet. */
  fill(messages: number): Promise<void>;
  /** Begins to work it off. */
  begin(): void;
}

/** Verified TLS to the sink, connections kept open for more (smtp_tls_connection_reuse). */
export async function startSendingPostfix(
  folder: string,
  { rootFile, connections, octets }: { rootFile: string; connections: number; octets: number },
): Promise<SendingPostfix> {
  const idle = `${SERVICES.replace(/^qmgr .*\n/m, '')}smtp unix - - n - - smtp
tlsproxy unix - - n - 0 tlsproxy
`;
  const postfix = await start(folder, SENDER, {
    main: `default_transport = smtp
relayhost = [${SINK.address}]:${SINK.port}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_security_level = verify
smtp_tls_verify_cert_match = ${EXCHANGE}
smtp_tls_CAfile = ${rootFile}
smtp_tls_connection_reuse = yes
smtp_tls_session_cache_database = btree:${folder}/data/smtp_scache
default_destination_concurrency_limit = ${connections}
`,
    services: idle,
  });
  return {
    ...postfix,
    fill: async (messages) => {
      configureServices(folder, idle, SENDER);
      execFileSync('/usr/sbin/postfix', ['-c', folder, 'reload'], { stdio: 'ignore' });
      await pause(1_000);
      const words = ['-s', '20', '-m', String(messages), '-l', String(octets), '-d', '-t', `user@${DOMAIN}`];
      execFileSync('/usr/sbin/smtp-source', [...words, `inet:${SENDER.address}:${SENDER.port}`]);
    },
    begin: () => {
      configureServices(folder, `${idle}qmgr unix n - n 300 1 qmgr\n`, SENDER);
      execFileSync('/usr/sbin/postfix', ['-c', folder, 'reload'], { stdio: 'ignore' });
    },
  };
}

type Place = typeof SINK | typeof SENDER;

async function start(
  folder: string,
  place: Place,
  { main, services }: { readonly main: string; readonly services: string },
): Promise<Postfix> {
  const data = join(folder, 'data');
  const queue = join(folder, 'queue');
  for (const each of [folder, data, queue]) mkdirSync(each, { recursive: true });
  chownSync(data, Number(execFileSync('id', ['-u', 'postfix'])), Number(execFileSync('id', ['-g', 'postfix'])));
  writeFileSync(
    join(folder, 'main.cf'),
    `compatibility_level = 3.6
queue_directory = ${queue}
data_directory = ${data}
maillog_file_prefixes = ${folder}
maillog_file = ${join(folder, 'postfix.log')}
inet_interfaces = all
inet_protocols = ipv4
myhostname = ${place === SINK ? EXCHANGE : 'sender.bench.test'}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = 200
in_flow_delay = 0
${main}`,
  );
  configureServices(folder, services, place);
  const launched = spawn('/usr/sbin/postfix', ['-c', folder, 'start-fg'], { detached: true, stdio: 'ignore' });
  const pidFile = join(queue, 'pid', 'master.pid');
  await greeted(place);
  const master = Number(readFileSync(pidFile, 'utf8'));
  return {
    folder,
    cpuMs: () => cpuOfGroup(master),
    stop: async () => {
      process.kill(-master, 'SIGTERM');
      await Promise.race([once(launched, 'exit'), pause(5_000, undefined, { ref: false })]);
    },
  };
}

function configureServices(folder: string, services: string, { address, port }: Place): void {
  writeFileSync(join(folder, 'master.cf'), `${services}${address}:${port} inet n - n - - smtpd\n`);
}

/** Of a process group, with those of its processes that have ended and were waited for. */
function cpuOfGroup(leader: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/stat`)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      if (Number(fields[2]) !== leader) continue;
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return (ticks * 1000) / TICKS;
}

async function greeted({ address, port }: Place): Promise<void> {
  const over = performance.now() + START_MS;
  while (performance.now() < over) {
    const seen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: address, port });
      socket.once('error', () => resolve(false));
      socket.once('data', () => {
        socket.end('QUIT\r\n');
        resolve(true);
      });
    });
    if (seen) return;
    await pause(100);
  }
  throw new Error(`Postfix does not greet at ${address}:${port}`);
}

export interface BareClient {
  readonly messages: number;
  readonly connections: number;
  readonly octets: number;
  readonly perConnection: number;
  readonly rootFile: string;
}

const SELF = fileURLToPath(import.meta.url);

/** In a process of its own; resolves when it has been answered for all. */
export async function runBareClient(wishes: BareClient): Promise<void> {
  const child: ChildProcess = fork(SELF, [JSON.stringify(wishes)], { execArgv: ['--no-warnings'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the bare client ended with ${code}`);
}

async function bareClient({ messages, connections, octets, perConnection, rootFile }: BareClient): Promise<void> {
  const ca = readFileSync(rootFile);
  const text = `Subject: bare\r\n\r\n${'x'.repeat(70)}\r\n`.padEnd(octets, 'y');
  const envelope = `MAIL FROM:<sender@origin.test>\r\nRCPT TO:<user@${DOMAIN}>\r\n`;
  let left = messages;
  const session = async (): Promise<void> => {
    while (left > 0) {
      const raw = connect({ host: SINK.address, port: SINK.port, noDelay: true });
      const clear = replies(raw);
      await clear(1);
      raw.write('EHLO bare.test\r\n');
      await clear(1);
      raw.write('STARTTLS\r\n');
      await clear(1);
      raw.removeAllListeners('data');
      raw.on('error', () => {});
      const socket = connectTls({ socket: raw, servername: EXCHANGE, ca });
      await once(socket, 'secureConnect');
      const answered = replies(socket);
      socket.write('EHLO bare.test\r\n');
      await answered(1);
      for (let count = 0; count < perConnection && left > 0; count++) {
        left -= 1;
        socket.write(`${envelope}BDAT ${text.length} LAST\r\n${text}`);
        await answered(3);
      }
      // The server may be gone before it has read how we end TLS.
      socket.on('error', () => {});
      socket.end('QUIT\r\n');
      await new Promise((resolve) => socket.once('close', resolve));
    }
  };
  await Promise.all(Array.from({ length: connections }, session));
}

/** Waits for so many replies, all of which have to be good. */
function replies(socket: Socket): (count: number) => Promise<void> {
  let text = '';
  let complete = 0;
  let wake = (): void => {};
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    const lines = text.split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (!/^[23]/.test(line)) throw new Error(line);
      if (line[3] === ' ') complete += 1;
    }
    wake();
  });
  return async (count) => {
    while (complete < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    complete -= count;
  };
}

if (process.argv[1] === SELF && process.argv[2] !== undefined) {
  await bareClient(JSON.parse(process.argv[2]) as BareClient);
}
