import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/installation.ts';
import { startMailSink } from '../support/mail-sink.ts';
import { openAppliance } from './appliance-stage.ts';

const EVERY_PAGE = [
  '/overview',
  '/destinations',
  '/changes',
  '/changes/history',
  '/queue',
  '/queue/destination?name=example.com',
  '/queue?filter=x',
  '/queue/held',
  '/destinations/show?domain=example.com',
  '/settings/smtp-routes/export',
  '/log',
  '/monitors',
  '/settings',
  '/settings/bounce-profiles',
  '/settings/smtp-routes',
  '/settings/interfaces',
  '/settings/alert-recipients',
  '/certificates',
  '/certificates/entry?name=Demo',
  '/certificates/authorities',
  '/settings/dkim-keys',
  '/settings/bounce-keys',
  '/destinations/simulate?domain=example.com',
  '/destinations/export',
  '/settings/file/masked',
  '/settings/delivery',
  '/settings/alerts',
  '/settings/file',
];
const FORMS = [
  '/destinations/new',
  '/destinations/default',
  '/destinations/global',
  '/destinations/import',
  '/monitors/new',
  '/settings/bounce-profiles/new',
  '/settings/bounce-profiles/edit?name=Default',
  '/settings/smtp-routes/new',
  '/settings/smtp-routes/import',
  '/queue/new',
  '/settings/interfaces/new',
  '/settings/alert-recipients/new',
  '/certificates/new',
  '/changes/discard',
  '/queue/confirm?all=yes',
];
const ALLOWED_POSTS: readonly (readonly [string, Record<string, string>])[] = [
  ['/destinations/save', { domain: 'x.example' }],
  ['/destinations/delete', { domain: 'x.example' }],
  ['/destinations/default', { tls: 'required' }],
  ['/destinations/global', {}],
  ['/destinations/import', { table: '[DEFAULT]' }],
  ['/changes/commit', {}],
  ['/changes/discard', {}],
  ['/changes/rollback', { revision: '0' }],
  ['/queue/act', { action: 'delete', all: 'yes' }],
  ['/queue/new', { from: 'a@a.example', to: 'b@b.example' }],
  ['/settings/smtp-routes/import', { table: 'a.example b.example' }],
  ['/monitors/save', { name: 'X', targets: 'x.example' }],
  ['/monitors/run', { name: 'X' }],
  ['/monitors/delete', { name: 'X' }],
  ['/settings/bounce-profiles/save', { name: 'X' }],
  ['/settings/bounce-profiles/delete', { name: 'X' }],
  ['/certificates/new', { name: 'X' }],
  ['/certificates/import', { name: 'X' }],
  ['/certificates/sign', { name: 'X' }],
  ['/certificates/use', {}],
  ['/certificates/delete', { name: 'X' }],
  ['/certificates/authorities/switch', {}],
  ['/certificates/authorities/import', { pem: '' }],
  ['/certificates/authorities/delete', { name: 'X' }],
  ['/settings/dkim-keys/new', { domain: 'x.example', selector: 's', key: 'ed25519' }],
  ['/settings/dkim-keys/delete', { name: 'X' }],
  ['/settings/bounce-keys/new', {}],
  ['/settings/bounce-keys/purge', {}],
  ['/settings/bounce-keys/setup', { untagged: 'accept' }],
  ['/settings/bounce-keys/delete', { name: '0' }],
  ['/settings/delivery', {}],
  ['/settings/file/load', { file: '{}' }],
];

test('a viewer sees every page and changes nothing; a stranger sees none; every form is guarded', async () => {
  const stage = await openAppliance();
  try {
    const viewer = await stage.person('viewer');
    const operator = await stage.person('operator');
    const admin = await stage.person('admin');
    for (const url of [...EVERY_PAGE, ...FORMS, '/settings/audit']) {
      const stranger = await stage.server.inject({ url, headers: { accept: 'text/html' } });
      assert.equal(stranger.statusCode, 303, url);
      assert.equal(stranger.headers.location, `/sign-in?to=${encodeURIComponent(url)}`);
    }
    for (const url of EVERY_PAGE) {
      const page = await viewer.get(url);
      assert.equal(page.status, 200, `${url}: ${page.body.slice(0, 300)}`);
      assert.doesNotMatch(page.body, /undefined|\[object/, url);
      assert.doesNotMatch(page.body, /<main[\s\S]*<button type="submit">(Submit|Commit|Send)/, `${url} is for looking`);
    }
    for (const url of FORMS) {
      assert.equal((await viewer.get(url)).status, 403, url);
      const page = await operator.get(url);
      assert.equal(page.status, 200, `${url}: ${page.body.slice(0, 300)}`);
      assert.doesNotMatch(page.body, /undefined|\[object/, url);
    }
    assert.equal((await operator.get('/settings/audit')).status, 403);
    assert.equal((await admin.get('/settings/audit')).status, 200);
    assert.equal((await operator.post('/settings/file/whole', {})).status, 403);
    assert.match((await admin.post('/settings/file/whole', {})).body, /"secrets": "included"/);
    for (const [url, fields] of ALLOWED_POSTS) {
      assert.equal((await viewer.post(url, fields)).status, 403, url);
      assert.equal((await operator.post(url, { ...fields, csrf: 'wrong' })).status, 403, `${url} without its token`);
      const foreign = await stage.server.inject({
        method: 'POST',
        url,
        headers: {
          cookie: operator.cookie,
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'cross-site',
        },
        payload: new URLSearchParams(fields).toString(),
      });
      assert.equal(foreign.statusCode, 403, `${url} from elsewhere`);
    }
    const state = await stage.installation.configuration.newest();
    assert.ok(state.ok && !state.value.isPending && state.value.revision === 0, 'nothing was changed');
  } finally {
    await stage.close();
  }
});

test('a destination by its form: refused with the range, submitted, reviewed, committed, followed, rolled back (R75, R64, R127)', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const inForce = () => stage.installation.followed.delivery.controlsFor('partner.example');
    const form = (await olga.get('/destinations/new')).body;
    const order = ['name="domain"', 'name="ipPreference"', 'name="maxConcurrency"', 'name="maxMessagesPerConnection"'];
    order.push('name="recipientLimit"', 'name="limitType"', 'name="limitApply"', 'name="tls"');
    order.push('name="bounceVerification"', 'name="bounceProfile"');
    const places = order.map((name) => form.indexOf(name));
    assert.ok(
      places.every((place, index) => place > (places[index - 1] ?? 0)),
      'the fields in their order',
    );
    for (const note of [
      /between 1 and 1,000/,
      /between 0 and 1,000,000,000/,
      /Demo/,
      /recommended if virtual gateways/,
    ])
      assert.match(form, note);
    assert.match(form, /Use default \(500\)/);
    assert.match(form, />Cancel</);
    assert.match(form, />Submit</);

    const fields = {
      domain: 'Partner.Example',
      tls: 'required-verify',
      'maxConcurrency-use': 'own',
      maxConcurrency: '1001',
      'recipientLimit-use': 'own',
      recipientLimit: '300',
      recipientMinutes: '61',
      bounceVerification: 'true',
    };
    const refused = await olga.post('/destinations/save', fields);
    assert.equal(refused.status, 400);
    assert.match(refused.body, /id="fault-maxConcurrency"[\s\S]*from 1 to 1,000/);
    assert.match(refused.body, /id="fault-recipientMinutes"[\s\S]*from 1 to 60/);
    assert.match(refused.body, /value="1001"/, 'what was typed is still there');
    const tag = /name="tag" value="([^"]*)"/.exec(refused.body)?.[1] ?? '';
    const good = { ...fields, maxConcurrency: '20', recipientMinutes: '60', tag };
    const saved = await olga.post('/destinations/save', good);
    assert.equal(saved.status, 303, saved.body.slice(0, 500));
    assert.equal(inForce().tls, 'no', 'nothing takes effect before the commit');
    const list = (await olga.get('/destinations')).body;
    assert.match(list, /partner\.example/);
    assert.match(list, /300 per 60 minutes/);
    assert.match(list, /class="inherited"/);
    assert.match(list, /Changes not committed: 1/);

    const late = await olga.post('/destinations/save', { ...good, old: 'partner.example', tls: 'no' });
    assert.equal(late.status, 400);
    assert.match(late.body, /Somebody else changed the configuration/);
    assert.equal((await olga.post('/destinations/save', { ...good, tag: '' })).status, 400, 'it is there already');

    const review = (await olga.get('/changes')).body;
    assert.match(review, /partner\.example/);
    assert.match(review, /required-verify/);
    const reviewed = /name="tag" value="([^"]*)"/.exec(review)?.[1] ?? '';
    const committed = await olga.post('/changes/commit', { comment: 'they <b>want</b> it', tag: reviewed });
    assert.equal(committed.headers['location'], '/changes/history?done=committed&revision=1');
    assert.equal(inForce().tls, 'required-verify');
    assert.equal(inForce().maxConcurrency, 20);
    const history = (await olga.get('/changes/history')).body;
    assert.match(history, /they &lt;b&gt;want&lt;\/b&gt; it/);
    assert.match(history, new RegExp(olga.name));

    await olga.post('/destinations/delete', { domain: 'partner.example' });
    assert.match((await olga.get('/changes/history/0')).body, /would lose them/);
    assert.equal((await olga.post('/changes/rollback', { revision: '0' })).status, 409);
    await olga.post('/changes/discard', {});
    const back = await olga.post('/changes/rollback', { revision: '0', comment: 'never mind' });
    assert.equal(back.headers['location'], '/changes/history?done=committed&revision=2');
    assert.equal(inForce().tls, 'no');
    assert.equal((await olga.get('/changes/history/99')).status, 404);
  } finally {
    await stage.close();
  }
});

test('profiles, routes, interfaces and alerts by their forms', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const document = async () => {
      const newest = await stage.installation.configuration.newest();
      assert.ok(newest.ok);
      return newest.value.document;
    };
    const profile = {
      name: 'Patient',
      maxRetries: '200',
      maxQueueSeconds: '604800',
      initialRetrySeconds: '60',
      maxRetrySeconds: '3600',
      delayWarningSeconds: '14400',
      maxDelayWarnings: '1',
      maxBounceCopy: '10240',
      sendHardBounces: 'on',
    };
    const wrong = await olga.post('/settings/bounce-profiles/save', { ...profile, maxRetries: '10001' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /id="fault-maxRetries"[\s\S]*from 0 to 10,000/);
    assert.equal((await olga.post('/settings/bounce-profiles/save', profile)).status, 303);
    const made = (await document()).bounceProfiles.find(({ name }) => name === 'Patient');
    assert.equal(made?.maxRetries, 200);
    assert.equal(made?.sendHardBounces, true);
    assert.equal(made?.bounceTo, null);
    assert.equal(
      (await olga.post('/settings/bounce-profiles/save', { ...profile, old: 'Patient', maxRetries: '9' })).status,
      303,
    );
    assert.equal((await document()).bounceProfiles.find(({ name }) => name === 'Patient')?.maxRetries, 9);
    assert.equal((await olga.post('/settings/bounce-profiles/delete', { name: 'Default' })).status, 409);
    assert.equal((await olga.post('/settings/bounce-profiles/delete', { name: 'Patient' })).status, 303);

    const route = { domain: '.partner.example', targets: 'relay.example:26/pri=5, USEDNS/pri=10' };
    assert.equal((await olga.post('/settings/smtp-routes/save', route)).status, 303);
    assert.deepEqual((await document()).smtpRoutes, [
      {
        domain: '.partner.example',
        targets: [
          { kind: 'host', host: 'relay.example', port: 26, priority: 5 },
          { kind: 'use-dns', priority: 10 },
        ],
      },
    ]);
    assert.match((await olga.get('/settings/smtp-routes')).body, /relay\.example:26\/pri=5, USEDNS\/pri=10/);
    const bad = await olga.post('/settings/smtp-routes/save', { domain: 'x.example', targets: 'relay.example:0' });
    assert.equal(bad.status, 400);
    assert.match(bad.body, /value="relay\.example:0"/);

    const alert = { address: 'ops@example.com', classes: ['delivery', 'system'], severities: 'critical' };
    assert.equal((await olga.post('/settings/alert-recipients/save', alert)).status, 303);
    assert.deepEqual((await document()).alerts.recipients, [
      { address: 'ops@example.com', classes: ['delivery', 'system'], severities: ['critical'] },
    ]);
    const gateway = { name: 'Data 1', sourceAddress: '', heloName: 'out1.example.com' };
    assert.equal((await olga.post('/settings/interfaces/save', gateway)).status, 303);
    const delivery = await olga.get('/settings/delivery');
    assert.match(delivery.body, /<option value="Data 1"/);
    const typed = Object.fromEntries(
      [...delivery.body.matchAll(/<input id="f-\w+" type="text"[^>]*? name="(\w+)" value="(\d+)"/g)].map(
        ([, name, value]) => [name, value ?? ''],
      ),
    );
    assert.equal(
      (await olga.post('/settings/delivery', { ...typed, hostDownSeconds: '120', defaultGateway: 'Data 1' })).status,
      303,
    );
    assert.equal((await document()).delivery.hostDownSeconds, 120);
    assert.equal((await document()).delivery.timeouts.connect, 60);
    assert.equal((await document()).delivery.gateways.length, 1, 'what has a form of its own stays');
    const table = (await olga.get('/destinations/export')).body;
    assert.equal(
      (await olga.post('/destinations/import', { table: `${table}\n[a.example]\ntable_tls = 9\n` })).status,
      400,
    );
    assert.equal(
      (await olga.post('/destinations/import', { table: `${table}\n[a.example]\ntable_tls = required\n` })).status,
      303,
    );
    assert.equal((await document()).destinations.entries[0]?.tls, 'required');
  } finally {
    await stage.close();
  }
});

test('mail over the API, its story, and the queue by hand; what servers and senders write stays text', async () => {
  const sink = await startMailSink({
    rcpt: (address) => (address.startsWith('late') ? '451 4.7.1 <img src=x onerror=alert(1)> later' : '250 2.1.5 ok'),
  });
  const stage = await openAppliance({ deliver: true });
  try {
    const { api } = stage;
    const route = { targets: [{ kind: 'host', host: '127.0.0.1', port: sink.port }] };
    assert.equal((await api('PUT', '/api/v1/smtp-routes/ALL', route)).status, 201);
    assert.equal((await api('POST', '/api/v1/config/commit', { comment: 'all to the sink' })).status, 200);
    const mail = 'Subject: <script>alert(1)</script>\r\n\r\nhello\r\n';
    const sent = await api('POST', '/api/v1/messages', {
      from: 'ann@example.com',
      to: ['bob@a.example', 'late@b.example'],
      message: mail,
    });
    assert.equal(sent.status, 202, sent.body);
    const { id } = sent.json() as { id: number };
    type Told = {
      recipients: { state: string; reply: string | null; nextAttemptAt: string | null; channel: string }[];
    };
    const told = async () => (await api('GET', `/api/v1/messages/${id}`)).json() as unknown as Told;
    assert.ok(await until(async () => (await told()).recipients.map(({ reply }) => reply).every(Boolean), 20_000));
    const [bob, late] = (await told()).recipients;
    assert.equal(bob?.state, 'delivered');
    assert.equal(bob?.channel, 'clear');
    assert.equal(late?.state, 'queued');
    assert.match(late?.reply ?? '', /451/);
    assert.ok(late?.nextAttemptAt);

    const olga = await stage.person('operator');
    for (const url of [
      '/queue',
      '/queue/destination?name=b.example',
      `/queue/messages/${id}?body=shown`,
      '/log?recipient=late',
      '/overview',
    ]) {
      const { body, status } = await olga.get(url);
      assert.equal(status, 200, url);
      assert.doesNotMatch(body, /<script>alert|<img src=x/, url);
    }
    assert.ok(
      await until(async () => /451-?.*&lt;img/.test((await olga.get(`/queue/messages/${id}`)).body), 10_000),
      'the log tells it, escaped',
    );
    const story = (await olga.get(`/queue/messages/${id}`)).body;
    assert.match(story, /&lt;script&gt;/);
    assert.match(story, /late@b\.example/);
    const viewer = await stage.person('viewer');
    assert.doesNotMatch(
      (await viewer.get(`/queue/messages/${id}?body=shown`)).body,
      /hello/,
      'texts are for operators',
    );
    assert.match((await olga.get(`/queue/messages/${id}?body=shown`)).body, /hello/);
    assert.ok(
      (await stage.house.accounts.audit(50)).some(({ what }) => what === 'message.read'),
      'and on record',
    );
    const found = (await api('GET', '/api/v1/log?recipient=late@b.example')).json();
    assert.ok((found['items'] as { event: string }[]).some(({ event }) => event === 'delayed'));
    assert.match((await olga.get('/log?text=nothing-like-this')).body, /Nothing in the log matches/);

    const held = await olga.post('/queue/act', { action: 'hold', mid: String(id) });
    assert.match(String(held.headers['location']), /done=hold&count=1&mid=/);
    assert.match((await olga.get(String(held.headers['location']))).body, /Undo/);
    assert.equal((await told()).recipients[1]?.state, 'held');
    await olga.post('/queue/act', { action: 'release', mid: String(id) });
    assert.equal((await told()).recipients[1]?.state, 'queued');
    assert.match((await olga.get(`/queue/confirm?mid=${id}`)).body, /cannot be undone/);
    assert.equal((await olga.post('/queue/act', { action: 'delete', mid: String(id), all: 'yes' })).status, 400);
    assert.equal((await olga.post('/queue/act', { action: 'explode', all: 'yes' })).status, 400);
    await olga.post('/queue/act', { action: 'delete', mid: String(id) });
    assert.equal((await told()).recipients[1]?.state, 'deleted');
    assert.equal((await olga.get('/queue/messages/99999')).status, 404);
    assert.equal((await olga.get('/queue/messages/x')).status, 404);
    const simulated = (await olga.get('/destinations/simulate?domain=a.example')).body;
    assert.match(simulated, /Of 1 sessions in the log/);
    assert.ok(
      (await stage.house.accounts.audit(50)).some(
        ({ what, detail }) => what === 'queue.delete' && detail.includes(String(id)),
      ),
    );
  } finally {
    await stage.close();
    await sink.stop();
  }
});

test('a test result proposes an entry, and the form says what each mode would do', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const asked = await stage.jobs.ask(
      { target: 'partner.example', options: {}, fresh: true },
      { key: 'x', anonymous: false },
    );
    assert.ok(asked.ok);
    await stage.jobs.settled(asked.value.job, 5_000);
    const result = (await olga.get(`/probes/${asked.value.job.id}`)).body;
    const link = /href="(\/destinations\/new\?domain=partner\.example&amp;tls=[a-z-]+)"/.exec(result)?.[1] ?? '';
    assert.notEqual(link, '', 'an operator sees the proposal');
    const viewer = await stage.person('viewer');
    assert.doesNotMatch((await viewer.get(`/probes/${asked.value.job.id}`)).body, /destinations\/new/);
    const form = (await olga.get(link.replaceAll('&amp;', '&'))).body;
    const chosen = /name="tls" value="([a-z-]+)" checked/.exec(form)?.[1];
    assert.equal(chosen, /tls=([a-z-]+)/.exec(link)?.[1]);
    assert.match(form, /value="partner\.example"/);
    assert.match(form, /→ go encrypted/);
    assert.match((await olga.get('/destinations/simulate?domain=partner.example')).body, /go encrypted/);
  } finally {
    await stage.close();
  }
});

test('names that would be markup are refused or escaped wherever they are typed', async () => {
  const stage = await openAppliance();
  try {
    const olga = await stage.person('operator');
    const evil = '"><script>alert(1)</script>`';
    for (const [url, fields] of [
      ['/destinations/save', { domain: evil }],
      ['/destinations/import', { table: `[${evil}]` }],
      ['/settings/bounce-profiles/save', { name: evil }],
      ['/settings/smtp-routes/save', { domain: evil, targets: evil }],
      ['/settings/alert-recipients/save', { address: evil }],
      ['/settings/file/load', { file: evil }],
      ['/certificates/new', { name: evil, commonName: evil, names: evil, country: evil }],
      ['/certificates/import', { name: evil, pem: evil }],
      ['/certificates/authorities/import', { pem: evil }],
      ['/settings/dkim-keys/new', { domain: evil, selector: evil, key: 'ed25519' }],
    ] as const) {
      const answer = await olga.post(url, fields);
      assert.equal(answer.status, 400, url);
      assert.doesNotMatch(answer.body, /<script>alert/, url);
    }
    for (const url of [
      '/destinations?filter=',
      '/log?text=',
      '/queue/destination?name=',
      '/destinations/simulate?domain=',
      '/destinations/edit?domain=',
      '/settings/bounce-profiles/delete?name=',
      '/settings/smtp-routes?filter=',
      '/certificates/entry?name=',
      '/certificates/delete?name=',
      '/settings/dkim-keys/delete?name=',
      '/settings/dkim-keys?ask=',
    ])
      assert.doesNotMatch((await olga.get(`${url}${encodeURIComponent(evil)}`)).body, /<script>alert/, url);
  } finally {
    await stage.close();
  }
});
