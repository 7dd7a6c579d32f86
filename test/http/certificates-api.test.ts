import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { issueCertificate } from '../../src/pki/issue.ts';
import { readPkcs12 } from '../../src/pki/pkcs12.ts';
import { type ApplianceStage, openAppliance } from './appliance-stage.ts';

const from = new Date(Date.now() - 86_400_000);
const until = new Date(Date.now() + 90 * 86_400_000);
const root = issueCertificate({ subject: { CN: 'Test Root' }, ca: true, notBefore: from, notAfter: until });
const intermediate = issueCertificate({
  subject: { CN: 'Test Intermediate' },
  ca: true,
  issuer: { certificate: root.certificate, key: root.privateKey },
  notBefore: from,
  notAfter: until,
});

describe('certificates over the API', () => {
  let stage: ApplianceStage;
  before(async () => {
    stage = await openAppliance();
  });
  after(() => stage.close());

  it('a self-signed one, its request after the commit, and what the authority signed in its place (R99, R101, R102)', async () => {
    const { api } = stage;
    const selfSigned = { commonName: 'mx.example.com', organization: 'Example', country: 'NL', key: 'p256' };
    const made = await api('POST', '/api/v1/certificates', { name: 'mx', selfSigned });
    assert.equal(made.status, 201, made.body);
    assert.equal(made.json()['committed'], false);
    assert.ok(!made.body.includes('PRIVATE KEY'));
    const early = await api('GET', '/api/v1/certificates/mx/csr');
    assert.equal(early.status, 409, early.body);
    assert.match(String(early.json()['detail']), /commit first/);
    assert.equal((await api('POST', '/api/v1/config/commit', {})).status, 200);
    const request = await api('GET', '/api/v1/certificates/mx/csr');
    assert.equal(request.status, 200);
    assert.match(request.body, /BEGIN CERTIFICATE REQUEST/);

    const { document } = stage.installation.followed.snapshot();
    const key = createPrivateKey(document.certificates[0]?.key ?? '');
    const signed = issueCertificate({
      subject: { CN: 'mx.example.com' },
      dnsNames: ['mx.example.com'],
      issuer: { certificate: intermediate.certificate, key: intermediate.privateKey },
      key,
      notBefore: from,
      notAfter: until,
    });
    const foreign = await api('PUT', '/api/v1/certificates/mx/signed', { pem: root.certificate });
    assert.equal(foreign.status, 409, foreign.body);
    assert.match(String(foreign.json()['detail']), /public key is another one/);
    const pem = `${root.certificate}${intermediate.certificate}${intermediate.certificate}${signed.certificate}`;
    const put = await api('PUT', '/api/v1/certificates/mx/signed', { pem });
    assert.equal(put.status, 200, put.body);
    const notes = (put.json()['notes'] as string[]).join(' ');
    assert.match(notes, /Test Intermediate was given twice/);
    assert.match(notes, /Test Root is a root/);
    assert.equal(put.json()['selfSigned'], false);
    assert.equal((put.json()['chain'] as unknown[]).length, 1);
    const der = await api('PUT', '/api/v1/certificates/mx/signed', { der: signed.der.toString('base64') });
    assert.equal(der.status, 200, der.body);
    assert.equal((der.json()['chain'] as unknown[]).length, 1, 'intermediates stay where none came along');
  });

  it('an authority of the custom list makes it verifiable, and delivery trusts it with the commit (R87)', async () => {
    const { api } = stage;
    const before = (await api('GET', '/api/v1/certificates/mx')).json()['verifiable'] as { trusted: boolean };
    assert.equal(before.trusted, false);
    const leaf = await api('POST', '/api/v1/certificate-authorities', { pem: mxCertificate() });
    assert.equal(leaf.status, 409);
    assert.match(String(leaf.json()['detail']), /CA flag is not set/);
    const added = await api('POST', '/api/v1/certificate-authorities', { pem: root.certificate });
    assert.equal(added.status, 201, added.body);
    assert.deepEqual(added.json()['added'], ['Test Root']);
    const again = await api('POST', '/api/v1/certificate-authorities', { pem: root.certificate });
    assert.match(String(again.json()['detail']), /already/);
    const { anchors } = stage.installation.house;
    assert.ok(!anchors.sources.some(({ name }) => name === 'custom'), 'not before the commit');
    assert.equal((await api('POST', '/api/v1/config/commit', {})).status, 200);
    assert.equal(anchors.sources.find(({ name }) => name === 'custom')?.count, 1);
    const now = (await api('GET', '/api/v1/certificates/mx')).json()['verifiable'] as { trusted: boolean };
    assert.equal(now.trusted, true);
    const off = await api('PUT', '/api/v1/config/certificate-authorities', { custom: false, system: false });
    assert.equal(off.status, 200, off.body);
    assert.equal((await api('POST', '/api/v1/config/commit', {})).status, 200);
    assert.equal(anchors.count, 0);
    const gone = await api('DELETE', '/api/v1/certificate-authorities/test%20root');
    assert.equal(gone.status, 204, gone.body);
    assert.equal((await api('DELETE', '/api/v1/certificate-authorities/test%20root')).status, 404);
  });

  it('Demo is there, stands for what nobody chose, and nobody can verify it (R73, R105)', async () => {
    const { api } = stage;
    const demo = (await api('GET', '/api/v1/certificates/Demo')).json();
    assert.equal(demo['demo'], true);
    assert.deepEqual(demo['uses'], ['outgoing', 'https']);
    assert.deepEqual((demo['verifiable'] as { problem: string }).problem, 'self-signed');
    assert.equal((await api('DELETE', '/api/v1/certificates/Demo')).status, 409);
    const twin = await api('POST', '/api/v1/certificates', { name: 'demo', selfSigned: { commonName: 'x.example' } });
    assert.equal(twin.status, 400, twin.body);
    assert.equal((await stage.installation.certificates.demo())?.certificate, stage.installation.demo.certificate);
  });

  it('is not deleted while it is in use, and the answer says where', async () => {
    const { api } = stage;
    assert.equal((await api('PUT', '/api/v1/config/global', { certificate: 'mx' })).status, 200);
    assert.equal((await api('PUT', '/api/v1/config/web', { certificate: 'mx' })).status, 200);
    const refused = await api('DELETE', '/api/v1/certificates/mx');
    assert.equal(refused.status, 409);
    assert.match(String(refused.json()['detail']), /all outgoing TLS.*HTTPS/);
    assert.equal((await api('PUT', '/api/v1/config/web', { certificate: 'nobody' })).status, 400);
    assert.equal((await api('POST', '/api/v1/config/clear')).status, 200);
  });

  it('is imported as PEM and as PKCS#12, and each mistake has its own words (R100)', async () => {
    const { api } = stage;
    const leaf = issueCertificate({
      subject: { CN: 'a.example' },
      dnsNames: ['a.example'],
      notBefore: from,
      notAfter: until,
    });
    const pem = await api('POST', '/api/v1/certificates', { name: 'pem', pem: `${leaf.certificate}${leaf.keyPem}` });
    assert.equal(pem.status, 201, pem.body);
    assert.match(
      (await api('POST', '/api/v1/certificates', { name: 'x', pem: leaf.certificate })).body,
      /no private key/,
    );
    const exported = await admin(stage, '/api/v1/certificates/pem/export', { password: 'pw' });
    assert.equal(exported.statusCode, 200, exported.body);
    const opened = await readPkcs12(exported.rawPayload, 'pw');
    assert.ok(opened.ok);
    const pkcs12 = exported.rawPayload.toString('base64');
    const wrong = await api('POST', '/api/v1/certificates', { name: 'p12', pkcs12, password: 'no' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /password is not that of the file/);
    assert.equal((await api('POST', '/api/v1/certificates', { name: 'p12', pkcs12, password: 'pw' })).status, 201);
    const twice = await api('POST', '/api/v1/certificates', { name: 'P12', pkcs12, password: 'pw' });
    assert.equal(twice.status, 409);
    assert.equal((await api('POST', '/api/v1/certificates/pem/export', { password: 'pw' })).status, 403);
  });

  it('no answer, list, change, audit or file holds a private key (R106)', async () => {
    const { api } = stage;
    await api('POST', '/api/v1/dkim-keys', { domain: 'example.com', selector: 'one', key: 'ed25519' });
    await api('POST', '/api/v1/bounce-verification-keys', { secret: 'a-very-secret-secret' });
    const pages = [
      '/api/v1/certificates',
      '/api/v1/certificates/pem',
      '/api/v1/dkim-keys',
      '/api/v1/bounce-verification-keys',
      '/api/v1/config',
      '/api/v1/config/changes',
      '/api/v1/config/file?state=newest',
      '/api/v1/config/bounce-verification',
    ];
    for (const page of pages) {
      const { body, status } = await api('GET', page);
      assert.equal(status, 200, page);
      assert.doesNotMatch(body, /PRIVATE KEY|a-very-secret-secret/, page);
    }
    const audit = JSON.stringify(await stage.house.accounts.audit(100));
    assert.doesNotMatch(audit, /PRIVATE KEY|a-very-secret-secret/);
    assert.match(audit, /certificate\.created/);
  });

  it('compares its names with those of the interfaces, and says so (R103)', async () => {
    const { api } = stage;
    await api('POST', '/api/v1/interfaces', { name: 'Data 1', heloName: 'a.example' });
    await api('POST', '/api/v1/interfaces', { name: 'Data 2', heloName: 'b.example' });
    const view = (await api('GET', '/api/v1/certificates/pem')).json();
    assert.deepEqual(view['unfit'], [{ name: 'b.example', interface: 'Data 2' }]);
    const check = (await api('GET', '/api/v1/certificates/pem/check?domain=not%20a..domain')).json();
    assert.equal(check['agrees'], false);
    assert.deepEqual(
      (check['interfaces'] as { fits: boolean }[]).map(({ fits }) => fits),
      [true, false],
    );
    assert.equal((check['unanswered'] as unknown[]).length, 2);
  });

  it('a write may name the state that was read', async () => {
    const { api } = stage;
    const tag = String((await api('GET', '/api/v1/certificates')).headers['etag']);
    const selfSigned = { commonName: 'tag.example', key: 'p256' };
    const stale = await api('POST', '/api/v1/certificates', { name: 'tag', selfSigned }, { 'if-match': '"0.-"' });
    assert.equal(stale.status, 412, stale.body);
    const fresh = await api('POST', '/api/v1/certificates', { name: 'tag', selfSigned }, { 'if-match': tag });
    assert.equal(fresh.status, 201, fresh.body);
    assert.equal((await api('DELETE', '/api/v1/certificates/tag', undefined, { 'if-match': tag })).status, 412);
  });

  it('every example of its description works as it stands, and answers are as described', async (context: TestContext) => {
    const fresh = await openAppliance();
    context.after(() => fresh.close());
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const description = (await fresh.server.inject('/openapi.json')).json();
    let tried = 0;
    for (const [path, methods] of Object.entries<Record<string, Operation>>(description.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (!operation.tags?.includes('certificates')) continue;
        const content = operation.requestBody?.content['application/json'];
        const named = Object.values(content?.examples ?? {}).map(({ value }) => value);
        const single = content?.example === undefined ? [] : [content.example];
        for (const example of [...(content?.schema.examples ?? []), ...named, ...single]) {
          await fresh.api('POST', '/api/v1/config/clear');
          const answer = await fresh.api(method.toUpperCase() as 'POST', path, example);
          assert.ok(answer.status < 300, `${operation.operationId} ${answer.body}`);
          const schema = operation.responses[String(answer.status)]?.content?.['application/json']?.schema;
          assert.ok(
            schema !== undefined && ajv.validate(schema, answer.json()),
            `${operation.operationId} ${ajv.errorsText()}`,
          );
          tried += 1;
        }
        if (method === 'get' && !path.includes('{')) {
          const answer = await fresh.api('GET', path);
          const schema = operation.responses['200']?.content?.['application/json']?.schema;
          assert.ok(
            schema !== undefined && ajv.validate(schema, answer.json()),
            `${operation.operationId} ${ajv.errorsText()}`,
          );
          tried += 1;
        }
      }
    }
    assert.ok(tried >= 8, `${tried}`);
  });

  function mxCertificate(): string {
    const { certificates } = stage.installation.followed.snapshot().document;
    const pem = certificates[0]?.certificate ?? '';
    assert.ok(new X509Certificate(pem));
    return pem;
  }
});

interface Operation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        {
          readonly schema: { readonly examples?: readonly object[] };
          readonly example?: object;
          readonly examples?: Readonly<Record<string, { readonly value: object }>>;
        }
      >
    >;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

/** A token of an admin. */
async function admin(stage: ApplianceStage, url: string, payload: object) {
  const person = await stage.person('admin');
  const token = await stage.house.accounts.createToken(person.name, 'export', ['config']);
  return stage.server.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${token}` } });
}

describe('keys over the API', () => {
  it('a DKIM key is made, told with its record, compared with the DNS, and taken away', async () => {
    const stage = await openAppliance();
    try {
      const { api } = stage;
      const made = await api('POST', '/api/v1/dkim-keys', { domain: 'Example.COM', selector: 'Mail' });
      assert.equal(made.status, 201, made.body);
      const { name, record, bits } = made.json();
      assert.equal(name, 'mail._domainkey.example.com');
      assert.match(String(record), /^v=DKIM1; k=rsa; p=/);
      assert.equal(bits, 2048);
      assert.equal((await api('POST', '/api/v1/dkim-keys', { domain: 'example.com', selector: 'mail' })).status, 409);
      assert.equal(
        (await api('POST', '/api/v1/dkim-keys', { domain: 'no domain', selector: 'x', key: 'ed25519' })).status,
        400,
      );
      assert.equal((await api('GET', `/api/v1/dkim-keys/${name}`)).status, 200);
      assert.equal((await api('DELETE', `/api/v1/dkim-keys/${name}`)).status, 204);
      assert.equal((await api('GET', `/api/v1/dkim-keys/${name}`)).status, 404);
    } finally {
      await stage.close();
    }
  });

  it('a tagging key signs, its predecessor verifies on, and neither is rolled before its week is over (R112)', async () => {
    const stage = await openAppliance();
    try {
      const { api } = stage;
      assert.equal((await api('POST', '/api/v1/bounce-verification-keys', {})).status, 201);
      assert.equal((await api('POST', '/api/v1/bounce-verification-keys', { roll: true })).status, 409);
      assert.equal((await api('POST', '/api/v1/bounce-verification-keys', {})).status, 201);
      const { items } = (await api('GET', '/api/v1/bounce-verification-keys')).json() as {
        items: { id: number; signs: boolean; over: boolean }[];
      };
      assert.deepEqual(
        items.map(({ id, signs, over }) => [id, signs, over]),
        [
          [1, true, false],
          [0, false, false],
        ],
      );
      const purged = (await api('POST', '/api/v1/bounce-verification-keys/purge', {})).json() as { items: unknown[] };
      assert.equal(purged.items.length, 2, 'tags of both are still on their way');
      assert.equal((await api('DELETE', '/api/v1/bounce-verification-keys/0')).status, 204);
      assert.equal((await api('PUT', '/api/v1/config/bounce-verification', { untaggedBounces: 'accept' })).status, 200);
      const newest = await stage.installation.configuration.newest();
      const keys = newest.ok ? newest.value.document.bounceVerification.keys : [];
      assert.equal(Buffer.from(keys[0]?.secret ?? '', 'base64url').length, 32);
    } finally {
      await stage.close();
    }
  });
});
