import assert from 'node:assert/strict';
import test from 'node:test';
import { createConfiguration } from '../../src/config/configuration.ts';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';
import { play, type Scene, type Seen } from './stage.ts';

const run = (store: ConfigurationStore, argv: readonly string[], more: Partial<Scene> = {}): Promise<Seen> =>
  play({ argv, store, ...more });

async function ran(store: ConfigurationStore, ...argv: readonly string[]): Promise<string> {
  const seen = await run(store, argv);
  assert.equal(seen.code, 0, seen.stderr);
  return seen.stdout;
}

const talk = async (store: ConfigurationStore, command: string, ...answers: readonly string[]): Promise<string> => {
  const seen = await run(store, [command], { stdin: answers.map((answer) => `${answer}\n`).join('') });
  assert.equal(seen.code, 0, seen.stderr);
  return seen.stdout;
};

async function documentOf(store: ConfigurationStore): Promise<ConfigurationDocument> {
  const newest = await createConfiguration(store, { now: () => 0 }).newest();
  assert.ok(newest.ok);
  return newest.value.document;
}

test('a bounce profile is made, changed, shown and removed; the dialogue offers its defaults (R107)', async () => {
  const store = memoryConfigurationStore();
  const said = await talk(
    store,
    'bounceconfig',
    'new',
    'Slow',
    '',
    '',
    '',
    '',
    '',
    'y',
    '',
    '',
    '',
    'post@a.test',
    'y',
  );
  for (const preset of ['100', '259200', '60', '3600', '14400', '10240']) {
    assert.ok(said.includes(`\n[${preset}]> `), preset);
  }
  const slow = {
    ...DEFAULT_BOUNCE_SETTINGS,
    name: 'Slow',
    delayWarnings: true,
    bounceTo: 'post@a.test',
    signBounces: true,
  };
  assert.deepEqual((await documentOf(store)).bounceProfiles, [DEFAULT_BOUNCE_SETTINGS, slow]);
  await ran(store, 'bounceconfig', 'edit', 'slow', '--max-retries', '3', '--bounce-to', 'none');
  assert.deepEqual((await documentOf(store)).bounceProfiles[1], { ...slow, maxRetries: 3, bounceTo: null });
  assert.match(
    await ran(store, 'bounceconfig', 'list'),
    /^Default \(the default\)\n.*^Slow \(used by 0 destinations\)$/ms,
  );
  await ran(store, 'bounceconfig', 'delete', 'Slow');
  assert.equal((await documentOf(store)).bounceProfiles.length, 1);
});

test('the Default profile, and one that a destination uses, cannot be removed (R107)', async () => {
  const store = memoryConfigurationStore();
  assert.match((await run(store, ['bounceconfig', 'delete', 'Default'])).stderr, /can be changed, not deleted/);
  await ran(store, 'bounceconfig', 'new', 'Slow');
  await ran(store, 'destconfig', 'new', 'a.test', '--bounce-profile', 'Slow');
  const seen = await run(store, ['bounceconfig', 'delete', 'Slow']);
  assert.deepEqual([seen.code, (await documentOf(store)).bounceProfiles.length], [2, 2]);
  assert.match(seen.stderr, /\(a\.test\): there is no bounce profile "Slow"/);
  const spoken = await talk(store, 'bounceconfig', 'delete', 'Slow', 'list');
  assert.match(spoken, /there is no bounce profile "Slow".*^Slow \(used by 1 destinations\)$/ms);
});

test('routes are written as on the appliance, in words and in files (R113)', async () => {
  const store = memoryConfigurationStore();
  await ran(store, 'smtproutes', 'new', 'Example.com', 'relay.test:26/pri=5', 'USEDNS/pri=9');
  await talk(store, 'smtproutes', 'new', 'all', '[192.0.2.1], [2001:db8::1]:2525', 'new', '.drop.test', '/dev/null');
  const listing =
    'example.com relay.test:26/pri=5, USEDNS/pri=9\nALL 192.0.2.1, [2001:db8::1]:2525\n.drop.test /dev/null\n';
  assert.equal(await ran(store, 'smtproutes', 'list'), listing);
  assert.equal(await ran(store, 'smtproutes', 'export'), listing);
  await ran(store, 'smtproutes', 'edit', 'example.com', 'other.test');
  assert.match(await ran(store, 'smtproutes', 'list'), /^example\.com other\.test$/m);
  const files = { routes: `# ours\n\n${listing}`, bad: 'a.test\nb.test x y\n' };
  assert.equal((await run(store, ['smtproutes', 'import', 'routes'], { files })).code, 0);
  assert.equal(await ran(store, 'smtproutes', 'list'), listing);
  const bad = await run(store, ['smtproutes', 'import', 'bad'], { files });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /nothing was imported:\nline 1: .*\nline 2: /);
  assert.equal((await run(store, ['smtproutes', 'new', 'a.test', '/dev/null', 'b.test'])).code, 2);
  await ran(store, 'smtproutes', 'delete', 'ALL');
  await ran(store, 'smtproutes', 'clear', '--yes');
  assert.equal(await ran(store, 'smtproutes', 'list'), 'There is no route.\n');
});

test('deliveryconfig asks what the appliance asks, and every field has a flag', async () => {
  const store = memoryConfigurationStore();
  await ran(store, 'interfaceconfig', 'new', 'out', '--source-address', '192.0.2.7', '--helo', 'Out.Example.com');
  const said = await talk(store, 'deliveryconfig', 'setup', '2', 'n', '500', '100');
  assert.ok(said.includes('\nChoose the default interface to deliver mail.\n1. Auto\n2. out\n[1]> 2\n'));
  assert.ok(said.includes('\nEnable "Possible Delivery" (recommended)?  [Y]> n\n'));
  assert.ok(
    said.includes(
      '\nPlease enter the default system wide maximum outbound message delivery concurrency. [10000]> 500\n',
    ),
  );
  const { gateways, defaultGateway, possibleDelivery, maxConnections, maxTlsConnections } = (await documentOf(store))
    .delivery;
  assert.deepEqual(gateways, [{ name: 'out', sourceAddress: '192.0.2.7', heloName: 'out.example.com' }]);
  assert.deepEqual([defaultGateway, possibleDelivery, maxConnections, maxTlsConnections], ['out', false, 500, 100]);
  assert.match((await run(store, ['interfaceconfig', 'delete', 'out'])).stderr, /there is no gateway "out"/);
  await ran(store, 'deliveryconfig', 'setup', '--interface', 'auto', '--connect-timeout', '20');
  assert.match(await ran(store, 'deliveryconfig', 'list'), /^interface: +Auto\n.*^connect-timeout: +20$/ms);
  assert.match((await run(store, ['deliveryconfig', 'setup', '--max-connections', '5'])).stderr, /100 is more than/);
});

test('alertconfig keeps who is told what, and how often', async () => {
  const store = memoryConfigurationStore();
  await talk(store, 'alertconfig', 'new', 'ops@a.test', 'system, delivery', 'all', 'setup', 'tls@a.test', '60', '600');
  await ran(store, 'alertconfig', 'new', 'boss@a.test', '--severities', 'critical');
  const { recipients, from, initialIntervalSeconds, maxIntervalSeconds } = (await documentOf(store)).alerts;
  assert.deepEqual(recipients[0], {
    address: 'ops@a.test',
    classes: ['system', 'delivery'],
    severities: ['critical', 'warning', 'information'],
  });
  assert.deepEqual(recipients[1]?.severities, ['critical']);
  assert.deepEqual([from, initialIntervalSeconds, maxIntervalSeconds], ['tls@a.test', 60, 600]);
  assert.match(await ran(store, 'alertconfig', 'setup', '--from', 'none'), /^from: +none$/m);
  const seen = await run(store, ['alertconfig', 'new', 'x@a.test', '--classes', 'weather']);
  assert.match(seen.stderr, /--classes "weather": choose some of system, /);
  assert.equal((await run(store, ['alertconfig', 'new', 'nobody'])).code, 2);
});

test('what the dialogue refuses is said, and changes nothing', async () => {
  const store = memoryConfigurationStore();
  const said = await talk(store, 'bounceconfig', 'edit', 'Nobody', 'Default', '99999', ...Array(10).fill(''));
  assert.match(said, /There is no bounce profile Nobody\./);
  assert.match(said, /maxRetries \(Default\): 99,999 is not a whole number from 0 to 10,000/);
  assert.equal(await store.pending(), null);
});
