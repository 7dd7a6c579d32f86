/** Limits of destinations, counted at the servers: connections, messages for each of them, recipients in a time (R114). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Handed, type QueueScene, queueWorld } from '../support/queue-world.ts';

/** Messages under way for a key at one time. */
function gauge(keyOf: (handed: Handed) => string) {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const during: NonNullable<QueueScene['during']> = async (handed) => {
    const key = keyOf(handed);
    const count = (now.get(key) ?? 0) + 1;
    now.set(key, count);
    most.set(key, Math.max(most.get(key) ?? 0, count));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    now.set(key, (now.get(key) ?? 0) - 1);
  };
  return { during, most };
}

test('no more connections to a domain than are allowed, and each domain has its own count (R114, R115)', async (context) => {
  const seen = gauge(({ destination }) => destination);
  const world = await queueWorld(context, { during: seen.during, controls: () => ({ maxConcurrency: 2 }) });
  for (let count = 0; count < 60; count++) await world.accept([`u${count}@a.example`]);
  for (let count = 0; count < 60; count++) await world.accept([`u${count}@b.example`]);
  await world.dispatcher.start();
  await world.calm();
  assert.equal(world.handed.length, 120);
  assert.deepEqual([...seen.most].sort(), [
    ['a.example', 2],
    ['b.example', 2],
  ]);
  assert.ok(world.open.most > 2, 'one does not wait for the other');
});

test('two processes together keep to the limit of a domain (R114)', async (context) => {
  const seen = gauge(({ destination }) => destination);
  const world = await queueWorld(context, { during: seen.during, controls: () => ({ maxConcurrency: 2 }) });
  for (let count = 0; count < 120; count++) await world.accept([`u${count}@a.example`]);
  const other = world.another('two');
  await Promise.all([world.dispatcher.start(), other.start()]);
  await world.calm();
  await world.pass(60, 1);
  assert.equal(world.handed.length, 120);
  assert.deepEqual([...seen.most], [['a.example', 2]]);
});

test('as many messages over one connection as are allowed, and then a new one (R114)', async (context) => {
  const world = await queueWorld(context, {
    controls: () => ({ maxConcurrency: 1, maxMessagesPerConnection: 4 }),
  });
  for (let count = 0; count < 10; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  const perConnection = Map.groupBy(world.handed, ({ connection }) => connection);
  assert.deepEqual(
    [...perConnection.values()].map((each) => each.length),
    [4, 4, 2],
  );
  assert.equal(world.open.now, 0, 'nothing stays open');
});

test('so many recipients in so many minutes, and the rest in the next window (R114)', async (context) => {
  const world = await queueWorld(context, { controls: () => ({ recipientLimit: 30, recipientMinutes: 1 }) });
  for (let count = 0; count < 10; count++) {
    await world.accept(Array.from({ length: 7 }, (_, rid) => `u${count}.${rid}@a.example`));
  }
  await world.dispatcher.start();
  await world.calm();
  await world.pass(180, 1);
  const perMinute = new Map<number, number>();
  for (const { at, addresses } of world.handed) {
    const minute = Math.floor(at / 60_000);
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + addresses.length);
  }
  assert.deepEqual([...perMinute.values()], [30, 30, 10], 'each window is used up, none is exceeded');
  const items = await world.store.list({ limit: 100 });
  assert.ok(
    items.every(({ attempts }) => attempts === 1),
    'to wait for a window is no attempt',
  );
});

test('counted for each address: one that is busy leaves the next one (R114)', async (context) => {
  const addresses = ['192.0.2.1', '192.0.2.2'];
  let most = 0;
  const now = { count: 0 };
  const world = await queueWorld(context, {
    addressesOf: () => addresses,
    controls: () => ({ maxConcurrency: 1, limitType: 'mx-ip' }),
    during: async () => {
      now.count += 1;
      most = Math.max(most, now.count);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      now.count -= 1;
    },
  });
  for (let count = 0; count < 60; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  await world.pass(60, 1);
  assert.equal(world.handed.length, 60);
  assert.equal(most, 2, 'one connection to each of the two');
  const items = await world.store.list({ limit: 100 });
  assert.ok(
    items.every(({ attempts }) => attempts === 1),
    'to find every address busy is no attempt',
  );
});

test('recipients counted for each address, in a time (R114)', async (context) => {
  const world = await queueWorld(context, {
    controls: () => ({ recipientLimit: 3, recipientMinutes: 1, limitType: 'mx-ip' }),
  });
  for (let count = 0; count < 7; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  assert.equal(world.handed.length, 3);
  await world.pass(180, 1);
  const minutes = Map.groupBy(world.handed, ({ at }) => Math.floor(at / 60_000));
  assert.deepEqual(
    [...minutes.values()].map((each) => each.length),
    [3, 3, 1],
  );
});

test('a window that has room for some of the recipients takes them, and the others wait without an attempt (R114)', async (context) => {
  const world = await queueWorld(context, {
    controls: () => ({ recipientLimit: 3, recipientMinutes: 1, limitType: 'mx-ip', maxConcurrency: 1 }),
  });
  await world.dispatcher.start();
  for (const name of ['a', 'b', 'c']) {
    await world.accept([`${name}1@a.example`, `${name}2@a.example`]);
    await world.calm();
    await world.pass(5, 1);
  }
  await world.pass(180, 1);
  const minutes = Map.groupBy(world.handed, ({ at }) => Math.floor(at / 60_000));
  const inEach = [...minutes.values()].map((each) => each.reduce((sum, { addresses }) => sum + addresses.length, 0));
  assert.deepEqual(inEach, [3, 3]);
  const items = await world.store.list({ limit: 100 });
  assert.deepEqual([...new Set(items.map(({ state, attempts }) => `${state} ${attempts}`))], ['delivered 1']);
});

test('what one address has no room for goes to the next one at once (R114)', async (context) => {
  const world = await queueWorld(context, {
    addressesOf: () => ['192.0.2.1', '192.0.2.2'],
    controls: () => ({ recipientLimit: 3, recipientMinutes: 1, limitType: 'mx-ip', maxConcurrency: 1 }),
  });
  for (let count = 0; count < 7; count++) await world.accept([`u${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  await world.pass(10, 1);
  assert.equal(world.handed.length, 6);
  await world.pass(110, 1);
  assert.equal(world.handed.length, 7);
});

test('a limit for each gateway lets each of them have as many (R114)', async (context) => {
  const seen = gauge(({ mid }) => (mid % 2 === 0 ? 'even' : 'odd'));
  const gateways = ['north', 'south'].map((name) => ({ name, sourceAddress: null, heloName: null }));
  const world = await queueWorld(context, {
    during: seen.during,
    delivery: { gateways, defaultGateway: 'north' },
    controls: () => ({ maxConcurrency: 1, limitApply: 'virtual-gateway' }),
  });
  for (let count = 0; count < 40; count++) {
    await world.accept([`u${count}@a.example`], { gateway: count % 2 === 0 ? 'north' : 'south' });
  }
  await world.dispatcher.start();
  await world.calm();
  await world.pass(120, 1);
  assert.equal(world.handed.length, 40);
  assert.deepEqual([...seen.most.values()], [1, 1]);
});

test('no more connections than the whole system may have, over all processes (R114)', async (context) => {
  const seen = gauge(() => 'all');
  const world = await queueWorld(context, { during: seen.during, delivery: { maxConnections: 3 } });
  for (let count = 0; count < 60; count++) await world.accept([`ann@d${count}.example`]);
  const other = world.another('two');
  await Promise.all([world.dispatcher.start(), other.start()]);
  await world.calm();
  await world.pass(120, 1);
  assert.equal(world.handed.length, 60);
  assert.equal(seen.most.get('all'), 3);
});

test('of the connections with TLS there may be fewer (R114)', async (context) => {
  const seen = gauge(({ destination }) => (destination.startsWith('clear') ? 'clear' : 'tls'));
  const world = await queueWorld(context, {
    during: seen.during,
    delivery: { maxConnections: 50, maxTlsConnections: 2 },
    controls: (destination) =>
      destination.startsWith('clear') ? { tls: 'no', dane: 'off', mtaSts: 'off' } : { tls: 'required' },
  });
  for (let count = 0; count < 30; count++) {
    await world.accept([`ann@clear${count}.example`]);
    await world.accept([`ann@tls${count}.example`]);
  }
  await world.dispatcher.start();
  await world.calm();
  await world.pass(120, 1);
  assert.equal(world.handed.length, 60);
  assert.equal(seen.most.get('tls'), 2);
  assert.ok((seen.most.get('clear') ?? 0) > 2);
});
