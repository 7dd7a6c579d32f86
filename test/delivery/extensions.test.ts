/** One message, one transaction: what is said to a server depends on what it offers, and each reply counts for itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DATA_BLOCK_BYTES } from '../../src/delivery/transaction.ts';
import type { PeerScript } from '../../src/lab/peer-script.ts';
import { recipients, type Sender, type SenderScene, senderIn } from '../support/delivery.ts';
import type { Ending } from '../support/dns.ts';
import { NO_OPTIONS } from '../support/options.ts';

const HOST = '192.0.2.1';
const OFFERED = ['PIPELINING', 'SIZE 10485760', 'ENHANCEDSTATUSCODES', '8BITMIME'];

/** One host with these extensions inside TLS, and a way to see what was said to it there. */
async function sceneOf(
  test: Ending,
  keywordsUnderTls: readonly string[],
  script: Partial<PeerScript> = {},
  scene: SenderScene = {},
): Promise<{ readonly sender: Sender; said(): readonly string[] }> {
  const sender = await senderIn(test, { hosts: { [HOST]: { keywordsUnderTls, ...script } }, ...scene });
  return {
    sender,
    said: () =>
      sender
        .peer(HOST)
        .sessions.flatMap(({ commands }) => commands.filter(({ tls }) => tls).map(({ text }) => text))
        .filter((text) => !text.startsWith('EHLO')),
  };
}

describe('a transaction', { concurrency: 4 }, () => {
  it('says MAIL, RCPT and DATA together where PIPELINING is offered, one by one where it is not (S-EXT-1)', async (test) => {
    for (const keywords of [['PIPELINING'], []]) {
      // Whoever waits for each reply would need the delay of each.
      const slow = (reply: string) => ({ reply, delayMs: 60 });
      const { sender, said } = await sceneOf(test, keywords, { mail: slow('250 ok'), rcpt: slow('250 ok') });
      const { report } = await sender.deliver({
        message: { recipients: recipients('a@example.com', 'b@example.com') },
      });
      assert.deepEqual(
        report.recipients.map(({ result }) => result),
        ['delivered', 'delivered'],
      );
      assert.deepEqual(said(), [
        'MAIL FROM:<ann@example.net>',
        'RCPT TO:<a@example.com>',
        'RCPT TO:<b@example.com>',
        'DATA',
        'QUIT',
      ]);
    }
  });

  it('gives every recipient an outcome of its own (S-EXT-1)', async (test) => {
    for (const keywords of [['PIPELINING'], [], ['PIPELINING', 'CHUNKING'], ['CHUNKING']]) {
      const { sender } = await sceneOf(test, keywords, {
        recipients: { 'b@example.com': '550 5.1.1 no such user', 'c@example.com': '450 4.2.1 greylisted' },
      });
      const { report } = await sender.deliver({
        message: { recipients: recipients('a@example.com', 'b@example.com', 'c@example.com') },
      });
      assert.deepEqual(
        report.recipients.map(({ result, status, reason, reply }) => [result, status, reason, reply.code]),
        [
          ['delivered', '2.0.0', '', '250'],
          ['failed', '5.1.1', 'Bad destination mailbox address', '550'],
          ['deferred', '4.2.1', 'Mailbox disabled', '450'],
        ],
      );
      assert.equal(sender.peer(HOST).sessions[0]?.messages.length, 1, keywords.join());
    }
  });

  it('ends a text that nobody is left for with a lone dot, and delivers nothing (S-EXT-1)', async (test) => {
    const { sender, said } = await sceneOf(test, ['PIPELINING'], { rcpt: '550 5.1.1 no such user' });
    const { report } = await sender.deliver({ message: { recipients: recipients('a@example.com', 'b@example.com') } });
    assert.deepEqual(
      report.recipients.map(({ result }) => result),
      ['failed', 'failed'],
    );
    assert.deepEqual(
      sender.peer(HOST).sessions[0]?.messages.map((text) => text.length),
      [0],
    );
    assert.ok(said().includes('QUIT'), 'the dialogue is in step');
  });

  it('sends BDAT chunks without stuffing where CHUNKING is offered, as many as the text needs (S-EXT-2)', async (test) => {
    const { sender, said } = await sceneOf(test, ['PIPELINING', 'CHUNKING']);
    const text = `A: b\r\n\r\n${'.a line\r\n'.repeat(330_000)}.\r\n`;
    const { report } = await sender.deliver({ message: { bytes: Buffer.from(text) } });
    assert.equal(report.recipients[0]?.result, 'delivered');
    const chunks = said().filter((line) => line.startsWith('BDAT'));
    assert.deepEqual(
      chunks.map((line) => /LAST$/.test(line)),
      [false, false, true],
    );
    assert.equal(sender.peer(HOST).sessions[0]?.messages[0]?.toString(), text);
    const refused = await sceneOf(test, ['CHUNKING'], { chunk: '552 5.3.4 too much' });
    const failed = await refused.sender.deliver({ message: { bytes: Buffer.from(text) } });
    assert.deepEqual([failed.report.recipients[0]?.result, failed.report.recipients[0]?.status], ['failed', '5.3.4']);
    assert.equal(refused.said().filter((line) => line.startsWith('BDAT')).length, 1, 'a refused chunk ends it');
  });

  it('stuffs dots and sends a long text block by block (S-MX-15)', async (test) => {
    const { sender } = await sceneOf(test, ['PIPELINING']);
    const text = `A: b\r\n\r\n${'..two\r\n.one\r\nnone\r\n'.repeat(Math.ceil((3 * DATA_BLOCK_BYTES) / 19))}.\r\n`;
    await sender.deliver({ message: { bytes: Buffer.from(text) } });
    assert.equal(sender.peer(HOST).sessions[0]?.messages[0]?.toString(), text);
  });

  it('names the size, and does not send what is too big for the server (S-EXT-4)', async (test) => {
    const bytes = Buffer.from(`A: b\r\n\r\n${'x'.repeat(90)}\r\n`);
    const wide = await sceneOf(test, ['SIZE 1000']);
    await wide.sender.deliver({ message: { bytes } });
    assert.equal(wide.said()[0], `MAIL FROM:<ann@example.net> SIZE=${bytes.length}`);
    const narrow = await sceneOf(test, ['SIZE 50']);
    const { report } = await narrow.sender.deliver({ message: { bytes } });
    const [outcome] = report.recipients;
    assert.deepEqual([outcome?.result, outcome?.status, outcome?.category], ['failed', '5.3.4', 'content']);
    assert.deepEqual(narrow.said(), ['QUIT']);
  });

  it('says BODY=8BITMIME where the text needs it, and gives up at hosts that do not offer it (S-EXT-4)', async (test) => {
    const message = { options: { ...NO_OPTIONS, eightBit: true }, bytes: Buffer.from('A: b\r\n\r\nü\r\n') };
    const able = await sceneOf(test, OFFERED);
    await able.sender.deliver({ message });
    assert.match(able.said()[0] ?? '', / BODY=8BITMIME$/);
    const unable = await sceneOf(test, ['PIPELINING']);
    const { report } = await unable.sender.deliver({ message });
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.status], ['failed', '5.6.1']);
    assert.deepEqual(unable.said(), ['QUIT']);
  });

  it('says SMTPUTF8 where an address needs it, and never sends such an address elsewhere (S-EXT-3)', async (test) => {
    const message = { recipients: recipients('jürgen@example.com') };
    const able = await sceneOf(test, [...OFFERED, 'SMTPUTF8']);
    await able.sender.deliver({ message });
    assert.match(able.said()[0] ?? '', / SMTPUTF8$/);
    const unable = await sceneOf(test, OFFERED);
    const { report } = await unable.sender.deliver({ message });
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.status], ['failed', '5.6.7']);
    assert.deepEqual(unable.said(), ['QUIT']);
  });

  it('another host may know the extension that the first one lacks (S-EXT-3)', async (test) => {
    const sender = await senderIn(test, {
      hosts: { '192.0.2.1': {}, '192.0.2.2': { keywordsUnderTls: [...OFFERED, 'SMTPUTF8'] } },
      zones: {
        'example.com': {
          MX: [
            [10, 'mx.example.com'],
            [20, 'mx2.example.com'],
          ],
        },
        'mx.example.com': { A: ['192.0.2.1'] },
        'mx2.example.com': { A: ['192.0.2.2'] },
      },
    });
    const { report } = await sender.deliver({ message: { recipients: recipients('jürgen@example.com') } });
    assert.deepEqual([report.recipients[0]?.result, report.recipients[0]?.host], ['delivered', 'mx2.example.com']);
  });

  it('passes on what the submitter asked of DSNs only where DSN is offered, and says whether it did (S-DSN-2)', async (test) => {
    const options = { ...NO_OPTIONS, ret: 'HDRS', envid: 'a b+c' } as const;
    const [recipient] = recipients('a@example.com');
    assert.ok(recipient !== undefined);
    const asked = { ...recipient, notify: ['SUCCESS', 'FAILURE'] as const, orcpt: 'rfc822;a@old.example' };
    const able = await sceneOf(test, ['DSN']);
    const passed = await able.sender.deliver({ message: { options, recipients: [asked] } });
    assert.deepEqual(able.said().slice(0, 2), [
      'MAIL FROM:<ann@example.net> RET=HDRS ENVID=a+20b+2Bc',
      'RCPT TO:<a@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@old.example',
    ]);
    assert.equal(passed.report.recipients[0]?.dsnPassedOn, true);
    const unable = await sceneOf(test, []);
    const kept = await unable.sender.deliver({ message: { options, recipients: [asked] } });
    assert.deepEqual(unable.said().slice(0, 2), ['MAIL FROM:<ann@example.net>', 'RCPT TO:<a@example.com>']);
    assert.equal(kept.report.recipients[0]?.dsnPassedOn, false);
  });

  it('keeps to the limits a server names: RCPTMAX a transaction, MAILMAX a connection (S-EXT-4)', async (test) => {
    const five = recipients(...[1, 2, 3, 4, 5].map((number) => `user${number}@example.com`));
    const { sender, said } = await sceneOf(test, ['PIPELINING', 'LIMITS RCPTMAX=2 MAILMAX=2']);
    const { report } = await sender.deliver({ message: { recipients: five } });
    assert.deepEqual(
      report.recipients.map(({ result, dcid }) => [result, dcid]),
      [1, 1, 1, 1, 2].map((dcid) => ['delivered', dcid]),
    );
    assert.equal(said().filter((line) => line.startsWith('MAIL')).length, 3);
    assert.equal(sender.peer(HOST).accepted(), 2);
  });

  for (const reply of ['452 4.5.3 too many recipients', '452 too many', '552 too many recipients']) {
    it(`the recipients behind "${reply}" come in a transaction of their own (S-EXT-1)`, async (test) => {
      const { sender, said } = await sceneOf(test, ['PIPELINING'], { recipients: { 'b@example.com': reply } });
      const { report } = await sender.deliver({
        message: { recipients: recipients('a@example.com', 'b@example.com', 'c@example.com') },
      });
      // The second time it is the first of its transaction: then the answer is about itself.
      assert.deepEqual(
        report.recipients.map(({ result }) => result),
        ['delivered', 'deferred', 'delivered'],
      );
      assert.equal(report.recipients[1]?.reply.code, reply.slice(0, 3));
      assert.equal(said().filter((line) => line.startsWith('MAIL')).length, 2);
    });
  }

  it('a full mailbox is no lack of room for recipients', async (test) => {
    const { sender, said } = await sceneOf(test, ['PIPELINING'], {
      recipients: { 'b@example.com': '552 5.2.2 mailbox full' },
    });
    const { report } = await sender.deliver({ message: { recipients: recipients('a@example.com', 'b@example.com') } });
    assert.deepEqual([report.recipients[1]?.result, report.recipients[1]?.status], ['failed', '5.2.2']);
    assert.equal(said().filter((line) => line.startsWith('MAIL')).length, 1);
  });

  for (const [reply, result, status] of [
    ['451 4.3.0 later', 'deferred', '4.3.0'],
    ['554 5.6.0 no', 'failed', '5.6.0'],
    ['554 no', 'failed', '5.3.0'],
    ['421 4.3.2 bye', 'deferred', '4.3.2'],
    ['354 what', 'deferred', '4.3.0'],
    ['299 2.0.0 whatever', 'delivered', '2.0.0'],
  ] as const) {
    it(`"${reply}" behind the text: ${result} (S-MX-12)`, async (test) => {
      const { sender } = await sceneOf(test, OFFERED, { message: reply });
      const { report } = await sender.deliver();
      const [outcome] = report.recipients;
      assert.deepEqual([outcome?.result, outcome?.status, outcome?.possible], [result, status, false]);
    });
  }

  it('a text that was cut off before its end goes to the next host, and nobody has it twice (S-MX-11)', async (test) => {
    const bytes = Buffer.from(`A: b\r\n\r\n${'line after line\r\n'.repeat(40_000)}`);
    for (const answer of [
      { after: 'reset' },
      { after: 'close' },
      { reply: '421 4.3.2 bye', after: 'close' },
    ] as const) {
      const sender = await senderIn(test, {
        hosts: { '192.0.2.1': { interrupt: { afterBytes: 1000, answer } }, '192.0.2.2': {} },
      });
      const { report } = await sender.deliver({ message: { bytes } });
      const [outcome] = report.recipients;
      assert.deepEqual([outcome?.possible, sender.peer('192.0.2.1').sessions[0]?.messages.length], [false, 0]);
      // What the server says before it goes is its answer; a connection that is lost is none.
      if ('reply' in answer) assert.notEqual(outcome?.result, 'failed');
      else assert.deepEqual([outcome?.result, outcome?.ip], ['delivered', '192.0.2.2']);
    }
  });

  it('a reply that never comes behind the text leaves it possible, counted as the operator wants', async (test) => {
    for (const possibleDelivery of [true, false]) {
      const { sender } = await sceneOf(
        test,
        OFFERED,
        { message: { after: 'close' } },
        { delivery: { possibleDelivery } },
      );
      const { report } = await sender.deliver();
      const [outcome] = report.recipients;
      assert.deepEqual(
        [outcome?.possible, outcome?.result, outcome?.channel],
        possibleDelivery ? [true, 'delivered', 'encrypted'] : [true, 'deferred', 'none'],
      );
      const told = sender.events.find(({ kind }) => kind === 'possible-delivery');
      assert.ok(told?.kind === 'possible-delivery');
      assert.equal(told.counted, possibleDelivery ? 'delivered' : 'retried');
      assert.ok(!sender.events.some(({ kind }) => kind === 'message-done'));
    }
  });

  it('waits no longer for the end than it is told to (S-MX-13)', async (test) => {
    const { sender } = await sceneOf(
      test,
      OFFERED,
      { message: { after: 'silence' } },
      { delivery: { timeouts: { connect: 60, greeting: 60, command: 60, data: 60, dataBlock: 60, finalDot: 0.2 } } },
    );
    const since = performance.now();
    const { report } = await sender.deliver();
    assert.equal(report.recipients[0]?.possible, true);
    assert.ok(performance.now() - since < 30_000);
  });
});
