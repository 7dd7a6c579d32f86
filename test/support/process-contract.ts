/** What holds of a queue when several processes have it open, and when one of them dies in the middle of its work. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { QueueItem, QueueStore } from '../../src/delivery/queue-store.ts';
import type { Database } from '../../src/store/database.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { claimOf, messageTo, START } from './store-world.ts';

/** Where the database is, in words for another process, and the way to open it here. */
export type SharedDatabase = (
  context: TestContext,
) => Promise<{ readonly where: string; readonly open: () => Promise<Database> }>;

const PROGRAM = fileURLToPath(new URL('./queue-process.ts', import.meta.url));
/** Acknowledged messages before the process is killed. */
const ENOUGH = 300;
const MESSAGES = 80;

type Child = ChildProcessByStdio<null, Readable, null>;

export function processContract(name: string, shared: SharedDatabase): void {
  const start = (context: TestContext, ...words: readonly string[]): Child => {
    const child = spawn(process.execPath, ['--no-warnings', PROGRAM, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    context.after(() => child.kill('SIGKILL'));
    return child;
  };

  test(`${name}: whatever was acknowledged is there after kill -9, whole, and nothing is there by half (R118)`, async (context) => {
    const { where, open } = await shared(context);
    const child = start(context, 'accept', where, 'killed');
    const acknowledged = new Map<number, string>();
    for await (const line of createInterface({ input: child.stdout })) {
      const [mid = '', id = ''] = line.split(' ');
      acknowledged.set(Number(mid), id);
      // In the midst of its work: what it says meanwhile is still read to the end.
      if (acknowledged.size === ENOUGH) child.kill('SIGKILL');
    }
    assert.ok(acknowledged.size >= ENOUGH);
    const store = createQueueStore(await open());
    const items = await settledItems(store);
    const found = Map.groupBy(items, ({ mid }) => mid);
    for (const [mid, id] of acknowledged) assert.equal(found.get(mid)?.[0]?.subject, id, `${mid} was acknowledged`);
    for (const [mid, recipients] of found) {
      assert.equal(recipients.length, 2, `${mid} has all its recipients`);
      const text = Buffer.from((await store.body(mid)) ?? Buffer.of()).toString();
      assert.ok(text.startsWith(`Subject: ${recipients[0]?.subject}\r\n`) && text.length === 20_000);
    }
    assert.equal((await store.lane('killed.example'))?.waiting, found.size);
  });

  test(`${name}: kill -9 between claim and report loses no recipient, and brings no finished one back (R118)`, async (context) => {
    const { where, open } = await shared(context);
    const store = createQueueStore(await open());
    const to = ['x@a.example', 'y@a.example'];
    await Promise.all(Array.from({ length: ENOUGH }, () => store.accept(messageTo(to), START)));
    const child = start(context, 'deliver', where, 'killed');
    const told = { claimed: new Set<string>(), delivered: new Set<string>() };
    for await (const line of createInterface({ input: child.stdout })) {
      const [what = '', ...key] = line.split(' ');
      told[what as 'claimed' | 'delivered'].add(key.join(' '));
      if (told.delivered.size === 60) child.kill('SIGKILL');
    }
    assert.ok(told.delivered.size >= 60 && told.delivered.size < ENOUGH * to.length);
    const before = await settledItems(store);
    assert.equal(before.length, ENOUGH * to.length);
    const finished = new Set<string>();
    for (const { mid, rid, state } of before) {
      if (state === 'delivered') finished.add(`${mid} ${rid}`);
      else if (told.claimed.has(`${mid} ${rid}`)) assert.equal(state, 'claimed', 'the attempt is on record');
    }
    for (const key of told.delivered) assert.ok(finished.has(key), `${key} was reported`);
    const given = await store.reclaim(START + 60_000);
    assert.equal(given, before.filter(({ state }) => state === 'claimed').length);
    const again = await store.claim(claimOf('a.example', { most: 1_000, mostRecipients: 1_000, now: START + 60_000 }));
    const rest = again.flatMap(({ mid, recipients }) => recipients.map(({ rid }) => `${mid} ${rid}`));
    assert.equal(rest.length + finished.size, ENOUGH * to.length);
    for (const key of rest) assert.ok(!finished.has(key), `${key} was finished`);
  });

  test(`${name}: several processes share the work, and each recipient is one's alone (R118)`, async (context) => {
    const { where, open } = await shared(context);
    const store = createQueueStore(await open());
    const to = ['x@a.example', 'y@a.example'];
    await Promise.all(Array.from({ length: MESSAGES }, () => store.accept(messageTo(to), START)));
    const children = ['p1', 'p2', 'p3'].map((owner) => start(context, 'claim', where, owner));
    const seen = new Map<string, number>();
    // Somebody looks at the queue all the time, as a person beside a running server does.
    let looking = true;
    const looker = (async () => {
      while (looking) {
        await store.list({ limit: 50, states: ['queued'] });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    await Promise.all(
      children.map(async (child, index) => {
        const ended = once(child, 'exit');
        for await (const line of createInterface({ input: child.stdout })) {
          assert.equal(seen.get(line), undefined, `${line} was claimed twice`);
          seen.set(line, index);
        }
        assert.deepEqual(await ended, [0, null]);
      }),
    );
    looking = false;
    await looker;
    assert.equal(seen.size, MESSAGES * to.length);
    const states = Map.groupBy(await store.list({ limit: 1_000 }), ({ state }) => state);
    assert.equal((states.get('delivered')?.length ?? 0) + (states.get('claimed')?.length ?? 0), MESSAGES * to.length);
  });
}

/** A server may still be committing what a killed client had sent: every item, once two looks see the same. */
async function settledItems(store: QueueStore): Promise<readonly QueueItem[]> {
  for (let last = ''; ; ) {
    const items: QueueItem[] = [];
    for (let page: readonly QueueItem[] | null = null; page?.length !== 0; items.push(...page))
      page = await store.list({ limit: 1_000, after: items.at(-1) });
    const seen = JSON.stringify(items);
    if (seen === last) return items;
    last = seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
