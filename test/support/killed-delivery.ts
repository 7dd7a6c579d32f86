/**
 * Delivery that is killed again and again: messages are taken into a store while processes deliver them to a real server
 * on loopback over verified TLS, and each process in turn is ended by SIGKILL at a moment of chance and replaced. In the
 * end every message has arrived, and whatever arrived twice was the last one of its connection: its reply was on the way,
 * or on its way into the store.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/app/world.ts';
import type { QueueStore } from '../../src/delivery/queue-store.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startZoneServer } from '../../src/lab/zone-server.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { startCountingServer, type Taken } from './counting-server.ts';
import { type DeliveryProcess, type DeliveryWishes, launchDelivery, startDelivery } from './delivery-process.ts';
import { messageTo } from './store-world.ts';

export interface KillWishes {
  readonly place: DatabasePlace;
  readonly messages: number;
  readonly kills: number;
  /** That deliver at one time. */
  readonly processes: number;
  /** Between two kills at most, ms. */
  readonly lifeMs: number;
}

export interface KillReport {
  readonly delivered: number;
  readonly kills: number;
  /** Accepted for good, never arrived, and not in the queue any more. */
  readonly lost: readonly string[];
  /** Arrived more than once, as may be: the reply was on its way when the sender was killed. */
  readonly repeated: number;
  /** Arrived more than once without that excuse. */
  readonly unexcused: readonly string[];
  /** Still in the queue, or given up, when the time for the rest was over. */
  readonly unfinished: number;
  readonly seconds: number;
}

/** After so long a dead process counts as dead, ms. */
const LEASE_MS = 4_000;
/** Everything has arrived within so long after the last kill, ms. */
const END_MS = 120_000;
/** The server takes its time over each message, ms: a kill finds many of them on their way. */
const ANSWER_MS = 25;
const DESTINATIONS = 4;
const PAGE = 1_000;

export async function killedDelivery({ place, messages, kills, processes, lifeMs }: KillWishes): Promise<KillReport> {
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-crash-'));
  const world = await startWorld(folder, ANSWER_MS);
  const store = createQueueStore(await openDatabase(place, { clock: systemClock }));
  let lives = 0;
  const wishes = (): DeliveryWishes => ({
    place,
    owner: `life ${++lives} of ${process.pid}`,
    resolver: world.resolver,
    port: world.server.port,
    rootFile: world.rootFile,
    controls: { tls: 'required-verify', maxConcurrency: 100 },
    leaseMs: LEASE_MS,
    initialRetrySeconds: 1,
    hostDownSeconds: 1,
  });
  let working: DeliveryProcess[] = [];
  try {
    for (let count = 0; count < processes; count++) working.push(await startDelivery(wishes()));
    let accepted = 0;
    for (let kill = 0; kill < kills; kill++) {
      const until = Math.round(((kill + 1) * messages) / kills);
      await acceptMessages(store, accepted, until);
      accepted = until;
      await pause(Math.random() * lifeMs);
      const [oldest, ...others] = working;
      oldest?.child.kill('SIGKILL');
      working = [...others, launchDelivery(wishes())];
    }
    const over = performance.now() + END_MS;
    while (new Set(world.server.taken.map(({ id }) => id)).size < messages || (await open(store)).size > 0) {
      if (performance.now() > over) break;
      await pause(100);
    }
    await Promise.all(working.map((each) => each.stop()));
    working = [];
    const waiting = await open(store);
    return {
      ...judge(world.server.taken, messages, waiting),
      kills,
      unfinished: waiting.size,
      seconds: (performance.now() - since) / 1000,
    };
  } finally {
    for (const { child } of working) child.kill('SIGKILL');
    await store.close();
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every delivery, and whether those that came again had a reply on the way. */
function judge(
  taken: readonly Taken[],
  messages: number,
  waiting: ReadonlySet<string>,
): Pick<KillReport, 'delivered' | 'lost' | 'repeated' | 'unexcused'> {
  const byId = Map.groupBy(taken, ({ id }) => id);
  const all = Array.from({ length: messages }, (_, index) => `m${index}`);
  const lost = all.filter((id) => !byId.has(id) && !waiting.has(id));
  let repeated = 0;
  const unexcused: string[] = [];
  for (const [id, deliveries] of byId) {
    for (const { connection } of deliveries.slice(0, -1)) {
      repeated += 1;
      if (connection.taken.at(-1) !== id) unexcused.push(id);
    }
  }
  return { delivered: taken.length, lost, repeated, unexcused };
}

async function acceptMessages(store: QueueStore, from: number, until: number): Promise<void> {
  const ids = Array.from({ length: until - from }, (_, index) => from + index);
  await Promise.all(
    ids.map((index) => {
      const id = `m${index}`;
      const bytes = Buffer.from(`Subject: ${id}\r\n\r\nhello\r\n`);
      return store.accept(messageTo([`reader@d${index % DESTINATIONS}.test`], { subject: id, bytes }), Date.now());
    }),
  );
}

/** Those that are in the queue and not delivered. */
async function open(store: QueueStore): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let after: { readonly mid: number; readonly rid: number } | undefined;
  for (;;) {
    const page = await store.list({ limit: PAGE, states: ['queued', 'claimed', 'held', 'bounced'], after });
    for (const { subject } of page) ids.add(subject ?? '');
    after = page.at(-1);
    if (page.length < PAGE) return ids;
  }
}

/** A server, its name and its certificate, and the DNS that leads to it. */
export async function startWorld(folder: string, answerMs = 0) {
  const authority = createLabAuthority(Date.now());
  const rootFile = join(folder, 'root.pem');
  writeFileSync(rootFile, authority.rootPem);
  const domains = Array.from({ length: DESTINATIONS }, (_, index) => `d${index}.test`);
  const server = await startCountingServer(authority.issue({ names: ['mx.example.test', ...domains] }), answerMs);
  const dns = await startZoneServer({
    clock: systemClock,
    zones: {
      'mx.example.test': { A: ['127.0.0.1'], ttl: 3600 },
      ...Object.fromEntries(domains.map((domain) => [domain, { MX: [[10, 'mx.example.test']], ttl: 3600 }])),
    },
  });
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(), dns.stop()]);
  };
  return { server, rootFile, resolver: dns.spec, stop };
}
