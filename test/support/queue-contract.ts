/** What holds of every queue store, whatever is below it: one suite, run over SQLite and over PostgreSQL. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import fc from 'fast-check';
import type { ClaimedMessage, FinishedMessage, QueueStore } from '../../src/delivery/queue-store.ts';
import { createQueueStore } from '../../src/store/queue-store.ts';
import { play, steps } from './queue-model.ts';
import { claimOf, deferredUntil, FACTS, messageTo, type NewDatabase, reportsOf, START } from './store-world.ts';

const DELIVERED = { kind: 'delivered' } as const;
/** Sequences of up to 45 steps. */
const MODEL_RUNS = 60;
const BOUNCED = { kind: 'bounced' } as const;

function midsOf(messages: readonly FinishedMessage[]): readonly number[] {
  return messages.map(({ mid }) => mid);
}

export function queueContract(name: string, newDatabase: NewDatabase): void {
  const queue = async (context: TestContext): Promise<QueueStore> =>
    createQueueStore(await (await newDatabase(context))());
  /** Two processes, as far as the database can tell. */
  const two = async (context: TestContext): Promise<readonly [QueueStore, QueueStore]> => {
    const open = await newDatabase(context);
    return [createQueueStore(await open()), createQueueStore(await open())];
  };

  test(`${name}: a message comes out as it went in`, async (context) => {
    const store = await queue(context);
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const options = {
      eightBit: true,
      international: true,
      requireTls: true,
      tlsOptional: false,
      ret: 'HDRS',
      envid: 'envelope-1',
    } as const;
    const recipients = [
      {
        address: 'dörte@münchen.example',
        destination: 'xn--mnchen-3ya.example',
        notify: ['FAILURE', 'DELAY'],
        orcpt: 'rfc822;d@x',
      },
      { address: 'a@[192.0.2.1]', destination: '[192.0.2.1]', notify: null, orcpt: null },
    ] as const;
    const { mid, fresh } = await store.accept(
      messageTo([], { sender: '', bytes, options, recipients, gateway: 'vg1', subject: 'a \0 b' }),
      START,
    );
    assert.equal(fresh, true);
    const [claimed] = await store.claim(claimOf('xn--mnchen-3ya.example'));
    assert.ok(claimed);
    assert.deepEqual(
      { ...claimed, attemptId: 0, bytes: null },
      {
        mid,
        attemptId: 0,
        sender: '',
        options,
        acceptedAt: START,
        gateway: 'vg1',
        bytes: null,
        recipients: [
          {
            rid: 0,
            address: 'dörte@münchen.example',
            notify: ['FAILURE', 'DELAY'],
            orcpt: 'rfc822;d@x',
            attempts: 0,
            delayWarnings: 0,
            lastWarningAt: null,
            last: null,
          },
        ],
      },
    );
    assert.ok(bytes.equals(claimed.bytes));
    assert.ok(bytes.equals((await store.body(mid)) ?? Buffer.of()));
    assert.equal(await store.body(mid + 1), null);
    assert.equal((await store.list({ limit: 10 }))[0]?.subject, 'a  b');
  });

  test(`${name}: messages that arrive together have numbers of their own, in the order they came`, async (context) => {
    const store = await queue(context);
    const accepted = await Promise.all(
      Array.from({ length: 120 }, (_, index) => store.accept(messageTo([`u${index}@a.example`]), START)),
    );
    const mids = accepted.map(({ mid }) => mid);
    assert.deepEqual(
      mids,
      mids.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(mids).size, 120);
    const items = await store.list({ limit: 200 });
    assert.deepEqual(
      items.map((item) => [item.mid, item.recipient]),
      mids.map((mid, index) => [mid, `u${index}@a.example`]),
    );
  });

  test(`${name}: the same key is taken in once, at one moment, later, and by another process`, async (context) => {
    const [store, other] = await two(context);
    const keyed = messageTo(['u@a.example'], { idempotencyKey: 'k1' });
    const all = await Promise.all([
      store.accept(keyed, START),
      other.accept(keyed, START),
      store.accept(keyed, START),
      store.accept(messageTo(['u@a.example'], { idempotencyKey: 'k2' }), START),
      other.accept(keyed, START),
    ]);
    const ofKey = all.filter((_, index) => index !== 3);
    assert.equal(new Set(ofKey.map(({ mid }) => mid)).size, 1);
    assert.equal(ofKey.filter(({ fresh }) => fresh).length, 1);
    assert.equal(all[3]?.fresh, true);
    assert.deepEqual(await other.accept(keyed, START + 5), { mid: ofKey[0]?.mid, fresh: false });
    assert.equal((await store.list({ limit: 10 })).length, 2);
  });

  test(`${name}: what is due is claimed oldest first, within the bounds, and not what is due later`, async (context) => {
    const store = await queue(context);
    const take = async (at: number, ...users: string[]) =>
      (
        await store.accept(
          messageTo(
            users.map((user) => `${user}@a.example`),
            {},
          ),
          at,
        )
      ).mid;
    const late = await take(START + 10, 'late');
    const first = await take(START - 20, 'x', 'y', 'z');
    const second = await take(START - 10, 'v', 'w');
    await store.accept(messageTo(['other@b.example']), START);
    const mids = (claimed: readonly ClaimedMessage[]) =>
      claimed.map(({ mid, recipients }) => [mid, ...recipients.map(({ rid }) => rid)]);
    assert.deepEqual(mids(await store.claim(claimOf('a.example', { mostRecipients: 2 }))), [[first, 0, 1]]);
    assert.deepEqual(mids(await store.claim(claimOf('a.example', { most: 1 }))), [[first, 2]]);
    assert.deepEqual(mids(await store.claim(claimOf('a.example'))), [[second, 0, 1]]);
    assert.deepEqual(await store.claim(claimOf('a.example')), []);
    assert.deepEqual(mids(await store.claim(claimOf('a.example', { now: START + 10 }))), [[late, 0]]);
  });

  test(`${name}: texts that are large together are not claimed together, one alone always is`, async (context) => {
    const store = await queue(context);
    const bytes = Buffer.alloc(20 * 1024 * 1024, 'x');
    for (let count = 0; count < 2; count++) await store.accept(messageTo(['u@a.example'], { bytes }), START + count);
    assert.equal((await store.claim(claimOf('a.example', { now: START + 9 }))).length, 1);
    assert.equal((await store.claim(claimOf('a.example', { now: START + 9 }))).length, 1);
  });

  test(`${name}: no recipient goes to two owners, and none is left behind (R118)`, async (context) => {
    const [store, other] = await two(context);
    const users = Array.from({ length: 5 }, (_, index) => `u${index}@a.example`);
    await Promise.all(Array.from({ length: 60 }, (_, index) => store.accept(messageTo(users), START - index)));
    const seen = new Map<string, string>();
    const worker = async (from: QueueStore, owner: string): Promise<void> => {
      for (;;) {
        const claimed = await from.claim(claimOf('a.example', { owner, most: 3, mostRecipients: 7 }));
        if (claimed.length === 0) return;
        for (const { mid, recipients } of claimed) {
          for (const { rid } of recipients) {
            assert.equal(seen.get(`${mid} ${rid}`), undefined, `${mid} ${rid} was claimed twice`);
            seen.set(`${mid} ${rid}`, owner);
          }
        }
      }
    };
    await Promise.all([1, 2, 3, 4].flatMap((count) => [worker(store, `a${count}`), worker(other, `b${count}`)]));
    assert.equal(seen.size, 300);
  });

  test(`${name}: finished is final: a repeated, late or contrary report changes nothing (R118)`, async (context) => {
    const store = await queue(context);
    const { mid } = await store.accept(messageTo(['x@a.example', 'y@a.example']), START);
    const [claimed] = await store.claim(claimOf('a.example'));
    const [one, other] = reportsOf(claimed, DELIVERED);
    assert.ok(one && other);
    assert.deepEqual(await store.finished([mid]), []);
    assert.equal(await store.report([one, { ...other, outcome: BOUNCED }, one], START + 1), 2);
    assert.deepEqual(await store.finished([mid, 999]), [
      { mid, delivered: true },
      { mid: 999, delivered: false },
    ]);
    assert.equal(await store.report([one], START + 2), 0);
    assert.equal(
      await store.report(
        [
          { ...one, outcome: deferredUntil(START) },
          { ...other, outcome: DELIVERED },
        ],
        START + 2,
      ),
      0,
    );
    assert.deepEqual(
      (await store.list({ limit: 10 })).map(({ state, attempts }) => [state, attempts]),
      [
        ['delivered', 1],
        ['bounced', 1],
      ],
    );
    assert.deepEqual(await store.claim(claimOf('a.example', { now: START + 1_000_000_000 })), []);
    assert.equal(await store.reclaim(START + 1_000_000_000), 0);
    assert.equal(await store.retryNow({ all: true }, START), 0);
    assert.equal(await store.remove({ all: true }), 0);
  });

  test(`${name}: what senders are told is queued with the report that it is about, or not at all (R109, R118)`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example', 'y@a.example']), START);
    const [claimed] = await store.claim(claimOf('a.example'));
    const bounced = reportsOf(claimed, BOUNCED);
    const notice = messageTo(['sender@origin.example'], { sender: '', idempotencyKey: 'dsn:1' });
    const other = messageTo(['sender@origin.example'], { sender: '', idempotencyKey: 'dsn:2' });
    const settled = await store.settle(bounced, [notice, other], START);
    assert.equal(settled.effective, 2);
    assert.deepEqual(
      settled.accepted.map(({ fresh }) => fresh),
      [true, true],
    );
    assert.deepEqual(await store.settle(bounced, [notice], START), { effective: 0, accepted: [] });
    const late = messageTo(['sender@origin.example'], { sender: '', idempotencyKey: 'dsn:3' });
    assert.deepEqual(
      (await store.settle(bounced, [late], START)).accepted,
      [],
      'what was noted before is not told again',
    );
    assert.equal((await store.lane('origin.example'))?.waiting, 2);
    assert.deepEqual(await store.settle([], [late], START), { effective: 0, accepted: [] });
  });

  test(`${name}: two reports about one recipient at one moment count once`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example']), START);
    const [claimed] = await store.claim(claimOf('a.example'));
    const delivered = reportsOf(claimed, DELIVERED);
    const counts = await Promise.all([
      store.report(delivered, START),
      store.report(reportsOf(claimed, BOUNCED), START),
      store.report([], START),
      store.report(delivered, START),
    ]);
    assert.deepEqual(counts, [1, 0, 0, 0]);
    assert.equal((await store.list({ limit: 10 }))[0]?.state, 'delivered');
  });

  test(`${name}: a deferred recipient waits until its time, with what was seen, and counts what counts`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example']), START);
    const due = START + 60_000;
    const attempt = async (outcome: ReturnType<typeof deferredUntil>) => {
      const [claimed] = await store.claim(claimOf('a.example', { now: due + 1_000_000 }));
      assert.equal(await store.report(reportsOf(claimed, outcome, { ...FACTS, reply: '451 later' }), START), 1);
      return claimed?.recipients[0];
    };
    await attempt(deferredUntil(due, { uncounted: true }));
    assert.deepEqual((await store.list({ limit: 1 }))[0]?.last, null);
    await attempt(deferredUntil(due, { warned: true }));
    const [item] = await store.list({ limit: 1 });
    assert.deepEqual([item?.state, item?.attempts, item?.nextAttemptAt], ['queued', 1, due]);
    assert.deepEqual(item?.last, { ...FACTS, reply: '451 later' });
    assert.deepEqual(await store.claim(claimOf('a.example', { now: due - 1 })), []);
    assert.deepEqual(await store.lane('a.example'), { destination: 'a.example', waiting: 1, nextAttemptAt: due });
    const third = await attempt(deferredUntil(due));
    assert.deepEqual([third?.attempts, third?.delayWarnings, third?.lastWarningAt], [1, 1, FACTS.at]);
    assert.deepEqual(third?.last, { ...FACTS, reply: '451 later' });
  });

  test(`${name}: work of a process that went away is given back when its lease is over, and counts (R118)`, async (context) => {
    const [store, other] = await two(context);
    await store.accept(messageTo(['x@a.example', 'y@a.example']), START);
    const [lost] = await store.claim(claimOf('a.example', { owner: 'gone', leaseMs: 1_000 }));
    await store.accept(messageTo(['x@b.example']), START);
    const [kept] = await other.claim(claimOf('b.example', { owner: 'alive', leaseMs: 1_000 }));
    await other.renew('alive', START + 900, 1_000);
    assert.equal(await other.reclaim(START + 999), 0);
    assert.equal(await other.reclaim(START + 1_000), 2);
    const [again] = await other.claim(claimOf('a.example', { now: START + 1_000 }));
    assert.deepEqual(
      again?.recipients.map(({ attempts }) => attempts),
      [1, 1],
    );
    assert.equal(await store.report(reportsOf(lost, DELIVERED), START), 0, 'the lost attempt is off the record');
    assert.equal(await other.report(reportsOf(again, DELIVERED), START), 2);
    assert.equal(await other.report(reportsOf(kept, DELIVERED), START), 1);
    assert.equal(await other.reclaim(START + 1_000_000), 0);
  });

  test(`${name}: a partly reported attempt gives back the rest alone`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example', 'y@a.example']), START);
    const [claimed] = await store.claim(claimOf('a.example', { leaseMs: 10 }));
    await store.report(reportsOf(claimed, DELIVERED).slice(0, 1), START);
    assert.equal(await store.reclaim(START + 10), 1);
    assert.deepEqual(
      (await store.list({ limit: 5 })).map(({ state }) => state),
      ['delivered', 'queued'],
    );
  });

  test(`${name}: lanes tell each destination with what waits there and when it is due`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example', 'y@a.example', 'x@b.example']), START);
    await store.accept(messageTo(['x@a.example']), START - 5);
    await store.accept(messageTo(['x@held.example']), START);
    await store.hold({ destination: 'held.example' });
    assert.deepEqual(
      (await store.lanes()).toSorted((one, other) => one.destination.localeCompare(other.destination)),
      [
        { destination: 'a.example', waiting: 3, nextAttemptAt: START - 5 },
        { destination: 'b.example', waiting: 1, nextAttemptAt: START },
      ],
    );
    assert.equal(await store.lane('held.example'), null);
  });

  test(`${name}: slots are never more than allowed, across processes, and lapse with their lease`, async (context) => {
    const [store, other] = await two(context);
    const take = (from: QueueStore, most: number, now = START) => from.takeSlot('d.example', most, 'o', now, 1_000);
    const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => take(index % 2 === 0 ? store : other, 5)));
    assert.deepEqual(
      taken.filter((slot) => slot !== null).toSorted((one, more) => one - more),
      [0, 1, 2, 3, 4],
    );
    assert.equal(await store.takeSlot('e.example', 1, 'o', START, 1_000), 0, 'another key has places of its own');
    await store.freeSlot('d.example', 3, 'somebody else');
    assert.equal(await take(other, 5), null);
    await store.freeSlot('d.example', 3, 'o');
    assert.equal(await take(other, 4), null, 'lowered: four are still held');
    assert.equal(await take(other, 5), 3);
    assert.equal(await take(other, 6), 5, 'raised');
    await other.renew('o', START + 500, 1_000);
    assert.equal(await take(store, 6, START + 1_000), null);
    assert.equal(await take(store, 6, START + 1_500), 0);
  });

  test(`${name}: places lowered below those held are not given until enough are free`, async (context) => {
    const store = await queue(context);
    for (let slot = 0; slot < 6; slot++) assert.equal(await store.takeSlot('k', 6, `o${slot}`, START, 60_000), slot);
    for (const slot of [0, 1, 2]) await store.freeSlot('k', slot, `o${slot}`);
    assert.equal(await store.takeSlot('k', 3, 'p', START, 60_000), null, 'three are held above');
    await store.freeSlot('k', 5, 'o5');
    assert.equal(await store.takeSlot('k', 3, 'p', START, 60_000), 0);
    assert.equal(await store.takeSlot('k', 3, 'p', START, 60_000), null);
  });

  test(`${name}: an allowance is shared by all and begins anew with each window and by hand`, async (context) => {
    const [store, other] = await two(context);
    const hour = 3_600_000;
    const take = (from: QueueStore, wanted: number, now = START + 5) =>
      from.takeRecipients('d.example', wanted, 100, hour, now);
    const taken = await Promise.all(Array.from({ length: 30 }, (_, index) => take(index % 2 === 0 ? store : other, 7)));
    assert.equal(
      taken.reduce((sum, { granted }) => sum + granted, 0),
      100,
    );
    assert.deepEqual(await take(store, 1), { granted: 0, retryAt: START + hour });
    assert.equal((await store.takeRecipients('e.example', 3, 2, hour, START)).granted, 2);
    assert.equal((await take(other, 60, START + hour)).granted, 60);
    assert.equal((await take(other, 60, START + hour + 1)).granted, 40);
    await store.resetLimits();
    assert.equal((await take(other, 60, START + hour + 2)).granted, 60);
  });

  test(`${name}: what is known of a destination adds up, from both sides at one moment`, async (context) => {
    const [store, other] = await two(context);
    assert.equal(await store.hostState('a.example'), null);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? store : other).count(
          'a.example',
          index % 4 === 0 ? { delivered: 2 } : { softBounced: 1, dns: 1 },
          index === 7 ? '550 no' : null,
          START + index,
        ),
      ),
    );
    await store.count('a.example', { fivexx: 3, expired: 4, other: 5 }, null, START + 50);
    await store.markDown('a.example', START + 99, 'timed out', START + 60);
    assert.deepEqual(await other.hostState('a.example'), {
      destination: 'a.example',
      downUntil: START + 99,
      lastFailure: 'timed out',
      last5xx: '550 no',
      lastActivity: START + 60,
      softBounced: 30,
      hardBounced: { dns: 30, fivexx: 3, expired: 4, other: 5 },
      delivered: 20,
    });
    await other.markUp('a.example', START + 70);
    const up = await store.hostState('a.example');
    assert.deepEqual([up?.downUntil, up?.lastFailure, up?.lastActivity], [null, 'timed out', START + 70]);
    await other.markUp('new.example', START);
    assert.equal((await store.hostState('new.example'))?.downUntil, null);
  });

  test(`${name}: people hold, release, remove and hurry what they select, and nothing without a selection`, async (context) => {
    const store = await queue(context);
    const states = async () => (await store.list({ limit: 20 })).map(({ state }) => state[0]).join('');
    const { mid: first } = await store.accept(messageTo(['x@a.example', 'x@b.example']), START);
    const { mid: second } = await store.accept(messageTo(['y@a.example', 'y@b.example']), START);
    for (const act of [store.hold, store.remove, store.release, store.retryNow] as const)
      assert.equal(await act({}, START), 0);
    assert.equal(await store.hold({ mids: [first] }), 2);
    assert.equal(await store.hold({ destination: 'a.example' }), 1);
    assert.equal(await states(), 'hhhq');
    assert.deepEqual(await store.claim(claimOf('a.example')), []);
    assert.deepEqual(await store.finished([first]), [], 'what is held is not finished');
    assert.equal(await store.release({ mids: [first, second], destination: 'a.example' }, START + 5), 2);
    assert.equal(await states(), 'qhqq');
    assert.equal((await store.list({ limit: 1 }))[0]?.nextAttemptAt, START + 5);
    assert.equal(await store.release({ all: true }, START), 1);
    const [claimed] = await store.claim(claimOf('b.example', { most: 1 }));
    assert.equal(await store.report(reportsOf(claimed, deferredUntil(START + 1_000)), START), 1);
    assert.equal(await store.retryNow({ all: true }, START + 7), 1);
    assert.equal((await store.lane('b.example'))?.nextAttemptAt, START);
    const [under] = await store.claim(claimOf('a.example', { most: 1, now: START + 7 }));
    assert.equal(await store.remove({ destination: 'a.example' }), 2, 'also what is on its way');
    assert.equal(await store.report(reportsOf(under, DELIVERED), START), 0);
    assert.equal(await states(), 'dqdq');
    assert.equal(await store.remove({ all: true }), 2);
    assert.deepEqual(midsOf(await store.finished([first, second])), [first, second]);
  });

  test(`${name}: a selection larger than one commit is worked through`, async (context) => {
    const store = await queue(context);
    const users = Array.from({ length: 600 }, (_, index) => `u${index}@a.example`);
    await Promise.all(Array.from({ length: 20 }, () => store.accept(messageTo(users), START)));
    assert.equal(await store.hold({ all: true }), 12_000);
    assert.deepEqual(await store.lanes(), []);
    assert.equal(await store.release({ destination: 'a.example' }, START + 9), 12_000);
    assert.equal(await store.retryNow({ destination: 'a.example' }, START + 5), 12_000);
    assert.deepEqual(await store.lane('a.example'), {
      destination: 'a.example',
      waiting: 12_000,
      nextAttemptAt: START + 5,
    });
    assert.equal(await store.remove({ destination: 'a.example' }), 12_000);
  });

  test(`${name}: the list is filtered and goes on behind any item`, async (context) => {
    const store = await queue(context);
    for (let count = 0; count < 7; count++) {
      await store.accept(
        messageTo([`u${count}@a.example`, `v${count}@b.example`], { sender: count < 3 ? 's1@x' : 's2@x' }),
        START,
      );
    }
    const all = await store.list({ limit: 100 });
    assert.equal(all.length, 14);
    const pages = [];
    for (let after: { mid: number; rid: number } | undefined; ; ) {
      const page = await store.list({ limit: 4, after });
      if (page.length === 0) break;
      pages.push(...page);
      after = page.at(-1);
    }
    assert.deepEqual(pages, all);
    const found = async (filter: Omit<Parameters<QueueStore['list']>[0], 'limit'>) =>
      (await store.list({ limit: 100, ...filter })).length;
    assert.equal(await found({ destination: 'a.example' }), 7);
    assert.equal(await found({ sender: 's1@x' }), 6);
    assert.equal(await found({ recipient: 'v4@b.example' }), 1);
    assert.equal(await found({ mid: all[0]?.mid }), 2);
    await store.hold({ destination: 'b.example' });
    assert.equal(await found({ states: ['held'] }), 7);
    assert.equal(await found({ states: ['held', 'queued'], sender: 's2@x' }), 8);
    assert.equal(await found({ states: [] }), 0);
    assert.equal((await store.list({ limit: 0 })).length, 0);
  });

  test(`${name}: the destinations with most waiting come first`, async (context) => {
    const store = await queue(context);
    await store.accept(messageTo(['x@a.example', 'x@b.example', 'y@b.example']), START - 9);
    await store.accept(messageTo(['x@b.example', 'x@c.example', 'y@c.example']), START);
    await store.count('b.example', { delivered: 4 }, null, START);
    const [claimed] = await store.claim(claimOf('b.example', { most: 1 }));
    await store.report(reportsOf(claimed, deferredUntil(START + 5)), START);
    await store.claim(claimOf('c.example', { mostRecipients: 1 }));
    const top = await store.topHosts(2);
    assert.deepEqual(
      top.map((host) => [host.destination, host.active, host.attempted, host.oldestAt, host.delivered]),
      [
        ['b.example', 3, 2, START - 9, 4],
        ['c.example', 2, 0, START, 0],
      ],
    );
    assert.deepEqual(
      (await store.topHosts(1, 'c.example')).map((host) => [host.destination, host.active, host.attempted]),
      [['c.example', 2, 0]],
    );
    assert.deepEqual(await store.topHosts(5, 'nobody.example'), []);
    assert.deepEqual(await (await queue(context)).topHosts(5), []);
  });

  test(`${name}: destinations are read page by page, by a part of their name, and none twice`, async (context) => {
    const store = await queue(context);
    const many = ['a.example', 'b.example', 'c.test', 'd.example', 'e.example'];
    for (const [index, domain] of many.entries())
      await store.accept(messageTo(Array.from({ length: index < 2 ? 2 : 1 }, (_, to) => `x${to}@${domain}`)), START);
    const pages: string[][] = [];
    let after: { readonly active: number; readonly destination: string } | undefined;
    do {
      const page = await store.hosts({ limit: 2, after });
      pages.push(page.map(({ destination }) => destination));
      after = page.at(-1);
    } while (after !== undefined);
    assert.deepEqual(pages, [['a.example', 'b.example'], ['c.test', 'd.example'], ['e.example'], []]);
    const found = await store.hosts({
      limit: 9,
      containing: 'example',
      after: { active: 2, destination: 'a.example' },
    });
    assert.deepEqual(
      found.map(({ destination }) => destination),
      ['b.example', 'd.example', 'e.example'],
    );
  });

  test(`${name}: places under way are counted by destination while their leases last (R125)`, async (context) => {
    const store = await queue(context);
    for (const key of ['a.example', 'a.example', 'b.example 192.0.2.1', 'b.example 192.0.2.2 via north'])
      await store.takeSlot(key, 9, 'a', START, 1_000);
    assert.deepEqual([...(await store.connections(START + 999))].sort(), [
      ['a.example', 2],
      ['b.example', 2],
    ]);
    assert.equal((await store.connections(START + 1_000)).size, 0);
  });

  test(`${name}: limits begin anew, and no host is down any more (R116)`, async (context) => {
    const store = await queue(context);
    await store.markDown('a.example', START + 60_000, 'nobody answers', START);
    await store.takeRecipients('a.example', 5, 5, 60_000, START);
    assert.equal((await store.takeRecipients('a.example', 1, 5, 60_000, START)).granted, 0);
    await store.resetLimits();
    assert.equal((await store.takeRecipients('a.example', 9, 5, 60_000, START)).granted, 5);
    assert.equal((await store.hostState('a.example'))?.downUntil, null);
  });

  test(`${name}: a sweep forgets what was finished before, and nothing that is not`, async (context) => {
    const store = await queue(context);
    const { mid: old } = await store.accept(messageTo(['x@a.example'], { idempotencyKey: 'k' }), START);
    const { mid: part } = await store.accept(messageTo(['x@a.example', 'x@b.example']), START);
    const claimed = await store.claim(claimOf('a.example'));
    await store.report(
      claimed.flatMap((one) => reportsOf(one, DELIVERED)),
      START + 10,
    );
    assert.equal(await store.sweep(START + 10), 0);
    assert.equal(await store.sweep(START + 11), 1);
    assert.equal(await store.body(old), null);
    assert.deepEqual(
      (await store.list({ limit: 9 })).map(({ mid }) => mid),
      [part, part],
    );
    const again = await store.accept(messageTo(['x@a.example'], { idempotencyKey: 'k' }), START);
    assert.ok(again.fresh && again.mid > part, 'a number is never given again');
  });

  test(`${name}: a sweep forgets places nobody has held since, and gives none of those away that are held`, async (context) => {
    const store = await queue(context);
    for (const key of ['old', 'held'])
      for (const slot of [0, 1, 2]) assert.equal(await store.takeSlot(key, 3, 'o', START, 1_000), slot);
    await store.freeSlot('held', 0, 'o');
    await store.freeSlot('held', 2, 'o');
    await store.sweep(START + 500);
    assert.equal(await store.takeSlot('old', 3, 'p', START + 500, 1_000), null);
    await store.takeSlot('held', 3, 'p', START + 500, 10_000);
    await store.sweep(START + 1_001);
    const places = async (key: string) => {
      const taken = [];
      for (let count = 0; count < 4; count++) taken.push(await store.takeSlot(key, 3, 'q', START + 1_001, 1_000));
      return taken.map(String).toSorted();
    };
    assert.deepEqual(await places('old'), ['0', '1', '2', 'null']);
    assert.deepEqual(await places('held'), ['1', '2', 'null', 'null']);
  });

  test(`${name}: a number is never given twice, by whichever process`, async (context) => {
    const [store, other] = await two(context);
    const numbers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => (index % 3 === 0 ? other : store).nextNumber('dcid')),
    );
    assert.equal(new Set(numbers).size, 400);
    assert.ok(numbers.every((number) => Number.isInteger(number) && number > 0));
    assert.equal(await store.nextNumber('icid'), 1, 'another kind counts for itself');
  });

  test(`${name}: another process hears of new work, of released work and of work given back`, async (context) => {
    const [store, other] = await two(context);
    const heard: string[] = [];
    const stop = other.onWork((destination) => heard.push(destination));
    const hears = async (what: string): Promise<void> => {
      const over = Date.now() + 10_000;
      while (!heard.includes(what)) {
        assert.ok(Date.now() < over, `${what} was not heard of`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      heard.length = 0;
    };
    await store.accept(messageTo(['x@a.example', 'y@a.example', 'x@b.example']), START);
    await hears('b.example');
    await store.hold({ all: true });
    await store.release({ destination: 'a.example' }, START);
    await hears('a.example');
    await store.claim(claimOf('a.example', { leaseMs: 5 }));
    await store.reclaim(START + 5);
    await hears('a.example');
    await other.accept(messageTo(['x@own.example']), START);
    await hears('own.example');
    stop();
    await store.accept(messageTo(['x@late.example']), START);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(heard, []);
  });

  test(`${name}: once closed every question is refused as unavailable`, async (context) => {
    const store = await queue(context);
    const last = store.accept(messageTo(['x@a.example']), START);
    await Promise.all([last, new Promise((resolve) => setTimeout(resolve, 5))]);
    await store.close();
    await store.close();
    await assert.rejects(store.accept(messageTo(['x@a.example']), START), {
      name: 'StoreTrouble',
      kind: 'unavailable',
    });
    await assert.rejects(store.list({ limit: 1 }), { name: 'StoreTrouble', kind: 'unavailable' });
  });

  test(`${name}: whatever happens in whatever order, nothing is lost, claimed twice or unfinished (R118)`, async (context) => {
    const stores = await two(context);
    await fc.assert(
      fc.asyncProperty(steps, (told) => play(stores, told)),
      { numRuns: MODEL_RUNS },
    );
  });
}
