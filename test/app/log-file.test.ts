import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  FLUSH_DELAY_MS,
  type LogFileOptions,
  type LogTrouble,
  MAX_WAITING_OCTETS,
  openLogFile,
  plainLossLine,
  RETRY_DELAY_MS,
} from '../../src/app/log-file.ts';
import { openMailLogFiles } from '../../src/app/mail-log-files.ts';
import { silentLog } from '../../src/base/log.ts';
import { AT, FACTS, judged } from '../report/delivery-scenario.ts';
import { handWoundClock } from '../support/hand-wound-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'tlsreach-log-'));
after(() => rmSync(root, { recursive: true, force: true }));

function scenario(name: string, options: Partial<LogFileOptions> = {}) {
  const clock = handWoundClock(AT);
  const path = join(root, name);
  const troubles: LogTrouble[] = [];
  const onTrouble = (trouble: LogTrouble): void => void troubles.push(trouble);
  const file = openLogFile({ path, clock, onTrouble, lossLine: plainLossLine, ...options });
  return { clock, path, troubles, file, text: () => readFileSync(path, 'utf8') };
}

test('lines are written together, a moment later, in order', async () => {
  const { clock, file, path, text } = scenario('moment');
  file.append(['one']);
  file.append(['two', 'three']);
  clock.wind(FLUSH_DELAY_MS - 1);
  assert.throws(() => statSync(path), /ENOENT/);
  clock.wind(1);
  await file.flush();
  assert.equal(text(), 'one\ntwo\nthree\n');
  await file.close();
});

test('a large file is numbered away, the oldest goes, and no line is lost or torn', async () => {
  const { file, path } = scenario('turned', { rotateAt: 100, keep: 3 });
  for (let number = 1; number <= 60; number++) {
    file.append([`line number ${number}`]);
    await file.flush();
  }
  await file.close();
  const names = readdirSync(root).filter((name) => name.startsWith('turned'));
  assert.deepEqual(names.toSorted(), ['turned', 'turned.1', 'turned.2', 'turned.3']);
  const lines = ['turned.3', 'turned.2', 'turned.1', 'turned'].flatMap((name) =>
    readFileSync(join(root, name), 'utf8').trimEnd().split('\n'),
  );
  const first = Number(lines[0]?.split(' ').at(-1));
  assert.deepEqual(
    lines,
    Array.from({ length: 61 - first }, (_, index) => `line number ${first + index}`),
  );
  assert.ok(statSync(path).size <= 120);
});

test('a file that somebody moves away is left alone, and a new one begun', async () => {
  const { file, path, text } = scenario('moved');
  file.append(['before']);
  await file.flush();
  renameSync(path, `${path}.aside`);
  file.append(['after']);
  await file.flush();
  assert.equal(text(), 'after\n');
  await file.close();
});

test('two writers of one file leave each line whole', async () => {
  const one = scenario('shared', { rotateAt: 2000, keep: 50 });
  const two = scenario('shared', { rotateAt: 2000, keep: 50 });
  for (let number = 0; number < 200; number++) {
    one.file.append([`one ${number}`]);
    two.file.append([`two ${number}`]);
    if (number % 20 === 0) await Promise.all([one.file.flush(), two.file.flush()]);
  }
  await one.file.close();
  await two.file.close();
  const names = readdirSync(root).filter((name) => name.startsWith('shared'));
  const lines = names
    .flatMap((name) => readFileSync(join(root, name), 'utf8').split('\n'))
    .filter((line) => line !== '');
  assert.equal(new Set(lines).size, 400);
  for (const line of lines) assert.match(line, /^(one|two) \d+$/);
});

test('a full disk is said once, holds nobody up, and what could not wait is counted', async () => {
  const { clock, file, path, text, troubles } = scenario('full');
  symlinkSync('/dev/full', path);
  file.append(['waits']);
  for (let turn = 0; turn < 3; turn++) {
    clock.wind(RETRY_DELAY_MS);
    await file.flush();
  }
  assert.deepEqual(troubles, [{ kind: 'cannot-write', path, code: 'ENOSPC' }]);
  const large = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 6; count++) file.append([large]);
  unlinkSync(path);
  await file.flush();
  const lines = text().trimEnd().split('\n');
  const kept = Math.floor(MAX_WAITING_OCTETS / (large.length + 1));
  assert.deepEqual([lines[0], lines.length], ['waits', kept + 2]);
  assert.match(lines.at(-1) ?? '', new RegExp(`Warning: ${6 - kept} lines of this log are lost`));
  assert.deepEqual(troubles[1], { kind: 'writes-again', path, lost: 6 - kept });
  file.append(['and on']);
  await file.close();
  assert.ok(text().endsWith('\nand on\n'));
  assert.equal(troubles.length, 2);
});

test('one event stands in the log for people and in the one for programs', async () => {
  const folder = mkdtempSync(join(root, 'data-'));
  const files = openMailLogFiles({ folder, clock: handWoundClock(AT), log: silentLog });
  files.onDelivery({ kind: 'connection-opened', at: AT, ...FACTS });
  files.onDelivery(judged({ event: 'E8', mode: 'required' }));
  files.onReception({ kind: 'connection-lost', at: AT, icid: 3 });
  await files.close();
  const people = readFileSync(join(folder, 'mail.log'), 'utf8').trimEnd().split('\n');
  const programs = readFileSync(join(folder, 'mail.json.log'), 'utf8').trimEnd().split('\n');
  assert.equal(people.length, 3);
  assert.deepEqual(
    programs.flatMap((line) => JSON.parse(line).lines),
    people.map((line) => line.slice('Tue Apr 17 00:57:53 2018 '.length)),
  );
});
