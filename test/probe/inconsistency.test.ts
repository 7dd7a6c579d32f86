import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evidence } from '../../src/policy/evidence.ts';
import { exampleEvidence, GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { findingsOfInconsistency, MAX_SHOWN_VALUES } from '../../src/probe/inconsistency.ts';
import { certificate } from '../report/results.ts';

const FIRST = '192.0.2.1';
const SECOND = '2001:db8::1';

function at(address: string, evidence: Evidence = GOOD_EVIDENCE): Evidence {
  return { ...evidence, address };
}

function withCertificate(fingerprint: string, names: readonly string[] = ['mx.example.com']): Evidence {
  assert.ok(GOOD_EVIDENCE.path.kind === 'seen');
  const leaf = { ...certificate('mx.example.com', 'CA', names), fingerprint };
  return { ...GOOD_EVIDENCE, path: { ...GOOD_EVIDENCE.path, value: { ...GOOD_EVIDENCE.path.value, sent: [leaf] } } };
}

function withProtocol(protocol: string): Evidence {
  assert.ok(GOOD_EVIDENCE.handshake.kind === 'seen');
  const { handshake } = GOOD_EVIDENCE;
  return { ...GOOD_EVIDENCE, handshake: { ...handshake, value: { ...handshake.value, protocol } } };
}

function greeting(text: string): Evidence {
  return {
    ...GOOD_EVIDENCE,
    greeting: { kind: 'seen', ms: 1, value: { code: 220, lines: [text], enhancedStatus: null } },
  };
}

function told(...sessions: readonly Evidence[]): readonly string[] {
  return findingsOfInconsistency(sessions).map(({ code, detail }) => `${code}: ${detail}`);
}

describe('what differs within one host', () => {
  it('is nothing where all addresses and tries agree, and where there is one alone', () => {
    assert.deepEqual(told(at(FIRST)), []);
    assert.deepEqual(told(at(FIRST), at(SECOND), at(FIRST)), []);
  });

  it('names which address offers STARTTLS and which does not', () => {
    assert.deepEqual(told(at(FIRST), at(SECOND, exampleEvidence('E2'))), [
      `inconsistent: STARTTLS: offered at ${FIRST}, not offered at ${SECOND}`,
    ]);
  });

  it('says which share of the tries at one address shows what', () => {
    const without = at(FIRST, exampleEvidence('E2'));
    assert.deepEqual(told(at(FIRST), without, at(FIRST), at(FIRST)), [
      `inconsistent: STARTTLS: offered at ${FIRST} (3 of 4 tries), not offered at ${FIRST} (1 of 4 tries)`,
    ]);
  });

  it('tells versions and names on the certificate, which protect, from fingerprints and greetings, which do not', () => {
    assert.match(
      told(at(FIRST, withProtocol('TLSv1.2')), at(SECOND))[0] ?? '',
      /^inconsistent: TLS version: TLSv1\.2 at/,
    );
    assert.deepEqual(told(at(FIRST, withCertificate('aa'.repeat(32))), at(SECOND, withCertificate('bb'.repeat(32)))), [
      `inconsistent-identity: certificate: SHA-256 ${'aa'.repeat(8)}… at ${FIRST}, SHA-256 ${'bb'.repeat(8)}… at ${SECOND}`,
    ]);
    const other = withCertificate('aa'.repeat(32), ['other.example.com']);
    assert.match(told(at(FIRST, withCertificate('aa'.repeat(32))), at(SECOND, other))[0] ?? '', /^inconsistent: names/);
    assert.match(
      told(at(FIRST, greeting('a.test hello')), at(SECOND, greeting('b.test hello')))[0] ?? '',
      /^inconsistent-identity: name in the greeting: a\.test at/,
    );
  });

  it('is not between hosts, nor with a session that saw nothing', () => {
    assert.deepEqual(told(at(FIRST), { ...at(SECOND, exampleEvidence('E2')), exchange: 'other.example.com' }), []);
    assert.deepEqual(told(at(FIRST), at(SECOND, exampleEvidence('E9'))), []);
  });

  it('shows some of many values and counts the rest', () => {
    const many = Array.from({ length: MAX_SHOWN_VALUES + 3 }, (_, index) =>
      at(`192.0.2.${index}`, greeting(`n${index}.test`)),
    );
    assert.match(told(...many)[0] ?? '', /, and 3 others$/);
  });
});
