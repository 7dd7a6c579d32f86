import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from '../../src/cli/explain-command.ts';
import type { ChainProblem } from '../../src/pki/chain-verdict.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import { adviceFor, FINDING_CODES, findingEntry } from '../../src/probe/finding-catalogue.ts';
import { STAGES } from '../../src/probe/result.ts';
import { play } from './stage.ts';

/** Every member, so that a new one fails to compile here until it is explained. */
const PROBLEMS: Readonly<Record<ChainProblem, true>> = {
  expired: true,
  'not-yet-valid': true,
  'self-signed': true,
  'untrusted-root': true,
  'missing-intermediate': true,
  'not-a-ca': true,
  'path-too-long': true,
  'key-usage': true,
  'extended-key-usage': true,
  'name-constraints': true,
  'unknown-critical-extension': true,
  'weak-key': true,
  'weak-signature': true,
  'bad-signature': true,
  revoked: true,
  malformed: true,
  'too-many-certificates': true,
  'search-limit': true,
};
const VERDICTS = ['encrypted', 'clear', 'broken-tls', 'unreachable', 'inconclusive', 'skipped'];

for (const code of [
  ...FINDING_CODES,
  ...TLS_MODES,
  ...STAGES,
  ...VERDICTS,
  ...Object.keys(PROBLEMS),
  'verify',
  'confidence',
]) {
  test(`explain ${code} is a page that fits the terminal`, () => {
    const text = page(code, 80);
    assert.ok(text.startsWith(code), text);
    assert.ok(text.length > code.length + 30, 'it says something');
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > 80),
      [],
    );
  });
}

test('the list names every code there is', async () => {
  const { stdout, code } = await play({ argv: ['explain'] });
  assert.equal(code, 0);
  for (const name of [...FINDING_CODES, ...TLS_MODES, ...STAGES, ...Object.keys(PROBLEMS)])
    assert.ok(stdout.includes(name), name);
});

test('every finding has a title, an advice and a reference, and no place of an advice stays empty', () => {
  for (const code of FINDING_CODES) {
    const { title, reference, explain } = findingEntry(code);
    assert.ok(title !== '' && reference !== '' && explain.endsWith('.'), code);
    for (const advice of [
      adviceFor(code),
      adviceFor(code, { host: 'mx.example.com', domain: 'example.com', presented: 'a.example' }),
    ]) {
      assert.doesNotMatch(advice, /[{}]|undefined/, code);
      assert.match(advice, /\.$/, code);
    }
  }
  assert.equal(
    adviceFor('certificate-name', { host: 'mx.example.com', presented: 'a\x1b[2J' }),
    'Add DNS:mx.example.com to the certificate, or publish the MX as a\\x1b[2J.',
  );
});
