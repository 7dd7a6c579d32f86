/**
 * Why a value does not fit a schema, in sentences: which place, what stood there, what may. TypeBox says yes or no; its
 * own messages name neither the value nor, inside a union, the range that counts.
 */
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { type ConfigurationFault, inside, MAX_FAULTS, showGiven, showNumber } from './fault.ts';

/** The part of JSON Schema that our documents are written in. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** Tells faults of values against `schema`; the schema is compiled once, when it is needed. */
export function faultFinder(schema: TSchema): (value: unknown) => readonly ConfigurationFault[] {
  let validator: Validator | null = null;
  return (value) => {
    validator ??= Compile(schema);
    if (validator.Check(value)) return [];
    const faults: ConfigurationFault[] = [];
    explain(schema as Node, value, { place: '', subject: null }, faults);
    if (faults.length === 0) faults.push({ place: '', subject: null, why: 'does not have the form it should have' });
    return faults;
  };
}

interface Where {
  readonly place: string;
  readonly subject: string | null;
}

function explain(node: Node, value: unknown, where: Where, faults: ConfigurationFault[]): void {
  if (faults.length >= MAX_FAULTS) return;
  const tell = (why: string): void => void faults.push({ ...where, why });
  if (node.anyOf !== undefined) {
    if (node.anyOf.some((member) => fits(member, value))) return;
    const chosen = memberOf(node.anyOf, value);
    if (chosen !== null) explain(chosen, value, where, faults);
    else tell(`${showGiven(value)} is not ${expected(node)}`);
    return;
  }
  if (node.type === 'object' && isRecord(value)) explainObject(node, value, where, faults);
  else if (node.type === 'array' && Array.isArray(value)) explainArray(node, value, where, faults);
  else if (!fitsAlone(node, value)) tell(`${showGiven(value)} is not ${expected(node)}`);
}

function explainObject(
  node: Node,
  value: Readonly<Record<string, unknown>>,
  { place, subject }: Where,
  faults: ConfigurationFault[],
): void {
  const properties = node.properties ?? {};
  const named = value['domain'] ?? value['name'] ?? value['address'];
  const here = typeof named === 'string' ? named : subject;
  for (const key of node.required ?? []) {
    if (!Object.hasOwn(value, key)) faults.push({ place: inside(place, key), subject: here, why: 'is missing' });
  }
  for (const [key, inner] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known !== undefined) {
      explain(known, inner, { place: inside(place, key), subject: here }, faults);
      continue;
    }
    const why = `is not known here; what may stand here is ${Object.keys(properties).join(', ')}`;
    faults.push({ place: inside(place, key), subject: here, why });
  }
}

function explainArray(node: Node, value: readonly unknown[], where: Where, faults: ConfigurationFault[]): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = node;
  if (value.length < minItems || value.length > maxItems) {
    const range = value.length > maxItems ? `at most ${showNumber(maxItems)}` : `at least ${showNumber(minItems)}`;
    faults.push({ ...where, why: `has ${showNumber(value.length)} entries; ${range} may stand here` });
    return;
  }
  if (node.uniqueItems === true && new Set(value).size < value.length) {
    faults.push({ ...where, why: 'says the same thing twice' });
  }
  if (items === undefined) return;
  for (const [index, item] of value.entries()) {
    explain(items, item, { place: inside(where.place, index), subject: where.subject }, faults);
  }
}

/** The member of a union a person meant: the one of the value's type, or of its `kind`. */
function memberOf(members: readonly Node[], value: unknown): Node | null {
  if (isRecord(value)) {
    const kind = value['kind'];
    return members.find((each) => each.type === 'object' && each.properties?.['kind']?.const === kind) ?? null;
  }
  const only = members.filter((each) => each.const !== 'default' && each.type !== 'null');
  const [first] = only;
  // "default or a number": a number is meant as one, and its range is what helps. Everything else hears both.
  return only.length === 1 && first !== undefined && typeof value === 'number' && isNumeric(first) ? first : null;
}

function isNumeric({ type }: Node): boolean {
  return type === 'integer' || type === 'number';
}

/** Whether a value fits, without saying why. */
function fits(node: Node, value: unknown): boolean {
  const faults: ConfigurationFault[] = [];
  explain(node, value, { place: '', subject: null }, faults);
  return faults.length === 0;
}

function fitsAlone(node: Node, value: unknown): boolean {
  if (node.const !== undefined) return value === node.const;
  if (node.enum !== undefined) return node.enum.includes(value);
  switch (node.type) {
    case 'integer':
      return Number.isInteger(value) && within(value as number, node.minimum, node.maximum);
    case 'number':
      return typeof value === 'number' && within(value, node.minimum, node.maximum);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'string':
      return (
        typeof value === 'string' &&
        within([...value].length, node.minLength, node.maxLength) &&
        (node.pattern === undefined || new RegExp(node.pattern, 'u').test(value))
      );
    default:
      return false;
  }
}

function within(value: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): boolean {
  return value >= least && value <= most;
}

/** What may stand in a place: `a whole number from 1 to 1,000`. */
function expected(node: Node): string {
  if (node.anyOf !== undefined) return node.anyOf.map(expected).join(' or ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
    case 'number':
      return `${node.type === 'integer' ? 'a whole number' : 'a number'} from ${showNumber(node.minimum ?? 0)} to ${showNumber(node.maximum ?? 0)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'string':
      return describeText(node);
    case 'array':
      return 'a list';
    default:
      return node.properties?.['kind'] === undefined
        ? 'an object'
        : `an object of the kind ${expected(node.properties['kind'])}`;
  }
}

function describeText({ minLength = 0, maxLength = 0, pattern }: Node): string {
  const length = `a text of ${minLength} to ${showNumber(maxLength)} characters`;
  return pattern === undefined
    ? length
    : `a name of ${minLength} to ${showNumber(maxLength)} letters, digits, blanks and . _ @ + -`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
