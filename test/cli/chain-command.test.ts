import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Ajv } from 'ajv';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';
import { play, type Scene, type Seen } from './stage.ts';

const authority = createLabAuthority(Date.now());
const good = authority.issue({ names: ['mx.example.com', 'example.com'] });
const expired = authority.issue({ names: ['mx.example.com'], fault: 'expired' });
const FILES = { 'good.pem': good.certificates, 'expired.pem': expired.certificates, 'root.pem': authority.rootPem };

const chain = (argv: readonly string[], more: Partial<Scene> = {}): Promise<Seen> =>
  play({ argv: ['chain', ...argv, '--ca-file', 'root.pem', '--no-system-ca'], files: FILES, ...more });

test('a good chain is trusted, and drawn from the leaf to its root', async () => {
  const seen = await chain(['good.pem', '--name', 'mx.example.com']);
  assert.equal(seen.code, 0, seen.stderr);
  assert.match(seen.stdout, /^trusted\nname: yes, it is for mx\.example\.com\n\nCN=mx\.example\.com/);
  assert.match(seen.stdout, /└─ .*intermediate/);
  assert.match(seen.stdout, /days left/);
});

test('another name, another time or no trust is exit 1', async () => {
  assert.equal((await chain(['good.pem', '--name', 'other.example'])).code, 1);
  assert.equal((await chain(['good.pem', '--at', '2001-01-01'])).code, 1);
  assert.equal((await chain(['expired.pem'])).code, 1);
  assert.match((await chain(['expired.pem'])).stdout, /^not trusted: /);
});

test('JSON has the chain and the identity of a host of a probe', async () => {
  const seen = await chain(['good.pem', '--name', 'mx.example.com', '--format', 'json']);
  const value = JSON.parse(seen.stdout) as {
    readonly chain: { readonly trusted: boolean };
    readonly identity: { readonly matched: boolean };
  };
  assert.equal(value.chain.trusted, true);
  assert.equal(value.identity.matched, true);
});

test('of cases, one a line, each gets its answer; a line that is no case is exit 2', async () => {
  const line = (id: number, pem: string, name: string): string =>
    JSON.stringify({ id, chain: [pem], anchors: [authority.rootPem], name: { kind: 'dns', value: name } });
  const lines = [
    line(1, good.certificates, 'mx.example.com'),
    line(2, good.certificates, 'no.example'),
    line(3, expired.certificates, 'mx.example.com'),
  ];
  const seen = await chain(['-', '--format', 'ndjson'], { stdin: lines.join('\n') });
  const answers = seen.stdout
    .trimEnd()
    .split('\n')
    .map(
      (text) =>
        JSON.parse(text) as {
          readonly id: number;
          readonly trusted: boolean;
          readonly problem: string | null;
          readonly identity: { readonly matched: boolean };
        },
    );
  assert.deepEqual(
    answers.map(({ id, trusted, problem, identity }) => [id, trusted, problem, identity.matched]),
    [
      [1, true, null, true],
      [2, true, null, false],
      [3, false, 'expired', true],
    ],
  );
  assert.equal(seen.code, 1);
  assert.equal((await chain(['-', '--format', 'ndjson'], { stdin: `${lines[0]}\n` })).code, 0);
  assert.equal((await chain(['-', '--format', 'ndjson'], { stdin: `${lines[0]}\n{` })).code, 2);
});

test('the published schema describes the document, the answers and the refusals as they are written (R52)', async () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../docs/schemas/chain-1.json', import.meta.url), 'utf8'),
  ) as object;
  const validate = new Ajv({ strict: false }).compile(schema);
  const named = { chain: [good.certificates], name: { kind: 'dns', value: 'mx.example.com' } };
  const cases = [
    { id: 'a', ...named },
    { id: { any: 'thing' }, chain: ['no PEM'] },
    { id: 3, chain: 'no list' },
  ];
  const lines = await chain(['-', '--format', 'ndjson'], {
    stdin: `${cases.map((each) => JSON.stringify(each)).join('\n')}\nno case\n`,
  });
  const documents = await Promise.all([
    chain(['good.pem', '--format', 'json']),
    chain(['expired.pem', '--name', '192.0.2.1', '--format', 'json']),
  ]);
  const written = [...lines.stdout.trimEnd().split('\n'), ...documents.map(({ stdout }) => stdout)];
  assert.equal(written.length, 6);
  for (const text of written)
    assert.equal(validate(JSON.parse(text)), true, `${text}${JSON.stringify(validate.errors)}`);
  assert.equal(validate({ id: 1, trusted: true }), false);
});
