import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  createAtomicFile,
  folderConcern,
  MAX_FILE_BYTES,
  mayFollow,
  readBounded,
  TOO_LARGE,
} from '../../src/app/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tlsreach-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

async function put(path: string, text: string): Promise<void> {
  const file = await createAtomicFile(path);
  await file.write(text.slice(0, 1));
  await file.write(text.slice(1));
  await file.commit();
}

describe('a file that is written', () => {
  it('appears when it is complete, keeps the permissions of the one before, and nothing is left when it is given up', async () => {
    writeFileSync(at('kept'), 'before');
    chmodSync(at('kept'), 0o600);
    const file = await createAtomicFile(at('kept'));
    await file.write('after');
    assert.equal(readFileSync(at('kept'), 'utf8'), 'before');
    await file.commit();
    assert.deepEqual([readFileSync(at('kept'), 'utf8'), statSync(at('kept')).mode & 0o777], ['after', 0o600]);
    const given = await createAtomicFile(at('given-up'));
    await given.write('x');
    await given.discard();
    assert.deepEqual(readdirSync(folder), ['kept']);
  });

  it('is never put in the place of a pipe or a device', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const reader = readFile(at('pipe'), 'utf8');
    await put(at('pipe'), 'through the pipe');
    assert.equal(await reader, 'through the pipe');
    assert.equal(statSync(at('pipe')).isFIFO(), true);
    symlinkSync('/dev/null', at('device'));
    await put(at('device'), 'nobody reads it');
    assert.equal(lstatSync(at('device')).isSymbolicLink(), true);
    assert.equal(statSync(at('device')).isCharacterDevice(), true);
  });

  it('tells of a full disk', async () => {
    symlinkSync('/dev/full', at('full'));
    const file = await createAtomicFile(at('full'));
    await assert.rejects(file.write('x'), { code: 'ENOSPC' });
    await file.discard();
  });

  it('cannot be a directory, which is known before anything is done', async () => {
    await assert.rejects(createAtomicFile(folder), { code: 'EISDIR' });
  });

  it('stands where a link of ours leads, and a link to nowhere is replaced', async () => {
    writeFileSync(at('target'), '');
    symlinkSync(at('target'), at('link'));
    await put(at('link'), 'through the link');
    assert.equal(readFileSync(at('target'), 'utf8'), 'through the link');
    assert.equal(lstatSync(at('link')).isSymbolicLink(), true);
    symlinkSync(at('nowhere'), at('dangling'));
    await put(at('dangling'), 'here');
    assert.equal(lstatSync(at('dangling')).isFile(), true);
    assert.throws(() => statSync(at('nowhere')), { code: 'ENOENT' });
  });

  it('is not written through a link that somebody else has planted', () => {
    assert.equal(mayFollow(1000, 1000), true);
    assert.equal(mayFollow(0, 1000), true);
    assert.equal(mayFollow(1000, 0), false, 'root, who may write anywhere, least of all');
    assert.equal(mayFollow(1000, 1001), false);
  });
});

describe('a file that is read', () => {
  it('comes whole, from a pipe, too', async () => {
    writeFileSync(at('read'), 'x'.repeat(200_000));
    assert.equal((await readBounded(at('read'))).toString(), 'x'.repeat(200_000));
    await assert.rejects(readBounded(folder), { code: 'EISDIR' });
    await assert.rejects(readBounded(at('absent')), { code: 'ENOENT' });
  });

  it('may be large but not endless (R7)', async () => {
    assert.ok(MAX_FILE_BYTES >= 64 * 1024 * 1024);
    await assert.rejects(readBounded('/dev/zero'), { code: TOO_LARGE });
  });
});

describe('a folder with a queue and keys', () => {
  it('is not safe where others may write', async () => {
    assert.equal(await folderConcern(folder), null);
    for (const mode of [0o720, 0o702, 0o777]) {
      chmodSync(folder, mode);
      assert.match((await folderConcern(folder)) ?? '', /others than its owner may write there.*chmod go-w/);
    }
    chmodSync(folder, 0o700);
    assert.equal(await folderConcern(at('nobody')), null);
  });
});
