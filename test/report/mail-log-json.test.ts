import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { DeliveryEvent } from '../../src/delivery/events.ts';
import type { ReceptionEvent } from '../../src/delivery/reception-events.ts';
import { mailLogTexts } from '../../src/report/mail-log.ts';
import { mailLogJson, receptionJson } from '../../src/report/mail-log-json.ts';
import { AT, FACTS, judged } from './delivery-scenario.ts';

const EVENTS: readonly DeliveryEvent[] = [
  {
    kind: 'message-queued',
    at: AT,
    mid: 4,
    sender: '',
    recipients: [{ rid: 0, address: 'b@example.com' }],
    bytes: 494,
    messageId: null,
    subject: 'a\u202eb\u2028c\nd',
    origin: 'bounce',
  },
  { kind: 'connection-opened', at: AT, ...FACTS },
  judged({ event: 'E6', mode: 'preferred-verify' }),
  { kind: 'delivery-started', at: AT, dcid: 5, mid: 4, rids: [0] },
  { kind: 'message-done', at: AT, dcid: 5, mid: 4, rids: [0], response: '2.0.0 ok' },
  {
    kind: 'delayed',
    at: AT,
    dcid: 5,
    mid: 4,
    rid: 0,
    sender: '',
    recipient: 'b@example.com',
    destination: 'example.com',
    status: '4.1.0',
    reason: 'Unknown address error',
    reply: { code: '451', lines: ['later'] },
    nextAttemptAt: AT + 60_000,
  },
  { kind: 'connection-closed', at: AT, dcid: 5 },
  { kind: 'possible-delivery', at: AT, dcid: 5, mid: 4, rids: [0], counted: 'retried' },
  { kind: 'message-finished', at: AT, mid: 4, how: 'done' },
  {
    kind: 'tls-alert',
    at: AT,
    dcid: 5,
    destination: 'example.com',
    mode: 'required',
    host: 'mx.example.com',
    address: '192.0.2.1',
    event: 'E2',
    detail: 'the server does not offer STARTTLS',
  },
  { kind: 'trouble', at: AT, what: 'the disk is full', recovered: false },
];

const RECEPTION: readonly ReceptionEvent[] = [
  {
    kind: 'connection-received',
    at: AT,
    icid: 7,
    interface: 'Data 1',
    localAddress: '192.0.2.99',
    address: '192.0.2.7',
    reverseName: null,
    reverseVerified: false,
  },
  { kind: 'sender-judged', at: AT, icid: 7, action: 'RELAY', senderGroup: 'RELAYLIST', match: '192.0.2.0/24' },
  { kind: 'tls-established', at: AT, icid: 7, protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  { kind: 'tls-failed', at: AT, icid: 7, code: 'ERR_SSL', detail: 'no shared cipher' },
  { kind: 'message-started', at: AT, icid: 7, mid: 4 },
  { kind: 'message-aborted', at: AT, icid: 7, mid: 4, why: 'Receiving aborted' },
  { kind: 'bounce-refused', at: AT, icid: 7, mid: 4, recipient: 'b@example.com' },
  { kind: 'connection-lost', at: AT, icid: 7 },
  { kind: 'connection-ended', at: AT, icid: 7 },
];

test('a session is one object with what was decided and why', () => {
  const told = JSON.parse(mailLogJson(judged({ event: 'E6', mode: 'preferred-verify' })));
  assert.equal(told.time, '2018-04-17T00:57:53.000Z');
  assert.equal(told.event, 'session-judged');
  assert.deepEqual(told.tls, { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', bits: 256, group: 'X25519' });
  assert.deepEqual(
    [told.channel, told.verified, told.stateEvent, told.mode],
    ['encrypted', false, 'E6', 'preferred-verify'],
  );
  assert.equal(told.chainProblem, 'self-signed');
});

test('a text of a stranger keeps its meaning and loses its power over a terminal', () => {
  const line = mailLogJson(EVENTS[0] as DeliveryEvent);
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal(JSON.parse(line).subject, 'a\u202eb\u2028c\nd');
});

test('the page lists every name, and no name that is never written', () => {
  const page = readFileSync(new URL('../../docs/mail-log.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]*) \|/gm)].map(([, event = '', names = '']) => [
      event,
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]),
  );
  for (const event of EVENTS) {
    const { time: _, event: kind, lines, ...told } = JSON.parse(mailLogJson(event));
    assert.deepEqual(lines, mailLogTexts(event));
    assert.deepEqual(rows.get(kind), Object.keys(told), kind);
  }
  assert.equal(rows.get('bounced')?.length, rows.get('delayed')?.length);
  for (const event of RECEPTION) {
    const { time: _, event: kind, lines, ...told } = JSON.parse(receptionJson(event));
    assert.equal(lines.length, 1);
    assert.deepEqual(rows.get(kind)?.toSorted(), Object.keys(told).toSorted(), kind);
  }
  assert.equal(rows.size, EVENTS.length + 1 + RECEPTION.length);
});
