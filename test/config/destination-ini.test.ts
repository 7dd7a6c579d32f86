import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type DestinationFile,
  describeIniFault,
  exportDestinations,
  importDestinations,
  type KnownNames,
} from '../../src/config/destination-ini.ts';
import { MIN_TLS_VERSIONS } from '../../src/config/destination-schema.ts';
import { DEFAULT_BOUNCE_SETTINGS } from '../../src/delivery/settings.ts';
import { DEFAULT_DESTINATION, type DestinationEntry, IP_PREFERENCES } from '../../src/policy/destination.ts';
import { TLS_MODES } from '../../src/policy/mode.ts';

const KNOWN: KnownNames = {
  bounceProfiles: [DEFAULT_BOUNCE_SETTINGS, { ...DEFAULT_BOUNCE_SETTINGS, name: 'tls_failed' }],
  certificates: [{ name: 'example.com', certificate: '', chain: '', key: '' }],
};

const EXAMPLE = `[DEFAULT]
ip_sort_pref = PREFER_V6
max_host_concurrency = 500
max_messages_per_connection = 50
recipient_minutes = 60
recipient_limit = 300
limit_type = host
limit_apply = VG
table_tls = off
bounce_validation = 0
send_tls_req_alert = 0
certificate = example.com

[partner.example]
ip_sort_pref = PREFER_V6
recipient_minutes = 60
recipient_limit = 100
limit_type = host
limit_apply = VG
table_tls = require_verify
bounce_profile = tls_failed

[.hosted.example]
table_tls = on
bounce_profile = tls_failed
`;

function faultsOf(text: string): readonly string[] {
  const read = importDestinations(text, KNOWN);
  return read.ok ? [] : read.failure.map(describeIniFault);
}

function readGood(text: string): DestinationFile {
  const read = importDestinations(text, KNOWN);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

/** The example with one line changed: `from` must stand in it. */
function changed(from: string, to: string): string {
  assert.ok(EXAMPLE.includes(from));
  return EXAMPLE.replace(from, to);
}

test('a table as the appliance exports it is read, field by field (R71)', () => {
  const { destinations, global } = readGood(EXAMPLE);
  assert.deepEqual(global, { certificate: 'example.com', requiredTlsAlert: false });
  assert.deepEqual(destinations.default, {
    ...DEFAULT_DESTINATION,
    recipientLimit: 300,
    recipientMinutes: 60,
    limitApply: 'virtual-gateway',
  });
  assert.deepEqual(
    destinations.entries.map(({ domain, tls, recipientLimit, maxConcurrency, bounceProfile }) => [
      domain,
      tls,
      recipientLimit,
      maxConcurrency,
      bounceProfile,
    ]),
    [
      ['partner.example', 'required-verify', 100, 'default', 'tls_failed'],
      ['.hosted.example', 'preferred', 'default', 'default', 'tls_failed'],
    ],
  );
});

test('numbers and words mean the same, in any case (R71)', () => {
  const modes = ['0', '1', '2', '3', '4', '5'].map(
    (number) => readGood(changed('table_tls = off', `table_tls = ${number}`)).destinations.default.tls,
  );
  assert.deepEqual(
    modes,
    [...TLS_MODES].toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)),
  );
  const odd = EXAMPLE.replaceAll('limit_type = host', 'LIMIT_TYPE : mxip')
    .replaceAll('= VG', '=vg')
    .replaceAll('PREFER_V6', 'require_V4')
    .replace('send_tls_req_alert = 0', 'send_tls_req_alert = ON');
  const { destinations, global } = readGood(odd);
  assert.deepEqual(
    [destinations.default.limitType, destinations.default.limitApply, destinations.default.ipPreference],
    ['mx-ip', 'virtual-gateway', 'require-v4'],
  );
  assert.equal(global.requiredTlsAlert, true);
});

const ORDER: readonly string[] = [
  'no',
  'preferred',
  'required',
  'preferred-verify',
  'required-verify',
  'required-verify-hosted',
];

for (const { title, text, expected } of [
  {
    title: 'a missing key of [DEFAULT]',
    text: EXAMPLE.replace('table_tls = off\n', ''),
    expected: ['line 1, [DEFAULT] table_tls: is missing; this section has every parameter but bounce_profile'],
  },
  {
    title: 'an unknown key',
    text: changed('table_tls = on', 'tabel_tls = on'),
    expected: [/^line 24, \[\.hosted\.example\] tabel_tls: is not known; the keys are ip_sort_pref, /],
  },
  {
    title: 'a limit without what it needs',
    text: EXAMPLE.replace('[.hosted.example]', '[.hosted.example]\nmax_host_concurrency = 5'),
    expected: [
      'line 24, [.hosted.example] max_host_concurrency: needs limit_type beside it',
      'line 24, [.hosted.example] max_host_concurrency: needs limit_apply beside it',
    ],
  },
  {
    title: 'a recipient limit without its minutes',
    text: EXAMPLE.replace('recipient_minutes = 60\nrecipient_limit = 100', 'recipient_limit = 100'),
    expected: ['line 16, [partner.example] recipient_limit: needs recipient_minutes beside it'],
  },
  {
    title: 'a value out of its range',
    text: changed('max_host_concurrency = 500', 'max_host_concurrency = 1001'),
    expected: ['line 3, [DEFAULT] max_host_concurrency: "1001" is not a whole number from 1 to 1,000'],
  },
  {
    title: 'a word that is none',
    text: changed('table_tls = on', 'table_tls = maybe'),
    expected: [/^line 24, \[\.hosted\.example\] table_tls: "maybe" is none of off \(0\), on \(1\), required \(2\)/],
  },
  {
    title: 'a profile and a certificate that do not exist',
    text: EXAMPLE.replace('certificate = example.com', 'certificate = other').replace('= tls_failed', '= nobody'),
    expected: [
      'line 12, [DEFAULT] certificate: "other" there is no certificate of that name',
      'line 21, [partner.example] bounce_profile: "nobody" there is no bounce profile of that name',
    ],
  },
  {
    title: 'a key of the other kind of section',
    text: `${EXAMPLE.replace('[DEFAULT]', '[DEFAULT]\nbounce_profile = Default')}send_tls_req_alert = 1\n`,
    expected: [
      'line 2, [DEFAULT] bounce_profile: cannot stand here: the default entry always uses Default',
      'line 27, [.hosted.example] send_tls_req_alert: stands in [DEFAULT] alone, since it holds for all',
    ],
  },
  {
    title: 'a destination that stands twice or is none',
    text: `${EXAMPLE}[Partner.example]\n[a b]\n`,
    expected: [
      'line 26, [Partner.example]: the destination stands in line 14 already',
      'line 27, [a b]: the domain contains a space, which cannot stand in a host name',
    ],
  },
  {
    title: 'a key that stands twice, or where no section is, or no key at all',
    text: `x = 1\n${EXAMPLE}table_tls = on\nnonsense\n`,
    expected: [
      'line 1, x: stands before the first section',
      'line 27, [.hosted.example] table_tls: stands twice in this section',
      'line 28, [.hosted.example]: "nonsense" is neither a section in brackets nor "key = value"',
    ],
  },
  {
    title: 'a file without [DEFAULT]',
    text: '[default]\ntable_tls = on\n',
    expected: ['line 1: the section [DEFAULT] is missing (its name is written in capitals)'],
  },
]) {
  test(`${title} is named with its line, section and key (R71)`, () => {
    const faults = faultsOf(text);
    assert.equal(faults.length, expected.length, faults.join('\n'));
    for (const [index, each] of expected.entries()) {
      if (typeof each === 'string') assert.equal(faults[index], each);
      else assert.match(faults[index] ?? '', each);
    }
  });
}

test('what only this program knows is written only where it says something (R71)', () => {
  const plain = exportDestinations(readGood(EXAMPLE));
  assert.doesNotMatch(plain, /dane|mta_sts|min_tls_version|strict_cn/);
  const more = `${EXAMPLE}dane = mandatory\nmta_sts = off\nmin_tls_version = tlsv1.2\nstrict_cn = on\n`;
  const [, hosted] = readGood(more).destinations.entries;
  assert.deepEqual(
    [hosted?.dane, hosted?.mtaSts, hosted?.minTlsVersion, hosted?.strictCn],
    ['mandatory', 'off', 'TLSv1.2', true],
  );
  assert.match(
    exportDestinations(readGood(more)),
    /dane = mandatory\nmta_sts = off\nmin_tls_version = TLSv1\.2\nstrict_cn = on\n/,
  );
});

const controls = {
  ipPreference: fc.constantFrom(...IP_PREFERENCES),
  maxConcurrency: fc.integer({ min: 1, max: 1_000 }),
  maxMessagesPerConnection: fc.integer({ min: 1, max: 1_000 }),
  recipientLimit: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000_000 })),
  recipientMinutes: fc.integer({ min: 1, max: 60 }),
  limitType: fc.constantFrom('domain' as const, 'mx-ip' as const),
  limitApply: fc.constantFrom('system' as const, 'virtual-gateway' as const),
  tls: fc.constantFrom(...TLS_MODES),
  dane: fc.constantFrom('off' as const, 'opportunistic' as const, 'mandatory' as const),
  mtaSts: fc.constantFrom('off' as const, 'on' as const),
  minTlsVersion: fc.constantFrom(...MIN_TLS_VERSIONS),
  strictCn: fc.boolean(),
  bounceVerification: fc.boolean(),
  bounceProfile: fc.constantFrom('Default', 'tls_failed'),
};

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const domain = fc.oneof(
  fc.tuple(label, label).map(([a, b]) => `${a}.${b}`),
  fc.tuple(label, label).map(([a, b]) => `.${a}.${b}`),
  fc.constantFrom('[192.0.2.1]', '[IPv6:2001:db8::1]', 'default', 'xn--bcher-kva.example'),
);

const entry: fc.Arbitrary<DestinationEntry> = fc.record({
  domain,
  ...(Object.fromEntries(
    Object.entries(controls).map(([field, values]) => [
      field,
      fc.oneof(fc.constant('default' as const), values as fc.Arbitrary<never>),
    ]),
  ) as unknown as { readonly [Field in keyof typeof controls]: fc.Arbitrary<never> }),
});

test('a table that is exported and imported is the same table (R71)', () => {
  const file: fc.Arbitrary<DestinationFile> = fc.record({
    global: fc.record({ certificate: fc.constantFrom(null, 'example.com'), requiredTlsAlert: fc.boolean() }),
    destinations: fc.record({
      default: fc.record({ ...controls, bounceProfile: fc.constant('Default') }),
      entries: fc.uniqueArray(entry, { maxLength: 8, selector: (each) => each.domain }),
    }),
  });
  fc.assert(
    fc.property(file, (generated) => {
      const given = structuredClone(generated);
      const text = exportDestinations(given);
      assert.deepEqual(readGood(text), given);
      assert.equal(exportDestinations(readGood(text)), text);
    }),
    { numRuns: 300 },
  );
});

test('whatever a file holds, reading it ends with a table or with faults (R71)', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '[DEFAULT]',
      '[a.test]',
      '[]',
      '[',
      'table_tls = 9',
      'limit_type',
      '= x',
      ';',
      '\u0000',
      '[\u202e]',
    ),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const read = importDestinations(lines.join('\n'), KNOWN);
      assert.ok(read.ok || read.failure.length > 0);
    }),
    { numRuns: 300 },
  );
});

test('a file of a million sections, or of faults alone, is refused at once and in few words (R71)', () => {
  const sections = importDestinations(`[DEFAULT]\n${'[a.test]\n'.repeat(100_000)}`, KNOWN);
  assert.ok(!sections.ok);
  assert.deepEqual(sections.failure.map(describeIniFault), [
    'line 1: there are 100,001 sections; at most 40,000 destinations may stand here',
  ]);
  for (const text of ['no key\n'.repeat(100_000), '[a.test]\nx = 1\n'.repeat(30_000)]) {
    const faults = importDestinations(text, KNOWN);
    assert.deepEqual([faults.ok, !faults.ok && faults.failure.length], [false, 100]);
  }
});
