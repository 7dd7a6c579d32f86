/**
 * Odd and hostile messages that others collected, with the word of an independent parser beside ours.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeMessage } from '../../src/dns/message.ts';
import { OPT_TYPE } from '../../src/dns/record-type.ts';
import { vectorsFolder } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly hex: string;
  readonly oracle: {
    readonly wellFormed: boolean;
    readonly id?: number;
    readonly rcode?: number;
    /** The OPT record is not among the additionals. */
    readonly counts?: readonly number[];
  };
}

const folder = vectorsFolder();
/** No message may take longer than this to be read or refused, ms. */
const MAX_MS = 100;

test('every message of others is read as their parser reads it, or refused', {
  skip: folder === null ? 'the vectors are not beside the project' : false,
}, async (t) => {
  const vectors = JSON.parse(readFileSync(`${folder}/dns/messages.json`, 'utf8')) as Vector[];
  assert.ok(vectors.length > 0);
  for (const { id, hex, oracle } of vectors) {
    await t.test(id, () => {
      const bytes = Buffer.from(hex, 'hex');
      const startedAt = performance.now();
      const decoded = decodeMessage(bytes);
      assert.ok(performance.now() - startedAt < MAX_MS, 'takes too long');
      if (!oracle.wellFormed) {
        if (!decoded.ok) assert.notEqual(decoded.failure, '');
        return;
      }
      assert.ok(decoded.ok, decoded.ok ? '' : decoded.failure);
      const message = decoded.value;
      assert.equal(message.id, oracle.id);
      assert.equal(message.rcode, oracle.rcode);
      if (oracle.counts === undefined) return;
      const additionals = message.additionals.filter(
        (record) => !(record.type === 'opaque' && record.typeNumber === OPT_TYPE),
      );
      assert.deepEqual(
        [message.questions, message.answers, message.authorities, additionals].map((section) => section.length),
        oracle.counts,
      );
    });
  }
});
