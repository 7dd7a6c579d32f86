import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { answerCase } from '../../src/pki/chain-file.ts';
import { trustAnchors } from '../../src/pki/trust-anchors.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface X509Case {
  readonly id: string;
  readonly source: string;
  readonly group: string;
  readonly tier: string;
  readonly leaf: string;
  readonly intermediates: readonly string[];
  readonly trustAnchors: readonly string[];
  readonly peerName?: { readonly kind: 'dns' | 'ip'; readonly value: string };
  readonly time: string;
  readonly maxChainDepth?: number;
  readonly expected: 'accept' | 'reject';
}

const folder = vectorsFolder();
const cases: readonly X509Case[] =
  folder === null
    ? []
    : readFileSync(`${folder}/x509/cases.ndjson`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as X509Case);

/** The verdict by way of the line format of `tlsreach chain --format ndjson`. */
function accepts(vector: X509Case): { readonly accepted: boolean; readonly why: string } {
  const answer = answerCase(
    JSON.stringify({
      id: vector.id,
      chain: [vector.leaf, ...vector.intermediates],
      anchors: vector.trustAnchors,
      name: vector.peerName,
      at: vector.time,
      maxChainDepth: vector.maxChainDepth,
    }),
    { anchors: trustAnchors([]), at: 0 },
  );
  assert.ok(!('error' in answer), JSON.stringify(answer));
  const named = vector.peerName === undefined || answer.identity?.matched === true;
  return { accepted: answer.trusted && named, why: answer.detail ?? (named ? 'trusted' : 'the name does not match') };
}

describe('certificate chains that others judged', {
  skip: folder === null ? 'the vectors are not here' : false,
}, () => {
  const must = cases.filter(({ tier }) => tier === 'must');
  const groups = Map.groupBy(must, ({ source, group }) => `${source}: ${group}`);

  it('are all there', () => {
    assert.ok(must.length >= 882, `${must.length} cases`);
  });

  for (const [name, vectors] of groups) {
    it(`come out right in ${name}, ${vectors.length} cases (R87, S-PKI-1, S-PKI-2)`, () => {
      const wrong = vectors.flatMap((vector) => {
        const { accepted, why } = accepts(vector);
        return accepted === (vector.expected === 'accept') ? [] : [`${vector.id}: not ${vector.expected}, ${why}`];
      });
      assert.deepEqual(wrong, []);
    });
  }

  it('never stop the judge, whatever their tier, and no case takes longer than a quarter of a second', () => {
    const slow = cases.flatMap((vector) => {
      const started = process.cpuUsage();
      accepts(vector);
      const { user, system } = process.cpuUsage(started);
      return user + system > 250_000 ? [`${vector.id}: ${user + system} us`] : [];
    });
    assert.deepEqual(slow, []);
  });
});
