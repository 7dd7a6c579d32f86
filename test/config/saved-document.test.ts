import assert from 'node:assert/strict';
import test from 'node:test';
import { type ConfigurationDocument, INITIAL_DOCUMENT } from '../../src/config/document.ts';
import { describeConfigurationFault } from '../../src/config/fault.ts';
import { loadDocument, saveDocument } from '../../src/config/saved-document.ts';
import { createLabAuthority } from '../../src/lab/lab-certificates.ts';

const issued = createLabAuthority(Date.now()).issue({ names: ['mx.example.com'] });

const FULL: ConfigurationDocument = {
  ...INITIAL_DOCUMENT,
  global: { certificate: 'mine', requiredTlsAlert: true },
  certificates: [{ name: 'mine', certificate: issued.certificates, chain: '', key: issued.key }],
  dkim: [{ domain: 'example.com', selector: 's1', privateKey: issued.key }],
  bounceVerification: {
    keys: [{ id: 1, secret: 'hush', addedAt: '2026-01-01T00:00:00.000Z' }],
    untaggedBounces: 'add-header',
  },
  smtpRoutes: [{ domain: 'ALL', targets: [{ kind: 'use-dns', priority: 3 }] }],
};

function faultOf(text: string): string {
  const loaded = loadDocument(text);
  return loaded.ok ? '' : loaded.failure.map(describeConfigurationFault).join('; ');
}

test('a saved configuration is loaded as it was, certificates and keys included (R126)', () => {
  const loaded = loadDocument(saveDocument(FULL, 'included'));
  assert.deepEqual(loaded, { ok: true, value: FULL });
});

test('a masked file shows no secret and cannot be loaded, whatever it claims (R126)', () => {
  const masked = saveDocument(FULL, 'masked');
  assert.doesNotMatch(masked, /hush|PRIVATE KEY/);
  assert.match(masked, /BEGIN CERTIFICATE/);
  assert.match(faultOf(masked), /secrets in this file are masked/);
  assert.match(
    faultOf(masked.replace('"secrets": "masked"', '"secrets": "included"')),
    /certificates\[0\]\.key \(mine\): is masked/,
  );
});

test('another format, another version, an unknown field and a bad value refuse the whole file (R126)', () => {
  const good = saveDocument(FULL, 'included');
  assert.match(faultOf('{'), /not JSON/);
  assert.match(faultOf('[]'), /no object/);
  assert.match(faultOf('{}'), /none that saveconfig has written/);
  assert.match(faultOf(good.replace('configuration/1', 'configuration/9')), /cannot be loaded/);
  assert.match(faultOf(good.replace('"version": 1', '"version": 9')), /another version/);
  assert.match(faultOf(good.replace('"requiredTlsAlert"', '"requiredTlsAlarm"')), /requiredTlsAlarm: is not known/);
  assert.match(faultOf(good.replace('"maxConcurrency": 500', '"maxConcurrency": 0')), /1 to 1,000/);
});
