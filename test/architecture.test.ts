/**
 * The walls of the house: who may import whom, who may touch the world, and how long a file may grow. The picture these
 * tables draw is the one in `docs/architecture.md`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

/** A file imports from its own folder and from folders on lower floors; folders on one floor are strangers. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  net: 1,
  dns: 2,
  smtp: 2,
  pki: 2,
  mtasts: 3,
  dane: 3,
  revocation: 3,
  tlsrpt: 3,
  policy: 4,
  session: 5,
  probe: 6,
  delivery: 6,
  scan: 6,
  monitor: 7,
  config: 8,
  report: 8,
  store: 9,
  app: 10,
  lab: 10,
  http: 11,
  listener: 11,
  cli: 12,
};

/** Modules that only some folders may use, so that each stays replaceable, or bounded, in one place. Types are free. */
const OWNED_MODULES: readonly { readonly owners: readonly string[]; readonly modules: RegExp; readonly why: string }[] =
  [
    { owners: ['pki'], modules: /^(pkijs|asn1js)(\/|$)/, why: 'write certificates' },
    { owners: ['dns'], modules: /^dns-packet(\/|$)/, why: 'encode DNS record data' },
    { owners: ['store'], modules: /^(node:sqlite|better-sqlite3|kysely|pg|postgres)(\/|$)/, why: 'drive a database' },
    { owners: ['net', 'lab'], modules: /^node:(net|http|https|http2)$/, why: 'open TCP sockets' },
    { owners: ['dns', 'lab'], modules: /^node:dgram$/, why: 'open UDP sockets' },
    { owners: ['dns', 'net'], modules: /^undici$/, why: 'speak HTTP as a client' },
    { owners: ['app', 'store'], modules: /^node:fs(\/promises)?$/, why: 'touch files' },
    { owners: [], modules: /^node:(child_process|cluster|vm)$/, why: 'run other programs or code' },
  ];

/** The outer world: the environment, the clock, the timers and randomness come in through one file alone. */
const WORLD_FILE = 'app/world.ts';
const WORLD: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'the environment', pattern: /\bprocess\.env\b/ },
  { what: 'the wall clock', pattern: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/ },
  { what: 'the monotonic clock', pattern: /\bperformance\.now\b|\bprocess\.(hrtime|uptime)\b/ },
  { what: 'a timer', pattern: /(?<![.\w])(setTimeout|setInterval)\(/ },
  {
    what: 'randomness',
    pattern: /\bMath\.random\b|(?<![\w'"])(randomBytes|randomInt|randomUUID|randomFillSync|getRandomValues)\b/,
  },
];

/** More than this in one file, and it holds more than one thing. */
const MAX_FILE_LINES = 400;

const SRC = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');

interface SourceFile {
  /** Path below src/, with forward slashes. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** The text with comments and the inside of strings and templates blanked, line for line. */
  readonly code: string;
}

interface Import {
  readonly line: number;
  readonly specifier: string;
  /** Erased before anything runs; it still may not climb floors. */
  readonly typeOnly: boolean;
}

const sources: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => /\.(ts|js)$/.test(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    return { path, folder: path.includes('/') ? (path.split('/')[0] ?? '') : '', text, code: blanked(text) };
  });

test('every source folder has its floor', () => {
  const homeless = sources.filter((file) => file.folder !== '' && FLOORS[file.folder] === undefined);
  assert.deepEqual(places(homeless), []);
  assert.deepEqual(
    sources.filter((file) => file.folder === '').map((file) => file.path),
    ['tlsreach.js'],
    'only the executable stands outside the folders',
  );
});

test('imports go down: no file reaches for its own floor or a higher one', () => {
  assert.deepEqual(
    sources.filter((file) => file.folder !== '').flatMap((file) => importsOf(file.text).flatMap(offence(file))),
    [],
  );
});

test('nothing in src leans on tests, scripts or built files', () => {
  const outside = sources.flatMap((file) =>
    importsOf(file.text)
      .filter((found) => found.specifier.startsWith('.') && resolved(file, found).startsWith('..'))
      .filter((found) => !(file.path === 'tlsreach.js' && resolved(file, found) === '../dist/cli/main.js'))
      .map((found) => `src/${file.path}:${found.line} imports ${found.specifier}`),
  );
  assert.deepEqual(outside, []);
});

for (const { owners, modules, why } of OWNED_MODULES) {
  test(`${owners.length === 0 ? 'nobody may' : `only ${owners.join(' and ')} may`} ${why} (${modules.source})`, () => {
    const strangers = sources
      .filter((file) => !owners.includes(file.folder))
      .flatMap((file) =>
        importsOf(file.text)
          .filter((found) => !found.typeOnly && modules.test(found.specifier))
          .map((found) => `src/${file.path}:${found.line} imports ${found.specifier}`),
      );
    assert.deepEqual(strangers, []);
  });
}

for (const { what, pattern } of WORLD) {
  test(`only ${WORLD_FILE} reads ${what}`, () => {
    const readers = sources
      .filter((file) => file.path !== WORLD_FILE)
      .flatMap((file) => linesMatching(file, pattern).map((line) => `src/${file.path}:${line}`));
    assert.deepEqual(readers, []);
  });
}

test(`no source file is longer than ${MAX_FILE_LINES} lines`, () => {
  assert.deepEqual(
    sources
      .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
      .filter((file) => file.lines > MAX_FILE_LINES)
      .map((file) => `src/${file.path}: ${file.lines} lines`),
    [],
  );
});

test('every source file opens with a doc comment that says what it holds', () => {
  const silent = sources.filter(
    (file) => file.path.endsWith('.ts') && !/^\s*(import [^;]+;\s*)*\/\*\*/.test(file.text),
  );
  assert.deepEqual(places(silent), []);
});

/** What the scanner must see and must not see: a wall with a hole in it would pass for a wall. */
test('the import scanner finds static, type, re-export, dynamic and side-effect imports and no others', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from '../b/b.ts';",
    'import {',
    '  c,',
    "} from 'c';",
    "export { d } from './d.ts';",
    "export type { E } from './e.ts';",
    "export * from './f.ts';",
    "const g = await import('./g.ts');",
    "import './h.ts';",
    "let i: import('./i.ts').I;",
    "// import { no } from './no.ts';",
    "/* import('./no.ts') */",
    "const said = 'you may import { it } from here';",
  ].join('\n');
  assert.deepEqual(
    importsOf(text).map((found) => `${found.line} ${found.specifier}${found.typeOnly ? ' type' : ''}`),
    [
      '1 ./a.ts',
      '2 ../b/b.ts type',
      '3 c',
      '6 ./d.ts',
      '7 ./e.ts type',
      '8 ./f.ts',
      '9 ./g.ts',
      '10 ./h.ts',
      '11 ./i.ts type',
    ],
  );
});

test('the floors are held: an import upwards, sideways or of a folder without floor is named with its line', () => {
  const file: SourceFile = { path: 'dns/x.ts', folder: 'dns', text: '', code: '' };
  const judge = (specifier: string): readonly string[] => offence(file)({ line: 7, specifier, typeOnly: false });
  assert.deepEqual(judge('../base/domain.ts'), []);
  assert.deepEqual(judge('./answer.ts'), []);
  assert.deepEqual(judge('node:net'), []);
  assert.match(judge('../smtp/reply.ts')[0] ?? '', /^src\/dns\/x\.ts:7 .*same floor/);
  assert.match(judge('../session/open.ts')[0] ?? '', /^src\/dns\/x\.ts:7 .*floor 5 above/);
  assert.match(judge('../attic/x.ts')[0] ?? '', /no floor/);
});

test('comments and strings do not count as reading the world', () => {
  const code = blanked(
    [
      '// Date.now()',
      "const a = 'process.env'; /* Math.random() */",
      'const b = `$'.concat('{Date.now()} Date.now`;'),
    ].join('\n'),
  );
  assert.equal(code.split('\n')[0]?.trim(), '');
  assert.equal([...code.matchAll(/Date\.now/g)].length, 1, 'an expression inside a template is code');
  assert.doesNotMatch(code, /process\.env|Math\.random/);
});

/** Why an import breaks a wall; empty when it does not. */
function offence(file: SourceFile): (found: Import) => readonly string[] {
  const own = FLOORS[file.folder] ?? Number.NaN;
  return (found) => {
    if (!found.specifier.startsWith('.')) return [];
    const target = resolved(file, found);
    const folder = target.split('/')[0] ?? '';
    if (folder === file.folder || target.startsWith('..')) return [];
    const theirs = FLOORS[folder];
    const where = `src/${file.path}:${found.line} imports ${found.specifier}`;
    if (theirs === undefined) return [`${where}: ${folder} has no floor`];
    if (theirs === own) return [`${where}: ${folder} stands on the same floor ${own}`];
    if (theirs > own) return [`${where}: ${folder} stands on floor ${theirs} above ${own}`];
    return [];
  };
}

function resolved(file: SourceFile, found: Import): string {
  return posix.normalize(posix.join(posix.dirname(file.path), found.specifier));
}

/** Every module a text asks for, with the line on which the statement begins. */
function importsOf(text: string): readonly Import[] {
  const code = blanked(text);
  const statement =
    /(?<![.\w$])(?:import|export)\b(?:\s+type\b)?\s*(?:[\w$*\s{},]*?\bfrom\s*)?\(?\s*(['"])(?=[^'"]*\1)/g;
  const found: Import[] = [];
  for (const match of code.matchAll(statement)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(match[1] ?? "'", start);
    found.push({
      line: lineAt(code, match.index),
      specifier: text.slice(start, end),
      typeOnly: /^(import|export)\s+type\b/.test(match[0]) || isTypePosition(code, match),
    });
  }
  return found;
}

/** `typeof import('x')` and `import('x').Y` after a colon or an angle bracket name a type. */
function isTypePosition(code: string, match: RegExpExecArray): boolean {
  return match[0].includes('(') && /(\btypeof|[:<|&])\s*$/.test(code.slice(Math.max(0, match.index - 20), match.index));
}

function linesMatching(file: SourceFile, pattern: RegExp): readonly number[] {
  return file.code.split('\n').flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function places(files: readonly SourceFile[]): readonly string[] {
  return files.map((file) => `src/${relative('.', file.path)}`);
}

/**
 * Blanks comments and the inside of strings, keeps every line break and offset. Expressions inside templates stay code;
 * a regular expression is told from a division by what stands before the slash.
 */
function blanked(text: string): string {
  const out = text.split('');
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (out[at] !== '\n') out[at] = ' ';
  };
  /** Depth of braces at which each open template expression ends. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const template = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) end += text[end] === '\\' ? 2 : 1;
    blank(from, Math.min(end, text.length));
    if (text[end] === '`') return end + 1;
    templates.push(depth);
    return end + 2;
  };
  while (at < text.length) {
    const character = text[at];
    const matchHere = (pattern: RegExp): number => {
      pattern.lastIndex = at;
      return pattern.exec(text)?.[0].length ?? 0;
    };
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      const length = matchHere(/\/\/[^\n]*|\/\*[\s\S]*?(\*\/|$)/y);
      blank(at, at + length);
      at += length;
    } else if (character === "'" || character === '"') {
      const length = matchHere(/'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y);
      blank(at + 1, at + length - 1);
      at += length;
    } else if (character === '`') {
      at = template(at + 1);
    } else if (character === '}' && templates.at(-1) === depth) {
      templates.pop();
      at = template(at + 1);
    } else if (
      character === '/' &&
      /(^|[=(,:[!&|?{};\n]|=>|\breturn|\bcase)\s*$/.test(text.slice(Math.max(0, at - 40), at))
    ) {
      const length = matchHere(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y);
      blank(at + 1, at + Math.max(1, length) - 1);
      at += Math.max(1, length);
    } else {
      if (character === '{') depth++;
      if (character === '}') depth--;
      at++;
    }
  }
  return out.join('');
}
