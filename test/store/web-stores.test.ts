/** What the web keeps, over memory and over a file, held to one contract; and over a file, still there after a restart. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_OPTIONS } from '../../src/app/probe-jobs.ts';
import { systemClock } from '../../src/app/world.ts';
import { type AccountStore, memoryAccounts, type UserAccount } from '../../src/config/account-store.ts';
import { memoryRecords, type ProbeRecord, type RecordQuery, type RecordStore } from '../../src/probe/probe-record.ts';
import { createAccountStore } from '../../src/store/account-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createRecordStore } from '../../src/store/record-store.ts';
import { goodResultFor } from '../cli/stage.ts';

function record(id: string, changes: Partial<ProbeRecord> = {}): ProbeRecord {
  const result = goodResultFor('example.com');
  return {
    id,
    target: 'example.com',
    domain: 'example.com',
    listed: true,
    options: { ...DEFAULT_OPTIONS, port: 25 },
    createdAt: 1,
    finishedAt: 2,
    result,
    problem: null,
    ...changes,
  };
}

const LIST: RecordQuery = { unlisted: false, limit: 10, before: null };

async function holdRecords(store: RecordStore): Promise<void> {
  const kept = record('a');
  await store.save(kept);
  await store.save(record('b', { finishedAt: 3, target: 'ann@example.com', listed: false }));
  await store.save(record('c', { finishedAt: 3, result: null, problem: 'broken' }));
  await store.save(record('d', { finishedAt: 4, domain: 'other.example', target: 'other.example' }));
  assert.deepEqual(await store.find('a'), kept);
  assert.equal(await store.find('nobody'), null);
  const ids = async (
    query: Partial<typeof LIST> & {
      readonly domain?: string;
      readonly target?: string;
      readonly before?: { readonly finishedAt: number; readonly id: string } | null;
    },
  ) => (await store.list({ ...LIST, ...query })).map(({ id }) => id);
  assert.deepEqual(await ids({}), ['d', 'c', 'a']);
  assert.deepEqual(await ids({ unlisted: true }), ['d', 'c', 'b', 'a']);
  assert.deepEqual(await ids({ domain: 'example.com' }), ['c', 'a']);
  assert.deepEqual(await ids({ target: 'ann@example.com' }), ['b']);
  assert.deepEqual(await ids({ unlisted: true, before: { finishedAt: 3, id: 'c' } }), ['b', 'a']);
  assert.deepEqual(await ids({ limit: 1 }), ['d']);
  await store.prune(3, 100);
  assert.equal(await store.find('a'), null);
  assert.deepEqual(await ids({ unlisted: true }), ['d', 'c', 'b']);
}

/** Somebody can always undo what was done: the last admin stays one, also when two go at once. */
async function holdAdmins(store: AccountStore, ann: UserAccount): Promise<void> {
  assert.equal(await store.saveNewUser({ ...ann, role: 'viewer' }), false, 'the name is taken');
  const bob = { ...ann, name: 'bob', role: 'viewer' } as const;
  assert.equal(await store.saveNewUser(bob), true);
  const roles = async () => Object.fromEntries((await store.users()).map(({ name, role }) => [name, role]));
  assert.deepEqual(await roles(), { ann: 'admin', bob: 'viewer' });
  assert.equal(await store.setRole('ann', 'operator'), 'last-admin');
  assert.equal(await store.deleteUser('ann'), 'last-admin');
  assert.equal(await store.setRole('ann', 'admin'), 'done', 'what one is already one may be');
  assert.equal(await store.setRole('carl', 'admin'), 'unknown');
  assert.equal(await store.deleteUser('carl'), 'unknown');
  assert.equal(await store.setRole('bob', 'admin'), 'done');
  const both = await Promise.all([store.deleteUser('ann'), store.setRole('bob', 'viewer')]);
  assert.deepEqual(both.toSorted(), ['done', 'last-admin']);
  const [left, ...others] = (await store.users()).filter(({ role }) => role === 'admin');
  assert.ok(left !== undefined && others.length === 0);
  const session = { digest: 's', name: left.name, from: '192.0.2.1', createdAt: 1, lastSeen: 1, expiresAt: 9 };
  assert.equal(await store.openSession(session, left.passwordHash, 5), true);
  assert.equal(await store.givePassword(left.name, 'other'), true);
  assert.equal(await store.givePassword('carl', 'other'), false);
  assert.equal(await store.session('s'), null, 'whoever was in with the old password is out');
  const [after] = (await store.users()).filter(({ name }) => name === left.name);
  assert.deepEqual(after, { ...left, passwordHash: 'other', mustChange: true });
}

async function holdAccounts(store: AccountStore): Promise<void> {
  const ann = { name: 'ann', role: 'viewer', passwordHash: 'h', mustChange: true, createdAt: 1 } as const;
  await store.saveUser(ann);
  await store.saveUser({ ...ann, role: 'admin', mustChange: false });
  assert.deepEqual(await store.users(), [{ ...ann, role: 'admin', mustChange: false }]);
  const token = { id: 't', title: 'x', digest: 'd', scopes: ['probe', 'send'], owner: 'ann', createdAt: 5 } as const;
  await store.saveToken(token);
  assert.deepEqual(await store.tokens(), [token]);
  await store.record({ at: 1, who: 'ann', what: 'one', detail: '' });
  await store.record({ at: 1, who: 'ann', what: 'two', detail: 'x' });
  assert.deepEqual(
    (await store.audit(1)).map(({ what }) => what),
    ['two'],
  );
  assert.equal(await store.saveToken({ ...token, id: 'o', owner: 'nobody' }), false, 'a token has an owner');
  await store.record({ at: 7, who: 'ann', what: 'sign-in', detail: '' });
  await store.record({ at: 9, who: 'ann', what: 'sign-in', detail: '' });
  await store.record({ at: 11, who: 'ann', what: 'sign-in.failed', detail: '' });
  assert.deepEqual([...(await store.lastSignIns())], [['ann', 9]]);
  assert.deepEqual([await store.deleteToken('t'), await store.deleteToken('t')], [true, false]);
  await holdAdmins(store, ann);
}

test('results and accounts in memory', async () => {
  await holdRecords(memoryRecords(100));
  await holdAccounts(memoryAccounts());
});

test('results and accounts in a file, which are there again after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tlsreach-web-'));
  const open = () => openDatabase({ kind: 'file', path: join(folder, 'web.sqlite') }, { clock: systemClock });
  try {
    const first = await open();
    await holdRecords(createRecordStore(first));
    await holdAccounts(createAccountStore(first));
    await first.close();
    const second = await open();
    assert.equal((await createRecordStore(second).find('d'))?.result?.format, 'tlsreach.probe/1');
    await second.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('memory holds the newest alone', async () => {
  const store = memoryRecords(2);
  for (const id of ['a', 'b', 'c']) await store.save(record(id));
  assert.deepEqual([await store.find('a'), (await store.find('c'))?.id], [null, 'c']);
});
