import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../src/pki/certificate.ts';
import { describePemFault, parsePemCertificates } from '../../src/pki/pem.ts';
import { anchorsFromPem, bundledAnchors, describeAnchorFault, trustAnchors } from '../../src/pki/trust-anchors.ts';
import { judge, mintRoot, mintWorld } from './scenario.ts';

const root = mintRoot();

function faultOf(text: string): string {
  const outcome = anchorsFromPem({ name: 'ca-file', date: null, text, strict: true });
  assert.ok(!outcome.ok);
  return describeAnchorFault(outcome.failure);
}

describe('sets of trust anchors', () => {
  it('are named, dated and counted, and an anchor says which set it came from (R87)', () => {
    const file = anchorsFromPem({
      name: 'ca-file',
      date: '2026-01-02',
      text: `# mine\n${root.certificate}\n`,
      strict: true,
    });
    assert.ok(file.ok);
    const bundled = bundledAnchors();
    const anchors = trustAnchors([bundled, file.value]);
    assert.equal(anchors.count, bundled.certificates.length + 1);
    assert.deepEqual(anchors.sources[1], { name: 'ca-file', date: '2026-01-02', count: 1 });
    const { leaf, intermediate } = mintWorld();
    const verdict = judge([leaf, intermediate], anchors);
    assert.equal(verdict.trusted, true);
    assert.equal(verdict.anchor?.from, 'ca-file');
  });

  it('of Node can all be read, found by subject and trusted as roots', () => {
    const bundled = bundledAnchors();
    assert.ok(bundled.certificates.length > 50);
    const anchors = trustAnchors([bundled]);
    for (const der of bundled.certificates) {
      const parsed = parseCertificate(der);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.failure.why);
      assert.ok(anchors.find(parsed.value) !== null, parsed.value.subject.text);
      assert.ok(parsed.value.x509() !== null);
    }
  });

  it('cost little until a chain asks for one', () => {
    const started = process.cpuUsage();
    const anchors = trustAnchors([bundledAnchors()]);
    anchors.bySubject('nobody');
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 40_000, `${user + system} us`);
  });

  it('hold the same certificate once, from the first set that has it', () => {
    const set = (name: string) => ({ name, date: null, certificates: [root.der, root.der] });
    const parsed = parseCertificate(root.der);
    assert.ok(parsed.ok);
    const found = trustAnchors([set('system'), set('ca-file')]).bySubject(parsed.value.subject.key);
    assert.deepEqual(
      found.map(({ from }) => from),
      ['system'],
    );
  });

  it('pass over entries that cannot be read', () => {
    const anchors = trustAnchors([
      { name: 'system', date: null, certificates: [Buffer.from('no'), Buffer.alloc(0), root.der] },
    ]);
    const { leaf, intermediate } = mintWorld();
    assert.equal(judge([leaf, intermediate], anchors).trusted, true);
  });
});

describe('a file of trust anchors', () => {
  it('with a fault is refused with a sentence that says which', () => {
    assert.equal(faultOf(''), 'there is no PEM certificate in it');
    assert.equal(faultOf('hello'), 'there is no PEM certificate in it');
    assert.equal(faultOf(root.keyPem), 'it holds a private key where certificates belong');
    assert.equal(
      faultOf('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'),
      'it holds no certificate; its first block is "CERTIFICATE REQUEST"',
    );
    assert.equal(
      faultOf(`${root.certificate}-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n`),
      'certificate 2 in it is not valid base64',
    );
    assert.equal(faultOf(`${root.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n`), 'block 2 in it has no END line');
    assert.match(
      faultOf('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'),
      /^certificate 1 in it cannot be read: /,
    );
  });

  it('may hold other blocks and text beside its certificates, in any line endings', () => {
    const text = `${root.keyPem}subject=Test\n${root.certificate.replaceAll('\n', '\r\n')}`;
    const parsed = parsePemCertificates(text);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value, [root.der]);
  });

  it('beyond the limit is refused with the limit', () => {
    assert.match(describePemFault({ kind: 'too-large', limit: 100 }), /longer than 100/);
  });
});
