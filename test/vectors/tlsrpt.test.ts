import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readReport } from '../../src/tlsrpt/read-report.ts';
import { readReportMail } from '../../src/tlsrpt/read-report-mail.ts';
import { readReportRecord } from '../../src/tlsrpt/record.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface ReportRecordCase {
  readonly input: string;
  readonly expected: { readonly valid: boolean; readonly rua?: readonly string[] };
}

interface ReportCase {
  readonly file: string;
  readonly expected: {
    readonly readable: boolean;
    readonly organization?: string;
    readonly reportId?: string;
    readonly policies?: readonly object[];
  };
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

describe('TLS reports that others sent', { skip: folder === null ? 'the vectors are not here' : false }, () => {
  it('are read with what stands in them, message or file (S-RPT-6)', async () => {
    const cases = JSON.parse(readFileSync(`${folder}/tlsrpt/reports.json`, 'utf8')) as readonly ReportCase[];
    assert.ok(cases.length >= 11, `${cases.length} cases`);
    for (const { file, expected } of cases) {
      const bytes = readFileSync(`${folder}/tlsrpt/${file}`);
      const read = file.endsWith('.eml') ? await readReportMail(bytes) : readReport(bytes);
      assert.equal(read.ok, expected.readable, file);
      if (!read.ok) continue;
      const { organization, id, policies } = read.value;
      assert.deepEqual([organization, id], [expected.organization, expected.reportId], file);
      assert.deepEqual(
        policies.map(({ type, domain, successful, failed, details }) => ({
          type,
          domain,
          success: successful,
          failure: failed,
          resultTypes: details.map(({ resultType }) => resultType),
        })),
        expected.policies,
        file,
      );
    }
  });
});
