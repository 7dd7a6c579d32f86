import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES, type MessageKey, pickLanguage, sayIn } from '../../src/http/languages.ts';

test('every language has every key, with the same places to fill in', () => {
  const places = (text: string): readonly string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const [code, { messages }] of Object.entries(LANGUAGES)) {
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(LANGUAGES.en.messages).sort(), code);
    for (const key of Object.keys(LANGUAGES.en.messages) as MessageKey[]) {
      assert.notEqual(messages[key], '', `${code} ${key}`);
      assert.deepEqual(places(messages[key]), places(LANGUAGES.en.messages[key]), `${code} ${key}`);
    }
  }
});

test('the choice wins, then the browser, then English', () => {
  assert.equal(pickLanguage('ja', 'nl'), 'ja');
  assert.equal(pickLanguage('xx', 'pt-BR,pt;q=0.9,en;q=0.8'), 'pt');
  assert.equal(pickLanguage(undefined, 'fr, de;q=0.9, es;q=0.1, nl;q=0.5'), 'nl');
  assert.equal(pickLanguage(undefined, 'es;q=0, *'), 'en');
  assert.equal(pickLanguage('__proto__', 'constructor'), 'en');
  assert.equal(sayIn('en')('waiting', { position: 3 }), 'Waiting, 3 in the queue');
});
