/** Real processes over one folder: a scripted session, its commit, export and import, and the way back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'src', 'tlsreach.js');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tlsreach(data: string, argv: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { env: { ...process.env, TLSREACH_DATA: data } });
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    seen.stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...seen }));
  });
}

test('a scripted session, its commit, an export, a wrong import and a rollback (R68, R71, R72, R127)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tlsreach-pipe-'));
  const data = join(folder, 'data');
  const ran = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await tlsreach(data, argv);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  try {
    const session = 'new\nexample.com\nN\nN\nN\nY\n3\nN\nN\nN\nlist\n';
    const spoken = await tlsreach(data, ['destconfig'], session);
    assert.equal(spoken.code, 0, spoken.stderr);
    assert.ok(
      spoken.stdout.includes(
        'example.com  Default   On       Default       Default    Default     \n' +
          '(Default)    On        Off      Off           (Default)  Prefer IPv6\n',
      ),
    );
    await ran('commit', 'TLS for example.com');
    // Two at once: neither loses the other's entry.
    await Promise.all([
      ran('destconfig', 'new', 'a.test', '--max-concurrency', '10'),
      ran('destconfig', 'new', 'b.test', '--tls', 'required-verify'),
    ]);
    const table = join(folder, 'table.ini');
    await ran('destconfig', 'export', table);
    const exported = await readFile(table, 'utf8');
    assert.match(exported, /^\[example\.com\]\ntable_tls = required$/m);
    await ran('commit');
    await ran('destconfig', 'clear', '--yes');
    await ran('destconfig', 'import', table);
    assert.equal(await ran('destconfig', 'export'), exported);
    assert.equal(await ran('showconfig', '--diff'), 'No changes.\n');
    await ran('clear');
    await ran('rollbackconfig', '1');
    assert.doesNotMatch(await ran('destconfig', 'list'), /[ab]\.test/);
    const saved = join(folder, 'saved.json');
    await ran('saveconfig', saved);
    assert.equal((await stat(saved)).mode & 0o777, 0o600);
    const other = join(folder, 'other');
    assert.equal((await tlsreach(other, ['loadconfig', saved])).code, 0);
    assert.match((await tlsreach(other, ['destconfig', 'list'])).stdout, /^example\.com {2}Default {3}On/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});
