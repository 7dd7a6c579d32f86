/**
 * Delivery from a queue in PostgreSQL: several processes under one limit, a server that is restarted in the middle, and
 * processes that are killed. What arrives is counted at a real server, over verified TLS.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { type DeliveryProcess, startDelivery } from '../support/delivery-process.ts';
import { killedDelivery, startWorld } from '../support/killed-delivery.ts';
import { messageTo } from '../support/store-world.ts';
import { type PostgresRig, skipUnlessPostgres, startPostgres } from './postgres.ts';
import { eventually } from './rig.ts';

const skip = skipUnlessPostgres();
/** ms that the receiving server takes for each message, so that much is under way at any time. */
const ANSWER_MS = 15;
let rig: PostgresRig;

before(async () => {
  if (skip === false) rig = await startPostgres();
});
after(async () => {
  await rig?.stop();
});

interface Scene {
  readonly url: string;
  readonly world: Awaited<ReturnType<typeof startWorld>>;
  readonly processes: readonly DeliveryProcess[];
}

/** So many messages wait for d0.test when the processes begin. */
async function scene(context: TestContext, messages: number, processes: number, most: number): Promise<Scene> {
  const url = await rig.newDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-delivery-'));
  const world = await startWorld(folder, ANSWER_MS);
  const started: DeliveryProcess[] = [];
  context.after(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const place = { kind: 'postgres', url } as const;
  const store = createQueueStore(await openDatabase(place, { clock: systemClock }));
  const accept = (_: unknown, index: number) =>
    store.accept(
      messageTo(['reader@d0.test'], { bytes: Buffer.from(`Subject: m${index}\r\n\r\nhello\r\n`) }),
      Date.now(),
    );
  await Promise.all(Array.from({ length: messages }, accept));
  await store.close();
  const wishes = {
    place,
    resolver: world.resolver,
    port: world.server.port,
    rootFile: world.rootFile,
    controls: { tls: 'required-verify', maxConcurrency: most },
    leaseMs: 10_000,
    initialRetrySeconds: 1,
    hostDownSeconds: 1,
  } as const;
  for (let number = 1; number <= processes; number++)
    started.push(await startDelivery({ ...wishes, owner: `process ${number}` }));
  return { url, world, processes: started };
}

test('three processes and a limit of two: never more than two connections, and each message once (R114)', {
  skip,
}, async (context) => {
  const messages = 300;
  const { world, processes } = await scene(context, messages, 3, 2);
  await eventually('everything has come', async () => world.server.taken.length >= messages);
  await Promise.all(processes.map((each) => each.stop()));
  assert.equal(world.server.taken.length, messages);
  assert.equal(new Set(world.server.taken.map(({ id }) => id)).size, messages);
  assert.equal(world.server.open.most, 2);
});

test('PostgreSQL is restarted in the middle of it: delivery goes on, nothing is lost, and nothing comes twice but what was under way (R118)', {
  skip,
}, async (context) => {
  const messages = 600;
  const most = 4;
  const { world, processes } = await scene(context, messages, 2, most);
  await eventually('it is under way', async () => world.server.taken.length >= messages / 6);
  await rig.halt();
  await pause(1_500);
  const during = world.server.taken.length;
  await rig.start();
  assert.ok(during < messages, 'it was in the middle');
  const ids = () => new Set(world.server.taken.map(({ id }) => id)).size;
  await eventually('everything has come', async () => ids() >= messages);
  await Promise.all(processes.map((each) => each.stop()));
  const again = world.server.taken.length - messages;
  context.diagnostic(`${during} taken before the restart was over, ${again} came again`);
  assert.ok(again <= most, `${again} came again`);
});

test('kill -9 at moments of chance: nothing is lost, and nothing comes twice but what was under way (R118)', {
  skip,
}, async (context) => {
  const url = await rig.newDatabase();
  const place = { kind: 'postgres', url } as const;
  const report = await killedDelivery({ place, messages: 400, kills: 8, processes: 2, lifeMs: 1_000 });
  context.diagnostic(JSON.stringify(report));
  assert.deepEqual([report.lost, report.unexcused, report.unfinished], [[], [], 0]);
});
