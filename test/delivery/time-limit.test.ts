/** A server that answers each command just in time: one message holds a connection to it for so long and no longer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outgoing, QUICK_TIMEOUTS, recipients, senderIn } from '../support/delivery.ts';

const SLOW = '192.0.2.1';
const GOOD = '192.0.2.2';
const LIMIT_S = 1.5;
const delivery = { timeouts: { ...QUICK_TIMEOUTS, handOver: LIMIT_S } };
const MANY = recipients(...Array.from({ length: 40 }, (_, index) => `user${index}@example.com`));
const WORDS = /the message was not handed over within 1\.5 s/;
/** Each answer in time, all of them together ten times as long as they may take. */
const SLOW_RCPT = { keywords: ['STARTTLS'], keywordsUnderTls: [], rcpt: { reply: '250 ok', delayMs: 150 } };

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly value: Result; readonly ms: number }> {
  const from = performance.now();
  const value = await work();
  return { value, ms: performance.now() - from };
}

describe('a server that answers each command just in time', { concurrency: 4 }, () => {
  it('is left when the time for the message is up, and the next host has its turn', async (test) => {
    const sender = await senderIn(test, { hosts: { [SLOW]: SLOW_RCPT, [GOOD]: {} }, delivery });
    const { value, ms } = await timed(() => sender.deliver({ message: { recipients: MANY } }));
    assert.ok(ms < 4_000, `${ms} ms`);
    const { report } = value;
    assert.deepEqual([...new Set(report.recipients.map(({ result, ip }) => `${result} ${ip}`))], [`delivered ${GOOD}`]);
    assert.match(report.attempts[0]?.detail ?? '', WORDS);
    assert.equal(sender.peer(SLOW).sessions[0]?.messages.length, 0);
    assert.equal(sender.events.filter(({ kind }) => kind === 'connection-closed').length, 2);
  });

  it('defers what it did not take where it is the only one, and says why', async (test) => {
    const sender = await senderIn(test, { hosts: { [SLOW]: SLOW_RCPT }, delivery });
    const { report, line } = await sender.deliver({ message: { recipients: MANY } });
    assert.equal(line, null);
    const [first] = report.recipients;
    assert.deepEqual(
      [first?.result, first?.status, first?.category, report.busy],
      ['deferred', '4.4.2', 'connection', false],
    );
    assert.match(first?.because.join() ?? '', WORDS);
  });

  it('may not dawdle before the message either', async (test) => {
    const ehlo = { reply: '250-mx.example.com\n250 STARTTLS', delayMs: 5_000 };
    const sender = await senderIn(test, { hosts: { [SLOW]: { ehlo }, [GOOD]: {} }, delivery });
    const { value, ms } = await timed(() => sender.deliver());
    assert.ok(ms < 4_000, `${ms} ms`);
    assert.deepEqual([value.report.recipients[0]?.result, value.report.recipients[0]?.ip], ['delivered', GOOD]);
  });

  it('has each message of a connection timed by itself', async (test) => {
    const sender = await senderIn(test, { hosts: { [SLOW]: SLOW_RCPT }, delivery });
    const { report, line } = await sender.deliver({ keep: true });
    assert.equal(report.recipients[0]?.result, 'delivered');
    const next = await line?.send(outgoing({ mid: 2 }));
    assert.equal(next?.recipients[0]?.result, 'delivered');
    const last = await line?.send(outgoing({ mid: 3, recipients: MANY }));
    assert.deepEqual([last?.recipients[0]?.result, last?.busy], ['deferred', false], 'it counts as an attempt');
    assert.match(last?.attempts[0]?.detail ?? '', WORDS);
    assert.equal(line?.takes(outgoing({ mid: 4 })), false);
  });

  it('that has the whole message may have taken it, and is told so', async (test) => {
    const sender = await senderIn(test, {
      hosts: { [SLOW]: { message: { reply: '250 ok', delayMs: 5_000 } }, [GOOD]: {} },
      delivery: { ...delivery, possibleDelivery: true },
    });
    const { report } = await sender.deliver();
    const [only] = report.recipients;
    assert.deepEqual([only?.result, only?.possible, only?.ip], ['delivered', true, SLOW]);
    assert.match(only?.because.join() ?? '', /the reply to the message: no answer within 1\.5 s/);
    assert.equal(sender.peer(GOOD).sessions.length, 0);
  });
});
