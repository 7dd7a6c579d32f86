import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  byKind,
  describeShapeFault,
  exactly,
  fraction,
  list,
  maybe,
  octets,
  orNull,
  readShape,
  record,
  type Shape,
  text,
  truth,
  where,
  whole,
  word,
} from '../../src/base/shape.ts';

type Animal = { readonly kind: 'cat'; readonly lives: number } | { readonly kind: 'dog'; readonly name?: string };

interface Farm {
  readonly animals: readonly Animal[];
  readonly open: boolean | null;
  readonly map: Buffer;
}

const farm: Shape<Farm> = record<Farm>({
  animals: list(byKind<Animal>({ cat: { lives: whole(0, 9) }, dog: { name: maybe(text(5)) } }), 3),
  open: orNull(truth),
  map: octets(4),
});

function outcome(value: unknown): unknown {
  const read = readShape(farm, value);
  return read.ok ? read.value : describeShapeFault(read.failure);
}

it('a document of the shape comes out as its type, in the order in which it stands', () => {
  const value = { map: 'AAEC', open: null, animals: [{ lives: 9, kind: 'cat' }, { kind: 'dog' }] };
  assert.deepEqual(outcome(value), { ...value, map: Buffer.from([0, 1, 2]) });
  assert.deepEqual(Object.keys(outcome(value) as object), ['map', 'open', 'animals']);
});

it('the first fault is told with its place', () => {
  const good = { animals: [], open: true, map: '' };
  const faults: readonly (readonly [unknown, string])[] = [
    [7, 'it is no object'],
    [[], 'it is no object'],
    [{ animals: [], open: true }, '"map" is missing'],
    [{ ...good, gate: 1 }, '"gate" is not known here'],
    [{ ...good, animals: {} }, '"animals" is no list'],
    [{ ...good, animals: [1, 2, 3, 4] }, '"animals" has more than 3 entries'],
    [{ ...good, animals: [{ kind: 'cow' }] }, '"animals[0].kind" is none of cat, dog'],
    [{ ...good, animals: [{ kind: 'constructor' }] }, '"animals[0].kind" is none of cat, dog'],
    [{ ...good, animals: [{ kind: 'cat', lives: 1.5 }] }, '"animals[0].lives" is no whole number from 0 to 9'],
    [{ ...good, animals: [{ kind: 'dog', name: 'Methuselah' }] }, '"animals[0].name" is longer than 5 characters'],
    [{ ...good, open: 0 }, '"open" is neither true nor false'],
    [{ ...good, map: 'AA' }, '"map" is not base64'],
    [{ ...good, map: 'AAECAwQFBgc=' }, '"map" is longer than 4 octets'],
  ];
  for (const [value, sentence] of faults) assert.equal(outcome(value), sentence);
});

it('words, constants, ranges and conditions are kept', () => {
  const read = <T>(shape: Shape<T>, value: unknown): boolean => readShape(shape, value).ok;
  assert.deepEqual([read(word({ a: true, b: true }), 'b'), read(word({ a: true }), 'toString')], [true, false]);
  assert.deepEqual([read(exactly(4), 4), read(exactly(4), '4')], [true, false]);
  assert.deepEqual([read(fraction(0, 1), 0.5), read(fraction(0, 1), Number.NaN)], [true, false]);
  assert.deepEqual(
    [
      read(
        where(text(9), (word) => word !== '', 'is empty'),
        '',
      ),
    ],
    [false],
  );
});

it('whatever is read, a value or a sentence comes out', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const read = readShape(farm, value);
      assert.ok(read.ok || describeShapeFault(read.failure).length > 3);
    }),
  );
});
