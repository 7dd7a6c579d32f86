/** TLS sessions that are kept: for the same server on the same terms, for a while, and not without end. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  createTlsSessions,
  MAX_KEPT_TLS_SESSIONS,
  TLS_SESSION_LIFETIME_MS,
  type TlsSessionKey,
} from '../../src/delivery/tls-sessions.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

const KEY: TlsSessionKey = {
  host: 'mx.example.com',
  address: '192.0.2.1',
  port: 25,
  serverName: 'mx.example.com',
  minTlsVersion: 'TLSv1',
  clientCertificate: null,
};

function session(name: string) {
  return { session: Buffer.from(name), chainAsSent: [Buffer.from('leaf')], ocspStaple: null };
}

test('a session is there for the very same terms and for no others', () => {
  const sessions = createTlsSessions(handWoundClock());
  sessions.for(KEY).keep(session('one'));
  assert.equal(sessions.for(KEY).kept()?.session.toString(), 'one');
  const others: readonly Partial<TlsSessionKey>[] = [
    { host: 'mx2.example.com' },
    { address: '192.0.2.2' },
    { port: 26 },
    { serverName: 'other.example.com' },
    { minTlsVersion: 'TLSv1.2' },
    { clientCertificate: 'PEM' },
  ];
  for (const other of others) assert.equal(sessions.for({ ...KEY, ...other }).kept(), null);
});

test('a session is not used when it is old, nor after a handshake that failed with it', () => {
  const clock = handWoundClock();
  const sessions = createTlsSessions(clock);
  const kept = sessions.for(KEY);
  kept.keep(session('one'));
  clock.wind(TLS_SESSION_LIFETIME_MS - 1);
  assert.notEqual(kept.kept(), null);
  clock.wind(1);
  assert.equal(kept.kept(), null);
  kept.keep(session('two'));
  kept.forget();
  assert.equal(kept.kept(), null);
});

test('no more are kept than there is room for: the oldest goes', () => {
  const sessions = createTlsSessions(handWoundClock());
  for (let port = 0; port <= MAX_KEPT_TLS_SESSIONS; port++) sessions.for({ ...KEY, port }).keep(session(`${port}`));
  assert.equal(sessions.for({ ...KEY, port: 0 }).kept(), null);
  assert.equal(
    sessions
      .for({ ...KEY, port: 1 })
      .kept()
      ?.session.toString(),
    '1',
  );
});
