/** `tlsreach monitor` over a real installation in a folder, with a service in this process that runs what is due. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openInstallation } from '../../src/app/installation.ts';
import { startMonitorService } from '../../src/app/monitor-service.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { clearResult, goodResult } from '../monitor/scenario.ts';
import { runHere } from '../support/installation.ts';
import { newFolder } from '../support/store-world.ts';

function program(context: TestContext) {
  const data = newFolder(context);
  const run = (...words: readonly string[]) => runHere(['monitor', ...words, '--data', data]);
  return { data, run, commit: () => runHere(['commit', 'for a test', '--data', data]) };
}

test('a monitor is added, changed and taken away as a pending change; what cannot be is refused with exit 2', async (context) => {
  const { data, run, commit } = program(context);
  const none = await run('list');
  assert.deepEqual([none.code, none.out], [1, 'There is no monitor in force.\n']);
  for (const [words, said] of [
    [['add', 'a'], /--targets is missing/],
    [['add', 'a', '--targets', 'x.example', '--schedule', 'PT1S'], /from PT30S to P31D/],
    [['add', 'a b', '--targets', 'x.example'], /name/],
    [['add', 'a', '--targets', 'x.example', '--min', 'many'], /a whole number/],
    [['add', 'a', '--targets', 'x.example', '--expect', 'perhaps'], /required-verify-hosted/],
    [['add', 'a', '--targets', 'x.example', '--set', 'colour=green'], /choose one of quick/],
    [
      ['add', 'a', '--targets', 'x.example', '--webhook', 'https://hooks.example.com/'],
      /--webhook-secret-file is missing/,
    ],
    [['edit', 'a', '--min', '80'], /there is no monitor a/],
    [['delete', 'a'], /there is no monitor a/],
    [['frobnicate'], /no operation "frobnicate"/],
  ] as const) {
    const refused = await run(...words);
    assert.equal(refused.code, 2, `${words.join(' ')}: ${refused.out}${refused.err}`);
    assert.match(refused.err, said);
  }
  const file = join(data, 'secret');
  writeFileSync(file, 'a secret of sixteen or more\n');
  const words = ['--targets', 'x.example,ann@y.example', '--schedule', 'cron 0 6 * * 1-5 Europe/Amsterdam'];
  const added = await run(
    'add',
    'a',
    ...words,
    '--mail',
    'ops@example.net',
    '--webhook',
    'https://hooks.example.com/',
    '--webhook-secret-file',
    file,
    '--set',
    'quick=on',
    '--set',
    'port=587',
    '--expect',
    'required,dane',
  );
  assert.deepEqual([added.code, added.out], [0, 'Added a. Pending until "tlsreach commit".\n'], added.err);
  assert.equal((await run('status', 'a')).code, 1, 'not in force yet');
  await commit();
  const shown = await run('show', 'a', '--format', 'json');
  assert.equal(shown.code, 0, shown.err);
  assert.doesNotMatch(shown.out, /a secret of sixteen/);
  const { configuration } = JSON.parse(shown.out) as { configuration: Record<string, unknown> };
  assert.deepEqual(configuration['targets'], ['x.example', 'ann@y.example']);
  assert.deepEqual(configuration['gates'], { min: 90, expect: ['required', 'dane'] });
  assert.deepEqual(configuration['options'], { quick: true, port: 587 });
  assert.deepEqual(configuration['channels'], [
    { kind: 'mail', to: ['ops@example.net'], tell: ['state', 'reminder', 'date'] },
    {
      kind: 'webhook',
      url: 'https://hooks.example.com/',
      secret: '********',
      allowPrivate: false,
      tell: ['state', 'reminder', 'date'],
    },
  ]);
  const edited = await run(
    'edit',
    'a',
    '--min',
    '100',
    '--mail',
    'none',
    '--paused',
    'on',
    '--webhook-private',
    'on',
    '--stale-minutes',
    '90',
  );
  assert.equal(edited.code, 0, edited.err);
  await commit();
  const after = JSON.parse((await run('show', 'a', '--format', 'json')).out).configuration;
  assert.deepEqual(after.gates, { min: 100, expect: ['required', 'dane'] }, 'what was not said stays');
  assert.equal(after.channels.length, 1);
  assert.equal(after.channels[0].allowPrivate, true);
  assert.deepEqual([after.paused, after.staleMinutes], [true, 90]);
  assert.equal((await run('delete', 'a')).code, 0);
  await commit();
  assert.equal((await run('list')).code, 1);
});

test('run, status and history: OK is exit 0, NOK is 1, as a plugin 0 to 3; without a process that runs it exit 3', async (context) => {
  const { data, run, commit } = program(context);
  await run('add', 'partners', '--targets', 'good.example', '--schedule', 'PT1H', '--confirm-runs', '1');
  await commit();
  const alone = await run('run', 'partners', '--wait', '0');
  assert.equal(alone.code, 3);
  assert.match(alone.err, /serve --roles monitor/);
  assert.deepEqual([(await run('status', 'partners')).code, (await run('history', 'partners')).code], [1, 1]);
  const unknown = await run('status', 'nobody', '--format', 'nagios');
  assert.deepEqual([unknown.code, unknown.out], [3, 'TLSREACH UNKNOWN - there is no monitor nobody in force\n']);

  let result = goodResult;
  const settings = { ...DEFAULT_SETTINGS, log: () => {} };
  const world = { clock: systemClock, random: unpredictableRandom };
  const installation = await openInstallation({ data, database: null }, settings, world);
  const service = await startMonitorService(installation, {
    apps: { probe: async (_options, { target }) => result(target.text), close: async () => {} },
  });
  context.after(async () => {
    await service.close(1_000);
    await installation.close();
  });
  const well = await run('run', 'partners', '--wait', '20');
  assert.equal(well.code, 0, well.err);
  assert.match(well.out, /^OK {2}partners: ok since .* UTC\n/);
  assert.equal((await run('status', 'partners', '--min', '121')).code, 1);
  assert.equal((await run('status', 'partners', '--max-age', '60')).code, 0);
  const plugin = await run('status', 'partners', '--format', 'nagios');
  assert.equal(plugin.code, 0);
  assert.match(plugin.out, /^TLSREACH OK - partners is ok \| value=\d+ age=\d+s\n$/);
  assert.equal((await run('status', 'partners', '--format', 'nagios', '--min', '121')).code, 2);
  assert.match((await run('status', 'partners', '--format', 'xml')).out, /<LastTotal>\d+\.\d{6}<\/LastTotal>/);

  result = clearResult;
  const ill = await run('run', 'partners', '--wait', '20', '--format', 'json');
  assert.equal(ill.code, 1, ill.err);
  assert.equal(JSON.parse(ill.out).state, 'failing');
  assert.equal((await run('status', 'partners', '--format', 'nagios')).code, 2);
  const list = await run('list');
  assert.match(list.out, /^x partners {2}failing/);
  const history = await run('history', 'partners');
  assert.equal(history.code, 0);
  assert.match(history.out, /failing[\s\S]*changed: the confidence fell[\s\S]*ok /);
  assert.equal(JSON.parse((await run('history', 'partners', '--format', 'json', '--limit', '1')).out).length, 1);
});
