import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TLS_MODES, type TlsMode } from '../../src/policy/mode.ts';
import { readLogged } from '../../src/report/log-search.ts';
import { simulateSwitch } from '../../src/report/switch-simulation.ts';

const TLS = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', bits: 256, group: 'X25519' };

function session(fields: object) {
  const event = readLogged(
    JSON.stringify({ time: '2026-11-28T10:00:00.000Z', event: 'session-judged', lines: [], dcid: 1, ...fields }),
  );
  assert.ok(event !== null);
  return event;
}

/** For each mode `go`, `stop` or `unknown`. */
function outcomes(fields: object): Readonly<Record<TlsMode, string>> {
  const of = (mode: TlsMode): string => {
    const counts = simulateSwitch([session(fields)], mode);
    const [found] = Object.entries(counts).filter(([, count]) => count === 1);
    return found?.[0] ?? 'none';
  };
  return Object.fromEntries(TLS_MODES.map((mode) => [mode, of(mode)])) as Record<TlsMode, string>;
}

const verified = { mode: 'preferred', channel: 'encrypted', stateEvent: 'E8', tls: TLS, chainTrusted: true };

test('a session that proved who it was carries mail under every mode', () => {
  const all = outcomes({ ...verified, identity: { verify: 'V1', hosted: 'H1' } });
  assert.deepEqual(new Set(Object.values(all)), new Set(['go']));
});

test('a name that only the hosted rule accepts, and a chain that nobody trusts, stop the modes that ask for them', () => {
  const hosted = outcomes({ ...verified, stateEvent: 'E7', identity: { verify: null, hosted: 'H3' } });
  assert.equal(hosted['required'], 'go');
  assert.equal(hosted['preferred-verify'], 'go');
  assert.equal(hosted['required-verify'], 'stop');
  assert.equal(hosted['required-verify-hosted'], 'go');
  const untrusted = outcomes({
    ...verified,
    stateEvent: 'E6',
    chainTrusted: false,
    identity: { verify: 'V1', hosted: 'H1' },
  });
  assert.equal(untrusted['required'], 'go');
  assert.equal(untrusted['required-verify'], 'stop');
  assert.equal(untrusted['required-verify-hosted'], 'stop');
});

test('no STARTTLS stops what requires it; a broken handshake stops all that try it', () => {
  const clear = outcomes({ mode: 'preferred', channel: 'clear', stateEvent: 'E2', tls: null });
  assert.deepEqual(
    [clear['no'], clear['preferred'], clear['required'], clear['required-verify']],
    ['go', 'go', 'stop', 'stop'],
  );
  const broken = outcomes({ mode: 'preferred', channel: 'none', stateEvent: 'E5', tls: null });
  assert.deepEqual([broken['no'], broken['preferred'], broken['required']], ['go', 'stop', 'stop']);
});

test('what was not seen is not guessed: mail in clear by choice, and a server that was not reached', () => {
  const chosen = outcomes({ mode: 'no', channel: 'clear', stateEvent: 'E2', tls: null });
  assert.equal(chosen['no'], 'go');
  for (const mode of TLS_MODES.filter((each) => each !== 'no')) assert.equal(chosen[mode], 'unknown', mode);
  const away = outcomes({ mode: 'required', channel: 'none', stateEvent: 'E9', tls: null });
  assert.deepEqual(new Set(Object.values(away)), new Set(['unknown']));
  assert.deepEqual(simulateSwitch([], 'required'), { go: 0, stop: 0, unknown: 0 });
});
