import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAppliance } from './appliance-stage.ts';

test('a destination is pending until it is committed, and a rollback takes it back (R127)', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const made = await api('POST', '/api/v1/destinations', { domain: 'Partner.Example', tls: 'required-verify' });
    assert.equal(made.status, 201, made.body);
    assert.equal(made.headers['location'], '/api/v1/destinations/partner.example');
    assert.equal(made.json()['tls'], 'required-verify');
    assert.equal(made.json()['maxConcurrency'], 'default');
    const inForce = () => stage.installation.followed.delivery.controlsFor('partner.example').tls;
    assert.equal(inForce(), 'no');
    assert.equal((await api('GET', '/api/v1/destinations/partner.example?state=committed')).status, 404);
    const changes = (await api('GET', '/api/v1/config/changes')).json()['items'] as readonly { place: string }[];
    assert.deepEqual(
      changes.map(({ place }) => place),
      ['destinations.entries[partner.example]'],
    );
    const committed = await api('POST', '/api/v1/config/commit', { comment: 'they want TLS' });
    assert.equal(committed.status, 200, committed.body);
    assert.deepEqual(committed.json(), { revision: 1, pending: false, tag: '1.-' });
    assert.equal(inForce(), 'required-verify', 'the running delivery follows');
    const effective = (await api('GET', '/api/v1/destinations/partner.example/effective')).json();
    assert.equal(effective['entry'], 'partner.example');
    assert.equal((effective['controls'] as { tls: string }).tls, 'required-verify');
    assert.ok((effective['inherited'] as string[]).includes('maxConcurrency'));
    assert.ok(!(effective['inherited'] as string[]).includes('tls'));
    const back = await api('POST', '/api/v1/config/rollback', { revision: 0, comment: 'never mind' });
    assert.equal(back.json()['revision'], 2);
    assert.equal(inForce(), 'no');
    const history = (await api('GET', '/api/v1/config/history?limit=1')).json();
    assert.equal((history['items'] as { author: string }[])[0]?.author, 'olga (token script)');
    assert.equal(history['next'], '2');
    const rest = (await api('GET', '/api/v1/config/history?cursor=2')).json();
    assert.equal((rest['items'] as { comment: string }[])[0]?.comment, 'they want TLS');
    assert.equal(rest['next'], null);
    const audit = (await stage.house.accounts.audit(20)).map(({ what }) => what);
    for (const what of ['destination.created', 'configuration.committed', 'configuration.rolled-back'])
      assert.ok(audit.includes(what), what);
  } finally {
    await stage.close();
  }
});

test('who writes over a state that is no longer the newest changes nothing', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const before = (await api('GET', '/api/v1/destinations')).headers['etag'] as string;
    const first = await api('PUT', '/api/v1/destinations/a.example', { tls: 'required' }, { 'if-match': before });
    assert.equal(first.status, 201, first.body);
    const late = await api('PUT', '/api/v1/destinations/a.example', { tls: 'no' }, { 'if-match': before });
    assert.equal(late.status, 412, late.body);
    assert.equal(late.json()['type'], '/problems/precondition-failed');
    assert.equal((await api('GET', '/api/v1/destinations/a.example')).json()['tls'], 'required');
    const now = first.headers['etag'] as string;
    assert.notEqual(now, before);
    const second = await api('PUT', '/api/v1/destinations/a.example', { tls: 'preferred' }, { 'if-match': now });
    assert.equal(second.status, 200, second.body);
    assert.equal((await api('DELETE', '/api/v1/destinations/a.example', undefined, { 'if-match': now })).status, 412);
    assert.equal((await api('POST', '/api/v1/config/commit', {}, { 'if-match': now })).status, 412);
    assert.equal((await api('DELETE', '/api/v1/destinations/a.example')).status, 204);
    assert.equal((await api('DELETE', '/api/v1/destinations/a.example')).status, 404);
    assert.equal((await api('POST', '/api/v1/config/clear')).json()['pending'], false);
    assert.equal((await api('POST', '/api/v1/config/clear')).status, 409);
    assert.equal((await api('POST', '/api/v1/config/commit', {})).status, 409);
  } finally {
    await stage.close();
  }
});

test('a value outside its range, a field that is not known and a name that is none are refused with what may stand (R64)', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ maxConcurrency: 0 }, /from 1 to 1,000/],
      [{ maxConcurrency: 1_001 }, /from 1 to 1,000/],
      [{ maxMessagesPerConnection: 1_001 }, /from 1 to 1,000/],
      [{ recipientLimit: 1_000_000_001 }, /from 0 to 1,000,000,000/],
      [{ recipientMinutes: 61 }, /from 1 to 60/],
      [{ recipientMinutes: 0 }, /from 1 to 60/],
      [{ tls: 'perhaps' }, /required-verify-hosted/],
      [{ colour: 'green' }, /is not known here/],
      [{ bounceProfile: 'Nobody' }, /there is no bounce profile/],
      [{ maxConcurrency: '5' }, /from 1 to 1,000/],
      [{ domain: 'other.example' }, /another one than that of the path/],
    ];
    for (const [body, said] of cases) {
      const answer = await api('PUT', '/api/v1/destinations/a.example', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body, said);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
    }
    assert.equal((await api('PUT', '/api/v1/destinations/not%20a%20name', {})).status, 400);
    assert.equal((await api('POST', '/api/v1/destinations', { tls: 'no' })).status, 400);
    for (const body of [[], '"x"', 'null', '{'])
      assert.equal(
        (await api('PUT', '/api/v1/destinations/a.example', body, { 'content-type': 'application/json' })).status,
        400,
      );
    const proto = '{"__proto__":{"tls":"no"}}';
    assert.equal(
      (await api('PUT', '/api/v1/destinations/a.example', proto, { 'content-type': 'application/json' })).status,
      400,
    );
    assert.deepEqual((await api('GET', '/api/v1/destinations')).json(), { items: [], next: null });
  } finally {
    await stage.close();
  }
});

test('a table is read page by page, and filtered', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    for (const domain of ['d.example', 'a.example', 'c.test', 'b.example', '[192.0.2.1]'])
      assert.equal((await api('POST', '/api/v1/destinations', { domain })).status, 201);
    assert.equal((await api('POST', '/api/v1/destinations', { domain: 'A.example' })).status, 409);
    const seen: string[] = [];
    let cursor: unknown = null;
    do {
      const page = (
        await api('GET', `/api/v1/destinations?limit=2${cursor === null ? '' : `&cursor=${String(cursor)}`}`)
      ).json();
      seen.push(...(page['items'] as { domain: string }[]).map(({ domain }) => domain));
      cursor = page['next'];
    } while (cursor !== null);
    assert.deepEqual(seen, ['[192.0.2.1]', 'a.example', 'b.example', 'c.test', 'd.example']);
    const filtered = (await api('GET', '/api/v1/destinations?filter=TEST')).json()['items'] as { domain: string }[];
    assert.deepEqual(
      filtered.map(({ domain }) => domain),
      ['c.test'],
    );
    assert.equal((await api('GET', '/api/v1/destinations?limit=0')).status, 400);
    assert.equal((await api('GET', '/api/v1/destinations?nonsense=1')).status, 400);
  } finally {
    await stage.close();
  }
});

test('profiles, routes, interfaces, recipients of alerts and the sections are written the same way', async () => {
  const stage = await openAppliance();
  try {
    const { api } = stage;
    const rows: readonly (readonly [string, object])[] = [
      ['bounce-profiles/Patient', { maxRetries: 200 }],
      ['smtp-routes/.partner.example', { targets: [{ kind: 'host', host: 'relay.example', port: 26 }] }],
      ['interfaces/Data%201', { heloName: 'out1.example.com' }],
      ['alert-recipients/ops@example.com', { severities: ['critical'] }],
    ];
    for (const [path, body] of rows) {
      const put = await api('PUT', `/api/v1/${path}`, body);
      assert.equal(put.status, 201, put.body);
      assert.equal((await api('GET', `/api/v1/${path}`)).status, 200);
      assert.equal((await api('PUT', `/api/v1/${path}`, { nonsense: 1 })).status, 400);
      assert.equal((await api('DELETE', `/api/v1/${path}`)).status, 204);
    }
    assert.equal((await api('DELETE', '/api/v1/bounce-profiles/Default')).status, 400, 'the default stays');
    const sections: readonly (readonly [string, object])[] = [
      ['default-destination', { tls: 'preferred' }],
      ['global', { requiredTlsAlert: true }],
      ['delivery', { hostDownSeconds: 120 }],
      ['alerts', { initialIntervalSeconds: 600 }],
    ];
    for (const [path, body] of sections) {
      const put = await api('PUT', `/api/v1/config/${path}`, body);
      assert.equal(put.status, 200, put.body);
      assert.deepEqual({ ...put.json(), ...body }, put.json());
      assert.equal((await api('PUT', `/api/v1/config/${path}`, { nonsense: 1 })).status, 400);
    }
    const document = (await api('GET', '/api/v1/config')).json()['document'] as { destinations: { default: object } };
    assert.equal((document.destinations.default as { tls: string }).tls, 'preferred');
    const table = await api('GET', '/api/v1/destination-table');
    assert.match(table.body, /^\[DEFAULT\]\n/);
    const text = { 'content-type': 'text/plain' };
    const more = `${table.body}\n[new.example]\ntable_tls = required\n`;
    assert.equal((await api('PUT', '/api/v1/destination-table', more, text)).status, 200);
    const wrong = await api('PUT', '/api/v1/destination-table', `${table.body}\n[x.example]\ntable_tls = 9\n`, text);
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /table_tls/);
    assert.equal((await api('GET', '/api/v1/destinations/new.example')).json()['tls'], 'required');
  } finally {
    await stage.close();
  }
});

test('a configuration is saved and loaded as a whole; private keys are given to admins alone (R126)', async () => {
  const stage = await openAppliance();
  try {
    const { api, house } = stage;
    await api('PUT', '/api/v1/destinations/a.example', { tls: 'required' });
    await api('POST', '/api/v1/config/commit', {});
    const masked = await api('GET', '/api/v1/config/file');
    assert.equal(masked.json()['secrets'], 'masked');
    assert.equal((await api('POST', '/api/v1/config/load', masked.json())).status, 400);
    assert.equal((await api('GET', '/api/v1/config/file?secrets=included')).status, 403);
    await house.accounts.grant('system', 'ada', 'admin');
    const token = await house.accounts.createToken('ada', 'backup', ['config']);
    const whole = await api('GET', '/api/v1/config/file?secrets=included', undefined, {
      authorization: `Bearer ${token}`,
    });
    assert.equal(whole.status, 200, whole.body);
    await api('DELETE', '/api/v1/destinations/a.example');
    const loaded = await api('POST', '/api/v1/config/load', whole.json());
    assert.equal(loaded.status, 200, loaded.body);
    assert.equal((await api('GET', '/api/v1/destinations/a.example')).json()['tls'], 'required');
    assert.equal((await api('POST', '/api/v1/config/load', { format: 'other/1' })).status, 400);
  } finally {
    await stage.close();
  }
});

test('no token, a token without the scope, and a token whose owner may only look change nothing', async () => {
  const stage = await openAppliance();
  try {
    const { api, token, house } = stage;
    const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
    const paths = ['/api/v1/destinations', '/api/v1/config', '/api/v1/config/history', '/api/v1/destination-table'];
    for (const url of paths) {
      assert.equal((await stage.server.inject({ url })).statusCode, 401, url);
      assert.equal((await api('GET', url, undefined, bearer(await token('probe', 'send')))).status, 403, url);
      assert.equal((await api('GET', url, undefined, bearer(await token('config')))).status, 200, url);
    }
    const person = await stage.person('admin');
    const withCookie = await stage.server.inject({ url: '/api/v1/config', headers: { cookie: person.cookie } });
    assert.equal(withCookie.statusCode, 401, 'the API knows tokens alone');
    const kept = await token('config');
    await house.accounts.grant('system', 'olga', 'viewer');
    assert.equal((await api('GET', '/api/v1/config', undefined, bearer(kept))).status, 403);
  } finally {
    await stage.close();
  }
});
