/** What holds of the web when its process is killed, or when several serve one database: the same over every kind of it. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { BELIEVED_MS, IDLE_MS, MAX_SESSIONS, SESSION_MS } from '../../src/app/accounts.ts';
import { MAX_OF_CALLER } from '../../src/app/batches.ts';
import { ANONYMOUS_KEYS } from '../../src/app/request-keys.ts';
import { prune } from '../../src/app/web-stores.ts';
import { FLIGHT_MS, KEY_MS } from '../../src/config/request-keys.ts';
import { LEASE_MS, RENEW_MS } from '../../src/probe/probe-record.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import type { DatabasePlace } from '../../src/store/database.ts';
import { goodResultFor } from '../cli/stage.ts';
import { openWeb, type WebScene, type WebStage } from '../http/web-stage.ts';
import { type HandWoundClock, handWoundClock } from './hand-wound-clock.ts';

type Web = Awaited<ReturnType<typeof openWeb>>;

interface World {
  readonly clock: HandWoundClock;
  /** Another process on the same database; closed at the end, unless it was killed. */
  open(scene?: Omit<WebScene, 'place' | 'clock'>): Promise<Web>;
  kill(web: Web): Promise<void>;
}

/** A test that goes on until it is let go. */
function held() {
  const waiting: (() => void)[] = [];
  const probe: NonNullable<WebScene['probe']> = ({ target }) =>
    new Promise<ProbeResult>((resolve) => waiting.push(() => resolve(goodResultFor(target.text))));
  const letGo = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  return { probe, count: () => waiting.length, letGo };
}

async function eventually<Value>(what: string, look: () => Promise<Value | null | false> | Value | null | false) {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const seen = await look();
    if (seen !== null && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never came: ${what}`);
}

/** Goes on with the time until it is there. */
async function woundTo<Value>(clock: HandWoundClock, promise: Promise<Value>, ms = 1_000): Promise<Value> {
  let over = false;
  const watched = promise.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.wind(ms);
  }
  return watched;
}

const post = (web: WebStage, url: string, body: unknown, headers: Record<string, string> = {}) =>
  web.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(body),
  });
const get = async (web: WebStage, url: string) => (await web.server.inject(url)).json();

const form = (web: WebStage, url: string, fields: Record<string, string>, cookie = '') =>
  web.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', cookie },
    payload: new URLSearchParams(fields).toString(),
  });

async function signIn(web: WebStage, name: string, password: string): Promise<string> {
  const answer = await form(web, '/sign-in', { name, password });
  assert.equal(answer.statusCode, 303, answer.body.slice(0, 300));
  return String(answer.headers['set-cookie']).split(';')[0] ?? '';
}

/** Whether the cookie opens the page of an account. */
const isIn = async (web: WebStage, cookie: string): Promise<boolean> =>
  (await web.server.inject({ url: '/account', headers: { cookie } })).statusCode === 200;

async function csrfOf(web: WebStage, cookie: string): Promise<string> {
  const { body } = await web.server.inject({ url: '/account', headers: { cookie } });
  return /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? '';
}

export function outlivesContract(name: string, newPlace: (context: TestContext) => Promise<DatabasePlace>): void {
  const over = (title: string, act: (world: World) => Promise<void>): void =>
    void test(`${name}: ${title}`, async (context) => {
      const place = await newPlace(context);
      const clock = handWoundClock();
      const webs = new Set<Web>();
      // Whoever waits for a test that never ends waits no longer.
      const wound = (closing: Promise<void>): Promise<void> => woundTo(clock, closing, 200);
      const world: World = {
        clock,
        open: async (scene = {}) => {
          const web = await openWeb({ ...scene, place, clock });
          webs.add(web);
          return web;
        },
        kill: async (web) => {
          webs.delete(web);
          await wound(web.kill());
        },
      };
      try {
        await act(world);
      } finally {
        for (const web of webs) await wound(web.close());
      }
    });

  over(
    'who signed in is known to every process and after a restart, until signing out, which ends it everywhere',
    async ({ clock, open, kill }) => {
      const first = await open();
      const second = await open();
      const cookie = await signIn(first, 'admin', first.password);
      assert.equal(await isIn(second, cookie), true);
      await kill(first);
      const third = await open();
      assert.equal(third.password, '', 'nobody is made admin again');
      assert.equal(await isIn(third, cookie), true);
      const csrf = await csrfOf(third, cookie);
      assert.equal(await csrfOf(second, cookie), csrf, 'a form that one process showed is taken by another');
      assert.equal((await form(third, '/sign-out', { csrf }, cookie)).headers.location, '/');
      assert.equal(await isIn(third, cookie), false);
      clock.wind(BELIEVED_MS);
      assert.equal(await isIn(second, cookie), false);
    },
  );

  over(
    'a session ends with its time, with disuse, with the password and with the user, and the database knows no secret',
    async ({ clock, open }) => {
      const web = await open();
      const other = await open();
      const admin = await signIn(web, 'admin', web.password);
      const elsewhere = await signIn(other, 'admin', web.password);
      const secret = admin.split('=')[1] ?? '';
      assert.equal(await web.stores.accounts.session(secret), null, 'it is not kept under its secret');
      const csrf = await csrfOf(web, admin);
      const chosen = { csrf, old: web.password, chosen: 'long enough for anybody' };
      assert.equal((await form(web, '/account/password', chosen, admin)).statusCode, 303);
      clock.wind(BELIEVED_MS);
      assert.deepEqual([await isIn(web, admin), await isIn(other, elsewhere)], [true, false]);
      const granted = await form(web, '/account/users', { csrf, name: 'bea', role: 'viewer' }, admin);
      const bea = await signIn(other, 'bea', /<code id="secret">([2-9a-z]{20})</.exec(granted.body)?.[1] ?? '');
      assert.equal(await isIn(web, bea), true);
      await form(web, '/account/users/remove', { csrf, name: 'bea' }, admin);
      assert.equal(await isIn(web, bea), false, 'at once where it was ended');
      clock.wind(BELIEVED_MS);
      assert.equal(await isIn(other, bea), false);
      for (let used = 0; used < SESSION_MS - IDLE_MS; used += IDLE_MS / 2) {
        clock.wind(IDLE_MS / 2);
        assert.equal(await isIn(used % IDLE_MS === 0 ? web : other, admin), true, `in use, ${used}`);
      }
      clock.wind(IDLE_MS + 1);
      assert.equal(await isIn(web, admin), false, 'used by nobody for too long, or too old');
      await prune(web.stores, clock.now());
      const again = await signIn(web, 'admin', 'long enough for anybody');
      clock.wind(SESSION_MS);
      assert.equal(await isIn(other, again), false);
    },
  );

  over('one user has a bounded number of sessions, the newest', async ({ clock, open }) => {
    const { stores } = await open();
    const [user] = await stores.accounts.users();
    const opened = async (digest: string): Promise<boolean> => {
      clock.wind(1);
      const now = clock.now();
      const session = {
        digest,
        name: 'admin',
        from: '192.0.2.1',
        createdAt: now,
        lastSeen: now,
        expiresAt: now + 1_000_000,
      };
      return stores.accounts.openSession(session, user?.passwordHash ?? '', MAX_SESSIONS);
    };
    for (let turn = 0; turn <= MAX_SESSIONS; turn += 1) assert.equal(await opened(`s${turn}`), true);
    assert.equal(await stores.accounts.session('s0'), null);
    assert.equal((await stores.accounts.session('s1'))?.name, 'admin');
    assert.equal((await stores.accounts.session(`s${MAX_SESSIONS}`))?.name, 'admin');
    const changed = await stores.accounts.changePassword('admin', user?.passwordHash ?? '', 'another', null);
    assert.equal(changed, true);
    assert.equal(await stores.accounts.changePassword('admin', user?.passwordHash ?? '', 'third', null), false);
    assert.equal(await opened('late'), false, 'the password was changed while it was being looked at');
    assert.equal(await stores.accounts.session('s1'), null);
  });

  over(
    'two admins whom two processes take away at once are not both gone, nor is a token whose owner is',
    async (world) => {
      const [one, other] = [(await world.open()).stores.accounts, (await world.open()).stores.accounts];
      const user = { name: 'admin', role: 'admin', passwordHash: 'h', mustChange: true, createdAt: 1 } as const;
      for (let turn = 0; turn < 10; turn += 1) {
        await one.saveUser(user);
        await one.saveUser({ ...user, name: 'bob' });
        const token = {
          id: `t${turn}`,
          title: 'x',
          digest: `d${turn}`,
          scopes: ['probe'],
          owner: 'bob',
          createdAt: 2,
        } as const;
        const [first, second, saved] = await Promise.all([
          one.deleteUser('admin'),
          turn % 2 === 0 ? other.deleteUser('bob') : other.setRole('bob', 'viewer'),
          one.saveToken(token),
        ]);
        assert.deepEqual([first, second].toSorted(), ['done', 'last-admin'], `turn ${turn}`);
        const users = await other.users();
        assert.equal(users.filter(({ role }) => role === 'admin').length, 1);
        const isThere = users.some(({ name }) => name === 'bob');
        const tokens = (await other.tokens()).filter(({ id }) => id === token.id);
        assert.equal(tokens.length, saved && isThere ? 1 : 0, `a token of nobody, turn ${turn}`);
      }
    },
  );

  over('a token that one process made or took back is so for the others', async ({ clock, open }) => {
    const web = await open({ house: { anonymous: false } });
    const other = await open({ house: { anonymous: false } });
    const cookie = await signIn(web, 'admin', web.password);
    const chosen = { csrf: await csrfOf(web, cookie), old: web.password, chosen: 'long enough for anybody' };
    await form(web, '/account/password', chosen, cookie);
    const fields = { csrf: chosen.csrf, title: 'x', 'scope-probe': 'on' };
    const token = /tlsr_[2-9a-z]{40}/.exec((await form(web, '/account/tokens', fields, cookie)).body)?.[0] ?? '';
    clock.wind(BELIEVED_MS);
    const asked = (at: Web) =>
      post(at, '/api/v1/probes', { target: 'a.example' }, { authorization: `Bearer ${token}` });
    assert.equal((await asked(other)).statusCode, 202);
    const [kept] = await web.stores.accounts.tokens();
    await form(web, '/account/tokens/remove', { csrf: chosen.csrf, id: kept?.id ?? '' }, cookie);
    assert.equal((await asked(web)).statusCode, 401);
    clock.wind(BELIEVED_MS);
    assert.equal((await asked(other)).statusCode, 401);
  });

  over(
    'a test of one process is known to the other: under way, then done, and its stream ends with the result (R61)',
    async ({ clock, open }) => {
      const { probe, count, letGo } = held();
      const maker = await open({ probe });
      const other = await open();
      const { id } = (await post(maker, '/api/v1/probes', { target: 'a.example' })).json();
      assert.equal((await get(other, `/api/v1/probes/${id}`)).state, 'running');
      const same = (await post(other, '/api/v1/probes', { target: 'a.example' })).json();
      assert.equal(same.id, id, 'whoever asks for the same test gets the one that is under way');
      const stream = Promise.resolve(other.server.inject(`/api/v1/probes/${id}/events`));
      for (let turn = 0; turn < 10; turn += 1) {
        clock.wind(RENEW_MS);
        await eventually('its process says that it lives', async () => {
          // It may still be busy with the time before.
          clock.wind(50);
          const test = await other.stores.records.underWay(id);
          return test !== null && test.leaseUntil > clock.now() + LEASE_MS - RENEW_MS / 2;
        });
      }
      assert.equal((await get(other, `/api/v1/probes/${id}`)).state, 'running', 'for as long as its process lives');
      assert.equal(count(), 1);
      letGo();
      const done = await eventually('the other process sees the end', async () => {
        clock.wind(1_000);
        const job = await get(other, `/api/v1/probes/${id}`);
        return job.state === 'done' && job;
      });
      assert.equal(done.result.target, 'a.example');
      assert.match((await woundTo(clock, stream)).body, /event: done/);
      assert.deepEqual(other.probed, []);
    },
  );

  over(
    'a test whose process was killed ends as failed, and says why, instead of running for ever (R118)',
    async ({ clock, open, kill }) => {
      const { probe } = held();
      const killed = await open({ probe, limits: { running: 1 } });
      const ids = [];
      for (const target of ['a.example', 'b.example'])
        ids.push((await post(killed, '/api/v1/probes', { target, fresh: true })).json().id);
      await kill(killed);
      const web = await open();
      assert.equal((await get(web, `/api/v1/probes/${ids[0]}`)).state, 'running', 'it may live still');
      const stream = Promise.resolve(web.server.inject(`/api/v1/probes/${ids[0]}/events`));
      clock.wind(LEASE_MS + RENEW_MS);
      for (const id of ids) {
        const job = await eventually('it has failed', async () => {
          clock.wind(1_000);
          const seen = await get(web, `/api/v1/probes/${id}`);
          return seen.state === 'failed' && seen;
        });
        assert.equal(job.problem.type, '/problems/interrupted');
        assert.match(job.problem.detail, /restarted/);
        const page = await web.server.inject({ url: `/probes/${id}`, headers: { accept: 'text/html' } });
        assert.match(page.body, /went down before this test was done/);
      }
      assert.match((await woundTo(clock, stream)).body, /event: failed/);
      const fresh = (await post(web, '/api/v1/probes?wait=5', { target: 'a.example' })).json();
      assert.notEqual(fresh.id, ids[0], 'what failed is tested again');
      assert.equal(fresh.state, 'done');
    },
  );

  over(
    'a test that was given up while its process only slept gets its result all the same',
    async ({ clock, open }) => {
      const { probe, letGo } = held();
      const web = await open({ probe });
      const { id } = (await post(web, '/api/v1/probes', { target: 'a.example' })).json();
      assert.equal(await web.stores.records.giveUp(clock.now() + LEASE_MS + 1), 1);
      assert.match((await web.stores.records.find(id))?.problem ?? '', /restarted/);
      letGo();
      await eventually('the result is kept', async () => (await web.stores.records.find(id))?.result ?? null);
    },
  );

  over(
    'a result is used again by another process and after a restart, for the stated time and not longer (R57)',
    async ({ clock, open, kill }) => {
      const maker = await open();
      const first = (await post(maker, '/api/v1/probes?wait=5', { target: 'ann@example.com' })).json();
      const other = await open();
      const again = (await post(other, '/api/v1/probes?wait=5', { target: 'ann@example.com' })).json();
      assert.deepEqual(again, first);
      const options = (
        await post(other, '/api/v1/probes?wait=5', { target: 'ann@example.com', options: { quick: true } })
      ).json();
      assert.notEqual(options.id, first.id, 'another test is another one');
      await kill(maker);
      const restarted = await open();
      assert.equal((await post(restarted, '/api/v1/probes', { target: 'ann@example.com' })).json().id, first.id);
      const fresh = (await post(restarted, '/api/v1/probes?wait=5', { target: 'ann@example.com', fresh: true })).json();
      assert.notEqual(fresh.id, first.id);
      clock.wind(restarted.jobs.limits.reuseMs);
      const later = (await post(await open(), '/api/v1/probes?wait=5', { target: 'ann@example.com' })).json();
      assert.ok(later.id !== first.id && later.id !== fresh.id);
      assert.equal(restarted.probed.length, 1);
    },
  );

  over('of the same test, asked for in several processes at one moment, one is made (R57)', async ({ open }) => {
    const { probe, letGo } = held();
    const webs = [await open({ probe }), await open({ probe }), await open({ probe })];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        post(webs[index % 3] as Web, '/api/v1/probes', { target: 'a.example', fresh: index % 2 === 0 }),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [202]);
    assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1);
    assert.equal(webs.flatMap(({ probed }) => probed).length, 1);
    letGo();
  });

  over(
    'an idempotency key gives the same answer in every process and after a restart, and is refused for another request (R61)',
    async ({ clock, open, kill }) => {
      const web = await open();
      const key = { 'idempotency-key': 'k1' };
      const body = { target: 'a.example', fresh: true };
      const first = (await post(web, '/api/v1/probes', body, key)).json();
      await kill(web);
      const other = await open();
      assert.equal((await post(other, '/api/v1/probes', body, key)).json().id, first.id);
      const reused = await post(other, '/api/v1/probes', { ...body, target: 'b.example' }, key);
      assert.equal(reused.statusCode, 422);
      assert.equal(reused.json().type, '/problems/idempotency-key-reused');
      const batch = await post(other, '/api/v1/batches', { targets: ['a.example'] }, key);
      assert.equal(batch.statusCode, 202, 'the same key elsewhere is another key');
      const batchAgain = await post(await open(), '/api/v1/batches', { targets: ['a.example'] }, key);
      assert.equal(batchAgain.json().id, batch.json().id);
      assert.equal((await post(other, '/api/v1/batches', { targets: ['b.example'] }, key)).statusCode, 422);
      const nobody = await post(other, '/api/v1/probes', { target: 'not a domain' }, { 'idempotency-key': 'k2' });
      assert.equal(nobody.statusCode, 400);
      assert.equal(
        (await post(other, '/api/v1/probes', body, { 'idempotency-key': 'k2' })).statusCode,
        202,
        'what was refused leaves the key free',
      );
      clock.wind(KEY_MS);
      await prune(other.stores, clock.now() + 1);
      assert.notEqual((await post(other, '/api/v1/probes', body, key)).json().id, first.id);
    },
  );

  over(
    'one key at one moment in several processes: one does the work, the others are told to wait or get its answer (R61)',
    async ({ open }) => {
      const webs = [await open(), await open(), await open()];
      for (const turn of ['x', 'y', 'z']) {
        const answers = await Promise.all(
          Array.from({ length: 9 }, (_, index) =>
            post(
              webs[index % 3] as Web,
              '/api/v1/probes',
              { target: `${turn}.example`, fresh: true },
              { 'idempotency-key': turn },
            ),
          ),
        );
        const codes = answers.map(({ statusCode }) => statusCode);
        assert.ok(codes.includes(202) && codes.every((code) => code === 202 || code === 409), codes.join());
        const ids = answers.filter(({ statusCode }) => statusCode === 202).map((answer) => answer.json().id);
        assert.equal(new Set(ids).size, 1);
        for (const answer of answers.filter(({ statusCode }) => statusCode === 409)) {
          assert.equal(answer.json().type, '/problems/request-under-way');
          assert.ok(Number(answer.headers['retry-after']) > 0);
        }
      }
      assert.equal(webs.flatMap(({ probed }) => probed).length, 3);
    },
  );

  over(
    'a key whose process died in the middle is free again after a while, under the same id',
    async ({ clock, open }) => {
      const { stores } = await open();
      const request = { name: 'n', request: 'r', answer: 'first' };
      const begun = await stores.keys.claim(request, clock.now());
      assert.deepEqual(begun, { kind: 'fresh', answer: 'first', begun: false, since: clock.now() });
      assert.deepEqual(await stores.keys.claim({ ...request, answer: 'second' }, clock.now()), { kind: 'in-flight' });
      const since = clock.now();
      clock.wind(FLIGHT_MS);
      assert.deepEqual(await stores.keys.claim({ ...request, answer: 'second' }, clock.now()), {
        kind: 'fresh',
        answer: 'first',
        begun: true,
        since,
      });
      assert.deepEqual(await stores.keys.claim({ ...request, request: 'q' }, clock.now()), { kind: 'other-request' });
      await stores.keys.settle('n', 'done');
      assert.deepEqual(await stores.keys.look(request, clock.now()), { kind: 'known', answer: 'done' });
      // Somebody set the clock back by a year: the key does not live a year longer.
      assert.equal((await stores.keys.claim(request, clock.now() - 365 * 86_400_000)).kind, 'fresh');
    },
  );

  over('whoever makes up ever new keys is slowed down, and repeating one costs nothing', async ({ open }) => {
    const web = await open();
    const asked = (key: string) => post(web, '/api/v1/probes', { target: 'a.example' }, { 'idempotency-key': key });
    for (let turn = 0; turn < ANONYMOUS_KEYS.burst; turn += 1) assert.equal((await asked(`k${turn}`)).statusCode, 202);
    const refused = await asked('one more');
    assert.equal(refused.statusCode, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await asked('k0')).statusCode, 202);
  });

  over(
    'a batch whose process was killed is taken up by another, to its end, with nothing tested twice for nothing (R56, R118)',
    async ({ clock, open, kill }) => {
      const { probe, count, letGo } = held();
      const killed = await open({ probe, limits: { running: 2 } });
      const targets = ['a.example', 'b.example', 'c.example', 'not a domain'];
      const { id } = (await post(killed, '/api/v1/batches', { targets })).json();
      await eventually('two are under way', () => count() === 2);
      letGo();
      await eventually('two are done', async () => {
        const { items } = await get(killed, `/api/v1/batches/${id}`);
        return items.filter(({ state }: { state: string }) => state === 'done').length === 2;
      });
      await eventually('the third is under way', () => count() === 1);
      await eventually('it is written down', async () => {
        const kept = await killed.stores.batches.find(id);
        return kept?.items.map(({ state }) => state).join() === 'done,done,begun,failed';
      });
      await kill(killed);
      const web = await open();
      const before = await get(web, `/api/v1/batches/${id}`);
      assert.equal(before.state, 'running');
      const batch = await eventually('it is done', async () => {
        clock.wind(RENEW_MS);
        await new Promise((resolve) => setTimeout(resolve, 10));
        const seen = await get(web, `/api/v1/batches/${id}`);
        return seen.state === 'done' && seen;
      });
      assert.deepEqual(
        batch.items.map(({ target, state }: { target: string; state: string }) => `${target} ${state}`),
        ['a.example done', 'b.example done', 'c.example done', 'not a domain failed'],
      );
      assert.deepEqual(web.probed, ['c.example']);
      assert.equal(batch.items[3].problem.status, 400);
      assert.equal(batch.total, batch.items[0].value);
      await eventually('nobody has to take it up any more', async () =>
        Boolean((await web.stores.batches.find(id))?.batch.endedAt),
      );
    },
  );

  over('a target that brings every process down is given up, and the batch says so', async ({ clock, open, kill }) => {
    const { probe } = held();
    let id = '';
    for (let turn = 0; turn < 3; turn += 1) {
      const web = await open({ probe });
      if (turn === 0) ({ id } = (await post(web, '/api/v1/batches', { targets: ['poison.example'] })).json());
      await eventually('it is begun', async () => {
        clock.wind(RENEW_MS);
        const item = (await web.stores.batches.find(id))?.items[0];
        return item?.state === 'begun' && item.tries === turn + 1;
      });
      await kill(web);
      clock.wind(LEASE_MS);
    }
    const web = await open();
    const batch = await eventually('it is given up', async () => {
      clock.wind(RENEW_MS);
      const seen = await get(web, `/api/v1/batches/${id}`);
      return seen.state === 'done' && seen;
    });
    assert.equal(batch.items[0].state, 'failed');
    assert.equal(batch.items[0].problem.type, '/problems/interrupted');
    assert.deepEqual(web.probed, []);
  });

  over(
    'a batch goes on as the allowance of its caller permits, and a service that goes down in order hands it on at once (R56)',
    async ({ clock, open }) => {
      const limits = { perClient: { burst: 2, everyMs: 60_000 } };
      const first = await open({ limits });
      const targets = ['a.example', 'b.example', 'c.example', 'd.example'];
      const { id } = (await post(first, '/api/v1/batches', { targets })).json();
      await eventually('as many as are allowed at once', () => first.probed.length === 2);
      assert.equal((await get(first, `/api/v1/batches/${id}`)).state, 'running');
      assert.equal(
        (await post(first, '/api/v1/probes', { target: 'a.example' })).statusCode,
        202,
        'and nobody is told off',
      );
      clock.wind(60_000);
      await eventually('one more', () => first.probed.length === 3);
      await first.batches.close();
      const second = await open({ limits });
      await eventually('it is done', async () => {
        clock.wind(1_000);
        return (await get(second, `/api/v1/batches/${id}`)).state === 'done';
      });
      assert.deepEqual([...first.probed, ...second.probed].sort(), targets);
    },
  );

  over('one caller has a bounded number of batches under way', async ({ open }) => {
    const { probe, letGo } = held();
    const web = await open({ probe });
    const codes = [];
    for (let turn = 0; turn <= MAX_OF_CALLER; turn += 1)
      codes.push((await post(web, '/api/v1/batches', { targets: [`t${turn}.example`] })).statusCode);
    assert.deepEqual(codes, [...Array.from({ length: MAX_OF_CALLER }, () => 202), 429]);
    letGo();
  });

  over('what is too old is forgotten', async ({ clock, open }) => {
    const web = await open();
    const { id } = (await post(web, '/api/v1/batches', { targets: ['a.example'] })).json();
    await eventually('it is done', async () => (await web.stores.batches.find(id))?.batch.endedAt ?? null);
    await web.stores.batches.prune(clock.now(), 1);
    assert.notEqual(await web.stores.batches.find(id), null);
    await web.stores.batches.prune(clock.now(), 0);
    assert.equal(await web.stores.batches.find(id), null);
    assert.equal((await web.server.inject(`/api/v1/batches/${id}`)).statusCode, 404);
    await web.stores.keys.claim({ name: 'old', request: 'r', answer: 'a' }, clock.now());
    await web.stores.keys.claim({ name: 'new', request: 'r', answer: 'a' }, clock.now() + 1);
    await web.stores.keys.prune(0, 1);
    assert.deepEqual(
      [
        await web.stores.keys.look({ name: 'old', request: 'r', answer: '' }, clock.now()),
        (await web.stores.keys.look({ name: 'new', request: 'r', answer: '' }, clock.now()))?.kind,
      ],
      [null, 'in-flight'],
    );
  });
}
