/**
 * What published policy costs a probe once it is known: full probes a second with DNSSEC validated by us, DANE and
 * MTA-STS, everything in the caches, beside the same probes without any of it. Fifty domains, each a signed zone with TLSA
 * records and an enforced policy, their servers in another process; fifty probes at a time. Every round measures both, and
 * who goes first changes.
 *
 * node scripts/bench/policy-throughput.ts [probes] [rounds]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app/app.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startSignedServer } from '../../src/lab/signed-zone-server.ts';
import { answerAsResolver } from '../../src/lab/signed-zones.ts';
import { startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import { toWire } from '../../src/lab/wire-record.ts';
import type { ProbeRequest } from '../../src/probe/request.ts';
import { parseTarget } from '../../src/probe/target.ts';
import { anchorText } from '../../test/support/dnssec-world.ts';
import { address, bareApex, delegation, ds, ROOT_KEY, timesAround, zone } from '../../test/support/dnssec-zone.ts';
import { type Cost, costOf, inParallel, say, sayMachine, shown } from './figures.ts';

const DOMAINS = 50;
const CONCURRENCY = 50;
const HTTPS_ADDRESS = '127.9.1.1';
const SELF = fileURLToPath(import.meta.url);
const CHILD = 'serve';

interface Served {
  readonly port: number;
  readonly httpsPort: number;
  /** As `--resolver` takes it, without `?trust-ad`. */
  readonly resolver: string;
  readonly rootPem: string;
  readonly anchors: string;
}

if (process.argv[2] === CHILD) {
  process.on('disconnect', () => process.exit(0));
  process.send?.(await serve());
} else {
  await measure(Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 7));
}

async function measure(probes: number, rounds: number): Promise<void> {
  const child = fork(SELF, [CHILD], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const served = await firstWord(child);
  const settings = {
    ...DEFAULT_SETTINGS,
    log: silentLog,
    port: served.port,
    httpsPort: served.httpsPort,
    systemCa: true,
    caFile: { name: 'bench', pem: served.rootPem },
  };
  const careful = await createApp({ ...settings, resolvers: [served.resolver], dnssecAnchors: served.anchors });
  // Believed, so that nothing is validated.
  const plain = await createApp({ ...settings, resolvers: [`${served.resolver}?trust-ad`] });
  const request = { rcpt: 'auto', quick: false, ignoreNoConnect: false, assureTls: false, seed: null } as const;
  const targets = Array.from({ length: DOMAINS }, (_, index) => {
    const target = parseTarget(`postmaster@${domainOf(index)}`);
    if (!target.ok) throw new Error(`${domainOf(index)} is no target`);
    return target.value;
  });
  const requestOf = (index: number, policies: boolean): ProbeRequest | null => {
    const target = targets[index % DOMAINS];
    return target === undefined ? null : { ...request, target, mtaSts: policies, dane: policies };
  };
  let warmed = false;
  const withPolicies = (): Promise<void> =>
    inParallel(probes, CONCURRENCY, async (index) => {
      const wanted = requestOf(index, true);
      if (wanted === null) return;
      const { dns, mtaSts, hosts } = await careful.probe(wanted);
      const [host] = hosts;
      const known = !warmed || mtaSts.from === 'cache';
      const promised = dns.mx.security === 'secure' && mtaSts.mode === 'enforce' && host?.dane.status === 'match';
      if (!known || !promised)
        throw new Error(`a good policy was not found good: ${JSON.stringify([dns.mx, mtaSts, host?.dane])}`);
    });
  const without = (): Promise<void> =>
    inParallel(probes, CONCURRENCY, async (index) => {
      const wanted = requestOf(index, false);
      if (wanted === null) return;
      const { hosts } = await plain.probe(wanted);
      if (hosts[0]?.chain?.trusted !== true) throw new Error(`a good host was not found good: ${hosts[0]?.verdict}`);
    });

  sayMachine();
  for (const warm of [withPolicies, without]) await warm();
  warmed = true;
  const costs = { careful: [] as Cost[], plain: [] as Cost[] };
  for (let round = 0; round < rounds; round += 1) {
    const runs = [
      async () => void costs.careful.push(await costOf(withPolicies)),
      async () => void costs.plain.push(await costOf(without)),
    ];
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
  }
  await Promise.all([careful.close(), plain.close()]);
  child.disconnect();

  const perSecond = ({ wallMs }: Cost): number => (probes * 1000) / wallMs;
  const beside = (of: (cost: Cost) => number): number[] =>
    costs.careful.map((cost, round) => of(cost) / of(costs.plain[round] ?? cost));
  console.log(
    `${probes} probes, ${DOMAINS} domains, ${CONCURRENCY} at a time, ${rounds} rounds; median (least to most)`,
  );
  say('probes a second with DNSSEC, DANE and MTA-STS', shown(costs.careful.map(perSecond), 0));
  say('probes a second without', shown(costs.plain.map(perSecond), 0));
  say('ratio', shown(beside(perSecond)), 'at least 0.60');
  say('CPU of the client with, ms a probe', shown(costs.careful.map(({ cpuMs }) => cpuMs / probes)));
  say('CPU of the client without, ms a probe', shown(costs.plain.map(({ cpuMs }) => cpuMs / probes)));
  say('ratio of CPU, without to with', shown(beside(({ cpuMs }) => 1 / cpuMs)));
}

function firstWord(child: ChildProcess): Promise<Served> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the servers ended')));
    child.once('message', (word) => resolve(word as Served));
  });
}

function domainOf(index: number): string {
  return `d${index}.bench`;
}

async function serve(): Promise<Served> {
  const authority = createLabAuthority(systemClock.now());
  const times = timesAround(systemClock.now());
  const apexes = Array.from({ length: DOMAINS }, (_, index) => domainOf(index));
  const cuts = apexes.flatMap((apex) => delegation(apex, [ds(apex)]));
  const zones = [zone('', times, { records: bareApex(''), keys: [ROOT_KEY], more: cuts })];
  let port = 0;
  for (const [index, apex] of apexes.entries()) {
    const exchange = `mx.${apex}`;
    const host = `127.9.0.${index + 1}`;
    const tls = authority.issue({ names: [exchange], key: 'p256' });
    const script = { name: exchange, greeting: `220 ${exchange} ESMTP`, tls };
    port = (await startSmtpPeer(script, { clock: systemClock, host, port, remember: 0 })).port;
    const key = new X509Certificate(tls.certificates).publicKey.export({ format: 'der', type: 'spki' });
    const digest = createHash('sha256').update(key).digest();
    const tlsa = { usage: 3, selector: 1, matchingType: 1, data: digest };
    const text = (name: string, value: string) => toWire({ name, type: 'TXT', ttl: 3600, data: [Buffer.from(value)] });
    const records = [
      ...bareApex(apex),
      toWire({ name: apex, type: 'MX', ttl: 3600, data: { preference: 10, exchange } }),
      toWire({ name: `_${port}._tcp.${exchange}`, type: 'TLSA', ttl: 3600, data: tlsa }),
      text(`_mta-sts.${apex}`, 'v=STSv1; id=1;'),
      text(`_smtp._tls.${apex}`, `v=TLSRPTv1; rua=mailto:tls@${apex}`),
      address(exchange, host),
      address(`mta-sts.${apex}`, HTTPS_ADDRESS),
    ];
    zones.push(zone(apex, times, { records }));
  }
  const dns = await startSignedServer((question) => answerAsResolver(zones, question));
  const httpsPort = await servePolicies(authority.issue({ names: apexes.map((apex) => `mta-sts.${apex}`) }));
  return {
    port,
    httpsPort,
    resolver: `127.0.0.1:${dns.port}`,
    rootPem: authority.rootPem,
    anchors: anchorText(ROOT_KEY),
  };
}

async function servePolicies(tls: { readonly key: string; readonly certificates: string }): Promise<number> {
  const server = createServer({ key: tls.key, cert: tls.certificates }, (request, response) => {
    const domain = (request.headers.host ?? '').replace(/^mta-sts\./, '').replace(/:\d+$/, '');
    const policy = `version: STSv1\nmode: enforce\nmx: mx.${domain}\nmax_age: 604800\n`;
    response.writeHead(200, { 'content-type': 'text/plain' }).end(policy);
  });
  await new Promise<void>((resolve) => server.listen(0, HTTPS_ADDRESS, resolve));
  return (server.address() as AddressInfo).port;
}
