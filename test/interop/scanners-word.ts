/** The word of other scanners on the same servers: sslscan and testssl.sh, from Debian, unpacked or installed. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScanVersion } from '../../src/policy/scan-evidence.ts';
import { type RealServer, SMTP_PORT } from './servers.ts';

const PEERS = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'artefacts', 'interop', 'peers');
/** How long a scanner may take over one server, ms. */
const SCANNER_MS = 240_000;

export interface ScannersWord {
  /** Newest first. */
  readonly versions: readonly ScanVersion[];
  readonly suites: ReadonlyMap<string, readonly number[]>;
  readonly groups: ReadonlyMap<string, readonly number[]>;
}

/** `false`, or the sentence to skip with. */
export function skipUnless(program: 'sslscan' | 'testssl'): string | false {
  return find(program) === null ? `${program} is not there (Debian has it)` : false;
}

export async function sslscanWord(server: RealServer): Promise<ScannersWord> {
  const said = await run('sslscan', [
    ...['--starttls-smtp', '--no-colour', '--no-heartbleed', '--xml=-', `--sni-name=${server.host}`],
    `${server.address}:${SMTP_PORT}`,
  ]);
  const suites = new Map<string, number[]>();
  const groups = new Map<string, number[]>();
  for (const [, version = '', code = ''] of said.matchAll(
    /<cipher [^>]*sslversion="([^"]+)"[^>]* id="0x([0-9A-F]+)"/gi,
  )) {
    add(suites, nameOf(version), Number.parseInt(code, 16));
  }
  for (const [, version = '', code = ''] of said.matchAll(
    /<group [^>]*sslversion="([^"]+)"[^>]* id="0x([0-9A-F]+)"/gi,
  )) {
    add(groups, nameOf(version), Number.parseInt(code, 16));
  }
  const enabled = [...said.matchAll(/<protocol type="(ssl|tls)" version="([^"]+)" enabled="1"/g)];
  const versions = enabled.map(([, type, version]) => (type === 'ssl' ? `SSLv${version}` : nameOf(`TLSv${version}`)));
  return { versions: versions.reverse() as ScanVersion[], suites, groups };
}

export async function testsslWord(server: RealServer): Promise<readonly ScanVersion[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-testssl-'));
  const file = join(folder, 'word.json');
  try {
    await run('testssl', [
      ...['-t', 'smtp', '-p', '--quiet', '--warnings', 'off', '--color', '0', '--openssl', '/usr/bin/openssl'],
      ...['--nodns', 'none', '--jsonfile', file, `${server.address}:${SMTP_PORT}`],
    ]);
    const found = JSON.parse(readFileSync(file, 'utf8')) as readonly {
      readonly id: string;
      readonly finding: string;
    }[];
    const offered = found.filter(({ id, finding }) => TESTSSL_IDS[id] !== undefined && /^offered/.test(finding));
    const order = Object.keys(TESTSSL_IDS);
    return offered
      .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
      .map(({ id }) => TESTSSL_IDS[id])
      .filter((version) => version !== undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TESTSSL_IDS: Readonly<Record<string, ScanVersion>> = {
  TLS1_3: 'TLSv1.3',
  TLS1_2: 'TLSv1.2',
  TLS1_1: 'TLSv1.1',
  TLS1: 'TLSv1',
  SSLv3: 'SSLv3',
  SSLv2: 'SSLv2',
};

function nameOf(version: string): string {
  return version === 'TLSv1.0' ? 'TLSv1' : version;
}

function add(map: Map<string, number[]>, version: string, code: number): void {
  map.set(version, [...(map.get(version) ?? []), code]);
}

function find(program: string): string | null {
  const folders = [join(PEERS, 'usr', 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

function run(program: string, words: readonly string[]): Promise<string> {
  const path = find(program);
  if (path === null) throw new Error(`${program} is not there`);
  const data = join(PEERS, 'etc', 'testssl');
  const env = {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    LC_ALL: 'C',
    ...(existsSync(data) ? { TESTSSL_INSTALL_DIR: data } : {}),
  };
  return new Promise((resolve, reject) => {
    execFile(
      path,
      words,
      { timeout: SCANNER_MS, encoding: 'utf8', maxBuffer: 1 << 24, env },
      (error, stdout, stderr) => {
        // Their exit codes count findings; a scanner that never ran says nothing at all.
        if (stdout === '') reject(error ?? new Error(stderr));
        else resolve(stdout);
      },
    );
  });
}
