import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { captureText } from '../../src/probe/capture.ts';
import { jsonRendering } from '../../src/report/json.ts';
import { openStage } from '../support/lab.ts';
import { play } from './stage.ts';

let file = '';
let json = '';
let foreignRoot = '';

before(async () => {
  const stage = await openStage({ only: ['good'] });
  const result = await stage.probe('you@good.lab.test', {}, undefined, (capture) => {
    file = captureText(capture);
  });
  json = jsonRendering({ many: false }).each(result);
  await stage.stop();
  const other = await openStage({ only: ['good'] });
  foreignRoot = other.lab.rootPem;
  await other.stop();
});

describe('tlsreach replay', () => {
  it('writes what the probe wrote, from a file or from standard input', async () => {
    const files = { 'c.json': file };
    const seen = await play({ argv: ['replay', 'c.json', '--format', 'json'], files });
    assert.deepEqual([seen.code, seen.stdout, seen.stderr], [0, json, '']);
    const piped = await play({ argv: ['replay', '-', '--format', 'json'], stdin: file });
    assert.deepEqual([piped.code, piped.stdout], [0, json]);
    assert.deepEqual(seen.settings, [], 'no application is made that could reach out');
  });

  it('judges at another time, with other anchors, and under gates', async () => {
    const files = { 'c.json': file, 'root.pem': foreignRoot };
    const late = await play({ argv: ['replay', 'c.json', '--at', '2100-01-01', '--expect', 'required-verify'], files });
    assert.equal(late.code, 1);
    assert.match(late.stdout, /expired/);
    assert.match(late.stderr, /not met: with Required-Verify/);
    const strange = await play({
      argv: ['replay', 'c.json', '--no-system-ca', '--ca-file', 'root.pem', '--format', 'json'],
      files,
    });
    assert.equal(JSON.parse(strange.stdout).hosts[0].chain.trusted, false);
    assert.equal((await play({ argv: ['replay', 'c.json', '--quiet', '--min', '121'], files })).code, 1);
  });

  it('refuses what is no capture with a sentence and exit 2', async () => {
    const refusals: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
      [['replay', 'c.json'], {}, /c\.json: /],
      [['replay', 'c.json'], { 'c.json': '{}' }, /c\.json: it is no capture of the format/],
      [['replay', 'c.json'], { 'c.json': file.replace('"sessions"', '"sesions"') }, /"sessions" is missing/],
      [['replay', 'c.json'], { 'c.json': file.replaceAll('MX', 'NS') }, /c\.json: /],
      [['replay', 'c.json', '--at', 'soon'], { 'c.json': file }, /--at "soon": a date/],
      [['replay'], {}, /missing required argument/],
    ];
    for (const [argv, files, sentence] of refusals) {
      const seen = await play({ argv, files });
      assert.deepEqual([seen.code, seen.stdout], [2, ''], argv.join(' '));
      assert.match(seen.stderr, sentence);
    }
  });
});

describe('tlsreach probe --capture', () => {
  it('writes the file when the probe is done, beside the result', async () => {
    const seen = await play({
      argv: ['probe', 'you@good.lab.test', '--capture', 'c.json', '--quiet'],
      capture: JSON.parse(file),
    });
    assert.equal(seen.code, 0);
    assert.equal(seen.written['c.json'], file);
  });

  it('wants one target, and a file that can be written, before anything is sent', async () => {
    const several = await play({ argv: ['probe', 'a.example', 'b.example', '--capture', 'c.json'] });
    assert.match(several.stderr, /--capture "c\.json": a capture holds one target/);
    const nowhere = await play({ argv: ['probe', 'a.example', '--capture', '/nowhere/c.json'] });
    const piped = await play({ argv: ['probe', 'a.example', '--capture', '-'] });
    for (const { code, probed, written } of [several, nowhere, piped]) {
      assert.deepEqual([code, probed, written], [2, [], {}]);
    }
  });

  it('leaves no file behind where the probe broke', async () => {
    const seen = await play({
      argv: ['probe', 'a.example', '--capture', 'c.json'],
      probe: () => {
        throw new Error('a fault of ours');
      },
    });
    assert.deepEqual([seen.code, seen.written], [4, {}]);
  });
});

it('a capture holds no secret of those who log in (R55)', async () => {
  const secret = 'open-sesame-4711';
  const stage = await openStage({ only: ['good'] }, { auth: { type: 'plain', user: 'ann', secret } });
  let text = '';
  await stage.probe('you@good.lab.test', {}, undefined, (capture) => {
    text = captureText(capture);
  });
  await stage.stop();
  assert.ok(text.length > 1000);
  for (const hidden of [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(`\0ann\0${secret}`).toString('base64'),
  ]) {
    assert.ok(!text.includes(hidden));
  }
});
