/** The queue at work, over the real store and a clock wound by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { deliverAtOnce } from '../../src/delivery/deliver-now.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type { SmtpRoute } from '../../src/delivery/settings.ts';
import { DELIVERED, LATER, queueWorld, REFUSED, UNREACHABLE } from '../support/queue-world.ts';
import { messageTo, START } from '../support/store-world.ts';

const TWO_RETRIES = { maxRetries: 2, initialRetrySeconds: 60 };

function kinds(events: readonly DeliveryEvent[]): readonly string[] {
  return events.map(({ kind }) => kind);
}

test('a message that is queued goes out, and its end is told once', async (context) => {
  const world = await queueWorld(context);
  await world.dispatcher.start();
  const mid = await world.accept(['ann@a.example', 'bob@a.example']);
  await world.calm();
  assert.deepEqual(
    world.handed.map(({ addresses }) => addresses),
    [['ann@a.example', 'bob@a.example']],
  );
  assert.deepEqual(
    (await world.store.list({ mid, limit: 9 })).map(({ state }) => state),
    ['delivered', 'delivered'],
  );
  assert.deepEqual(kinds(world.events), ['message-finished']);
  assert.equal(world.dispatcher.active, 0);
  assert.equal(world.dispatcher.destinations, 0, 'nothing is remembered of a destination with nothing to do');
});

test('two retries a minute apart: attempts at 0, 60 and 120 s, then it bounces (R107, R108)', async (context) => {
  const world = await queueWorld(context, { answer: () => LATER, profile: TWO_RETRIES });
  await world.dispatcher.start();
  await world.accept(['ann@a.example']);
  await world.calm();
  await world.pass(600, 5);
  assert.deepEqual(
    world.handed.map(({ at }) => (at - START) / 1000),
    [0, 60, 120],
  );
  assert.deepEqual(kinds(world.events), ['delayed', 'delayed', 'bounced', 'message-finished']);
});

test('a host that nobody reaches is tried at the same times', async (context) => {
  const world = await queueWorld(context, { answer: () => UNREACHABLE, profile: TWO_RETRIES });
  await world.dispatcher.start();
  await world.accept(['ann@a.example']);
  await world.calm();
  await world.pass(600, 5);
  assert.deepEqual(
    world.handed.map(({ at }) => (at - START) / 1000),
    [0, 60, 120],
  );
});

test('100 s in the queue: it bounces before the attempt at 120 s (R108)', async (context) => {
  const profile = { maxQueueSeconds: 100, initialRetrySeconds: 60 };
  const world = await queueWorld(context, { answer: () => LATER, profile });
  await world.dispatcher.start();
  const mid = await world.accept(['ann@a.example']);
  await world.calm();
  await world.pass(119, 1);
  assert.deepEqual(
    world.handed.map(({ at }) => (at - START) / 1000),
    [0, 60],
  );
  const bounced = world.events.find(({ kind }) => kind === 'bounced');
  assert.ok(bounced?.kind === 'bounced' && bounced.at - START <= 101_000 && bounced.status === '5.4.7');
  assert.equal((await world.store.list({ mid, limit: 9 }))[0]?.state, 'bounced');
  await world.dispatcher.flush();
  assert.equal((await world.store.hostState('a.example'))?.hardBounced.expired, 1);
});

test('one message to two domains is split; the good one does not wait for the other (R117)', async (context) => {
  const world = await queueWorld(context, {
    answer: (address) => (address.endsWith('@dead.example') ? UNREACHABLE : DELIVERED),
  });
  await world.dispatcher.start();
  const mid = await world.accept(['ann@dead.example', 'bob@a.example', 'eve@a.example']);
  await world.calm();
  assert.deepEqual(world.handed.map(({ addresses }) => addresses).sort(), [
    ['ann@dead.example'],
    ['bob@a.example', 'eve@a.example'],
  ]);
  assert.deepEqual(
    (await world.store.list({ mid, limit: 9 })).map(({ state }) => state),
    ['queued', 'delivered', 'delivered'],
  );
  assert.ok(!kinds(world.events).includes('message-finished'));
});

test('a message that one of two took is not called bounced, whichever was settled last', async (context) => {
  for (const slow of ['a.example', 'b.example']) {
    const world = await queueWorld(context, {
      answer: (address) => (address.endsWith('@b.example') ? REFUSED : DELIVERED),
      during: async ({ destination }) => {
        if (destination === slow) await new Promise<void>((resolve) => world.clock.setTimer(5_000, resolve));
      },
    });
    await world.dispatcher.start();
    await world.accept(['ann@a.example', 'bob@b.example']);
    await world.calm();
    await world.pass(6, 1);
    const told = world.events.filter(({ kind }) => kind === 'message-finished');
    assert.deepEqual(
      told.map((event) => event.kind === 'message-finished' && event.how),
      ['done'],
      `${slow} last`,
    );
  }
});

test('a message that breaks the connection holds nobody up; a host that breaks with every message is down (R116)', async (context) => {
  const world = await queueWorld(context, {
    answer: (address) => (/^(evil|any)/.test(address) ? { ...UNREACHABLE, begun: true } : DELIVERED),
    controls: () => ({ maxConcurrency: 1 }),
  });
  await world.dispatcher.start();
  await world.accept(['evil@a.example']);
  const good = await world.accept(['ann@a.example']);
  await world.calm();
  assert.equal((await world.store.list({ mid: good, limit: 9 }))[0]?.state, 'delivered');
  for (let count = 0; count < 5; count += 1) await world.accept([`any${count}@b.example`]);
  await world.calm();
  assert.equal(world.handed.filter(({ destination }) => destination === 'b.example').length, 2);
});

test('a route that was committed meanwhile is followed by the next message, not by the next connection (R127)', async (context) => {
  let route: SmtpRoute | null = null;
  const world = await queueWorld(context, {
    controls: () => ({ maxConcurrency: 1 }),
    route: () => route,
    during: async ({ mid }) => {
      if (mid === 2) route = { domain: 'a.example', targets: [{ kind: 'use-dns', priority: 0 }] };
    },
  });
  for (let count = 0; count < 4; count += 1) await world.accept(['ann@a.example']);
  await world.dispatcher.start();
  await world.calm();
  assert.deepEqual(
    world.handed.map(({ mid, connection }) => [mid, connection]),
    [
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
    ],
  );
});

test('what senders are told is queued with the report, once, and a bounce has no sender to tell (R109)', async (context) => {
  const world = await queueWorld(context, {
    answer: (address) => (address.startsWith('no') ? REFUSED : DELIVERED),
    notify: async (kind, { mid, sender }) =>
      sender === ''
        ? null
        : messageTo([sender], { sender: '', origin: 'bounce', subject: kind, idempotencyKey: `dsn:${kind}:${mid}` }),
  });
  await world.dispatcher.start();
  const mid = await world.accept(['no@a.example', 'yes@a.example']);
  await world.accept(['no@b.example'], { sender: '' });
  await world.calm();
  const bounces = world.handed.filter(({ sender }) => sender === '');
  assert.deepEqual(bounces.map(({ addresses }) => addresses[0]).sort(), ['no@b.example', 'sender@origin.example']);
  const queued = world.events.filter((event) => event.kind === 'message-queued');
  assert.deepEqual(
    queued.map(({ origin, recipients }) => [origin, recipients[0]?.address]),
    [['bounce', 'sender@origin.example']],
  );
  assert.deepEqual(
    (await world.store.list({ mid, limit: 9 })).map(({ state }) => state),
    ['bounced', 'delivered'],
  );
  await world.dispatcher.flush();
  const state = await world.store.hostState('a.example');
  assert.deepEqual([state?.hardBounced.fivexx, state?.delivered, state?.last5xx], [1, 1, '550 5.1.1 no such user']);
});

test('a destination that is down is left alone, noted as down, and as up when it serves again (R125)', async (context) => {
  let dead = true;
  const world = await queueWorld(context, {
    answer: () => (dead ? UNREACHABLE : DELIVERED),
    delivery: { hostDownSeconds: 60 },
  });
  for (let count = 0; count < 30; count++) await world.accept([`user${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  const first = world.handed.length;
  assert.ok(first < 10, `${first} of 30 were tried in vain`);
  assert.ok(((await world.store.hostState('a.example'))?.downUntil ?? 0) > START);
  await world.pass(59, 1);
  assert.equal(world.handed.length, first, 'nobody tries meanwhile');
  dead = false;
  await world.pass(10, 1);
  assert.equal((await world.store.hostState('a.example'))?.downUntil, null);
  await world.pass(120, 10);
  assert.equal((await world.store.lanes()).length, 0, 'all of them went out');
});

test('the memory of a host that is down survives a restart', async (context) => {
  const world = await queueWorld(context, { answer: () => UNREACHABLE });
  for (let count = 0; count < 5; count++) await world.accept([`user${count}@a.example`]);
  await world.dispatcher.start();
  await world.calm();
  await world.dispatcher.stop(0);
  const before = world.handed.length;
  await world.another('two').start();
  await world.pass(30, 10);
  assert.equal(world.handed.length, before);
  await world.pass(40, 10);
  assert.ok(world.handed.length > before);
});

test('delivernow tries at once what waits, also where hosts are down, and the windows begin anew (R116)', async (context) => {
  let dead = true;
  const world = await queueWorld(context, {
    answer: () => (dead ? UNREACHABLE : DELIVERED),
    controls: (destination) => (destination === 'b.example' ? { recipientLimit: 1, recipientMinutes: 60 } : {}),
  });
  await world.dispatcher.start();
  await world.accept(['ann@a.example']);
  await world.calm();
  dead = false;
  await world.accept(['ann@b.example']);
  await world.accept(['bob@b.example']);
  await world.pass(2, 1);
  assert.equal(world.handed.length, 2, 'one of a.example in vain, one of b.example');
  await deliverAtOnce(world.store, null, world.clock.now());
  await world.pass(3, 1);
  assert.equal(world.handed.length, 4);
  assert.equal((await world.store.lanes()).length, 0);
});

test('a message that is held stays, and goes out when it is released', async (context) => {
  const world = await queueWorld(context);
  const mid = await world.accept(['ann@a.example']);
  assert.equal(await world.store.hold({ mids: [mid] }), 1);
  await world.dispatcher.start();
  await world.pass(10_000, 1_000);
  assert.equal(world.handed.length, 0);
  await world.store.release({ mids: [mid] }, world.clock.now());
  await world.calm();
  assert.equal(world.handed.length, 1);
});

test('a dead destination with a great many recipients does not slow the others', async (context) => {
  const never = new Promise<void>(() => {});
  const world = await queueWorld(context, {
    maxWorkers: 20,
    answer: () => DELIVERED,
    during: async ({ destination }, { signal }) => {
      if (destination !== 'dead.example') return;
      await Promise.race([never, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    },
  });
  for (let count = 0; count < 40; count++) {
    await world.accept(Array.from({ length: 50 }, (_, rid) => `user${count}.${rid}@dead.example`));
  }
  for (let count = 0; count < 100; count++) await world.accept([`ann@d${count}.example`]);
  await world.dispatcher.start();
  await world.calm();
  const lively = world.handed.filter(({ destination }) => destination !== 'dead.example');
  assert.equal(lively.length, 100, 'all the others went out');
  const waiting = world.handed.filter(({ destination }) => destination === 'dead.example');
  assert.ok(waiting.length <= 5, `${waiting.length} connections wait for the dead one`);
});

test('a destination with much to do takes turns with the others when workers are few', async (context) => {
  const world = await queueWorld(context, { maxWorkers: 1 });
  for (let count = 0; count < 100; count++) await world.accept([`user${count}@big.example`]);
  await world.accept(['ann@small.example']);
  await world.dispatcher.start();
  await world.calm();
  const place = world.handed.findIndex(({ destination }) => destination === 'small.example');
  assert.ok(place >= 0 && place <= 20, `the small one came as number ${place} of ${world.handed.length}`);
  assert.equal(world.handed.length, 101);
});

test('a fault of ours at a hand-over is told, costs one attempt, and the message is not lost', async (context) => {
  let broken = true;
  const world = await queueWorld(context, {
    during: async () => {
      if (broken) throw new TypeError('a bug');
    },
  });
  await world.dispatcher.start();
  const mid = await world.accept(['ann@a.example']);
  await world.calm();
  assert.equal(world.faults.length, 1);
  const [item] = await world.store.list({ mid, limit: 1 });
  assert.deepEqual([item?.state, item?.attempts], ['queued', 1]);
  broken = false;
  await world.pass(60, 10);
  assert.equal((await world.store.list({ mid, limit: 1 }))[0]?.state, 'delivered');
});
