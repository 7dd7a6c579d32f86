/** What each TLS mode promises its operator, asked of the decision for every row of the state table. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decide } from '../../src/policy/decide.ts';
import { exampleEvidence } from '../../src/policy/example-evidence.ts';
import type { TlsMode } from '../../src/policy/mode.ts';
import { requirementOf } from '../../src/policy/requirement.ts';
import { EVENTS } from '../../src/policy/state-table.ts';

const REQUIRING: readonly TlsMode[] = ['required', 'required-verify', 'required-verify-hosted'];

for (const mode of REQUIRING) {
  test(`${mode} lets nothing go in clear, whatever happens (R78)`, () => {
    const channels = EVENTS.map(({ event }) => decide(requirementOf(mode), exampleEvidence(event)).kind);
    assert.equal(channels.length, EVENTS.length);
    assert.ok(!channels.includes('clear'), channels.join(' '));
  });
}

test('required delivers whatever the certificate is worth (R79)', () => {
  for (const event of ['E6', 'E7', 'E8'] as const) {
    const decision = decide(requirementOf('required'), exampleEvidence(event));
    assert.equal(decision.kind, 'encrypted', event);
    assert.equal(decision.kind === 'encrypted' && decision.verified, null, event);
  }
});

test('preferred-verify delivers over TLS to an unverified host and says that it was unverified (R80)', () => {
  for (const event of ['E6', 'E7'] as const) {
    const decision = decide(requirementOf('preferred-verify'), exampleEvidence(event));
    assert.equal(decision.kind, 'encrypted', event);
    assert.equal(decision.kind === 'encrypted' && decision.verified, false, event);
  }
  const verified = decide(requirementOf('preferred-verify'), exampleEvidence('E8'));
  assert.equal(verified.kind === 'encrypted' && verified.verified, true);
});

test('the verifying modes deliver to a verified host and to no other (R81)', () => {
  for (const mode of ['required-verify', 'required-verify-hosted'] as const) {
    for (const event of ['E6', 'E7'] as const) {
      assert.equal(decide(requirementOf(mode), exampleEvidence(event)).kind, 'next', `${mode} ${event}`);
    }
    assert.equal(decide(requirementOf(mode), exampleEvidence('E8')).kind, 'encrypted', mode);
  }
});

test('a refused STARTTLS never refuses the message (R84)', () => {
  for (const mode of ['preferred', 'preferred-verify', ...REQUIRING] as const) {
    const decision = decide(requirementOf(mode), exampleEvidence('E4'));
    assert.ok(decision.kind === 'clear' || decision.kind === 'next', `${mode}: ${decision.kind}`);
  }
});
