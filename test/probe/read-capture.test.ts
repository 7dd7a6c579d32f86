import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { describeReplayFault, replay } from '../../src/app/replay.ts';
import { captureText } from '../../src/probe/capture.ts';
import { MAX_ANSWERS, MAX_CAPTURE_OCTETS, MAX_SESSIONS, MAX_TRANSCRIPT_LINES } from '../../src/probe/capture-limits.ts';
import { describeCaptureFault, readCapture } from '../../src/probe/read-capture.ts';
import { openStage } from '../support/lab.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Step = string | number;

let file = '';
let paths: readonly (readonly Step[])[] = [];

before(async () => {
  const stage = await openStage({ only: ['best'] });
  await stage.probe('you@best.lab.test', {}, undefined, (capture) => {
    file = captureText(capture);
  });
  await stage.stop();
  paths = pathsIn(JSON.parse(file));
});

/** The place of every value in a document. */
function pathsIn(value: Json, here: readonly Step[] = []): readonly (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) return [here];
  const inner: readonly (readonly [Step, Json])[] = Array.isArray(value)
    ? value.map((entry, index) => [index, entry] as const)
    : Object.entries(value);
  return [here, ...inner.flatMap(([key, entry]) => pathsIn(entry, [...here, key]))];
}

/** The document with another value at one place; `undefined` takes it out. */
function changed(path: readonly Step[], change: (old: Json) => Json | undefined): Json {
  const whole: Json = JSON.parse(file);
  const last = path.at(-1);
  if (last === undefined) return change(whole) ?? null;
  let at: Json = whole;
  for (const step of path.slice(0, -1)) at = at === null ? null : ((at as { [key: string]: Json })[step] ?? null);
  const holder = at as { [key: string]: Json };
  const value = change(holder[last] ?? null);
  if (value !== undefined) holder[last] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return whole;
}

/** What becomes of a document: a result, or a sentence. Anything thrown ends the test. */
async function outcomeOf(bytes: Buffer): Promise<string> {
  const read = readCapture(bytes);
  if (!read.ok) return describeCaptureFault(read.failure);
  const replayed = await replay(read.value, { at: null, anchors: null });
  return replayed.ok ? replayed.value.format : describeReplayFault(replayed.failure);
}

async function sentenceOf(value: unknown): Promise<string> {
  return outcomeOf(Buffer.from(JSON.stringify(value)));
}

describe('a capture that is no capture is refused with a sentence:', () => {
  it('other files', async () => {
    assert.equal(await outcomeOf(Buffer.from([0xff, 0xfe])), 'it is not text in UTF-8');
    assert.equal(await outcomeOf(Buffer.from('')), 'it is not JSON');
    assert.equal(await outcomeOf(Buffer.from('['.repeat(1_000_000))), 'it is not JSON');
    for (const other of [null, [], 7, {}, { format: 'tlsreach.probe/1' }, { format: 'tlsreach.capture/2' }]) {
      assert.equal(await sentenceOf(other), 'it is no capture of the format tlsreach.capture/1');
    }
  });

  it('a field that is missing, one that nobody knows, and one of the wrong kind', async () => {
    assert.equal(await sentenceOf(changed(['sessions'], () => undefined)), '"sessions" is missing');
    assert.equal(await sentenceOf(changed(['more'], () => 1)), '"more" is not known here');
    assert.equal(
      await sentenceOf(changed(['sessions', 0, 'evidence', 'port'], () => 0)),
      '"sessions[0].evidence.port" is no whole number from 1 to 65535',
    );
    assert.equal(
      await sentenceOf(changed(['answers', 0, 'security'], () => 'certain')),
      '"answers[0].security" is none of secure, insecure, bogus, indeterminate',
    );
    assert.match(await sentenceOf(changed(['request', 'target'], () => '@')), /^its target cannot be tested: /);
    const proto = file.replace('"elapsedMs"', '"__proto__": {"a": 1}, "elapsedMs"');
    assert.equal(await outcomeOf(Buffer.from(proto)), '"__proto__" is not known here');
  });

  it('a verdict without a handshake, records of another type, octets that are none', async () => {
    const handshake = ['sessions', 0, 'evidence', 'handshake'];
    assert.match(await sentenceOf(changed(handshake, () => ({ kind: 'not-reached' }))), /without a handshake$/);
    assert.match(await sentenceOf(changed(['answers', 0, 'type'], () => 'A')), /another type than was asked for/);
    assert.match(await sentenceOf(changed([...handshake, 'value', 'chainAsSent', 0], () => '*')), /is not base64$/);
    assert.match(
      await sentenceOf(changed(['sessions', 0, 'evidence', 'path'], () => ({ kind: 'failed', ms: 1, failure: 1 }))),
      /cannot be there$/,
    );
  });

  it('more of anything than any probe leaves', async () => {
    const many = (length: number) => (old: Json) => Array.from({ length }, () => (old as Json[])[0] ?? null);
    assert.match(
      await sentenceOf(changed(['answers'], many(MAX_ANSWERS + 1))),
      /"answers" has more than 20000 entries/,
    );
    assert.match(await sentenceOf(changed(['sessions'], many(MAX_SESSIONS + 1))), /has more than 2048 entries/);
    assert.match(
      await sentenceOf(changed(['sessions', 0, 'transcript'], many(MAX_TRANSCRIPT_LINES + 1))),
      /"sessions\[0\]\.transcript" has more than 20000 entries/,
    );
    assert.equal(await outcomeOf(Buffer.alloc(MAX_CAPTURE_OCTETS + 1, 0x20)), 'it is larger than 64 MiB');
  });
});

describe('whatever is in the file', () => {
  const HOSTILE: readonly Json[] = [null, true, -1, 0, 1e300, 0.5, '', 'x', '\u0000', '..', '[', 'é.', {}, [], [null]];

  it('a result or a sentence comes out: any one value is another one, or gone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.oneof(fc.constantFrom<Json | undefined>(undefined, ...HOSTILE), fc.jsonValue() as fc.Arbitrary<Json>),
        async (which, value) => {
          const path = paths[which % paths.length] ?? [];
          assert.notEqual(await sentenceOf(changed(path, () => value)), '');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a result or a sentence comes out: any octets are changed', async () => {
    const bytes = Buffer.from(file);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
        const mutated = Buffer.from(bytes);
        for (const [at, value] of changes) mutated[at % mutated.length] = value;
        assert.notEqual(await outcomeOf(mutated), '');
      }),
      { numRuns: 1000 },
    );
  });

  it('a document of any shape is refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(readCapture(Buffer.from(JSON.stringify(value) ?? '')).ok, false);
      }),
      { numRuns: 500 },
    );
  });
});
