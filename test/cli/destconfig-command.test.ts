import assert from 'node:assert/strict';
import test from 'node:test';
import { createConfiguration } from '../../src/config/configuration.ts';
import type { ConfigurationStore } from '../../src/config/configuration-store.ts';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { memoryConfigurationStore } from '../support/memory-configuration-store.ts';
import { play, type Scene, type Seen } from './stage.ts';

const MENU = `
Choose the operation you want to perform:
- SETUP - Change global settings.
- NEW - Create a new entry.
- EDIT - Modify an entry.
- DELETE - Remove an entry.
- DEFAULT - Change the default.
- LIST - Display a summary list of all entries.
- DETAIL - Display details for one destination or all entries.
- CLEAR - Remove all entries.
- IMPORT - Import tables from a file.
- EXPORT - Export tables to a file.
[]> `;

/** The dialogue of the published example, answers included. */
const NEW_ENTRY = `new

Enter the domain you wish to configure.
[]> example.com

Do you wish to configure a concurrency limit for example.com? [Y]> N

Do you wish to apply a messages-per-connection limit to this domain? [N]> N

Do you wish to apply a recipient limit to this domain? [N]> N

Do you wish to apply a specific TLS setting for this domain? [N]> Y

Do you want to use TLS support?
1. No
2. Preferred
3. Required
4. Preferred - Verify
5. Required - Verify
6. Required - Verify Hosted Domains
[1]> 3

You have chosen to enable TLS. Please use the 'certconfig' command to
ensure that there is a valid certificate configured.

Do you wish to apply a specific bounce verification
address tagging setting for this domain? [N]> N

Do you wish to apply a specific bounce profile to this domain? [N]> N

Do you wish to apply a specific IP sort preference to this domain? [N]> N

There are currently 2 entries configured.
`;

const LISTING = [
  '             Rate               Bounce        Bounce     IP Version  ',
  'Domain       Limiting  TLS      Verification  Profile    Preference  ',
  '===========  ========  =======  ============  =========  ============',
  'example.com  Default   On       Default       Default    Default     ',
  '(Default)    On        Off      Off           (Default)  Prefer IPv6',
  '',
].join('\n');

const ANSWERS = ['new', 'example.com', 'N', 'N', 'N', 'Y', '3', 'N', 'N', 'N'];

const lines = (...answers: readonly string[]): string => answers.map((answer) => `${answer}\n`).join('');

const talk = (store: ConfigurationStore, answers: readonly string[], more: Partial<Scene> = {}): Promise<Seen> =>
  play({ argv: ['destconfig'], stdin: lines(...answers), store, ...more });

const step = (store: ConfigurationStore, ...argv: readonly string[]): Promise<Seen> =>
  play({ argv: ['destconfig', ...argv], store });

async function documentOf(store: ConfigurationStore): Promise<ConfigurationDocument> {
  const newest = await createConfiguration(store, { now: () => 0 }).newest();
  assert.ok(newest.ok);
  return newest.value.document;
}

async function entryOf(store: ConfigurationStore, name = 'example.com') {
  const { destinations } = await documentOf(store);
  return destinations.entries.find(({ domain }) => domain === name) ?? assert.fail(`no entry ${name}`);
}

test('a scripted session reads as the published one, from the menu to the table (R68, R70)', async () => {
  const seen = await talk(memoryConfigurationStore(), [...ANSWERS, 'list']);
  assert.equal(seen.code, 0, seen.stderr);
  assert.equal(seen.stdout, `${MENU}${NEW_ENTRY}${MENU}list\n\n${LISTING}${MENU}\n`);
});

test('the entry of the published session requires TLS and leaves all else to the default (R68)', async () => {
  const store = memoryConfigurationStore();
  await talk(store, ANSWERS);
  const { domain, tls, ...others } = await entryOf(store);
  assert.deepEqual([domain, tls], ['example.com', 'required']);
  assert.deepEqual([...new Set(Object.values(others))], ['default']);
});

test('the certconfig reminder follows every TLS mode but No (R69)', async () => {
  for (const number of ['1', '2', '3', '4', '5', '6']) {
    const answers = ANSWERS.map((answer) => (answer === '3' ? number : answer));
    const { stdout } = await talk(memoryConfigurationStore(), answers);
    assert.equal(stdout.includes("Please use the 'certconfig' command"), number !== '1', number);
  }
});

test('the six numbers choose the six modes, and N leaves Default (R65)', async () => {
  const modes: unknown[] = [];
  for (const number of ['1', '2', '3', '4', '5', '6']) {
    const store = memoryConfigurationStore();
    await talk(
      store,
      ANSWERS.map((answer) => (answer === '3' ? number : answer)),
    );
    modes.push((await entryOf(store)).tls);
  }
  assert.deepEqual(modes, [
    'no',
    'preferred',
    'required',
    'preferred-verify',
    'required-verify',
    'required-verify-hosted',
  ]);
});

test('Y leads to the questions behind it, and their answers are kept (R68)', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'other.test');
  await play({ argv: ['bounceconfig', 'new', 'Slow', '--max-retries', '5'], store });
  const answers = [
    ...[
      'new',
      'example.com',
      '',
      '20',
      '2',
      '2',
      'y',
      '10',
      'yes',
      '1,000',
      '30',
      'y',
      '5',
      'y',
      'y',
      'y',
      '2',
      'y',
      '4',
    ],
  ];
  const seen = await talk(store, answers);
  assert.equal(seen.code, 0, seen.stderr);
  assert.match(seen.stdout, /There are currently 3 entries configured\./);
  assert.deepEqual(await entryOf(store), {
    domain: 'example.com',
    maxConcurrency: 20,
    limitType: 'mx-ip',
    limitApply: 'virtual-gateway',
    maxMessagesPerConnection: 10,
    recipientLimit: 1_000,
    recipientMinutes: 30,
    tls: 'required-verify',
    bounceVerification: true,
    bounceProfile: 'Slow',
    ipPreference: 'require-v4',
    dane: 'default',
    mtaSts: 'default',
    minTlsVersion: 'default',
    strictCn: 'default',
  });
});

test('an answer out of its range is asked for again, with the range (R64)', async () => {
  const store = memoryConfigurationStore();
  const seen = await talk(store, ['new', 'a b', 'example.com', 'y', '0', '1001', '1000', '', '', ...Array(6).fill('')]);
  assert.match(seen.stdout, /the domain contains a space/);
  assert.match(seen.stdout, /"0" is not a whole number from 1 to 1,000\./);
  assert.match(seen.stdout, /"1001" is not a whole number from 1 to 1,000\./);
  assert.equal((await entryOf(store)).maxConcurrency, 1_000);
});

test('input that ends in the middle of a question changes nothing, what was finished before stays', async () => {
  const store = memoryConfigurationStore();
  const seen = await talk(store, [...ANSWERS, 'new', 'second.test', 'n', 'n']);
  assert.equal(seen.code, 2);
  assert.match(seen.stderr, /the input ended in the middle of a question; that step changed nothing/);
  assert.deepEqual(
    (await documentOf(store)).destinations.entries.map(({ domain }) => domain),
    ['example.com'],
  );
});

test('EDIT offers what stands in the entry, and an empty line keeps it', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'example.com', '--tls', 'required', '--dane', 'mandatory', '--recipient-limit', '9');
  const before = await entryOf(store);
  const seen = await talk(store, ['edit', 'nobody.test', 'EXAMPLE.com', ...Array(10).fill('')]);
  assert.equal(seen.code, 0, seen.stderr);
  assert.match(seen.stdout, /There is no entry for nobody\.test\./);
  assert.match(seen.stdout, /specific TLS setting for this domain\? \[Y\]> /);
  assert.deepEqual(await entryOf(store), before);
});

test('DELETE takes an entry away, DEFAULT changes what all others follow', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test');
  const seen = await talk(store, ['delete', 'a.test', 'default', '9', '', '', '', 'n', '2', 'y', '3']);
  assert.equal(seen.code, 0, seen.stderr);
  const { destinations } = await documentOf(store);
  assert.deepEqual(destinations.entries, []);
  const { maxConcurrency, tls, bounceVerification, ipPreference, bounceProfile } = destinations.default;
  assert.deepEqual(
    [maxConcurrency, tls, bounceVerification, ipPreference, bounceProfile],
    [9, 'preferred', true, 'prefer-v4', 'Default'],
  );
});

test('CLEAR asks first, and keeps the default entry (R74)', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test');
  await step(store, 'default', '--tls', 'preferred');
  const kept = await talk(store, ['clear', '']);
  assert.match(kept.stdout, /Are you sure you want to remove all entries except the default\? \[N\]> /);
  assert.equal((await documentOf(store)).destinations.entries.length, 1);
  await talk(store, ['clear', 'y']);
  const { destinations } = await documentOf(store);
  assert.deepEqual([destinations.entries, destinations.default.tls], [[], 'preferred']);
  assert.equal((await step(store, 'clear')).code, 2);
  assert.equal((await step(store, 'clear', '--yes')).code, 0);
});

test('SETUP chooses certificate and alert for all destinations, Demo where there is none (R73)', async () => {
  const store = memoryConfigurationStore();
  const seen = await talk(store, ['setup', '', 'y', 'detail', '']);
  assert.match(seen.stdout, /Choose the certificate for outgoing SMTP TLS connections:\n1\. Demo\n\[1\]> /);
  assert.match(
    seen.stdout,
    /Certificate: +Demo \(none is configured: servers are shown none; nobody can verify Demo\)/,
  );
  assert.deepEqual((await documentOf(store)).global, { certificate: null, requiredTlsAlert: true });
  assert.equal((await step(store, 'setup', '--certificate', 'nobody')).code, 2);
  const off = await step(store, 'setup', '--certificate', 'demo', '--required-tls-alert', 'off');
  assert.match(off.stdout, /Required-TLS alert: +Off/);
});

test('DETAIL shows what Default means now, of one entry or of all', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test', '--max-concurrency', '5');
  const one = await step(store, 'detail', 'a.test');
  assert.match(one.stdout, /^a\.test\n/);
  assert.match(one.stdout, /Concurrent connections: +5\n/);
  assert.match(one.stdout, /TLS: +Default \(No\)\n/);
  assert.doesNotMatch(one.stdout, /^\(Default\)$/m);
  const all = await step(store, 'detail');
  assert.match(all.stdout, /\n\n\(Default\)\n.*\n\nGlobal settings\n/s);
  assert.equal((await step(store, 'detail', 'b.test')).code, 2);
});

test('a dialogue that changed something says at its end that nothing is in force yet, and only then (R127)', async () => {
  const store = memoryConfigurationStore();
  const changed = await talk(store, ['setup', '', 'y', '']);
  assert.equal(changed.stderr, 'tlsreach: what was changed is pending until "tlsreach commit"\n');
  const looked = await talk(store, ['list', '']);
  assert.equal(looked.stderr, '');
});

test('every step has a command with flags, which does the same as the dialogue', async () => {
  const [spoken, scripted] = [memoryConfigurationStore(), memoryConfigurationStore()];
  await talk(spoken, ANSWERS);
  const added = await step(scripted, 'new', 'Example.COM', '--tls', 'Required');
  assert.match(added.stdout, /^Added example\.com\. Pending until "tlsreach commit"\.\n$/);
  assert.deepEqual(await documentOf(scripted), await documentOf(spoken));
  assert.equal((await step(scripted, 'list')).stdout, LISTING);
  assert.equal((await step(scripted, 'edit', 'example.com', '--tls', 'default', '--strict-cn', 'on')).code, 0);
  const { tls, strictCn } = await entryOf(scripted);
  assert.deepEqual([tls, strictCn], ['default', true]);
  assert.match((await step(scripted, 'edit', 'example.com', '--strict-cn', 'on')).stdout, /^Nothing changed\./);
  assert.equal((await step(scripted, 'delete', 'example.com')).code, 0);
  assert.deepEqual((await documentOf(scripted)).destinations.entries, []);
});

test('JSON has the table as the document has it', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test', '--tls', 'required');
  const { stdout } = await step(store, 'list', '--format', 'json');
  assert.deepEqual(JSON.parse(stdout), (await documentOf(store)).destinations);
});

for (const { argv, words } of [
  { argv: ['new', 'a.test', '--max-concurrency', '1001'], words: /1,001 is not a whole number from 1 to 1,000/ },
  { argv: ['new', 'a.test', '--recipient-minutes', '61'], words: /61 is not .* from 1 to 60/ },
  { argv: ['new', 'a.test', '--max-messages-per-connection', 'x'], words: /"x": a whole number is expected/ },
  { argv: ['new', 'a.test', '--tls', 'on'], words: /--tls "on": choose one of no, preferred, / },
  { argv: ['new', 'a.test', '--bounce-profile', 'nobody'], words: /there is no bounce profile "nobody"/ },
  { argv: ['new', '1.2.3'], words: /is a number, not a domain/ },
  { argv: ['edit', 'a.test', '--tls', 'no'], words: /there is no entry for a\.test/ },
  { argv: ['exprot'], words: /destconfig has no operation "exprot"; did you mean export\?/ },
  { argv: ['list', '--format', 'xml'], words: /--format "xml": choose one of text, json/ },
  { argv: ['delete', 'a.test'], words: /there is no entry for a\.test/ },
  { argv: ['default', '--tls', 'default'], words: /choose one of no/ },
]) {
  test(`destconfig ${argv.join(' ')} is exit 2, says why and changes nothing (R64)`, async () => {
    const store = memoryConfigurationStore();
    const seen = await step(store, ...argv);
    assert.equal(seen.code, 2);
    assert.match(seen.stderr, words);
    assert.equal(await store.pending(), null);
  });
}

test('the same destination cannot be created twice', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test');
  assert.match((await step(store, 'new', 'A.test')).stderr, /there is an entry for a\.test already/);
  const seen = await talk(store, ['new', 'a.test', '']);
  assert.match(seen.stdout, /There is an entry for a\.test already; EDIT modifies it\./);
});

test('IMPORT replaces all entries at once and waits for the commit; a faulty file changes nothing (R72)', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'old.test');
  await step(store, 'new', 'kept.test', '--tls', 'required');
  const { stdout: table } = await step(store, 'export', '-');
  const file = table.replace('[old.test]', '[new.test]').replace('table_tls = off', 'table_tls = on');
  const files = { 'table.ini': file, 'bad.ini': `${file}table_tls = maybe\n` };
  const bad = await play({ argv: ['destconfig', 'import', 'bad.ini'], store, files });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /nothing was imported:\n.*\[kept\.test\] table_tls: stands twice/);
  assert.deepEqual((await documentOf(store)).destinations.entries.length, 2);
  assert.equal((await play({ argv: ['destconfig', 'import', 'table.ini'], store, files })).code, 0);
  const piped = await play({ argv: ['destconfig', 'import', '-'], store, stdin: file });
  assert.match(piped.stdout, /^Nothing changed\./, piped.stderr);
  const { destinations } = await documentOf(store);
  assert.deepEqual(
    destinations.entries.map(({ domain }) => domain),
    ['new.test', 'kept.test'],
  );
  assert.equal(destinations.default.tls, 'preferred');
  assert.equal(await store.committed(), null, 'nothing is in force before the commit');
});

test('IMPORT and EXPORT of the dialogue read and write files', async () => {
  const store = memoryConfigurationStore();
  await step(store, 'new', 'a.test', '--tls', 'required');
  const out = await talk(store, ['export', 'table.ini', 'clear', 'y', 'import', 'nowhere.ini']);
  assert.match(out.stdout, /there is no such file/);
  const files = { 'table.ini': out.written['table.ini'] ?? '' };
  const seen = await talk(store, ['import', 'table.ini', 'list'], { files });
  assert.match(seen.stdout, /The table was imported\.\n.*\na\.test {7}Default {3}On/s);
});

test('somebody else changes the table while answers are given: the step changes nothing and says so', async () => {
  const store = memoryConfigurationStore();
  let isFirst = true;
  const interrupted: ConfigurationStore = {
    ...store,
    setPending: async (...change) => {
      if (isFirst) {
        isFirst = false;
        await step(store, 'new', 'quicker.test');
      }
      return store.setPending(...change);
    },
  };
  const seen = await talk(interrupted, ANSWERS);
  assert.match(seen.stdout, /somebody else changed the configuration in the meantime; nothing was changed/);
  assert.deepEqual(
    (await documentOf(store)).destinations.entries.map(({ domain }) => domain),
    ['quicker.test'],
  );
});

test('the columns grow with what stands in them', async () => {
  const store = memoryConfigurationStore();
  await play({ argv: ['bounceconfig', 'new', 'Very patient'], store });
  await step(store, 'new', 'a.long.domain.test', '--bounce-profile', 'Very patient', '--recipient-limit', '5');
  await step(store, 'edit', 'a.long.domain.test', '--ip-preference', 'require-v6', '--bounce-verification', 'on');
  const [, , rule = '', row = ''] = (await step(store, 'list')).stdout.split('\n');
  assert.equal(row, 'a.long.domain.test  On        Default  On            Very patient  Require IPv6');
  assert.equal(rule.length, row.length);
});
