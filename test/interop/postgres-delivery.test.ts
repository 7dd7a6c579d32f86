/** Several processes that deliver over one PostgreSQL (R114, R118): nothing but the database between them. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { allTo, configure, startProgram, until, withQueue } from '../support/installation.ts';
import { startMailSink } from '../support/mail-sink.ts';
import { messageTo, newFolder } from '../support/store-world.ts';
import { type PostgresRig, skipUnlessPostgres, startPostgres } from './postgres.ts';

const MESSAGES = 300;

const skip = skipUnlessPostgres();
if (skip !== false) test('delivery over PostgreSQL', { skip }, () => {});
else {
  let rig: PostgresRig;
  before(async () => {
    rig = await startPostgres();
  });
  after(async () => await rig.stop());

  test('three processes, two connections allowed: never more, one of them killed, nothing lost (R114, R118)', async (context) => {
    const place = { data: newFolder(context), database: await rig.newDatabase() };
    const sink = await startMailSink({ delayMs: 5 });
    context.after(() => sink.stop());
    await configure(place, (document) => {
      const { destinations } = document;
      const limits = { maxConcurrency: 2, maxMessagesPerConnection: 10 } as const;
      const limited = { ...destinations.default, ...limits, tls: 'no', dane: 'off', mtaSts: 'off' } as const;
      return { ...allTo(sink.port, document), destinations: { ...destinations, default: limited } };
    });
    await withQueue(place, async (queue) => {
      for (let count = 0; count < MESSAGES; count++) await queue.accept(messageTo([`u${count}@a.example`]), Date.now());
    });
    const words = ['serve', '--roles', 'delivery', '--lease', '3', '--data', place.data, '--database', place.database];
    const programs = [startProgram(words), startProgram(words), startProgram(words)] as const;
    context.after(async () => {
      for (const { process } of programs) if (process.exitCode === null) process.kill('SIGKILL');
      await Promise.all(programs.map(({ ended }) => ended));
    });
    assert.ok(await until(() => sink.arrivals.length > MESSAGES / 3, 30_000), programs[0].said.err);
    programs[0].process.kill('SIGKILL');
    const seen = (): number => new Set(sink.arrivals.map(({ recipients }) => recipients[0])).size;
    assert.ok(await until(() => seen() === MESSAGES, 60_000), `${seen()} of ${MESSAGES} arrived`);
    assert.ok(sink.open.most <= 2, `${sink.open.most} connections at one time`);
    assert.ok(sink.arrivals.length - MESSAGES <= 2, 'only what was on its way came twice');
    for (const { process } of programs.slice(1)) process.kill('SIGTERM');
    assert.deepEqual(await Promise.all(programs.slice(1).map(({ ended }) => ended)), [0, 0]);
    const waiting = await withQueue(place, (queue) => queue.list({ states: ['queued', 'claimed'], limit: 9 }));
    assert.deepEqual(waiting, []);
  });
}
