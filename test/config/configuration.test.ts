import assert from 'node:assert/strict';
import test from 'node:test';
import { succeeded } from '../../src/base/outcome.ts';
import { type Configuration, createConfiguration, type Edit, type Snapshot } from '../../src/config/configuration.ts';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import { describeChange } from '../../src/config/diff.ts';
import { readDocument } from '../../src/config/read-document.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';

const BY_ANN = { comment: 'because', author: 'ann' };
const clock = { now: () => 1_700_000_000_000 };

function newConfiguration(store: ConfigurationStore = memoryConfigurationStore()): Configuration {
  return createConfiguration(store, clock);
}

/** Adds an entry with this TLS mode. */
const adding =
  (domain: string, tls = 'required'): Edit =>
  (document) => {
    const { destinations } = document;
    const entries = [...destinations.entries, { domain, tls }];
    const read = readDocument({ ...document, destinations: { ...destinations, entries } });
    return read.ok ? read : { ok: false, failure: JSON.stringify(read.failure) };
  };

async function good<Value>(work: Promise<{ readonly ok: boolean; readonly value?: Value }>): Promise<Value> {
  const outcome = await work;
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value as Value;
}

async function kindOf(work: Promise<{ readonly ok: boolean; readonly failure?: { readonly kind: string } }>) {
  const outcome = await work;
  return outcome.ok ? 'ok' : outcome.failure?.kind;
}

const domainsOf = ({ document }: Snapshot): readonly string[] =>
  document.destinations.entries.map((each) => each.domain);

test('a change waits for its commit, and then holds with comment and author (R127)', async () => {
  const configuration = newConfiguration();
  assert.equal((await good(configuration.committed())).revision, 0);
  await good(configuration.change(adding('a.test')));
  assert.deepEqual(domainsOf(await good(configuration.committed())), []);
  const newest = await good(configuration.newest());
  assert.deepEqual([domainsOf(newest), newest.isPending], [['a.test'], true]);
  const committed = await good(configuration.commit(BY_ANN));
  assert.deepEqual([committed.revision, committed.isPending], [1, false]);
  assert.deepEqual(domainsOf(await good(configuration.committed())), ['a.test']);
  assert.deepEqual(await configuration.history(10), [{ revision: 1, at: clock.now(), ...BY_ANN }]);
  assert.equal(await kindOf(configuration.commit(BY_ANN)), 'nothing-pending');
});

test('a change that would not hold changes nothing', async () => {
  const configuration = newConfiguration();
  const outcome = await configuration.change((document) =>
    succeeded({ ...document, global: { ...document.global, certificate: 'nobody' } }),
  );
  assert.equal(outcome.ok ? 'ok' : outcome.failure.kind, 'invalid');
  assert.equal((await good(configuration.newest())).isPending, false);
});

test('pending changes can be thrown away, once (R127)', async () => {
  const configuration = newConfiguration();
  await good(configuration.change(adding('a.test')));
  await good(configuration.clear());
  assert.deepEqual(domainsOf(await good(configuration.newest())), []);
  assert.equal(await kindOf(configuration.clear()), 'nothing-pending');
});

test('a change that changes nothing does not become pending', async () => {
  const configuration = newConfiguration();
  const snapshot = await good(configuration.change((document) => succeeded(document)));
  assert.equal(snapshot.isPending, false);
});

test('of many writers at once none loses a change of another', async () => {
  const store = memoryConfigurationStore();
  const names = Array.from({ length: 12 }, (_, index) => `d${index}.test`);
  await Promise.all(names.map((name) => good(newConfiguration(store).change(adding(name)))));
  assert.deepEqual(domainsOf(await good(newConfiguration(store).newest())).toSorted(), names.toSorted());
});

test('who writes on what they read is told when somebody else was quicker', async () => {
  const store = memoryConfigurationStore();
  const [ann, bob] = [newConfiguration(store), newConfiguration(store)];
  const { tag } = await good(ann.newest());
  await good(bob.change(adding('bob.test')));
  assert.equal(await kindOf(ann.change(adding('ann.test'), tag)), 'conflict');
  assert.equal(await kindOf(ann.commit({ ...BY_ANN, tag })), 'conflict');
  assert.deepEqual(domainsOf(await good(ann.newest())), ['bob.test']);
  const fresh = await good(ann.newest());
  await good(ann.change(adding('ann.test'), fresh.tag));
  assert.deepEqual(domainsOf(await good(bob.newest())), ['bob.test', 'ann.test']);
});

test('a commit never takes a change along that came after it was read', async () => {
  const store = memoryConfigurationStore();
  const bob = newConfiguration(store);
  await good(bob.change(adding('a.test')));
  // Bob writes between the moment Ann reads and the moment she commits.
  const ann = newConfiguration({
    ...store,
    commit: async (...revision) => {
      await good(bob.change(adding('late.test')));
      return store.commit(...revision);
    },
  });
  assert.equal(await kindOf(ann.commit(BY_ANN)), 'conflict');
  assert.deepEqual(domainsOf(await good(bob.newest())), ['a.test', 'late.test']);
});

test('an earlier revision comes back as a new one, and not over pending changes', async () => {
  const configuration = newConfiguration();
  for (const name of ['a.test', 'b.test']) {
    await good(configuration.change(adding(name)));
    await good(configuration.commit(BY_ANN));
  }
  await good(configuration.change(adding('c.test')));
  assert.equal(await kindOf(configuration.rollback(1, BY_ANN)), 'pending-changes');
  await good(configuration.clear());
  assert.equal((await good(configuration.rollback(1, BY_ANN))).revision, 3);
  assert.deepEqual(domainsOf(await good(configuration.committed())), ['a.test']);
  assert.equal(await kindOf(configuration.rollback(9, BY_ANN)), 'no-such-revision');
  await good(configuration.rollback(0, BY_ANN));
  assert.deepEqual(domainsOf(await good(configuration.committed())), []);
});

test('what is pending can be looked at, field by field and without secrets', async () => {
  const configuration = newConfiguration();
  await good(configuration.change(adding('a.test')));
  await good(configuration.commit(BY_ANN));
  await good(
    configuration.change((document) =>
      succeeded({
        ...document,
        global: { ...document.global, requiredTlsAlert: true },
        destinations: {
          ...document.destinations,
          entries: document.destinations.entries.map((entry) => ({ ...entry, tls: 'preferred' as const })),
        },
        bounceVerification: {
          ...document.bounceVerification,
          keys: [{ id: 1, secret: 'hush', addedAt: '2026-01-01T00:00:00Z' }],
        },
      }),
    ),
  );
  await good(configuration.change(adding('b.test')));
  assert.deepEqual((await good(configuration.pendingChanges())).map(describeChange), [
    '~ global.requiredTlsAlert: false -> true',
    '~ destinations.entries[a.test].tls: "required" -> "preferred"',
    '+ destinations.entries[b.test]: tls "required"',
    '+ bounceVerification.keys[1]: secret "********", addedAt "2026-01-01T00:00:00Z"',
  ]);
});

test('a process that follows has each commit at once, and nothing before it (R127)', async () => {
  const store = memoryConfigurationStore();
  const [operator, delivery] = [newConfiguration(store), newConfiguration(store)];
  const seen: number[] = [];
  const followed = await good(delivery.follow({ onRevision: ({ revision }) => seen.push(revision) }));
  const modeNow = (): string => followed.delivery.controlsFor('a.test').tls;
  await good(operator.change(adding('a.test', 'required-verify')));
  assert.equal(modeNow(), 'no');
  await good(operator.commit(BY_ANN));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([modeNow(), seen], ['required-verify', [1]]);
  followed.close();
  await good(operator.rollback(0, BY_ANN));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(modeNow(), 'required-verify', 'who stopped following keeps what they had');
});

test('a revision that cannot be read leaves the one before in force', async () => {
  const store = memoryConfigurationStore();
  const told: string[] = [];
  const followed = await good(newConfiguration(store).follow({ onFailure: (why) => told.push(why) }));
  await store.commit({ document: '{"version":7}', comment: '', author: '', at: 0 }, 0, null);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(followed.snapshot().revision, 0);
  assert.match(told.join(), /7 is another version of the configuration/);
  assert.equal(await kindOf(newConfiguration(store).newest()), 'unreadable');
});
