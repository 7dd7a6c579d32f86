/** The stores over a real PostgreSQL: the same contracts as over SQLite, and what only a server can do: go away. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrationsFor } from '../../src/store/migrations.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { certificateContract } from '../support/certificate-contract.ts';
import { configurationContract } from '../support/configuration-contract.ts';
import { outlivesContract } from '../support/outlives-contract.ts';
import { processContract } from '../support/process-contract.ts';
import { queueContract } from '../support/queue-contract.ts';
import { claimOf, deferredUntil, messageTo, openerOf, reportsOf, START } from '../support/store-world.ts';
import { ask, newPostgres, type PostgresRig, skipUnlessPostgres, startPostgres } from './postgres.ts';

const skip = skipUnlessPostgres();
if (skip !== false) test('the stores over PostgreSQL', { skip }, () => {});
else {
  let rig: PostgresRig;
  before(async () => {
    rig = await startPostgres();
  });
  after(async () => await rig.stop());

  const newDatabase = newPostgres(() => rig);
  queueContract('PostgreSQL', newDatabase);
  configurationContract('PostgreSQL', newDatabase);
  outlivesContract('PostgreSQL', async () => ({ kind: 'postgres', url: await rig.newDatabase() }));
  certificateContract('PostgreSQL', newDatabase);
  processContract('PostgreSQL', async (context) => {
    const where = await rig.newDatabase();
    return {
      where,
      open: openerOf(context, () => openDatabase({ kind: 'postgres', url: where }, { clock: systemClock })),
    };
  });

  test('several that start on the same new database at one moment all get it', async (context) => {
    const open = await newDatabase(context);
    const all = await Promise.all(Array.from({ length: 5 }, open));
    await Promise.all(all.map((database) => createQueueStore(database).accept(messageTo(['x@a.example']), START)));
    assert.equal((await createQueueStore(await open()).lane('a.example'))?.waiting, 5);
  });

  test('a database of an older version is led forward, one of a newer is refused', async (context) => {
    const url = await rig.newDatabase();
    const steps = migrationsFor('postgres');
    const older = await openDatabase(
      { kind: 'postgres', url },
      { clock: systemClock, migrations: Object.fromEntries(Object.entries(steps).slice(0, 1)) },
    );
    await createQueueStore(older).accept(messageTo(['x@a.example']), START);
    await older.close();
    const now = await openDatabase({ kind: 'postgres', url }, { clock: systemClock });
    context.after(() => now.close());
    assert.equal((await createQueueStore(now).claim(claimOf('a.example'))).length, 1);
    await ask(url, `insert into kysely_migration (name, timestamp) values ('9999-later', '')`);
    await assert.rejects(openDatabase({ kind: 'postgres', url }, { clock: systemClock }), {
      name: 'StoreTrouble',
      kind: 'newer',
    });
  });

  test('people and processes that change the same recipients at one moment do not lock each other out', async (context) => {
    const open = await newDatabase(context);
    const stores = [createQueueStore(await open()), createQueueStore(await open())] as const;
    const users = Array.from({ length: 40 }, (_, index) => `u${index}@a.example`);
    await Promise.all(Array.from({ length: 40 }, () => stores[0].accept(messageTo(users), START)));
    let over = false;
    const people = (async () => {
      while (!over) {
        await stores[1].hold({ all: true });
        await stores[1].release({ destination: 'a.example' }, START);
        await stores[0].retryNow({ all: true }, START);
      }
    })();
    const worker = async (owner: string): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        const store = stores[round % 2] as (typeof stores)[number];
        const claimed = await store.claim(claimOf('a.example', { owner, most: 4, mostRecipients: 60 }));
        const reports = claimed.flatMap((one) => reportsOf(one, deferredUntil(START + 1)));
        assert.equal(await store.report(reports, START), reports.length);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(worker));
    over = true;
    await people;
    await stores[0].release({ all: true }, START);
    assert.equal((await stores[0].lane('a.example'))?.waiting, 1_600);
  });

  test('a connection that stands still in the middle of a claim keeps nobody from other destinations', async (context) => {
    const open = await newDatabase(context);
    const [still, store] = [await open(), createQueueStore(await open())];
    await store.accept(messageTo(['x@a.example', 'x@b.example']), START);
    let goOn = (): void => {};
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const held = still.write(async ({ trx }) => {
      await trx.selectFrom('recipient').select('mid').where('destination', '=', 'a.example').forUpdate().execute();
      await standing;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await store.claim(claimOf('b.example'))).length, 1);
    assert.deepEqual(await store.claim(claimOf('a.example')), [], 'passed over, not waited for');
    goOn();
    await held;
    assert.equal((await store.claim(claimOf('a.example'))).length, 1);
  });

  test('a server that goes away is unavailable; when it is back everything works, and listeners hear (R118)', async (context) => {
    const open = await newDatabase(context);
    const store = createQueueStore(await open());
    const other = createQueueStore(await open());
    const heard = new Set<string>();
    const stop = other.onWork((destination) => heard.add(destination));
    const hears = async (what: string): Promise<void> => {
      const over = Date.now() + 20_000;
      while (!heard.has(what)) {
        assert.ok(Date.now() < over, `${what} was not heard of`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await store.accept(messageTo(['x@a.example']), START);
    await hears('a.example');

    // In the middle of work: each message is either acknowledged or not, and the acknowledged ones are there.
    let submitting = true;
    const acknowledged: number[] = [];
    const kinds = new Set<string>();
    const submitters = Array.from({ length: 10 }, async () => {
      while (submitting) {
        try {
          acknowledged.push((await store.accept(messageTo(['x@b.example', 'y@b.example']), START)).mid);
        } catch (error) {
          assert.ok(error instanceof StoreTrouble, String(error));
          assert.equal(error.mayPass, true, `${error.kind}: ${error.message}`);
          kinds.add(error.kind);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await rig.halt();
    await assert.rejects(store.claim(claimOf('a.example')), {
      name: 'StoreTrouble',
      kind: 'unavailable',
      mayPass: true,
    });
    await assert.rejects(store.list({ limit: 1 }), { name: 'StoreTrouble', kind: 'unavailable' });
    await assert.rejects(openDatabase({ kind: 'postgres', url: rig.url('test1') }, { clock: systemClock }), {
      kind: 'unavailable',
    });
    heard.clear();
    await rig.start();
    await hears('a.example');
    await store.accept(messageTo(['x@c.example']), START);
    await hears('c.example');
    submitting = false;
    await Promise.all(submitters);
    stop();
    assert.deepEqual([...kinds], ['unavailable']);
    assert.ok(acknowledged.length > 0);
    const found = new Map<number, number>();
    for (let last: { mid: number; rid: number } | undefined; ; ) {
      const page = await store.list({ limit: 1_000, destination: 'b.example', after: last });
      for (const { mid } of page) found.set(mid, (found.get(mid) ?? 0) + 1);
      last = page.at(-1);
      if (last === undefined) break;
    }
    for (const mid of acknowledged) assert.equal(found.get(mid), 2, `${mid} was acknowledged`);
    for (const [mid, recipients] of found) assert.equal(recipients, 2, `${mid} is whole`);
    assert.equal((await store.claim(claimOf('a.example'))).length, 1);
  });

  test('a database that may only be read says so, and works again when it may be written', async (context) => {
    const url = await rig.newDatabase();
    const name = url.slice(url.lastIndexOf('/') + 1);
    const open = openerOf(context, () => openDatabase({ kind: 'postgres', url }, { clock: systemClock }));
    await createQueueStore(await open()).accept(messageTo(['x@a.example']), START);
    await ask(rig.url('postgres'), `alter database ${name} set default_transaction_read_only = on`);
    const store = createQueueStore(await open());
    await assert.rejects(store.accept(messageTo(['x@a.example']), START), { kind: 'read-only', mayPass: true });
    assert.equal((await store.lanes()).length, 1);
  });
}
