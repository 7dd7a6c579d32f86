/** Opening a file: made, kept private, led from an older version, refused from a newer one; and its troubles. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type TestContext } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { systemClock } from '../../src/app/world.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrationsFor } from '../../src/store/migrations.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { claimOf, messageTo, newFolder, START } from '../support/store-world.ts';

async function opened(
  context: TestContext,
  path: string,
  options: Partial<Parameters<typeof openDatabase>[1]> = {},
): Promise<Database> {
  const database = await openDatabase({ kind: 'file', path }, { clock: systemClock, ...options });
  context.after(() => database.close());
  return database;
}

const newPath = (context: TestContext): string => join(newFolder(context), 'data', 'queue.db');

test('a new folder is made, and nobody else may read what is in it', async (context) => {
  const path = newPath(context);
  const store = createQueueStore(await opened(context, path));
  await store.accept(messageTo(['x@a.example']), START);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o077, 0, file);
});

test('a place that can hold no folder is refused at once, in a sentence that names it', async (context) => {
  const file = join(newFolder(context), 'file');
  writeFileSync(file, '');
  const places = [
    [join(file, 'data'), `${file} is a file`],
    [file, `${file} is a file`],
    ['/proc/tlsreach-data/deep', '/proc takes no folders'],
    [join(file, '..', 'x'.repeat(300)), 'its name is too long'],
  ] as const;
  for (const [folder, why] of places) {
    await assert.rejects(openDatabase({ kind: 'file', path: join(folder, 'queue.db') }, { clock: systemClock }), {
      kind: 'no-place',
      message: `the folder ${folder} cannot be used: ${why}`,
    });
  }
});

test('what was accepted is there when the file is opened again (R118)', async (context) => {
  const path = newPath(context);
  const first = createQueueStore(await opened(context, path));
  const { mid } = await first.accept(messageTo(['x@a.example']), START);
  await first.close();
  const second = createQueueStore(await opened(context, path));
  assert.equal((await second.claim(claimOf('a.example')))[0]?.mid, mid);
});

test('a file of an older version is led forward and keeps what it has', async (context) => {
  const path = newPath(context);
  const steps = Object.entries(migrationsFor('file'));
  const older = await openDatabase(
    { kind: 'file', path },
    { clock: systemClock, migrations: Object.fromEntries(steps.slice(0, 1)) },
  );
  const { mid } = await createQueueStore(older).accept(messageTo(['x@a.example']), START);
  await assert.rejects(older.read((kysely) => kysely.selectFrom('configuration').selectAll().execute()));
  await older.close();
  const now = await opened(context, path);
  assert.deepEqual(await now.read((kysely) => kysely.selectFrom('configuration').selectAll().execute()), []);
  assert.equal((await createQueueStore(now).claim(claimOf('a.example')))[0]?.mid, mid);
});

test('a file of a newer version is refused in a sentence that says so, and is left as it was', async (context) => {
  const path = newPath(context);
  const later = { up: async (database: Kysely<unknown>) => void (await sql`create table later (a)`.execute(database)) };
  const newer = await openDatabase(
    { kind: 'file', path },
    { clock: systemClock, migrations: { ...migrationsFor('file'), '9999-later': later } },
  );
  await newer.close();
  await assert.rejects(opened(context, path), (error) => {
    assert.ok(error instanceof StoreTrouble);
    assert.equal(error.kind, 'newer');
    assert.equal(error.mayPass, false);
    assert.match(error.message, /newer version of this program \(step 9999-later is unknown here\)/);
    return true;
  });
  assert.equal(new DatabaseSync(path).prepare('select count(*) as n from later').get()?.['n'], 0);
});

test('a step that fails leaves the file as it was, and is tried again at the next start', async (context) => {
  const path = newPath(context);
  await (await openDatabase({ kind: 'file', path }, { clock: systemClock })).close();
  const half = {
    up: async (database: Kysely<unknown>) => {
      await sql`create table half (a)`.execute(database);
      await sql`insert into nowhere values (1)`.execute(database);
    },
  };
  await assert.rejects(
    opened(context, path, { migrations: { ...migrationsFor('file'), '9999-half': half } }),
    StoreTrouble,
  );
  await createQueueStore(await opened(context, path)).accept(messageTo(['x@a.example']), START);
  const tables = new DatabaseSync(path).prepare(`select count(*) as n from sqlite_master where name = 'half'`).get();
  assert.equal(tables?.['n'], 0);
});

test('several that make the same new file at one moment all get it', async (context) => {
  const path = newPath(context);
  const all = await Promise.all(Array.from({ length: 6 }, () => opened(context, path)));
  await Promise.all(all.map((database) => createQueueStore(database).accept(messageTo(['x@a.example']), START)));
  assert.equal((await createQueueStore(all[3] as Database).lane('a.example'))?.waiting, 6);
});

test('one change that fails takes nobody else with it, and leaves nothing of its own', async (context) => {
  const database = await opened(context, newPath(context));
  const note = (what: string) =>
    database.write(async ({ trx }) => {
      await trx.insertInto('number_block').values({ what, next: 1 }).execute();
      if (what === 'bad') throw new Error('a fault of ours');
      return what;
    });
  const settled = await Promise.allSettled(['one', 'bad', 'two', 'one'].map(note));
  assert.deepEqual(
    settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as StoreTrouble).kind)),
    ['one', 'other', 'two', 'conflict'],
  );
  const rows = await database.read((kysely) => kysely.selectFrom('number_block').select('what').execute());
  assert.deepEqual(rows.map(({ what }) => what).toSorted(), ['one', 'two']);
});

test('what a change wrote is seen by nobody before it is committed', async (context) => {
  const database = await opened(context, newPath(context));
  const count = (): Promise<number> =>
    database.read(async (kysely) => (await kysely.selectFrom('number_block').selectAll().execute()).length);
  let during: Promise<number> | undefined;
  await database
    .write(async ({ trx }) => {
      await trx.insertInto('number_block').values({ what: 'x', next: 1 }).execute();
      during ??= count();
      throw new Error('not after all');
    })
    .catch(() => {});
  assert.equal(await during, 0);
});

test('a file that is no database, or a damaged one, is called corrupt', async (context) => {
  const path = join(newFolder(context), 'queue.db');
  writeFileSync(path, 'this is a letter to a friend, and no database at all. '.repeat(100));
  await assert.rejects(opened(context, path), { name: 'StoreTrouble', kind: 'corrupt', mayPass: false });
});

test('a file that cannot be opened is called unavailable', async (context) => {
  const folder = newFolder(context);
  await assert.rejects(opened(context, folder), { name: 'StoreTrouble', kind: 'unavailable' });
});

test('a lock that another process keeps is called a conflict, and gone when the lock is', async (context) => {
  const path = newPath(context);
  const store = createQueueStore(await opened(context, path, { busyMs: 50 }));
  const other = new DatabaseSync(path);
  context.after(() => other.close());
  other.exec('begin immediate');
  await assert.rejects(store.accept(messageTo(['x@a.example']), START), { kind: 'conflict', mayPass: true });
  assert.deepEqual(await store.lanes(), [], 'reading goes on');
  other.exec('rollback');
  await store.accept(messageTo(['x@a.example']), START);
  assert.equal((await store.lanes()).length, 1);
});

test('a file that has reached its largest size is full: nothing is there by half, and room makes it work again', async (context) => {
  const path = newPath(context);
  const database = await opened(context, path);
  const store = createQueueStore(database);
  await store.accept(messageTo(['x@a.example']), START);
  await database.read((kysely) => sql`pragma max_page_count = 60`.execute(kysely));
  const large = messageTo(['x@b.example', 'y@b.example'], { bytes: Buffer.alloc(300_000, 'x') });
  const small = messageTo(['x@a.example']);
  const settled = await Promise.allSettled([store.accept(large, START), store.accept(small, START)]);
  assert.deepEqual(
    settled.map((one) => (one.status === 'rejected' ? [one.reason.kind, one.reason.mayPass] : 'accepted')),
    [['full', true], 'accepted'],
  );
  assert.equal(await store.lane('b.example'), null);
  assert.equal((await store.list({ limit: 10 })).length, 2);
  await database.read((kysely) => sql`pragma max_page_count = 100000`.execute(kysely));
  await store.accept(large, START);
  assert.equal((await store.lane('b.example'))?.waiting, 2);
});

test('a log cut off in the middle, as a power failure leaves it, loses what was not committed alone (R118)', async (context) => {
  const path = newPath(context);
  const store = createQueueStore(await opened(context, path));
  const { mid } = await store.accept(messageTo(['x@a.example']), START);
  const until = statSync(`${path}-wal`).size;
  await store.accept(messageTo(['x@b.example']), START);
  const copy = join(newFolder(context), 'queue.db');
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  assert.ok(readFileSync(`${copy}-wal`).length > until + 100);
  truncateSync(`${copy}-wal`, readFileSync(`${copy}-wal`).length - 100);
  const after = createQueueStore(await opened(context, copy));
  assert.deepEqual(
    (await after.list({ limit: 10 })).map((item) => item.mid),
    [mid],
  );
});

test('somebody who listens looks at the file by the clock they were given', async (context) => {
  const path = newPath(context);
  const clock = handWoundClock();
  const listener = createQueueStore(await opened(context, path, { clock }));
  const other = createQueueStore(await opened(context, path));
  const heard: string[] = [];
  const stop = listener.onWork((destination) => heard.push(destination));
  await other.accept(messageTo(['x@a.example']), START);
  assert.deepEqual(heard, []);
  clock.wind(200);
  assert.deepEqual(heard, ['a.example']);
  clock.wind(1_000);
  assert.deepEqual(heard, ['a.example'], 'once');
  await listener.accept(messageTo(['x@b.example']), START);
  await other.accept(messageTo(['x@c.example']), START);
  clock.wind(200);
  assert.deepEqual(heard, ['a.example', 'b.example', 'c.example'], 'its own at once, and not again');
  stop();
});
