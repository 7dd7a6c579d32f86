/** What a hand-over says about a destination as a whole. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { HandOverReport } from '../../src/delivery/hand-over.ts';
import { HostWord, isServed, ownFault } from '../../src/delivery/host-trouble.ts';
import type { ClaimedMessage } from '../../src/delivery/queue-store.ts';

const MESSAGE: ClaimedMessage = {
  mid: 1,
  attemptId: 1,
  sender: 'me@here.example',
  options: { eightBit: false, international: false, requireTls: false, tlsOptional: false, ret: null, envid: null },
  acceptedAt: 0,
  gateway: null,
  bytes: Buffer.from('x\r\n'),
  recipients: [
    {
      rid: 0,
      address: 'ann@a.example',
      notify: null,
      orcpt: null,
      attempts: 0,
      delayWarnings: 0,
      lastWarningAt: null,
      last: null,
    },
  ],
};

test('a fault of our own says nothing about the destination, neither good nor bad', () => {
  const report = ownFault(MESSAGE, new Error('a bug'));
  assert.equal(isServed(report), false);
  assert.equal(new HostWord().whyDown(report, MESSAGE), null);
  const later = { ...report, contacted: true };
  assert.equal(isServed(later), true, 'a host that was asked and had a word on the message serves');
});

test('a host that breaks at the text is believed once, and again after one that went well', () => {
  const word = new HostWord();
  const [given] = ownFault(MESSAGE, new Error('x')).recipients;
  assert.ok(given !== undefined);
  const reported = (outcome: Partial<typeof given>): HandOverReport => ({
    recipients: [{ ...given, ...outcome }],
    attempts: [],
    contacted: true,
    busy: false,
  });
  const broke = reported({ category: 'connection', begun: true, because: ['lost'] });
  assert.equal(word.whyDown(broke, MESSAGE), null);
  assert.equal(word.whyDown(reported({ result: 'delivered', category: 'none' }), MESSAGE), null);
  assert.equal(word.whyDown(broke, MESSAGE), null);
  assert.equal(word.whyDown(broke, MESSAGE), 'lost');
  assert.equal(new HostWord().whyDown(reported({ category: 'connection', because: ['refused'] }), MESSAGE), 'refused');
});
