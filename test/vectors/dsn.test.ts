import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readDsn, type TypedText } from '../../src/delivery/dsn-reader.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface DsnCase {
  readonly file: string;
  readonly expected: {
    readonly reportingMta?: string;
    readonly recipients: readonly Readonly<Record<string, string>>[];
  };
}

const folder = vectorsFolder();

/** Type and text without the space between them, which is a matter of taste; spaces where lines were folded as one. */
const plain = (text: string | undefined): string | null =>
  text === undefined
    ? null
    : text.replace(/^([\w-]+);\s*/, (_, type: string) => `${type.toLowerCase()};`).replace(/\s+/g, ' ');
const told = (read: TypedText | null): string | null =>
  read === null ? null : (read.type === null ? read.text : `${read.type};${read.text}`).replace(/\s+/g, ' ');

describe('delivery notices that others sent', { skip: folder === null ? 'the vectors are not here' : false }, () => {
  it('are read with what stands in them about each recipient (S-DSN-1)', async () => {
    const cases = JSON.parse(readFileSync(`${folder}/smtp/dsn-cases.json`, 'utf8')) as readonly DsnCase[];
    assert.ok(cases.length >= 96, `${cases.length} cases`);
    for (const { file, expected } of cases) {
      const read = await readDsn(readFileSync(`${folder}/smtp/${file}`));
      assert.ok(read.ok, file);
      assert.equal(told(read.value.reportingMta), plain(expected.reportingMta), file);
      assert.deepEqual(
        read.value.recipients.map((each) => ({
          originalRecipient: told(each.originalRecipient),
          finalRecipient: told(each.finalRecipient),
          action: each.action,
          status: each.status,
          diagnosticCode: told(each.diagnosticCode),
          remoteMta: told(each.remoteMta),
        })),
        expected.recipients.map((each) => ({
          originalRecipient: plain(each.originalRecipient),
          finalRecipient: plain(each.finalRecipient),
          action: each.action,
          status: each.status,
          diagnosticCode: plain(each.diagnosticCode),
          remoteMta: plain(each.remoteMta),
        })),
        file,
      );
    }
  });
});
