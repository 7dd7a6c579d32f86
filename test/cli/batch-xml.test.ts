import assert from 'node:assert/strict';
import test from 'node:test';
import { goodResultFor, play, type Seen } from './stage.ts';

function batch(text: string, ...argv: readonly string[]): Promise<Seen> {
  return play({ argv: ['probe', '--input', 'batch.xml', ...argv], files: { 'batch.xml': text } });
}

test('each <Target> of an XML batch is one target, with its server where it names one (R56)', async () => {
  const seen = await batch(
    `<?xml version="1.0"?>
<BatchTest TestType="receiver">
  <Target>ann@example.com</Target>
  <Target Host="mail.example.com" Port="587" Count="1"> bob@example.com </Target>
  <Target Host="2001:db8::1" Port="26">example.net</Target>
  <Target Host="[192.0.2.1]"><!-- who? -->carol&#64;example.org</Target>
</BatchTest>`,
    '--format',
    'text',
  );
  assert.equal(seen.code, 0, seen.stderr);
  assert.deepEqual(seen.probed, [
    'ann@example.com',
    'bob@example.com[mail.example.com:587]',
    'example.net[[2001:db8::1]:26]',
    'carol@example.org[[192.0.2.1]]',
  ]);
  assert.deepEqual(
    seen.requests.map(({ target }) => target.server?.port ?? null),
    [null, 587, 26, null],
  );
});

test('a batch says its format and wants its mean; an option given beside it counts before it (R56)', async () => {
  const text = `<BatchTest><Target>a@example.com</Target><Target>b@example.com</Target><Total Function="average"/>
    <Delivery><To>admin@example.com</To><To>boss@example.com</To><Format>CSV</Format></Delivery></BatchTest>`;
  const scores = [90, 101];
  const seen = await play({
    argv: ['probe', '--input', '-', '--concurrency', '1'],
    stdin: text,
    probe: ({ target }) => {
      const result = goodResultFor(target.text);
      return { ...result, confidence: { ...result.confidence, value: scores.shift() ?? null } };
    },
  });
  assert.deepEqual(seen.stdout.trimEnd().split('\n'), ['90,"a@example.com"', '101,"b@example.com"']);
  assert.match(seen.stderr, /average confidence 95\.5 of 2 targets\n/);
  assert.match(seen.stderr, /not mailed from here/);
  const other = await batch(text, '--format', 'ndjson');
  assert.equal(
    other.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).target).length,
    2,
  );
});

test('targets that could not be judged are left out of the mean, and that is said (R56)', async () => {
  const seen = await play({
    argv: ['probe', '--input', '-'],
    stdin: '<BatchTest><Target>a@example.com</Target><Total Function="average"/></BatchTest>',
    probe: ({ target }) => {
      const result = goodResultFor(target.text);
      return { ...result, confidence: { ...result.confidence, value: null } };
    },
  });
  assert.match(seen.stderr, /average confidence - of 0 targets \(1 could not be judged\)/);
});

const REFUSED: readonly { readonly what: string; readonly text: string; readonly says: RegExp }[] = [
  {
    what: 'XML that is broken',
    text: '<BatchTest>\n<Target>a@example.com\n</BatchTest>',
    says: /line 3 of batch\.xml: <\/BatchTest> ends nothing/,
  },
  { what: 'another document', text: '\n<html/>', says: /line 2 of batch\.xml: the document is a <html>/ },
  {
    what: 'an external entity',
    text: '<!DOCTYPE x [<!ENTITY e SYSTEM "batch.xml">]>\n<BatchTest><Target>&e;</Target></BatchTest>',
    says: /line 1 of batch\.xml: a document type/,
  },
  { what: 'another kind of test', text: '<BatchTest TestType="thru"/>', says: /line 1 .*"thru" is not tested here/ },
  {
    what: 'a malformed target',
    text: '<BatchTest>\n<Target>a@@example.com</Target></BatchTest>',
    says: /line 2 of batch\.xml, "a@@example\.com": there is more than one @/,
  },
  {
    what: 'an empty target',
    text: '<BatchTest>\n<Target/></BatchTest>',
    says: /line 2 of batch\.xml, "": nothing was given/,
  },
  {
    what: 'a port out of range',
    text: '<BatchTest>\n<Target Host="a.example" Port="0">b@a.example</Target></BatchTest>',
    says: /line 2 .*the port "0"/,
  },
  {
    what: 'a port without its host',
    text: '<BatchTest>\n<Target Port="26">b@a.example</Target></BatchTest>',
    says: /line 2 .*Port goes with Host; --port/,
  },
  {
    what: 'a password for one target',
    text: '<BatchTest>\n<Target AuthPass="x">b@a.example</Target></BatchTest>',
    says: /line 2 .*AuthPass cannot be set for one target; --auth-secret-file/,
  },
  {
    what: 'an attribute nobody knows',
    text: '<BatchTest>\n<Target Hots="a">b@a.example</Target></BatchTest>',
    says: /line 2 .*<Target> has no attribute Hots/,
  },
  { what: 'an element nobody knows', text: '<BatchTest>\n<Goal/></BatchTest>', says: /line 2 .*<Goal> is not known/ },
  {
    what: 'text beside the targets',
    text: '<BatchTest>a@example.com</BatchTest>',
    says: /line 1 .*text stands outside/,
  },
  {
    what: 'another sum than the mean',
    text: '<BatchTest><Total Function="sum"/></BatchTest>',
    says: /the Function of <Total> is average/,
  },
  {
    what: 'a format nobody writes',
    text: '<BatchTest><Target>a@example.com</Target><Delivery><Format>xls</Format></Delivery></BatchTest>',
    says: /format "xls"; one of: table/,
  },
  { what: 'a batch without targets', text: '<BatchTest></BatchTest>', says: /there is no target in it/ },
];

for (const { what, text, says } of REFUSED) {
  test(`${what} is refused before anything is sent (R56, R5)`, async () => {
    const seen = await batch(text);
    assert.equal(seen.code, 2);
    assert.match(seen.stderr, says);
    assert.deepEqual(seen.probed, []);
    assert.equal(seen.stdout, '');
  });
}
