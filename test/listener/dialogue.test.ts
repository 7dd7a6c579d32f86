import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../support/installation.ts';
import { stage } from './stage.ts';

const HELLO = 'Subject: hello\r\n\r\nHi.';

test('a message for one of our domains is acknowledged when it is in the queue, with its trace, and the log tells its way (R119)', async (context) => {
  const scene = await stage(context);
  const client = await scene.open();
  const keywords = await client.hello('sender.example');
  assert.deepEqual(keywords, [
    'PIPELINING',
    'SIZE 31457280',
    'STARTTLS',
    'ENHANCEDSTATUSCODES',
    '8BITMIME',
    'DSN',
    'SMTPUTF8',
  ]);
  const said = await client.mail('joe@sender.example', ['ann@ours.example'], `${HELLO}\r\n..dot`);
  assert.equal(said, '250 2.0.0 queued as MID 1');
  assert.equal(await client.ask('QUIT'), '221 2.0.0 mx.ours.example closes the connection');
  await client.closed;
  const [item, ...others] = await scene.queued();
  assert.deepEqual(others, []);
  assert.deepEqual([item?.sender, item?.recipient, item?.state], ['joe@sender.example', 'ann@ours.example', 'queued']);
  const body = await scene.body(1);
  const trace =
    /^Received: from sender\.example \(\[127\.0\.0\.1\]\)\r\n\tby mx\.ours\.example with ESMTP id 1\.1\r\n\tfor <ann@ours\.example>;\r\n\t\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\r\n/;
  assert.match(body, trace);
  assert.equal(
    body.replace(trace, ''),
    'Subject: hello\r\n\r\nHi.\r\n.dot\r\n',
    'nothing else was added, and the dot is one',
  );
  assert.ok(await until(async () => (await scene.log()).at(-1) === 'ICID 1 close', 5_000));
  assert.deepEqual(await scene.log(), [
    'New SMTP ICID 1 interface Public (127.0.0.1) address 127.0.0.1 reverse dns host unknown verified no',
    'ICID 1 ACCEPT SG ALL match ALL',
    'Start MID 1 ICID 1',
    'MID 1 ICID 1 From: <joe@sender.example>',
    'MID 1 ICID 1 RID 0 To: <ann@ours.example>',
    "MID 1 Subject 'hello'",
    `MID 1 ready ${Buffer.byteLength(body)} bytes from <joe@sender.example>`,
    'MID 1 queued for delivery',
    'ICID 1 close',
  ]);
});
