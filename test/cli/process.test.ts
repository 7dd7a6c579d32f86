/** The command as a whole process: the executable, its exit code, what it writes where. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';

const EXECUTABLE = fileURLToPath(new URL('../../src/tlsreach.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(argv: readonly string[], executable = EXECUTABLE, input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...argv], {
      env: { ...process.env, NO_COLOR: '1' },
      timeout: 30_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

test('the version and the help come from the executable, also through the link that npx keeps', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const link = join(folder, 'tlsreach');
  symlinkSync(EXECUTABLE, link);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  assert.deepEqual(await start(['--version'], link), { code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await start(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /tlsreach probe --lab you@good\.lab\.test/);
  assert.match((await start(['probe', '--help'])).stdout, /Examples:\n {2}tlsreach probe /);
  const commands = ['', 'probe', 'chain', 'tlsverify', 'explain', 'lab', 'completion'];
  const configuring = ['destconfig', 'destconfig new', 'bounceconfig new', 'deliveryconfig setup', 'showconfig'];
  for (const command of [...commands, ...configuring].map((words) => words.split(' ').filter((word) => word !== ''))) {
    const { stdout } = await start([...command, '--help']);
    const long = stdout.split('\n').filter((line) => line.length > 80);
    assert.deepEqual(long, [], `tlsreach ${command.join(' ')} --help at 80 columns`);
  }
});

test('a slip is exit 2 with one sentence on stderr and nothing on stdout (R5)', async () => {
  assert.deepEqual(await start(['probe', 'ann@@example.com']), {
    code: 2,
    stdout: '',
    stderr: 'tlsreach: "ann@@example.com": there is more than one @ in the address\n',
  });
});

test('a probe of the lab travels the whole house and keeps to the published schema (R52)', async () => {
  const seen = await start(['probe', '--lab', 'you@good.lab.test', '--format', 'json', '--expect', 'required-verify']);
  assert.equal(seen.stderr, '');
  assert.equal(seen.code, 0);
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(new URL('../../docs/schemas/probe-1.json', import.meta.url), 'utf8')) as object,
  );
  assert.equal(validate(JSON.parse(seen.stdout)), true, JSON.stringify(validate.errors));
});

test('several targets from standard input, the worst of them counts (R56, R58)', async () => {
  const seen = await start(
    ['probe', '--lab', '--input', '-', '--format', 'csv', '--timeout', '5'],
    EXECUTABLE,
    'you@good.lab.test\nyou@no-starttls.lab.test\nyou@null-mx.lab.test\n',
  );
  assert.equal(seen.code, 1);
  assert.deepEqual(seen.stdout.trimEnd().split('\n').sort(), [
    ',"you@null-mx.lab.test"',
    '0,"you@no-starttls.lab.test"',
    '107,"you@good.lab.test"',
  ]);
  assert.match(seen.stderr, /3 of 3 done/);
});

test('tlsverify prints each step; exit 0 verified, 1 not (R95)', async () => {
  const good = await start(['tlsverify', '--lab', '--domain', 'good.lab.test', '--host', 'mx.good.lab.test']);
  assert.equal(good.code, 0);
  assert.match(good.stdout, /TLS connection established: protocol TLSv1\.3/);
  assert.match(good.stdout, /TLS certificate match good\.lab\.test \(step V1, strong\)\nTLS certificate verified\./);
  const wrong = await start([
    'tlsverify',
    '--lab',
    '--domain',
    'wrong-name.lab.test',
    '--host',
    'mx.wrong-name.lab.test',
  ]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /TLS certificate not verified\./);
});

test('explain has a page for every code that it lists', async () => {
  const { stdout } = await start(['explain', 'certificate-name']);
  assert.match(stdout, /^certificate-name: the certificate is for another name \(warning\)/);
  assert.match(stdout, /RFC 9525 6\.3/);
});

test('a result that could not be written is no success: exit 4, and why (R58)', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [EXECUTABLE, 'explain', 'cert'], { stdio: ['ignore', full, 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  closeSync(full);
  assert.deepEqual([code, stderr], [4, 'tlsreach: standard output: there is no space left on the device\n']);
});

test('a file that cannot be written to the end is exit 4 with a sentence, and stays what it was', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-'));
  context.after(() => rmSync(folder, { recursive: true }));
  symlinkSync('/dev/full', join(folder, 'full'));
  const { code, stderr } = await start(
    ['chain', '--format', 'ndjson', '-', '--output', join(folder, 'full')],
    EXECUTABLE,
    '{}\n',
  );
  assert.equal(code, 4);
  assert.match(stderr, /^tlsreach: --output .*full: there is no space left on the device\n$/);
  const directory = await start(['chain', '--format', 'ndjson', '-', '--output', folder], EXECUTABLE, '{}\n');
  assert.deepEqual([directory.code, directory.stderr], [2, `tlsreach: --output ${folder}: it is a directory\n`]);
});

test('a capture that cannot be written does not take the result with it: exit 4, and why, without a stack', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-'));
  context.after(() => rmSync(folder, { recursive: true }));
  symlinkSync('/dev/full', join(folder, 'full'));
  const words = ['probe', '--lab', 'null-mx.lab.test', '--capture', join(folder, 'full'), '--format', 'text'];
  const { code, stdout, stderr } = await start(words);
  assert.deepEqual([code, stdout], [4, '- null-mx.lab.test\n']);
  assert.match(stderr, /tlsreach: --capture .*full: there is no space left on the device\n/);
  assert.doesNotMatch(stderr, /internal error|\n {4}at /);
});

test('a port that is taken is said in a sentence, with what to do, and exit 2', async (context) => {
  const taken = createServer().listen(0, '127.0.0.1');
  context.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { readonly port: number };
  const data = mkdtempSync(join(tmpdir(), 'tlsreach-'));
  context.after(() => rmSync(data, { recursive: true }));
  const lab = await start(['lab', '--dns-port', String(port)]);
  assert.deepEqual(
    [lab.code, lab.stderr],
    [2, `tlsreach: --dns-port ${port}: another program listens there already; end that one, or choose another port\n`],
  );
  const web = await start(['serve', '--roles', 'web', '--data', data, '--http', `127.0.0.1:${port}`]);
  assert.equal(web.code, 2);
  assert.match(web.stderr, /--http 127\.0\.0\.1:\d+: another program listens there already/);
});

test('a run that ran out of its time says so (R4)', async () => {
  const { code, stderr } = await start(['probe', '--lab', 'silent.lab.test', '--deadline', '1', '--quiet']);
  assert.equal(code, 3);
  assert.match(stderr, /tlsreach: --deadline: the run was stopped after 1 s; give it more time\n/);
});

test('a message about words from anywhere obeys none of them (R54)', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const odd = '\u001b[31mred\u202e';
  for (const argv of [
    ['explain', odd],
    [odd],
    ['probe', `--${odd}`],
    ['probe', 'a.test', '--config', join(folder, odd)],
    ['probe', '--input', join(folder, odd)],
    ['chain', join(folder, odd)],
    ['completion', odd],
    ['probe', 'a.test', '--resolver', odd],
  ]) {
    const { code, stderr } = await start(argv);
    assert.equal(code, 2, argv.join(' '));
    assert.match(stderr, /\\x1b\[31mred\\u\{202e\}/);
    assert.doesNotMatch(stderr, /[\p{Cc}\p{Cf}](?<!\n)/u);
  }
});

test('standard input without an end is given up at a bound, in a sentence (R7)', async () => {
  for (const argv of [
    ['chain', '-'],
    ['chain', '--format', 'ndjson', '-'],
    ['probe', '--input', '-'],
  ]) {
    const endless = openSync('/dev/zero', 'r');
    const child = spawn(process.execPath, [EXECUTABLE, ...argv], { stdio: [endless, 'pipe', 'pipe'], timeout: 30_000 });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    closeSync(endless);
    assert.equal(code, 2, argv.join(' '));
    assert.match(stderr, /^tlsreach: .* (larger|longer) than \d+ (MiB|characters)/);
  }
});

test('a slip in the name of a format is answered with those there are', async () => {
  const { code, stderr } = await start(['probe', 'a.test', '--format', 'jsn']);
  assert.equal(code, 2);
  assert.match(stderr, /^tlsreach: --format "jsn": choose one of table, .*nagios; did you mean json\?\n$/);
  assert.doesNotMatch((await start(['probe', 'a.test', '--expect', 'foo'])).stderr, /did you mean/);
});
