import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMailLogFiles } from '../../src/app/mail-log-files.ts';
import { FOLLOW_INTERVAL_MS, openMailLog } from '../../src/app/mail-log-reader.ts';
import { silentLog } from '../../src/base/log.ts';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import { EVERYTHING, LogFinder, readLogged } from '../../src/report/log-search.ts';
import { AT, FACTS, judged } from '../report/delivery-scenario.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';
import { play } from './stage.ts';

const root = mkdtempSync(join(tmpdir(), 'tlsreach-find-'));
after(() => rmSync(root, { recursive: true, force: true }));

function queued(mid: number, sender: string, recipient: string, at = AT): DeliveryEvent {
  const recipients = [{ rid: 0, address: recipient }];
  return {
    kind: 'message-queued',
    at,
    mid,
    sender,
    recipients,
    bytes: 9,
    messageId: null,
    subject: null,
    origin: 'api',
  };
}

function delivered(
  dcid: number,
  mids: readonly number[],
  event: 'E8' | 'E2',
  destination: string,
  at = AT,
): DeliveryEvent[] {
  const facts = { dcid, destination, exchange: `mx.${destination}` };
  return [
    { kind: 'connection-opened', at, ...FACTS, ...facts },
    judged({ event, mode: 'preferred', facts, at }),
    ...mids.flatMap((mid): DeliveryEvent[] => [
      { kind: 'delivery-started', at, dcid, mid, rids: [0] },
      { kind: 'message-done', at, dcid, mid, rids: [0], response: '2.0.0 ok' },
      { kind: 'message-finished', at, mid, how: 'done' },
    ]),
    { kind: 'connection-closed', at, dcid },
  ];
}

const HOUR = 3_600_000;
/** Two messages over one encrypted connection, one in clear, one that found no TLS where it is required. */
const STORY: readonly DeliveryEvent[] = [
  queued(5, 'alice@example.org', 'bob@example.com'),
  queued(6, 'carol@example.org', 'dave@example.com'),
  queued(7, 'alice@example.org', 'eve@example.net'),
  queued(8, 'alice@example.org', 'frank@strict.example'),
  ...delivered(21, [5, 6], 'E8', 'example.com'),
  ...delivered(22, [7], 'E2', 'example.net', AT + HOUR),
  judged({ event: 'E3', mode: 'required', facts: { dcid: 23, destination: 'strict.example' }, at: AT + HOUR }),
  {
    kind: 'delayed',
    at: AT + HOUR,
    dcid: 0,
    mid: 8,
    rid: 0,
    sender: 'alice@example.org',
    recipient: 'frank@strict.example',
    destination: 'strict.example',
    status: '4.7.5',
    reason: 'TLS required',
    reply: { code: '000', lines: [] },
    nextAttemptAt: AT + 2 * HOUR,
  },
];

async function written(events: readonly DeliveryEvent[], rotateAt?: number): Promise<string> {
  const folder = mkdtempSync(join(root, 'data-'));
  const files = openMailLogFiles({ folder, clock: handWoundClock(AT), log: silentLog, rotateAt, keep: 50 });
  for (const event of events) {
    files.onDelivery(event);
    if (rotateAt !== undefined) await files.flush();
  }
  await files.close();
  return folder;
}

async function find(
  folder: string,
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly stderr: string }> {
  const { code, stdout, stderr } = await play({ argv: ['log', '--data', folder, ...argv] });
  return { code, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

const texts = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.slice('Tue Apr 17 00:57:53 2018 Info: '.length));

test('without a question the whole log is told, as mail.log has it, over its numbered files', async () => {
  const folder = await written(STORY);
  const all = await find(folder);
  assert.deepEqual(all.lines, readFileSync(join(folder, 'mail.log'), 'utf8').trimEnd().split('\n'));
  assert.deepEqual((await find(await written(STORY, 1500))).lines, all.lines);
});

test('--mid tells the story of one message: its own lines and those of its connections, no other message', async () => {
  const { code, lines } = await find(await written(STORY, 1500), '--mid', '5');
  assert.equal(code, 0);
  assert.deepEqual(texts(lines), [
    'Start MID 5 ICID 0',
    'MID 5 ICID 0 From: <alice@example.org>',
    'MID 5 ICID 0 RID 0 To: <bob@example.com>',
    'MID 5 ready 9 bytes from <alice@example.org>',
    'MID 5 queued for delivery',
    'New SMTP DCID 21 interface 192.0.2.99 address 192.0.2.1 port 25',
    'DCID 21 TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
    'Delivery start DCID 21 MID 5 to RID [0]',
    'Message done DCID 21 MID 5 to RID [0]',
    'MID 5 RID [0] Response 2.0.0 ok',
    'Message finished MID 5 done',
    'DCID 21 close',
  ]);
});

test('messages are found by sender and recipient, connections by destination, host and what TLS came to', async () => {
  const folder = await written(STORY);
  const mids = async (...argv: readonly string[]): Promise<readonly string[]> => [
    ...new Set((await find(folder, ...argv)).lines.flatMap((line) => /MID (\d+)/.exec(line)?.[1] ?? [])),
  ];
  const dcids = async (...argv: readonly string[]): Promise<readonly string[]> => [
    ...new Set((await find(folder, ...argv)).lines.flatMap((line) => /DCID (\d+)/.exec(line)?.[1] ?? [])),
  ];
  assert.deepEqual(await mids('--sender', 'ALICE@'), ['5', '7', '8']);
  assert.deepEqual(await mids('--sender', 'alice', '--recipient', '@example.net'), ['7']);
  assert.deepEqual(await dcids('--destination', 'example.com'), ['21']);
  assert.deepEqual(await dcids('--host', 'mx.example.net'), ['22']);
  assert.deepEqual(await dcids('--tls', 'encrypted'), ['21']);
  assert.deepEqual(await dcids('--tls', 'clear'), ['22']);
  assert.deepEqual(await dcids('--tls', 'failed'), ['23']);
  assert.deepEqual(await dcids('--tls', 'verified'), []);
  assert.deepEqual(await mids('--sender', 'alice', '--tls', 'clear'), ['7']);
  assert.deepEqual(await mids('--destination', 'strict.example'), ['8']);
  assert.deepEqual(await dcids('--dcid', '22'), ['22']);
});

test('times and texts narrow what is told; nothing found is exit 1', async () => {
  const folder = await written(STORY);
  const late = await find(folder, '--since', '2018-04-17T01:30Z', '--text', 'tls');
  assert.deepEqual(
    late.lines.map((line) => /DCID \d+.*/.exec(line)?.[0]?.slice(0, 20)),
    ['DCID 22 STARTTLS com', 'DCID 23 domain: stri', 'DCID 23 TLS failed: ', 'DCID 0 MID 8 to RID '],
  );
  assert.equal((await find(folder, '--until', '2018-04-17')).code, 1);
  const none = await find(folder, '--mid', '99');
  assert.deepEqual([none.code, none.lines, none.stderr], [1, [], 'tlsreach: nothing in the log matches\n']);
});

test('--format json gives the objects', async () => {
  const { lines } = await find(await written(STORY), '--mid', '7', '--format', 'json');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    [
      'message-queued',
      'connection-opened',
      'session-judged',
      'delivery-started',
      'message-done',
      'message-finished',
      'connection-closed',
    ],
  );
});

test('what cannot be asked, and a folder without a log, are exit 2 with a sentence', async () => {
  const folder = await written(STORY);
  for (const [argv, said] of [
    [['--mid', 'x'], /--mid "x": a number is expected/],
    [['--since', 'yesterday'], /--since "yesterday": a time is expected/],
    [['--tls', 'perhaps'], /--tls/],
  ] as const) {
    const { code, stderr } = await find(folder, ...argv);
    assert.equal(code, 2);
    assert.match(stderr, said);
  }
  assert.match((await find(join(root, 'nowhere'))).stderr, /there is no log in .*nowhere/);
  assert.equal((await find(mkdtempSync(join(root, 'empty-')))).code, 2);
});

test('the folder may be named in the environment, and a planted line acts on no terminal', async () => {
  const folder = await written([]);
  const planted = { time: new Date(AT).toISOString(), event: 'trouble', lines: ['Info: \u001b[2Jgone\u202e'] };
  writeFileSync(
    join(folder, 'mail.json.log'),
    `not json\n${JSON.stringify(planted).replace('\\u001b', '\\u001b')}\n{"torn`,
  );
  for (const format of ['text', 'json']) {
    const { stdout, code } = await play({ argv: ['log', '--format', format], env: { TLSREACH_DATA: folder } });
    assert.equal(code, 0);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    assert.match(stdout, /gone/);
  }
});

test('--follow goes on with what is written, over a turn of the files, and ends with Ctrl-C', async () => {
  const folder = await written([queued(5, 'alice@example.org', 'bob@example.com')]);
  const files = openMailLogFiles({ folder, clock: handWoundClock(AT), log: silentLog, rotateAt: 400, keep: 9 });
  const { stdout, code } = await play({
    argv: ['log', '--data', folder, '--mid', '5', '--follow'],
    onReady: (interrupt) => {
      void (async () => {
        for (const event of delivered(21, [6, 5], 'E8', 'example.com')) {
          files.onDelivery(event);
          await files.flush();
          await new Promise((resolve) => setTimeout(resolve, FOLLOW_INTERVAL_MS / 4));
        }
        await new Promise((resolve) => setTimeout(resolve, 2 * FOLLOW_INTERVAL_MS));
        interrupt();
      })();
    },
  });
  await files.close();
  assert.equal(code, 0);
  const seen = texts(stdout.trimEnd().split('\n'));
  assert.deepEqual(seen.slice(5), [
    'New SMTP DCID 21 interface 192.0.2.99 address 192.0.2.1 port 25',
    'DCID 21 TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384',
    'Delivery start DCID 21 MID 5 to RID [0]',
    'Message done DCID 21 MID 5 to RID [0]',
    'MID 5 RID [0] Response 2.0.0 ok',
    'Message finished MID 5 done',
    'DCID 21 close',
  ]);
});

test('a log that is turned between opening and reading is read whole, each line once', async () => {
  const folder = await written(STORY, 1500);
  const reader = await openMailLog(folder, handWoundClock(AT));
  const files = openMailLogFiles({ folder, clock: handWoundClock(AT), log: silentLog, rotateAt: 1, keep: 50 });
  for (let dcid = 31; dcid < 35; dcid++) {
    files.onDelivery({ kind: 'connection-closed', at: AT, dcid });
    await files.flush();
  }
  appendFileSync(join(folder, 'mail.json.log'), '{"half":');
  const kinds: string[] = [];
  for await (const line of reader.lines()) kinds.push(readLogged(line)?.kind ?? 'torn');
  await reader.close();
  await files.close();
  assert.deepEqual(
    kinds,
    STORY.map(({ kind }) => kind),
  );
  assert.equal(new LogFinder(EVERYTHING).looksTwice, false);
});
