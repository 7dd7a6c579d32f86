import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { tlsPolicyPage } from '../../scripts/docs/tls-policy.ts';
import type { PolicyEvent } from '../../src/policy/decide.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import { cellOf, EVENTS } from '../../src/policy/state-table.ts';

/** Specification 2.b.3 with E10 to E12 of the decisions, written out by hand: No, Preferred, Required, and their verifying kin. */
const SPECIFIED: Readonly<
  Record<Exclude<PolicyEvent, 'E13'>, readonly [string, string, string, string, string, string]>
> = {
  E1: ['clear', 'clear', 'next, alert', 'clear', 'next, alert', 'next, alert'],
  E2: ['clear', 'clear', 'next, alert', 'clear', 'next, alert', 'next, alert'],
  E3: ['clear', 'clear', 'next, alert', 'clear', 'next, alert', 'next, alert'],
  E4: ['clear', 'clear', 'next, alert', 'clear', 'next, alert', 'next, alert'],
  E5: ['clear', 'next', 'next, alert', 'next', 'next, alert', 'next, alert'],
  E6: ['clear', 'encrypted', 'encrypted', 'encrypted, unverified', 'next, alert', 'next, alert'],
  E7: ['clear', 'encrypted', 'encrypted', 'encrypted, unverified', 'next, alert', 'next, alert'],
  E8: ['clear', 'encrypted', 'encrypted', 'encrypted, verified', 'encrypted, verified', 'encrypted, verified'],
  E9: ['next', 'next', 'next', 'next', 'next', 'next'],
  E10: ['next', 'next', 'next', 'next', 'next', 'next'],
  E11: ['clear', 'next', 'next', 'next', 'next', 'next'],
  E12: ['clear', 'failed', 'failed', 'failed', 'failed', 'failed'],
};

describe('the state table of TLS modes and events', () => {
  for (const { event, what } of EVENTS) {
    it(`${event} (${what}) comes out as specified in every mode`, () => {
      assert.deepEqual(
        TLS_MODES.map((mode) => cellOf(mode, event)),
        SPECIFIED[event as keyof typeof SPECIFIED],
      );
    });
  }

  it('is what docs/tls-policy.md prints', () => {
    const page = readFileSync(new URL('../../docs/tls-policy.md', import.meta.url), 'utf8');
    assert.equal(page, tlsPolicyPage(), 'run: node scripts/docs/tls-policy.ts --write');
  });
});
