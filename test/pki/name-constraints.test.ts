import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Certificate, parseCertificate } from '../../src/pki/certificate.ts';
import { encodeName, issueCertificate } from '../../src/pki/issue.ts';
import type { ExtensionToWrite, SubtreesToWrite } from '../../src/pki/issue-extensions.ts';
import { checkNameConstraints } from '../../src/pki/name-constraints.ts';
import { DATES, KEY } from './scenario.ts';

type Names = {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly subject?: Readonly<Record<string, string>>;
  readonly extraExtensions?: readonly ExtensionToWrite[];
};

function parsed(der: Buffer): Certificate {
  const outcome = parseCertificate(der);
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.why);
  return outcome.value;
}

function verdict(names: Names, permitted: SubtreesToWrite, excluded: SubtreesToWrite = {}): string {
  const leaf = parsed(issueCertificate({ subject: { O: 'Example' }, key: KEY, ...DATES, ...names }).der);
  const nameConstraints = { permitted, excluded };
  const authority = parsed(
    issueCertificate({ subject: { CN: 'CA' }, ca: true, key: KEY, ...DATES, nameConstraints }).der,
  );
  assert.ok(authority.nameConstraints !== null);
  return checkNameConstraints(leaf, authority.nameConstraints, { left: 1000 }).kind;
}

/** A subjectAltName with one entry of a kind that the mint does not write itself. */
function otherName(tag: number, text: string): ExtensionToWrite {
  const entry = Buffer.concat([Buffer.of(tag, text.length), Buffer.from(text)]);
  return { oid: '2.5.29.17', value: Buffer.concat([Buffer.of(0x30, entry.length), entry]) };
}
const mail = (address: string): Names => ({ extraExtensions: [otherName(0x81, address)] });
const uri = (text: string): Names => ({ extraExtensions: [otherName(0x86, text)] });

describe('name constraints', () => {
  const dns: readonly (readonly [string, string, 'within' | 'broken', 'within' | 'broken'])[] = [
    // name, base, when the base is permitted, when it is excluded
    ['example.com', 'example.com', 'within', 'broken'],
    ['MX.Example.com', 'example.COM', 'within', 'broken'],
    ['a.b.example.com', 'example.com', 'within', 'broken'],
    ['badexample.com', 'example.com', 'broken', 'within'],
    ['example.com', 'mx.example.com', 'broken', 'within'],
    ['mx.example.com', '.example.com', 'within', 'broken'],
    ['example.com', '.example.com', 'broken', 'within'],
    ['anything.example', '', 'within', 'broken'],
    ['*.example.com', 'example.com', 'within', 'broken'],
    ['*.example.com', '.example.com', 'within', 'broken'],
    // Some hosts of the wildcard lie inside, others outside: neither permitted nor free of what is excluded.
    ['*.example.com', 'mx.example.com', 'broken', 'broken'],
    ['*.example.com', 'a.b.example.com', 'broken', 'within'],
    // What is no host name can be shown to be nowhere.
    ['mx.example.com\0.net', 'example.com', 'broken', 'broken'],
    ['.example.com', 'example.com', 'broken', 'broken'],
  ];
  for (const [name, base, permitted, excluded] of dns) {
    it(`${JSON.stringify(name)} is ${permitted} under a permitted and ${excluded} under an excluded "${base}" (S-PKI-1)`, () => {
      assert.equal(verdict({ dnsNames: [name] }, { dnsNames: [base] }), permitted);
      assert.equal(verdict({ dnsNames: [name] }, {}, { dnsNames: [base] }), excluded);
    });
  }

  it('hold names of one kind only to constraints of that kind', () => {
    assert.equal(verdict({ dnsNames: ['a.example'] }, { ipRanges: ['192.0.2.0/24'] }), 'within');
    assert.equal(verdict({ ipAddresses: ['192.0.2.1'] }, { dnsNames: ['example.com'] }), 'within');
    assert.equal(verdict({ dnsNames: ['mx.example.com', 'mx.example.net'] }, { dnsNames: ['example.com'] }), 'broken');
    const both = { dnsNames: ['example.com', 'example.net'] };
    assert.equal(verdict({ dnsNames: ['mx.example.com', 'mx.example.net'] }, both), 'within');
    assert.equal(verdict({ dnsNames: ['mx.example.com'] }, both, { dnsNames: ['mx.example.com'] }), 'broken');
  });

  it('hold addresses to ranges of their own family', () => {
    const ranges = { ipRanges: ['192.0.2.0/25', '2001:db8:1::/47'] };
    assert.equal(verdict({ ipAddresses: ['192.0.2.127'] }, ranges), 'within');
    assert.equal(verdict({ ipAddresses: ['192.0.2.128'] }, ranges), 'broken');
    assert.equal(verdict({ ipAddresses: ['2001:db8:1:ffff::1'] }, ranges), 'within');
    assert.equal(verdict({ ipAddresses: ['2001:db8:2::1'] }, ranges), 'broken');
    assert.equal(verdict({ ipAddresses: ['2001:db8::1'] }, { ipRanges: ['192.0.2.0/24'] }), 'broken');
  });

  it('hold the subject to directory names, RDN by RDN', () => {
    const base = { directoryNames: [encodeName({ C: 'NL', O: 'Example' })] };
    assert.equal(verdict({ subject: { C: 'NL', O: 'EXAMPLE', CN: 'mx' } }, base), 'within');
    assert.equal(verdict({ subject: { C: 'NL', O: 'Example' } }, {}, base), 'broken');
    assert.equal(verdict({ subject: { O: 'Example', C: 'NL' } }, base), 'broken');
    assert.equal(verdict({ subject: { C: 'NL' } }, base), 'broken');
  });

  it('hold mail addresses to mailboxes, hosts and domains', () => {
    assert.equal(verdict(mail('a@example.com'), { emailAddresses: ['example.com'] }), 'within');
    assert.equal(verdict(mail('a@mx.example.com'), { emailAddresses: ['example.com'] }), 'broken');
    assert.equal(verdict(mail('a@mx.example.com'), { emailAddresses: ['.example.com'] }), 'within');
    assert.equal(verdict(mail('a@Example.com'), { emailAddresses: ['a@example.COM'] }), 'within');
    assert.equal(verdict(mail('A@example.com'), { emailAddresses: ['a@example.com'] }), 'broken');
    assert.equal(
      verdict({ subject: { emailAddress: 'a@example.net' } }, { emailAddresses: ['example.com'] }),
      'broken',
    );
  });

  it('leave names alone that no constraint speaks of, and refuse kinds that cannot be compared', () => {
    assert.equal(verdict(uri('https://example.net/'), { dnsNames: ['example.com'] }), 'within');
    const other = { extraExtensions: [otherName(0x88, '*')] };
    assert.equal(verdict(other, { dnsNames: ['example.com'] }), 'within');
  });

  it('that are malformed refuse everything below them', () => {
    assert.equal(verdict({ dnsNames: ['a.example'] }, { dnsNames: ['*.example'] }), 'broken');
    assert.equal(verdict({ dnsNames: ['a.example'] }, {}), 'broken');
  });

  it('take a CN for a host name where there is no dNSName, since others do', () => {
    assert.equal(verdict({ subject: { CN: 'mx.example.net' } }, { dnsNames: ['example.com'] }), 'broken');
    assert.equal(
      verdict({ subject: { CN: 'mx.example.net' }, dnsNames: ['a.example.com'] }, { dnsNames: ['example.com'] }),
      'within',
    );
    assert.equal(verdict({ subject: { CN: 'Mail Server' } }, { dnsNames: ['example.com'] }), 'within');
  });

  it('stop at the limit of comparisons', () => {
    const dnsNames = Array.from({ length: 40 }, (_, index) => `h${index}.example.com`);
    assert.equal(verdict({ dnsNames }, {}, { dnsNames: dnsNames.map((name) => `x.${name}`) }), 'limit');
  });
});
