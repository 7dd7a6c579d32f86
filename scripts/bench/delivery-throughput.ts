/**
 * Messages a second from a durable queue to one destination, TLS required and verified, to a real Postfix that throws them
 * away: ours from a SQLite file, Debian's Postfix from its own queue with connection reuse on, and a bare client that
 * keeps nothing, which is what the receiving Postfix can take on this machine. All three in turn, in every round, with as
 * many connections; the time is from the first message the receiver has taken to the last. The CPU of the receiver is
 * told beside, since everybody shares the machine with it.
 *
 * Needs root and Debian's postfix, which `scripts/interop-setup.sh` brings.
 *
 *   node scripts/bench/delivery-throughput.ts [messages] [rounds] [connections] [postgres://…]
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/app/world.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { type DeliveryProcess, startDelivery } from '../../test/support/delivery-process.ts';
import { messageTo } from '../../test/support/store-world.ts';
import { DOMAIN, EXCHANGE, runBareClient, SINK, startSendingPostfix, startSink } from './delivery-peers.ts';
import { inParallel, say, sayMachine, shown } from './figures.ts';

/** Header and text of a small message. */
const OCTETS = 1_000;
const PER_CONNECTION = 50;
/** How long one side may take, ms. */
const SIDE_MS = 300_000;
const messages = Number(process.argv[2] ?? 3_000);
const rounds = Number(process.argv[3] ?? 5);
const connections = Number(process.argv[4] ?? 20);
const postgres = process.argv[5];

interface Run {
  readonly perSecond: number;
  /** Of the sender, ms a message; NaN where it was not measured. */
  readonly cpu: number;
  readonly receiverCpu: number;
}

const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
chmodSync(folder, 0o711);
const rootFile = join(folder, 'root.pem');
const chainFile = join(folder, 'server.pem');
const authority = createLabAuthority(Date.now());
const { key, certificates } = authority.issue({ names: [EXCHANGE, DOMAIN] });
writeFileSync(rootFile, authority.rootPem);
writeFileSync(chainFile, `${key}${certificates}`, { mode: 0o600 });
const dns = await startZoneServer({
  clock: systemClock,
  zones: { [DOMAIN]: { MX: [[10, EXCHANGE]], ttl: 3600 }, [EXCHANGE]: { A: [SINK.address], ttl: 3600 } },
});
const sink = await startSink(join(folder, 'sink'), chainFile);
const sender = await startSendingPostfix(join(folder, 'sender'), { rootFile, connections, octets: OCTETS });

/** From the first to the last of so many messages at the receiver. */
async function timed(begin: () => Promise<void>, cpuMs: () => Promise<number>): Promise<Run> {
  const before = sink.taken();
  const receiver = sink.cpuMs();
  const over = performance.now() + SIDE_MS;
  await begin();
  let first = 0;
  let at = 0;
  let count = 0;
  let counted = 0;
  while (count < messages) {
    if (performance.now() > over) throw new Error(`only ${count} of ${messages} messages came`);
    await pause(20);
    count = sink.taken() - before;
    if (first === 0 && count > 0) {
      first = performance.now();
      counted = count;
    }
    at = performance.now();
  }
  return {
    perSecond: ((count - counted) * 1000) / (at - first),
    cpu: (await cpuMs()) / messages,
    receiverCpu: (sink.cpuMs() - receiver) / messages,
  };
}

async function ours(place: DatabasePlace, owner: string): Promise<Run> {
  const store = createQueueStore(await openDatabase(place, { clock: systemClock }));
  const bytes = Buffer.from('Subject: small\r\n\r\n'.padEnd(OCTETS - 2, 'All work and no play. ').concat('\r\n'));
  await inParallel(messages, 100, async () => {
    await store.accept(messageTo([`user@${DOMAIN}`], { bytes }), Date.now());
  });
  const started: DeliveryProcess[] = [];
  let before = Number.NaN;
  const begin = async (): Promise<void> => {
    started.push(
      await startDelivery({
        place,
        owner,
        resolver: dns.spec,
        port: SINK.port,
        rootFile,
        controls: { tls: 'required-verify', maxConcurrency: connections, maxMessagesPerConnection: PER_CONNECTION },
        leaseMs: 60_000,
        initialRetrySeconds: 60,
        hostDownSeconds: 60,
      }),
    );
    before = (await started[0]?.usage())?.cpuMs ?? Number.NaN;
  };
  const run = await timed(begin, async () => ((await started[0]?.usage())?.cpuMs ?? Number.NaN) - before);
  await started[0]?.stop();
  const left = await store.list({ limit: 10, states: ['queued', 'claimed', 'held', 'bounced'] });
  await store.close();
  if (left.length > 0) throw new Error(`not all is delivered: ${JSON.stringify(left[0])}`);
  return run;
}

async function theirs(): Promise<Run> {
  await sender.fill(messages);
  const before = sender.cpuMs();
  return await timed(
    async () => sender.begin(),
    async () => sender.cpuMs() - before,
  );
}

async function ceiling(): Promise<Run> {
  const wishes = { messages, connections, octets: OCTETS, perConnection: PER_CONNECTION, rootFile };
  const running: Promise<void>[] = [];
  const begin = async (): Promise<void> => {
    running.push(runBareClient(wishes));
  };
  const run = timed(begin, async () => Number.NaN);
  await Promise.race([run, Promise.all(running).then(() => run)]);
  return await run;
}

try {
  sayMachine();
  const runs = { ours: [] as Run[], theirs: [] as Run[], ceiling: [] as Run[], server: [] as Run[] };
  mkdirSync(join(folder, 'queues'));
  for (let round = 0; round < rounds; round++) {
    runs.ours.push(await ours({ kind: 'file', path: join(folder, 'queues', `${round}.db`) }, `round ${round}`));
    runs.theirs.push(await theirs());
    runs.ceiling.push(await ceiling());
    if (postgres !== undefined) runs.server.push(await ours({ kind: 'postgres', url: postgres }, `pg ${round}`));
  }
  const of = (list: readonly Run[], what: keyof Run): readonly number[] => list.map((run) => run[what]);
  const beside = (list: readonly Run[]): readonly number[] =>
    runs.ours.map((run, round) => run.perSecond / (list[round]?.perSecond ?? Number.NaN));
  console.log(
    `${messages} messages of ${OCTETS} octets, ${connections} connections, ${rounds} rounds; median (least to most)`,
  );
  say('tlsreach, messages a second', shown(of(runs.ours, 'perSecond'), 0));
  say('Postfix, messages a second', shown(of(runs.theirs, 'perSecond'), 0));
  say('bare client, messages a second', shown(of(runs.ceiling, 'perSecond'), 0));
  say('tlsreach beside Postfix, round by round', shown(beside(runs.theirs)), 'at least 1.00');
  say('tlsreach beside the bare client', shown(beside(runs.ceiling)), 'at least 0.80');
  say('CPU of tlsreach, ms a message', shown(of(runs.ours, 'cpu')));
  say('CPU of the sending Postfix, ms a message', shown(of(runs.theirs, 'cpu')));
  for (const [name, list] of [
    ['tlsreach', runs.ours],
    ['Postfix', runs.theirs],
    ['the bare client', runs.ceiling],
  ] as const)
    say(`CPU of the receiver under ${name}, ms a message`, shown(of(list, 'receiverCpu')));
  if (runs.server.length > 0) {
    say('tlsreach over PostgreSQL, messages a second', shown(of(runs.server, 'perSecond'), 0));
    say('its CPU, ms a message', shown(of(runs.server, 'cpu')));
  }
} finally {
  await sender.stop();
  await sink.stop();
  await dns.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
