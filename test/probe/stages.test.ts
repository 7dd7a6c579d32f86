import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Evidence, Phase } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { STAGES } from '../../src/probe/result.ts';
import { averageOf, noStages, stagesOf } from '../../src/probe/stages.ts';

/** The evidence with other times; a phase that was not seen keeps what it is. */
function timed(evidence: Evidence, times: Partial<Record<keyof Evidence, number>>): Evidence {
  const entries = Object.entries(times).map(([name, ms]) => {
    const phase = evidence[name as 'connect'] as Phase<unknown, unknown>;
    return [name, phase.kind === 'seen' || phase.kind === 'failed' ? { ...phase, ms } : phase];
  });
  return { ...evidence, ...Object.fromEntries(entries) };
}

describe('the stages of a session', () => {
  it('have incremental times that add up to the marks of the transcript, as in the published example (R31)', () => {
    const stages = stagesOf(
      timed(GOOD_EVIDENCE, {
        connect: 41,
        greeting: 260,
        ehlo: 42,
        starttls: 41,
        handshake: 440,
        path: 5,
        identity: 1,
        ehloUnderTls: 43,
        mail: 42,
      }),
    );
    const cells = STAGES.map((stage) => stages[stage].ms);
    assert.deepEqual(cells, [41, 260, 42, 41, 446, 43, 42, undefined]);
    const before = (count: number): number => cells.slice(0, count).reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    assert.deepEqual([before(3), before(4), before(5), before(6), before(7)], [343, 384, 830, 873, 915]);
  });

  it('never drift from the running sum by more than rounding (R31)', () => {
    const ms = fc.double({ min: 0, max: 5000, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(ms, ms, ms, ms, ms, ms, ms),
        ([connect, greeting, ehlo, starttls, handshake, ehloUnderTls, mail]) => {
          const stages = stagesOf(
            timed(GOOD_EVIDENCE, {
              connect,
              greeting,
              ehlo,
              starttls,
              handshake,
              path: 0,
              identity: 0,
              ehloUnderTls,
              mail,
            }),
          );
          const shown = STAGES.reduce((sum, stage) => sum + (stages[stage].ms ?? 0), 0);
          assert.ok(Math.abs(shown - (connect + greeting + ehlo + starttls + handshake + ehloUnderTls + mail)) <= 1);
        },
      ),
    );
  });

  const results = (evidence: Evidence): string => STAGES.map((stage) => stagesOf(evidence)[stage].result).join(' ');

  it('are all good but To, which nobody asked for, on the happy path', () => {
    assert.equal(results(GOOD_EVIDENCE), 'ok ok ok ok ok ok ok not-tested');
  });

  it('go on behind a failing certificate (R14)', () => {
    assert.equal(results(exampleEvidence('E6')), 'ok ok ok ok fail ok ok not-tested');
    assert.equal(results(exampleEvidence('E7')), 'ok ok ok ok fail ok ok not-tested');
  });

  it('end where the session ended, and what was not run is no failure (R30)', () => {
    assert.equal(results(exampleEvidence('E9')), 'fail not-run not-run not-run not-run not-run not-run not-run');
    assert.equal(results(exampleEvidence('E5')), 'ok ok ok ok fail not-run not-run not-tested');
    assert.equal(results(exampleEvidence('E11')), 'ok ok ok ok ok fail not-run not-tested');
  });

  it('fail at TLS when STARTTLS is refused or not offered, while the sender is still tried in clear (R12)', () => {
    for (const event of ['E1', 'E2', 'E3', 'E4'] as const) {
      assert.equal(results(exampleEvidence(event)), 'ok ok ok fail not-run not-run ok not-tested', event);
    }
    assert.match(stagesOf(exampleEvidence('E3')).tls.detail ?? '', /454 TLS not available due to temporary reason/);
  });

  it('name the finding that explains a failure', () => {
    assert.equal(stagesOf(exampleEvidence('E7')).cert.code, 'certificate-name');
    assert.equal(stagesOf(exampleEvidence('E2')).tls.code, 'starttls-not-offered');
    assert.equal(stagesOf(exampleEvidence('E12')).from.code, 'sender-refused');
  });
});

describe('the average row', () => {
  it('is the share of rows on which each stage was good, in whole percent (R32)', () => {
    const rows = [stagesOf(exampleEvidence('E7')), stagesOf(exampleEvidence('E7'))];
    assert.deepEqual(Object.values(averageOf(rows)), [100, 100, 100, 100, 0, 100, 100, null]);
    assert.deepEqual(Object.values(averageOf([stagesOf(GOOD_EVIDENCE)])), [100, 100, 100, 100, 100, 100, 100, null]);
  });

  it('is empty for a stage that nobody ran (R33)', () => {
    assert.deepEqual(
      Object.values(averageOf([noStages(true)])),
      STAGES.map(() => null),
    );
    assert.equal(averageOf([stagesOf(exampleEvidence('E9')), stagesOf(GOOD_EVIDENCE)]).cert, 50);
  });
});
