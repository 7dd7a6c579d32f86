/**
 * Messages a second that the queue takes in for good: a text of 20 KB and two recipients each, 50 submitters who wait
 * for each answer before they hand in the next.
 *
 * Beside it: the same submitters one at a time (what sharing a commit is worth), and a bare file to which the same
 * octets are appended in groups of 50 with one fdatasync each (what the disk would allow). With the URL of a PostgreSQL
 * the same against that.
 *
 *   node scripts/bench/queue-accept.ts [messages] [rounds] [postgres://…]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/app/world.ts';
import type { NewMessage } from '../../src/delivery/queue-store.ts';
import { type DatabasePlace, openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { NO_OPTIONS } from '../../test/support/options.ts';
import { costOf, inParallel, median, say, sayMachine, shown } from './figures.ts';

const SUBMITTERS = 50;
const OCTETS = 20_000;
const DESTINATIONS = 1_000;
const messages = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 5);
const postgres = process.argv[4];

const text = Buffer.from(
  'Subject: a message of twenty thousand octets\r\n\r\n'.padEnd(OCTETS, 'All work and no play. '),
);

function message(index: number): NewMessage {
  const recipient = (place: number) => {
    const destination = `domain${(index * 7 + place) % DESTINATIONS}.example`;
    return { address: `user${index}@${destination}`, destination, notify: null, orcpt: null };
  };
  return {
    sender: 'sender@origin.example',
    options: NO_OPTIONS,
    recipients: [recipient(0), recipient(1)],
    bytes: text,
    origin: 'api',
    messageId: `<${index}@origin.example>`,
    subject: 'a message of twenty thousand octets',
    gateway: null,
    idempotencyKey: null,
  };
}

async function accepted(place: DatabasePlace, count: number, submitters: number): Promise<{ a: number; cpu: number }> {
  const store = createQueueStore(await openDatabase(place, { clock: systemClock }));
  const cost = await costOf(() =>
    inParallel(count, submitters, async (index) => {
      await store.accept(message(index), Date.now());
    }),
  );
  await store.close();
  return { a: (count * 1000) / cost.wallMs, cpu: cost.cpuMs / count };
}

async function bareFile(path: string, count: number): Promise<number> {
  const file = await open(path, 'w');
  const group = Buffer.concat(Array.from({ length: SUBMITTERS }, () => text));
  const { wallMs } = await costOf(async () => {
    for (let done = 0; done < count; done += SUBMITTERS) {
      await file.write(group);
      await file.datasync();
    }
  });
  await file.close();
  return (count * 1000) / wallMs;
}

sayMachine();
const folder = mkdtempSync(join(tmpdir(), 'tlsreach-bench-'));
const together: number[] = [];
const alone: number[] = [];
const bare: number[] = [];
const cpu: number[] = [];
const server: number[] = [];
try {
  for (let round = 0; round < rounds; round++) {
    const file = await accepted({ kind: 'file', path: join(folder, `${round}.db`) }, messages, SUBMITTERS);
    together.push(file.a);
    cpu.push(file.cpu);
    alone.push((await accepted({ kind: 'file', path: join(folder, `${round}-alone.db`) }, messages / 20, 1)).a);
    bare.push(await bareFile(join(folder, 'bare'), messages));
    if (postgres !== undefined)
      server.push((await accepted({ kind: 'postgres', url: postgres }, messages, SUBMITTERS)).a);
    rmSync(join(folder, `${round}.db`), { force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
say(`SQLite, ${SUBMITTERS} submitters, messages a second`, shown(together, 0), 'at least 2,000');
say('CPU a message, ms', shown(cpu));
say('SQLite, one submitter, messages a second', shown(alone, 0));
say('sharing a commit is worth', `${(median(together) / median(alone)).toFixed(1)} times`);
say('bare file, groups of 50 with one fdatasync', shown(bare, 0));
say('SQLite beside the bare file', (median(together) / median(bare)).toFixed(2));
if (server.length > 0) say(`PostgreSQL, ${SUBMITTERS} submitters, messages a second`, shown(server, 0));
