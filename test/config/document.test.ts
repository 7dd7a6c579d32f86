import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import test from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { ConfigurationSchema, INITIAL_DOCUMENT } from '../../src/config/document.ts';
import { describeConfigurationFault } from '../../src/config/fault.ts';
import { parseDocument, readDocument } from '../../src/config/read-document.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';

function faultsOf(value: unknown): readonly string[] {
  const read = readDocument(value);
  return read.ok ? [] : read.failure.map(describeConfigurationFault);
}

function readGood(value: unknown): ConfigurationDocument {
  const read = readDocument(value);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

const withEntry = (entry: object): object => ({
  version: 1,
  destinations: { entries: [{ domain: 'example.com', ...entry }] },
});

test('an empty document is the configuration of a new installation', () => {
  assert.deepEqual(readGood({ version: 1 }), INITIAL_DOCUMENT);
});

test('the default bounce profile tries 100 times, three days, and waits between one minute and one hour (R107)', () => {
  const [preset] = readGood({ version: 1 }).bounceProfiles;
  assert.deepEqual(
    [preset?.name, preset?.maxRetries, preset?.maxQueueSeconds, preset?.initialRetrySeconds, preset?.maxRetrySeconds],
    ['Default', 100, 259_200, 60, 3_600],
  );
});

for (const { field, value, range } of [
  { field: 'maxConcurrency', value: 0, range: '1 to 1,000' },
  { field: 'maxConcurrency', value: 1_001, range: '1 to 1,000' },
  { field: 'maxMessagesPerConnection', value: 0, range: '1 to 1,000' },
  { field: 'maxMessagesPerConnection', value: 1_001, range: '1 to 1,000' },
  { field: 'recipientLimit', value: 1_000_000_001, range: '0 to 1,000,000,000' },
  { field: 'recipientMinutes', value: 0, range: '1 to 60' },
  { field: 'recipientMinutes', value: 61, range: '1 to 60' },
]) {
  test(`${field} ${value} is refused with its range, in an entry and in the default one (R64)`, () => {
    const words = `${value.toLocaleString('en-US')} is not a whole number from ${range}`;
    assert.deepEqual(faultsOf(withEntry({ [field]: value })), [
      `destinations.entries[0].${field} (example.com): ${words}`,
    ]);
    assert.deepEqual(faultsOf({ version: 1, destinations: { default: { [field]: value } } }), [
      `destinations.default.${field}: ${words}`,
    ]);
  });
}

test('the ends of every range are accepted (R64)', () => {
  const ends = [
    { maxConcurrency: 1, maxMessagesPerConnection: 1, recipientLimit: 0, recipientMinutes: 1 },
    { maxConcurrency: 1_000, maxMessagesPerConnection: 1_000, recipientLimit: 1_000_000_000, recipientMinutes: 60 },
  ];
  for (const limits of ends) assert.deepEqual(faultsOf(withEntry(limits)), []);
});

test('every fault of a document is told at once, each with its place and what was given', () => {
  assert.deepEqual(
    faultsOf({
      version: 1,
      destinations: { entries: [{ domain: 'a.test', tls: 'on', dane: true }] },
      smtpRoutes: [{ domain: 'b.test', targets: [] }],
      delivery: { timeouts: { connect: 'soon' } },
      extra: 1,
    }).map((sentence) => sentence.replace(/; what may stand here.*/, '')),
    [
      'destinations.entries[0].tls (a.test): "on" is not "default" or one of no, preferred, required, preferred-verify, required-verify, required-verify-hosted',
      'destinations.entries[0].dane (a.test): true is not "default" or one of off, opportunistic, mandatory',
      'smtpRoutes[0].targets (b.test): has 0 entries; at least 1 may stand here',
      'delivery.timeouts.connect: "soon" is not a whole number from 1 to 3,600',
      'extra: is not known here',
    ],
  );
});

test('a document of another version, or of none, is refused whatever else it says (R126)', () => {
  assert.match(faultsOf({ version: 2, anything: true }).join(), /^version: 2 is another version/);
  assert.match(faultsOf({}).join(), /the version is missing/);
  assert.match(faultsOf(null).join(), /the version is missing/);
});

test('names of domains come out as lookups compare them, and stand once', () => {
  const document = readGood({
    version: 1,
    destinations: {
      entries: [{ domain: 'Bücher.Example.' }, { domain: '.Example.COM' }, { domain: '[IPv6:2001:DB8:0:0::1]' }],
    },
    smtpRoutes: [{ domain: 'all', targets: [{ kind: 'host', host: '[2001:DB8::2]' }] }],
  });
  assert.deepEqual(
    document.destinations.entries.map(({ domain }) => domain),
    ['xn--bcher-kva.example', '.example.com', '[IPv6:2001:db8::1]'],
  );
  assert.deepEqual(document.smtpRoutes, [
    { domain: 'ALL', targets: [{ kind: 'host', host: '2001:db8::2', port: null, priority: 0 }] },
  ]);
  const twice = { version: 1, destinations: { entries: [{ domain: 'a.test' }, { domain: 'A.test.' }] } };
  assert.deepEqual(faultsOf(twice), ['destinations.entries[1] (a.test): stands there already; a name can stand once']);
});

test('what is no domain, partial domain or address literal is no destination', () => {
  for (const domain of ['', '.', '..a.test', 'a b', '*.a.test', '192.0.2.1', '[192.0.2]', 'a@b.test', 'ALL.']) {
    const expected = domain === 'ALL.' ? 0 : 1;
    assert.equal(faultsOf({ version: 1, destinations: { entries: [{ domain }] } }).length, expected, domain);
  }
});

test('references lead somewhere: profiles, gateways and certificates', () => {
  assert.deepEqual(
    faultsOf({
      version: 1,
      global: { certificate: 'mine' },
      destinations: { default: { bounceProfile: 'Slow' }, entries: [{ domain: 'a.test', bounceProfile: 'nobody' }] },
      bounceProfiles: [{ name: 'Slow' }],
      delivery: { defaultGateway: 'out' },
    }),
    [
      'bounceProfiles: the profile Default is missing; it can be changed, not deleted',
      'destinations.default.bounceProfile: "Slow": the default entry always uses the profile Default',
      'destinations.entries[0].bounceProfile (a.test): there is no bounce profile "nobody"; there is Slow',
      'delivery.defaultGateway: there is no gateway "out"; there is none',
      'global.certificate: there is no certificate "mine"; there is none',
    ],
  );
});

test('values that contradict each other, and texts that are no mailbox, are refused', () => {
  assert.deepEqual(
    faultsOf({
      version: 1,
      bounceProfiles: [{ name: 'Default', initialRetrySeconds: 100, maxRetrySeconds: 50, bounceTo: 'nobody' }],
      delivery: { maxConnections: 5, maxTlsConnections: 6, gateways: [{ name: 'g', sourceAddress: '192.0.2.256' }] },
      certificates: [{ name: 'demo', certificate: 'x', key: 'y' }],
      alerts: { recipients: [{ address: 'a@b c' }] },
    }).map((sentence) => sentence.replace(/: .*/, '')),
    [
      'delivery.gateways[0].sourceAddress (g)',
      'certificates[0].name (demo)',
      'bounceProfiles[0].bounceTo',
      'bounceProfiles[0].initialRetrySeconds (Default)',
      'alerts.recipients[0].address',
      'delivery.maxTlsConnections',
      'certificates[0].certificate (demo)',
    ],
  );
});

test('a certificate is one that can be presented: with its own key, which needs no passphrase', () => {
  const authority = createLabAuthority(Date.now());
  const [good, other] = [authority.issue({ names: ['a.test'] }), authority.issue({ names: ['b.test'] })];
  const locked = createPrivateKey(good.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const faults = (fields: object): readonly string[] =>
    faultsOf({
      version: 1,
      certificates: [{ name: 'mine', certificate: good.certificates, chain: '', key: good.key, ...fields }],
      dkim: [{ domain: 'a.test', selector: 's', privateKey: good.key }],
    });
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ key: other.key }), ['certificates[0].key (mine): is not the key of the certificate']);
  assert.match(faults({ key: locked }).join(), /is no PEM private key that can be read without a passphrase$/);
  assert.deepEqual(faults({ chain: 'x' }), ['certificates[0].chain (mine): is no PEM certificate']);
  assert.match(faults({ key: '********' }).join(), /is masked/);
});

test('40,000 routes are the limit, ALL counted (R113)', () => {
  const routes = (count: number): object => ({
    version: 1,
    smtpRoutes: Array.from({ length: count }, (_, index) => ({
      domain: index === 0 ? 'ALL' : `d${index}.example`,
      targets: [{ kind: 'use-dns' }],
    })),
  });
  assert.deepEqual(faultsOf(routes(40_000)), []);
  assert.deepEqual(faultsOf(routes(40_001)), ['smtpRoutes: has 40,001 entries; at most 40,000 may stand here']);
});

test('the schema is plain JSON Schema: it survives being written down, and every object in it refuses strangers', () => {
  let objects = 0;
  const visit = (node: Readonly<Record<string, unknown>>, place: string): void => {
    const { properties, items, anyOf } = node;
    if (properties !== undefined) {
      objects++;
      assert.equal(node['additionalProperties'], false, place);
    }
    for (const [key, inner] of Object.entries((properties ?? {}) as Record<string, Record<string, unknown>>)) {
      visit(inner, `${place}.${key}`);
    }
    if (items !== undefined) visit(items as Record<string, unknown>, `${place}[]`);
    for (const member of (anyOf ?? []) as readonly Record<string, unknown>[]) visit(member, place);
  };
  const written = JSON.parse(JSON.stringify(ConfigurationSchema)) as Record<string, unknown>;
  visit(written, '');
  assert.ok(objects > 10);
  const ajv = new Ajv({ strict: false });
  assert.equal(ajv.validate(written, INITIAL_DOCUMENT), true);
  assert.equal(ajv.validate(written, { ...INITIAL_DOCUMENT, extra: 1 }), false);
});

test('a key that JavaScript treats apart is as unknown as any other', () => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const read = parseDocument(`{"version":1,"global":{"${key}":{"requiredTlsAlert":true}}}`);
    assert.ok(!read.ok, key);
    assert.match(
      read.failure.map(describeConfigurationFault).join(),
      new RegExp(`^global\\.${key}: is not known here`),
    );
  }
  assert.equal(Object.hasOwn(Object.prototype, 'requiredTlsAlert'), false);
});

test('whatever stands wherever in a document, it is read or refused with faults that name a place', () => {
  const sample: unknown = JSON.parse(
    JSON.stringify({
      ...INITIAL_DOCUMENT,
      destinations: {
        default: INITIAL_DOCUMENT.destinations.default,
        entries: [{ domain: 'a.test', tls: 'required' }],
      },
      smtpRoutes: [{ domain: 'ALL', targets: [{ kind: 'host', host: 'relay.test', port: 25, priority: 0 }] }],
      delivery: {
        ...INITIAL_DOCUMENT.delivery,
        gateways: [{ name: 'g', sourceAddress: '192.0.2.1', heloName: 'g.test' }],
      },
      bounceVerification: { keys: [{ id: 1, secret: 's', addedAt: '2026-01-01' }], untaggedBounces: 'reject' },
      alerts: {
        ...INITIAL_DOCUMENT.alerts,
        recipients: [{ address: 'a@b.test', classes: ['system'], severities: [] }],
      },
    }),
  );
  const places = placesIn(sample);
  const strange = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'grapheme' }),
    fc.double(),
    fc.constant(-0),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), strange, (place, value) => {
      const document = structuredClone(sample);
      put(document, place, value);
      const read = readDocument(document);
      if (read.ok) {
        assert.deepEqual(readDocument(read.value), read, 'what was read is read again as it is');
        return;
      }
      assert.ok(read.failure.length > 0);
      for (const { place: named, why } of read.failure) {
        assert.doesNotMatch(why, /does not have the form/, `${named}: ${JSON.stringify(value)}`);
        const section = String(place[0]);
        // What leads nowhere now is named where it stands.
        const told = [section, ...(REFERRING[section] ?? [])].some((each) => named.startsWith(each));
        if (section !== 'version') assert.ok(told, `${named} for ${place.join('.')}`);
      }
    }),
    { numRuns: 500 },
  );
});

/** Sections that name rows of others. */
const REFERRING: Readonly<Record<string, readonly string[]>> = {
  listeners: ['senderGroups'],
  mailFlowPolicies: ['listeners', 'senderGroups'],
};

type Path = readonly (string | number)[];

/** Every place inside a value. */
function placesIn(value: unknown, above: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [above];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const below = inner.flatMap(([key, each]) => placesIn(each, [...above, key]));
  return above.length === 0 ? below : [above, ...below];
}

function put(document: unknown, path: Path, value: unknown): void {
  const [key = '', ...rest] = path;
  const here = document as Record<string | number, unknown>;
  if (rest.length === 0) here[key] = value;
  else put(here[key], rest, value);
}
