/** A store that cannot be used, and the end of a process: nothing is lost, nothing is said twice (R118). */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { QueueStore } from '../../src/delivery/queue-store.ts';
import { LATER, queueWorld } from '../support/queue-world.ts';

/** A store that refuses what it is told to refuse. */
function refusing(methods: () => readonly (keyof QueueStore)[]): (store: QueueStore) => QueueStore {
  return (store) =>
    new Proxy(store, {
      get: (target, name: keyof QueueStore) =>
        methods().includes(name) ? async () => Promise.reject(new Error('there is no room left')) : target[name],
    });
}

test('a full disk: no message is begun, it is said once, and all goes on when there is room', async (context) => {
  let refused: (keyof QueueStore)[] = ['claim', 'renew', 'takeSlot', 'settle'];
  const world = await queueWorld(context, { through: refusing(() => refused) });
  await world.dispatcher.start();
  for (let count = 0; count < 20; count++) await world.accept([`ann@d${count}.example`]);
  await world.calm();
  await world.pass(300, 1);
  assert.equal(world.handed.length, 0);
  assert.deepEqual(
    world.events.map((event) => event.kind === 'trouble' && [event.recovered, event.what]),
    [[false, 'there is no room left']],
  );
  refused = [];
  await world.pass(40, 1);
  assert.equal(world.handed.length, 20);
  const troubles = world.events.filter((event) => event.kind === 'trouble');
  assert.deepEqual(
    troubles.map(({ recovered }) => recovered),
    [false, true],
  );
});

test('what became of a message is told until it is noted, and the message is sent once (R118)', async (context) => {
  let refused: (keyof QueueStore)[] = ['settle'];
  const world = await queueWorld(context, { through: refusing(() => refused) });
  await world.dispatcher.start();
  const mid = await world.accept(['ann@a.example']);
  await world.pass(100, 1);
  assert.equal(world.handed.length, 1);
  assert.equal((await world.store.list({ mid, limit: 1 }))[0]?.state, 'claimed');
  refused = [];
  await world.pass(40, 1);
  assert.equal((await world.store.list({ mid, limit: 1 }))[0]?.state, 'delivered');
  assert.equal(world.handed.length, 1);
});

test('where no number is to be had for a connection, the message waits and nothing is counted', async (context) => {
  let refused: (keyof QueueStore)[] = ['nextNumber'];
  const world = await queueWorld(context, { through: refusing(() => refused) });
  await world.dispatcher.start();
  const mid = await world.accept(['ann@a.example']);
  await world.pass(30, 1);
  assert.equal(world.handed.length, 0);
  refused = [];
  await world.pass(40, 1);
  const [item] = await world.store.list({ mid, limit: 1 });
  assert.deepEqual([item?.state, item?.attempts], ['delivered', 1]);
});

test('stopping: what is under way comes to its end, the rest goes back untouched (R118)', async (context) => {
  let finish = (): void => {};
  const sending = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const world = await queueWorld(context, { during: () => sending, controls: () => ({ maxConcurrency: 1 }) });
  for (let count = 0; count < 8; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  const stopped = world.dispatcher.stop(10_000);
  await world.calm();
  finish();
  await stopped;
  assert.equal(world.handed.length, 1, 'no other one was begun');
  const items = await world.store.list({ limit: 99 });
  const states = items.map(({ state, attempts }) => `${state} ${attempts}`);
  assert.deepEqual(states, ['delivered 1', ...Array.from({ length: 7 }, () => 'queued 0')]);
  assert.equal(world.open.now, 0);
  assert.equal((await world.store.connections(world.clock.now())).size, 0, 'places are free for others');
});

test('stopping: what takes too long is broken off, and goes back uncounted (R118)', async (context) => {
  const world = await queueWorld(context, {
    answer: () => LATER,
    during: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  });
  const mid = await world.accept(['ann@a.example']);
  await world.dispatcher.start();
  await world.calm();
  const stopped = world.dispatcher.stop(10_000);
  await world.pass(9, 1);
  assert.equal(world.dispatcher.active, 1);
  await world.pass(2, 1);
  await stopped;
  const [item] = await world.store.list({ mid, limit: 1 });
  assert.deepEqual([item?.state, item?.attempts], ['queued', 0]);
});

test('the work of a process that died is taken over when its lease is over, and its late report changes nothing', async (context) => {
  let hang = true;
  const never = new Promise<void>(() => {});
  const world = await queueWorld(context, {
    leaseMs: 60_000,
    // What the first one does not renew any more lapses.
    through: (store) => ({ ...store, renew: async () => {} }),
    during: async (_, { signal }) => {
      if (hang) await Promise.race([never, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    },
  });
  const mid = await world.accept(['ann@a.example']);
  await world.dispatcher.start();
  await world.calm();
  assert.equal(world.handed.length, 1);
  hang = false;
  await world.another('two').start();
  await world.pass(59, 1);
  assert.equal(world.handed.length, 1);
  await world.pass(120, 1);
  assert.equal(world.handed.length, 2);
  const [item] = await world.store.list({ mid, limit: 1 });
  assert.deepEqual([item?.state, item?.attempts], ['delivered', 2]);
});

test('a machine that slept longer than its lease sends nothing that may be somebody else’s by now', async (context) => {
  let sent = 0;
  const world = await queueWorld(context, {
    controls: () => ({ maxConcurrency: 1 }),
    during: async () => {
      sent += 1;
      if (sent === 1) world.clock.wind(200_000);
    },
  });
  for (let count = 0; count < 5; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  await world.pass(10, 1);
  const items = await world.store.list({ limit: 9 });
  assert.ok(items.every(({ state }) => state === 'delivered'));
  assert.equal(new Set(world.handed.map(({ mid }) => mid)).size, 5);
});
