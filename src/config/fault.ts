/**
 * What is wrong with a configuration, place by place: a document is refused as a whole, with every fault named, what
 * stood there and what may (R64).
 */
import { printable } from '../base/printable.ts';

export interface ConfigurationFault {
  /** `destinations.entries[3].maxConcurrency`; empty for the document itself. */
  readonly place: string;
  /** Of a list's element: what people call it, `example.com`. */
  readonly subject: string | null;
  /** The end of a sentence, with what was given and what may stand there. */
  readonly why: string;
}

/** Faults that are told of one document; whoever has more has another kind of document. */
export const MAX_FAULTS = 100;

const SHOWN_LENGTH = 80;

/** A sentence for people. */
export function describeConfigurationFault({ place, subject, why }: ConfigurationFault): string {
  const where = place === '' ? 'the configuration' : place;
  return `${printable(where, 200)}${subject === null ? '' : ` (${printable(subject, SHOWN_LENGTH)})`}: ${why}`;
}

/** What stood in a place, short and harmless. */
export function showGiven(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value, SHOWN_LENGTH)}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 20 }) : String(value);
}

/** `1,000,000,000`. */
export function showNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 20 });
}

/** `a`, `b` and `c` as the step from one place to one inside it. */
export function inside(place: string, key: string | number): string {
  if (typeof key === 'number') return `${place}[${key}]`;
  const shown = printable(key, SHOWN_LENGTH);
  return place === '' ? shown : `${place}.${shown}`;
}
