/**
 * What differs between two configurations, field by field. Rows of lists are told apart by what people call them, not by
 * where they stand; secrets are never shown, only that they differ.
 */
import type { ConfigurationDocument } from './document.ts';
import { MASK } from './secrets.ts';

export interface ConfigurationChange {
  /** `destinations.entries[example.com].tls`. */
  readonly place: string;
  readonly kind: 'added' | 'removed' | 'changed' | 'reordered';
  /** Absent where there was nothing. */
  readonly before?: unknown;
  readonly after?: unknown;
}

type Row = Readonly<Record<string, unknown>>;

/** Fields that hold a secret, wherever they stand. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['secret', 'privateKey', 'key']);

export function diffDocuments(
  before: ConfigurationDocument,
  after: ConfigurationDocument,
): readonly ConfigurationChange[] {
  const changes: ConfigurationChange[] = [];
  compare('', before, after, changes);
  return changes;
}

/** One line for people. */
export function describeChange({ place, kind, before, after }: ConfigurationChange): string {
  switch (kind) {
    case 'added':
      return `+ ${place}: ${show(after)}`;
    case 'removed':
      return `- ${place}: ${show(before)}`;
    case 'changed':
      return `~ ${place}: ${show(before)} -> ${show(after)}`;
    case 'reordered':
      return `~ ${place}: the order changed`;
  }
}

function compare(place: string, before: unknown, after: unknown, changes: ConfigurationChange[]): void {
  if (isRowList(before) && isRowList(after)) {
    compareRows(place, before, after, changes);
  } else if (isRow(before) && isRow(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = place === '' ? key : `${place}.${key}`;
      if (!SECRET_FIELDS.has(key)) compare(inner, before[key], after[key], changes);
      else if (before[key] !== after[key]) changes.push({ place: inner, kind: 'changed', before: MASK, after: MASK });
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    changes.push({ place, kind: 'changed', before: masked(before), after: masked(after) });
  }
}

function compareRows(
  place: string,
  before: readonly Row[],
  after: readonly Row[],
  changes: ConfigurationChange[],
): void {
  const old = new Map(before.map((row) => [nameOf(row), row]));
  const now = new Map(after.map((row) => [nameOf(row), row]));
  for (const [name, row] of old) {
    const inner = `${place}[${name}]`;
    const next = now.get(name);
    if (next === undefined) changes.push({ place: inner, kind: 'removed', before: masked(row) });
    else compare(inner, row, next, changes);
  }
  for (const [name, row] of now) {
    if (!old.has(name)) changes.push({ place: `${place}[${name}]`, kind: 'added', after: masked(row) });
  }
  const kept = (rows: ReadonlyMap<string, Row>, others: ReadonlyMap<string, Row>): string =>
    JSON.stringify([...rows.keys()].filter((name) => others.has(name)));
  if (kept(old, now) !== kept(now, old)) changes.push({ place, kind: 'reordered' });
}

/** What people call a row: the identity that the rules let stand only once. */
function nameOf(row: Row): string {
  if (typeof row['selector'] === 'string') return `${row['selector']}._domainkey.${String(row['domain'])}`;
  for (const key of ['domain', 'name', 'address', 'id']) {
    if (row[key] !== undefined) return String(row[key]);
  }
  return JSON.stringify(row);
}

/** With every secret in it masked, however deep. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (!isRow(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_FIELDS.has(key) ? MASK : masked(inner)]),
  );
}

/** Long texts, such as certificates, by their length; everything else as JSON, without what is only the default. */
function show(value: unknown): string {
  if (typeof value === 'string' && value.length > 100) return `a text of ${value.length} characters`;
  if (!isRow(value)) return JSON.stringify(value) ?? 'nothing';
  const own = Object.entries(value).filter(([key, inner]) => inner !== 'default' && !NAMES.has(key));
  return own.length === 0 ? 'as the default' : own.map(([key, inner]) => `${key} ${show(inner)}`).join(', ');
}

const NAMES: ReadonlySet<string> = new Set(['domain', 'name', 'address', 'id']);

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of rows that have names; targets of a route have none and are compared as one value. */
function isRowList(value: unknown): value is readonly Row[] {
  return (
    Array.isArray(value) &&
    value.every((row) => isRow(row) && (typeof row['kind'] !== 'string' || row['name'] !== undefined))
  );
}
