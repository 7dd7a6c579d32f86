import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openConfiguration } from '../../src/app/configuration.ts';
import { systemClock } from '../../src/app/world.ts';
import { emptyEntry } from '../../src/cli/destconfig-questions.ts';
import { addDestination } from '../../src/config/destination-edits.ts';

async function inFolder(work: (data: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tlsreach-config-'));
  try {
    await work(join(folder, 'data'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const BY_ANN = { comment: '', author: 'ann' };

test('a committed configuration outlives the process, in a folder that nobody else reads (R127)', () =>
  inFolder(async (data) => {
    const first = await openConfiguration({ data, database: null }, systemClock);
    await first.configuration.change(addDestination({ ...emptyEntry('a.test'), tls: 'required' }));
    await first.configuration.commit(BY_ANN);
    await first.configuration.change(addDestination(emptyEntry('b.test')));
    await first.close();
    const second = await openConfiguration({ data, database: null }, systemClock);
    const [committed, newest] = [await second.configuration.committed(), await second.configuration.newest()];
    await second.close();
    assert.ok(committed.ok && newest.ok);
    assert.deepEqual(
      committed.value.document.destinations.entries.map(({ tls }) => tls),
      ['required'],
    );
    assert.equal(newest.value.document.destinations.entries.length, 2);
    assert.equal((await stat(data)).mode & 0o077, 0);
  }));

test('two who have the same folder open see each other: no lost change, no commit of what was not read', () =>
  inFolder(async (data) => {
    const place = { data, database: null };
    const [ann, bob] = [await openConfiguration(place, systemClock), await openConfiguration(place, systemClock)];
    const names = Array.from({ length: 10 }, (_, index) => `d${index}.test`);
    await Promise.all(
      names.map((name, index) => (index % 2 === 0 ? ann : bob).configuration.change(addDestination(emptyEntry(name)))),
    );
    const newest = await ann.configuration.newest();
    assert.ok(newest.ok);
    assert.deepEqual(newest.value.document.destinations.entries.map(({ domain }) => domain).toSorted(), names);
    await bob.configuration.change(addDestination(emptyEntry('late.test')));
    const outcome = await ann.configuration.commit({ ...BY_ANN, tag: newest.value.tag });
    assert.equal(outcome.ok ? 'ok' : outcome.failure.kind, 'conflict');
    await ann.close();
    await bob.close();
  }));

test('a tag of a cleared change never fits a later one', () =>
  inFolder(async (data) => {
    const { configuration, close } = await openConfiguration({ data, database: null }, systemClock);
    await configuration.change(addDestination(emptyEntry('a.test')));
    const seen = await configuration.newest();
    assert.ok(seen.ok);
    await configuration.clear();
    await configuration.change(addDestination(emptyEntry('b.test')));
    const outcome = await configuration.change(addDestination(emptyEntry('c.test')), seen.value.tag);
    assert.equal(outcome.ok ? 'ok' : outcome.failure.kind, 'conflict');
    await close();
  }));

test('a process that runs follows the commit of another one (R127)', () =>
  inFolder(async (data) => {
    const place = { data, database: null };
    const [operator, delivery] = [
      await openConfiguration(place, systemClock),
      await openConfiguration(place, systemClock),
    ];
    const came = Promise.withResolvers<number>();
    const followed = await delivery.configuration.follow({ onRevision: ({ revision }) => came.resolve(revision) });
    assert.ok(followed.ok);
    await operator.configuration.change(addDestination({ ...emptyEntry('a.test'), tls: 'required-verify' }));
    await operator.configuration.commit(BY_ANN);
    assert.equal(await came.promise, 1);
    assert.equal(followed.value.delivery.controlsFor('a.test').tls, 'required-verify');
    followed.value.close();
    await operator.close();
    await delivery.close();
  }));
