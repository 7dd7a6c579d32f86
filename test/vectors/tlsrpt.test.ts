import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readReportRecord } from '../../src/tlsrpt/record.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface ReportRecordCase {
  readonly input: string;
  readonly expected: { readonly valid: boolean; readonly rua?: readonly string[] };
}

const folder = vectorsFolder();

describe('TLSRPT records that others judged', { skip: folder === null ? 'the vectors are not here' : false }, () => {
  it('come out right, the pedantic ones included (S-RPT-1)', () => {
    const cases = JSON.parse(readFileSync(`${folder}/tlsrpt/txt.json`, 'utf8')) as readonly ReportRecordCase[];
    assert.ok(cases.length >= 20, `${cases.length} cases`);
    assert.deepEqual(
      cases.map(({ input }) => {
        const record = readReportRecord([[Buffer.from(input)]]);
        if (record.kind !== 'record') return [input, { valid: false }];
        return [input, { valid: true, rua: record.rua.map(({ uri }) => uri) }];
      }),
      cases.map(({ input, expected }) => [input, expected]),
    );
  });
});
