import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { test } from 'node:test';
import { memoryAccounts } from '../../src/config/account-store.ts';
import { localPage } from '../../src/http/operator.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { openWeb, type WebStage } from './web-stage.ts';

const form = (web: WebStage, url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  web.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
    payload: new URLSearchParams(fields).toString(),
  });

async function signIn(web: WebStage, name: string, password: string): Promise<string> {
  const answer = await form(web, '/sign-in', { name, password });
  assert.equal(answer.statusCode, 303, answer.body.slice(0, 300));
  const cookie = String(answer.headers['set-cookie']);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  return cookie.split(';')[0] ?? '';
}

const csrfIn = (body: string): string => /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? '';

test('from the one-time password to a password, a token and a colleague; all of it on record', async () => {
  const store = memoryAccounts();
  const web = await openWeb({ accounts: store });
  try {
    let cookie = await signIn(web, 'admin', web.password);
    const first = await web.server.inject({ url: '/account', headers: { cookie } });
    assert.doesNotMatch(first.body, /account\/tokens/, 'a password that was given opens nothing but its change');
    const csrf = csrfIn(first.body);
    assert.equal(
      (await form(web, '/account/tokens', { csrf, title: 'x', 'scope-probe': 'on' }, { cookie })).headers.location,
      '/account',
    );
    assert.equal(
      (await form(web, '/account/password', { csrf, old: web.password, chosen: 'short' }, { cookie })).statusCode,
      400,
    );
    assert.equal(
      (await form(web, '/account/password', { csrf, old: 'wrong', chosen: 'long enough for anybody' }, { cookie }))
        .statusCode,
      400,
    );
    assert.equal(
      (await form(web, '/account/password', { old: web.password, chosen: 'long enough for anybody' }, { cookie }))
        .statusCode,
      403,
      'without the token of the form',
    );
    assert.equal(
      (await form(web, '/account/password', { csrf, old: web.password, chosen: 'long enough for anybody' }, { cookie }))
        .statusCode,
      303,
    );
    const made = await form(web, '/account/tokens', { csrf, title: 'nightly <b>', 'scope-probe': 'on' }, { cookie });
    assert.match(made.body, /nightly &lt;b&gt;/);
    const token = /tlsr_[2-9a-z]{40}/.exec(made.body)?.[0] ?? '';
    assert.ok(!JSON.stringify([await store.tokens(), await store.users()]).includes(token), 'kept as a digest alone');
    assert.ok(!JSON.stringify(await store.users()).includes('long enough'));
    const bearer = (value: string) =>
      web.server.inject({
        method: 'POST',
        url: '/api/v1/probes',
        headers: { authorization: `Bearer ${value}` },
        payload: { target: 'ann@example.com', options: { rcpt: true } },
      });
    assert.equal((await bearer(token)).statusCode, 202, 'a token may ask for RCPT');
    assert.equal((await bearer('tlsr_nobody')).statusCode, 401);
    const lost = await form(web, '/account/users', { csrf, name: 'admin', role: 'viewer' }, { cookie });
    assert.equal(lost.statusCode, 400);
    assert.match(lost.body, /the only admin/, 'somebody can still let others in');
    const granted = await form(web, '/account/users', { csrf, name: 'Bea', role: 'viewer' }, { cookie });
    const given = /<code id="secret">([2-9a-z]{20})</.exec(granted.body)?.[1] ?? '';
    const bea = await signIn(web, 'bea', given);
    const hers = csrfIn((await web.server.inject({ url: '/account', headers: { cookie: bea } })).body);
    await form(web, '/account/password', { csrf: hers, old: given, chosen: 'quite another long one' }, { cookie: bea });
    assert.equal(
      (await form(web, '/account/users', { csrf: hers, name: 'eve', role: 'admin' }, { cookie: bea })).statusCode,
      403,
      'a viewer makes nobody an admin',
    );
    assert.equal(
      (await form(web, '/account/tokens', { csrf: hers, title: 'x', 'scope-send': 'on' }, { cookie: bea })).statusCode,
      403,
    );
    assert.deepEqual(
      (await store.users()).map(({ name }) => name),
      ['admin', 'bea'],
    );
    await form(web, '/account/users/remove', { csrf, name: 'bea' }, { cookie });
    assert.equal(
      (await web.server.inject({ url: '/account', headers: { cookie: bea } })).statusCode,
      303,
      'her session is over at once',
    );
    await form(web, '/sign-out', { csrf }, { cookie });
    assert.equal(
      (await web.server.inject({ url: '/account', headers: { cookie } })).headers.location,
      '/sign-in?to=%2Faccount',
    );
    const what = (await store.audit(50)).map((entry) => entry.what);
    for (const expected of ['user.granted', 'sign-in', 'password.changed', 'token.created', 'user.removed'])
      assert.ok(what.includes(expected), expected);
    cookie = '';
  } finally {
    await web.close();
  }
});

test('guessing is slowed down, by name and by client', async () => {
  // A clock that stands still: on a busy machine the hashing alone would take as long as the wait.
  const web = await openWeb({ clock: handWoundClock() });
  try {
    const codes = [];
    for (let turn = 0; turn < 7; turn += 1)
      codes.push((await form(web, '/sign-in', { name: 'admin', password: `guess ${turn}` })).statusCode);
    assert.deepEqual(codes, [403, 403, 403, 403, 403, 429, 429]);
    assert.equal(
      (await form(web, '/sign-in', { name: 'admin', password: web.password })).statusCode,
      429,
      'the right one has to wait, too',
    );
  } finally {
    await web.close();
  }
});

test('guesses of others keep nobody from signing in, and a network of one client is one client', async () => {
  const { web, password } = await cheaply();
  const from = async (address: string, given: string): Promise<number> =>
    (await form(web, '/sign-in', { name: 'admin', password: given }, { 'x-forwarded-for': address })).statusCode;
  try {
    for (let turn = 0; turn < 30; turn += 1) await from('203.0.113.9', 'guess');
    assert.equal(await from('192.0.2.1', password), 303, 'one client guessed as often as it could');
    const codes: number[] = [];
    for (let turn = 1; turn < 8; turn += 1) codes.push(await from(`2001:4860::${turn}`, 'guess'));
    assert.deepEqual(codes, [403, 403, 403, 403, 403, 429, 429], 'a network of /64 is one client');
    // Many clients use up what there is for the name; who has been here before is not kept out by them.
    for (let turn = 1; turn < 20; turn += 1) await from(`203.0.113.${turn + 10}`, 'guess');
    assert.equal(await from('198.51.100.1', password), 429);
    assert.equal(await from('192.0.2.1', password), 303);
  } finally {
    await web.close();
  }
});

test('the old password cannot be guessed from within a session either', async () => {
  const { web, password } = await cheaply();
  try {
    const cookie = await signIn(web, 'admin', password);
    const csrf = csrfIn((await web.server.inject({ url: '/account', headers: { cookie } })).body);
    const change = (old: string) =>
      form(web, '/account/password', { csrf, old, chosen: 'long enough for anybody' }, { cookie });
    const codes: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) codes.push((await change(`guess ${turn}`)).statusCode);
    assert.deepEqual(codes, [400, 400, 400, 400, 400, 429]);
    const late = await change(password);
    assert.equal(late.statusCode, 429, 'the right one has to wait, too');
    assert.match(String(late.headers['retry-after']), /^\d+$/);
  } finally {
    await web.close();
  }
});

/** Behind a proxy, with an admin whose password costs next to nothing to look at: there are many guesses to make. */
async function cheaply(): Promise<{ readonly web: WebStage; readonly password: string }> {
  const accounts = memoryAccounts();
  const password = 'a password of their own';
  const passwordHash = `scrypt:16:8:1:salt:${scryptSync(password, 'salt', 32, { N: 16, r: 8, p: 1 }).toString('base64url')}`;
  await accounts.saveNewUser({ name: 'admin', role: 'admin', passwordHash, mustChange: false, createdAt: 1 });
  // Its clock stands still, so that no guess comes back however slow the machine is.
  return {
    web: await openWeb({ accounts, clock: handWoundClock(), house: { trustedProxies: ['127.0.0.1'] } }),
    password,
  };
}

test('forms of other sites are refused, and the API does not know sessions', async () => {
  const web = await openWeb({ house: { anonymous: false } });
  try {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      assert.equal((await form(web, '/probes', { target: 'a.example' }, headers)).statusCode, 403);
      assert.equal((await form(web, '/sign-in', { name: 'admin', password: web.password }, headers)).statusCode, 403);
    }
    const old = await web.server.inject({
      method: 'POST',
      url: '/sign-in',
      headers: {
        origin: 'https://evil.example',
        host: 'here.example',
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'name=admin',
    });
    assert.equal(old.statusCode, 403, 'a browser that only says the origin');
    const cookie = await signIn(web, 'admin', web.password);
    const api = await web.server.inject({
      method: 'POST',
      url: '/api/v1/probes',
      headers: { cookie },
      payload: { target: 'a.example' },
    });
    assert.equal(api.statusCode, 401);
    assert.equal(api.headers['www-authenticate'], 'Bearer');
    assert.equal((await form(web, '/probes', { target: 'a.example' })).headers.location, '/sign-in');
    assert.deepEqual(web.probed, []);
  } finally {
    await web.close();
  }
});

test('only a page of this web is led back to', () => {
  for (const page of ['/overview', '/log?recipient=a%40b.example&tls=failed', '/queue/messages/7', '/'])
    assert.equal(localPage(page), page);
  for (const [address, page] of [
    ['/a/../queue', '/queue'],
    ['/a/../..//evil.example', null],
    ['//evil.example', null],
    ['/\\evil.example', null],
    ['/\t/evil.example', null],
    ['https://evil.example/', null],
    ['javascript:alert(1)', null],
    ['overview', null],
    ['', null],
    ['/sign-in?to=/sign-in', null],
    ['/sign-out', null],
    ['/ x', null],
    [`/${'x'.repeat(3_000)}`, null],
  ] as const)
    assert.equal(localPage(address), page, address.slice(0, 40));
});

test('who has to sign in comes back to the page that was asked for, past the choice of a password', async () => {
  const web = await openWeb();
  try {
    const asked = '/account?lang=nl';
    const led = await web.server.inject({ url: asked });
    assert.equal(led.headers.location, `/sign-in?to=${encodeURIComponent(asked)}`);
    const late = { host: 'here.example', referer: 'http://here.example/account?lang=es' };
    assert.equal(
      (await form(web, '/account/password', {}, late)).headers.location,
      '/sign-in?to=%2Faccount%3Flang%3Des',
    );
    const foreign = { ...late, referer: 'http://evil.example/account' };
    assert.equal((await form(web, '/account/password', {}, foreign)).headers.location, '/sign-in');
    const page = (await web.server.inject({ url: String(led.headers.location) })).body;
    assert.match(page, /name="to" value="\/account\?lang=nl"/);
    const wrong = await form(web, '/sign-in', { name: 'admin', password: 'wrong', to: asked });
    assert.match(wrong.body, /name="to" value="\/account\?lang=nl"/, 'a slip does not lose it');
    const first = await form(web, '/sign-in', { name: 'admin', password: web.password, to: asked });
    assert.equal(first.headers.location, `/account?to=${encodeURIComponent(asked)}`);
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? '';
    const csrf = csrfIn((await web.server.inject({ url: '/account', headers: { cookie } })).body);
    const chosen = { csrf, old: web.password, chosen: 'long enough for anybody', to: asked };
    assert.equal((await form(web, '/account/password', chosen, { cookie })).headers.location, asked);
    for (const to of ['//evil.example', 'https://evil.example/']) {
      const opened = await form(web, '/sign-in', { name: 'admin', password: 'long enough for anybody', to });
      assert.equal(opened.headers.location, '/account');
      assert.doesNotMatch((await web.server.inject({ url: `/sign-in?to=${encodeURIComponent(to)}` })).body, /evil/);
    }
  } finally {
    await web.close();
  }
});

test('sessions are shown with their end, and end everywhere at once; a new password ends the others', async () => {
  const clock = handWoundClock(Date.parse('2026-11-28T10:00:00Z'));
  const web = await openWeb({ clock });
  try {
    const mine = await signIn(web, 'admin', web.password);
    const get = (cookie: string) => web.server.inject({ url: '/account', headers: { cookie } });
    const csrf = csrfIn((await get(mine)).body);
    const other = await signIn(web, 'admin', web.password);
    const password = 'long enough for anybody';
    await form(web, '/account/password', { csrf, old: web.password, chosen: password }, { cookie: mine });
    assert.equal((await get(other)).statusCode, 303, 'the other session went with the old password');
    const page = (await get(mine)).body;
    assert.match(page, /ends at 2026-11-28 22:00 UTC, or after 2 hours without use/);
    const third = await signIn(web, 'admin', password);
    assert.equal((await get(mine)).body.match(/since 2026-11-28 10:00 UTC/g)?.length, 2);
    const refused = await form(web, '/account/sessions/end', { csrf: 'wrong' }, { cookie: mine });
    assert.equal(refused.statusCode, 403);
    const ended = await form(web, '/account/sessions/end', { csrf }, { cookie: mine });
    assert.equal(ended.headers.location, '/sign-in');
    for (const cookie of [mine, third]) assert.equal((await get(cookie)).statusCode, 303);
  } finally {
    await web.close();
  }
});

test('roles, scopes and last use stand beside what has them', async () => {
  const web = await openWeb();
  try {
    const cookie = await signIn(web, 'admin', web.password);
    const csrf = csrfIn((await web.server.inject({ url: '/account', headers: { cookie } })).body);
    const chosen = { csrf, old: web.password, chosen: 'long enough for anybody' };
    await form(web, '/account/password', chosen, { cookie });
    const none = await form(web, '/account/tokens', { csrf, title: 'nightly' }, { cookie });
    assert.equal(none.statusCode, 400);
    assert.match(none.body, /at least one thing it may do/);
    const made = await form(web, '/account/tokens', { csrf, title: 'nightly', 'scope-probe': 'on' }, { cookie });
    const token = /tlsr_[2-9a-z]{40}/.exec(made.body)?.[0] ?? '';
    const page = async () => (await web.server.inject({ url: '/account', headers: { cookie } })).body;
    assert.match(await page(), /not used since the start/);
    await web.server.inject({ url: '/api/v1/probes', headers: { authorization: `Bearer ${token}` } });
    const used = await page();
    assert.match(used, /used last 20\d\d-/);
    assert.match(used, /viewer<\/strong>[\s\S]*Sees everything, changes nothing/);
    assert.match(used, /config<\/strong>[\s\S]*Read and change the configuration/);
    assert.match(used, /signed in last 20\d\d-/);
  } finally {
    await web.close();
  }
});
