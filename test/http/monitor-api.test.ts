import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { startMonitorService } from '../../src/app/monitor-service.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { clearResult, goodResult } from '../monitor/scenario.ts';
import { until } from '../support/installation.ts';
import { type ApplianceStage, openAppliance } from './appliance-stage.ts';

const SECRET = 'a secret of sixteen or more';
const HOOK = { kind: 'webhook', url: 'https://hooks.example.com/x', secret: SECRET };
const PARTNERS = {
  name: 'partners',
  description: 'those <who> pay',
  targets: ['good.example'],
  schedule: 'PT1H',
  gates: { min: 90 },
  confirmRuns: 1,
};

/** A monitor in force that has run once. */
async function withMonitor(
  work: (stage: ApplianceStage, probe: { result: (target: string) => ProbeResult }) => Promise<void>,
): Promise<void> {
  const stage = await openAppliance();
  const probe = { result: (target: string) => goodResult(target) };
  const service = await startMonitorService(stage.installation, {
    apps: { probe: async (_options, { target }) => probe.result(target.text), close: async () => {} },
  });
  try {
    assert.equal((await stage.api('POST', '/api/v1/monitors', PARTNERS)).status, 201);
    assert.equal((await stage.api('POST', '/api/v1/config/commit', {})).status, 200);
    await stage.api('POST', '/api/v1/monitors/partners/run');
    assert.ok(await until(async () => (await runs(stage)).length === 1, 10_000));
    await work(stage, probe);
  } finally {
    await service.close(1_000);
    await stage.close();
  }
}

async function runs(stage: ApplianceStage): Promise<readonly Record<string, unknown>[]> {
  return (await stage.api('GET', '/api/v1/monitors/partners/history')).json()['items'] as Record<string, unknown>[];
}

test('a monitor is a row of the configuration: pending until a commit, with an entity tag, refused with what may stand', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const made = await api('POST', '/api/v1/monitors', { ...PARTNERS, channels: [HOOK] });
    assert.equal(made.status, 201, made.body);
    assert.equal(made.headers['location'], '/api/v1/monitors/partners');
    assert.deepEqual(made.json()['warnDays'], [14, 7, 3, 1]);
    assert.equal((await api('GET', '/api/v1/monitors/partners/status')).status, 404, 'not in force yet');
    const tag = (await api('GET', '/api/v1/monitors')).headers['etag'] as string;
    assert.equal((await api('PUT', '/api/v1/monitors/other', PARTNERS, { 'if-match': tag })).status, 400);
    const put = await api('PUT', '/api/v1/monitors/other', { targets: ['x.example'] }, { 'if-match': tag });
    assert.equal(put.status, 201, put.body);
    assert.equal(
      (await api('PUT', '/api/v1/monitors/other', { targets: ['y.example'] }, { 'if-match': tag })).status,
      412,
    );
    for (const [body, said] of [
      [{ targets: [] }, /targets/],
      [{ targets: ['a b@x'] }, /targets\[0\]/],
      [{ targets: ['x.example'], schedule: 'PT1S' }, /from PT30S to P31D/],
      [{ targets: ['x.example'], schedule: 'cron 0 0 30 2 *' }, /no such day/],
      [{ targets: ['x.example', 'x.example'] }, /already/],
      [{ targets: ['x.example'], gates: { min: 122 } }, /from 0 to 121/],
      [{ targets: ['x.example'], gates: { expect: ['perhaps'] } }, /required-verify-hosted/],
      [{ targets: ['x.example'], options: { colour: 'green' } }, /is not known here/],
      [{ targets: ['x.example'], channels: [{ kind: 'mail', to: ['nobody'] }] }, /nobody/],
      [{ targets: ['x.example'], channels: [{ ...HOOK, url: 'http://hooks.example.com/' }] }, /https:/],
      [{ targets: ['x.example'], channels: [{ ...HOOK, url: 'https://192.0.2.1/' }] }, /names an address/],
      [{ targets: ['x.example'], channels: [{ ...HOOK, url: 'https://u:p@hooks.example.com/' }] }, /password/],
      [{ targets: ['x.example'], channels: [{ ...HOOK, secret: 'short' }] }, /secret/],
      [{ targets: ['x.example'], channels: [{ ...HOOK, secret: '********' }] }, /secret/],
      [{ targets: ['x.example'], confirmRuns: 0 }, /from 1 to 10/],
    ] as const) {
      const answer = await api('PUT', '/api/v1/monitors/third', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body, said, JSON.stringify(body));
    }
    assert.equal((await api('PUT', '/api/v1/monitors/two%20words', { targets: ['x.example'] })).status, 400);
    assert.equal((await api('DELETE', '/api/v1/monitors/other')).status, 204);
  } finally {
    await stage.close();
  }
});

test('a secret is written and never read; left out, the one of the same URL stays, and no other URL gets it', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const hidden = async (url: string) => {
      const { body } = await api('GET', url);
      assert.doesNotMatch(body, new RegExp(SECRET), url);
      return body;
    };
    const made = await api('POST', '/api/v1/monitors', { ...PARTNERS, channels: [HOOK] });
    assert.doesNotMatch(made.body, new RegExp(SECRET));
    for (const url of [
      '/api/v1/monitors',
      '/api/v1/monitors/partners',
      '/api/v1/config',
      '/api/v1/config/changes',
      '/api/v1/config/file',
    ])
      await hidden(url);
    const kept = JSON.parse(await hidden('/api/v1/monitors/partners')) as { channels: { secret: string }[] };
    assert.equal(kept.channels[0]?.secret, '********');
    const inDocument = async () => {
      const newest = await stage.installation.configuration.newest();
      const channel = newest.ok ? newest.value.document.monitors[0]?.channels[0] : undefined;
      return channel?.kind === 'webhook' ? channel.secret : null;
    };
    assert.equal((await api('PUT', '/api/v1/monitors/partners', kept)).status, 200);
    assert.equal(await inDocument(), SECRET);
    const { secret: _, ...bare } = HOOK;
    assert.equal((await api('PUT', '/api/v1/monitors/partners', { ...PARTNERS, channels: [bare] })).status, 200);
    assert.equal(await inDocument(), SECRET);
    const elsewhere = {
      ...PARTNERS,
      channels: [{ ...HOOK, url: 'https://elsewhere.example.com/', secret: '********' }],
    };
    assert.equal((await api('PUT', '/api/v1/monitors/partners', elsewhere)).status, 400);
    await api('POST', '/api/v1/config/commit', {});
    const changed = { ...PARTNERS, channels: [{ ...HOOK, secret: 'another secret, just as long' }] };
    await api('PUT', '/api/v1/monitors/partners', changed);
    const changes = await hidden('/api/v1/config/changes');
    assert.match(changes, /monitors\[partners\]\.channels/);
    assert.doesNotMatch(changes, /just as long/);
    await hidden('/api/v1/config/history/1');
  } finally {
    await stage.close();
  }
});

test('a status is OK or NOK, by age, by value and by state (R59)', async () => {
  await withMonitor(async (stage, probe) => {
    const { api } = stage;
    const status = async (query = '') => (await api('GET', `/api/v1/monitors/partners/status${query}`)).json();
    const first = await status();
    assert.deepEqual([first['result'], first['state'], first['reasons']], ['OK', 'ok', []]);
    const value = Number(first['lastValue']);
    assert.equal((await status(`?maxAge=60&min=${value}`))['result'], 'OK');
    assert.equal((await status(`?min=${value + 1}`))['result'], 'NOK');
    assert.equal((await status('?maxAge=0'))['result'], 'NOK');
    assert.equal((await api('GET', '/api/v1/monitors/partners/status?min=x')).status, 400);
    assert.equal((await api('GET', '/api/v1/monitors/partners/status?colour=1')).status, 400);
    assert.equal((await api('GET', '/api/v1/monitors/nobody/status')).status, 404);
    probe.result = clearResult;
    await api('POST', '/api/v1/monitors/partners/run');
    assert.ok(await until(async () => (await runs(stage)).length === 2, 10_000));
    const second = await status();
    assert.deepEqual([second['result'], second['state']], ['NOK', 'failing']);
    assert.match(String((second['reasons'] as string[])[0]), /good\.example: the confidence is/);
    const word = await api('GET', '/api/v1/monitors/partners/status', undefined, { accept: 'text/plain' });
    assert.equal(word.body, 'NOK\n');
  });
});

test('the XML form has Description, LastRun with its offset and LastTotal with six decimals (R60)', async () => {
  await withMonitor(async ({ api }) => {
    const shape =
      /^<CheckTLS test="receiver"><Description>those &lt;who&gt; pay<\/Description><LastRun>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000<\/LastRun><LastTotal>\d+\.\d{6}<\/LastTotal><\/CheckTLS>\n$/;
    const asked = await api('GET', '/api/v1/monitors/partners/status', undefined, { accept: 'application/xml' });
    assert.match(asked.body, shape);
    assert.equal(asked.headers['content-type'], 'application/xml; charset=utf-8');
    assert.match((await api('GET', '/api/v1/monitors/partners/status.xml?maxAge=60&min=100')).body, shape);
  });
});

test('history is read page by page, with what changed and the way to each result', async () => {
  await withMonitor(async (stage, probe) => {
    const { api } = stage;
    probe.result = clearResult;
    await api('POST', '/api/v1/monitors/partners/run');
    assert.ok(await until(async () => (await runs(stage)).length === 2, 10_000));
    const page = (await api('GET', '/api/v1/monitors/partners/history?limit=1')).json();
    const [run] = page['items'] as {
      state: string;
      targets: { changes: { kind: string }[]; links: { result: string } }[];
    }[];
    assert.equal(run?.state, 'failing');
    assert.ok(run.targets[0]?.changes.some(({ kind }) => kind === 'worse'));
    const rest = (await api('GET', `/api/v1/monitors/partners/history?cursor=${String(page['next'])}`)).json();
    assert.equal((rest['items'] as unknown[]).length, 1);
    assert.equal(rest['next'], null);
    assert.equal((await api('GET', '/api/v1/monitors/partners/history?cursor=x')).status, 400);
  });
});

test('whoever has no token, or one for other things, is told so; metrics name monitors and nothing else', async () => {
  await withMonitor(async (stage) => {
    const { server } = stage;
    const ask = async (url: string, scopes: readonly ('probe' | 'monitor' | 'config' | 'send')[] | null) => {
      const headers = scopes === null ? {} : { authorization: `Bearer ${await stage.token(...scopes)}` };
      return (await server.inject({ url, headers })).statusCode;
    };
    const url = '/api/v1/monitors/partners/status';
    assert.equal(await ask(url, null), 401);
    assert.equal(await ask(url, ['probe', 'send', 'config']), 403);
    assert.equal(await ask(url, ['monitor']), 200);
    assert.equal(await ask('/api/v1/monitors', ['monitor']), 200);
    assert.equal(await ask('/api/v1/monitors', ['config']), 200);
    assert.equal(await ask('/api/v1/monitors', ['send']), 403);
    const metrics = (await server.inject('/metrics')).body;
    assert.match(metrics, /^tlsreach_monitor_state\{monitor="partners"\} 0$/m);
    assert.match(metrics, /^tlsreach_monitor_value\{monitor="partners"\} \d+$/m);
    assert.match(metrics, /^tlsreach_monitor_last_run_age_seconds\{monitor="partners"\} \d/m);
    assert.doesNotMatch(metrics, /good\.example/);
  });
});

test('what the API says is what its description says, and the example of a body works as it stands', async () => {
  await withMonitor(async ({ api, server }) => {
    type Content = {
      readonly schema: object;
      readonly example?: object;
      readonly examples?: Record<string, { value: object }>;
    };
    type Operation = {
      readonly responses: Record<string, { readonly content?: Record<string, Content> }>;
      readonly requestBody?: { readonly content: Record<string, Content> };
    };
    const description = JSON.parse((await server.inject('/openapi.json')).body) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [path, url] of [
      ['/api/v1/monitors', '/api/v1/monitors'],
      ['/api/v1/monitors/{name}', '/api/v1/monitors/partners'],
      ['/api/v1/monitors/{name}/status', '/api/v1/monitors/partners/status'],
      ['/api/v1/monitors/{name}/history', '/api/v1/monitors/partners/history'],
    ] as const) {
      const schema = description.paths[path]?.['get']?.responses['200']?.content?.['application/json']?.schema;
      assert.ok(schema !== undefined, path);
      const validate = ajv.compile(schema);
      assert.ok(validate((await api('GET', url)).json()), `${path}: ${ajv.errorsText(validate.errors)}`);
    }
    const body = description.paths['/api/v1/monitors']?.['post']?.requestBody?.content['application/json'];
    const example = body?.example ?? Object.values(body?.examples ?? {})[0]?.value;
    assert.ok(example !== undefined);
    const made = await api('POST', '/api/v1/monitors', { ...example, name: 'example' });
    assert.equal(made.status, 201, made.body);
  });
});
