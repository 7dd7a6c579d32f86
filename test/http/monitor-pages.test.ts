import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMonitorService } from '../../src/app/monitor-service.ts';
import { clearResult, goodResult } from '../monitor/scenario.ts';
import { until } from '../support/installation.ts';
import { openAppliance } from './appliance-stage.ts';

const SECRET = 'a secret of sixteen or more';

const FIELDS = {
  name: 'partners',
  description: '<b>those</b> who pay',
  targets: 'good.example\r\n\r\n  ann@other.example ',
  schedule: 'PT1H',
  min: '90',
  expect: ['required'],
  mtaSts: 'on',
  dane: 'on',
  quick: 'on',
  family: '4',
  port: '587',
  timeout: '',
  to: 'ops@example.com, boss@example.com',
  mailTell: ['state', 'date'],
  url: 'https://hooks.example.com/x',
  secret: SECRET,
  hookTell: ['state', 'change'],
  confirmRuns: '1',
  staleMinutes: '',
  warnDays: '30, 7',
} as const;

test('a monitor by its form: refused with what may stand, submitted, committed, run, shown with its history', async () => {
  const stage = await openAppliance();
  let result = goodResult;
  const service = await startMonitorService(stage.installation, {
    apps: { probe: async (_options, { target }) => result(target.text), close: async () => {} },
  });
  try {
    const olga = await stage.person('operator');
    assert.match((await olga.get('/monitors')).body, /Nothing is watched yet/);
    const blank = (await olga.get('/monitors/new?target=ann@good.example')).body;
    assert.match(blank, /<textarea[^>]*>ann@good\.example<\/textarea>/);
    assert.match(blank, /name="name" value="good\.example"/);

    const refused = await olga.post('/monitors/save', { ...FIELDS, schedule: 'PT1S', min: 'many', secret: 'short' });
    assert.equal(refused.status, 400);
    assert.match(refused.body, /id="fault-min"/);
    assert.match(refused.body, /value="PT1S"/, 'what was typed is still there');
    assert.doesNotMatch(refused.body, /value="short"/, 'a secret is not');
    assert.match(
      (await olga.post('/monitors/save', { ...FIELDS, schedule: 'PT1S' })).body,
      /id="fault-schedule"[\s\S]*from PT30S/,
    );

    const saved = await olga.post('/monitors/save', FIELDS);
    assert.equal(saved.headers['location'], '/monitors?done=saved', saved.body.slice(0, 500));
    const newest = await stage.installation.configuration.newest();
    assert.ok(newest.ok);
    assert.deepEqual(newest.value.document.monitors, [
      {
        name: 'partners',
        description: '<b>those</b> who pay',
        targets: ['good.example', 'ann@other.example'],
        schedule: 'PT1H',
        gates: { min: 90, expect: ['required'] },
        options: { quick: true, port: 587, family: '4' },
        channels: [
          { kind: 'mail', to: ['ops@example.com', 'boss@example.com'], tell: ['state', 'date'] },
          {
            kind: 'webhook',
            url: 'https://hooks.example.com/x',
            secret: SECRET,
            allowPrivate: false,
            tell: ['state', 'change'],
          },
        ],
        confirmRuns: 1,
        staleMinutes: null,
        warnDays: [30, 7],
        paused: false,
      },
    ]);
    assert.match((await olga.get('/monitors')).body, /not committed/);
    assert.equal((await olga.get('/monitors/view?name=partners')).status, 404);
    assert.doesNotMatch((await olga.get('/changes')).body, new RegExp(SECRET));
    await olga.post('/changes/commit', {});

    const history = () => stage.house.appliance?.monitors.history({ name: 'partners', limit: 9, before: null });
    const ran = async (count: number) =>
      assert.ok(await until(async () => (await history())?.length === count, 10_000));
    await olga.post('/monitors/run', { name: 'partners' });
    await ran(1);
    result = clearResult;
    const asked = await olga.post('/monitors/run', { name: 'partners' });
    assert.equal(asked.headers['location'], '/monitors/view?name=partners&done=asked');
    await ran(2);
    const page = (await olga.get('/monitors/view?name=partners')).body;
    assert.match(page, /&lt;b&gt;those&lt;\/b&gt; who pay/);
    assert.match(page, /failing/);
    assert.match(page, /<svg class="course"[^>]*aria-label="Values of the last 2 runs/);
    assert.match(page, /the confidence fell from/);
    assert.match(page, /hooks\.example\.com/);
    assert.doesNotMatch(page, new RegExp(SECRET));
    const compared = /href="(\/compare\/[^"]+)"/.exec(page)?.[1] ?? '';
    const list = (await olga.get('/monitors')).body;
    assert.match(list, /<svg class="spark"/);
    for (const url of [compared, /href="(\/probes\/[^"]+)"/.exec(page)?.[1] ?? '']) {
      assert.notEqual(url, '');
    }

    const edit = (await olga.get('/monitors/edit?name=partners')).body;
    assert.doesNotMatch(edit, new RegExp(SECRET));
    const { name: _, secret: __, ...others } = FIELDS;
    const changed = await olga.post('/monitors/save', { ...others, old: 'partners', secret: '', paused: 'on' });
    assert.equal(changed.status, 303, changed.body.slice(0, 500));
    const kept = await stage.installation.configuration.newest();
    const [monitor] = kept.ok ? kept.value.document.monitors : [];
    assert.equal(monitor?.paused, true);
    assert.equal(monitor?.channels[1]?.kind === 'webhook' ? monitor.channels[1].secret : '', SECRET);
    assert.match((await olga.get('/monitors/delete?name=partners')).body, /partners no longer runs/);
    assert.equal((await olga.post('/monitors/delete', { name: 'partners' })).status, 303);
    assert.equal((await olga.post('/monitors/delete', { name: 'partners' })).status, 409);
    await olga.post('/changes/commit', {});
    assert.match((await olga.get('/monitors')).body, /Nothing is watched yet/);
    const audit = (await stage.house.accounts.audit(20)).map(({ what }) => what);
    for (const what of ['monitor.created', 'monitor.run', 'monitor.saved', 'monitor.deleted'])
      assert.ok(audit.includes(what));
  } finally {
    await service.close(1_000);
    await stage.close();
  }
});

test('a viewer sees monitors and changes nothing; every page is there in every language', async () => {
  const stage = await openAppliance();
  try {
    const admin = await stage.person('admin');
    await admin.post('/monitors/save', FIELDS);
    await admin.post('/changes/commit', {});
    const viewer = await stage.person('viewer');
    for (const language of ['en', 'nl', 'es', 'pt', 'ja']) {
      for (const url of ['/monitors', '/monitors/view?name=partners']) {
        const page = await viewer.get(`${url}${url.includes('?') ? '&' : '?'}lang=${language}`);
        assert.equal(page.status, 200);
        assert.doesNotMatch(page.body, /undefined|\[object|href="\/monitors\/(new|edit|delete)/);
      }
      const form = await admin.get(`/monitors/edit?name=partners&lang=${language}`);
      assert.doesNotMatch(form.body, /undefined|\[object/);
    }
    for (const url of ['/monitors/new', '/monitors/edit?name=partners', '/monitors/delete?name=partners'])
      assert.equal((await viewer.get(url)).status, 403, url);
    for (const url of ['/monitors/save', '/monitors/run', '/monitors/delete']) {
      assert.equal((await viewer.post(url, { name: 'partners', old: 'partners' })).status, 403, url);
      assert.equal(
        (await admin.post(url, { name: 'partners', csrf: 'wrong' })).status,
        403,
        `${url} without its token`,
      );
      assert.equal((await stage.server.inject({ url: '/monitors', headers: { accept: 'text/html' } })).statusCode, 303);
    }
  } finally {
    await stage.close();
  }
});
