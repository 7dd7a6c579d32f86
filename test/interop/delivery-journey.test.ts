/**
 * A message from the command line to a real mailbox: configured, submitted and served as an operator does it, over TLS
 * that had to be verified; and one that a wrong certificate keeps, with what operator and sender are told of it.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type Program, startProgram, until } from '../support/installation.ts';
import { BELIEVED, mailIn, withoutTrace } from './delivered.ts';
import { type Rig, skipUnlessRig, startRig } from './rig.ts';
import { MAILBOX_DOMAIN } from './servers.ts';

const skip = skipUnlessRig();
let rig: Rig;
let data: string;
let serving: Program | null = null;

before(async () => {
  if (skip !== false) return;
  rig = await startRig();
  data = join(rig.folder, 'data');
  mkdirSync(data);
});
after(async () => {
  serving?.process.kill('SIGKILL');
  await serving?.ended;
  await rig?.stop();
});

const TEXT = `From: sender@${MAILBOX_DOMAIN}\nTo: reader@${MAILBOX_DOMAIN}\nSubject: quarterly figures\n\nAttached.\n.\n`;

test('submitted, served and verified: a message arrives in a real mailbox, and the log says over what TLS it went (R120)', {
  skip,
}, async (context) => {
  await run(['destconfig', 'new', MAILBOX_DOMAIN, '--tls', 'required-verify']);
  await run(['commit', 'our own domain over verified TLS alone']);
  const submitted = await run(
    ['submit', '-i', '-v', '-f', `sender@${MAILBOX_DOMAIN}`, `reader@${MAILBOX_DOMAIN}`],
    TEXT,
  );
  assert.equal(submitted, 'MID 1\n');
  await serve();
  const { added, sent } = withoutTrace(await mailIn(rig, 'reader', '\nSubject: quarterly figures\n'));
  assert.ok(sent.toString('latin1').endsWith('\n\nAttached.\n.\n'));
  assert.match(added, /\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384/);
  const lines = await logWith('Message finished MID 1 done');
  for (const each of lines) context.diagnostic(each);
  const connection = /New SMTP DCID (\d+) interface 127\.0\.0\.1 address 127\.0\.1\.1 port 25$/m.exec(
    lines.join('\n'),
  )?.[1];
  assert.ok(connection !== undefined, lines.join('\n'));
  const told = lines.map((each) => each.replace(/^.*?(?:Info|Warning): /, ''));
  for (const expected of [
    `DCID ${connection} TLS success protocol TLSv1.3 cipher TLS_AES_256_GCM_SHA384`,
    `Delivery start DCID ${connection} MID 1 to RID [0]`,
    `Message done DCID ${connection} MID 1 to RID [0]`,
    'Message finished MID 1 done',
  ])
    assert.ok(
      told.some((each) => each.startsWith(expected)),
      `${expected} is missing in\n${told.join('\n')}`,
    );
});

test('a wrong certificate under Required-Verify keeps a message in the queue, alerts the operator, and in the end the sender learns why (R82, R109, R122)', {
  skip,
}, async (context) => {
  await run(['bounceconfig', 'new', 'Short', '--max-retries', '1', '--initial-retry-seconds', '15']);
  await run(['destconfig', 'new', 'wrong-name.test', '--tls', 'required-verify', '--bounce-profile', 'Short']);
  await run(['destconfig', 'setup', '--required-tls-alert', 'on']);
  await run(['deliveryconfig', 'setup', '--host-down-seconds', '1']);
  await run(['alertconfig', 'new', `operator@${MAILBOX_DOMAIN}`]);
  await run(['commit', 'a partner over verified TLS alone']);
  const submitted = await run(
    ['submit', '-i', '-v', '-f', `sender@${MAILBOX_DOMAIN}`, 'partner@wrong-name.test'],
    TEXT,
  );
  const mid = /^MID (\d+)$/m.exec(submitted)?.[1] ?? '';
  let listed = '';
  assert.ok(
    await until(async () => {
      listed = await run(['queue', 'list']);
      return listed.includes('partner@wrong-name.test') && !listed.includes('not tried yet');
    }, 30_000),
    `the queue shows it, and why: ${listed}`,
  );
  context.diagnostic(listed);
  const alert = await mailIn(rig, 'operator', 'wrong-name.test');
  context.diagnostic(alert);
  assert.match(alert, /^Subject: .*Warning.*$/m);
  assert.match(alert, /wrong-name\.test/);
  const notice = await mailIn(rig, 'sender', 'partner@wrong-name.test');
  context.diagnostic(notice);
  assert.match(notice, /^Return-Path: <>$/m);
  assert.match(notice, /^Final-Recipient: rfc822; ?partner@wrong-name\.test$/im);
  assert.match(notice, /^Action: failed$/im);
  assert.match(notice, /^Status: 5\.4\.7$/im);
  assert.match(
    notice.replace(/\s+/g, ' '),
    /We saw: all retries are used up; at the last try: .*V1: SAN mail\.elsewhere\.test is not wrong-name\.test/,
  );
  assert.match(
    notice,
    /^Diagnostic-Code: X-tlsreach; all retries are used up; .*V1: SAN mail\.elsewhere\.test is not wrong-name\.test/m,
  );
  for (const each of await logWith(`Message finished MID ${mid}`)) context.diagnostic(each);
  assert.equal(await run(['queue', 'list']), 'The queue is empty.\n');
  serving?.process.kill('SIGTERM');
  assert.equal(await serving?.ended, 0);
});

async function run(words: readonly string[], input = ''): Promise<string> {
  const program = startProgram([...words, '--data', data], input);
  assert.equal(await program.ended, 0, `${words.join(' ')}: ${program.said.out}${program.said.err}`);
  return program.said.out;
}

async function serve(): Promise<void> {
  const trust = ['--resolver', `${rig.resolver}${BELIEVED}`, '--ca-file', rig.rootFile, '--no-system-ca'];
  const world = [...trust, '--allow-private', '--helo', 'tlsreach.test'];
  serving = startProgram(['serve', '--data', data, '--roles', 'delivery', ...world]);
  assert.ok(await until(() => serving?.said.err.includes('serving') === true, 20_000), serving.said.err);
}

/** The lines of the mail log, once this one is there. */
async function logWith(text: string): Promise<readonly string[]> {
  const read = (): string => readFileSync(join(data, 'mail.log'), 'utf8');
  assert.ok(await until(() => read().includes(text), 30_000), `${text} is missing in\n${read()}`);
  return read().trimEnd().split('\n');
}
