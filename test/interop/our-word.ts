/** Our word on the same servers: the program as a person runs it, read from its JSON. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostResult, ProbeResult } from '../../src/probe/result.ts';
import type { Rig } from './rig.ts';
import type { Word } from './word.ts';

const PROGRAM = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'src', 'tlsreach.js');

/** How long one run may take, ms. */
const RUN_MS = 60_000;

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tlsreach` with these words and an environment of its own. */
export function tlsreach(words: readonly string[], timeout = RUN_MS): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, ...words],
      { timeout, encoding: 'utf8', maxBuffer: 1 << 24, env: { PATH: process.env['PATH'], NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error);
        else resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}

/** The options that make the rig the whole world: its resolver, its root and no other. */
export function worldOf(rig: Rig, resolverSuffix = ''): readonly string[] {
  return [
    '--resolver',
    `${rig.resolver}${resolverSuffix}`,
    '--ca-file',
    rig.rootFile,
    '--no-system-ca',
    '--timeout',
    '10',
  ];
}

export interface Probed extends Ran {
  readonly result: ProbeResult;
}

export async function probe(rig: Rig, target: string, resolverSuffix = ''): Promise<Probed> {
  const ran = await tlsreach(['probe', ...worldOf(rig, resolverSuffix), '--format', 'json', target]);
  try {
    return { ...ran, result: JSON.parse(ran.stdout) as ProbeResult };
  } catch {
    throw new Error(`probe ${target} exited ${ran.exitCode} without a result: ${ran.stdout}${ran.stderr}`);
  }
}

/** What we say of one host, in the vocabulary of the peers. */
export function wordOf(host: HostResult): Word {
  switch (host.verdict) {
    case 'unreachable':
      return { channel: 'none' };
    case 'clear':
      return { channel: 'clear' };
    case 'broken-tls':
      return { channel: 'broken' };
    case 'encrypted':
      return encryptedWord(host);
    case 'inconclusive':
    case 'skipped':
      throw new Error(`${host.exchange} is ${host.verdict}: there is nothing to compare`);
  }
}

function encryptedWord(host: HostResult): Word {
  if (host.tls === null || host.chain === null || host.identity === null) {
    throw new Error(`${host.exchange} is encrypted without session, chain or identity`);
  }
  const sent = host.chain.sent.map((certificate) => certificate.fingerprint);
  const problem = host.chain.problem;
  return {
    channel: 'encrypted',
    protocol: host.tls.protocol,
    cipher: host.tls.cipher,
    bits: host.tls.bits,
    ...(host.tls.group === null ? {} : { group: host.tls.group }),
    sent,
    sentCount: sent.length,
    ...(sent[0] === undefined ? {} : { leaf: sent[0] }),
    trusted: host.chain.trusted,
    ...(problem === null || problem === 'expired' || problem === 'self-signed' || problem === 'missing-intermediate'
      ? { problem }
      : {}),
    nameMatched: host.identity.matched,
  };
}
