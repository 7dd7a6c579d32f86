import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAppliance } from './appliance-stage.ts';

test('a message is accepted once it is durable, as JSON or as it stands, and once under one key', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const raw = await api(
      'POST',
      '/api/v1/messages?from=ann@example.com&to=bob@a.example&to=bea@b.example',
      'Subject: hello\r\n\r\nhow are you?\r\n',
      { 'content-type': 'message/rfc822' },
    );
    assert.equal(raw.status, 202, raw.body);
    const { id } = raw.json() as { id: number };
    assert.equal(raw.headers['location'], `/api/v1/messages/${id}`);
    const told = (await api('GET', `/api/v1/messages/${id}`)).json();
    assert.equal(told['from'], 'ann@example.com');
    assert.equal(told['subject'], 'hello');
    const recipients = told['recipients'] as Record<string, unknown>[];
    assert.deepEqual(
      recipients.map(({ address, state, attempts, host }) => [address, state, attempts, host]),
      [
        ['bob@a.example', 'queued', 0, null],
        ['bea@b.example', 'queued', 0, null],
      ],
    );
    const text = Buffer.from((await stage.installation.queue.body(id)) ?? []).toString();
    assert.match(text, /^Message-ID: </im);
    assert.match(text, /how are you\?\r\n$/);

    const body = { from: '<>', to: ['bob@a.example'], message: 'Subject: x\n\ny\n' };
    const first = await api('POST', '/api/v1/messages', body, { 'idempotency-key': 'k1' });
    const again = await api('POST', '/api/v1/messages', body, { 'idempotency-key': 'k1' });
    assert.deepEqual(again.json(), first.json());
    assert.notEqual(first.json()['id'], id);
    const other = await api('POST', '/api/v1/messages', { ...body, to: ['x@a.example'] }, { 'idempotency-key': 'k1' });
    assert.equal(other.status, 422);
    const stranger = { authorization: `Bearer ${await stage.token('send')}`, 'idempotency-key': 'k1' };
    const theirs = await api('POST', '/api/v1/messages', body, stranger);
    assert.notDeepEqual(theirs.json(), first.json(), 'keys of one token are not those of another');
  } finally {
    await stage.close();
  }
});

test('what cannot be sent is refused with the reason, and nothing is queued', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const good = { from: 'ann@example.com', to: ['bob@a.example'], message: 'Subject: x\n\ny\n' };
    const rfc822 = { 'content-type': 'message/rfc822' };
    const refused: readonly (readonly [string, unknown, Record<string, string>, number])[] = [
      ['/api/v1/messages', { ...good, from: 'nobody' }, {}, 400],
      ['/api/v1/messages', { ...good, to: [] }, {}, 400],
      ['/api/v1/messages', { ...good, to: ['a@b@c'] }, {}, 400],
      ['/api/v1/messages', { ...good, to: ['bob@a.example\r\nRCPT TO:<eve@a.example>'] }, {}, 400],
      ['/api/v1/messages', { ...good, colour: 'green' }, {}, 400],
      ['/api/v1/messages', { ...good, message: '' }, {}, 400],
      ['/api/v1/messages', { from: 'ann@example.com' }, {}, 400],
      ['/api/v1/messages?from=x@y.example', good, {}, 400],
      ['/api/v1/messages', 'Subject: x\r\n\r\ny', rfc822, 400],
      ['/api/v1/messages?from=a@b.example&to=bob@a.example&colour=green', 'Subject: x\r\n\r\ny', rfc822, 400],
      ['/api/v1/messages', 'x', { 'content-type': 'image/png' }, 415],
      ['/api/v1/messages', '{', { 'content-type': 'application/json' }, 400],
    ];
    for (const [url, body, headers, status] of refused) {
      const answer = await api('POST', url, body, headers);
      assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.body}`);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
    }
    assert.deepEqual((await api('GET', '/api/v1/queue')).json(), { items: [], next: null });
    assert.equal((await api('GET', '/api/v1/messages/1')).status, 404);
    assert.equal((await api('GET', '/api/v1/messages/x')).status, 400);
  } finally {
    await stage.close();
  }
});

test('the queue is read page by page and acted on, one way of saying what is meant at a time', async () => {
  const stage = await openAppliance();
  try {
    const { api, token } = stage;
    const ids: number[] = [];
    for (const to of ['a@a.example', 'b@a.example', 'c@b.example'])
      ids.push(
        (
          (
            await api('POST', '/api/v1/messages', { from: 'ann@example.com', to: [to], message: 'Subject: x\n\ny\n' })
          ).json() as {
            id: number;
          }
        ).id,
      );
    const page = (await api('GET', '/api/v1/queue?limit=2')).json();
    const rest = (await api('GET', `/api/v1/queue?limit=2&cursor=${String(page['next'])}`)).json();
    const seen = [page, rest].flatMap(({ items }) => (items as { id: number }[]).map(({ id }) => id));
    assert.deepEqual(seen, ids);
    assert.equal(rest['next'], null);
    const of = async (query: string) =>
      ((await api('GET', `/api/v1/queue?${query}`)).json()['items'] as unknown[]).length;
    assert.equal(await of('destination=A.example'), 2);
    assert.equal(await of('recipient=c@b.example'), 1);
    assert.equal(await of('state=held'), 0);
    assert.deepEqual((await api('POST', '/api/v1/queue/hold', { destination: 'a.example' })).json(), { recipients: 2 });
    assert.equal(await of('state=held&state=delivered'), 2);
    assert.deepEqual((await api('POST', '/api/v1/queue/release', { ids: [ids[0]] })).json(), { recipients: 1 });
    assert.deepEqual((await api('POST', '/api/v1/queue/delete', { all: true })).json(), { recipients: 3 });
    assert.equal(await of('limit=10'), 0);
    for (const body of [
      {},
      { ids: [], all: true },
      { all: true, destination: 'a.example' },
      { all: false },
      { destination: '@@' },
      { ids: ['1'], x: 1 },
    ])
      assert.equal((await api('POST', '/api/v1/queue/delete', body)).status, 400, JSON.stringify(body));
    assert.equal((await api('POST', '/api/v1/queue/explode', { all: true })).status, 400);
    assert.equal((await api('POST', '/api/v1/queue/delivernow', { all: true })).status, 200);
    assert.equal((await api('POST', '/api/v1/queue/delivernow', { destination: 'a.example' })).status, 200);
    assert.equal((await api('POST', '/api/v1/queue/delivernow', { ids: [1] })).status, 400);
    assert.equal((await api('GET', '/api/v1/queue?cursor=nonsense')).status, 400);
    assert.equal((await api('GET', '/api/v1/hosts')).json()['format'], 'tlsreach.tophosts/1');
    assert.equal((await api('GET', '/api/v1/hosts/never.example')).json()['state'], 'unknown');
    assert.equal((await api('GET', '/api/v1/hosts/@')).status, 400);
    const log = (await api('GET', '/api/v1/log?recipient=a@a.example')).json()['items'] as { event: string }[];
    assert.ok(log.length === 0 || log[0]?.event === 'message-queued');
    assert.equal((await api('GET', '/api/v1/log?since=yesterday')).status, 400);
    const monitor = { authorization: `Bearer ${await token('monitor')}` };
    assert.equal((await api('GET', '/api/v1/queue', undefined, monitor)).status, 200);
    assert.equal((await api('POST', '/api/v1/queue/delete', { all: true }, monitor)).status, 403);
    assert.equal((await api('POST', '/api/v1/messages', {}, monitor)).status, 403);
    const whats = (await stage.house.accounts.audit(50)).map(({ what }) => what);
    for (const what of ['queue.hold', 'queue.release', 'queue.delete', 'queue.delivernow'])
      assert.ok(whats.includes(what));
  } finally {
    await stage.close();
  }
});

test('the description of the API has every endpoint of the operator, with the ranges of the settings (R64)', async () => {
  const stage = await openAppliance();
  try {
    const description = JSON.parse((await stage.server.inject({ url: '/openapi.json' })).body);
    for (const path of [
      'destinations/{name}',
      'config/commit',
      'config/rollback',
      'bounce-profiles/{name}',
      'smtp-routes',
      'config/alerts',
      'messages',
      'messages/{id}',
      'queue',
      'queue/{action}',
      'hosts/{destination}',
      'log',
    ])
      assert.ok(description.paths[`/api/v1/${path}`], path);
    const put = description.paths['/api/v1/destinations/{name}'].put;
    const schema = put.requestBody.content['application/json'].schema;
    assert.equal(schema.additionalProperties, false);
    assert.match(JSON.stringify(schema.properties.maxConcurrency), /"maximum":1000/);
    assert.ok(description.paths['/api/v1/messages'].post.requestBody.content['message/rfc822']);
  } finally {
    await stage.close();
  }
});
