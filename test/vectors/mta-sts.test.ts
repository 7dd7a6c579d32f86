import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { matchesMx } from '../../src/mtasts/match.ts';
import { parsePolicy, type StsPolicy } from '../../src/mtasts/policy.ts';
import { readStsRecord } from '../../src/mtasts/record.ts';
import { isPlainText, judgeResponse } from '../../src/mtasts/response.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface Expected {
  readonly valid?: boolean;
  readonly id?: string;
  readonly status?: 'found' | 'none-or-invalid';
  readonly mode?: string;
  readonly mx?: readonly string[];
  readonly max_age?: number;
  readonly match?: boolean;
  readonly plaintext?: boolean;
}

type StsCase = { readonly id: string; readonly tier: string; readonly expected: Expected } & (
  | { readonly kind: 'txt' | 'policy' | 'content-type'; readonly input: string }
  | { readonly kind: 'txt-set'; readonly input: readonly string[] }
  | { readonly kind: 'match'; readonly input: { readonly patterns: readonly string[]; readonly mx: string } }
  | {
      readonly kind: 'http-response';
      readonly input: { readonly status: number; readonly contentType: string; readonly body: string };
    }
);

const folder = vectorsFolder();
const cases: readonly StsCase[] =
  folder === null ? [] : (JSON.parse(readFileSync(`${folder}/mta-sts/cases.json`, 'utf8')) as readonly StsCase[]);

function ofPolicy(policy: StsPolicy | null): Expected {
  if (policy === null) return { valid: false };
  return { valid: true, mode: policy.mode, mx: policy.mx, max_age: policy.maxAge };
}

/** Our answer in the words of the vectors. */
function answer(vector: StsCase): Expected {
  switch (vector.kind) {
    case 'txt': {
      const record = readStsRecord([[Buffer.from(vector.input)]]);
      return record.kind === 'record' ? { valid: true, id: record.id } : { valid: false };
    }
    case 'txt-set': {
      const record = readStsRecord(vector.input.map((text) => [Buffer.from(text)]));
      return record.kind === 'record' ? { status: 'found', id: record.id } : { status: 'none-or-invalid' };
    }
    case 'policy': {
      const parsed = parsePolicy(Buffer.from(vector.input));
      return ofPolicy(parsed.ok ? parsed.value.policy : null);
    }
    case 'match':
      return { match: matchesMx(vector.input.patterns, vector.input.mx) };
    case 'content-type':
      return { plaintext: isPlainText(vector.input) };
    case 'http-response': {
      const { status, contentType, body } = vector.input;
      const judged = judgeResponse({ status, contentType, contentEncoding: null, location: null }, Buffer.from(body));
      return ofPolicy(judged.ok ? judged.value.policy : null);
    }
  }
}

describe('MTA-STS cases that others judged', { skip: folder === null ? 'the vectors are not here' : false }, () => {
  const must = cases.filter(({ tier }) => tier === 'must');

  it('are all there', () => {
    assert.ok(must.length >= 119, `${must.length} cases`);
  });

  const groups = [
    { kinds: ['txt', 'txt-set'], title: 'records come out right (S-STS-1)' },
    { kinds: ['policy'], title: 'policies come out right (S-STS-7)' },
    { kinds: ['match'], title: 'MX names match as they should (S-STS-8)' },
    { kinds: ['http-response', 'content-type'], title: 'answers come out right (S-STS-4, S-STS-5)' },
  ];
  for (const { kinds, title } of groups) {
    it(title, () => {
      const vectors = must.filter(({ kind }) => kinds.includes(kind));
      assert.ok(vectors.length > 0);
      assert.deepEqual(
        vectors.map((vector) => [vector.id, answer(vector)]),
        vectors.map((vector) => [vector.id, vector.expected]),
      );
    });
  }

  it('that are pedantic or internationalised come out right too', () => {
    const others = cases.filter(({ tier }) => tier === 'strict' || tier === 'idn');
    const wrong = others.filter((vector) => JSON.stringify(answer(vector)) !== JSON.stringify(vector.expected));
    assert.deepEqual(wrong, []);
  });
});
