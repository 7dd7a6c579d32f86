import assert from 'node:assert/strict';
import test from 'node:test';
import { reasonOf, statusOfEvent, statusOfReply } from '../../src/delivery/status.ts';
import type { PolicyEvent } from '../../src/policy/decide.ts';
import type { SmtpReply } from '../../src/smtp/reply.ts';

const EVENTS: readonly PolicyEvent[] = [
  ...(['E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7', 'E8'] as const),
  ...(['E9', 'E10', 'E11', 'E12', 'E13'] as const),
];

function reply(code: number, enhancedStatus: SmtpReply['enhancedStatus'] = null): SmtpReply {
  return { code, lines: ['no'], enhancedStatus };
}

test('why a host was passed by is a status for a while: 7.5 for cryptography, 7.10 for TLS that is needed (S-DSN-3)', () => {
  for (const event of EVENTS) assert.match(statusOfEvent(event), /^4\.\d+\.\d+$/, event);
  // The handshake failed, the chain or the name was not accepted, the second EHLO failed, a policy was not met.
  for (const event of ['E5', 'E6', 'E7', 'E8', 'E11', 'E13'] as const)
    assert.equal(statusOfEvent(event), '4.7.5', event);
  // STARTTLS is not offered, or not given.
  for (const event of ['E1', 'E2', 'E3', 'E4'] as const) assert.equal(statusOfEvent(event), '4.7.10', event);
});

test('a host that turns senders away at the door says why, or takes no messages now; silence is no answer (S-MX-11)', () => {
  assert.equal(statusOfEvent('E9'), '4.4.1');
  assert.equal(statusOfEvent('E9', reply(421)), '4.3.2');
  assert.equal(
    statusOfEvent('E9', reply(554, { class: 5, subject: 7, detail: 1 })),
    '4.7.1',
    'for a while all the same',
  );
  assert.equal(statusOfEvent('E10', reply(421, { class: 4, subject: 7, detail: 0 })), '4.7.0');
});

test('the words of a status are those of the register, exact or of its subject (S-DSN-3)', () => {
  assert.equal(reasonOf('5.7.5'), 'Cryptographic failure');
  assert.equal(reasonOf('4.7.5'), 'Cryptographic failure');
  assert.equal(reasonOf('5.7.10'), 'Encryption needed');
  assert.equal(reasonOf('5.7.30'), 'REQUIRETLS support required');
  assert.equal(reasonOf('5.1.10'), 'Destination takes no mail (null MX)');
  assert.equal(reasonOf('5.7.99'), 'Other security problem');
  assert.equal(reasonOf('5.77.1'), 'Other undefined status');
});

test('a status that the server says is passed on; without one its code and the command say it (S-DSN-3)', () => {
  assert.equal(statusOfReply(reply(550, { class: 5, subject: 7, detail: 26 }), 'rcpt'), '5.7.26');
  assert.equal(statusOfReply(reply(450, { class: 4, subject: 2, detail: 0 }), 'mail'), '4.2.0');
  assert.equal(statusOfReply(reply(550), 'rcpt'), '5.1.0');
  assert.equal(statusOfReply(reply(452), 'rcpt'), '4.3.1');
  assert.equal(statusOfReply(reply(552), 'message'), '5.3.4');
  assert.equal(statusOfReply(reply(250), 'message'), '2.0.0');
  for (const at of ['mail', 'rcpt', 'data', 'message'] as const) {
    for (const code of [421, 451, 500, 550, 554]) {
      const status = statusOfReply(reply(code), at);
      assert.equal(status[0], String(code)[0]);
      assert.notEqual(reasonOf(status), 'Other undefined status', `${code} at ${at}`);
    }
  }
});
