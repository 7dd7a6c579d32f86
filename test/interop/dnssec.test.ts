/**
 * Our verdicts held against unbound's, scenario by scenario: it validates what our signer made and a server of ours says,
 * faults and all; we validate the same through another unbound, which only resolves.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import { createValidatingResolver } from '../../src/dns/dnssec/validating-resolver.ts';
import { createResolver, type OwnedResolver } from '../../src/dns/resolver.ts';
import { type SignedServer, startSignedServer } from '../../src/lab/signed-zone-server.ts';
import { SCENARIOS } from '../support/dnssec-scenarios.ts';
import { anchorText, ownersWord, questionOf, worldOfAll } from '../support/dnssec-world.ts';
import { ROOT_KEY } from '../support/dnssec-zone.ts';
import { missingProgram, specOf, startUnbound, type Unbound } from './dnssec-rig.ts';

describe('our verdict and unbound', { skip: missingProgram(['unbound']) }, () => {
  const world = worldOfAll(systemClock);
  const shared = { clock: systemClock, random: unpredictableRandom, timeoutMs: 5000, attempts: 1, cacheEntries: 0 };
  let owner: SignedServer;
  let validating: Unbound;
  let resolving: Unbound;
  let theirs: OwnedResolver;
  let ours: OwnedResolver;

  before(async () => {
    owner = await startSignedServer((question) => ownersWord(world, question));
    const zones = world.zones.map(({ apex }) => ({ apex, server: `127.0.0.1@${owner.port}` }));
    const options = { zones, anchor: anchorText(ROOT_KEY), sign: world.zones[1]?.apex ?? '' };
    validating = await startUnbound({ ...options, validates: true });
    resolving = await startUnbound({ ...options, validates: false });
    theirs = createResolver({ ...shared, servers: [specOf(`${validating.spec}?trust-ad`)] });
    ours = createValidatingResolver({ ...shared, servers: [specOf(resolving.spec)], anchors: world.anchors });
  });
  after(async () => {
    await Promise.all([ours?.close(), theirs?.close()]);
    await validating?.stop();
    await resolving?.stop();
    await owner?.stop();
  });

  for (const scenario of SCENARIOS) {
    const { name, type } = questionOf(scenario);
    const title =
      scenario.otherwise === undefined
        ? `agree that ${scenario.title}`
        : `differ where ${scenario.title}: ${scenario.otherwise}`;
    test(`${title} (S-DANE-1)`, async () => {
      const theirWord = wordOf(await theirs.ask(name, type));
      const ourWord = wordOf(await ours.ask(name, type));
      assert.equal(ourWord, scenario.security, 'our word');
      if (scenario.otherwise === undefined) assert.equal(ourWord, theirWord, 'theirs is the second');
      else assert.notEqual(ourWord, theirWord);
    });
  }
});

/** unbound says bogus with SERVFAIL. */
function wordOf(answer: DnsAnswer): string {
  if (answer.kind !== 'failed') return answer.security;
  return answer.failure.kind === 'servfail' ? 'bogus' : answer.failure.kind;
}
