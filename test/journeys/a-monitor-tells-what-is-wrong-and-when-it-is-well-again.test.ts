/** From a server that changes its certificate to the people who are told, and back; over crashes and between processes. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { ProbeApps } from '../../src/app/probe-apps.ts';
import type { Monitor } from '../../src/monitor/monitor.ts';
import { goodResult, HOUR, MINUTE, monitorOf } from '../monitor/scenario.ts';
import { serveZones } from '../support/dns.ts';
import { type Program, runHere, startProgram, until } from '../support/installation.ts';
import { FOR_ANOTHER, GOOD, monitorWorld } from '../support/monitor-world.ts';
import { startSmtpPeer, testRoot } from '../support/smtp-peer.ts';
import { newFolder } from '../support/store-world.ts';

const SECRET = 'a secret that nobody is shown';

function watchedBy(webhook: string, told: Partial<Monitor> = {}): Monitor {
  return monitorOf({
    name: 'watched',
    targets: ['watched.test'],
    schedule: 'PT1M',
    staleMinutes: 10_000,
    gates: { min: 90, expect: ['required-verify-hosted'] },
    channels: [
      { kind: 'mail', to: ['ops@example.net'], tell: ['state', 'date'] },
      { kind: 'webhook', url: webhook, secret: SECRET, allowPrivate: true, tell: ['state', 'change'] },
    ],
    ...told,
  });
}

test('a certificate for another name: changed, confirmed, told once by mail and webhook, and told again when it is well', async (context) => {
  const world = await monitorWorld(context);
  const { desk, installation, peer, pass } = world;
  // A busy machine may need a second try; the id tells that it is the same notice.
  const posts = () => [...new Map(world.posts.map((post) => [post.headers['webhook-id'], post])).values()];
  const runs = () => desk.history({ name: 'watched', limit: 50, before: null });
  await world.watch(watchedBy(world.webhook));
  await world.serve();
  assert.ok(await pass(async () => (await runs()).length === 1));
  assert.equal((await runs())[0]?.state, 'ok', JSON.stringify((await runs())[0]));
  assert.equal(posts().length, 0);

  peer.play({ name: 'mx.watched.test', tls: FOR_ANOTHER });
  assert.ok(await pass(async () => (await runs())[0]?.state === 'failing'));
  const [, first] = await runs();
  assert.equal(first?.state, 'ok', 'one run alone does not alarm');
  assert.ok(await pass(() => posts().length === 2));
  assert.deepEqual(
    posts().map(({ notice }) => `${notice.event} ${notice.state}`),
    ['change ok', 'problem failing'],
  );
  const changed = posts()[0]?.notice.changes.map(({ kind }) => kind) ?? [];
  assert.ok(changed.includes('certificate') && changed.includes('worse'), changed.join());
  const mails = async () => (await installation.queue.list({ limit: 50 })).filter(({ sender }) => sender !== '');
  assert.ok(await pass(async () => (await mails()).length === 1));
  const [mail] = await mails();
  assert.equal(mail?.recipient, 'ops@example.net');
  assert.match(mail?.subject ?? '', /^\[tlsreach\] failing: watched: watched\.test: with Required-Verify-Hosted/);
  const text = Buffer.from((await installation.queue.body(mail?.mid ?? 0)) ?? []).toString();
  assert.match(text, /State: {4}failing/);

  // Nothing new is told while it lasts.
  const before = (await runs()).length;
  assert.ok(await pass(async () => (await runs()).length >= before + 3, 5_000));
  assert.deepEqual([posts().length, (await mails()).length], [2, 1]);

  peer.play({ name: 'mx.watched.test', tls: GOOD });
  assert.ok(await pass(async () => (await mails()).length === 2 && posts().length >= 4, 5_000));
  assert.match((await mails())[1]?.subject ?? '', /ok again: watched, after \d+ min/);
  const well = posts().at(-1)?.notice;
  assert.equal(well?.event, 'recovered');
  assert.ok((well?.lastedMs ?? 0) > 3 * MINUTE);
  assert.equal((await desk.one('watched'))?.memory.told, null);
});

test('a webhook is signed, and tried again under the same id until it is taken', async (context) => {
  const world = await monitorWorld(context);
  const { posts, pass, desk } = world;
  world.answer(503);
  world.peer.play({ name: 'mx.watched.test', tls: FOR_ANOTHER });
  await world.watch(watchedBy(world.webhook, { confirmRuns: 1, schedule: 'P1D' }));
  await world.serve();
  assert.ok(await pass(() => posts.length >= 1));
  assert.ok(await pass(() => posts.length >= 2, 5_000), 'again after a while');
  world.answer(200);
  const refused = posts.length;
  assert.ok(await pass(() => posts.length > refused, 5_000));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const taken = posts.length;
  for (let minute = 0; minute < 60; minute++) world.clock.wind(MINUTE);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(posts.length, taken, 'and no more');
  assert.equal(new Set(posts.map(({ headers }) => headers['webhook-id'])).size, 1);
  for (const { headers, body } of posts) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = `v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`;
    assert.equal(headers['webhook-signature'], expected);
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.doesNotMatch(body, new RegExp(SECRET));
  }
  assert.equal((await desk.history({ name: 'watched', limit: 9, before: null })).length, 1);
});

test('a webhook that leads to an address that is not public gets nothing unless that is allowed', async (context) => {
  const world = await monitorWorld(context, { privateAddresses: 'denied' });
  const told: string[] = [];
  const probing: ProbeApps = {
    probe: async () => goodResult('watched.test', { status: 'null-mx' }),
    close: async () => {},
  };
  const installation = await world.another();
  Object.assign(installation.settings, {
    log: (_level: string, message: string, facts: object) => told.push(`${message} ${JSON.stringify(facts)}`),
  });
  const channel = { kind: 'webhook', secret: SECRET, tell: ['state'] } as const;
  const refused = { ...channel, url: world.webhook, allowPrivate: false };
  const allowed = { ...channel, url: `${world.webhook}&allowed`, allowPrivate: true };
  await world.watch(watchedBy(world.webhook, { confirmRuns: 1, channels: [refused, allowed] }));
  assert.ok(await world.pass(() => installation.followed.snapshot().document.monitors.length === 1));
  await world.serve(installation, probing);
  assert.ok(await world.pass(() => world.posts.length === 1 && told.some((line) => line.includes('not public'))));
  assert.match(told.join('\n'), /127\.0\.0\.1 is not public \(loopback\)/);
  assert.equal(world.posts.length, 1, 'the one that may');
});

test('two processes share monitors, and no run is made twice', async (context) => {
  const world = await monitorWorld(context);
  const made = new Map<string, number>();
  const apps = (): ProbeApps => ({
    probe: async (_options, { target }) => {
      const key = `${target.text} ${Math.floor(world.clock.now() / HOUR)}`;
      made.set(key, (made.get(key) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return goodResult(target.text);
    },
    close: async () => {},
  });
  const names = Array.from({ length: 30 }, (_, index) => `m${index}`);
  const monitors = names.map((name) =>
    monitorOf({ name, targets: [`${name}.example`], schedule: 'P1D', channels: [] }),
  );
  await world.watch(...monitors);
  const other = await world.another();
  await Promise.all([world.serve(world.installation, apps()), world.serve(other, apps())]);
  const all = async () => Promise.all(names.map((name) => world.desk.history({ name, limit: 9, before: null })));
  assert.ok(await world.pass(async () => (await all()).every((runs) => runs.length === 1), 100));
  assert.equal(made.size, 30);
  assert.ok([...made.values()].every((count) => count === 1));
});

test('the run of a process that died comes back when its lease is over, and not before', async (context) => {
  const world = await monitorWorld(context);
  let asked = 0;
  const never: ProbeApps = {
    probe: (_options, _request, { signal }) => {
      asked += 1;
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
    },
    close: async () => {},
  };
  await world.watch(monitorOf({ name: 'm', targets: ['watched.test'], channels: [] }));
  const dying = await world.another();
  // It stands still: no timer of its own fires any more.
  Object.assign(dying.world, { clock: { ...world.clock, setTimer: () => () => {} } });
  void world.serve(dying, never);
  assert.ok(await world.pass(() => asked === 1, 0));
  const history = () => world.desk.history({ name: 'm', limit: 9, before: null });
  const started = world.clock.now();
  await world.serve();
  assert.ok(await world.pass(async () => (await history()).length === 1));
  const waited = world.clock.now() - started;
  assert.ok(waited >= 55_000 && waited < 3 * MINUTE, `after ${waited} ms`);
});

test('what was committed is in force without a restart: a new monitor runs, a changed one as it is now, a deleted one no more', async (context) => {
  const world = await monitorWorld(context);
  const probed: string[] = [];
  const apps: ProbeApps = {
    probe: async (_options, { target }) => {
      probed.push(target.text);
      return goodResult(target.text);
    },
    close: async () => {},
  };
  await world.serve(world.installation, apps);
  const one = (name: string, target: string) => monitorOf({ name, targets: [target], schedule: 'PT1M', channels: [] });
  await world.watch(one('a', 'a.example'));
  assert.ok(await world.pass(() => probed.includes('a.example')));
  await world.watch(one('a', 'other.example'), one('b', 'b.example'));
  assert.ok(await world.pass(() => probed.includes('other.example') && probed.includes('b.example')));
  await world.watch({ ...one('a', 'a.example'), paused: true });
  await new Promise((resolve) => setTimeout(resolve, 50));
  probed.length = 0;
  for (let minute = 0; minute < 10; minute++) {
    world.clock.wind(MINUTE);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(probed, [], 'one is gone, the other rests');
  assert.equal(await world.desk.runNow('b'), false);
});

test('the program itself: kill -9 loses no history, another process goes on, and SIGTERM ends it with 0', async (context) => {
  const data = newFolder(context);
  const peer = await startSmtpPeer({ name: 'mx.watched.test', tls: GOOD });
  const dns = await serveZones(context, {
    'watched.test': { MX: [[10, 'mx.watched.test']] },
    'mx.watched.test': { A: [peer.host] },
  });
  const root = join(data, 'root.pem');
  writeFileSync(root, testRoot.certificate);
  const programs: Program[] = [];
  context.after(async () => {
    for (const { process } of programs) if (process.exitCode === null) process.kill('SIGKILL');
    await peer.stop();
  });
  const world = ['--resolver', dns.spec, '--ca-file', root, '--no-system-ca', '--port', String(peer.port)];
  const serve = async (): Promise<Program> => {
    const program = startProgram([
      'serve',
      '--roles',
      'monitor',
      '--data',
      data,
      '--allow-private',
      '--lease',
      '2',
      ...world,
    ]);
    programs.push(program);
    assert.ok(await until(() => program.said.err.includes('serving monitor'), 30_000), program.said.err);
    return program;
  };
  const run = (...words: readonly string[]) => runHere([...words, '--data', data]);
  await run('monitor', 'add', 'watched', '--targets', 'watched.test', '--schedule', 'P1D');
  await run('commit');
  const first = await serve();
  const ran = async (count: number): Promise<boolean> => {
    const { out } = await run('monitor', 'history', 'watched', '--format', 'json');
    return (JSON.parse(out) as readonly unknown[]).length >= count;
  };
  assert.ok(await until(() => ran(1), 30_000));
  first.process.kill('SIGKILL');
  await first.ended;
  const second = await serve();
  const asked = await run('monitor', 'run', 'watched', '--wait', '30');
  assert.equal(asked.code, 0, `${asked.out}${asked.err}`);
  assert.match(asked.out, /^OK {2}watched: ok/);
  assert.ok(await ran(2));
  second.process.kill('SIGTERM');
  assert.equal(await second.ended, 0);
});
