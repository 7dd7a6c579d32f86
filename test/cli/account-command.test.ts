/** `tlsreach user` and `tlsreach token` over a real installation in a folder, and the web that serves it meanwhile. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { BELIEVED_MS } from '../../src/app/accounts.ts';
import { databasePlaceOf } from '../../src/app/configuration.ts';
import { systemClock } from '../../src/app/world.ts';
import type { AccountStore } from '../../src/config/account-store.ts';
import { createAccountStore } from '../../src/store/account-store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openWeb, type WebStage } from '../http/web-stage.ts';
import { type HandWoundClock, handWoundClock } from '../support/hand-wound-clock.ts';
import { runHere } from '../support/installation.ts';
import { newFolder } from '../support/store-world.ts';

const PASSWORD = /^[2-9a-z]{20}\n$/;
const TOKEN = /^tlsr_[2-9a-z]{40}\n$/;

function program(context: TestContext) {
  const data = newFolder(context);
  const place = databasePlaceOf({ data, database: null });
  const run = (...words: readonly string[]) => runHere([...words, '--data', data]);
  const json = async (...words: readonly string[]) => {
    const { code, out, err } = await run(...words, '--format', 'json');
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };
  const inStore = async <Result>(work: (store: AccountStore) => Promise<Result>): Promise<Result> => {
    const database = await openDatabase(place, { clock: systemClock });
    return work(createAccountStore(database)).finally(() => database.close());
  };
  /** `who what detail`, newest first. */
  const audit = () =>
    inStore(async (store) => (await store.audit(50)).map(({ who, what, detail }) => `${who} ${what} ${detail}`));
  return { data, place, run, json, inStore, audit };
}

/** With a web over the same database, whose time goes on when it is told to. */
async function served(
  context: TestContext,
  act: (world: ReturnType<typeof program> & { web: WebStage; clock: HandWoundClock }) => Promise<void>,
): Promise<void> {
  const over = program(context);
  assert.equal((await over.run('user', 'list')).code, 0);
  const clock = handWoundClock(systemClock.now());
  const web = await openWeb({ place: over.place, clock, house: { anonymous: false } });
  try {
    await act({ ...over, web, clock });
  } finally {
    await web.close();
  }
}

const form = (web: WebStage, url: string, fields: Record<string, string>, cookie = '') =>
  web.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', cookie },
    payload: new URLSearchParams(fields).toString(),
  });

const account = (web: WebStage, cookie: string) => web.server.inject({ url: '/account', headers: { cookie } });

const ask = (web: WebStage, token: string) =>
  web.server.inject({
    method: 'POST',
    url: '/api/v1/probes',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    payload: JSON.stringify({ target: 'a.example' }),
  });

test('what cannot be meant is exit 2, what nobody of the name has is exit 1; neither prints a secret or changes anything', async (context) => {
  const { data, run, audit } = program(context);
  const none = await run('user');
  assert.deepEqual(
    [none.code, none.out],
    [0, 'There are no users; the first tlsreach serve makes an admin.\n'],
    none.err,
  );
  assert.deepEqual((await run('token', 'list')).out, 'There are no tokens.\n');
  assert.ok(existsSync(data));
  for (const [code, words, said] of [
    [2, ['user', 'add', 'ann'], /--role is missing: choose one of viewer, operator, admin/],
    [2, ['user', 'add', 'ann', '--role', 'operatr'], /--role "operatr": choose one of .*did you mean operator\?/],
    [2, ['user', 'add', '1st', '--role', 'viewer'], /"1st" cannot be a name/],
    [2, ['user', 'add', 'a\u202eb', '--role', 'viewer'], /"a\\u\{202e\}b" cannot be a name/],
    [2, ['user', 'add'], /name/],
    [2, ['user', 'role', 'ann', 'king'], /"king" is no role: choose one of/],
    [2, ['user', 'frobnicate'], /no operation "frobnicate"/],
    [2, ['user', 'list', '--format', 'xml'], /choose one of text, json/],
    [2, ['token', 'create', 'x', '--owner', 'ann'], /--scope is missing: choose among probe, monitor, config, send/],
    [2, ['token', 'create', 'x', '--owner', 'ann', '--scope', 'probe,all'], /--scope: choose among/],
    [2, ['token', 'create', 'x', '--scope', 'probe'], /--owner is missing/],
    [2, ['token', 'create', ' ', '--scope', 'probe', '--owner', 'ann'], /a title of 1 to 80 characters/],
    [2, ['token', 'create', 'x'.repeat(81), '--scope', 'probe', '--owner', 'ann'], /a title of 1 to 80 characters/],
    [2, ['userconfig'], /tlsreach user and tlsreach token/],
    [1, ['user', 'role', 'ann', 'viewer'], /there is no user ann\n/],
    [1, ['user', 'password', 'ann'], /there is no user ann\n/],
    [1, ['user', 'delete', 'a\u001b[2Jb'], /there is no user a\\x1b\[2jb\n/],
    [1, ['token', 'create', 'x', '--scope', 'probe', '--owner', 'ann'], /there is no user ann\n/],
    [1, ['token', 'delete', 'nothing'], /there is no token nothing; token list has their ids\n/],
  ] as const) {
    const refused = await run(...words);
    assert.equal(refused.code, code, `${words.join(' ')}: ${refused.out}${refused.err}`);
    assert.equal(refused.out, '', words.join(' '));
    assert.match(refused.err, said);
  }
  assert.deepEqual(await audit(), []);
});

test('users are added, listed, given roles and passwords and taken away, all of it on record; the last admin stays', async (context) => {
  const { run, json, audit } = program(context);
  const added = await run('user', 'add', 'Ann', '--role', 'viewer');
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, PASSWORD, 'the password alone');
  assert.match(added.err, /one-time password for ann, who chooses another.*\n.*there is no admin yet\n/);
  const again = await run('user', 'add', 'ann', '--role', 'admin');
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /there is a user ann; user password gives a new password/);
  const bob = await json('user', 'add', 'bob', '--role', 'admin');
  assert.deepEqual([bob.name, bob.role], ['bob', 'admin']);
  assert.match(`${bob.password}\n`, PASSWORD);
  assert.equal(
    (await run('user', 'list')).out,
    'ann  viewer  never signed in  must change the password\nbob  admin   never signed in  must change the password\n',
  );
  for (const words of [
    ['user', 'delete', 'bob'],
    ['user', 'role', 'bob', 'operator'],
  ]) {
    const refused = await run(...words);
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /bob is the last admin; make somebody else one first/);
  }
  assert.equal((await run('user', 'role', 'ann', 'ADMIN')).out, 'ann is admin.\n');
  assert.deepEqual(await json('user', 'role', 'bob', 'operator'), { name: 'bob', role: 'operator' });
  const renewed = await run('user', 'password', 'ann');
  assert.match(renewed.out, PASSWORD);
  assert.notEqual(renewed.out, added.out);
  assert.equal((await run('user', 'delete', 'bob')).out, 'Deleted bob, with sessions and tokens.\n');
  const [ann, ...others] = await json('user', 'list');
  assert.deepEqual(others, []);
  const { createdAt, ...rest } = ann;
  assert.deepEqual(rest, { name: 'ann', role: 'admin', mustChange: true, lastSignIn: null });
  assert.ok(Math.abs(systemClock.now() - Date.parse(createdAt)) < 600_000, createdAt);
  assert.deepEqual((await audit()).toReversed(), [
    'system (test) user.granted ann as viewer',
    'system (test) user.granted bob as admin',
    'system (test) role.changed ann is admin',
    'system (test) role.changed bob is operator',
    'system (test) password.given ann',
    'system (test) user.removed bob',
  ]);
});

test('a token is shown once and never listed, is of somebody who may have one, and goes by its id or with its owner', async (context) => {
  const { run, json, audit, inStore } = program(context);
  await run('user', 'add', 'ann', '--role', 'admin');
  await run('user', 'add', 'vera', '--role', 'viewer');
  const viewer = await run('token', 'create', 'x', '--scope', 'probe', '--owner', 'vera');
  assert.deepEqual([viewer.code, viewer.out], [1, '']);
  assert.match(viewer.err, /vera is a viewer, who has no tokens/);
  const made = await run('token', 'create', 'nightly \u001b[2J', '--scope', 'send,probe', '--owner', 'Ann');
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, TOKEN, 'the token alone');
  const other = await json('token', 'create', 'other', '--scope', 'config', '--scope', 'monitor', '--owner', 'ann');
  assert.match(`${other.token}\n`, TOKEN);
  assert.deepEqual(other.scopes, ['monitor', 'config']);
  const list = await run('token', 'list');
  assert.match(
    list.out,
    /^[2-9a-z]{12} {2}ann {2}probe,send {6}20\d\d-\d\d-\d\d \d\d:\d\d UTC {2}nightly \\x1b\[2J\n.* other\n$/,
  );
  const listed = await json('token', 'list');
  assert.deepEqual(
    listed.map(({ id, createdAt, ...rest }: Record<string, unknown>) => [typeof id, typeof createdAt, rest]),
    [
      ['string', 'string', { title: 'nightly \\x1b[2J', owner: 'ann', scopes: ['probe', 'send'] }],
      ['string', 'string', { title: 'other', owner: 'ann', scopes: ['monitor', 'config'] }],
    ],
  );
  const kept = await inStore((store) => store.tokens());
  const told = [list.out, JSON.stringify(listed), JSON.stringify(kept), ...(await audit())].join('\n');
  for (const secret of [made.out.trim(), other.token])
    assert.ok(!told.includes(secret), 'it is kept as a digest alone');
  assert.equal((await run('token', 'delete', other.id)).out, `Deleted token ${other.id}.\n`);
  assert.equal((await run('token', 'delete', other.id)).code, 1);
  await run('user', 'add', 'bob', '--role', 'admin');
  await run('user', 'delete', 'ann');
  assert.deepEqual(await json('token', 'list'), []);
  assert.deepEqual(
    (await audit()).filter((entry) => entry.includes(' token.')),
    [
      `system (test) token.removed ${other.id}`,
      'system (test) token.created other of ann for monitor, config',
      'system (test) token.created nightly \\x1b[2J of ann for probe, send',
    ],
  );
});

test('from user add to a colleague who signs in over the web, chooses a password, forgets it, and leaves, while it serves', async (context) => {
  await served(context, async ({ run, json, web, clock }) => {
    const later = (): void => clock.wind(BELIEVED_MS + 60_000);
    const signIn = async (password: string): Promise<string> => {
      const answer = await form(web, '/sign-in', { name: 'ann', password });
      assert.equal(answer.statusCode, 303, answer.body.slice(0, 300));
      assert.equal(answer.headers.location, '/account', 'the first thing is a password of her own');
      return String(answer.headers['set-cookie']).split(';')[0] ?? '';
    };
    const first = (await run('user', 'add', 'ann', '--role', 'operator')).out.trim();
    later();
    const cookie = await signIn(first);
    const csrf = /name="csrf" value="([^"]+)"/.exec((await account(web, cookie)).body)?.[1] ?? '';
    const chosen = { csrf, old: first, chosen: 'long enough for anybody' };
    assert.equal((await form(web, '/account/password', chosen, cookie)).statusCode, 303);
    const ann = (await json('user', 'list')).find(nameIs('ann'));
    assert.equal(ann.mustChange, false);
    assert.equal(ann.lastSignIn, new Date(clock.now()).toISOString());
    assert.match((await run('user', 'list')).out, /^ann {4}operator {2}signed in 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n/m);

    assert.doesNotMatch((await account(web, cookie)).body, /action="\/account\/users"/);
    assert.equal((await run('user', 'role', 'ann', 'admin')).code, 0);
    later();
    assert.match((await account(web, cookie)).body, /action="\/account\/users"/, 'a new role in the same session');

    const token = (await run('token', 'create', 'ci', '--scope', 'probe', '--owner', 'ann')).out.trim();
    later();
    assert.equal((await ask(web, token)).statusCode, 202);

    const second = (await run('user', 'password', 'ann')).out.trim();
    later();
    assert.equal((await account(web, cookie)).statusCode, 303, 'the session is over');
    const wrong = await form(web, '/sign-in', { name: 'ann', password: 'long enough for anybody' });
    assert.equal(wrong.statusCode, 403, 'and so is the old password');
    const anew = await signIn(second);
    assert.equal((await ask(web, token)).statusCode, 202, 'her tokens are as they were');

    assert.equal((await run('user', 'delete', 'ann')).code, 0);
    later();
    assert.equal((await account(web, anew)).statusCode, 303);
    assert.equal((await ask(web, token)).statusCode, 401);
  });
});

test('an earlier bearer of a name is somebody else: when that one signed in is not told of the new one', async (context) => {
  const { run, json, inStore } = program(context);
  await inStore((store) => store.record({ at: 5, who: 'ann', what: 'sign-in', detail: 'from 192.0.2.1' }));
  await run('user', 'add', 'ann', '--role', 'admin');
  assert.equal((await json('user', 'list'))[0].lastSignIn, null);
});

test('where the folder cannot be one, nothing is done and it is said', async (context) => {
  const { data } = program(context);
  const file = join(data, 'file');
  writeFileSync(file, '');
  for (const words of [
    ['user', 'list'],
    ['token', 'list'],
  ]) {
    const refused = await runHere([...words, '--data', join(file, 'inside')]);
    assert.ok(refused.code === 1 || refused.code === 2, refused.err);
    assert.match(refused.err, /^tlsreach: /);
    assert.equal(refused.out, '');
  }
});

function nameIs(wanted: string) {
  return ({ name }: { readonly name: string }): boolean => name === wanted;
}
