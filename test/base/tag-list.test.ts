import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describeTagListFault,
  isExtensionValue,
  isOfVersion,
  joinTxt,
  MAX_TAG_LIST_LENGTH,
  readTagList,
} from '../../src/base/tag-list.ts';

describe('a list of tags in a TXT record', () => {
  it('is of a version only when that stands first, whole and in its own case', () => {
    for (const text of ['v=STSv1', 'v=STSv1;', 'v=STSv1 \t; id=1']) assert.ok(isOfVersion(text, 'STSv1'), text);
    for (const text of ['', 'v=STSv10', 'V=STSv1', ' v=STSv1', 'v=STSv1 id=1']) {
      assert.equal(isOfVersion(text, 'STSv1'), false, text);
    }
  });

  it('has fields with blanks around them and one semicolon at the end', () => {
    const fields = [
      { name: 'id', value: '1' },
      { name: 'a.b_c-d', value: 'x=y' },
    ];
    for (const text of ['v=X;id=1;a.b_c-d=x=y', 'v=X; id=1 ;\ta.b_c-d=x=y ; ']) {
      assert.deepEqual(readTagList(text), { ok: true, value: fields });
    }
    assert.deepEqual(readTagList('v=X'), { ok: true, value: [] });
  });

  const faults = [
    ['v=X;;', { kind: 'empty-field', position: 2 }],
    ['v=X; id=1;; a=b', { kind: 'empty-field', position: 3 }],
    ['v=X; id=', { kind: 'no-value', field: 'id=' }],
    ['v=X; id', { kind: 'no-value', field: 'id' }],
    ['v=X; =1', { kind: 'bad-name', field: '=1' }],
    [`v=X; ${'a'.repeat(33)}=1`, { kind: 'bad-name', field: `${'a'.repeat(33)}=1` }],
    ['v=X;'.padEnd(MAX_TAG_LIST_LENGTH + 1, 'a'), { kind: 'too-long', limit: MAX_TAG_LIST_LENGTH }],
  ] as const;
  for (const [text, failure] of faults) {
    it(`is refused as ${failure.kind}: ${text.slice(0, 20)}`, () => {
      assert.deepEqual(readTagList(text), { ok: false, failure });
      assert.match(describeTagListFault(failure), /^(has|is) /);
    });
  }

  it('joins character-strings without anything between them, octet for octet', () => {
    assert.equal(joinTxt([Buffer.from('a'), Buffer.from([0xff]), Buffer.from('b')]), 'a\xffb');
  });

  it('is read without an error whatever it holds, and gives only fields that can stand there', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const read = readTagList(`v=X;${text}`);
        if (!read.ok) return;
        for (const { name, value } of read.value) {
          assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
          assert.notEqual(value, '');
          assert.equal(typeof isExtensionValue(value), 'boolean');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
