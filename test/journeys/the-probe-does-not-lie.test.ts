/**
 * What the probe says would become of a message is what becomes of it: in drawn worlds of hosts, addresses, certificates,
 * DNSSEC states, TLSA records, MTA-STS policies and servers that go wrong in every phase, for all six TLS modes, with what
 * is published honoured and ignored. `scripts/differential.ts` draws as many more as one likes.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runDifferential, showDisagreement, shrink } from '../support/differential.ts';

const WORLDS = 100;

test('probe and delivery agree in channel, host and verified, in drawn worlds and all modes (R76, R77, S-MX-2)', async () => {
  const { worlds, comparisons, channels, disagreements } = await runDifferential({
    count: WORLDS,
    seed: 20_261_128,
    concurrency: 8,
    silence: false,
  });
  const [first] = disagreements;
  assert.equal(first === undefined ? '' : showDisagreement(await shrink(first)), '');
  assert.deepEqual([worlds, comparisons], [WORLDS, WORLDS * 6 * 2 * 2]);
  for (const channel of ['encrypted', 'clear', 'none']) {
    assert.ok((channels[channel] ?? 0) > comparisons / 20, `${channel} comes out often enough: ${channels[channel]}`);
  }
});
