import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handshakeFailureOf, MAX_CERTIFICATE_MESSAGE_BYTES } from '../../src/session/handshake-failure.ts';

function failureOf(code: string, more: Readonly<Record<string, unknown>> = {}) {
  return handshakeFailureOf(Object.assign(new Error('any text at all'), { code, ...more }));
}

describe('an error during the handshake', () => {
  it('of the connection is an end or a reset', () => {
    assert.deepEqual(failureOf('ECONNRESET', { syscall: 'read' }), { kind: 'closed', how: 'reset' });
    assert.deepEqual(failureOf('ECONNRESET'), { kind: 'closed', how: 'end' });
    assert.deepEqual(failureOf('EPIPE', { syscall: 'write' }), { kind: 'closed', how: 'reset' });
  });

  for (const [code, alert] of [
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'handshake failure'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'handshake failure'],
    ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'internal error'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate required'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', null],
  ] as const) {
    it(`with ${code} is ${alert === null ? 'kept under its code' : `the alert ${alert}`}`, () => {
      const failure = failureOf(code);
      assert.deepEqual(
        failure,
        alert === null ? { kind: 'other', code, detail: 'any text at all' } : { kind: 'alert', alert, code },
      );
    });
  }

  it('about versions and ciphers says that there is nothing in common, whoever noticed', () => {
    for (const code of [
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'ERR_SSL_NO_SHARED_CIPHER',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ]) {
      assert.deepEqual(failureOf(code), { kind: 'nothing-in-common', code });
    }
  });

  it('about the first bytes says that they are no TLS', () => {
    for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']) {
      assert.deepEqual(failureOf(code), { kind: 'not-tls', code });
    }
  });

  it('about certificates beyond what OpenSSL takes names that limit', () => {
    const limit = MAX_CERTIFICATE_MESSAGE_BYTES;
    assert.deepEqual(failureOf('ERR_SSL_EXCESSIVE_MESSAGE_SIZE'), { kind: 'too-much', limit });
  });
});
