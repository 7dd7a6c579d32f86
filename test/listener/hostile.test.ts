import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { MAX_IDLE_COMMANDS, MAX_SERVER_ERRORS } from '../../src/smtp/server-session.ts';
import { type HandWoundClock, handWoundClock } from '../support/hand-wound-clock.ts';
import { until } from '../support/installation.ts';
import { SmtpClient, shown } from '../support/smtp-client.ts';
import { stage } from './stage.ts';

const ENVELOPE = 'MAIL FROM:<a@b.example>\r\nRCPT TO:<ann@ours.example>\r\n';

test('commands that come in one piece are answered each, in order, and a message behind them is taken (S-EXT-1)', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  client.send(`${ENVELOPE}RCPT TO:<x@other.example>\r\nDATA\r\n`);
  assert.deepEqual(await replies(client, 4), ['250', '250', '550', '354']);
  client.send(`Subject: one\r\n\r\n1\r\n.\r\n${ENVELOPE}DATA\r\n`);
  assert.deepEqual(await replies(client, 4), ['250', '250', '250', '354']);
  client.send('Subject: two\r\n\r\n2\r\n.\r\nRSET\r\nQUIT\r\n');
  assert.deepEqual(await replies(client, 3), ['250', '250', '221']);
  assert.deepEqual(
    (await scene.queued()).map(({ subject }) => subject),
    ['one', 'two'],
  );
});

async function replies(client: SmtpClient, count: number): Promise<readonly string[]> {
  const codes: string[] = [];
  for (let each = 0; each < count; each++) codes.push(shown(await client.reply()).slice(0, 3));
  return codes;
}

test('what is sent in clear behind STARTTLS is thrown away and never obeyed inside TLS (S-TLS-5, S-TLS-8)', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.hello();
  client.send(`STARTTLS\r\nEHLO evil.example\r\n${ENVELOPE}RSET\r\nNOOP\r\n`);
  assert.match(shown(await client.reply()), /^220/);
  await client.handshake();
  assert.equal(
    await client.ask('VRFY me'),
    '252 2.5.2 send some mail, and it will be seen',
    'the first answer is to the first command inside',
  );
  assert.match(await client.ask('RCPT TO:<ann@ours.example>'), /^503/);
  assert.ok((await client.ehlo()).includes('REQUIRETLS'));
});

test('a second message behind a false end of data is no message: bare LF and bare CR are refused (S-MX-15)', async (context) => {
  const scene = await stage(context);
  const ends = ['\n.\n', '\n.\r\n', '\r.\r\n', '\r\n.\n', '\r\n.\r', '\r.\r', '\n\n.\r\n', '\r\n\0.\r\n'];
  for (const end of ends) {
    const client = await scene.open();
    await client.hello();
    client.send(`${ENVELOPE}DATA\r\n`);
    await replies(client, 3);
    client.send(
      `Subject: outer\r\n\r\nhello${end}MAIL FROM:<evil@b.example>\r\n${'RCPT TO:<eve@ours.example>\r\n'}DATA\r\nSubject: inner\r\n\r\nx\r\n.\r\n`,
    );
    const said = shown(await client.reply());
    assert.match(
      said,
      end.includes('\0') ? /^554 5\.6\.0 .*NUL/ : /^550 5\.5\.2 a line of the message/,
      JSON.stringify(end),
    );
    assert.match(await client.ask('NOOP'), /^250/, 'one answer to one message');
    client.destroy();
  }
  assert.deepEqual(await scene.queued(), []);
});

test('a command that ends in a bare LF ends the connection', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  await client.reply();
  client.send('EHLO x.example\nMAIL FROM:<a@b.example>\r\n');
  assert.equal(shown(await client.reply()), '500 5.5.2 a line ends in CR LF, and in nothing else');
  await client.closed;
});

test('lines without end, mistakes without end and commands that lead nowhere end the connection', async (context) => {
  const scene = await stage(context);
  const long = await scene.open();
  await long.reply();
  long.send('x'.repeat(10_000));
  assert.match(shown(await long.reply()), /^500 5\.5\.2 the line is too long/);
  await long.closed;
  const wrong = await scene.open();
  await wrong.hello();
  for (let count = 1; count < MAX_SERVER_ERRORS; count++) assert.match(await wrong.ask('FOO'), /^500/);
  assert.match(await wrong.ask('FOO'), /^421 4\.7\.0 too many mistakes/);
  await wrong.closed;
  const idle = await scene.open();
  await idle.reply();
  idle.send('NOOP\r\n'.repeat(MAX_IDLE_COMMANDS + 1));
  const codes = await replies(idle, MAX_IDLE_COMMANDS + 1);
  assert.deepEqual([codes.at(0), codes.at(-2), codes.at(-1)], ['250', '250', '421']);
  await idle.closed;
});

test('garbage of any sort is answered or hung up on, and the next client is served', async (context) => {
  const scene = await stage(context);
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        'EHLO x.example\r\n',
        'MAIL FROM:<>\r\n',
        'RCPT TO:<ann@ours.example>\r\n',
        'DATA\r\n',
        '.\r\n',
        '\r\n',
        'STARTTLS\r\n',
        'BDAT 10 LAST\r\n',
        'AUTH PLAIN\r\n',
      )
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const client = await SmtpClient.open(scene.port);
      for (const each of pieces) client.send(each);
      client.send('\r\n');
      // One answer at least, the greeting, and then the end as we want it.
      assert.equal((await client.reply())?.code, 220);
      client.destroy();
    }),
    { numRuns: 60 },
  );
  const client = await scene.open();
  await client.hello();
  assert.match(await client.mail('a@b.example', ['ann@ours.example'], 'Subject: x\r\n\r\nx'), /^250/);
});

test('a request of a browser brings no mail along, and neither does a handshake at the wrong moment', async (context) => {
  const scene = await stage(context);
  const mail = `EHLO x.example\r\n${ENVELOPE}DATA\r\nx\r\n.\r\nQUIT\r\n`;
  for (const first of ['POST / HTTP/1.1', 'get /', 'Host: x', 'X-A:', '\x16\x03\x01', '{"a":1}']) {
    const client = await scene.open();
    await client.reply();
    client.send(Buffer.from(`${first}\r\n${mail}`, 'latin1'));
    await client.closed;
    assert.match(client.text, /^220 [^\n]*\n421 4\.7\.0 this is a mail server\r\n$/, first);
  }
  assert.deepEqual(await scene.queued(), []);
});

/** Winds until it happens: what the other side does takes its own time. */
async function windUntil(clock: HandWoundClock, step: number, most: number, holds: () => boolean): Promise<number> {
  let wound = 0;
  while (!holds() && wound < most) {
    clock.wind(step);
    wound += step;
    await until(holds, 30);
  }
  return wound;
}

test('whoever dribbles gains nothing: without a message the session ends in its time, and so does the connection', async (context) => {
  const clock = handWoundClock(Date.now());
  const scene = await stage(context, { clock, listener: { injectionSeconds: 300, connectionSeconds: 900 } });
  const slow = await scene.open();
  await slow.reply();
  const wound = await windUntil(clock, 10_000, 600_000, () => {
    slow.send('x');
    return slow.isClosed;
  });
  assert.match(slow.text, /421 4\.4\.2 Timed out waiting for successful message injection, disconnecting\.\r\n$/);
  assert.ok(wound >= 300_000 && wound <= 320_000, `${wound} ms`);

  const steady = await scene.open();
  await steady.hello();
  for (let minute = 0; minute < 14; minute++) {
    assert.match(await steady.mail('a@b.example', ['ann@ours.example'], 'Subject: x\r\n\r\nx'), /^250/);
    clock.wind(60_000);
  }
  await windUntil(clock, 10_000, 120_000, () => steady.isClosed);
  assert.match(steady.text, /421 4\.4\.2 Exceeded allowable connection time, disconnecting\.\r\n$/);
});

test('a message that does not go on, or goes on for ever, ends the connection, and is told as aborted', async (context) => {
  const clock = handWoundClock(Date.now());
  const scene = await stage(context, { clock });
  const stuck = await scene.open();
  await stuck.hello();
  stuck.send(`${ENVELOPE}DATA\r\nSubject: x\r\n`);
  await replies(stuck, 3);
  const wound = await windUntil(clock, 10_000, 600_000, () => stuck.isClosed);
  assert.ok(wound >= 180_000 && wound <= 200_000, `${wound} ms`);
  const dribble = await scene.open();
  await dribble.hello();
  dribble.send(`${ENVELOPE}DATA\r\n`);
  await replies(dribble, 3);
  await windUntil(clock, 60_000, 2_000_000, () => {
    dribble.send('x\r\n');
    return dribble.isClosed;
  });
  assert.match(dribble.text, /421 4\.4\.2 Exceeded allowable connection time/);
  const gone = await scene.open();
  await gone.hello();
  gone.send(`${ENVELOPE}DATA\r\nSubject: x\r\n`);
  await replies(gone, 3);
  gone.destroy();
  assert.ok(await until(async () => (await scene.log()).includes('ICID 3 lost'), 5_000));
  assert.equal((await scene.log()).filter((line) => line === 'Message aborted MID 0 Receiving aborted').length, 3);
  assert.deepEqual(await scene.queued(), []);
});

test('a handshake that never comes ends in its time', async (context) => {
  const clock = handWoundClock(Date.now());
  const scene = await stage(context, { clock });
  const client = await scene.open();
  await client.hello();
  await client.ask('STARTTLS');
  const wound = await windUntil(clock, 10_000, 600_000, () => client.isClosed);
  assert.ok(wound >= 60_000 && wound <= 80_000, `${wound} ms`);
});

test('connections of one address, and of the listener, have a bound; places come free again', async (context) => {
  const scene = await stage(context, { listener: { maxConnections: 3 }, policy: { maxConnectionsPerAddress: 2 } });
  const first = await scene.open();
  const second = await scene.open();
  assert.deepEqual([(await first.reply())?.code, (await second.reply())?.code], [220, 220]);
  const third = await scene.open();
  assert.match(shown(await third.reply()), /^421 4\.7\.0 too many connections from your address/);
  await third.closed;
  const getsIn = async (address: string): Promise<boolean> => (await (await scene.open(address)).reply())?.code === 220;
  assert.ok(await until(() => getsIn('127.0.0.2'), 5_000), 'whoever was sent away is gone');
  const surplus = await scene.open('127.0.0.3');
  assert.match(shown(await surplus.reply()), /^421 4\.3\.2 mx\.ours\.example has too many connections/);
  first.destroy();
  assert.ok(await until(() => getsIn('127.0.0.1'), 5_000));
});

test('whoever may not come in takes no place from others, however often he comes', async (context) => {
  const scene = await stage(context, { listener: { maxConnections: 4 }, policy: { maxConnectionsPerAddress: 1 } });
  const first = await scene.open();
  assert.equal((await first.reply())?.code, 220);
  // They hear why, and stay as long as they are borne.
  const heard = new Set<Socket>();
  const surplus = Array.from({ length: 12 }, () =>
    connect({ port: scene.port, host: '127.0.0.1', allowHalfOpen: true }),
  );
  context.after(() => surplus.forEach((socket) => void socket.destroy()));
  for (const socket of surplus) socket.on('error', () => {}).on('data', () => heard.add(socket));
  for (const socket of surplus) socket.on('end', () => heard.add(socket)).on('close', () => heard.add(socket));
  assert.ok(await until(async () => heard.size === surplus.length, 1_500));
  const other = await scene.open('127.0.0.2');
  assert.equal((await other.reply())?.code, 220);
});

test('an address whose own name server takes its time has no more places than one that is answered for', async (context) => {
  // A name server that never answers.
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  context.after(() => silent.close());
  const scene = await stage(context, {
    listener: { maxConnections: 8 },
    settings: { resolvers: [`127.0.0.1:${silent.address().port}`] },
    document: (document) => ({
      ...document,
      mailFlowPolicies: document.mailFlowPolicies.map((each) => ({ ...each, maxConnectionsPerAddress: 2 })),
      senderGroups: [{ name: 'FRIENDS', listener: null, senders: ['.friend.example'], policy: 'Tested' }],
    }),
  });
  const slow = await Promise.all(Array.from({ length: 8 }, () => scene.open()));
  const refused = (): number => slow.filter(({ text }) => text.startsWith('421 4.7.0')).length;
  assert.ok(await until(async () => refused() === 6, 3_000), `${refused()} of 8 were sent away at once`);
});

test('at the end idle clients are told to go, and a message under way gets its time and its 250', async (context) => {
  const scene = await stage(context);
  const idle = await scene.open();
  await idle.hello();
  const busy = await scene.open();
  await busy.hello();
  busy.send(`${ENVELOPE}DATA\r\nSubject: last\r\n`);
  await replies(busy, 3);
  const closing = scene.listeners.close(10_000);
  assert.equal(shown(await idle.reply()), '421 4.3.2 mx.ours.example is shutting down; come again');
  await assert.rejects(SmtpClient.open(scene.port), /ECONNREFUSED/);
  busy.send('\r\nx\r\n.\r\n');
  assert.match(shown(await busy.reply()), /^250 2\.0\.0 queued as MID 1/);
  assert.match(shown(await busy.reply()), /^421 4\.3\.2/);
  await closing;
  assert.equal((await scene.queued()).length, 1);
});

test('a message that takes longer than the end has patience for is not taken, and nothing is left open', async (context) => {
  const scene = await stage(context);
  const busy = await scene.open();
  await busy.hello();
  busy.send(`${ENVELOPE}DATA\r\nSubject: late\r\n`);
  await replies(busy, 3);
  await scene.listeners.close(50);
  assert.match(shown(await busy.reply()), /^421 4\.3\.2/);
  assert.deepEqual(await scene.queued(), []);
});
