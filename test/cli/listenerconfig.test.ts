import assert from 'node:assert/strict';
import test from 'node:test';
import { createConfiguration } from '../../src/config/configuration.ts';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { newListener, newMailFlowPolicy } from '../../src/config/listener-schema.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';
import { play, type Seen } from './stage.ts';

const run = (store: ConfigurationStore, ...argv: readonly string[]): Promise<Seen> => play({ argv, store });

async function ran(store: ConfigurationStore, ...argv: readonly string[]): Promise<string> {
  const seen = await run(store, 'listenerconfig', ...argv);
  assert.equal(seen.code, 0, seen.stderr);
  return seen.stdout;
}

async function documentOf(store: ConfigurationStore): Promise<ConfigurationDocument> {
  const newest = await createConfiguration(store, { now: () => 0 }).newest();
  assert.ok(newest.ok);
  return newest.value.document;
}

test('a new installation has one private listener, which relays for this machine alone', async () => {
  const store = memoryConfigurationStore();
  const list = await ran(store, 'list');
  assert.match(list, /^Private$\n(.*\n)* {2}address: +127\.0\.0\.1$\n {2}port: +2525$/m);
  assert.match(
    await ran(store, 'group', 'list'),
    /^1\. LOOPBACK$\n {2}senders: +127\.0\.0\.0\/8, ::1$\n {2}policy: +Relayed$/m,
  );
  assert.match(await ran(store, 'policy', 'list'), /^Blocked \(used by Private\)$\n {2}action: +reject$/m);
});

test('a listener, its groups and policies are made, moved, changed and removed by flags; nothing before a commit (R127)', async () => {
  const store = memoryConfigurationStore();
  const said = await ran(
    store,
    'new',
    'Public',
    '--kind',
    'public',
    '--address',
    '192.0.2.1',
    '--hostname',
    'MX.Example.com',
    '--recipient-domains',
    'Example.com, .example.org',
  );
  assert.equal(said, 'Added Public. Pending until "tlsreach commit".\n');
  await ran(store, 'edit', 'public', '--default-policy', 'Accepted');
  await ran(store, 'policy', 'new', 'Partners', '--tls', 'required', '--verify-client-certificate', 'required');
  await ran(store, 'policy', 'edit', 'Accepted', '--tls-required-for', 'Boss@Example.net,bank.example');
  await ran(
    store,
    'group',
    'new',
    'PARTNERS',
    '--senders',
    '198.51.100.77/24,.Partner.example',
    '--policy',
    'Partners',
    '--listener',
    'Public',
  );
  await ran(store, 'group', 'move', 'partners', '1');
  const { listeners, senderGroups, mailFlowPolicies } = await documentOf(store);
  assert.deepEqual(listeners.at(-1), {
    ...newListener('Public'),
    kind: 'public',
    address: '192.0.2.1',
    hostname: 'mx.example.com',
    recipientDomains: ['example.com', '.example.org'],
    defaultPolicy: 'Accepted',
  });
  assert.deepEqual(
    senderGroups.map(({ name, senders }) => [name, senders]),
    [
      ['PARTNERS', ['198.51.100.0/24', '.partner.example']],
      ['LOOPBACK', ['127.0.0.0/8', '::1']],
    ],
  );
  assert.deepEqual(mailFlowPolicies[0]?.tlsRequiredFor, ['Boss@example.net', 'bank.example']);
  assert.deepEqual(mailFlowPolicies.at(-1), {
    ...newMailFlowPolicy('Partners'),
    tls: 'required',
    verifyClientCertificate: 'required',
  });
  const used = await run(store, 'listenerconfig', 'policy', 'delete', 'Partners');
  assert.deepEqual([used.code, /there is no mail flow policy "Partners"/.test(used.stderr)], [2, true]);
  await ran(store, 'group', 'delete', 'PARTNERS');
  await ran(store, 'delete', 'Public');
  assert.equal((await documentOf(store)).listeners.length, 1);
});

test('the dialogue asks for each field, with what holds, and leads to groups and policies', async () => {
  const store = memoryConfigurationStore();
  const answers = [
    ...['new', 'Inside', '', '10.0.0.1', '587', 'none', '', 'y', '', ''],
    ...['groups', 'new', 'OFFICE', '10.1.0.0/16', 'Relayed', 'Inside', 'move', 'OFFICE', '1', ''],
    ...['policies', 'edit', 'Relayed', '', 'required', '', '', '', '', '', '', '', ''],
    '',
  ];
  const seen = await play({ argv: ['listenerconfig'], store, stdin: answers.map((each) => `${each}\n`).join('') });
  assert.equal(seen.code, 0, seen.stderr);
  assert.match(seen.stdout, /Enter the TCP port\.\n\[25\]> /);
  const { listeners, senderGroups, mailFlowPolicies } = await documentOf(store);
  assert.deepEqual(listeners.at(-1), { ...newListener('Inside'), address: '10.0.0.1', port: 587, implicitTls: true });
  assert.deepEqual(senderGroups[0], {
    name: 'OFFICE',
    listener: 'Inside',
    senders: ['10.1.0.0/16'],
    policy: 'Relayed',
  });
  assert.equal(mailFlowPolicies.find(({ name }) => name === 'Relayed')?.tls, 'required');
});
