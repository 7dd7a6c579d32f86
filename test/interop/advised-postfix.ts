/**
 * One real Postfix on a loopback address of its own, with a fault, whose administrator does what the advice says: settings
 * by postconf, requests by openssl, the authority's signature by openssl, too.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../src/app/app.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { type IssuedCertificate, issueCertificate } from '../../src/pki/issue.ts';
import type { ProbeResult, Remedy } from '../../src/probe/result.ts';
import { target } from '../support/lab.ts';

export const HOST = 'mx.advised.test';
const DOMAIN = 'advised.test';
const ADDRESS = '127.0.2.25';
const PORT = 2525;
const DAY_MS = 86_400_000;
/** Postfix has come up, or has taken a new configuration, within this time, ms. */
const READY_MS = 20_000;

export interface AdvisedPostfix {
  /** Makes the machine faulty: what it presents, and its settings besides. */
  install(presented: Presented, settings?: Readonly<Record<string, string>>): Promise<void>;
  probe(): Promise<ProbeResult>;
  /** Follows certificates and Postfix settings to the letter. */
  follow(remedies: readonly Remedy[]): Promise<void>;
  readonly folder: string;
  stop(): Promise<void>;
}

export interface Presented {
  readonly names: readonly string[];
  readonly daysLeft?: number;
  readonly withoutIntermediate?: boolean;
}

/** Where the advice says /etc/ssl, these tests have a folder of their own. */
export function inFolder(text: string, folder: string): string {
  return text.replaceAll('/etc/ssl/', `${folder}/ssl/`);
}

export async function startAdvisedPostfix(): Promise<AdvisedPostfix> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-advised-'));
  execFileSync('chmod', ['711', folder]);
  for (const below of ['queue', 'data', 'ssl/private', 'ssl/certs'])
    mkdirSync(join(folder, below), { recursive: true });
  chownSync(join(folder, 'data'), idOf('-u'), idOf('-g'));
  writeFileSync(join(folder, 'main.cf'), mainCf(folder));
  writeFileSync(join(folder, 'master.cf'), MASTER_CF);
  const { root, intermediate } = authorities(folder);
  const files = {
    key: join(folder, 'ssl/private', `${HOST}.key`),
    chain: join(folder, 'ssl/certs', `${HOST}.chain.pem`),
  };
  const child = spawn('postfix', ['-c', folder, 'start-fg'], { detached: true, stdio: 'ignore', env: environment() });
  const zone = await startZoneServer({
    clock: systemClock,
    zones: { [DOMAIN]: { MX: [[10, HOST]], ad: true }, [HOST]: { A: [ADDRESS], ad: true } },
  });
  const stop = async (): Promise<void> => {
    await Promise.all([zone.stop(), end(child, folder)]);
    rmSync(folder, { recursive: true, force: true });
  };
  const configure = async (lines: readonly string[]): Promise<void> => {
    if (lines.length > 0) run(folder, 'postconf', ['-c', folder, '-e', ...lines]);
    run(folder, 'postfix', ['-c', folder, 'reload']);
    await pause(300);
    await greets();
  };
  /** What an authority does with a request: it copies the names and signs. */
  const sign = (request: string): void => {
    const words = ['x509', '-req', '-in', request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    run(folder, 'openssl', [...words, '-days', '60', '-copy_extensions', 'copy', '-out', 'signed.pem']);
    writeFileSync(files.chain, readFileSync(join(folder, 'signed.pem'), 'utf8') + intermediate.certificate);
  };
  try {
    await greets();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    stop,
    install: async ({ names, daysLeft = 60, withoutIntermediate = false }, settings = {}) => {
      const now = Date.now();
      const leaf = issueCertificate({
        subject: { CN: names[0] ?? HOST },
        dnsNames: names,
        notBefore: new Date(now - 30 * DAY_MS),
        notAfter: new Date(now + daysLeft * DAY_MS),
        issuer: { certificate: intermediate.certificate, key: intermediate.privateKey },
      });
      writeFileSync(files.key, leaf.keyPem, { mode: 0o600 });
      writeFileSync(files.chain, leaf.certificate + (withoutIntermediate ? '' : intermediate.certificate));
      const own = {
        smtpd_tls_security_level: 'may',
        smtpd_tls_chain_files: `${files.key}, ${files.chain}`,
        smtpd_tls_protocols: '>=TLSv1',
        smtpd_tls_mandatory_protocols: '>=TLSv1',
        smtpd_tls_ask_ccert: 'no',
        smtpd_tls_req_ccert: 'no',
        ...settings,
      };
      await configure(Object.entries(own).map(([name, value]) => `${name} = ${value}`));
    },
    probe: async () => {
      const app = await createApp({
        ...DEFAULT_SETTINGS,
        log: silentLog,
        resolvers: [`${zone.spec}?trust-ad`],
        caFile: { name: 'the root', pem: root.certificate },
        systemCa: false,
        port: PORT,
        timeoutMs: 10_000,
      });
      try {
        return await app.probe({ ...REQUEST, target: target(`you@${DOMAIN}`) });
      } finally {
        await app.close();
      }
    },
    follow: async (remedies) => {
      const settings: string[] = [];
      for (const remedy of remedies) {
        if (remedy.for === 'postfix') settings.push(...inFolder(remedy.text, folder).split('\n'));
        if (remedy.kind !== 'certificate' || remedy.text.startsWith('DNS:')) continue;
        if (remedy.text.startsWith('openssl ')) {
          writeFileSync(join(folder, `${HOST}.key`), readFileSync(files.key));
          run(folder, 'sh', ['-ec', remedy.text]);
          sign(`${HOST}.csr`);
        } else {
          assert.equal(remedy.text, subjectOf(intermediate), 'nobody has another certificate');
          writeFileSync(files.chain, readFileSync(files.chain, 'utf8') + intermediate.certificate);
        }
      }
      await configure(settings);
    },
  };
}

const REQUEST = {
  rcpt: 'no',
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  seed: null,
} as const;

const MASTER_CF = `${ADDRESS}:${PORT} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;

/** One client for each process, so that a new configuration counts from the next connection on. */
function mainCf(folder: string): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file_prefixes = ${folder}
maillog_file = ${folder}/postfix.log
inet_interfaces = all
inet_protocols = ipv4
myhostname = ${HOST}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error: nothing leaves this machine
relay_domains = ${DOMAIN}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
max_use = 1
tls_medium_cipherlist = ALL:!aNULL:!eNULL:@SECLEVEL=0
`;
}

function authorities(folder: string): { readonly root: IssuedCertificate; readonly intermediate: IssuedCertificate } {
  const dates = { notBefore: new Date(Date.now() - 50 * DAY_MS), notAfter: new Date(Date.now() + 400 * DAY_MS) };
  const root = issueCertificate({ ...dates, subject: { O: 'Interop', CN: 'Advised Root' }, ca: true });
  const intermediate = issueCertificate({
    ...dates,
    subject: { O: 'Interop', CN: 'Advised Intermediate' },
    ca: true,
    issuer: { certificate: root.certificate, key: root.privateKey },
  });
  writeFileSync(join(folder, 'ca.pem'), intermediate.certificate);
  writeFileSync(join(folder, 'ca.key'), intermediate.keyPem, { mode: 0o600 });
  return { root, intermediate };
}

function subjectOf({ certificate }: IssuedCertificate): string {
  const words = ['x509', '-noout', '-subject', '-nameopt', 'RFC2253,sep_comma_plus_space'];
  return execFileSync('openssl', words, { input: certificate, encoding: 'utf8' })
    .replace(/^subject=\s*/, '')
    .trim();
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postfix'], { encoding: 'utf8' }));
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`, LC_ALL: 'C', HOME: '/' };
}

function run(folder: string, program: string, words: readonly string[]): string {
  return execFileSync(program, words, { cwd: folder, encoding: 'utf8', env: environment(), stdio: 'pipe' });
}

async function greets(): Promise<void> {
  const over = Date.now() + READY_MS;
  while (!(await greetsOnce())) {
    if (Date.now() > over) throw new Error(`Postfix does not greet at ${ADDRESS}:${PORT}`);
    await pause(50);
  }
}

function greetsOnce(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ADDRESS, port: PORT });
    const settle = (greeted: boolean): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.setTimeout(2_000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('data', (bytes) => {
      socket.end('QUIT\r\n');
      settle(bytes.toString('latin1').startsWith('220'));
    });
  });
}

/** Ends the master by the number it has written, and what was launched, each with its group. */
async function end(child: ChildProcess, folder: string): Promise<void> {
  const pidFile = join(folder, 'queue', 'pid', 'master.pid');
  const master = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').trim()) : 0;
  const groups = [child.pid ?? 0, master].filter((pid) => Number.isInteger(pid) && pid > 1);
  const reach = (signal: 'SIGTERM' | 'SIGKILL' | 0): boolean =>
    groups
      .map((group) => {
        try {
          return process.kill(-group, signal);
        } catch {
          return false;
        }
      })
      .includes(true);
  reach('SIGTERM');
  for (let tries = 0; tries < 100 && reach(0); tries += 1) await pause(50);
  reach('SIGKILL');
}
