import assert from 'node:assert/strict';
import test from 'node:test';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import { INITIAL_DOCUMENT } from '../../src/config/document.ts';
import { saveDocument } from '../../src/config/saved-document.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';
import { play, type Scene, type Seen } from './stage.ts';

const run = (store: ConfigurationStore, argv: readonly string[], more: Partial<Scene> = {}): Promise<Seen> =>
  play({ argv, store, env: { USER: 'ann' }, ...more });

async function ran(store: ConfigurationStore, ...argv: readonly string[]): Promise<string> {
  const seen = await run(store, argv);
  assert.equal(seen.code, 0, seen.stderr);
  return seen.stdout;
}

/** A store with two revisions. */
async function committedTwice(): Promise<ConfigurationStore> {
  const store = memoryConfigurationStore();
  await ran(store, 'destconfig', 'new', 'a.test', '--tls', 'required');
  await ran(store, 'commit', 'first', 'try');
  await ran(store, 'destconfig', 'edit', 'a.test', '--tls', 'preferred');
  await ran(store, 'commit');
  return store;
}

test('commit puts the changes in force, with its comment and who it was (R127)', async () => {
  const store = memoryConfigurationStore();
  await ran(store, 'destconfig', 'new', 'a.test');
  assert.equal(await ran(store, 'commit', 'because', 'of', 'Bob'), '1 change committed as revision 1.\n');
  const committed = await store.committed();
  assert.deepEqual([committed?.revision, committed?.comment, committed?.author], [1, 'because of Bob', 'ann']);
  assert.match(await ran(store, 'showconfig', '--history'), /^ {3}1 {2}\S+Z {2}ann {2}because of Bob\n$/);
});

test('with nothing pending, commit and clear say so and are exit 1 (R127)', async () => {
  for (const argv of [['commit'], ['clear']]) {
    const seen = await run(memoryConfigurationStore(), argv);
    assert.equal(seen.code, 1);
    assert.match(seen.stderr, /there are no pending changes/);
  }
});

test('at a terminal commit asks for the comment, and clear whether one is sure (R127)', async () => {
  const store = memoryConfigurationStore();
  await ran(store, 'destconfig', 'new', 'a.test');
  const kept = await run(store, ['clear'], { typed: true, stdin: '\n' });
  assert.match(kept.stdout, /clear all changes since the last commit\? \[N\]> $/);
  const unsaid = await run(store, ['commit'], { typed: true });
  assert.deepEqual([unsaid.code, await store.committed()], [2, null]);
  await run(store, ['commit'], { typed: true, stdin: 'said so\n' });
  assert.equal((await store.committed())?.comment, 'said so');
  await ran(store, 'destconfig', 'new', 'b.test');
  await run(store, ['clear'], { typed: true, stdin: 'y\n' });
  assert.equal(await store.pending(), null);
});

test('clear throws pending changes away and leaves what is in force (R127)', async () => {
  const store = await committedTwice();
  await ran(store, 'destconfig', 'delete', 'a.test');
  assert.equal(await ran(store, 'clear'), '1 change cleared.\n');
  assert.match(await ran(store, 'destconfig', 'list'), /^a\.test/m);
});

test('showconfig shows what is in force, what is pending, earlier revisions and the differences', async () => {
  const store = await committedTwice();
  await ran(store, 'destconfig', 'new', 'b.test');
  const modes = async (...flags: readonly string[]): Promise<string> => {
    const shown = JSON.parse(await ran(store, 'showconfig', ...flags)) as typeof INITIAL_DOCUMENT;
    return shown.destinations.entries.map(({ domain, tls }) => `${domain} ${tls}`).join();
  };
  assert.equal(await modes(), 'a.test preferred');
  assert.equal(await modes('--pending'), 'a.test preferred,b.test default');
  assert.equal(await modes('--revision', '1'), 'a.test required');
  assert.equal(await modes('--revision', '0'), '');
  assert.equal(await ran(store, 'showconfig', '--diff'), '+ destinations.entries[b.test]: as the default\n');
  assert.match(
    await ran(store, 'showconfig', '--diff', '--revision', '1'),
    /^~ destinations\.entries\[a\.test\]\.tls: "required" -> "preferred"\n\+ /,
  );
  const changes = JSON.parse(await ran(store, 'showconfig', '--diff', '--format', 'json')) as readonly unknown[];
  assert.equal(changes.length, 1);
  assert.equal((await run(store, ['showconfig', '--revision', '9'])).code, 2);
});

test('rollbackconfig commits an earlier revision again, refuses over pending changes, and asks without a number', async () => {
  const store = await committedTwice();
  await ran(store, 'destconfig', 'new', 'b.test');
  const hindered = await run(store, ['rollbackconfig', '1']);
  assert.equal(hindered.code, 1);
  assert.match(hindered.stderr, /pending changes, which a rollback would lose/);
  await ran(store, 'clear');
  assert.match(await ran(store, 'rollbackconfig', '1'), /Rolled back to revision 1, committed as revision 3\./);
  assert.match(await ran(store, 'destconfig', 'detail', 'a.test'), /TLS: +Required\n/);
  const asked = await run(store, ['rollbackconfig'], { stdin: '2\n' });
  assert.match(asked.stdout, /^ {3}3 .*rollback to revision 1\n[^[]*\[\]> 2\nRolled back to revision 2/s);
  const unasked = await run(store, ['rollbackconfig'], { stdin: '\n' });
  assert.deepEqual([unasked.code, (await store.committed())?.revision], [0, 4]);
});

const issued = createLabAuthority(Date.now()).issue({ names: ['mx.example.com'] });
const SAVED = saveDocument(
  {
    ...INITIAL_DOCUMENT,
    global: { certificate: 'mine', requiredTlsAlert: true },
    certificates: [{ name: 'mine', certificate: issued.certificates, chain: '', key: issued.key }],
  },
  'included',
);

test('saveconfig and loadconfig bring a configuration elsewhere, certificates and keys included (R126)', async () => {
  const [store, other] = [memoryConfigurationStore(), memoryConfigurationStore()];
  const files = { 'saved.json': SAVED };
  const loaded = await run(store, ['loadconfig', 'saved.json'], { files });
  assert.match(loaded.stdout, /^Loaded the configuration\. Pending/);
  await ran(store, 'commit');
  const saved = await run(store, ['saveconfig', 'out.json']);
  assert.equal(saved.written['out.json'], SAVED);
  assert.equal(saved.modes['out.json'], 0o600, 'nobody else reads the keys');
  const again = await run(other, ['loadconfig', 'out.json'], {
    files: { 'out.json': saved.written['out.json'] ?? '' },
  });
  assert.equal(again.code, 0, again.stderr);
  await ran(other, 'commit');
  assert.equal((await other.committed())?.document, (await store.committed())?.document);
});

test('a masked, foreign or broken file is refused as a whole (R126)', async () => {
  const store = memoryConfigurationStore();
  await run(store, ['loadconfig', 'saved.json'], { files: { 'saved.json': SAVED } });
  const { stdout: masked } = await run(store, ['saveconfig', '--mask', '--pending']);
  assert.doesNotMatch(masked, /PRIVATE KEY/);
  assert.doesNotMatch(await ran(store, 'showconfig', '--pending'), /PRIVATE KEY/);
  await ran(store, 'clear');
  const versions = SAVED.replace('"version": 1', '"version": 2');
  const files = { masked, versions, broken: SAVED.slice(0, -20) };
  for (const [file, words] of [
    ['masked', /masked/],
    ['versions', /2 is another version/],
    ['broken', /not JSON/],
    ['absent', /there is no such file/],
  ] as const) {
    const seen = await run(store, ['loadconfig', file], { files });
    assert.equal(seen.code, 2);
    assert.match(seen.stderr, words);
    assert.equal(await store.pending(), null);
  }
});

test('saveconfig saves what is in force, and says so when more is pending', async () => {
  const store = await committedTwice();
  await ran(store, 'destconfig', 'new', 'b.test');
  const seen = await run(store, ['saveconfig']);
  assert.doesNotMatch(seen.stdout, /b\.test/);
  assert.match(seen.stderr, /pending changes were not saved/);
});

test('the folder is that of the option, else of the environment, else of the user', async () => {
  const place = async (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> =>
    (await play({ argv: ['showconfig', ...argv], env })).places[0];
  assert.deepEqual(await place(['--data', '/d'], { TLSREACH_DATA: '/e' }), { data: '/d', database: null });
  assert.deepEqual(await place([], { TLSREACH_DATA: '/e', HOME: '/home/ann' }), { data: '/e', database: null });
  assert.deepEqual(await place([], { HOME: '/home/ann' }), { data: '/home/ann/.tlsreach', database: null });
  assert.deepEqual(await place([], {}), { data: './tlsreach-data', database: null });
  const url = 'postgres://db.test/x';
  assert.deepEqual(await place(['--database', url], {}), { data: './tlsreach-data', database: url });
});
