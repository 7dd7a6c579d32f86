/**
 * Names as DNSSEC compares them (RFC 4034 section 6.1): label by label from the right, octet by octet. The texts are
 * those of `name.ts`, lower case, so that equal texts are equal names.
 */

/** The labels as written, leftmost first; none for the root. */
export function labelsOf(name: string): readonly string[] {
  if (name === '') return [];
  return name.includes('\\') ? (name.match(ESCAPED_LABEL) ?? []) : name.split('.');
}

export function labelCount(name: string): number {
  return labelsOf(name).length;
}

/** The name one label up; null above the root. */
export function parentOf(name: string): string | null {
  return name === '' ? null : lastLabels(name, labelCount(name) - 1);
}

/** What the last `count` labels name. */
export function lastLabels(name: string, count: number): string {
  const labels = labelsOf(name);
  return labels.slice(labels.length - count).join('.');
}

/** RFC 4592 section 2.1.1. */
export function wildcardBelow(name: string): string {
  return name === '' ? '*' : `*.${name}`;
}

/** The longest name that both are at or below. */
export function commonAncestor(a: string, b: string): string {
  const left = labelsOf(a);
  const right = labelsOf(b);
  let same = 0;
  while (same < Math.min(left.length, right.length) && left.at(-1 - same) === right.at(-1 - same)) same += 1;
  return lastLabels(a, same);
}

/** Negative when `a` stands before `b` in the canonical order of a zone. */
export function compareNames(a: string, b: string): number {
  const left = octetLabels(a);
  const right = octetLabels(b);
  for (let index = 1; index <= Math.min(left.length, right.length); index += 1) {
    const one = left.at(-index) ?? '';
    const other = right.at(-index) ?? '';
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** The root is shown as a dot: an empty place in a sentence helps nobody. */
export function showName(name: string): string {
  return name === '' ? '.' : name;
}

/** The labels as octets, one character each. */
function octetLabels(name: string): readonly string[] {
  const labels = labelsOf(name);
  return name.includes('\\') ? labels.map(unescaped) : labels;
}

function unescaped(label: string): string {
  return label.replace(/\\(\d{3}|.)/g, (_, what: string) =>
    what.length === 3 ? String.fromCharCode(Number(what)) : what,
  );
}

const ESCAPED_LABEL = /(?:\\\d{3}|\\[^\d]|[^.\\])+/g;
