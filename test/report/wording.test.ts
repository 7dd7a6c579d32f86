import assert from 'node:assert/strict';
import test from 'node:test';
import { endedSentence, placed, predictionSentence } from '../../src/report/wording.ts';
import { prediction } from './results.ts';

const none = (...because: readonly string[]): string =>
  predictionSentence(prediction({ channel: 'none', host: null, verified: null, because, outcomes: [] }), 'example.com');

test('mail that would not go has its reason, told once where all hosts share it', () => {
  assert.equal(none(), 'not go: no host of example.com would take it');
  assert.equal(none('a: the connection was refused'), 'not go: a: the connection was refused');
  assert.equal(
    none('a: the connection was refused', 'b: the connection was refused'),
    'not go: a: the connection was refused, and so the other host',
  );
  assert.equal(
    none('a: the connection was refused', 'b: RCPT was answered 550', 'c: the connection was refused'),
    'not go: a: the connection was refused; nor would the 2 other hosts, for other reasons',
  );
});

test('a reason that a host has made long is cut short', () => {
  assert.ok(none(`a: RCPT was answered 550 ${'x'.repeat(5000)}`).length < 300);
});

test('a name stands once, and a sentence ends once', () => {
  assert.equal(placed('mx.example.com', 'the connection was refused'), 'mx.example.com: the connection was refused');
  assert.equal(placed('mx.example.com', 'mx.example.com has no address'), 'mx.example.com has no address');
  assert.equal(placed('xn--bcher-kva.test', 'xn--bcher-kva.test has none'), 'xn--bcher-kva.test has none');
  assert.equal(placed(undefined, 'nothing was found'), 'nothing was found');
  assert.deepEqual(['no policy', 'no policy.', 'what?'].map(endedSentence), ['no policy.', 'no policy.', 'what?']);
});
