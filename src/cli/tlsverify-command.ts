/**
 * `tlsreach tlsverify`: one connection, verified with algorithm Verify (R95). It asks for what it was not told when a
 * person sits at the terminal, and prints each step. Exit 0 verified, 1 not verified, 3 could not be tested.
 */
import type { World } from '../app/world.ts';
import { type Domain, describeDomainFault, parseDomain } from '../base/domain.ts';
import { printable } from '../base/printable.ts';
import type { ProbeRequest } from '../probe/request.ts';
import type { HostResult, ProbeResult } from '../probe/result.ts';
import { describeTargetFault, type GivenServer, parseServer, showTargetDomain } from '../probe/target.ts';
import { socketOf } from '../report/headings.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { UsageError } from './usage-error.ts';
import { worldSettings } from './world-options.ts';

export interface TlsverifyCommand {
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

export async function tlsverifyCommand({ given, world, services }: TlsverifyCommand): Promise<number> {
  const ownSettings = await worldSettings(given, world);
  const { domain, server } = await questions(given, world);
  const bed = given.flag('lab') === true ? await services.openLab({}) : null;
  try {
    const settings = { ...ownSettings, ...bed?.settings };
    const port = server.port ?? settings.port;
    const app = await services.createApp(settings);
    try {
      const result = await app.probe(requestFor(domain, { ...server, port }, given.flag('strictCn') ?? false));
      const { lines, code } = verificationOf(result, showTargetDomain(server.host));
      await world.stdout.write(`${lines.map((line) => printable(line, 500)).join('\n')}\n`);
      return code;
    } finally {
      await app.close();
    }
  } finally {
    await bed?.close();
  }
}

function requestFor(domain: Domain, server: GivenServer, strictCn: boolean): ProbeRequest {
  const text = `${domain}[${showTargetDomain(server.host)}:${server.port}]`;
  const target = { text, mailbox: null, domain, server };
  const off = { quick: false, ignoreNoConnect: false, assureTls: false, mtaSts: false, dane: false };
  return { target, rcpt: 'no', ...off, seed: null, strictCn };
}

/** Every step in a line, and the exit code. */
export function verificationOf(
  result: ProbeResult,
  server: string,
): { readonly lines: readonly string[]; readonly code: 0 | 1 | 3 } {
  if (result.status !== 'tested' || result.hosts.length === 0) {
    const problem =
      result.status === 'no-address' ? 'it has no address to connect to; name a mail host with --host' : result.problem;
    return { lines: [`${server}: ${problem ?? 'it was not tested'}.`, COMPLETED], code: 3 };
  }
  const lines: string[] = [];
  for (const host of result.hosts) {
    const { steps, code } = hostSteps(host);
    lines.push(...steps);
    if (code !== 3) return { lines: [...lines, COMPLETED], code };
  }
  return { lines: [...lines, COMPLETED], code: 3 };
}

const COMPLETED = 'TLS verification completed.';

function hostSteps(host: HostResult): { readonly steps: readonly string[]; readonly code: 0 | 1 | 3 } {
  const { address, port, stages, tls, chain, identity, exchange, verdict } = host;
  const where = address === null ? exchange : socketOf(address, port);
  const connecting = `Connecting to ${address ?? exchange} on port ${port}.`;
  const failing = Object.values(stages).find(({ result }) => result === 'fail');
  if (stages.answer.result !== 'ok')
    return { steps: [connecting, `Connection to ${where} failed: ${failing?.detail ?? verdict}.`], code: 3 };
  const connected = [connecting, `Connected to ${address ?? exchange}.`, 'Checking TLS connection.'];
  if (tls === null || chain === null || identity === null) {
    const reason = failing?.detail ?? 'the run ended before TLS';
    return {
      steps: [...connected, `TLS connection to ${where} failed: ${reason}.`],
      code: verdict === 'inconclusive' ? 3 : 1,
    };
  }
  const verified = chain.trusted && identity.verify.matched;
  const { step, strength, presented } = identity.verify;
  return {
    steps: [
      ...connected,
      `TLS connection established: protocol ${tls.protocol}, cipher ${tls.cipher}.`,
      'Verifying peer certificate.',
      chain.trusted
        ? `Certificate chain verified: it ends at ${chain.anchor?.subject ?? 'a trust anchor'}.`
        : `Certificate chain not verified: ${chain.detail ?? chain.problem}.`,
      ...identity.verify.trail,
      ...(identity.verify.matched
        ? [`TLS certificate match ${presented ?? ''} (step ${step}, ${strength})`]
        : ['TLS certificate does not match.']),
      verified ? 'TLS certificate verified.' : 'TLS certificate not verified.',
      `TLS connection to ${address ?? exchange} succeeded.`,
      ...(verified ? [`TLS successfully connected to ${exchange}.`] : []),
    ],
    code: verified ? 0 : 1,
  };
}

async function questions(
  given: GivenOptions,
  world: World,
): Promise<{ readonly domain: Domain; readonly server: GivenServer }> {
  const flags = { domain: given.text('domain'), host: given.text('host') };
  const asked = world.stdinIsTerminal && (flags.domain === undefined || flags.host === undefined);
  const ask = asked ? await openPrompt(world) : null;
  try {
    const typed = flags.domain ?? (await ask?.question('Enter the TLS domain to verify against:\n[]> ')) ?? '';
    const domain = parseDomain(typed.trim());
    if (!domain.ok)
      throw new UsageError(
        `${flags.domain === undefined ? 'give the TLS domain with --domain' : `--domain "${printable(typed, 80)}"`}: ${describeDomainFault(domain.failure)}`,
      );
    const question = `Enter the destination host to connect to.  Append the port (example.com:26) if you are not connecting on port 25:\n[${domain.value}]> `;
    const host = (flags.host ?? (await ask?.question(question)) ?? '').trim();
    const server = parseServer(host === '' ? domain.value : host);
    if (!server.ok) throw new UsageError(`--host "${printable(host, 80)}": ${describeTargetFault(server.failure)}`);
    return { domain: domain.value, server: server.value };
  } finally {
    ask?.close();
  }
}

async function openPrompt(world: World): Promise<{ question: (text: string) => Promise<string>; close: () => void }> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: world.stdin() });
  return {
    question: async (text) => {
      await world.stderr.write(text);
      return lines.question('');
    },
    close: () => lines.close(),
  };
}
