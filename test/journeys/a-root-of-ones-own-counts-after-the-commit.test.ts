/** The list of authorities of the configuration, as delivery and probe of one installation over the lab see it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createApp } from '../../src/app/app.ts';
import { openInstallation } from '../../src/app/installation.ts';
import { DEFAULT_SETTINGS } from '../../src/app/settings.ts';
import { systemClock, unpredictableRandom } from '../../src/app/world.ts';
import { silentLog } from '../../src/base/log.ts';
import { startLab } from '../../src/lab/lab.ts';
import { DEFAULT_DESTINATION } from '../../src/policy/destination.ts';
import { configure } from '../support/installation.ts';
import { target } from '../support/lab.ts';
import { newFolder } from '../support/store-world.ts';

test('a root of one’s own counts for delivery and probe from its commit on, and no longer than it stands there (R87)', async (context) => {
  const lab = await startLab({ clock: systemClock, only: ['good'] });
  context.after(() => lab.stop());
  const data = newFolder(context);
  const settings = {
    ...DEFAULT_SETTINGS,
    log: silentLog,
    resolvers: [lab.resolver],
    systemCa: false,
    port: lab.port,
    httpsPort: lab.httpsPort,
    redirect: lab.redirect,
    timeoutMs: 4_000,
  };
  const world = { clock: systemClock, random: unpredictableRandom };
  const installation = await openInstallation({ data, database: null }, settings, world);
  context.after(() => installation.close());
  const app = await createApp(installation.settings, world);
  context.after(() => app.close());

  const probed = async (): Promise<boolean> => {
    const { hosts } = await app.probe({
      target: target('you@good.lab.test'),
      ...{
        rcpt: 'auto',
        quick: true,
        ignoreNoConnect: false,
        assureTls: false,
        mtaSts: false,
        dane: false,
        seed: null,
      },
    });
    return hosts.some(({ chain }) => chain?.trusted === true);
  };
  const delivered = async (): Promise<string> => {
    const { report, line } = await installation.handOver(
      {
        destination: 'good.lab.test',
        controls: { ...DEFAULT_DESTINATION, tls: 'required-verify-hosted', dane: 'off', mtaSts: 'off' },
        route: null,
        gateway: null,
        seed: 1,
        admit: async () => () => {},
        nextDcid: async () => 1,
        signal: AbortSignal.timeout(20_000),
      },
      {
        mid: 1,
        sender: 'me@here.example',
        bytes: Buffer.from('Subject: hello\r\n\r\nhello\r\n'),
        recipients: [{ rid: 0, address: 'you@good.lab.test', notify: null, orcpt: null }],
        options: {
          ...{ eightBit: false, international: false, requireTls: false, tlsOptional: false, ret: null, envid: null },
        },
      },
    );
    await line?.close();
    return report.recipients[0]?.result ?? '';
  };
  const trust = (custom: boolean): Promise<void> =>
    configure(data, (document) => ({
      ...document,
      certificateAuthorities: { system: true, custom, list: [{ name: 'the lab', certificate: lab.rootPem }] },
    }));
  const followed = async (custom: boolean): Promise<void> => {
    const { anchors } = installation.house;
    for (let tries = 0; tries < 500 && anchors.count > 0 !== custom; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(anchors.count > 0, custom);
  };

  assert.deepEqual([await probed(), await delivered()], [false, 'deferred']);
  await trust(true);
  await followed(true);
  assert.deepEqual([await probed(), await delivered()], [true, 'delivered']);
  await trust(false);
  await followed(false);
  assert.deepEqual([await probed(), await delivered()], [false, 'deferred']);
});
