/** A queue on a disk of a few megabytes that really fills up, and really may not be written to. Needs root to mount it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { openWeb } from '../http/web-stage.ts';
import { claimOf, messageTo, reportsOf, START } from '../support/store-world.ts';

const skip = skipUnlessMountable();
/** The file, its log and what the log is moved with. */
const DISK = '8m';

test('a full disk: what was acknowledged is there, the rest is refused as full, and with room it goes on (R118)', {
  skip,
}, async (context) => {
  const disk = mounted(context);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024, 'x'));
  const store = createQueueStore(
    await openDatabase({ kind: 'file', path: join(disk, 'queue.db') }, { clock: systemClock }),
  );
  context.after(() => store.close());
  const acknowledged: number[] = [];
  const kinds = new Set<string>();
  const bytes = Buffer.alloc(20_000, 'x');
  const submitters = Array.from({ length: 10 }, async () => {
    for (let refused = 0; refused < 3; ) {
      try {
        acknowledged.push((await store.accept(messageTo(['x@a.example', 'y@a.example'], { bytes }), START)).mid);
      } catch (error) {
        assert.ok(error instanceof StoreTrouble && error.mayPass, String(error));
        kinds.add(error.kind);
        refused++;
      }
    }
  });
  await Promise.all(submitters);
  assert.deepEqual([...kinds], ['full']);
  assert.ok(acknowledged.length > 10);
  const midsOf = async () => [...new Set((await store.list({ limit: 1_000 })).map(({ mid }) => mid))];
  assert.deepEqual(
    await midsOf(),
    acknowledged.toSorted((one, other) => one - other),
  );
  rmSync(ballast);
  const { mid } = await store.accept(messageTo(['z@a.example']), START);
  const claimed = await store.claim(claimOf('a.example', { most: 1 }));
  assert.equal(await store.report(reportsOf(claimed[0], { kind: 'delivered' }), START), 2);
  assert.equal((await midsOf()).at(-1), mid);
});

test('the web on a full disk: a test is refused with the time to come back, and with room the next one is kept (R118)', {
  skip,
}, async (context) => {
  const disk = mounted(context);
  const web = await openWeb({ place: { kind: 'file', path: join(disk, 'web.db') } });
  try {
    const ask = (target: string) =>
      web.server.inject({ method: 'POST', url: '/api/v1/probes?wait=5', payload: { target, fresh: true } });
    const before = await ask('a.example');
    assert.equal(before.statusCode, 200);
    const ballast = join(disk, 'ballast');
    const file = openSync(ballast, 'w');
    try {
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size, 'x'));
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        }
      }
    } finally {
      closeSync(file);
    }
    let refused = await ask('b.example');
    // What SQLite has room for in its log already may go through.
    for (let turn = 0; turn < 50 && refused.statusCode !== 503; turn += 1) refused = await ask(`b${turn}.example`);
    assert.equal(refused.statusCode, 503, refused.body);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal(
      (await web.server.inject(`/api/v1/probes/${before.json().id}`)).json().state,
      'done',
      'what was kept is read',
    );
    rmSync(ballast);
    const after = await ask('c.example');
    assert.equal(after.statusCode, 200, after.body);
    const kept = async () => (await web.stores.records.find(after.json().id))?.result?.target;
    for (let tries = 0; tries < 200 && (await kept()) === undefined; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await kept(), 'c.example');
  } finally {
    await web.close();
  }
});

test('a disk that may not be written to is called read-only', { skip }, async (context) => {
  const disk = mounted(context);
  const place = { kind: 'file', path: join(disk, 'queue.db') } as const;
  await (await openDatabase(place, { clock: systemClock })).close();
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  await assert.rejects(openDatabase(place, { clock: systemClock }), { name: 'StoreTrouble', kind: 'read-only' });
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  await (await openDatabase(place, { clock: systemClock })).close();
});

function mounted(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
  context.after(() => {
    // Lazily: what a failed test left open must not keep it.
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** `false` to run, or the sentence to skip with; with `CI=true` an error instead. */
function skipUnlessMountable(): string | false {
  if (process.getuid?.() === 0) return false;
  const sentence = 'a disk that fills up needs root, to mount it';
  if (process.env['CI'] === 'true') throw new Error(sentence);
  return sentence;
}
