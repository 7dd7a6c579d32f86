/**
 * Reading a document that somebody else may have written: each part has a shape, everything is bounded, nothing unknown
 * is let in, and the first fault is told with its place. A shape and the type it yields cannot drift apart: the compiler
 * asks for every field and every member of a union.
 */
import { failed, type Outcome, succeeded } from './outcome.ts';
import { printable } from './printable.ts';

/** Reads one part or throws a `Mismatch`, which `readShape` turns into a failure. */
export type Shape<T> = (value: unknown, place: Place) => T;

export interface ShapeFault {
  /** `sessions[0].evidence.port`; empty for the document itself. */
  readonly place: string;
  /** The end of a sentence that begins with the place. */
  readonly why: string;
}

interface Place {
  readonly parent: Place | null;
  readonly key: string | number;
}

/** Characters of a hostile name or word that a fault repeats. */
const SHOWN_LENGTH = 60;

export function readShape<T>(shape: Shape<T>, value: unknown): Outcome<T, ShapeFault> {
  try {
    return succeeded(shape(value, ROOT));
  } catch (error) {
    if (error instanceof Mismatch) return failed({ place: error.place, why: error.message });
    throw error;
  }
}

/** A sentence for people. */
export function describeShapeFault({ place, why }: ShapeFault): string {
  return place === '' ? `it ${why}` : `"${place}" ${why}`;
}

export function text(most: number): Shape<string> {
  return (value, place) => {
    if (typeof value !== 'string') return mismatch(place, 'is no text');
    return value.length > most ? mismatch(place, `is longer than ${most} characters`) : value;
  };
}

export function whole(least: number, most: number): Shape<number> {
  return (value, place) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : mismatch(place, `is no whole number from ${least} to ${most}`);
}

export function fraction(least: number, most: number): Shape<number> {
  return (value, place) =>
    typeof value === 'number' && value >= least && value <= most
      ? value
      : mismatch(place, `is no number from ${least} to ${most}`);
}

export const truth: Shape<boolean> = (value, place) =>
  typeof value === 'boolean' ? value : mismatch(place, 'is neither true nor false');

/** Octets, written in base64. */
export function octets(most: number): Shape<Buffer> {
  return (value, place) => {
    if (typeof value !== 'string' || !BASE64.test(value) || value.length % 4 !== 0) {
      return mismatch(place, 'is not base64');
    }
    return value.length > Math.ceil(most / 3) * 4
      ? mismatch(place, `is longer than ${most} octets`)
      : Buffer.from(value, 'base64');
  };
}

/** One of a few words or numbers, given as the keys of a table, so that none is forgotten. */
export function word<T extends string>(words: Readonly<Record<T, true>>): Shape<T> {
  const known = Object.keys(words) as T[];
  return (value, place) =>
    known.find((each) => each === value) ?? mismatch(place, `is none of ${known.slice(0, 20).join(', ')}`);
}

export function exactly<const T extends string | number | boolean | null>(expected: T): Shape<T> {
  return (value, place) => (value === expected ? expected : mismatch(place, `is not ${JSON.stringify(expected)}`));
}

/** What can never be there. */
export const nothing: Shape<never> = (_value, place) => mismatch(place, 'cannot be there');

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, place) => (value === null ? null : shape(value, place));
}

export function list<T>(each: Shape<T>, most: number): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return mismatch(place, 'is no list');
    if (value.length > most) return mismatch(place, `has more than ${most} entries`);
    return value.map((entry: unknown, key) => each(entry, { parent: place, key }));
  };
}

/** Of a field that may be left out. */
export interface Maybe<T> {
  readonly maybe: Shape<T>;
}

export function maybe<T>(shape: Shape<T>): Maybe<T> {
  return { maybe: shape };
}

type OptionalKey<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];

/** A shape for each field of a type, in a `maybe` where it may be left out. */
export type Fields<T> = { readonly [K in Exclude<keyof T, OptionalKey<T>>]: Shape<T[K]> } & {
  readonly [K in OptionalKey<T>]-?: Maybe<Exclude<T[K], undefined>>;
};

/** An object with these fields and no others; the order of the document is kept. */
export function record<T extends object>(fields: Fields<T>): Shape<T> {
  const shapes = new Map<string, Shape<unknown>>();
  const needed: string[] = [];
  for (const [key, shape] of Object.entries<Shape<unknown> | Maybe<unknown>>(fields)) {
    if (typeof shape === 'function') needed.push(key);
    shapes.set(key, typeof shape === 'function' ? shape : shape.maybe);
  }
  return (value, place) => {
    const given = fieldsOf(value, place);
    for (const key of needed) {
      if (!Object.hasOwn(given, key)) return mismatch({ parent: place, key }, 'is missing');
    }
    const read = Object.entries(given).map(([key, inner]) => {
      const shape = shapes.get(key);
      const here = { parent: place, key };
      return [key, shape === undefined ? mismatch(here, 'is not known here') : shape(inner, here)] as const;
    });
    return Object.fromEntries(read) as T;
  };
}

type Variants<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: Fields<Omit<Extract<T, { readonly kind: K }>, 'kind'>>;
};

/** A union told apart by `kind`: for each member the fields beside it. */
export function byKind<T extends { readonly kind: string }>(variants: Variants<T>): Shape<T> {
  const shapes = Object.entries<object>(variants).map(
    ([kind, fields]) => [kind, record<object>({ kind: exactly(kind), ...fields })] as const,
  );
  return byField('kind', Object.fromEntries(shapes)) as Shape<T>;
}

/** An object whose field `name` says which of these shapes it has. */
export function byField<T>(name: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  const known = new Map(Object.entries(shapes));
  return (value, place) => {
    const fields = fieldsOf(value, place);
    const chosen = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const shape = typeof chosen === 'string' ? known.get(chosen) : undefined;
    if (shape !== undefined) return shape(value, place);
    return mismatch({ parent: place, key: name }, `is none of ${[...known.keys()].join(', ')}`);
  };
}

/** The same shape with one more condition; the sentence says what is missing when it does not hold. */
export function where<T>(shape: Shape<T>, holds: (value: T) => boolean, why: string): Shape<T> {
  return (value, place) => {
    const read = shape(value, place);
    return holds(read) ? read : mismatch(place, why);
  };
}

const ROOT: Place = { parent: null, key: '' };
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

class Mismatch extends Error {
  readonly place: string;
  constructor(place: string, why: string) {
    super(why);
    this.place = place;
  }
}

function mismatch(place: Place, why: string): never {
  throw new Mismatch(showPlace(place), why);
}

function fieldsOf(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(place, 'is no object');
  return value as Readonly<Record<string, unknown>>;
}

function showPlace({ parent, key }: Place): string {
  if (parent === null) return '';
  const before = showPlace(parent);
  if (typeof key === 'number') return `${before}[${key}]`;
  return `${before === '' ? '' : `${before}.`}${printable(key, SHOWN_LENGTH)}`;
}
