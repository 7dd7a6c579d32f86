/** What is asked before a body is read: who it is, whether they may, whether they have been told to wait. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { memoryRecords, type RecordStore } from '../../src/probe/probe-record.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { goodResultFor } from '../cli/stage.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { openWeb, type WebScene, type WebStage } from './web-stage.ts';

async function withWeb(scene: WebScene, act: (web: WebStage) => Promise<void>): Promise<void> {
  const web = await openWeb(scene);
  try {
    await act(web);
  } finally {
    await web.close();
  }
}

const post = (web: WebStage, payload: string, headers: Record<string, string> = {}, url = '/api/v1/probes') =>
  web.server.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload });

test('who may not test is told so before anything of the body is looked at (R61)', () =>
  withWeb({ house: { anonymous: false } }, async (web) => {
    for (const url of ['/api/v1/probes', '/api/v1/batches']) {
      for (const [payload, type] of [
        ['{"target":', 'application/json'],
        ['<x/>', 'application/xml'],
        ['x'.repeat(300_000), 'application/json'],
        ['{"target":"a.example","colour":1}', 'application/json'],
      ] as const) {
        const answer = await post(web, payload, { 'content-type': type }, url);
        assert.equal(answer.statusCode, 401, `${url} ${type}`);
        assert.equal(answer.headers['content-type'], 'application/problem+json');
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
        const wrong = await post(web, payload, { 'content-type': type, authorization: 'Bearer tlsr_nobody' }, url);
        assert.equal(wrong.statusCode, 401);
      }
    }
  }));

test('an address that cannot be read is answered as everything is, with nothing of it given back', () =>
  withWeb({}, async (web) => {
    for (const url of ['/%ff<script>', '/probes/%E0%A4%A', '/api/v1/probes/%zz']) {
      for (const accept of ['text/html', 'application/json']) {
        const { statusCode, headers, body } = await web.server.inject({ url, headers: { accept } });
        assert.equal(statusCode, 400, url);
        assert.match(String(headers['content-security-policy']), /default-src 'none'/);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['cache-control'], 'no-store');
        const page = accept === 'text/html' && !url.startsWith('/api/');
        assert.match(String(headers['content-type']), page ? /^text\/html/ : /^application\/problem\+json/);
        assert.doesNotMatch(body, /script>'|%ff|%zz|FST_/);
      }
    }
  }));

test('a stranger who never sends the body that was promised has the answer all the same (R61)', () =>
  withWeb({ house: { anonymous: false } }, async (web) => {
    await web.server.listen({ host: '127.0.0.1', port: 0 });
    const address = web.server.server.address();
    const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    socket.write(
      'POST /api/v1/batches HTTP/1.1\r\nHost: here.example\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 401 /);
    socket.destroy();
  }));

test('who was told when to come back is not read before, and is then; others are (R61)', async () => {
  const clock = handWoundClock();
  const web = await openWeb({ clock, limits: { perClient: { burst: 1, everyMs: 30_000 } } });
  try {
    const from = (remoteAddress: string, payload: string) =>
      web.server.inject({
        method: 'POST',
        url: '/api/v1/probes',
        remoteAddress,
        headers: { 'content-type': 'application/json' },
        payload,
      });
    assert.equal((await from('192.0.2.1', '{"target":"a.example"}')).statusCode, 202);
    assert.equal((await from('192.0.2.1', '{"target":"a.example"}')).statusCode, 202, 'what is there costs nothing');
    assert.equal((await from('192.0.2.1', '{"target":"b.example"}')).statusCode, 429);
    const early = await from('192.0.2.1', '{"target":');
    assert.equal(early.statusCode, 429, 'not read');
    assert.equal(early.headers['retry-after'], '30');
    assert.equal((await from('192.0.2.2', '{"target":')).statusCode, 400);
    clock.wind(30_000);
    assert.equal((await from('192.0.2.1', '{"target":')).statusCode, 400);
    assert.equal((await from('192.0.2.1', '{"target":"b.example"}')).statusCode, 202);
  } finally {
    const closing = web.close();
    clock.wind(2_000);
    await closing;
  }
});

test('who sends nothing but what cannot be used is not read for a while; each route has a limit of its own (R61)', () =>
  withWeb({ clock: handWoundClock() }, async (web) => {
    assert.equal((await post(web, JSON.stringify({ target: 'x'.repeat(20_000) }))).statusCode, 413);
    const large = JSON.stringify({
      targets: Array.from({ length: 100 }, (_, index) => `${'x'.repeat(500)}${index}@a.example`),
    });
    assert.equal((await post(web, large, {}, '/api/v1/batches')).statusCode, 202, 'a batch may be large');
    assert.equal(
      (await post(web, 'x'.repeat(20_000), { 'content-type': 'application/x-www-form-urlencoded' }, '/sign-in'))
        .statusCode,
      413,
    );
    const codes: number[] = [];
    for (let turn = 0; turn < 305; turn += 1) codes.push((await post(web, '{"target":')).statusCode);
    assert.equal(codes[0], 400);
    assert.equal(codes.at(-1), 429);
    const answer = await post(web, '{"target":"a.example"}');
    assert.equal(answer.statusCode, 429);
    assert.equal(answer.json().type, '/problems/too-many-requests');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
  }));

test('whatever is typed into the API comes to an answer, never to a fault of ours (R61)', () =>
  withWeb({}, async (web) => {
    const odd = [
      '\u0000',
      '\ud800',
      '\u202e',
      '"',
      '\\',
      '<script>',
      "'; drop table probe; --",
      '%00',
      '../..',
      '🙂'.repeat(40),
      'a'.repeat(600),
    ];
    for (const text of odd) {
      for (const [url, body] of [
        ['/api/v1/probes', { target: text }],
        ['/api/v1/probes', { target: `${text}@example.com` }],
        ['/api/v1/batches', { targets: [text, 'a.example'] }],
        ['/api/v1/batches', { targets: ['a.example'], report: { to: [`${text}@example.com`] } }],
      ] as const) {
        const answer = await post(
          web,
          JSON.stringify(body),
          { 'idempotency-key': encodeURIComponent(text.toWellFormed()).slice(0, 200) || 'k' },
          url,
        );
        assert.ok(answer.statusCode < 500, `${url} ${JSON.stringify(text)} ${answer.statusCode} ${answer.body}`);
      }
      const cookie = `tlsreach_session=${encodeURIComponent(text.toWellFormed())}`;
      const page = await web.server.inject({ url: '/account', headers: { cookie, accept: 'text/html' } });
      assert.equal(page.statusCode, 303);
    }
    assert.deepEqual(
      web.logged.filter((line) => line.startsWith('error')),
      [],
    );
  }));

/** A store that is full while `full.now` is true. */
function sometimesFull() {
  const full = { now: false };
  const records = memoryRecords(100);
  const guarded =
    <Arguments extends readonly unknown[], Result>(act: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      if (full.now) throw new StoreTrouble('full', 'there is no room left for the database', true);
      return act(...given);
    };
  const store: RecordStore = {
    ...records,
    save: guarded(records.save),
    begin: guarded(records.begin),
    renew: guarded(records.renew),
  };
  return { full, store, records };
}

test('a disk that is full begins nothing, says when to come back, and loses nothing that was under way (R118)', async () => {
  const clock = handWoundClock();
  const { full, store, records } = sometimesFull();
  let letGo = (): void => {};
  const web = await openWeb({
    clock,
    records: store,
    probe: ({ target }) =>
      target.text === 'slow.example'
        ? new Promise((resolve) => {
            letGo = () => resolve({ ...goodResultFor('slow.example') });
          })
        : Promise.resolve(goodResultFor(target.text)),
  });
  try {
    const slow = (await post(web, '{"target":"slow.example"}')).json();
    full.now = true;
    const refused = await post(web, '{"target":"a.example"}', { 'idempotency-key': 'k' });
    assert.equal(refused.statusCode, 503);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.equal(refused.json().type, '/problems/unavailable');
    assert.doesNotMatch(refused.body, /room left/, 'the inside of the house is for the log');
    assert.match(web.logged.join('\n'), /no room left/);
    assert.deepEqual(web.probed, ['slow.example']);
    const page = await web.server.inject({
      method: 'POST',
      url: '/probes',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        'sec-fetch-site': 'same-origin',
      },
      payload: 'target=a.example',
    });
    assert.equal(page.statusCode, 503);
    assert.ok(Number(page.headers['retry-after']) >= 1);
    assert.match(page.body, /does not take or give anything at the moment/);
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await web.server.inject(`/api/v1/probes/${slow.id}`)).json().state, 'done', 'it is known here');
    assert.equal(await records.find(slow.id), null);
    for (let turn = 0; turn < 3; turn += 1) {
      clock.wind(5_000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(web.logged.filter((line) => /could not be kept/.test(line)).length, 1, 'said once');
    full.now = false;
    clock.wind(5_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await records.find(slow.id))?.result?.target, 'slow.example', 'kept when there is room again');
    assert.equal(
      (await post(web, '{"target":"a.example"}', { 'idempotency-key': 'k' })).statusCode,
      202,
      'the key is free',
    );
  } finally {
    const closing = web.close();
    clock.wind(2_000);
    await closing;
  }
});

test('a request that dribbles in is dropped by the limit of the whole, which Node takes for the longer of its two', () =>
  withWeb({}, async ({ server }) => {
    const { headersTimeout, requestTimeout } = server.server;
    assert.ok(headersTimeout > 0 && headersTimeout < requestTimeout, `${headersTimeout} and ${requestTimeout} ms`);
    assert.equal(requestTimeout, 20_000);
  }));
