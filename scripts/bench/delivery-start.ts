/**
 * A start over a full queue: 1,000,000 recipients over 10,000 destinations, of which one is dead and has half of them. How
 * long until the dispatcher has begun, how much memory it takes, and how fast the others go out beside the dead one. The
 * servers answer at once, or never: what is measured is the queue. Each step runs in a process of its own.
 *
 *   node scripts/bench/delivery-start.ts [recipients]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/world.ts';
import { createDispatcher } from '../../src/delivery/dispatcher.ts';
import type { HandOver } from '../../src/delivery/hand-over.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { configurationOf } from '../../test/support/queue-world.ts';
import { messageTo } from '../../test/support/store-world.ts';

const DESTINATIONS = 10_000;
const RECIPIENTS_PER_MESSAGE = 500;
const DEAD = 'dead.example';
/** What is counted of the others. */
const WATCH_MS = 10_000;

const [word = '1000000', step = '', folder = ''] = process.argv.slice(2);
const recipients = Number(word);

async function fill(): Promise<void> {
  const store = createQueueStore(
    await openDatabase({ kind: 'file', path: join(folder, 'queue.db') }, { clock: systemClock }),
  );
  for (let from = 0; from < recipients; from += RECIPIENTS_PER_MESSAGE) {
    const addresses = Array.from({ length: RECIPIENTS_PER_MESSAGE }, (_, place) => {
      const index = from + place;
      return `user${index}@${index % 2 === 0 ? DEAD : `d${((index - 1) / 2) % (DESTINATIONS - 1)}.example`}`;
    });
    await store.accept(messageTo(addresses), Date.now());
  }
  await store.close();
}

const answering: HandOver = async (order, message) => {
  if (order.destination === DEAD) await new Promise((resolve) => order.signal.addEventListener('abort', resolve));
  const facts = { channel: 'encrypted', verified: true, host: 'mx.example', ip: '192.0.2.1', dcid: 1 } as const;
  const said = { status: '2.0.0', reason: '', reply: { code: '250', lines: ['ok'] }, possible: false } as const;
  const recipients = message.recipients.map(({ rid, address }) => ({
    rid,
    address,
    result: order.signal.aborted ? ('deferred' as const) : ('delivered' as const),
    category: 'none' as const,
    because: [],
    ...facts,
    ...said,
  }));
  delivered += order.signal.aborted ? 0 : recipients.length;
  return { report: { recipients, attempts: [], contacted: true, busy: false }, line: null };
};
let delivered = 0;

async function start(): Promise<void> {
  const began = performance.now();
  const store = createQueueStore(
    await openDatabase({ kind: 'file', path: join(folder, 'queue.db') }, { clock: systemClock }),
  );
  const dispatcher = createDispatcher({
    store,
    handOver: answering,
    configuration: configurationOf({}),
    clock: systemClock,
    emit: () => {},
    owner: 'bench',
    dress: (message) => message,
    notify: async () => null,
    onFault: (error) => {
      throw error;
    },
  });
  await dispatcher.start();
  const startMs = Math.round(performance.now() - began);
  const startRssMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  while (delivered === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const firstMs = Math.round(performance.now() - began);
  const cpu = process.cpuUsage();
  const before = delivered;
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = Math.round((delivered - before) / (WATCH_MS / 1000));
  const cpuUsPerRecipient = Math.round((user + system) / Math.max(1, delivered - before));
  const rssMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  const { destinations, active } = dispatcher;
  console.log(
    JSON.stringify({ startMs, startRssMiB, firstMs, perSecond, cpuUsPerRecipient, rssMiB, destinations, active }),
  );
  await dispatcher.stop(0);
  await store.close();
}

if (step === 'fill') await fill();
else if (step === 'start') await start();
else {
  const data = mkdtempSync(join(tmpdir(), 'tlsreach-start-'));
  try {
    for (const each of ['fill', 'start'])
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), word, each, data], { stdio: 'inherit' });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
