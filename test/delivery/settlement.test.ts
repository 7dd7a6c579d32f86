import assert from 'node:assert/strict';
import test from 'node:test';
import type { RecipientOutcome } from '../../src/delivery/hand-over.ts';
import type { ClaimedRecipient } from '../../src/delivery/queue-store.ts';
import { type BounceProfile, DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';
import { type Settlement, settle } from '../../src/delivery/settlement.ts';
import { NO_OPTIONS } from '../support/options.ts';

const ACCEPTED = Date.UTC(2026, 10, 23, 10, 0, 0);
const WARNS = { ...DEFAULT_BOUNCE_SETTINGS, delayWarnings: true };

interface Given {
  readonly profile?: BounceProfile;
  readonly recipient?: Partial<ClaimedRecipient>;
  readonly outcome?: Partial<RecipientOutcome>;
  /** Since it was accepted. */
  readonly seconds?: number;
}

function settled({ profile = WARNS, recipient = {}, outcome = {}, seconds = 60 }: Given): Settlement {
  const claimed: ClaimedRecipient = {
    rid: 0,
    address: 'ben@example.net',
    notify: null,
    orcpt: null,
    attempts: 1,
    delayWarnings: 0,
    lastWarningAt: null,
    last: null,
    ...recipient,
  };
  return settle({
    message: {
      mid: 12,
      attemptId: 3,
      sender: 'ann@example.com',
      options: NO_OPTIONS,
      acceptedAt: ACCEPTED,
      gateway: null,
      bytes: Buffer.from('\r\n'),
      recipients: [claimed],
    },
    destination: 'example.net',
    profile,
    now: ACCEPTED + seconds * 1_000,
    outcomes: [
      {
        rid: 0,
        address: 'ben@example.net',
        result: 'deferred',
        channel: 'none',
        verified: null,
        host: 'mx.example.net',
        ip: '192.0.2.25',
        dcid: 7,
        status: '4.2.2',
        reason: 'Mailbox full',
        reply: { code: '452', lines: ['Full'] },
        category: '4xx',
        possible: false,
        because: [],
        ...outcome,
      },
    ],
  });
}

test('a 4xx is tried again and a 5xx bounces at once (R109)', () => {
  const soft = settled({});
  assert.equal(soft.reports[0]?.outcome.kind, 'deferred');
  assert.equal(soft.nextAt, ACCEPTED + 120_000);
  const hard = settled({ outcome: { result: 'failed', status: '5.1.1', category: '5xx' } });
  assert.equal(hard.reports[0]?.outcome.kind, 'bounced');
  assert.deepEqual([hard.notices.failed.length, hard.counters], [1, { fivexx: 1 }]);
});

test('a 4xx becomes a bounce when the retries or the time in the queue are used up (R108)', () => {
  const retries = settled({ profile: { ...WARNS, maxRetries: 1 } });
  const time = settled({ seconds: WARNS.maxQueueSeconds });
  for (const { reports, notices, counters } of [retries, time]) {
    assert.equal(reports[0]?.outcome.kind, 'bounced');
    assert.equal(notices.failed[0]?.outcome.status, '5.4.7');
    assert.deepEqual(counters, { expired: 1 });
  }
});

test('what was given up says what its last try came to, in the sentence that the sender is shown (R109)', () => {
  const because = ['mx.example.com: the certificate is for another name'];
  const given = settled({ profile: { ...WARNS, maxRetries: 1 }, outcome: { because } });
  const told = given.notices.failed[0]?.outcome.because.at(-1);
  assert.equal(told, 'all retries are used up; at the last try: mx.example.com: the certificate is for another name');
  assert.equal(given.reports[0]?.facts.reason, told);
});

test('delay warnings are off, and when on come after the second attempt and only after a 4xx (R111)', () => {
  const warned = (given: Given): boolean => settled(given).notices.delayed.length === 1;
  assert.ok(!warned({ profile: DEFAULT_BOUNCE_SETTINGS }), 'off by default');
  assert.ok(!warned({ recipient: { attempts: 0 }, seconds: 0 }), 'the first attempt');
  assert.ok(warned({}), 'the second attempt');
  assert.ok(!warned({ outcome: { category: 'connection', reply: { code: '000', lines: [] } } }), 'no reply');
  assert.ok(!warned({ outcome: { category: 'tls' } }), 'no TLS');
  assert.ok(!warned({ recipient: { notify: ['FAILURE'] } }), 'not asked for');
});

test('delay warnings are few and far between (R111)', () => {
  const twice = { ...WARNS, maxDelayWarnings: 2 };
  const warned = (profile: BounceProfile, delayWarnings: number, since: number): boolean => {
    const recipient = { attempts: 3, delayWarnings, lastWarningAt: ACCEPTED };
    return settled({ profile, recipient, seconds: since }).notices.delayed.length === 1;
  };
  assert.ok(!warned(WARNS, 1, 20_000), 'one is all by default');
  assert.ok(!warned(twice, 1, 14_399));
  assert.ok(warned(twice, 1, 14_400));
  assert.ok(!warned(twice, 2, 40_000));
});
