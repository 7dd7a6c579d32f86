/** What holds of the store of monitors, over SQLite and PostgreSQL alike. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { NEW_MEMORY } from '../../src/monitor/advance.ts';
import {
  DEFAULT_RETENTION,
  type FinishedRun,
  type KeptResult,
  type MonitorClaim,
  type MonitorStore,
  type Posting,
} from '../../src/monitor/monitor-store.ts';
import type { Notice } from '../../src/monitor/notice.ts';
import { createMonitorStore } from '../../src/store/monitor-store.ts';
import { goodResult } from '../monitor/scenario.ts';
import { type NewDatabase, START } from './store-world.ts';

const HOUR = 3_600_000;
const NOTICE: Notice = {
  format: 'tlsreach.monitor-notice/1',
  event: 'problem',
  severity: 'critical',
  monitor: 'a',
  description: '',
  state: 'failing',
  previous: null,
  since: new Date(START).toISOString(),
  at: new Date(START).toISOString(),
  lastedMs: null,
  targets: [],
  changes: [],
  dates: [],
};

function claimOf(told: Partial<MonitorClaim> = {}): MonitorClaim {
  return { names: ['a', 'b', 'c'], most: 10, owner: 'one', now: START, leaseMs: 60_000, ...told };
}

let made = 0;
function resultOf(told: Partial<KeptResult> = {}): KeptResult {
  made += 1;
  const id = `result${made}`;
  return { id, target: 'good.example', at: START, result: goodResult(), told: true, notable: false, ...told };
}

function runOf(name: string, told: Partial<FinishedRun> = {}): FinishedRun {
  return {
    name,
    owner: 'one',
    memory: { ...NEW_MEMORY, lastRunAt: START },
    run: { startedAt: START, finishedAt: START, state: 'ok', total: 97.5, items: [] },
    results: [],
    postings: [],
    nextAt: START + HOUR,
    ...told,
  };
}

export function monitorContract(name: string, newDatabase: NewDatabase): void {
  const stores = async (context: Parameters<NewDatabase>[0], count: number): Promise<readonly MonitorStore[]> => {
    const open = await newDatabase(context);
    return Promise.all(Array.from({ length: count }, async () => createMonitorStore(await open())));
  };
  const one = async (context: Parameters<NewDatabase>[0]): Promise<MonitorStore> => {
    const [store] = await stores(context, 1);
    assert.ok(store !== undefined);
    await store.sync(['a', 'b', 'c'].map((each) => ({ name: each, schedule: 'PT1H', nextAt: START })));
    return store;
  };

  test(`${name}: a due monitor goes to one process, and comes back when its lease is over`, async (context) => {
    const store = await one(context);
    const first = await store.claim(claimOf({ most: 2 }));
    assert.deepEqual(
      first.map((each) => each.name),
      ['a', 'b'],
    );
    const other = await store.claim(claimOf({ owner: 'two' }));
    assert.deepEqual(
      other.map((each) => each.name),
      ['c'],
    );
    assert.equal((await store.claim(claimOf({ owner: 'two', now: START + 59_999 }))).length, 0);
    await store.renew('one', START + 50_000, 60_000);
    assert.equal((await store.claim(claimOf({ owner: 'two', now: START + 109_999, names: ['a', 'b'] }))).length, 0);
    const back = await store.claim(claimOf({ owner: 'two', now: START + 110_000, names: ['a', 'b'] }));
    assert.equal(back.length, 2);
    assert.equal(await store.finish(runOf('a', { results: [resultOf()], postings: [] })), null, 'it came too late');
    assert.equal((await store.history({ name: 'a', limit: 10, before: null })).length, 0, 'and left nothing');
    assert.notEqual(await store.finish(runOf('a', { owner: 'two' })), null);
    await store.release('two');
    assert.equal((await store.claim(claimOf({ names: ['b'], now: START + 110_000 }))).length, 1, 'given back at once');
  });

  test(`${name}: several processes share what is due, and nothing goes to two of them`, async (context) => {
    const all = await stores(context, 4);
    const names = Array.from({ length: 60 }, (_, index) => `m${index}`);
    const [first] = all;
    await first?.sync(names.map((each) => ({ name: each, schedule: 'PT1H', nextAt: START })));
    const seen: string[] = [];
    await Promise.all(
      all.map(async (store, index) => {
        for (;;) {
          const claimed = await store.claim(claimOf({ owner: `p${index}`, names, most: 3 }));
          if (claimed.length === 0) return;
          seen.push(...claimed.map((each) => each.name));
        }
      }),
    );
    assert.deepEqual(seen.toSorted(), names.toSorted());
  });

  test(`${name}: several that first see a monitor make one of it; another schedule gets its own next time`, async (context) => {
    const all = await stores(context, 3);
    const at = (schedule: string, nextAt: number) => [{ name: 'a', schedule, nextAt }];
    await Promise.all(all.map((store, index) => store.sync(at('PT1H', START + index))));
    const [store] = all;
    assert.ok(store !== undefined);
    const before = (await store.rows())[0]?.nextAt;
    await store.sync(at('PT1H', START + 5 * HOUR));
    assert.equal((await store.rows())[0]?.nextAt, before, 'the same schedule changes nothing');
    await store.sync(at('PT2H', START + 7 * HOUR));
    const rows = await store.rows();
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.nextAt, START + 7 * HOUR);
    assert.equal(await store.runNow('a', START), true);
    assert.equal(await store.runNow('nobody', START), false);
    assert.equal((await store.claim(claimOf({ names: ['a'] }))).length, 1);
  });

  test(`${name}: a run leaves state, history, result and notices, and the next one is given what it compares with`, async (context) => {
    const store = await one(context);
    await store.claim(claimOf({ names: ['a'] }));
    const posting: Posting = { channel: 'mail', address: 'ops@example.net', notice: NOTICE };
    const memory = {
      ...NEW_MEMORY,
      targets: { 'good.example': { known: 'ok' } as never },
      lastRunAt: START,
    };
    const result = resultOf();
    const run = runOf('a', { memory, results: [result], postings: [posting] });
    assert.ok((await store.finish(run)) !== null);
    const row = await store.row('a');
    assert.equal(row?.memory.lastRunAt, START);
    assert.equal(row?.running, false);
    const [kept] = await store.history({ name: 'a', limit: 10, before: null });
    assert.equal(kept?.total, 97.5);
    assert.equal(kept?.state, 'ok');
    assert.deepEqual((await store.result(result.id))?.result, result.result);
    assert.equal(await store.result('nothing'), null);
    assert.equal((await store.claim(claimOf({ names: ['a'] }))).length, 0, 'not due before its time');
    const [again] = await store.claim(claimOf({ names: ['a'], now: START + HOUR }));
    assert.equal(again?.before.get('good.example')?.domain, 'good.example');
    const untold = resultOf({ told: false, result: goodResult('other.example') });
    await store.finish(runOf('a', { memory, results: [untold], nextAt: START + HOUR }));
    const [third] = await store.claim(claimOf({ names: ['a'], now: START + 2 * HOUR }));
    assert.equal(third?.before.get('good.example')?.domain, 'good.example', 'what could not tell is not compared with');
  });

  test(`${name}: a notice goes to one process, again after a failure, and no more when it is settled`, async (context) => {
    const store = await one(context);
    await store.claim(claimOf({ names: ['a'] }));
    const posting: Posting = { channel: 'webhook', address: 'https://hooks.example', notice: NOTICE };
    await store.finish(runOf('a', { postings: [posting, posting] }));
    const ask = (owner: string, now = START) => store.claimPostings({ owner, now, leaseMs: 60_000, most: 10 });
    const [first, second] = await ask('one');
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(first.attempts, 1);
    assert.deepEqual(first.notice, NOTICE);
    assert.equal((await ask('two')).length, 0);
    await store.settlePosting(first.id, 'one', { kind: 'later', at: START + 1_000, why: 'it answered 500' }, START);
    await store.settlePosting(second.id, 'one', { kind: 'sent' }, START);
    assert.equal((await ask('two')).length, 0);
    const [retried, ...rest] = await ask('two', START + 1_000);
    assert.equal(rest.length, 0);
    assert.equal(retried?.id, first.id);
    assert.equal(retried.attempts, 2);
    const [lapsed] = await ask('one', START + 61_000);
    assert.equal(lapsed?.attempts, 3, 'a process that died has not sent it');
    await store.settlePosting(first.id, 'two', { kind: 'sent' }, START);
    await store.settlePosting(first.id, 'one', { kind: 'given-up', why: 'enough' }, START);
    assert.equal((await ask('one', START + 10 * HOUR)).length, 0);
  });

  test(`${name}: whoever listens hears of a run that was asked for, and of notices`, async (context) => {
    const store = await one(context);
    let heard = 0;
    const stop = store.onWork(() => {
      heard += 1;
    });
    const hears = async (count: number) => {
      for (let tries = 0; heard < count && tries < 200; tries++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(heard >= count);
    };
    await store.runNow('a', START);
    await hears(1);
    await store.claim(claimOf({ names: ['a'] }));
    await store.finish(runOf('a', { postings: [{ channel: 'mail', address: 'x@example.net', notice: NOTICE }] }));
    await hears(2);
    stop();
  });

  test(`${name}: history is read page by page, and what is old or too many is forgotten`, async (context) => {
    const store = await one(context);
    const kept: string[] = [];
    for (let index = 0; index < 12; index++) {
      const at = START + index * HOUR;
      await store.claim(claimOf({ names: ['a'], now: at }));
      const result = resultOf({ at, notable: index === 1 });
      kept.push(result.id);
      const run = { startedAt: at, finishedAt: at, state: 'ok' as const, total: index, items: [] };
      assert.notEqual(await store.finish(runOf('a', { run, results: [result], nextAt: at })), null);
    }
    const first = await store.history({ name: 'a', limit: 5, before: null });
    assert.deepEqual(
      first.map(({ total }) => total),
      [11, 10, 9, 8, 7],
    );
    const second = await store.history({ name: 'a', limit: 5, before: first.at(-1)?.id ?? 0 });
    assert.deepEqual(
      second.map(({ total }) => total),
      [6, 5, 4, 3, 2],
    );
    const totals = async () => (await store.history({ name: 'a', limit: 50, before: null })).map(({ total }) => total);
    await store.prune(['a', 'b', 'c'], START + 12 * HOUR, { ...DEFAULT_RETENTION, runs: 8, results: 3 });
    assert.deepEqual(await totals(), [11, 10, 9, 8, 7, 6, 5, 4]);
    const there = await Promise.all(kept.map(async (id) => (await store.result(id)) !== null));
    const expected = kept.map((_, index) => index === 1 || index >= 9);
    assert.deepEqual(there, expected, 'the newest, and those in which something changed');
    await store.prune(['a', 'b', 'c'], START + 12 * HOUR, { ...DEFAULT_RETENTION, keepMs: 3 * HOUR, results: 3 });
    assert.deepEqual(await totals(), [11, 10, 9]);
    await store.prune([], START + 12 * HOUR, DEFAULT_RETENTION);
    assert.deepEqual(
      (await store.rows()).map((row) => row.name),
      ['a'],
      'one that is gone stays while it has a history',
    );
    await store.prune([], START + 24 * HOUR, { ...DEFAULT_RETENTION, keepMs: HOUR });
    assert.deepEqual(await store.rows(), []);
  });
}
