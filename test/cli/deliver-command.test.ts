/** `tlsreach deliver`: what it reads, what it says, and how it ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { createApp } from '../../src/app/app.ts';
import { createDeliverer } from '../../src/app/deliver.ts';
import { systemClock } from '../../src/app/world.ts';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import { DEFAULT_DESTINATION } from '../../src/policy/destination.ts';
import type { ProbeResult } from '../../src/probe/result.ts';
import type { DeliveryResult } from '../../src/report/delivery.ts';
import { play, type Scene, type Seen } from './stage.ts';

const MESSAGE = 'Subject: hello\n\nHello.\n';
const FROM = ['--from', 'ann@example.net'];
const DOMAINS = [
  'good',
  'several',
  'no-starttls',
  'expired',
  'breaks',
  'refuse-tls',
  'tls-454',
  'unknown-user',
  'greylisting',
  'null-mx',
  'servfail',
  'down',
  'sts-wrong-name',
  'dane-mismatch',
  'mandatory-tls',
  'wrong-name',
];

const validate = new Ajv({ allErrors: true, strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/schemas/delivery-1.json', import.meta.url), 'utf8')),
);

describe('tlsreach deliver', { concurrency: 4 }, () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab({ clock: systemClock, only: DOMAINS });
  });
  after(() => lab.stop());

  function command(name: string, argv: readonly string[], scene: Partial<Scene> = {}): Promise<Seen> {
    const { resolver, port, httpsPort, rootPem } = lab;
    const world = ['--resolver', resolver, '--port', `${port}`, '--https-port', `${httpsPort}`, '--no-system-ca'];
    const files = { 'root.pem': rootPem, 'message.eml': MESSAGE, ...scene.files };
    const all = [name, ...world, '--ca-file', 'root.pem', '--timeout', '20', ...argv];
    return play({ createApp, createDeliverer, ...scene, files, argv: all });
  }

  const deliver = (argv: readonly string[], scene?: Partial<Scene>): Promise<Seen> => command('deliver', argv, scene);

  async function json(label: string, ...argv: readonly string[]): Promise<DeliveryResult & { readonly code: number }> {
    const seen = await deliver([...FROM, '--to', `you@${label}.lab.test`, '--json', ...argv, 'message.eml']);
    assert.notEqual(seen.stdout, '', seen.stderr);
    const result: DeliveryResult = JSON.parse(seen.stdout);
    assert.equal(validate(result), true, JSON.stringify(validate.errors));
    return { ...result, code: seen.code };
  }

  for (const [label, mode, code, result, channel, verified, event] of [
    ['good', 'required-verify', 0, 'delivered', 'encrypted', true, 'E8'],
    ['good', 'no', 0, 'delivered', 'clear', null, null],
    ['no-starttls', 'preferred', 0, 'delivered', 'clear', null, 'E2'],
    ['no-starttls', 'required', 1, 'deferred', 'none', null, 'E2'],
    ['expired', 'preferred-verify', 0, 'delivered', 'encrypted', false, 'E6'],
    ['expired', 'required-verify-hosted', 1, 'deferred', 'none', null, 'E6'],
    ['breaks', 'preferred', 1, 'deferred', 'none', null, 'E5'],
    ['refuse-tls', 'required', 1, 'deferred', 'none', null, 'E4'],
    ['unknown-user', 'required', 1, 'failed', 'none', null, 'E12'],
    ['sts-wrong-name', 'preferred', 1, 'deferred', 'none', null, 'E7'],
    ['dane-mismatch', 'preferred', 1, 'deferred', 'none', null, 'E7'],
    ['mandatory-tls', 'no', 1, 'failed', 'none', null, 'E12'],
  ] as const) {
    it(`${label} with ${mode}: ${result}, ${channel}, exit ${code} (R76)`, async () => {
      const told = await json(label, '--tls', mode);
      const [recipient] = told.recipients;
      assert.deepEqual(
        [told.code, recipient?.result, recipient?.channel, recipient?.verified, told.attempts[0]?.event],
        [code, result, channel, verified, event],
      );
      assert.equal(recipient?.host === null, channel === 'none');
    });
  }

  it('needs no mode: TLS is preferred, and published policy is honoured until it is switched off', async () => {
    const held = await json('dane-mismatch');
    assert.equal(held.recipients[0]?.result, 'deferred');
    const free = await json('dane-mismatch', '--dane', 'off', '--mta-sts', 'off');
    assert.deepEqual([free.recipients[0]?.result, free.recipients[0]?.channel], ['delivered', 'encrypted']);
  });

  it('tells the mail log of the attempt, a 454 to STARTTLS as the appliance does (R119, R121)', async () => {
    const { log, recipients } = await json('tls-454', '--tls', 'required');
    assert.match(log[0] ?? '', /^Info: New SMTP DCID 1 interface \S+ address \S+ port \d+$/);
    const at = log.findIndex((line) =>
      /Connection Error: DCID 1 domain: tls-454\.lab\.test IP:\S+ port: \d+ details: 454-'4\.7\.0 TLS not available due to temporary reason' interface: \S+ reason: unexpected SMTP response$/.test(
        line,
      ),
    );
    assert.ok(at > 0, log.join('\n'));
    assert.equal(log[at + 1], 'Info: DCID 1 TLS failed: STARTTLS unexpected response');
    assert.match(recipients[0]?.reply ?? '', /^454 4\.7\.0/);
  });

  it('goes on to the host that is up, and gives every recipient a word', async () => {
    const seen = await deliver([
      ...FROM,
      ...['--to', 'a@good.lab.test', '--to', 'b@unknown-user.lab.test', '--to', 'c@several.lab.test', '--json'],
      'message.eml',
    ]);
    const { recipients }: DeliveryResult = JSON.parse(seen.stdout);
    assert.deepEqual(
      recipients.map(({ address, result }) => [address, result]),
      [
        ['a@good.lab.test', 'delivered'],
        ['b@unknown-user.lab.test', 'failed'],
        ['c@several.lab.test', 'delivered'],
      ],
    );
    assert.equal(seen.code, 1);
  });

  it('exit 3 where no connection was attempted, 1 where a domain takes no mail or somebody refuses', async () => {
    assert.deepEqual([(await json('servfail')).code, (await json('servfail')).recipients[0]?.status], [3, '4.4.3']);
    const none = await json('null-mx');
    assert.deepEqual([none.code, none.recipients[0]?.result, none.recipients[0]?.status], [1, 'failed', '5.1.10']);
    assert.deepEqual([(await json('down')).code, (await json('down')).recipients[0]?.status], [1, '4.4.1']);
  });

  it('a server that was named is gone to itself', async () => {
    const seen = await deliver([...FROM, '--to', `you@null-mx.lab.test[mx.good.lab.test:${lab.port}]`, 'message.eml']);
    assert.equal(seen.code, 0, seen.stdout);
    assert.match(seen.stdout, /^you@null-mx\.lab\.test: delivered, encrypted, mx\.good\.lab\.test \[/);
  });

  it('reads the message from standard input, adds what a submission lacks, and the lab keeps it', async () => {
    const before = lab.received().length;
    const seen = await deliver([...FROM, '--to', 'you@good.lab.test', '--tls', 'required', '-'], {
      stdin: 'Subject: by hand\n\n.\nend\n',
    });
    assert.equal(seen.code, 0, seen.stderr);
    const message = lab.received().findLast(({ text }) => text.toString().includes('by hand'));
    assert.ok(lab.received().length > before);
    assert.deepEqual([message?.host, message?.encrypted], ['mx.good.lab.test', true]);
    assert.match(
      message?.text.toString() ?? '',
      /^Message-ID: <[^>]+@example\.net>\r\nDate: [^\r]+ \+0000\r\nSubject: by hand\r\n\r\n\.\r\nend\r\n$/,
    );
  });

  it('agrees with the probe of the same world, target, mode and seed (R76)', async () => {
    for (const label of DOMAINS) {
      const probed = await command('probe', ['--seed', '7', '--format', 'json', '--min', '0', `you@${label}.lab.test`]);
      const { predictions }: ProbeResult = JSON.parse(probed.stdout);
      for (const mode of ['preferred', 'required-verify'] as const) {
        const told = await json(label, '--tls', mode, '--seed', '7');
        const { channel, host, verified, outcomes } = predictions[mode];
        const [came] = told.recipients;
        // The first RCPT is put off, and the probe was the first.
        if (label === 'greylisting') continue;
        assert.ok(
          [{ channel, host, verified }, ...outcomes].some(
            (each) => each.channel === came?.channel && each.host === came.host && each.verified === came.verified,
          ),
          `${label} ${mode}: ${JSON.stringify(came)}`,
        );
      }
    }
  });

  for (const [what, argv, scene, word] of [
    ['no sender', ['--to', 'a@b.test', 'message.eml'], {}, /--from/],
    ['a sender that is none', ['--from', 'ann', '--to', 'a@b.test', 'message.eml'], {}, /no @/],
    ['no recipient', [...FROM, 'message.eml'], {}, /--to/],
    ['a bare domain', [...FROM, '--to', 'b.test', 'message.eml'], {}, /full address/],
    [
      'a mode that is none',
      [...FROM, '--to', 'a@b.test', '--tls', 'requird', 'message.eml'],
      {},
      /did you mean required/,
    ],
    ['DANE that is none', [...FROM, '--to', 'a@b.test', '--dane', 'maybe', 'message.eml'], {}, /mandatory/],
    ['a file that is not there', [...FROM, '--to', 'a@b.test', 'gone.eml'], {}, /no such file/],
    ['an empty input', [...FROM, '--to', 'a@b.test', '-'], { stdin: '' }, /empty/],
    ['an option of the probe', [...FROM, '--to', 'a@b.test', '--quick', 'message.eml'], {}, /unknown option/],
    [
      'a line that SMTP does not carry',
      [...FROM, '--to', 'a@b.test', 'long.eml'],
      { files: { 'long.eml': `A: b\n\n${'x'.repeat(999)}` } },
      /line 3/,
    ],
  ] as const) {
    it(`${what}: exit 2, and nothing is sent`, async () => {
      const seen = await deliver(argv, { ...scene, createDeliverer: () => assert.fail('nothing may be sent') });
      assert.deepEqual([seen.code, seen.stdout], [2, '']);
      assert.match(seen.stderr, word);
    });
  }

  it('takes its options from a file, too, where a name means what it means to deliver', async () => {
    const options = JSON.stringify({
      from: 'ann@example.net',
      to: 'you@dane-mismatch.lab.test',
      mtaSts: 'off',
      dane: 'off',
    });
    const seen = await deliver(['--config', 'options.json', '--json', 'message.eml'], {
      files: { 'options.json': options },
    });
    const { recipients }: DeliveryResult = JSON.parse(seen.stdout);
    assert.deepEqual([seen.code, recipients[0]?.channel], [0, 'encrypted']);
  });

  it('has the entries of a configuration where there is one, below what the command line says', async () => {
    const words = [...FROM, '--to', 'you@no-starttls.lab.test', '--json'];
    const configuredControls = async () => () => ({ ...DEFAULT_DESTINATION, tls: 'required' }) as const;
    const channelOf = async (...more: readonly string[]) => {
      const seen = await deliver([...words, ...more, 'message.eml'], { configuredControls });
      return (JSON.parse(seen.stdout) as DeliveryResult).recipients[0]?.channel;
    };
    assert.deepEqual([await channelOf(), await channelOf('--tls', 'preferred')], ['none', 'clear']);
  });

  it('the null reverse-path, a file for the result, and words from the environment', async () => {
    const seen = await deliver(['--from', '<>', '--to', 'you@good.lab.test', '--output', 'out.json', 'message.eml'], {
      env: { TLSREACH_FORMAT: 'json', TLSREACH_TLS: 'required' },
    });
    assert.deepEqual([seen.code, seen.stdout], [0, '']);
    const { recipients }: DeliveryResult = JSON.parse(seen.written['out.json'] ?? '');
    assert.equal(recipients[0]?.channel, 'encrypted');
  });
});
