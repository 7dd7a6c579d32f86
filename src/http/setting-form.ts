/** Forms that are made from the JSON schema of a setting: one field each, with its range, and back to a value. Pure. */

import type { TSchema } from 'typebox';
import { parseRouteTargets, showRouteTargets } from '../config/route-target.ts';
import type { SmtpRouteTarget } from '../delivery/settings.ts';
import { showCount } from './dates.ts';
import { listIn, textIn } from './desk.ts';
import { wholeOf } from './destination-form.ts';
import type { MessageKey, Say } from './languages.ts';
import type { OperatorKey } from './messages/operator-en.ts';
import type { TableRow } from './table-api.ts';

export interface SettingField {
  readonly key: string;
  readonly label: string;
  readonly kind: 'whole' | 'switch' | 'choice' | 'many' | 'text';
  readonly value: string;
  readonly chosen: readonly string[];
  readonly choices: readonly string[];
  readonly least: number | null;
  readonly most: number | null;
  readonly hint: string;
  readonly optional: boolean;
}

interface Node {
  readonly type?: string;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly string[];
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Choices that are not in the schema: names of things that other sections hold. */
export type References = Readonly<Record<string, readonly string[]>>;
/** Words for fields that mean something else elsewhere. */
export type Labels = Readonly<Record<string, MessageKey>>;

function propertiesOf(schema: TSchema): readonly (readonly [string, Node])[] {
  return Object.entries((schema as unknown as Node).properties ?? {});
}

/** Lists with forms of their own, and the name, are left out. */
export function fieldsOfSchema(
  schema: TSchema,
  row: TableRow,
  leftOut: readonly string[],
  say: Say,
  references: References = {},
  labels: Labels = {},
): readonly SettingField[] {
  return flat(propertiesOf(schema), row, leftOut).map(({ key, node, value }) => {
    const optional = node.anyOf?.some(({ type }) => type === 'null') === true;
    const own = node.anyOf?.find(({ type }) => type !== 'null') ?? node;
    const choices = references[key] ?? own.enum ?? own.items?.enum ?? [];
    const kind = references[key] === undefined ? kindOf(key, own, choices) : 'choice';
    const range =
      own.minimum === undefined || own.maximum === undefined
        ? ''
        : say('opBetween', { least: showCount(own.minimum, say.language), most: showCount(own.maximum, say.language) });
    return {
      key,
      label: say(labels[key] ?? labelKey(key)),
      kind,
      value:
        key === 'targets'
          ? showTargets(value)
          : value === null || value === undefined
            ? ''
            : Array.isArray(value)
              ? value.join(', ')
              : String(value),
      chosen: Array.isArray(value) ? value.map(String) : [],
      choices,
      least: own.minimum ?? null,
      most: own.maximum ?? null,
      hint: hintOf(key, own, choices, say) ?? (optional ? say('stMay') : range),
      optional,
    };
  });
}

function hintOf(key: string, own: Node, choices: readonly string[], say: Say): string | null {
  if (key === 'targets') return say('stTargetsHint');
  return own.type === 'array' && choices.length === 0 ? say('stWordsHint') : null;
}

function showTargets(value: unknown): string {
  return typeof value === 'string' ? value : showRouteTargets(value as readonly SmtpRouteTarget[]);
}

/** A group of fields (`timeouts`) comes out as its fields. */
function flat(
  properties: readonly (readonly [string, Node])[],
  row: TableRow,
  leftOut: readonly string[],
): readonly { readonly key: string; readonly node: Node; readonly value: unknown }[] {
  return properties
    .filter(([key]) => !leftOut.includes(key))
    .flatMap(([key, node]) =>
      node.type === 'object'
        ? flat(Object.entries(node.properties ?? {}), (row[key] ?? {}) as TableRow, [])
        : [{ key, node, value: row[key] }],
    );
}

function kindOf(key: string, node: Node, choices: readonly string[]): SettingField['kind'] {
  // What may be chosen is chosen; other words are typed, with commas between.
  if (node.type === 'array' && key !== 'targets') return choices.length > 0 ? 'many' : 'text';
  if (choices.length > 0) return 'choice';
  if (node.type === 'integer') return 'whole';
  return node.type === 'boolean' ? 'switch' : 'text';
}

function labelKey(key: string): MessageKey {
  return `fd${key.charAt(0).toUpperCase()}${key.slice(1)}` as OperatorKey & MessageKey;
}

export interface ReadForm {
  readonly row: TableRow;
  /** By field: the end of a sentence. */
  readonly faults: Readonly<Record<string, string>>;
}

/** The fields as they were sent. */
export function readForm(schema: TSchema, body: unknown, before: TableRow, leftOut: readonly string[]): ReadForm {
  const faults: Record<string, string> = {};
  const read = (properties: readonly (readonly [string, Node])[], old: TableRow, out: readonly string[]): TableRow => {
    const row: Record<string, unknown> = {};
    for (const [key, node] of properties) {
      if (out.includes(key)) continue;
      if (node.type === 'object') {
        row[key] = read(Object.entries(node.properties ?? {}), (old[key] ?? {}) as TableRow, []);
        continue;
      }
      const own = node.anyOf?.find(({ type }) => type !== 'null') ?? node;
      const optional = own !== node;
      const text = textIn(body, key).trim();
      if (key === 'targets') {
        const targets = parseRouteTargets(text);
        if (targets.ok) row[key] = targets.value;
        else faults[key] = targets.failure;
      } else if (own.type === 'array')
        row[key] = own.items?.enum === undefined ? wordsOf(text) : [...listIn(body, key)];
      else if (own.type === 'boolean') row[key] = text === 'on';
      else if (optional && text === '') row[key] = null;
      else if (own.type === 'integer') row[key] = wholeOf(text);
      else row[key] = text;
    }
    return row;
  };
  return { row: read(propertiesOf(schema), before, leftOut), faults };
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(/[,\s]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
