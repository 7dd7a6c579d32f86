/** What holds of every configuration store, whatever is below it. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import { createConfigurationStore } from '../../src/store/configuration-store.ts';
import { type NewDatabase, START } from './store-world.ts';

const FIRST = { document: '{"a":1}', comment: 'first', author: 'ann', at: START };
const SECOND = { document: '{"a":2}', comment: '', author: 'bob', at: START + 1 };

export function configurationContract(name: string, newDatabase: NewDatabase): void {
  const two = async (context: TestContext): Promise<readonly [ConfigurationStore, ConfigurationStore]> => {
    const open = await newDatabase(context);
    return [createConfigurationStore(await open()), createConfigurationStore(await open())];
  };

  test(`${name}: a new installation has no revision and nothing pending`, async (context) => {
    const [store] = await two(context);
    assert.equal(await store.committed(), null);
    assert.equal(await store.pending(), null);
    assert.deepEqual(await store.history(10), []);
    assert.equal(await store.revision(1), null);
  });

  test(`${name}: revisions are numbered and kept, and a commit takes the pending document away`, async (context) => {
    const [store, other] = await two(context);
    await store.setPending({ document: FIRST.document, basedOn: 0 }, null);
    assert.equal(await other.committed(), null, 'what is pending is not in force');
    assert.equal(await store.commit(FIRST, 0), 1);
    assert.equal(await store.pending(), null);
    assert.equal(await other.commit(SECOND, 1), 2);
    assert.deepEqual(await store.committed(), { revision: 2, ...SECOND });
    assert.deepEqual(await store.revision(1), { revision: 1, ...FIRST });
    assert.deepEqual(
      (await store.history(10)).map(({ revision }) => revision),
      [2, 1],
    );
    assert.equal((await store.history(1)).length, 1);
  });

  test(`${name}: a NUL that somebody wrote is no trouble of the store`, async (context) => {
    const [store] = await two(context);
    assert.equal(await store.commit({ ...FIRST, comment: 'a\0b', author: '\0' }, 0), 1);
    assert.match((await store.committed())?.comment ?? '', /^a.b$/su);
  });

  test(`${name}: whoever has read an older one is told, and changes nothing`, async (context) => {
    const [store, other] = await two(context);
    const version = await store.setPending({ document: '1', basedOn: 0 }, null);
    assert.ok(typeof version === 'number' && version > 0);
    assert.deepEqual(await other.pending(), { document: '1', basedOn: 0, version });
    assert.equal(await other.setPending({ document: '2', basedOn: 0 }, null), 'conflict');
    const next = await other.setPending({ document: '2', basedOn: 0 }, version);
    assert.ok(typeof next === 'number' && next > version);
    assert.equal(await store.setPending({ document: '3', basedOn: 0 }, version), 'conflict');
    assert.equal(await store.setPending(null, version), 'conflict');
    assert.equal((await store.pending())?.document, '2');
    assert.equal(await store.setPending(null, next), 0);
    assert.equal(await store.pending(), null);
    const again = await store.setPending({ document: '4', basedOn: 0 }, null);
    assert.ok(typeof again === 'number' && again > next, 'a version is never given again');
    assert.equal(await store.commit(FIRST, 0), 1);
    assert.equal(await other.commit(SECOND, 0), 'conflict');
    assert.equal(await other.commit(SECOND, 2), 'conflict');
    assert.equal((await store.committed())?.revision, 1);
  });

  test(`${name}: a commit takes along the pending document that was read, and no later one`, async (context) => {
    const [store, other] = await two(context);
    assert.equal(await store.commit(FIRST, 0, 1), 'conflict', 'nothing is pending');
    const version = await store.setPending({ document: '1', basedOn: 0 }, null);
    assert.ok(typeof version === 'number');
    const next = await other.setPending({ document: '2', basedOn: 0 }, version);
    assert.ok(typeof next === 'number');
    assert.equal(await store.commit(FIRST, 0, version), 'conflict');
    assert.equal(await store.commit(FIRST, 0, null), 'conflict');
    assert.equal((await store.pending())?.document, '2');
    assert.equal(await store.commit(FIRST, 0, next), 1);
    assert.equal(await store.commit(SECOND, 1, null), 2);
  });

  test(`${name}: of two that write at one moment one is told of the conflict`, async (context) => {
    const [store, other] = await two(context);
    for (let round = 0; round < 10; round++) {
      const commits = await Promise.all([store.commit(FIRST, round), other.commit(SECOND, round)]);
      assert.deepEqual(commits.map(String).toSorted(), [String(round + 1), 'conflict']);
      const pending = await Promise.all([
        store.setPending({ document: '1', basedOn: round }, null),
        other.setPending({ document: '2', basedOn: round }, null),
      ]);
      assert.equal(pending.filter((answer) => answer === 'conflict').length, 1);
    }
  });

  test(`${name}: every process hears of a commit`, async (context) => {
    const [store, other] = await two(context);
    const heard = { here: 0, there: 0 };
    const stops = [
      store.onCommit((revision) => {
        heard.here = revision;
      }),
      other.onCommit((revision) => {
        heard.there = revision;
      }),
    ];
    for (const revision of [1, 2]) {
      assert.equal(await store.commit(FIRST, revision - 1), revision);
      const over = Date.now() + 10_000;
      while (heard.here !== revision || heard.there !== revision) {
        assert.ok(Date.now() < over, `revision ${revision} was not heard of`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    for (const stop of stops) stop();
  });
}
