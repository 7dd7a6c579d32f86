import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { matchDane } from '../../src/dane/match.ts';
import type { TlsaRecord } from '../../src/dane/usable.ts';
import { parsePemCertificates } from '../../src/pki/pem.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface DaneCase {
  readonly id: string;
  readonly tier: string;
  readonly baseDomain: string;
  readonly time: string;
  readonly tlsa: readonly TlsaRecord[];
  /** PEM, as sent. */
  readonly chain: readonly string[];
  readonly expected: 'authenticated' | 'fail' | 'unusable';
}

const folder = vectorsFolder();
const cases: readonly DaneCase[] =
  folder === null ? [] : (JSON.parse(readFileSync(`${folder}/dane/cases.json`, 'utf8')) as readonly DaneCase[]);

const WORDS = { match: 'authenticated', mismatch: 'fail', unusable: 'unusable', none: 'none' } as const;

describe('TLSA records and chains of real mail hosts', {
  skip: folder === null ? 'the vectors are not here' : false,
}, () => {
  it('come out as they did for others (S-DANE-9, S-DANE-10)', () => {
    const must = cases.filter(({ tier }) => tier === 'must');
    assert.ok(must.length >= 10, `${must.length} cases`);
    assert.deepEqual(
      must.map(({ id, baseDomain, time, tlsa, chain }) => {
        const certificates = chain.flatMap((text) => {
          const parsed = parsePemCertificates(text);
          return parsed.ok ? parsed.value : [];
        });
        const { status } = matchDane({
          records: tlsa,
          presented: { kind: 'chain', certificates },
          referenceNames: [baseDomain],
          at: Date.parse(time),
        });
        return [id, WORDS[status]];
      }),
      must.map(({ id, expected }) => [id, expected]),
    );
  });
});
