/** `certconfig`, `dkimconfig` and `bvconfig` over a real installation in a folder: its files, its database, its commits. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { issueCertificate } from '../../src/pki/issue.ts';
import { runHere } from '../support/installation.ts';

const from = new Date(Date.now() - 86_400_000);
const until = new Date(Date.now() + 90 * 86_400_000);
const root = issueCertificate({ subject: { CN: 'Partner Root' }, ca: true, notBefore: from, notAfter: until });

function newPlace(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-certconfig-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const run = async (words: readonly string[], input = '') => runHere([...words, '--data', data], input);
  return {
    file: (name: string) => join(folder, name),
    data,
    run,
    ran: async (words: readonly string[], input = ''): Promise<string> => {
      const seen = await run(words, input);
      assert.equal(seen.code, 0, `${words.join(' ')}: ${seen.err}`);
      assert.doesNotMatch(seen.out, /PRIVATE KEY/, words.join(' '));
      return seen.out;
    },
    refused: async (words: readonly string[], why: RegExp): Promise<void> => {
      const seen = await run(words);
      assert.equal(seen.code, 2, words.join(' '));
      assert.match(seen.err, why);
    },
  };
}

/** The public key of what stands under a name. */
const signedBy = (key: string): string =>
  issueCertificate({
    subject: { CN: 'mx.example.com' },
    dnsNames: ['mx.example.com'],
    issuer: { certificate: root.certificate, key: root.privateKey },
    key: createPrivateKey(key),
    notBefore: from,
    notAfter: until,
  }).certificate;

test('a certificate by single steps: made, committed, requested, signed, chosen, kept, exported (R99, R100, R101)', async (context) => {
  const { ran, refused, file, data } = newPlace(context);
  const made = ['certconfig', 'new', 'mx', '--common-name', 'mx.example.com', '--country', 'nl', '--key', 'p256'];
  assert.match(await ran(made), /Made the certificate mx\. Pending until "tlsreach commit"/);
  await refused(made, /already/);
  await refused(
    ['certconfig', 'new', 'x', '--common-name', '', '--days', '0'],
    /--common-name is missing[\s\S]*--days/,
  );
  await refused(['certconfig', 'csr', 'mx'], /commit first/);
  await ran(['commit', 'a certificate']);
  assert.match(await ran(['certconfig', 'csr', 'mx']), /^-----BEGIN CERTIFICATE REQUEST-----/);

  await ran(['saveconfig', file('all.json')]);
  assert.equal(statSync(file('all.json')).mode & 0o777, 0o600);
  assert.equal(
    statSync(join(data, 'tlsreach.sqlite')).mode & 0o777,
    0o600,
    'the database is for its owner alone (R106)',
  );
  assert.equal(statSync(data).mode & 0o777, 0o700);
  const { key } = JSON.parse(readFileSync(file('all.json'), 'utf8')).document.certificates[0];
  writeFileSync(file('foreign.pem'), root.certificate);
  await refused(['certconfig', 'sign', 'mx', file('foreign.pem')], /public key is another one/);
  writeFileSync(file('signed.pem'), `${root.certificate}${signedBy(key)}`);
  const signed = await ran(['certconfig', 'sign', 'mx', file('signed.pem')]);
  assert.match(signed, /was replaced[\s\S]*Partner Root is a root/);
  assert.match(await ran(['certconfig', 'print', 'mx']), /Issuer: +CN=Partner Root[\s\S]*Verifiable: +no:/);

  await ran(['certconfig', 'use', 'outgoing', 'mx']);
  await refused(['certconfig', 'delete', 'mx'], /in use for all outgoing TLS \(destconfig setup\)/);
  writeFileSync(file('password'), 'geheim\n');
  await refused(['certconfig', 'export', 'mx', file('mx.p12')], /--password-file/);
  await ran(['certconfig', 'export', 'mx', file('mx.p12'), '--password-file', file('password')]);
  assert.equal(statSync(file('mx.p12')).mode & 0o777, 0o600);
  await refused(
    ['certconfig', 'import', 'copy', file('mx.p12')],
    /password is not that of the file; say --password-file/,
  );
  await ran(['certconfig', 'import', 'copy', file('mx.p12'), '--password-file', file('password')]);
  await ran(['certconfig', 'use', 'outgoing', 'Demo']);
  await ran(['certconfig', 'delete', 'mx']);
  const list = await ran(['certconfig', 'list']);
  assert.match(list, /^copy +mx\.example\.com +Partner Root +Active +89 days$/m);
  assert.doesNotMatch(list, /^mx /m);
  const json = JSON.parse(await ran(['certconfig', 'list', '--format', 'json']));
  assert.equal(json[0].facts.commonName, 'mx.example.com');
});

test('authorities: what can join the list joins it, and each other one is named with the reason (R87)', async (context) => {
  const { ran, refused, file } = newPlace(context);
  const leaf = issueCertificate({ subject: { CN: 'Leaf' }, notBefore: from, notAfter: until });
  const old = issueCertificate({ subject: { CN: 'Old Root' }, ca: true, notBefore: new Date(0), notAfter: from });
  writeFileSync(file('roots.pem'), `${root.certificate}${leaf.certificate}${old.certificate}${root.certificate}`);
  const said = await ran(['certconfig', 'authority', 'import', file('roots.pem')]);
  assert.match(said, /Leaf is not the certificate of an authority/);
  assert.match(said, /Old Root expired on/);
  assert.match(said, /Partner Root stands in the list already/);
  assert.match(said, /Added Partner Root\./);
  await refused(['certconfig', 'authority', 'import', file('roots.pem')], /no certificate of the file can join/);
  assert.match(
    await ran(['certconfig', 'authority', 'setup', '--system', 'off']),
    /System list: +off\nCustom list: +on/,
  );
  assert.match(await ran(['certconfig', 'authority', 'list']), /Partner Root {2}until/);
  const exported = await ran(['certconfig', 'authority', 'export']);
  assert.equal(new X509Certificate(exported).subject, 'CN=Partner Root');
  await ran(['certconfig', 'authority', 'delete', 'partner root']);
  assert.match(await ran(['certconfig', 'authority']), /The custom list is empty/);
});

test('the dialogue has the operations of the appliance; what is pasted and typed as a passphrase is not repeated (R106)', async (context) => {
  const { run, ran, file } = newPlace(context);
  const answers = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  const menu = await run(['certconfig'], answers('certificate', ''));
  for (const name of ['IMPORT', 'PASTE', 'NEW', 'EDIT', 'EXPORT', 'DELETE', 'PRINT'])
    assert.match(menu.out, new RegExp(`^- ${name} - `, 'm'));
  const fields = ['mx.example.com', 'Example', '', '', '', 'NL', '', '', '4'];
  const made = await run(
    ['certconfig'],
    answers('certificate', 'new', 'mx', ...fields, 'edit', 'mx', 'y', '', 'print', '', ''),
  );
  assert.equal(made.code, 0, made.err);
  for (const question of [
    'Enter Common Name:',
    'Enter Organization:',
    'Enter Country (2 letter code):',
    'Duration before expiration (in days):',
    'Private Key Size:',
  ]) {
    assert.ok(made.out.includes(question), question);
  }
  assert.match(made.out, /\[3650\]> /);
  assert.match(made.out, /not committed yet: commit first/);
  assert.match(made.out, /Subject: +CN=mx\.example\.com, O=Example, C=NL/);

  const leaf = issueCertificate({ subject: { CN: 'pasted.example' }, notBefore: from, notAfter: until });
  const pasted = await run(
    ['certconfig'],
    answers(
      'certificate',
      'paste',
      'pasted',
      leaf.certificate,
      '.',
      leaf.keyPem,
      '.',
      '.',
      'export',
      'pasted',
      file('p.p12'),
      'hush hush',
      '',
      '',
    ),
  );
  assert.equal(pasted.code, 0, pasted.err);
  assert.match(pasted.out, /The certificate pasted was imported/);
  assert.match(pasted.out, /was written to/);
  assert.doesNotMatch(pasted.out, /PRIVATE KEY|hush hush/);
  const wrong = await run(['certconfig'], answers('certificate', 'import', 'p', file('p.p12'), 'wrong', '', ''));
  assert.match(wrong.out, /password is not that of the file/);
  const again = await run(
    ['certconfig'],
    answers('certificate', 'import', 'p', file('p.p12'), 'hush hush', 'delete', 'mx', '', ''),
  );
  assert.match(again.out, /The certificate p was imported[\s\S]*mx deleted/);
  const roots = file('roots.pem');
  writeFileSync(roots, root.certificate);
  const trust = await run(
    ['certconfig'],
    answers('certauthority', 'import', roots, 'system', 'n', 'print', '', 'crl', ''),
  );
  assert.match(trust.out, /Added Partner Root[\s\S]*System list: +off/);
  assert.match(trust.out, /no lists to configure/);
  assert.match(await ran(['certconfig', 'list']), /^pasted +pasted\.example +pasted\.example +Active/m);
});

test('DKIM keys: made, told with their record, imported, removed', async (context) => {
  const { ran, refused, file } = newPlace(context);
  const made = await ran(['dkimconfig', 'new', 'Example.com', 'mail', '--key', 'ed25519']);
  assert.match(
    made,
    /Name: +mail\._domainkey\.example\.com\nType: +TXT\nText: +v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=\n/,
  );
  await refused(['dkimconfig', 'new', 'example.com', 'mail'], /already/);
  await refused(['dkimconfig', 'new', 'example.com', 'x', '--key', 'rsa1024'], /is not one of rsa2048/);
  writeFileSync(
    file('key.pem'),
    issueCertificate({ subject: { CN: 'x' }, key: 'rsa2048', notBefore: from, notAfter: until }).keyPem,
  );
  await ran(['dkimconfig', 'import', 'example.com', 'own', file('key.pem')]);
  assert.equal(
    await ran(['dkimconfig', 'list']),
    'mail._domainkey.example.com  Ed25519\nown._domainkey.example.com  RSA 2048\n',
  );
  assert.match(
    await ran(['dkimconfig', 'print', 'example.com', 'own']),
    /Zone file: +own\._domainkey\.example\.com\. IN TXT \( "v=DKIM1.{1,250}" ".+" \)/,
  );
  await ran(['dkimconfig', 'delete', 'example.com', 'own']);
  await refused(['dkimconfig', 'print', 'example.com', 'own'], /there is no key/);
});

test('tagging keys: the newest signs, none shows its secret, all go only with a yes (R112)', async (context) => {
  const { ran, refused, file } = newPlace(context);
  writeFileSync(file('secret'), 'a-very-secret-secret\n');
  await ran(['bvconfig', 'new', '--secret-file', file('secret')]);
  await refused(['bvconfig', 'roll'], /younger than 7 days/);
  await ran(['bvconfig', 'new']);
  const list = await ran(['bvconfig', 'list']);
  assert.match(list, /^1 {2}\S+ {2}signs and verifies\n0 {2}\S+ {2}verifies until/);
  assert.doesNotMatch(list + (await ran(['showconfig', '--diff'])), /a-very-secret-secret/);
  assert.match(await ran(['bvconfig', 'setup', '--untagged', 'accept']), /Untagged: +accept/);
  await ran(['bvconfig', 'purge']);
  await refused(['bvconfig', 'purge', '--all'], /say --yes/);
  await ran(['bvconfig', 'delete', '0']);
  await ran(['bvconfig', 'purge', '--all', '--yes']);
  assert.match(await ran(['bvconfig', 'list']), /There is no key/);
});
