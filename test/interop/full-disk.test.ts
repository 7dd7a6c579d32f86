/** A queue on a disk of a few megabytes that really fills up, and really may not be written to. Needs root to mount it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
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
