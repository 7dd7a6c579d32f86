import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EMPTY_HISTORY, historyOf, remember } from '../../src/policy/attempt-history.ts';
import { decide, type PolicyEvent } from '../../src/policy/decide.ts';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence } from '../../src/policy/example-evidence.ts';
import { TLS_MODES, type TlsMode } from '../../src/policy/mode.ts';
import { requirementOf } from '../../src/policy/requirement.ts';
import { EVENTS } from '../../src/policy/state-table.ts';
import { predict } from '../../src/probe/predictions.ts';
import type { PredictedOutcome, Prediction } from '../../src/probe/result.ts';

/** `E5@a/10` is a session with host a, preference 10, that shows event E5. */
function sessions(...texts: readonly string[]): readonly Evidence[] {
  return texts.map((text, index) => {
    const [event = '', exchange = '', preference = ''] = text.split(/[@/]/);
    return {
      ...exampleEvidence(event as PolicyEvent),
      exchange,
      preference: Number(preference),
      address: `192.0.2.${index}`,
    };
  });
}

function predicted(mode: TlsMode, ...texts: readonly string[]): Prediction {
  return predict(() => requirementOf(mode), {
    sessions: sessions(...texts),
    order: 'any-among-equals',
    complete: true,
  });
}

describe('a prediction', () => {
  it('for a good host is what was observed, except for mail in clear, which the server may still refuse', () => {
    const all = Object.fromEntries(TLS_MODES.map((mode) => [mode, predicted(mode, 'E8@a/10')])) as Record<
      TlsMode,
      Prediction
    >;
    assert.deepEqual(
      TLS_MODES.map((mode) => [all[mode].channel, all[mode].verified, all[mode].basis, all[mode].alternatives.join()]),
      [
        ['clear', null, 'inferred', 'none'],
        ['encrypted', null, 'observed', ''],
        ['encrypted', null, 'observed', ''],
        ['encrypted', true, 'observed', ''],
        ['encrypted', true, 'observed', ''],
        ['encrypted', true, 'observed', ''],
      ],
    );
    assert.equal(all['required-verify'].host, 'a');
    assert.match(all['required-verify'].because.join('\n'), /V1: SAN example\.com/);
  });

  it('of mail in clear to a host that was seen encrypted leads on to the next one, since the host may go away', () => {
    const prediction = predicted('no', 'E8@a/10', 'E2@b/20', 'E2@c/30');
    assert.deepEqual([prediction.channel, prediction.host], ['clear', 'a']);
    assert.deepEqual(
      prediction.outcomes.map(({ channel, host }) => `${channel} ${host}`),
      ['none null', 'clear b'],
    );
  });

  it('passes by a host that will not do and takes the next preference', () => {
    const { channel, host, basis, because } = predicted('required-verify', 'E7@a/10', 'E8@b/20');
    assert.deepEqual([channel, host, basis], ['encrypted', 'b', 'observed']);
    assert.match(because[0] ?? '', /^a: V1/);
  });

  it('is inferred where equal preferences differ, and names what else may come out', () => {
    const prediction = predicted('preferred', 'E8@a/10', 'E2@b/10');
    assert.deepEqual([prediction.channel, prediction.host, prediction.basis], ['encrypted', 'a', 'inferred']);
    assert.deepEqual(prediction.alternatives, ['clear']);
    assert.deepEqual(prediction.outcomes, [{ channel: 'clear', host: 'b', verified: null }]);
  });

  it('keeps clear text from the other addresses of a host where TLS broke, and from no other host', () => {
    assert.equal(predicted('preferred', 'E5@a/10', 'E2@a/10').channel, 'none');
    assert.equal(predicted('preferred', 'E5@a/10', 'E2@b/20').channel, 'clear');
    assert.deepEqual(
      predicted('preferred', 'E5@a/10', 'E2@a/10').alternatives,
      ['clear'],
      'the other address may come first',
    );
  });

  it('is none when MAIL is refused, since the refusal is an answer and not a broken host', () => {
    const { channel, because } = predicted('required', 'E12@a/10', 'E8@b/20');
    assert.equal(channel, 'none');
    assert.equal(because.length, 1);
    assert.match(because[0] ?? '', /^a: MAIL was answered \d{3}/, 'the refusal is the reason, not the TLS before it');
  });

  it('knows nothing of hosts that were not contacted', () => {
    const prediction = predict(() => requirementOf('required'), {
      sessions: sessions('E2@a/10'),
      order: 'any-among-equals',
      complete: false,
    });
    assert.deepEqual(
      [prediction.channel, prediction.basis, prediction.alternatives],
      ['none', 'inferred', ['encrypted', 'clear']],
    );
  });
});

/** Delivery as it walks, told in the plainest way there is: the model the predictions are held against. */
function deliver(mode: TlsMode, order: readonly Evidence[]): PredictedOutcome {
  let history = EMPTY_HISTORY;
  for (const session of order) {
    const decision = decide(requirementOf(mode), session, historyOf(history, session.exchange));
    if (decision.kind === 'clear') return { channel: 'clear', host: session.exchange, verified: null };
    if (decision.kind === 'encrypted')
      return { channel: 'encrypted', host: session.exchange, verified: decision.verified };
    if (decision.kind === 'refused') break;
    history = remember(history, session.exchange, decision);
  }
  return { channel: 'none', host: null, verified: null };
}

const session = fc
  .tuple(fc.constantFrom(...EVENTS.map(({ event }) => event)), fc.constantFrom('a', 'b', 'c'))
  .map(([event, exchange]) => `${event}@${exchange}/${exchange === 'c' ? 20 : 10}`);

describe('predictions as a property', () => {
  it('hold for every order that delivery may take among equals: the outcome is the prediction or one of its alternatives', () => {
    fc.assert(
      fc.property(
        fc.array(session, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...TLS_MODES),
        fc.infiniteStream(fc.nat()),
        (texts, mode, picks) => {
          // The listed order: by preference, the addresses of one host together.
          const listed = [...texts].sort((x, y) => (x.split('@')[1] ?? '').localeCompare(y.split('@')[1] ?? ''));
          const prediction = predicted(mode, ...listed);
          const hosts = [...Map.groupBy(sessions(...listed), ({ exchange }) => exchange).values()];
          const shuffle = <T>(items: readonly T[]): readonly T[] =>
            items
              .map((item) => [picks.next().value ?? 0, item] as const)
              .sort(([x], [y]) => x - y)
              .map(([, item]) => item);
          const order = [...shuffle(hosts)]
            .sort((x, y) => (x[0]?.preference ?? 0) - (y[0]?.preference ?? 0))
            .flatMap((host) => shuffle(host));
          const outcome = deliver(mode, order);
          const foretold = [prediction, ...prediction.outcomes].some(
            ({ channel, host, verified }) =>
              channel === outcome.channel && host === outcome.host && verified === outcome.verified,
          );
          assert.ok(foretold, `${JSON.stringify(outcome)} was not foretold by ${JSON.stringify(prediction)}`);
          assert.deepEqual(deliver(mode, sessions(...listed)), {
            channel: prediction.channel,
            host: prediction.host,
            verified: prediction.verified,
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
