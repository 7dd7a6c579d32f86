import assert from 'node:assert/strict';
import test from 'node:test';
import { deliveryConfigurationOf } from '../../src/config/delivery-configuration.ts';
import { readDocument } from '../../src/config/read-document.ts';
import type { DeliveryConfiguration } from '../../src/delivery/settings.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';

function configurationOf(sections: object): DeliveryConfiguration {
  const read = readDocument({ version: 1, ...sections });
  assert.ok(read.ok, JSON.stringify(read));
  return deliveryConfigurationOf(read.value);
}

const host = (name: string): object => ({ kind: 'host', host: name });

test('a domain without an entry has the default, and so has every field that an entry leaves to it (R66)', () => {
  const { controlsFor } = configurationOf({
    destinations: {
      default: { tls: 'preferred', maxConcurrency: 7 },
      entries: [{ domain: 'a.test', tls: 'required', recipientLimit: 5 }],
    },
  });
  assert.deepEqual([controlsFor('b.test').tls, controlsFor('b.test').maxConcurrency], ['preferred', 7]);
  const own = controlsFor('a.test');
  assert.deepEqual([own.tls, own.maxConcurrency, own.recipientLimit], ['required', 7, 5]);
});

test('Default is resolved when mail is delivered: the entry follows a default that changed later (R65)', () => {
  const entries = [{ domain: 'a.test' }];
  const before = configurationOf({ destinations: { default: { tls: 'no' }, entries } });
  const after = configurationOf({ destinations: { default: { tls: 'required-verify' }, entries } });
  assert.equal(before.controlsFor('a.test').tls, 'no');
  assert.equal(after.controlsFor('a.test').tls, 'required-verify');
});

test('the exact entry comes before the longest partial one, and .example.com is not example.com (R67)', () => {
  const { controlsFor } = configurationOf({
    destinations: {
      default: { maxConcurrency: 1 },
      entries: [
        { domain: '.example.com', maxConcurrency: 2 },
        { domain: '.b.example.com', maxConcurrency: 3 },
        { domain: 'a.b.example.com', maxConcurrency: 4 },
        { domain: '[192.0.2.1]', maxConcurrency: 5 },
        { domain: '[IPv6:2001:db8::1]', maxConcurrency: 6 },
      ],
    },
  });
  const limits = [
    'example.com',
    'x.example.com',
    'y.x.example.com',
    'x.b.example.com',
    'b.example.com',
    'a.b.example.com',
    'myexample.com',
    '[192.0.2.1]',
    '[192.0.2.2]',
    '[2001:db8:0::1]',
  ].map((domain) => controlsFor(domain).maxConcurrency);
  assert.deepEqual(limits, [1, 2, 2, 3, 2, 4, 1, 5, 1, 6]);
});

test('a route is found by the domain, then by the longest partial, then by ALL, and is not looked up again (R113)', () => {
  const { routeFor } = configurationOf({
    smtpRoutes: [
      { domain: 'example.com', targets: [host('relay.test')] },
      { domain: '.example.com', targets: [host('partial.test')] },
      { domain: 'relay.test', targets: [{ kind: 'discard' }] },
      { domain: 'ALL', targets: [{ kind: 'use-dns' }] },
    ],
  });
  const targetOf = (domain: string): unknown => {
    const target = routeFor(domain)?.targets[0];
    return target?.kind === 'host' ? target.host : target?.kind;
  };
  assert.deepEqual(['example.com', 'a.example.com', 'relay.test', 'other.test'].map(targetOf), [
    'relay.test',
    'partial.test',
    'discard',
    'use-dns',
  ]);
  assert.equal(configurationOf({}).routeFor('other.test'), null);
});

test('40,000 routes and 10,000 entries are looked up without walking through them (R113)', () => {
  const { routeFor, controlsFor } = configurationOf({
    destinations: {
      entries: Array.from({ length: 10_000 }, (_, index) => ({ domain: `d${index}.example`, maxConcurrency: 3 })),
    },
    smtpRoutes: Array.from({ length: 40_000 }, (_, index) => ({
      domain: `.d${index}.example`,
      targets: [host('relay.test')],
    })),
  });
  const begun = performance.now();
  for (let round = 0; round < 20_000; round++) {
    assert.equal(routeFor('a.b.c.d39999.example')?.domain, '.d39999.example');
    assert.equal(controlsFor('d9999.example').maxConcurrency, 3);
  }
  // A walk would compare 50,000 names each time: a thousand million in all.
  assert.ok(performance.now() - begun < 5_000, 'lookups are not walks');
});

test('an unknown bounce profile falls back to Default, and the certificate comes with its chain (R73)', () => {
  const { certificates, key } = createLabAuthority(Date.now()).issue({ names: ['mx.example.com'] });
  const [leaf = '', ...rest] = certificates.split(/(?=-----BEGIN CERT)/);
  const configuration = configurationOf({
    global: { certificate: 'mine', requiredTlsAlert: true },
    certificates: [{ name: 'mine', certificate: leaf, chain: rest.join(''), key }],
  });
  assert.equal(configuration.bounceProfile('gone').name, 'Default');
  assert.equal(configuration.requiredTlsAlert, true);
  assert.equal(configuration.clientCertificate?.name, 'mine');
  assert.equal(configuration.clientCertificate?.certificate.trim(), certificates.trim());
  assert.equal(configurationOf({}).clientCertificate, null);
});

test('whether a wildcard in the CN counts can be set for a destination (R98)', () => {
  const { controlsFor } = configurationOf({ destinations: { entries: [{ domain: 'a.test', strictCn: true }] } });
  assert.deepEqual([controlsFor('a.test').strictCn, controlsFor('b.test').strictCn], [true, false]);
});
