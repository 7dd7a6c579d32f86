import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import PostalMime from 'postal-mime';
import { openQueue } from '../../src/app/queue.ts';
import { ESSENTIALS } from '../../src/app/world.ts';
import { StoreTrouble } from '../../src/store/trouble.ts';
import { newFolder } from '../support/store-world.ts';
import { goodResultFor, play, type Scene, type Seen } from './stage.ts';

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
  assert.match(seen.stderr, /the report for admin@example\.com, boss@example\.com is not mailed: .*--data DIR/);
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

const ONE = (delivery: string): string =>
  `<BatchTest>\n<Target>a@example.com</Target><Target>b@example.com</Target>\n<Delivery>${delivery}</Delivery></BatchTest>`;

/** Runs the batch over an installation in a folder of its own; answers what was said, and what is in its queue then. */
async function mailed(context: TestContext, text: string, scene: Partial<Scene> = {}) {
  const data = newFolder(context);
  const open = () => openQueue({ data, database: null }, ESSENTIALS, () => {});
  const seen = await play({
    argv: ['probe', '--input', 'batch.xml', '--data', data, '--format', 'ndjson', '--helo', 'tester.example'],
    files: { 'batch.xml': text },
    openQueue: open,
    ...scene,
  });
  const { queue, close } = await open();
  context.after(close);
  const items = await queue.list({ limit: 10 });
  const bytes = items[0] === undefined ? null : await queue.body(items[0].mid);
  return { seen, items, mail: bytes === null ? null : await PostalMime.parse(bytes), raw: bytes };
}

test('a batch over an installation mails its report: to everybody named, in its format, with the input beside it (R56)', async (context) => {
  const text = ONE('<To>admin@example.com</To><To>boss@example.net</To><To>admin@example.com</To><Format>csv</Format>');
  const { seen, items, mail } = await mailed(context, text);
  assert.equal(seen.code, 0, seen.stderr);
  assert.equal(seen.stdout.trimEnd().split('\n').length, 2, 'what is written here is in the format asked for here');
  assert.match(seen.stderr, /in the queue \(MID 1\)/);
  assert.deepEqual(
    items.map(({ recipient, sender }) => `${recipient} ${sender}`),
    ['admin@example.com postmaster@tester.example', 'boss@example.net postmaster@tester.example'],
  );
  assert.equal(mail?.from?.address, 'postmaster@tester.example');
  assert.deepEqual(
    mail?.to?.map(({ address }) => address),
    ['admin@example.com', 'boss@example.net'],
  );
  assert.match(mail?.subject ?? '', /2 targets: mean score/);
  assert.match(mail?.text ?? '', /a@example\.com\n.*b@example\.com/);
  assert.equal(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value, 'auto-generated');
  const [result, input] = mail?.attachments ?? [];
  assert.deepEqual([result?.filename, result?.mimeType, input?.filename], ['result.csv', 'text/csv', 'input.xml']);
  const textOf = (part: typeof result): string => Buffer.from(part?.content as ArrayBuffer).toString();
  assert.match(textOf(result), /^\d+,"a@example\.com"\n\d+,"b@example\.com"\n$/);
  assert.equal(textOf(input), text);
});

test('a report is kept back where everything is good enough, and not where a target could not be tested (R56)', async (context) => {
  const text = ONE('<To>admin@example.com</To><OnlyBelow>90</OnlyBelow>');
  const valued = (value: number | null) => ({
    probe: ({ target }: { target: { text: string } }) => {
      const result = goodResultFor(target.text);
      return target.text.startsWith('b') ? { ...result, confidence: { ...result.confidence, value } } : result;
    },
  });
  const good = await mailed(context, text, valued(90));
  assert.deepEqual([good.items.length, good.seen.code], [0, 0]);
  assert.match(good.seen.stderr, /no report is mailed: nothing came to less than 90/);
  assert.equal((await mailed(context, text, valued(89))).items.length, 1);
  const untested = await mailed(context, text, valued(null));
  assert.equal(untested.items.length, 1);
  assert.match(untested.mail?.subject ?? '', /1 without one/);
});

test('an installation that cannot be used is known before anything is tested (R56)', async (context) => {
  const away = () => Promise.reject(new StoreTrouble('full', 'there is no room left for the database', true));
  const { seen } = await mailed(context, ONE('<To>admin@example.com</To>'), { openQueue: away });
  assert.equal(seen.code, 2);
  assert.match(seen.stderr, /nothing was tested: the report could not be mailed: there is no room left/);
  assert.deepEqual(seen.probed, []);
});

test('a queue that fills up meanwhile costs the report and not the result (R56)', async (context) => {
  const text = ONE('<To>admin@example.com</To>');
  const full = async () => ({
    ...(await openQueue({ data: newFolder(context), database: null }, ESSENTIALS, () => {})),
    submit: () => Promise.reject(new StoreTrouble('full', 'there is no room left for the database', true)),
  });
  const { seen } = await mailed(context, text, { openQueue: full });
  assert.equal(seen.code, 1);
  assert.equal(seen.stdout.trimEnd().split('\n').length, 2);
  assert.match(seen.stderr, /the report is not mailed: there is no room left/);
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
  {
    what: 'a recipient of the report who can get no mail',
    text: ONE('<To>admin@example.com</To>\n<To>boss@example.com\nBcc: eve@example.com</To>'),
    says: /line 4 .*<To> "boss@example\.com/,
  },
  { what: 'a second delivery', text: ONE('</Delivery>\n<Delivery>'), says: /line 4 .*one <Delivery>/ },
  { what: 'a score that is none', text: ONE('<OnlyBelow>-1</OnlyBelow>'), says: /line 3 .*<OnlyBelow> is a score/ },
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
