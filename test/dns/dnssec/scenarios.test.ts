/**
 * Every scenario through the whole validator: verdict, reason and kind.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createValidator } from '../../../src/dns/dnssec/validator.ts';
import { SCENARIOS } from '../../support/dnssec-scenarios.ts';
import { askWorld, questionOf, worldOfAll } from '../../support/dnssec-world.ts';
import { handWoundClock } from '../../support/hand-wound-clock.ts';

const clock = handWoundClock();
const world = worldOfAll(clock);

test('there are at least sixty scenarios, of every verdict', () => {
  assert.ok(SCENARIOS.length >= 60, String(SCENARIOS.length));
  for (const security of ['secure', 'insecure', 'bogus']) {
    assert.ok(SCENARIOS.filter((scenario) => scenario.security === security).length >= 15, security);
  }
});

for (const scenario of SCENARIOS) {
  test(`${scenario.title} (S-DANE-1)`, async () => {
    const validator = createValidator({ ...world, clock, ask: askWorld(world).ask });
    const { name, type } = questionOf(scenario);
    const validated = await validator.validate(name, type);
    assert.ok('verdict' in validated, JSON.stringify(validated));
    const { verdict } = validated;
    const because = 'reason' in verdict ? verdict.reason : 'cause' in verdict ? verdict.cause : undefined;
    assert.deepEqual([verdict.security, because], [scenario.security, scenario.because], JSON.stringify(verdict));
    if (scenario.kind !== undefined) assert.equal(validated.kind, scenario.kind);
  });
}
