import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followedAnchors } from '../../src/app/authorities.ts';
import type { AuthoritySettings } from '../../src/config/document.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { judgeChain } from '../../src/pki/judge-chain.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2027-01-01T00:00:00Z');
const at = Date.UTC(2026, 5, 1);
const root = issueCertificate({ subject: { CN: 'Own Root' }, ca: true, notBefore, notAfter });
const leaf = issueCertificate({
  subject: { CN: 'mx.example.com' },
  issuer: { certificate: root.certificate, key: root.privateKey },
  notBefore,
  notAfter,
});

describe('the authorities that an installation trusts', () => {
  let settings: AuthoritySettings = { system: true, custom: true, list: [] };
  const anchors = followedAnchors({ systemCa: true, caFile: null }, () => settings);
  const verdict = () => judgeChain({ chainAsSent: [leaf.der], anchors, at });
  const list = [{ name: 'Own Root', certificate: root.certificate }];

  it('are those of the configuration of the moment: the list of one’s own counts while it is switched on (R87)', () => {
    assert.equal(verdict().trusted, false);
    const system = anchors.count;
    assert.ok(system > 50);
    settings = { system: true, custom: true, list };
    assert.equal(verdict().trusted, true);
    assert.equal(verdict().anchor?.from, 'custom');
    assert.equal(anchors.count, system + 1);
    settings = { ...settings, system: false };
    assert.deepEqual(
      anchors.sources.map(({ name, count }) => [name, count]),
      [['custom', 1]],
    );
    assert.equal(verdict().trusted, true);
    settings = { ...settings, custom: false };
    assert.equal(anchors.count, 0);
    assert.equal(verdict().trusted, false);
  });

  it('stand beside what was given at the start, and never bring back the system’s where that was refused', () => {
    const given = { name: 'x.pem', pem: root.certificate };
    const own = followedAnchors({ systemCa: false, caFile: given }, () => ({ system: true, custom: true, list: [] }));
    assert.deepEqual(
      own.sources.map(({ name }) => name),
      ['ca-file'],
    );
    assert.equal(judgeChain({ chainAsSent: [leaf.der], anchors: own, at }).trusted, true);
  });
});
