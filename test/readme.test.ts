/** What README and the other pages promise is there: commands, options, formats, links. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { PROJECT } from './support/requirements.ts';

const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
};
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] ?? '').trim().split('\n'));

function help(...words: readonly string[]): string {
  const program = join(PROJECT, manifest.bin['tlsreach'] ?? 'src/tlsreach.js');
  return execFileSync(process.execPath, [program, ...words, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
}

test('the first command tries the lab, the real form stands right below it, the second command runs the tests', () => {
  assert.deepEqual(commands.slice(0, 3), [
    'npm ci && npx tlsreach probe --lab you@good.lab.test',
    'npx tlsreach probe you@your-domain',
    'npm ci && npm test',
  ]);
});

test('every npm script that README and CONTRIBUTING name exists', () => {
  const contributing = readFileSync(join(PROJECT, 'CONTRIBUTING.md'), 'utf8');
  const named = [...`${readme}${contributing}`.matchAll(/npm run ([\w:]+)|npm (test)\b/g)].map(
    (found) => found[1] ?? found[2] ?? '',
  );
  assert.ok(named.includes('test'));
  assert.deepEqual(
    named.filter((script) => manifest.scripts[script] === undefined),
    [],
  );
});

test('every command of tlsreach that README names has its help', () => {
  const named = new Set([...readme.matchAll(/tlsreach ([a-z]+)\b/g)].map((found) => found[1] ?? ''));
  assert.ok(named.has('probe') && named.has('chain'));
  const known = help();
  for (const command of named) assert.match(known, new RegExp(`^ +${command}\\b`, 'm'), command);
});

test('every option and format of probe that README names is in its help', () => {
  const known = help('probe');
  const rows = readme.slice(readme.indexOf('## Options'), readme.indexOf('`tlsreach chain FILE'));
  const named = [...rows.matchAll(/`(-[46]|--[a-z-]+)/g)].map((found) => found[1] ?? '');
  assert.ok(named.length > 10);
  for (const option of named) assert.match(known, new RegExp(`(^|[ ,])${option}\\b`, 'm'), option);
  const formats = /`--format FORMAT` \| (.*) \|/.exec(readme)?.[1] ?? '';
  for (const [, format] of formats.matchAll(/`([a-z]+)`/g)) assert.match(known, new RegExp(`\\b${format}\\b`), format);
});

test('every link from one page of the project to another leads somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
    readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join('docs', path)),
  );
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(PROJECT, page), 'utf8');
    return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map((link) => link[1] ?? '')
      .filter((target) => !existsSync(join(PROJECT, dirname(page), target)))
      .map((target) => `${page} links to ${target}`);
  });
  assert.deepEqual(broken, []);
});
