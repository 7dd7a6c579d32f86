/** The whole program: `submit`, `serve`, a server that takes mail, and the commands that look at the queue. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { allTo, configure, type Program, runHere, startProgram, until, withQueue } from '../support/installation.ts';
import { type MailSink, type SinkOptions, startMailSink } from '../support/mail-sink.ts';
import { messageTo, newFolder } from '../support/store-world.ts';

interface Scene {
  readonly data: string;
  readonly sink: MailSink;
  run(words: readonly string[], input?: string): Promise<{ code: unknown; out: string; err: string }>;
  serve(): Promise<Program>;
}

function inClear(sink: MailSink, document: ConfigurationDocument): ConfigurationDocument {
  const { destinations } = document;
  const plain = { ...destinations.default, tls: 'no', dane: 'off', mtaSts: 'off' } as const;
  return { ...allTo(sink.port, document), destinations: { ...destinations, default: plain } };
}

async function scene(context: TestContext, options: SinkOptions = {}): Promise<Scene> {
  const data = newFolder(context);
  const sink = await startMailSink(options);
  const programs: Program[] = [];
  context.after(async () => {
    for (const { process } of programs) if (process.exitCode === null) process.kill('SIGKILL');
    await Promise.all(programs.map(({ ended }) => ended));
    await sink.stop();
  });
  await configure(data, (document) => inClear(sink, document));
  const start = (words: readonly string[]): Program => {
    const program = startProgram([...words, '--data', data]);
    programs.push(program);
    return program;
  };
  return {
    data,
    sink,
    run: (words, input) => runHere([...words, '--data', data], input),
    serve: async () => {
      const program = start(['serve', '--roles', 'delivery', '--helo', 'tlsreach.test']);
      assert.ok(await until(() => program.said.err.includes('serving'), 10_000), program.said.err);
      return program;
    },
  };
}

const MAIL = 'To: Ann <ann@a.example>,\n bob@b.example\nBcc: eve@b.example\nSubject: hello\n\nHi.\n.\nnot this\n';

test('submitted before serve runs and while it runs: delivered to all, Bcc unseen, the log tells it, SIGTERM ends with 0', async (context) => {
  const { sink, run, serve, data } = await scene(context);
  const first = await run(['submit', '-t', '-f', 'me@here.example', '-v'], MAIL);
  assert.deepEqual([first.code, first.out, first.err], [0, 'MID 1\n', '']);
  const program = await serve();
  assert.ok(await until(() => sink.arrivals.length === 2, 10_000));
  const second = await run(['submit', '-i', '-fme@here.example', 'zoe@c.example'], 'Subject: two\n\n.\nthis, too\n');
  assert.deepEqual([second.code, second.out], [0, '']);
  assert.ok(await until(() => sink.arrivals.length === 3, 10_000));
  const arrived = [...sink.arrivals].sort((a, b) => ((a.recipients[0] ?? '') < (b.recipients[0] ?? '') ? -1 : 1));
  assert.deepEqual(
    arrived.map(({ sender, recipients }) => [sender, ...recipients]),
    [
      ['me@here.example', 'ann@a.example'],
      ['me@here.example', 'bob@b.example', 'eve@b.example'],
      ['me@here.example', 'zoe@c.example'],
    ],
  );
  const [one, , three] = arrived.map(({ text }) => text);
  assert.ok(one?.includes('Subject: hello') && one.includes('From: me@here.example') && one.includes('\r\n\r\nHi.'));
  assert.doesNotMatch(one ?? '', /bcc|eve|not this/i);
  assert.match(three ?? '', /\r\n\.\.\r\nthis, too$/, 'the dot went over the wire doubled');
  program.process.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const log = readFileSync(join(data, 'mail.log'), 'utf8');
  for (const line of ['MID 1 queued for delivery', 'New SMTP DCID 1 ', 'Message finished MID 1 done', 'MID 2 queued'])
    assert.ok(log.includes(line), `${line} is missing in\n${log}`);
  const empty = await run(['queue', 'list']);
  assert.deepEqual([empty.code, empty.out], [0, 'The queue is empty.\n']);
});

test('what is refused comes back to its sender as a DSN, once, and the bounce of a bounce goes nowhere (R109)', async (context) => {
  const { sink, run, serve } = await scene(context, {
    rcpt: (address) => (address.startsWith('no') ? '550 5.1.1 no such user' : '250 2.1.5 ok'),
  });
  await run(['submit', '-f', 'me@here.example', 'nobody@a.example', 'ann@a.example'], 'Subject: hello\n\nHi.\n');
  await run(['submit', '-f', 'nobody@here.example', 'nobody@a.example'], 'Subject: lost\n\nHi.\n');
  const program = await serve();
  assert.ok(await until(() => sink.arrivals.length === 2, 10_000));
  const list = async (): Promise<string> => (await run(['queue', 'list', '--state', 'queued,claimed'])).out;
  assert.ok(await until(async () => (await list()).startsWith('The queue is empty'), 10_000));
  assert.deepEqual(sink.arrivals.map(({ sender, recipients }) => [sender, ...recipients]).sort(), [
    ['', 'me@here.example'],
    ['me@here.example', 'ann@a.example'],
  ]);
  const dsn = sink.arrivals.find(({ sender }) => sender === '')?.text ?? '';
  assert.match(dsn, /Final-Recipient: rfc822; nobody@a\.example\r\nAction: failed\r\nStatus: 5\.1\.1/);
  const show = await run(['queue', 'show', '1', '--format', 'json']);
  const { recipients } = JSON.parse(show.out) as { recipients: { state: string; last: { reply: string } }[] };
  assert.deepEqual(
    recipients.map(({ state }) => state),
    ['bounced', 'delivered'],
  );
  const status = await until(async () => {
    const { out } = await run(['hoststatus', 'a.example', '--no-dns', '--format', 'json']);
    return JSON.parse(out).counters.hardBounced.fivexx === 2;
  }, 5_000);
  assert.ok(status, 'the counters come a moment later');
  program.process.kill('SIGINT');
  assert.equal(await program.ended, 0);
});

test('a commit is followed without a restart, and delivernow wakes what waits (R116, R127)', async (context) => {
  const { sink, run, serve, data } = await scene(context);
  // A port at which nobody listens: the kernel gives it to nobody.
  await configure(data, (document) => allTo(1, document));
  const program = await serve();
  await run(['submit', '-f', 'me@here.example', 'ann@a.example'], 'Subject: hello\n\nHi.\n');
  const isDown = async (): Promise<boolean> => / 1\* +a\.example +1 /.test((await run(['tophosts'])).out);
  assert.ok(await until(isDown, 10_000), (await run(['tophosts'])).out);
  await configure(data, (document) => allTo(sink.port, document));
  const now = await run(['delivernow', 'a.example']);
  assert.equal(now.code, 0);
  assert.ok(await until(() => sink.arrivals.length === 1, 10_000));
  assert.match((await run(['hoststatus', 'a.example', '--no-dns'])).out, /Host up\/down: +up/);
  await configure(data, (document) => allTo(1, document));
  await run(['submit', '-f', 'me@here.example', 'bob@a.example'], 'Subject: two\n\nHi.\n');
  assert.ok(await until(isDown, 10_000), (await run(['tophosts'])).out);
  await configure(data, (document) => allTo(sink.port, document));
  assert.equal((await run(['queue', 'retry', '2'])).out, '1 recipient tried at once.\n');
  assert.ok(await until(() => sink.arrivals.length === 2, 10_000));
  program.process.kill('SIGTERM');
  assert.equal(await program.ended, 0);
});

test('what is held waits for a person, and what is deleted is gone', async (context) => {
  const { sink, run, serve } = await scene(context);
  for (const name of ['one', 'two', 'three'])
    await run(['submit', '-f', 'me@here.example', `${name}@a.example`], `Subject: ${name}\n\nHi.\n`);
  assert.equal((await run(['queue', 'hold', '1', '2'])).out, '2 recipients held.\n');
  const program = await serve();
  assert.ok(await until(() => sink.arrivals.length === 1, 10_000));
  assert.equal((await run(['queue', 'delete', '1', '--format', 'json'])).out, '{"action":"delete","recipients":1}\n');
  assert.equal((await run(['queue', 'release', '--all'])).out, '1 recipient released.\n');
  assert.ok(await until(() => sink.arrivals.length === 2, 10_000));
  assert.deepEqual(
    sink.arrivals.map(({ recipients }) => recipients[0]),
    ['three@a.example', 'two@a.example'],
  );
  assert.match((await run(['queue', 'show', '1'])).out, /State: +deleted/);
  program.process.kill('SIGTERM');
  assert.equal(await program.ended, 0);
});

test('two processes over one folder: all is delivered once, and never over more connections than allowed (R114)', async (context) => {
  const { sink, run, serve, data } = await scene(context, { delayMs: 5 });
  await configure(data, (document) => {
    const { destinations } = document;
    const limited = { ...destinations.default, maxConcurrency: 2, maxMessagesPerConnection: 10 };
    return { ...document, destinations: { ...destinations, default: limited } };
  });
  const mids = await submitMany(data, 200);
  const programs = [await serve(), await serve()];
  assert.ok(await until(() => sink.arrivals.length >= mids, 20_000), `${sink.arrivals.length} arrived`);
  assert.ok(sink.open.most <= 2, `${sink.open.most} connections at one time`);
  for (const { process } of programs) process.kill('SIGTERM');
  assert.deepEqual(await Promise.all(programs.map(({ ended }) => ended)), [0, 0]);
  assert.equal(sink.arrivals.length, mids);
  assert.equal(new Set(sink.arrivals.map(({ recipients }) => recipients[0])).size, mids);
  assert.equal((await run(['queue'])).out, 'The queue is empty.\n');
});

async function submitMany(data: string, count: number): Promise<number> {
  await withQueue(data, async (queue) => {
    const all = Array.from({ length: count }, (_, each) => queue.accept(messageTo([`u${each}@a.example`]), Date.now()));
    await Promise.all(all);
  });
  return count;
}

test('what cannot be sent is refused before anything is queued, with exit 2', async (context) => {
  const { run } = await scene(context);
  const cases: readonly (readonly [readonly string[], string, RegExp])[] = [
    [['-f', 'me@here.example'], 'Subject: x\n\n', /nobody was given/],
    [['-t', '-f', 'me@here.example'], 'Subject: x\n\n', /names no recipient/],
    [['-f', 'bad@@here', 'ann@a.example'], 'Subject: x\n\n', /the sender "bad@@here"/],
    [['-f', 'me@here.example', 'ann@a..example'], 'Subject: x\n\n', /the recipient "ann@a\.\.example"/],
    [['-f', 'me@here.example', '-N', 'never,delay', 'ann@a.example'], 'Subject: x\n\n', /never stands alone/],
    [
      ['-f', 'me@here.example', '--gateway', 'x', 'ann@a.example'],
      'Subject: x\n\n',
      /"x": no virtual gateway of this name/,
    ],
    [['-f', 'me@here.example', 'ann@a.example'], `Subject: x\n\n${'x'.repeat(999)}\n`, /998 octets/],
  ];
  const results = await Promise.all(cases.map(([words, input]) => run(['submit', ...words], input)));
  results.forEach(({ code, err }, index) => {
    assert.equal(code, 2, err);
    assert.match(err, cases[index]?.[2] ?? /x/);
  });
  assert.equal((await run(['queue', 'list'])).out, 'The queue is empty.\n');
});

test('a folder that cannot be used is said in a sentence, with exit 1', async (context) => {
  const data = newFolder(context);
  writeFileSync(join(data, 'tlsreach.sqlite'), 'this is no database, but it is long enough to look like a file of one');
  const broken = await runHere(['queue', 'list', '--data', data]);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /^tlsreach: the database is damaged/);
});

test('a place that can be no folder is a mistake in what was said: exit 2, at once, whatever the command', async (context) => {
  const file = join(newFolder(context), 'file');
  writeFileSync(file, '');
  for (const words of [['queue', 'list'], ['submit', 'ann@example.com'], ['destconfig', 'list'], ['serve']]) {
    const { code, err } = await runHere([...words, '--data', join(file, 'data')], 'Subject: x\n\nx\n');
    assert.equal(code, 2, words.join(' '));
    assert.match(err, /the folder .*\/file\/data cannot be used: .*\/file is a file/, words.join(' '));
  }
});
