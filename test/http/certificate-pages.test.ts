/** Certificates and keys by their pages, as a browser sends the forms. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { ConfigurationDocument } from '../../src/config/document.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { readPkcs12 } from '../../src/pki/pkcs12.ts';
import { type ApplianceStage, openAppliance, type Person } from './appliance-stage.ts';

const from = new Date(Date.now() - 86_400_000);
const until = new Date(Date.now() + 90 * 86_400_000);
const root = issueCertificate({ subject: { CN: 'Test Root' }, ca: true, notBefore: from, notAfter: until });
const own = issueCertificate({
  subject: { CN: 'own.example' },
  dnsNames: ['own.example'],
  notBefore: from,
  notAfter: until,
});

describe('pages of certificates', () => {
  let stage: ApplianceStage;
  let olga: Person;
  let admin: Person;
  before(async () => {
    stage = await openAppliance();
    olga = await stage.person('operator');
    admin = await stage.person('admin');
  });
  after(() => stage.close());

  const document = async (): Promise<ConfigurationDocument> => {
    const newest = await stage.installation.configuration.newest();
    assert.ok(newest.ok);
    return newest.value.document;
  };

  /** A form with a file, part by part in the order given. */
  async function upload(
    person: Person,
    url: string,
    parts: readonly (readonly [name: string, value: string | Buffer])[],
    { csrf = true, site = 'same-origin' } = {},
  ) {
    const token = /name="csrf" value="([^"]+)"/.exec((await person.get('/overview')).body)?.[1] ?? '';
    const all = csrf ? ([['csrf', token], ...parts] as const) : parts;
    const body = Buffer.concat([
      ...all.flatMap(([name, value]) => [
        Buffer.from(
          `--line\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="f.p12"\r\nContent-Type: application/octet-stream'}\r\n\r\n`,
        ),
        Buffer.from(value),
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--line--\r\n'),
    ]);
    return stage.server.inject({
      method: 'POST',
      url,
      payload: body,
      headers: {
        cookie: person.cookie,
        accept: 'text/html',
        'content-type': 'multipart/form-data; boundary=line',
        'sec-fetch-site': site,
      },
    });
  }

  it('a self-signed one by its form, with what is wrong at its field; requested after the commit, signed by upload (R99, R101, R102)', async () => {
    const fields = { name: 'mx', commonName: 'mx.example.com', country: 'NL', days: '3650', key: 'p256' };
    const wrong = await olga.post('/certificates/new', { ...fields, country: 'Holland', days: 'many' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /id="fault-country"/);
    assert.match(wrong.body, /id="fault-days"/);
    assert.match(wrong.body, /value="mx\.example\.com"/);
    const made = await olga.post('/certificates/new', fields);
    assert.equal(made.status, 303, made.body);
    assert.equal(made.headers['location'], '/certificates/entry?name=mx&done=saved');
    const early = await olga.get('/certificates/entry?name=mx');
    assert.match(early.body, /once this certificate is committed/);
    assert.doesNotMatch(early.body, /certificates\/csr/);
    assert.equal((await olga.get('/certificates/csr?name=mx')).status, 409);
    await olga.post('/changes/commit', { comment: '' }, '/changes');
    const request = await olga.get('/certificates/csr?name=mx');
    assert.match(request.body, /BEGIN CERTIFICATE REQUEST/);
    assert.equal(request.headers['content-disposition'], 'attachment; filename="mx.csr.pem"');

    const foreign = await upload(olga, '/certificates/sign', [
      ['name', 'mx'],
      ['upload', own.der],
    ]);
    assert.equal(foreign.statusCode, 400);
    assert.match(foreign.body, /public key is another one/);
    const signed = issueCertificate({
      subject: { CN: 'mx.example.com' },
      issuer: { certificate: root.certificate, key: root.privateKey },
      key: createPrivateKey((await document()).certificates[0]?.key ?? ''),
      notBefore: from,
      notAfter: until,
    });
    const taken = await upload(olga, '/certificates/sign', [
      ['name', 'mx'],
      ['upload', Buffer.from(`${root.certificate}${signed.certificate}`)],
    ]);
    assert.equal(taken.statusCode, 200, taken.body);
    assert.match(taken.body, /Test Root is a root, which servers do not send/);
    assert.match(taken.body, /class="lifetime"/);
    assert.equal((await document()).certificates[0]?.certificate, signed.certificate);
  });

  it('one is imported as a file or as text, exported to admins, and deleted only when nothing needs it (R100)', async () => {
    const pasted = await upload(olga, '/certificates/import', [
      ['name', 'own'],
      ['password', ''],
      ['pem', `${own.certificate}${own.keyPem}`],
    ]);
    assert.equal(pasted.statusCode, 303, pasted.body);
    const none = await upload(olga, '/certificates/import', [['name', 'x']]);
    assert.match(none.body, /Choose a file/);
    assert.equal((await olga.post('/certificates/export', { name: 'own', password: 'pw' })).status, 403);
    const csrf = /name="csrf" value="([^"]+)"/.exec((await admin.get('/overview')).body)?.[1] ?? '';
    const file = await stage.server.inject({
      method: 'POST',
      url: '/certificates/export',
      payload: new URLSearchParams({ csrf, name: 'own', password: 'pw' }).toString(),
      headers: {
        cookie: admin.cookie,
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
    });
    assert.equal(file.statusCode, 200);
    assert.ok((await readPkcs12(file.rawPayload, 'pw')).ok);
    const wrong = await upload(olga, '/certificates/import', [
      ['name', 'again'],
      ['password', 'no'],
      ['upload', file.rawPayload],
    ]);
    assert.equal(wrong.statusCode, 400);
    assert.match(wrong.body, /password is not that of the file/);
    assert.doesNotMatch(wrong.body, /PRIVATE KEY/);
    const right = await upload(olga, '/certificates/import', [
      ['name', 'again'],
      ['password', 'pw'],
      ['upload', file.rawPayload],
    ]);
    assert.equal(right.statusCode, 303, right.body);

    assert.equal((await olga.post('/certificates/use', { outgoing: 'own', https: '' })).status, 303);
    assert.equal((await document()).global.certificate, 'own');
    const asked = await olga.get('/certificates/delete?name=own');
    assert.equal(asked.status, 409);
    assert.match(asked.body, /in use for: All outgoing TLS/);
    assert.equal((await olga.post('/certificates/delete', { name: 'own' })).status, 409);
    assert.match((await olga.get('/certificates/delete?name=again')).body, /action="\/certificates\/delete"/);
    assert.equal((await olga.post('/certificates/delete', { name: 'again' })).status, 303);
    assert.deepEqual(
      (await document()).certificates.map(({ name }) => name),
      ['mx', 'own'],
    );
  });

  it('an upload counts only behind the token of the session, from our own page, and within its bound', async () => {
    const parts = [
      ['name', 'evil'],
      ['pem', `${own.certificate}${own.keyPem}`],
    ] as const;
    assert.equal((await upload(olga, '/certificates/import', parts, { csrf: false })).statusCode, 403);
    assert.equal((await upload(olga, '/certificates/import', parts, { site: 'cross-site' })).statusCode, 403);
    const large = await upload(olga, '/certificates/import', [
      ['name', 'large'],
      ['upload', Buffer.alloc(2 * 1024 * 1024)],
    ]);
    assert.equal(large.statusCode, 413);
    assert.ok(!(await document()).certificates.some(({ name }) => name === 'evil' || name === 'large'));
  });

  it('the list has Demo as never verifiable, and an entry says which names it does not fit (R103, R105)', async () => {
    const list = await olga.get('/certificates');
    assert.match(list.body, /Demo<\/strong>[\s\S]*?never verifiable/);
    assert.equal(list.body.match(/class="lifetime"/g)?.length, 3);
    const demo = await olga.get('/certificates/entry?name=Demo');
    assert.match(demo.body, /For testing only/);
    assert.doesNotMatch(demo.body, /action="\/certificates\/(sign|export)"/);
    await stage.api('POST', '/api/v1/interfaces', { name: 'Data 1', heloName: 'other.example' });
    const entry = await olga.get('/certificates/entry?name=own&domain=no..domain');
    assert.match(entry.body, /other\.example<\/span> is not in the certificate/);
    assert.match(entry.body, /no\.\.domain/);
    assert.equal((await olga.get('/certificates/entry?name=nobody')).status, 404);
  });

  it('authorities join the list by a file; the switches are those of the configuration (R87)', async () => {
    const added = await upload(olga, '/certificates/authorities/import', [
      ['upload', Buffer.from(root.certificate + own.certificate)],
    ]);
    assert.equal(added.statusCode, 200, added.body);
    assert.match(added.body, /own\.example is not the certificate of an authority/);
    assert.match(added.body, /<strong>Test Root<\/strong>/);
    assert.equal((await upload(olga, '/certificates/authorities/import', [['pem', root.certificate]])).statusCode, 400);
    assert.equal((await olga.post('/certificates/authorities/switch', { custom: 'on' })).status, 303);
    const { system, custom, list } = (await document()).certificateAuthorities;
    assert.deepEqual([system, custom, list.length], [false, true, 1]);
    assert.match(
      (await olga.get('/certificates/authorities/export')).body,
      /^# Test Root\n-----BEGIN CERTIFICATE-----/,
    );
    assert.equal((await olga.post('/certificates/authorities/delete', { name: 'Test Root' })).status, 303);
  });

  it('keys that sign mail and tag senders are made and removed, and never shown (R106, R112)', async () => {
    const bad = await olga.post('/settings/dkim-keys/new', { domain: 'no domain', selector: 'mail', key: 'ed25519' });
    assert.equal(bad.status, 400);
    assert.match(bad.body, /id="fault-domain"/);
    const fields = { domain: 'example.com', selector: 'mail', key: 'ed25519' };
    assert.equal((await olga.post('/settings/dkim-keys/new', fields)).status, 303);
    const page = await olga.get('/settings/dkim-keys');
    assert.match(page.body, /v=DKIM1; k=ed25519; p=/);
    assert.match(page.body, /mail\._domainkey\.example\.com/);
    assert.equal((await olga.post('/settings/bounce-keys/new', {})).status, 303);
    assert.equal((await olga.post('/settings/bounce-keys/new', {})).status, 303);
    assert.equal((await olga.post('/settings/bounce-keys/purge', {})).status, 303);
    assert.equal((await olga.post('/settings/bounce-keys/setup', { untagged: 'add-header' })).status, 303);
    const { keys, untaggedBounces } = (await document()).bounceVerification;
    assert.deepEqual([keys.map(({ id }) => id), untaggedBounces], [[1, 0], 'add-header']);
    const tags = await olga.get('/settings/bounce-keys');
    assert.match(tags.body, /Key 1<\/strong>[\s\S]*signs and verifies[\s\S]*Key 0<\/strong>[\s\S]*verifies until/);
    const changes = await olga.get('/changes');
    const secret = keys[0]?.secret ?? '';
    for (const { body } of [page, tags, changes, await olga.get('/certificates/entry?name=own')]) {
      assert.doesNotMatch(body, /PRIVATE KEY/);
      assert.ok(!body.includes(secret));
    }
    assert.equal((await olga.post('/settings/bounce-keys/delete', { name: '0' })).status, 303);
    assert.equal((await olga.post('/settings/dkim-keys/delete', { name: 'mail._domainkey.example.com' })).status, 303);
    assert.equal((await document()).dkim.length, 0);
  });
});
