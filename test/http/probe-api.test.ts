import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryRecords } from '../../src/probe/probe-record.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { goodResultFor } from '../cli/stage.ts';
import { openWeb, type WebScene, type WebStage } from './web-stage.ts';

async function withWeb(scene: WebScene, act: (web: WebStage) => Promise<void>): Promise<void> {
  const web = await openWeb(scene);
  try {
    await act(web);
  } finally {
    await web.close();
  }
}

const post = (web: WebStage, body: unknown, more: { url?: string; headers?: Record<string, string> } = {}) =>
  web.server.inject({
    method: 'POST',
    url: more.url ?? '/api/v1/probes',
    headers: { 'content-type': 'application/json', ...more.headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('a test is started, waited for and read again (R61)', () =>
  withWeb({}, async (web) => {
    const started = await post(web, { target: 'ann@example.com' });
    assert.equal(started.statusCode, 202);
    const { id } = started.json();
    assert.match(id, /^[2-9a-z]{26}$/, 'nobody guesses it');
    assert.equal(started.headers.location, `/api/v1/probes/${id}`);
    const waited = await post(web, { target: 'ann@example.com' }, { url: '/api/v1/probes?wait=5' });
    assert.equal(waited.statusCode, 200);
    assert.equal(waited.json().id, id, 'the result of a moment ago is given again');
    assert.equal(waited.json().result.format, 'tlsreach.probe/1');
    const read = await web.server.inject(`/api/v1/probes/${id}`);
    assert.deepEqual(read.json(), waited.json());
    assert.deepEqual(web.probed, ['ann@example.com']);
    const fresh = await post(web, { target: 'ann@example.com', fresh: true }, { url: '/api/v1/probes?wait=5' });
    assert.notEqual(fresh.json().id, id);
    assert.equal(web.probed.length, 2);
  }));

test('every wrong request is refused with a problem document and nothing is sent (R5, R61)', () =>
  withWeb({}, async (web) => {
    const wrong: readonly (readonly [unknown, number, RegExp])[] = [
      [{}, 400, /target/],
      [{ target: 'a@example.com', colour: 'red' }, 400, /colour/],
      [{ target: 'a@example.com', options: { quick: 'yes' } }, 400, /quick/],
      [{ target: 'a@example.com', options: { speed: 1 } }, 400, /speed/],
      [{ target: 17 }, 400, /target/],
      [{ target: 'a@' }, 400, /./],
      [{ target: 'a@exa\r\nmple.com' }, 400, /./],
      [{ target: 'a@example.com\u0000' }, 400, /./],
      [{ target: `${'a'.repeat(590)}@example.com` }, 400, /./],
      [{ target: 'x'.repeat(601) }, 400, /./],
      ['{"target":', 400, /./],
      ['[]', 400, /./],
      ['null', 400, /./],
      [{ target: 'a@example.com[192.0.2.1:22]' }, 403, /port 22/i],
      [{ target: 'a@example.com', options: { port: 22 } }, 403, /port 22/i],
      [{ target: 'a@example.com', options: { port: 70_000 } }, 400, /port/],
      [{ target: 'a@example.com', options: { rcpt: true } }, 403, /signed in/],
      ['x'.repeat(200_000), 413, /./],
    ];
    for (const [body, status, words] of wrong) {
      const answer = await post(web, body);
      assert.equal(answer.statusCode, status, `${JSON.stringify(body).slice(0, 80)} ${answer.body}`);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      const problem = answer.json();
      assert.equal(problem.status, status);
      assert.match(problem.detail, words);
      assert.doesNotMatch(answer.body, /node_modules|\.ts:|at Object/, 'nothing of the house is told');
    }
    const form = await web.server.inject({
      method: 'POST',
      url: '/api/v1/probes',
      headers: { 'content-type': 'application/xml' },
      payload: '<x/>',
    });
    assert.equal(form.statusCode, 415);
    assert.equal((await web.server.inject('/api/v1/nothing')).statusCode, 404);
    assert.equal((await web.server.inject('/api/v1/probes/222222222222222')).statusCode, 404);
    assert.equal((await web.server.inject('/api/v1/probes/..%2f..%2fetc')).statusCode, 400);
    assert.equal((await web.server.inject(`/?${'x'.repeat(5000)}`)).statusCode, 400);
    assert.deepEqual(web.probed, []);
  }));

test('private and special-purpose addresses are refused before anything is sent, however they are written (R6)', () =>
  withWeb({}, async (web) => {
    const addresses = [
      '[127.0.0.1]:25',
      '[10.1.2.3]',
      'a@[192.168.1.1]',
      'a@example.com[169.254.169.254]',
      '[::1]:25',
      '[IPv6:::ffff:127.0.0.1]:25',
      '[64:ff9b::7f00:1]:25',
      '[2002:7f00:1::]:25',
      '[fe80::1]:25',
      '[fd00::1]:25',
      '[0.0.0.0]',
      '[255.255.255.255]',
    ];
    for (const target of addresses) {
      const answer = await post(web, { target });
      assert.equal(answer.statusCode, 403, `${target} ${answer.body}`);
    }
    assert.deepEqual(web.probed, []);
  }));

test('a fault of ours is written down and not told', () =>
  withWeb({ probe: () => Promise.reject(new Error('secret of the house')) }, async (web) => {
    const answer = await post(web, { target: 'a@example.com' }, { url: '/api/v1/probes?wait=5' });
    assert.equal(answer.json().state, 'failed');
    assert.equal(answer.json().problem.status, 500);
    assert.doesNotMatch(answer.body, /secret/);
    assert.match(web.logged.join('\n'), /secret of the house/);
  }));

test('who asks too often is told when to come back, by client and by target (R61)', () =>
  withWeb(
    { limits: { perClient: { burst: 3, everyMs: 60_000 }, perTarget: { burst: 2, everyMs: 60_000 } } },
    async (web) => {
      const from = (remoteAddress: string, target: string) =>
        web.server.inject({
          method: 'POST',
          url: '/api/v1/probes',
          remoteAddress,
          headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
          payload: { target, fresh: true },
        });
      for (const target of ['a.example', 'b.example', 'c.example'])
        assert.equal((await from('192.0.2.1', target)).statusCode, 202);
      const refused = await from('192.0.2.1', 'd.example');
      assert.equal(refused.statusCode, 429, "a forwarded address is nobody's word");
      assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 60);
      assert.equal((await from('192.0.2.2', 'd.example')).statusCode, 202);
      assert.equal((await from('2001:db8:1:2::a', 'x@e.example')).statusCode, 202);
      assert.equal((await from('192.0.2.3', 'y@e.example')).statusCode, 202);
      assert.equal((await from('192.0.2.4', 'z@e.example')).statusCode, 429, 'whoever asks, the domain is spared');
      assert.equal((await from('2001:db8:1:2::b', 'f.example')).statusCode, 202);
      assert.equal((await from('2001:db8:1:2::c', 'g.example')).statusCode, 202);
      assert.equal((await from('2001:db8:1:2::d', 'h.example')).statusCode, 429, 'one /64 is one client');
    },
  ));

test('behind a trusted proxy the client is the one it names', () =>
  withWeb(
    { limits: { perClient: { burst: 1, everyMs: 60_000 } }, house: { trustedProxies: ['127.0.0.1'] } },
    async (web) => {
      const as = (client: string, target: string) => post(web, { target }, { headers: { 'x-forwarded-for': client } });
      assert.equal((await as('198.51.100.1', 'a.example')).statusCode, 202);
      assert.equal((await as('198.51.100.2', 'b.example')).statusCode, 202);
      assert.equal((await as('198.51.100.1', 'c.example')).statusCode, 429);
    },
  ));

test('a bounded number runs, the others are told their position, and a full queue says so (R57)', async () => {
  const waiting: (() => void)[] = [];
  const probe = (request: { readonly target: { readonly text: string } }) =>
    new Promise<ProbeResult>((resolve) => waiting.push(() => resolve(goodResultFor(request.target.text))));
  await withWeb({ probe, limits: { running: 1, waiting: 2 } }, async (web) => {
    const answers = [];
    for (const target of ['a.example', 'b.example', 'c.example', 'd.example'])
      answers.push(await post(web, { target }));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [202, 202, 202, 429],
    );
    assert.deepEqual(
      answers.slice(0, 3).map((answer) => [answer.json().state, answer.json().position]),
      [
        ['running', null],
        ['queued', 1],
        ['queued', 2],
      ],
    );
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    const third = await web.server.inject(answers[2]?.headers.location ?? '');
    assert.equal(third.json().position, 1);
    for (let left = 0; left < 2; left += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      waiting.shift()?.();
    }
    assert.equal((await web.server.inject(`${answers[2]?.headers.location}?wait=5`)).json().state, 'done');
  });
});

test('the same idempotency key gives the same test, and none for another body', () =>
  withWeb({}, async (web) => {
    const headers = { 'idempotency-key': 'k1' };
    const one = await post(web, { target: 'a.example', fresh: true }, { headers });
    const two = await post(web, { target: 'a.example', fresh: true }, { headers });
    assert.equal(two.json().id, one.json().id);
    assert.equal((await post(web, { target: 'b.example' }, { headers })).statusCode, 422);
    assert.equal(web.probed.length, 1);
  }));

test('every format comes from the one result, and only those there are (R52)', () =>
  withWeb({}, async (web) => {
    const { id } = (await post(web, { target: 'ann@example.com' }, { url: '/api/v1/probes?wait=5' })).json();
    for (const [format, type, text] of [
      ['json', 'application/json', /tlsreach.probe\/1/],
      ['csv', 'text/csv', /^\d+,"ann@example.com"/],
      ['html', 'text/html', /<!doctype html>/],
      ['junit', 'application/xml', /<testsuite/],
      ['text', 'text/plain', /ann@example.com/],
      ['markdown', 'text/markdown', /ann@example.com|ann/],
      ['nagios', 'text/plain', /confidence/],
    ] as const) {
      const answer = await web.server.inject(`/api/v1/probes/${id}.${format}`);
      assert.equal(answer.statusCode, 200, format);
      assert.ok(String(answer.headers['content-type']).startsWith(type), format);
      assert.match(answer.body, text);
    }
    assert.equal((await web.server.inject(`/api/v1/probes/${id}.exe`)).statusCode, 400);
    assert.equal(web.probed.length, 1);
  }));

test("lists go page by page, and a mailbox is nobody else's business", () =>
  withWeb({}, async (web) => {
    for (let turn = 0; turn < 3; turn += 1)
      await post(web, { target: 'example.com', fresh: true }, { url: '/api/v1/probes?wait=5' });
    await post(web, { target: 'ann@example.com' }, { url: '/api/v1/probes?wait=5' });
    const first = (await web.server.inject('/api/v1/probes?domain=EXAMPLE.com&limit=2')).json();
    assert.deepEqual(
      first.items.map((item: { target: string }) => item.target),
      ['example.com', 'example.com'],
    );
    const second = (await web.server.inject(`/api/v1/probes?domain=example.com&limit=2&cursor=${first.next}`)).json();
    assert.equal(second.items.length, 1);
    assert.equal(second.next, null);
    assert.equal((await web.server.inject('/api/v1/probes?cursor=!!')).statusCode, 400);
    assert.equal((await web.server.inject('/api/v1/probes?limit=0')).statusCode, 400);
    assert.equal((await web.server.inject('/api/v1/probes?limit=201')).statusCode, 400);
    assert.equal(
      (await web.server.inject('/api/v1/probes?target=ann@example.com')).json().items.length,
      1,
      'who knows the mailbox may see it',
    );
  }));

test('a batch has a result for each target, wrong ones included, and their mean (R56)', () =>
  withWeb({}, async (web) => {
    const started = await post(
      web,
      { targets: ['a.example', 'not a domain', 'b.example'] },
      { url: '/api/v1/batches' },
    );
    assert.equal(started.statusCode, 202);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const batch = (await web.server.inject(String(started.headers.location))).json();
    assert.equal(batch.state, 'done');
    assert.deepEqual(
      batch.items.map((item: { state: string }) => item.state),
      ['done', 'failed', 'done'],
    );
    assert.equal(batch.items[1].problem.status, 400);
    assert.equal(batch.total, batch.items[0].value);
    assert.equal((await post(web, { targets: [] }, { url: '/api/v1/batches' })).statusCode, 400);
    assert.equal(
      (await post(web, { targets: Array(101).fill('a.example') }, { url: '/api/v1/batches' })).statusCode,
      400,
    );
  }));

test('health, readiness, schemas and metrics answer without any contact outside (R63)', () =>
  withWeb({}, async (web) => {
    assert.equal((await web.server.inject('/healthz')).body, 'ok\n');
    assert.equal((await web.server.inject('/readyz')).statusCode, 200);
    assert.match((await web.server.inject('/schemas/probe-1.json')).json().$schema, /json-schema\.org/);
    await post(web, { target: 'ann@example.com' }, { url: '/api/v1/probes?wait=5' });
    const metrics = (await web.server.inject('/metrics')).body;
    assert.match(metrics, /tlsreach_probes_total\{outcome="secure"\} 1/);
    assert.doesNotMatch(metrics, /example\.com/, "no label is a stranger's word");
    assert.deepEqual(web.probed, ['ann@example.com']);
  }));

test('a store that does not answer makes it not ready', () =>
  withWeb(
    {
      records: {
        ...memoryRecords(1),
        list: () => Promise.reject(new Error('gone')),
      },
    },
    async (web) => {
      assert.equal((await web.server.inject('/healthz')).statusCode, 200);
      const answer = await web.server.inject('/readyz');
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.json().type, '/problems/unavailable');
    },
  ));

test('the badge says what the last listed test came to', () =>
  withWeb({}, async (web) => {
    const before = await web.server.inject('/badge/example.com.svg');
    assert.match(before.body, /not tested/);
    await post(web, { target: 'example.com' }, { url: '/api/v1/probes?wait=5' });
    const after = await web.server.inject('/badge/example.com.svg');
    assert.match(after.body, /<svg[^>]*>.*\d+ of \d+/);
    assert.equal(after.headers['content-type'], 'image/svg+xml; charset=utf-8');
  }));
