/** The whole program as a relay: a mail program hands in, the queue keeps, and a server gets it over TLS. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTransport } from 'nodemailer';
import { systemClock } from '../../src/app/world.ts';
import { newListener } from '../../src/config/listener-schema.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { startSmtpPeer } from '../../src/lab/smtp-peer.ts';
import { freePort } from '../listener/stage.ts';
import { allTo, configure, type Program, startProgram, until, withQueue } from '../support/installation.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { newFolder } from '../support/store-world.ts';

function started(context: TestContext, data: string, roles: string): Program {
  const program = startProgram(['serve', '--roles', roles, '--data', data, '--helo', 'relay.example', '--drain', '5']);
  context.after(async () => {
    if (program.process.exitCode === null) program.process.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

test('handed in by a mail program, queued, delivered to a server over TLS, and told from the first to the last line (R119, R120)', async (context) => {
  const authority = createLabAuthority(Date.now());
  const peer = await startSmtpPeer({ tls: authority.issue({ names: ['a.example'] }) }, { clock: systemClock });
  context.after(() => peer.stop());
  const data = newFolder(context);
  const port = await freePort();
  await configure(data, (document) => {
    const tls = { ...document.destinations.default, tls: 'required', dane: 'off', mtaSts: 'off' } as const;
    return {
      ...allTo(peer.port, document),
      destinations: { ...document.destinations, default: tls },
      listeners: document.listeners.map((each) => ({ ...each, port })),
    };
  });
  const program = started(context, data, 'delivery,listener');
  assert.ok(await until(() => program.said.err.includes('serving'), 10_000), program.said.err);
  assert.match(program.said.out, new RegExp(`^Mail is taken in at 127\\.0\\.0\\.1:${port} \\(Private\\)\\.$`, 'm'));
  const transport = createTransport({ host: '127.0.0.1', port, tls: { rejectUnauthorized: false } });
  const sent = await transport.sendMail({
    from: 'Joe <joe@here.example>',
    to: ['ann@a.example', 'bob@b.example'],
    subject: 'quarterly figures',
    text: 'All is well.\n.\nReally.\n',
    dsn: { id: 'id-1', return: 'headers', notify: ['failure'], recipient: 'joe@here.example' },
  });
  transport.close();
  assert.match(sent.response, /^250 2\.0\.0 queued as MID 1$/);
  assert.deepEqual(sent.accepted, ['ann@a.example', 'bob@b.example']);
  const arrived = (): readonly Buffer[] => peer.sessions.flatMap(({ messages }) => messages);
  assert.ok(await until(() => arrived().length === 2, 10_000), `${arrived().length} arrived`);
  for (const session of peer.sessions) {
    assert.ok(
      session.commands.every(({ text, tls }) => tls || /^(EHLO|STARTTLS)/.test(text)),
      'no mail in clear',
    );
  }
  const text = arrived()[0]?.toString() ?? '';
  assert.match(
    text,
    /^Received: from [^ ]+ \(\[127\.0\.0\.1\]\)\r\n\tby [^ ]+ with ESMTPS id 1\.1\r\n\ttls TLS_[A-Z0-9_]+ \(TLSv1\.3\);\r\n/,
  );
  assert.match(text, /\r\nSubject: quarterly figures\r\n(.*\r\n)*\r\nAll is well\.\r\n\.\r\nReally\.\r\n/);
  program.process.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const log = readFileSync(join(data, 'mail.log'), 'utf8');
  let at = 0;
  for (const line of [
    'New SMTP ICID 1 interface Private (127.0.0.1) address 127.0.0.1 reverse dns host unknown verified no',
    'ICID 1 RELAY SG LOOPBACK match 127.0.0.0/8',
    'ICID 1 TLS success protocol TLSv1.3 cipher TLS_',
    'Start MID 1 ICID 1',
    'MID 1 ICID 1 From: <joe@here.example>',
    'MID 1 ICID 1 RID 0 To: <ann@a.example>',
    'MID 1 ICID 1 RID 1 To: <bob@b.example>',
    'MID 1 queued for delivery',
    'New SMTP DCID ',
    'TLS success protocol TLSv1.3',
    'Message finished MID 1 done',
  ]) {
    const found = log.indexOf(line, at);
    assert.ok(found >= 0, `${line} is missing behind\n${log.slice(0, at)}\nin\n${log}`);
    at = found;
  }
});

test('listeners are opened and closed by a commit, and one whose place is taken waits for it (R127)', async (context) => {
  const data = newFolder(context);
  const [one, two] = [await freePort(), await freePort()];
  await configure(data, (document) => ({
    ...document,
    listeners: document.listeners.map((each) => ({ ...each, port: one })),
  }));
  const first = started(context, data, 'listener');
  assert.ok(await until(() => first.said.err.includes('serving'), 10_000), first.said.err);
  const second = started(context, data, 'listener');
  assert.ok(await until(() => second.said.err.includes('serving'), 10_000), second.said.err);
  assert.match(
    second.said.out,
    /^The listener Private waits for 127\.0\.0\.1:\d+: another program listens there already\.$/m,
  );
  await configure(data, (document) => ({
    ...document,
    listeners: [...document.listeners, { ...newListener('Other'), port: two, hostname: 'other.example' }],
  }));
  const greets = (port: number) => async (): Promise<boolean> => {
    const client = await SmtpClient.open(port).catch(() => null);
    const said = await client?.reply();
    client?.destroy();
    return said?.code === 220;
  };
  assert.ok(await until(greets(two), 10_000), 'the new one is open');
  const idle = await SmtpClient.open(one);
  await idle.reply();
  await configure(data, (document) => ({
    ...document,
    listeners: document.listeners.filter(({ name }) => name === 'Other'),
  }));
  assert.equal((await idle.reply())?.code, 421, 'a listener that goes says so to its guests');
  assert.ok(await until(async () => !(await greets(one)()), 10_000), 'the old one is closed');
  assert.equal(await greets(two)(), true);
  first.process.kill('SIGTERM');
  assert.equal(await first.ended, 0);
  assert.ok(await until(greets(two), 15_000), 'the second process takes the place');
  second.process.kill('SIGTERM');
  assert.equal(await second.ended, 0);
});

test('what was acknowledged is in the queue, whenever the process is killed (R118)', async (context) => {
  const data = newFolder(context);
  const port = await freePort();
  await configure(data, (document) => ({
    ...document,
    listeners: document.listeners.map((each) => ({ ...each, port })),
  }));
  const acknowledged: string[] = [];
  let number = 0;
  for (let life = 0; life < 3; life++) {
    const program = started(context, data, 'listener');
    assert.ok(await until(() => program.said.err.includes('serving'), 10_000), program.said.err);
    const send = async (): Promise<void> => {
      const client = await SmtpClient.open(port);
      try {
        await client.hello();
        for (;;) {
          number += 1;
          const name = `m${number}`;
          const said = await client.mail(
            'a@b.example',
            ['ann@a.example'],
            `Subject: ${name}\r\n\r\n${'x'.repeat(500)}`,
          );
          if (!said.startsWith('250')) return;
          acknowledged.push(name);
        }
      } finally {
        client.destroy();
      }
    };
    const before = acknowledged.length;
    const work = Array.from({ length: 6 }, () => send());
    await until(() => acknowledged.length >= before + 30, 10_000);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
    program.process.kill('SIGKILL');
    await program.ended;
    await Promise.allSettled(work);
  }
  const queued = await withQueue(data, async (queue) =>
    (await queue.list({ limit: 100_000 })).map(({ subject }) => subject),
  );
  assert.ok(acknowledged.length >= 90, `${acknowledged.length} were acknowledged`);
  const kept = new Set(queued);
  assert.deepEqual(
    acknowledged.filter((name) => !kept.has(name)),
    [],
  );
  assert.equal(kept.size, queued.length, 'and each once');
});
