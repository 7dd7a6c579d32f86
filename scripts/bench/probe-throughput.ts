/**
 * How many full probes a second does one process make, and what does each cost, against a bare loop that speaks the same
 * dialogue and checks nothing? Fifty domains, each with an MX, an address and a certificate of its own, in another
 * process; fifty probes at a time. Every round measures both, and who goes first changes.
 *
 * node scripts/bench/probe-throughput.ts [probes] [rounds] [key]
 */
import { createApp } from '../../src/app/app.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { silentLog } from '../../src/base/log.ts';
import type { KeySpec } from '../../src/pki/issue-key.ts';
import { parseTarget } from '../../src/probe/target.ts';
import { bareDialogue } from './bare-dialogue.ts';
import { type Cost, costOf, inParallel, say, sayMachine, shown } from './figures.ts';
import { startMailFarm } from './mail-farm.ts';

const HOSTS = 50;
const CONCURRENCY = 50;
const probes = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 7);
const key = (process.argv[4] ?? 'p256') as KeySpec;

const farm = await startMailFarm({ hosts: HOSTS, key });
const app = await createApp({
  ...DEFAULT_SETTINGS,
  log: silentLog,
  resolvers: [farm.resolver],
  port: farm.port,
  systemCa: true,
  caFile: { name: 'bench', pem: farm.rootPem },
});
const targets = farm.hosts.map(({ domain }) => {
  const target = parseTarget(`postmaster@${domain}`);
  if (!target.ok) throw new Error(`${domain} is no target`);
  return target.value;
});
const request = {
  rcpt: 'auto',
  quick: false,
  ignoreNoConnect: false,
  assureTls: false,
  mtaSts: true,
  dane: true,
  seed: null,
} as const;

const probeAll = (): Promise<void> =>
  inParallel(probes, CONCURRENCY, async (index) => {
    const target = targets[index % HOSTS];
    if (target === undefined) return;
    const { confidence, hosts } = await app.probe({ ...request, target });
    if (hosts[0]?.chain?.trusted !== true || hosts[0].stages.to.result !== 'ok' || confidence.value === null) {
      throw new Error(`a good host was not found good: ${JSON.stringify(hosts[0]?.findings)}`);
    }
  });
const talkToAll = (): Promise<void> =>
  inParallel(probes, CONCURRENCY, async (index) => {
    const host = farm.hosts[index % HOSTS];
    if (host !== undefined) await bareDialogue({ ...host, port: farm.port, rcptTo: `postmaster@${host.domain}` });
  });

sayMachine();
// What the first of everything costs (compilation, look-ups) is not what is measured.
for (const warm of [probeAll, talkToAll]) await warm();
const ours: Cost[] = [];
const bare: Cost[] = [];
const servers: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const runs = [
    async () => {
      const before = await farm.cpuMs();
      ours.push(await costOf(probeAll));
      servers.push((await farm.cpuMs()) - before);
    },
    async () => void bare.push(await costOf(talkToAll)),
  ];
  for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
}
await app.close();
farm.stop();

const perSecond = ({ wallMs }: Cost): number => (probes * 1000) / wallMs;
const cpuEach = ({ cpuMs }: Cost): number => cpuMs / probes;
const ratios = ours.map((cost, round) => perSecond(cost) / perSecond(bare[round] ?? cost));
const cpuRatios = ours.map((cost, round) => (bare[round]?.cpuMs ?? Number.NaN) / cost.cpuMs);
console.log(
  `${probes} probes, ${HOSTS} hosts (${key}), ${CONCURRENCY} at a time, ${rounds} rounds; median (least to most)`,
);
say('probes a second', shown(ours.map(perSecond), 0));
say('bare dialogues a second', shown(bare.map(perSecond), 0));
say('ratio', shown(ratios), 'at least 0.80');
say('CPU of the client for a probe, ms', shown(ours.map(cpuEach)));
say('CPU of the client for a bare dialogue, ms', shown(bare.map(cpuEach)));
say('ratio of CPU, bare to probe', shown(cpuRatios));
say('CPU of the servers for a probe, ms', shown(servers.map((ms) => ms / probes)));
