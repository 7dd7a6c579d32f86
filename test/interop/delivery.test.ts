/**
 * `tlsreach deliver` to real Postfix, Exim and OpenSMTPD: what becomes of a message is what the probe foretold of the same
 * servers, mode for mode, and what arrives in a real mailbox is what was sent.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { createDelivery } from '../../src/app/delivery.ts';
import { createHouse } from '../../src/app/house.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { ESSENTIALS } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../src/delivery/settings.ts';
import { DEFAULT_DESTINATION } from '../../src/policy/destination.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import { NO_OPTIONS } from '../support/options.ts';
import {
  allowedBy,
  BELIEVED,
  deliver,
  mailAtExim,
  mailIn,
  postfixLog,
  probeAll,
  SAME_ORDER,
  withoutTrace,
} from './delivered.ts';
import { eventually, type Rig, skipUnlessRig, startRig } from './rig.ts';
import { BOGUS_DOMAIN, DOMAINS, MAILBOX_DOMAIN, MISSING_DOMAIN, SECURE_DOMAIN } from './servers.ts';

const skip = skipUnlessRig();
const RECIPIENTS = [...DOMAINS.map(({ domain }) => domain), SECURE_DOMAIN, BOGUS_DOMAIN, MISSING_DOMAIN].map(
  (domain) => `someone@${domain}`,
);
let rig: Rig;
let foretold: ReadonlyMap<string, ProbeResult>;

before(async () => {
  if (skip !== false) return;
  rig = await startRig();
  foretold = await probeAll(rig, RECIPIENTS, SAME_ORDER);
});
after(async () => {
  await rig?.stop();
});

for (const mode of TLS_MODES) {
  test(`mail under ${mode} goes as the probe foretold, at every server of the rig (R76)`, { skip }, async () => {
    const message = messageFile(`mode-${mode}`, `Subject: under ${mode}\n\nhello\n`);
    const to = RECIPIENTS.flatMap((recipient) => ['--to', recipient]);
    const { result } = await deliver(rig, ['--from', `sender@${MAILBOX_DOMAIN}`, '--tls', mode, ...to], message);
    assert.equal(result.recipients.length, RECIPIENTS.length);
    for (const { address, channel, host, verified, ...rest } of result.recipients) {
      const prediction = foretold.get(address)?.predictions[mode];
      assert.ok(prediction !== undefined, `${address} was probed`);
      const allowed = allowedBy(prediction);
      const became = { channel, host, verified };
      const shown = `${address}: ${JSON.stringify(became)}, foretold ${JSON.stringify(allowed)}`;
      assert.ok(
        allowed.some((each) => each.channel === channel && each.host === host && each.verified === verified),
        `${shown}; ${rest.reason} ${rest.because.join('; ')}`,
      );
      if (prediction.basis === 'observed') assert.deepEqual(became, allowed[0], address);
      assert.equal(rest.result === 'delivered', channel !== 'none', shown);
    }
    await arrived(result.recipients.map(({ reply }) => reply));
  });
}

/** Each message that Postfix said it had queued was delivered by it: kept, or thrown away on purpose. */
async function arrived(replies: readonly string[]): Promise<void> {
  const queued = replies.flatMap((reply) => / Ok: (?:\d+ bytes )?queued as ([0-9A-F]+)$/.exec(reply)?.slice(1) ?? []);
  assert.ok(queued.length > 0);
  await eventually('Postfix has delivered what it took', async () => {
    const log = postfixLog(rig);
    return queued.every((id) => new RegExp(`postfix/(discard|virtual)\\[\\d+\\]: ${id}: .*status=sent`).test(log));
  });
}

function messageFile(name: string, text: string | Buffer): string {
  const file = join(rig.folder, name);
  writeFileSync(file, text);
  return file;
}

const HEADER = (subject: string, extra = ''): string =>
  `From: Sender <sender@${MAILBOX_DOMAIN}>\nTo: Reader <reader@${MAILBOX_DOMAIN}>\nSubject: ${subject}\nDate: Sat, 28 Nov 2026 12:00:00 +0000\nMessage-ID: <${subject}@${MAILBOX_DOMAIN}>\n${extra}\n`;

/** Octets that a mail server, or a client that mistakes them, would change. */
const TEXTS: readonly (readonly [string, Buffer])[] = [
  ['dots', Buffer.from(`${HEADER('dots')}.\n..\n.hidden\n...\n\n.\n.\nQUIT\n.\nthe end, with no dot behind it: .\n`)],
  ['long-lines', Buffer.from(`${HEADER('long-lines')}${'x'.repeat(998)}\n${'.'.repeat(998)}\n${'y z '.repeat(249)}\n`)],
  [
    'eight-bit',
    Buffer.concat([
      Buffer.from(
        HEADER(
          'eight-bit',
          'MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n',
        ),
      ),
      Buffer.from(Array.from({ length: 128 }, (_, index) => 128 + index)),
      Buffer.from('\n'),
    ]),
  ],
  ['blank', Buffer.from(`${HEADER('blank')}\n\n \t\n\n`)],
  [
    'large',
    Buffer.from(
      `${HEADER('large')}${'.The quick brown fox jumps over the lazy dog, again and again.\n'.repeat(40_000)}`,
    ),
  ],
];

test('what arrives is what was sent, octet for octet: dots, long lines, eight bits, 2.5 MB, in BDAT chunks over verified TLS (S-EXT-2, S-EXT-4)', {
  skip,
}, async () => {
  for (const [name, bytes] of TEXTS) {
    const words = ['--from', `sender@${MAILBOX_DOMAIN}`, '--to', `reader@${MAILBOX_DOMAIN}`];
    const { result, exitCode } = await deliver(
      rig,
      [...words, '--tls', 'required-verify-hosted'],
      messageFile(name, bytes),
    );
    assert.equal(exitCode, 0, JSON.stringify(result.recipients));
    assert.deepEqual(
      result.recipients.map(({ channel, verified }) => [channel, verified]),
      [['encrypted', true]],
    );
    const kept = withoutTrace(await mailIn(rig, 'reader', `\nMessage-ID: <${name}@${MAILBOX_DOMAIN}>\n`));
    assert.ok(kept.sent.equals(bytes), `${name}: ${kept.sent.length} octets arrived, ${bytes.length} were sent`);
    assert.match(kept.added, /\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384/);
    assert.match(kept.added, /^Return-Path: <sender@mailbox\.test>\n/);
  }
  await eventually('Postfix has counted the chunks', async () =>
    /disconnect from \S+ .* bdat=3 /.test(postfixLog(rig)),
  );
  assert.doesNotMatch(postfixLog(rig), / data=\d/);
});

test('the same octets arrive by DATA, with the dots stuffed, where BDAT is not offered', { skip }, async () => {
  for (const [name, bytes] of TEXTS) {
    const again = Buffer.from(bytes.toString('latin1').replace(`<${name}@`, `<${name}-by-data@`), 'latin1');
    const words = ['--from', `sender@${MAILBOX_DOMAIN}`, '--to', 'kept@exim.test', '--tls', 'required-verify-hosted'];
    const { exitCode, stdout } = await deliver(rig, words, messageFile(`${name}-by-data`, again));
    assert.equal(exitCode, 0, stdout);
    const { added, sent } = withoutTrace(await mailAtExim(rig, `\nMessage-ID: <${name}-by-data@`));
    assert.ok(sent.equals(again), `${name}: ${sent.length} octets arrived, ${again.length} were sent`);
    assert.match(added, /with esmtps /);
  }
});

test('addresses and headers in any script arrive as they were written (S-EXT-3)', { skip }, async () => {
  const text = `From: Sender <sender@${MAILBOX_DOMAIN}>\nTo: 读者 <读者@${MAILBOX_DOMAIN}>\nSubject: Grüße\nDate: Sat, 28 Nov 2026 12:00:00 +0000\nMessage-ID: <utf8@${MAILBOX_DOMAIN}>\n\nkärlek\n`;
  const words = ['--from', `jürgen@${MAILBOX_DOMAIN}`, '--to', `读者@${MAILBOX_DOMAIN}`, '--tls', 'required'];
  const { result, exitCode } = await deliver(rig, words, messageFile('utf8', text));
  assert.equal(exitCode, 0, JSON.stringify(result.recipients));
  const { added, sent } = withoutTrace(await mailIn(rig, '读者', '<utf8@'));
  assert.equal(sent.toString('utf8'), text);
  assert.match(added, /with UTF8SMTPS? /);
  assert.ok(Buffer.from(added, 'latin1').toString('utf8').startsWith(`Return-Path: <jürgen@${MAILBOX_DOMAIN}>`));
});

test('what a submitter asked of delivery notices reaches Postfix, which sends the notice (S-DSN-2)', {
  skip,
}, async (context) => {
  const house = createHouse(
    {
      ...DEFAULT_SETTINGS,
      log: silentLog,
      resolvers: [`${rig.resolver}${BELIEVED}`],
      caFile: { name: 'the rig', pem: readFileSync(rig.rootFile, 'utf8') },
      systemCa: false,
    },
    ESSENTIALS,
  );
  context.after(() => house.close());
  const settings = DEFAULT_DELIVERY_SETTINGS;
  const handOver = createDelivery({ house, delivery: () => settings, clientCertificate: () => null, emit: () => {} });
  const reader = `reader@${MAILBOX_DOMAIN}`;
  const { report, line } = await handOver(
    {
      destination: MAILBOX_DOMAIN,
      controls: { ...DEFAULT_DESTINATION, tls: 'required-verify-hosted' },
      route: null,
      gateway: null,
      seed: 1,
      admit: async () => () => {},
      nextDcid: async () => 1,
      signal: new AbortController().signal,
    },
    {
      mid: 1,
      sender: `sender@${MAILBOX_DOMAIN}`,
      options: { ...NO_OPTIONS, ret: 'HDRS', envid: 'QQ+2B314159' },
      bytes: Buffer.from('Subject: with a receipt\r\n\r\nthe text itself\r\n'),
      recipients: [{ rid: 0, address: reader, notify: ['SUCCESS'], orcpt: 'rfc822;first+2Breader@elsewhere.test' }],
    },
  );
  await line?.close();
  assert.deepEqual(
    report.recipients.map(({ result, dsnPassedOn }) => [result, dsnPassedOn]),
    [['delivered', true]],
  );
  const notice = await mailIn(rig, 'sender', 'Original-Envelope-Id');
  assert.match(notice, /^Original-Envelope-Id: QQ\+314159$/m);
  assert.match(notice, /^Original-Recipient: rfc822;first\+reader@elsewhere\.test$/m);
  assert.match(notice, /^Action: delivered$/m);
  assert.match(notice, /^Content-Type: (text|message)\/rfc822-headers$/m);
  assert.doesNotMatch(notice, /the text itself/);
});
