/**
 * The interop rig: real servers and a real resolver on loopback, started from configuration of its own in a folder of
 * its own, awaited until each answers, and ended with everything it started, whatever the test came to.
 *
 * It needs root (port 25 and 53) and the packages that `scripts/interop-setup.sh` brings.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Installation, type Installed, installCertificates } from './certificates.ts';
import { type Account, configureExim, configureOpenSmtpd, configurePostfix } from './mail-servers.ts';
import { configureKnot, configureUnbound, secureDsRecord } from './names.ts';
import {
  AUTHORITY_ADDRESS,
  RESOLVER_ADDRESS,
  type RealServer,
  SECURE_DOMAIN,
  SERVER_KEYS,
  SERVERS,
  SMTP_PORT,
} from './servers.ts';

export interface Rig {
  readonly folder: string;
  /** `address:port` of the resolver. */
  readonly resolver: string;
  /** PEM file of the private root. */
  readonly rootFile: string;
  readonly stop: () => Promise<void>;
}

export interface Running {
  readonly child: ChildProcess;
  /** Postfix's master leads a group of its own, whose number stands here. */
  readonly pidFile: string | undefined;
}

const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const UNPACKED = join(PROJECT, 'artefacts', 'interop', 'peers', 'usr', 'sbin');
const EXIM = join(UNPACKED, 'exim4');
const OPENSMTPD = join(UNPACKED, 'smtpd');
const PROGRAMS = ['postfix', 'posttls-finger', 'knotd', 'keymgr', 'kdig', 'unbound', 'gnutls-cli', 'openssl'] as const;

/** How long a server may take from its start to its first answer, ms. */
const START_MS = 20_000;
/** How long a server may take to end by itself before it is killed, ms. */
const END_MS = 5_000;

/** What stands in the way of the rig on this machine, in words; empty when it can run. */
export function missingForRig(): readonly string[] {
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('root, for ports 25 and 53');
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`.split(delimiter);
  for (const program of PROGRAMS) {
    if (!path.some((folder) => existsSync(join(folder, program)))) missing.push(program);
  }
  for (const program of [EXIM, OPENSMTPD]) if (!existsSync(program)) missing.push(program.slice(PROJECT.length + 1));
  return missing;
}

/**
 * For the head of an interop test: `false` to run, or the sentence to skip with. Where everything is meant to be there
 * (`CI=true`), a missing part is an error instead.
 */
export function skipUnlessRig(): string | false {
  const missing = missingForRig();
  if (missing.length === 0) return false;
  const sentence = `the real servers need ${missing.join(', ')} (scripts/interop-setup.sh brings the programs)`;
  if (process.env['CI'] === 'true') throw new Error(sentence);
  return sentence;
}

/** Knot and unbound, Postfix, Exim and OpenSMTPD, each awaited until it answers. */
export async function startRig(): Promise<Rig> {
  await refuseTakenPorts([
    ...SERVER_KEYS.map((key) => ({ host: SERVERS[key].address, port: SMTP_PORT })),
    ...[RESOLVER_ADDRESS, AUTHORITY_ADDRESS].map((host) => ({ host, port: 53 })),
  ]);
  return await raise(async (folder, running) => {
    const certificates = join(folder, 'certificates');
    mkdirSync(certificates);
    const installation = installCertificates(certificates, Date.now());
    await startNames(folder, running);
    await startMail(folder, installation, running);
    return { resolver: `${RESOLVER_ADDRESS}:53`, rootFile: installation.rootFile };
  });
}

/**
 * Starts everything that `start` launches, which it puts into the list, in a folder of its own; on failure what was
 * started is ended again and the servers' own logs are in the error.
 */
export async function raise<T>(
  start: (folder: string, running: Running[]) => Promise<T>,
): Promise<T & Pick<Rig, 'folder' | 'stop'>> {
  // 0711: the servers' unprivileged halves must reach their files below it.
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-rig-'));
  execFileSync('chmod', ['711', folder]);
  const running: Running[] = [];
  const endNow = (): void => {
    for (const started of running) signalGroups(started, 'SIGKILL');
  };
  const onSignal = (): void => {
    endNow();
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('exit', endNow);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const stop = async (): Promise<void> => {
    for (const started of running.toReversed()) await end(started);
    process.off('exit', endNow);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await start(folder, running)), folder, stop };
  } catch (error) {
    const logs = logsOf(folder);
    await stop();
    throw new Error(`the rig did not come up: ${error instanceof Error ? error.message : String(error)}\n${logs}`);
  }
}

async function startNames(folder: string, running: Running[]): Promise<void> {
  const knot = join(folder, 'knot');
  const unbound = join(folder, 'unbound');
  mkdirSync(knot);
  mkdirSync(unbound);
  const configuration = configureKnot(knot);
  running.push(launch('knotd', ['-c', configuration]));
  await answersDns(AUTHORITY_ADDRESS, SECURE_DOMAIN);
  running.push(launch('unbound', ['-d', '-c', configureUnbound(unbound, secureDsRecord(configuration))]));
  await answersDns(RESOLVER_ADDRESS, SECURE_DOMAIN);
}

async function startMail(folder: string, certificates: Installation, running: Running[]): Promise<void> {
  const postfix = join(folder, 'postfix');
  mkdirSync(postfix);
  configurePostfix(postfix, certificates, accountOf('postfix'));
  running.push(launch('postfix', ['-c', postfix, 'start-fg'], join(postfix, 'queue', 'pid', 'master.pid')));
  const exim = join(folder, 'exim');
  mkdirSync(exim);
  const eximFiles = installedFor(certificates.servers.exim);
  running.push(launch(EXIM, ['-bdf', '-C', configureExim(exim, eximFiles, EXIM, accountOf('Debian-exim'))]));
  const opensmtpd = join(folder, 'opensmtpd');
  running.push(
    launch(OPENSMTPD, ['-d', '-f', configureOpenSmtpd(opensmtpd, installedFor(certificates.servers.opensmtpd))]),
  );
  await Promise.all(
    SERVER_KEYS.map((key): RealServer => SERVERS[key])
      .filter((server) => server.software !== 'nobody')
      .map((server) => greets(server)),
  );
}

function installedFor(files: Installed | undefined): Installed {
  if (files === undefined) throw new Error('a server that presents a certificate has none');
  return files;
}

/** In a process group of its own, so that it ends with every process it starts and no other does. */
export function launch(program: string, words: readonly string[], pidFile?: string): Running {
  const child = spawn(program, words, {
    detached: true,
    stdio: 'ignore',
    env: { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`, LC_ALL: 'C', HOME: '/' },
  });
  child.once('error', () => {});
  return { child, pidFile };
}

async function end(started: Running): Promise<void> {
  const over = Date.now() + END_MS;
  let alive = signalGroups(started, 'SIGTERM');
  while (alive && Date.now() < over) {
    await pause(20);
    alive = signalGroups(started, 0);
  }
  if (alive) signalGroups(started, 'SIGKILL');
}

/** Signals the groups of what was started; false when none of them is there any more. */
function signalGroups(started: Running, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  let reached = false;
  for (const leader of leadersOf(started)) {
    try {
      process.kill(-leader, signal);
      reached = true;
    } catch (error) {
      // ESRCH: it has ended already, which is what is wanted.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return reached;
}

function leadersOf(started: Running): readonly number[] {
  const leaders = started.child.pid === undefined ? [] : [started.child.pid];
  if (started.pidFile === undefined || !existsSync(started.pidFile)) return leaders;
  const written = Number(readFileSync(started.pidFile, 'utf8').trim());
  return Number.isInteger(written) && written > 1 ? [...leaders, written] : leaders;
}

export function accountOf(user: string): Account {
  const id = (which: string): number => Number(execFileSync('id', [which, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function answersDns(address: string, name: string): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`${address}:53`]);
  await eventually(`${address} answers for ${name}`, async () => (await resolver.resolveMx(name)).length > 0);
}

export async function greets(server: Pick<RealServer, 'host' | 'address'>): Promise<void> {
  await eventually(`${server.host} (${server.address}) greets`, async () =>
    (await firstLine(server.address)).startsWith('220'),
  );
}

function firstLine(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host: address, port: SMTP_PORT });
    socket.setTimeout(10_000, () => socket.destroy(new Error('no greeting within 10 s')));
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      socket.end('QUIT\r\n');
      resolve(bytes.toString('latin1'));
    });
    socket.once('close', () => reject(new Error('closed without a greeting')));
  });
}

export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const over = Date.now() + START_MS;
  let last = 'it did not';
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > over) throw new Error(`waited ${START_MS / 1000} s until ${what}: ${last}`);
    await pause(50);
  }
}

/** A port somebody else holds would have the tests talk to a stranger. */
export async function refuseTakenPorts(
  places: readonly { readonly host: string; readonly port: number }[],
): Promise<void> {
  for (const place of places) {
    await new Promise<void>((resolve, reject) => {
      const server = createServer();
      server.once('error', (error) => reject(new Error(`${place.host}:${place.port} is not free: ${error.message}`)));
      server.listen({ ...place, exclusive: true }, () => server.close(() => resolve()));
    });
  }
}

function logsOf(folder: string): string {
  return [
    'knot/knot.log',
    'unbound/unbound.log',
    'postfix/postfix.log',
    'exim/mainlog',
    'exim/paniclog',
    'nginx/error.log',
  ]
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file))
    .map((file) => `--- ${file}\n${readFileSync(file, 'utf8').split('\n').slice(-15).join('\n')}`)
    .join('\n');
}
