import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CaaLookup } from '../../src/dns/caa.ts';
import type { PointerLookup } from '../../src/dns/pointer.ts';
import { GOOD_EVIDENCE } from '../../src/policy/example-evidence.ts';
import { caaDomainsOf } from '../../src/probe/caa-issuers.ts';
import { withFacts } from '../../src/probe/host-facts.ts';
import { rowOfSession } from '../../src/probe/host-row.ts';
import type { HostResult } from '../../src/probe/result.ts';
import { certificate } from '../report/results.ts';

const HOST = 'mx.example.com';
const CONFIRMED: PointerLookup = { kind: 'confirmed', names: [HOST], unconfirmed: [], security: 'insecure' };

function found(issuers: readonly string[] | null, at = 'example.com', wildcardIssuers = issuers): CaaLookup {
  return { kind: 'found', at, issuers, wildcardIssuers, unknownCritical: [], security: 'insecure' };
}

interface Scene {
  readonly caa?: CaaLookup | null;
  readonly reverse?: PointerLookup;
  readonly issuer?: string;
  readonly names?: readonly string[];
}

function hostOf({
  caa = null,
  reverse = CONFIRMED,
  issuer = "CN=R3, O=Let's Encrypt, C=US",
  names = [HOST],
}: Scene): HostResult {
  assert.ok(GOOD_EVIDENCE.path.kind === 'seen');
  const leaf = { ...certificate(HOST, 'x', names), issuer };
  const evidence = {
    ...GOOD_EVIDENCE,
    path: { ...GOOD_EVIDENCE.path, value: { ...GOOD_EVIDENCE.path.value, sent: [leaf] } },
  };
  const { exchange, address } = evidence;
  return withFacts(rowOfSession(evidence, []), [{ exchange, address, caa, reverse }]).result;
}

const codes = (scene: Scene): readonly string[] => hostOf(scene).findings.map(({ code }) => code);

describe('facts about a host', () => {
  it('are in its row, and no finding where all is well', () => {
    const host = hostOf({ caa: found(['letsencrypt.org']) });
    assert.deepEqual(host.caa, {
      status: 'found',
      at: 'example.com',
      issuers: ['letsencrypt.org'],
      wildcardIssuers: ['letsencrypt.org'],
    });
    assert.deepEqual(host.reverse, { status: 'confirmed', names: [HOST], unconfirmed: [] });
    assert.deepEqual(host.findings, []);
  });

  it('name an address without a reverse name, or with one that leads elsewhere, but not one nobody could look up', () => {
    const none = (unconfirmed: readonly string[]): PointerLookup => ({
      kind: 'none',
      unconfirmed,
      security: 'insecure',
    });
    assert.deepEqual(codes({ reverse: none([]) }), ['ptr-missing']);
    assert.match(hostOf({ reverse: none(['bank.test']) }).findings[0]?.detail ?? '', /calls itself bank\.test/);
    assert.deepEqual(codes({ reverse: { kind: 'failed', failure: { kind: 'servfail' } } }), []);
  });

  it('name an authority that the CAA records do not allow, where it is known', () => {
    assert.deepEqual(codes({ caa: found(['digicert.com']) }), ['caa-forbids-issuer']);
    assert.deepEqual(codes({ caa: found([]) }), ['caa-forbids-issuer'], 'nobody is allowed');
    assert.deepEqual(codes({ caa: found(null) }), [], 'everybody is allowed');
    assert.deepEqual(codes({ caa: found(['digicert.com']), issuer: 'CN=x, O=Nobody Knows' }), []);
    assert.deepEqual(codes({ caa: found(['digicert.com']), issuer: 'CN=x' }), []);
    assert.deepEqual(codes({ caa: { kind: 'none' } }), []);
    assert.deepEqual(codes({ caa: { kind: 'failed', at: 'com', failure: { kind: 'servfail' } } }), []);
  });

  it('judge a wildcard by the records for wildcards, above the host, and no certificate for other names', () => {
    const forWildcards = found(['letsencrypt.org'], 'example.com', ['digicert.com']);
    assert.deepEqual(codes({ caa: forWildcards, names: ['*.example.com'] }), ['caa-forbids-issuer']);
    assert.deepEqual(codes({ caa: found(['digicert.com'], HOST), names: ['*.example.com'] }), []);
    assert.deepEqual(codes({ caa: found(['digicert.com']), names: ['elsewhere.test'] }), []);
  });

  it('know an authority by its organisation alone', () => {
    assert.deepEqual(caaDomainsOf("C=US, O=Let's Encrypt, CN=E5"), ['letsencrypt.org']);
    assert.deepEqual(caaDomainsOf('CN=x, O=GoDaddy.com, Inc., L=Scottsdale'), ['godaddy.com', 'starfieldtech.com']);
    assert.equal(caaDomainsOf("CN=O=Let's Encrypt but not, O=Other"), null);
    assert.equal(caaDomainsOf(''), null);
  });
});
