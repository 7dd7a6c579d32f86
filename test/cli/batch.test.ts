import assert from 'node:assert/strict';
import test from 'node:test';
import { runBatch, WINDOW_PER_JOB } from '../../src/cli/batch.ts';
import { goodResultFor, play } from './stage.ts';

const wait = (turns: number): Promise<void> =>
  turns <= 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(wait(turns - 1))));

test('never more jobs at work than asked for, and every result is handed out once (R57)', async () => {
  let running = 0;
  let most = 0;
  const out: number[] = [];
  await runBatch<number, number>({
    jobs: Array.from({ length: 200 }, (_, index) => index),
    concurrency: 7,
    keepOrder: false,
    signal: new AbortController().signal,
    run: async (job) => {
      most = Math.max(most, ++running);
      await wait(job % 5);
      running--;
      return job;
    },
    emit: async (job) => {
      out.push(job);
    },
  });
  assert.equal(most, 7);
  assert.deepEqual(
    [...out].sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, index) => index),
  );
  assert.notDeepEqual(
    out,
    [...out].sort((a, b) => a - b),
    'as they finish',
  );
});

test('in the order of the jobs, with a bounded window behind a slow one', async () => {
  const out: number[] = [];
  let begun = 0;
  let release: () => void = () => {};
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const running = runBatch<number, number>({
    jobs: Array.from({ length: 100 }, (_, index) => index),
    concurrency: 3,
    keepOrder: true,
    signal: new AbortController().signal,
    run: async (job) => {
      begun++;
      if (job === 0) await slow;
      return job;
    },
    emit: async (job) => {
      out.push(job);
    },
  });
  await wait(200);
  assert.deepEqual(out, []);
  assert.equal(begun, 3 * WINDOW_PER_JOB, 'no more are begun than the window holds');
  release();
  await running;
  assert.deepEqual(
    out,
    Array.from({ length: 100 }, (_, index) => index),
  );
});

test('ten thousand lines are streamed, none is lost, and stderr tells the true count', async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `user${index}@example.com`);
  const seen = await play({
    argv: ['probe', '--input', '-', '--format', 'csv', '--concurrency', '500'],
    stdin: `${lines.join('\r\n')}\n`,
  });
  assert.equal(seen.code, 0);
  assert.deepEqual(new Set(seen.stdout.trimEnd().split('\n')), new Set(lines.map((line) => `100,"${line}"`)));
  assert.match(seen.stderr, /10,000 of 10,000 done · 0 running · 10,000 met, 0 not met, 0 not tested/);
});

test('what people read keeps the order of the input', async () => {
  const seen = await play({
    argv: ['probe', '--input', 'list', '--format', 'json', '--concurrency', '10'],
    files: { list: Array.from({ length: 50 }, (_, index) => `user${index}@example.com\n`).join('') },
    probe: async ({ target }) => {
      await wait(target.text.length % 3);
      return goodResultFor(target.text);
    },
  });
  const targets = (JSON.parse(seen.stdout) as { readonly target: string }[]).map(({ target }) => target);
  assert.deepEqual(
    targets,
    Array.from({ length: 50 }, (_, index) => `user${index}@example.com`),
  );
});

test('Ctrl-C finishes with what is done so far and says so; the second one quits at once', async () => {
  let interrupt: () => void = () => {};
  const seen = await play({
    argv: ['probe', '--format', 'text', '--concurrency', '1', 'a@example.com', 'b@example.com', 'c@example.com'],
    onReady: (handler) => {
      interrupt = handler;
    },
    probe: ({ target }, { signal }) => {
      if (target.text.startsWith('a')) return goodResultFor(target.text);
      interrupt();
      interrupt();
      assert.equal(signal?.aborted, true);
      throw new Error('stopped');
    },
  });
  assert.equal(seen.stdout, '100 a@example.com\n');
  assert.match(seen.stderr, /stopping; what is done so far follows/);
  assert.match(seen.stderr, /stopped; 1 of 3 targets done/);
  assert.equal(seen.code, 0, 'the worst of what is done');
  assert.deepEqual(seen.exits, [130]);
  assert.deepEqual(seen.probed, ['a@example.com', 'b@example.com'], 'no new target is begun');
});

test('a run over many targets keeps its memory flat; one over a single target starts at once', async () => {
  assert.equal((await play({ argv: ['probe', 'one.example', 'two.example'] })).memoryKeptFlat, true);
  assert.equal((await play({ argv: ['probe', 'one.example'] })).memoryKeptFlat, false);
});
