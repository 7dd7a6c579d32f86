import assert from 'node:assert/strict';
import test from 'node:test';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { signed } from '../../src/delivery/dkim.ts';
import { describePublication, dkimRecord, judgePublication } from '../../src/delivery/dkim-key.ts';
import { generateKey } from '../../src/pki/issue-key.ts';

const AT = Date.UTC(2026, 10, 23);
const keyOf = (spec: 'rsa2048' | 'ed25519') => ({
  domain: 'example.com',
  selector: 'mail',
  privateKey: generateKey(spec).export({ type: 'pkcs8', format: 'pem' }).toString(),
});

for (const spec of ['rsa2048', 'ed25519'] as const) {
  test(`with the record that is told of a key of ${spec}, others verify what it signs`, async () => {
    const key = keyOf(spec);
    const { name, text, zoneLine } = dkimRecord(key);
    assert.equal(name, 'mail._domainkey.example.com');
    const parts = [...zoneLine.matchAll(/"([^"]*)"/g)].map(([, part]) => part ?? '');
    assert.ok(parts.every((part) => part.length <= 255));
    assert.equal(parts.join(''), text);
    const message = Buffer.from('From: Ann <ann@example.com>\r\nSubject: Lunch\r\n\r\nAt noon?\r\n');
    const done = await signed(message, 'example.com', [key], AT);
    const { results } = await dkimVerify(Buffer.from(done.bytes), {
      curTime: new Date(AT + 1_000),
      resolver: async (asked: string) => (asked === name ? [parts] : []),
    });
    assert.deepEqual(
      results.map(({ status }) => status.result),
      ['pass'],
    );
  });
}

test('what the DNS has of a key: this one, none, another one, one without a key, several, rubbish', () => {
  const key = keyOf('ed25519');
  const { text, name } = dkimRecord(key);
  const other = dkimRecord(keyOf('ed25519')).text;
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[text], 'published'],
    [[text.replace('p=', 'n=a note; p=').replace(/(.{60})$/, ' $1')], 'published'],
    [[], 'absent'],
    [['v=spf1 -all'], 'absent'],
    [[other], 'another-key'],
    [[text.replace('k=ed25519', 'k=rsa')], 'another-key'],
    [['v=DKIM1; p='], 'revoked'],
    [[text, other], 'several'],
    [[text.replace('DKIM1', 'DKIM2')], 'malformed'],
  ];
  for (const [texts, kind] of cases) {
    const publication = judgePublication(key, texts);
    assert.equal(publication.kind, kind, texts.join(' | '));
    assert.match(describePublication(publication, name), /mail\._domainkey\.example\.com/);
  }
});
