/** The disk is waited for outside the thread that commits: nobody is told before, all who come meanwhile share, and a disk that fails is told. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { type Flush, flushToDisk } from '../../src/store/write-ahead-log.ts';
import { messageTo, newFolder, START } from '../support/store-world.ts';

interface Disk {
  readonly flush: Flush;
  /** Flushes that wait for their word, oldest first. */
  readonly waiting: { readonly done: () => void; readonly fails: (code: string) => void }[];
}

/** A disk that takes what is written when the test says so. */
function slowDisk(): Disk {
  const waiting: Disk['waiting'] = [];
  return {
    waiting,
    flush: () =>
      new Promise((resolve, reject) => {
        waiting.push({ done: resolve, fails: (code) => reject(Object.assign(new Error(`${code}: disk`), { code })) });
      }),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function world(context: TestContext) {
  const disk = slowDisk();
  const path = join(newFolder(context), 'queue.db');
  const database = await openDatabase({ kind: 'file', path }, { clock: systemClock, flush: disk.flush });
  const store = createQueueStore(database);
  context.after(() => store.close());
  return { disk, path, database, store };
}

async function nextFlush(disk: Disk): Promise<Disk['waiting'][number]> {
  const end = performance.now() + 5_000;
  while (performance.now() < end) {
    const next = disk.waiting.shift();
    if (next !== undefined) return next;
    await turn();
  }
  throw new Error('nothing was brought to the disk');
}

test('nobody is told of a commit before it is on the disk, and the process goes on meanwhile (R118)', async (context) => {
  const { disk, store } = await world(context);
  let told = false;
  const accepting = store.accept(messageTo(['x@a.example']), START).then(() => {
    told = true;
  });
  const flush = await nextFlush(disk);
  await turn();
  assert.equal(told, false);
  flush.done();
  await accepting;
  assert.equal((await store.lanes())[0]?.waiting, 1);
});

test('all who come while the disk is waited for share the next commit', async (context) => {
  const { disk, database } = await world(context);
  const change = (what: string) =>
    database.write(async ({ trx }) => {
      await trx.insertInto('number_block').values({ what, next: 1 }).execute();
      return what;
    });
  const first = change('first');
  const flush = await nextFlush(disk);
  const others = ['a', 'b', 'c'].map(change);
  await turn();
  assert.equal(disk.waiting.length, 0, 'one at a time');
  flush.done();
  assert.equal(await first, 'first');
  (await nextFlush(disk)).done();
  assert.deepEqual(await Promise.all(others), ['a', 'b', 'c']);
  assert.equal(disk.waiting.length, 0);
});

test('a machine that loses its power holds what was told until then, and opens with a beginning of the rest (R118)', async (context) => {
  const folder = newFolder(context);
  const path = join(folder, 'queue.db');
  let cuts = 0;
  /** What is on the disk when a flush is over: whatever stood in the two files when it began. */
  const flush: Flush = async (file) => {
    cuts += 1;
    for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, join(folder, `cut-${cuts}.db${end}`));
    await flushToDisk(file);
  };
  const store = createQueueStore(await openDatabase({ kind: 'file', path }, { clock: systemClock, flush }));
  context.after(() => store.close());
  const told: string[] = [];
  const toldAt: number[] = [];
  const submitter = async (name: string): Promise<void> => {
    for (let count = 0; count < 12; count++) {
      const key = `${name}${count}`;
      await store.accept(messageTo(['x@a.example'], { idempotencyKey: key, bytes: Buffer.alloc(9_000, 120) }), START);
      told.push(key);
      toldAt.push(cuts);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(submitter));
  assert.ok(cuts >= 12, `${cuts} flushes`);
  for (let cut = 1; cut <= cuts; cut++) {
    const place = join(folder, `cut-${cut}.db`);
    // The last write tore: some of its octets never came.
    const torn = cut % 2 === 0 ? 0 : 5_000;
    if (torn > 0) truncateSync(`${place}-wal`, statSync(`${place}-wal`).size - torn);
    const after = await openDatabase({ kind: 'file', path: place }, { clock: systemClock });
    const rows = await after.read((kysely) => kysely.selectFrom('message').select('idempotency_key').execute());
    await after.close();
    const kept = new Set(rows.map((row) => row.idempotency_key));
    const since = torn > 0 ? cut - 1 : cut;
    const safe = told.filter((_, index) => (toldAt[index] ?? 0) <= since);
    for (const key of safe) assert.ok(kept.has(key), `${key} was told and is not on the disk at cut ${cut}`);
  }
});

for (const code of ['EIO', 'ENOSPC']) {
  test(`a disk that fails (${code}) is told as unavailable, once for each, and what follows does not build on it`, async (context) => {
    const { disk, path, store } = await world(context);
    const keyed = (key: string) => store.accept(messageTo(['x@a.example'], { idempotencyKey: key }), START);
    const lost = Promise.allSettled([keyed('1'), keyed('2')]);
    (await nextFlush(disk)).fails(code);
    for (const each of await lost) {
      assert.equal(each.status, 'rejected');
      assert.equal(each.reason.kind, 'unavailable');
      assert.equal(each.reason.mayPass, true);
    }
    assert.equal(disk.waiting.length, 0, 'nothing was tried again: perhaps it is on the disk');
    assert.ok(statSync(`${path}-wal`).size > 0);
    const again = keyed('1');
    const flush = await nextFlush(disk);
    // All that was in doubt went into the file by SQLite's own hand; the log holds the new change alone.
    assert.ok(statSync(`${path}-wal`).size < 40_000, 'the log begins anew');
    flush.done();
    assert.equal((await again).fresh, false, 'it was there all the same');
    assert.equal((await store.lanes())[0]?.waiting, 2);
  });
}

test('what is doubtful stays so while somebody reads from it', async (context) => {
  const { disk, path, store } = await world(context);
  const other = await openDatabase({ kind: 'file', path }, { clock: systemClock });
  context.after(() => other.close());
  const lost = assert.rejects(store.accept(messageTo(['x@a.example']), START), { kind: 'unavailable' });
  (await nextFlush(disk)).fails('EIO');
  await lost;
  await other.read((kysely) =>
    kysely.transaction().execute(async (trx) => {
      await trx.selectFrom('message').selectAll().execute();
      await assert.rejects(store.accept(messageTo(['y@a.example']), START), (error: { kind?: unknown }) =>
        ['unavailable', 'conflict'].includes(String(error.kind)),
      );
    }),
  );
  const accepting = store.accept(messageTo(['y@a.example']), START);
  (await nextFlush(disk)).done();
  assert.equal((await accepting).fresh, true);
});

test('the log is closed with the database', {
  skip: existsSync('/proc/self/fd') ? false : 'needs /proc',
}, async (context) => {
  const path = join(newFolder(context), 'queue.db');
  const open = (): number =>
    readdirSync('/proc/self/fd').filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).startsWith(path);
      } catch {
        return false;
      }
    }).length;
  const store = createQueueStore(await openDatabase({ kind: 'file', path }, { clock: systemClock }));
  await store.accept(messageTo(['x@a.example']), START);
  assert.ok(open() > 0);
  await store.close();
  assert.equal(open(), 0);
});
