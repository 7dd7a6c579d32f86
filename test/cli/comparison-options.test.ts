import assert from 'node:assert/strict';
import test from 'node:test';
import { play } from './stage.ts';

test('canaries are taken from flags, the environment and the configuration', async () => {
  const argv = ['probe', 'example.com'];
  const hosts = async (scene: Parameters<typeof play>[0]): Promise<unknown> =>
    (await play(scene)).settings[0]?.canaries.map(({ host, port }) => [host, port]);
  const both = [
    ['a.test', 26],
    ['b.test', null],
  ];
  assert.deepEqual(await hosts({ argv: [...argv, '--canary', 'a.test:26', '--canary', 'b.test'] }), both);
  assert.deepEqual(await hosts({ argv, env: { TLSREACH_CANARY: 'a.test:26,b.test' } }), both);
  const files = { 'c.json': '{"canary": ["a.test:26", "b.test"]}' };
  assert.deepEqual(await hosts({ argv: [...argv, '--config', 'c.json'], files }), both);
  assert.deepEqual(await hosts({ argv }), []);
});

test('what is asked more than once reaches the engine, within its bounds', async () => {
  const { requests } = await play({ argv: ['probe', 'example.com', '--repeat', '3', '--authoritative'] });
  assert.deepEqual([requests[0]?.repeat, requests[0]?.authoritative], [3, true]);
  for (const bad of [
    ['--repeat', '0'],
    ['--repeat', '11'],
    ['--canary', 'a b'],
    ['--canary', 'a.test:0'],
  ]) {
    const seen = await play({ argv: ['probe', 'example.com', ...bad] });
    assert.deepEqual([seen.code, seen.probed], [2, []], bad.join(' '));
    assert.match(seen.stderr, new RegExp(bad[0] ?? ''));
  }
});
