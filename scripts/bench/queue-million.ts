/**
 * A queue of 1,000,000 recipients over 10,000 destinations, of which one is dead and has 500,000: what a start costs
 * (opening, and the list of what waits where), how much memory it takes, and whether the dead destination slows the
 * others down. Each step runs in a process of its own, so that memory is that of the step alone.
 *
 *   node scripts/bench/queue-million.ts [recipients] [postgres://…]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/world.ts';
import type { AttemptFacts, QueueStore } from '../../src/delivery/queue-store.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { NO_OPTIONS } from '../../test/support/options.ts';
import { costOf, inParallel, say, sayMachine, shown } from './figures.ts';

const DESTINATIONS = 10_000;
const DEAD = 'dead.example';
const RECIPIENTS_PER_MESSAGE = 10;
const CLAIMS = 500;
const NOW = Date.UTC(2026, 10, 23);

const [word = '1000000', url, step] = process.argv.slice(2);
const folder = process.env['QUEUE_FOLDER'] ?? '';
const place: DatabasePlace =
  url === undefined || url === '' ? { kind: 'file', path: join(folder, 'queue.db') } : { kind: 'postgres', url };

async function opened(): Promise<QueueStore> {
  return createQueueStore(await openDatabase(place, { clock: systemClock }));
}

async function fill(from: number, to: number, destinationOf: (index: number) => string): Promise<void> {
  const store = await opened();
  await inParallel((to - from) / RECIPIENTS_PER_MESSAGE, 200, async (message) => {
    const recipients = Array.from({ length: RECIPIENTS_PER_MESSAGE }, (_, place) => {
      const index = from + message * RECIPIENTS_PER_MESSAGE + place;
      const destination = destinationOf(index);
      return { address: `user${index}@${destination}`, destination, notify: null, orcpt: null };
    });
    await store.accept(
      {
        sender: 'sender@origin.example',
        options: NO_OPTIONS,
        recipients,
        bytes: Buffer.from('Subject: short\r\n\r\nshort\r\n'),
        origin: 'api',
        messageId: null,
        subject: 'short',
        gateway: null,
        idempotencyKey: null,
      },
      NOW,
    );
  });
  await store.close();
}

interface Times {
  readonly claim: readonly number[];
  readonly report: readonly number[];
  /** CPU of this process for one of each, ms: what other work on the disk does not touch. */
  readonly cpu: number;
}

/** Claims ten recipients and reports them deferred, as many times as asked, each of the two awaited alone. */
async function claims(store: QueueStore, destinationOf: (round: number) => string): Promise<Times> {
  const claim: number[] = [];
  const report: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < CLAIMS; round++) {
    let since = performance.now();
    const claimed = await store.claim({
      destination: destinationOf(round),
      most: 10,
      mostRecipients: 10,
      owner: 'bench',
      now: NOW + 1_000,
      leaseMs: 60_000,
    });
    claim.push(performance.now() - since);
    if (claimed.length === 0) throw new Error(`nothing to claim for ${destinationOf(round)}`);
    since = performance.now();
    await store.report(
      claimed.flatMap(({ mid, attemptId, recipients }) =>
        recipients.map(({ rid }) => ({
          mid,
          rid,
          attemptId,
          outcome: { kind: 'deferred' as const, nextAttemptAt: NOW + 60_000, uncounted: false, warned: false },
          facts: FACTS,
        })),
      ),
      NOW + 2_000,
    );
    report.push(performance.now() - since);
  }
  const { user, system } = process.cpuUsage(before);
  return { claim, report, cpu: (user + system) / 1000 / CLAIMS };
}

const FACTS: AttemptFacts = {
  at: NOW,
  dcid: 1,
  channel: 'none',
  verified: null,
  host: 'mx.example',
  address: '192.0.2.1',
  status: '4.4.1',
  reply: 'connection timed out',
  reason: 'connection timed out',
};

const lane = (index: number): string => `domain${index % DESTINATIONS}.example`;

async function claimStep(what: string): Promise<void> {
  const store = await opened();
  const times = await claims(store, (round) => lane(round * 17 + (what === 'before' ? 0 : 5)));
  say(`claim of another destination, ${what}, ms`, shown(times.claim));
  say(`report of it, ${what}, ms`, shown(times.report));
  say('CPU of both, ms', times.cpu.toFixed(2));
  if (what === 'with the dead one') {
    const dead = await claims(store, () => DEAD);
    say('claim of the dead one itself, ms', shown(dead.claim));
    say('report of it, ms', shown(dead.report));
    say('CPU of both, ms', dead.cpu.toFixed(2));
  }
  await store.close();
}

async function startStep(): Promise<void> {
  let store: QueueStore | undefined;
  let lanes = 0;
  const { wallMs } = await costOf(async () => {
    store = await opened();
    lanes = (await store.lanes()).length;
  });
  say(`opening and listing ${lanes} destinations, s`, (wallMs / 1000).toFixed(2), 'below 5');
  const top = await costOf(async () => void (await store?.topHosts(20)));
  say('the twenty with most waiting, s', (top.wallMs / 1000).toFixed(2));
  const page = await costOf(async () => void (await store?.list({ limit: 100, states: ['queued'] })));
  say('a page of the queue, ms', page.wallMs.toFixed(1));
  say('peak memory, MiB', (process.resourceUsage().maxRSS / 1024).toFixed(0), 'below 400');
  await store?.close();
}

function inProcess(name: string, queueFolder: string): void {
  execFileSync(process.execPath, [fileURLToPath(import.meta.url), word, url ?? '', name], {
    stdio: 'inherit',
    env: { ...process.env, QUEUE_FOLDER: queueFolder, NODE_NO_WARNINGS: '1' },
  });
}

const half = Number(word) / 2;
if (step === 'fill-others') await fill(0, half, lane);
else if (step === 'fill-dead') await fill(half, half * 2, () => DEAD);
else if (step === 'before' || step === 'with the dead one') await claimStep(step);
else if (step === 'start') await startStep();
else {
  sayMachine();
  const queueFolder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
  try {
    inProcess('fill-others', queueFolder);
    inProcess('before', queueFolder);
    inProcess('fill-dead', queueFolder);
    inProcess('start', queueFolder);
    inProcess('with the dead one', queueFolder);
    if (place.kind === 'file')
      say('size of the file, MiB', (statSync(join(queueFolder, 'queue.db')).size / 2 ** 20).toFixed(0));
  } finally {
    rmSync(queueFolder, { recursive: true, force: true });
  }
}
