/**
 * For DNSSEC: unbound, told where each zone is served, that resolves and validates or only resolves. Everything on
 * loopback, at ports the kernel gives; no privileges needed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import { parseResolverSpec, type ResolverSpec } from '../../src/dns/resolver-spec.ts';
import { SIGNED_DATAGRAM_OCTETS } from '../../src/lab/signed-zone-server.ts';

const START_MS = 15_000;

export interface UnboundOptions {
  /** Zones, the root first, each with the address and port of its server. */
  readonly zones: readonly { readonly apex: string; readonly server: string }[];
  /** Records of the root, as a zone file has them. */
  readonly anchor: string;
  /** An answer of this zone's apex shows that it is up. */
  readonly sign: string;
  /** Whether it validates, or only resolves and passes on what it was given. */
  readonly validates: boolean;
}

export interface Unbound {
  /** As `--resolver` takes it, without `?trust-ad`. */
  readonly spec: string;
  readonly folder: string;
  stop(): Promise<void>;
}

export function missingProgram(programs: readonly string[]): string | false {
  const folders = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`.split(delimiter);
  const missing = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (missing.length === 0) return false;
  const sentence = `it needs ${missing.join(', ')} (scripts/interop-setup.sh brings the programs)`;
  if (process.env['CI'] === 'true') throw new Error(sentence);
  return sentence;
}

export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-dnssec-'));
  const port = await freePort();
  writeFileSync(join(folder, 'anchor'), options.anchor);
  const stubs = options.zones.map(
    ({ apex, server }) =>
      `stub-zone:\n  name: "${apex === '' ? '.' : apex}"\n  stub-addr: ${server}\n  stub-prime: no\n`,
  );
  writeFileSync(join(folder, 'unbound.conf'), `${configuration(folder, port, options.validates)}${stubs.join('')}`);
  const child = launch('unbound', ['-d', '-c', join(folder, 'unbound.conf')]);
  const spec = `127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answers(spec, options.sign);
    return { spec, folder, stop };
  } catch (error) {
    const log = existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
    await stop();
    throw new Error(`unbound did not come up: ${error instanceof Error ? error.message : String(error)}\n${log}`);
  }
}

/** Nothing is remembered longer than it takes to answer, and no signature is excused for being a little old. */
function configuration(folder: string, port: number, validates: boolean): string {
  return `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: "${folder}/pid"
  logfile: "${folder}/log"
  use-syslog: no
  verbosity: 1
  val-log-level: 2
  interface: 127.0.0.1@${port}
  port: ${port}
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  module-config: "${validates ? 'validator iterator' : 'iterator'}"
  trust-anchor-file: "${folder}/anchor"
  val-sig-skew-min: 0
  val-sig-skew-max: 0
  val-bogus-ttl: 1
  aggressive-nsec: no
  qname-minimisation: no
  harden-below-nxdomain: no
  edns-buffer-size: ${SIGNED_DATAGRAM_OCTETS}
  max-udp-size: ${SIGNED_DATAGRAM_OCTETS}
  minimal-responses: no
  ratelimit: 0
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
`;
}

export function launch(program: string, words: readonly string[]): ChildProcess {
  const child = spawn(program, words, {
    stdio: 'ignore',
    env: { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`, LC_ALL: 'C', HOME: '/' },
  });
  child.once('error', () => {});
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

/** Until the server at `spec` has SOA-like knowledge of the zone: any answer but failure. */
export async function answers(spec: string, name: string): Promise<void> {
  const over = Date.now() + START_MS;
  const resolver = createResolver({
    servers: [specOf(spec)],
    clock: systemClock,
    random: unpredictableRandom,
    timeoutMs: 500,
    attempts: 1,
    cacheEntries: 0,
  });
  try {
    for (;;) {
      const answer = await resolver.ask(name, 'NS');
      if (answer.kind !== 'failed') return;
      if (Date.now() > over) throw new Error(`${spec} does not answer for ${name}: ${answer.failure.kind}`);
      await pause(50);
    }
  } finally {
    await resolver.close();
  }
}

export function specOf(text: string): ResolverSpec {
  const spec = parseResolverSpec(text);
  if (!spec.ok) throw new Error(`${text}: ${spec.failure.kind}`);
  return spec.value;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
