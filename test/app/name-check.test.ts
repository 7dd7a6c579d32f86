import assert from 'node:assert/strict';
import test from 'node:test';
import { checkNames, createLookups } from '../../src/app/name-check.ts';
import { systemClock } from '../../src/app/world.ts';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { dnsOf } from '../support/dns.ts';

function leafFor(...dnsNames: readonly string[]) {
  const notBefore = new Date('2026-01-01T00:00:00Z');
  const notAfter = new Date('2027-01-01T00:00:00Z');
  const issued = issueCertificate({ subject: { CN: dnsNames[0] ?? 'x' }, dnsNames, notBefore, notAfter });
  const parsed = parseCertificate(issued.der);
  assert.ok(parsed.ok);
  return parsed.value;
}

test('certificate, interface and MX host are one name, or each that differs is told (R103)', async (context) => {
  const { resolver } = await dnsOf(context, {
    'own.test': { MX: [[10, 'mx.own.test']] },
    'two.test': {
      MX: [
        [20, 'backup.two.test'],
        [10, 'mx.own.test'],
      ],
    },
    'plain.test': { A: ['192.0.2.1'] },
    'none.test': { MX: [[0, '']] },
  });
  const lookups = createLookups(resolver, systemClock);
  const own = [{ name: 'mx.own.test', from: 'Data 1' }];
  const good = await checkNames(leafFor('mx.own.test'), own, ['own.test'], lookups);
  assert.deepEqual(good, {
    interfaces: [{ name: 'mx.own.test', from: 'Data 1', fits: true }],
    mx: [{ name: 'mx.own.test', from: 'own.test', fits: true }],
    notAmongMx: [],
    unanswered: [],
    agrees: true,
  });
  const two = await checkNames(leafFor('mx.own.test'), own, ['two.test'], lookups);
  assert.deepEqual(
    two.mx.map(({ name, fits }) => [name, fits]),
    [
      ['mx.own.test', true],
      ['backup.two.test', false],
    ],
  );
  assert.equal(two.agrees, false);
  const wild = await checkNames(leafFor('*.own.test'), [{ name: 'out.own.test', from: null }], ['own.test'], lookups);
  assert.deepEqual(wild.notAmongMx, ['out.own.test']);
  assert.equal(wild.agrees, false, 'it fits both, but they are two');
  const odd = await checkNames(leafFor('mx.own.test'), [], ['plain.test', 'none.test', 'nowhere.test'], lookups);
  assert.deepEqual(
    odd.mx.map(({ name }) => name),
    ['plain.test'],
  );
  assert.deepEqual(
    odd.unanswered.map(({ why }) => why),
    ['the domain takes no mail (null MX)', 'there is no such domain'],
  );
  assert.equal((await checkNames(leafFor('mx.own.test'), [], [], lookups)).agrees, null);
});

test('TXT records come whole, and a name without any has none', async (context) => {
  const { resolver } = await dnsOf(context, { 'k._domainkey.own.test': { TXT: [['v=DKIM1; ', 'p=AAAA']] } });
  const lookups = createLookups(resolver, systemClock);
  assert.deepEqual(await lookups.texts('k._domainkey.own.test'), { ok: true, value: ['v=DKIM1; p=AAAA'] });
  assert.deepEqual(await lookups.texts('nothing.own.test'), { ok: true, value: [] });
});
