/**
 * The policy file of a domain (RFC 8461 section 3.2), read as strictly as its grammar asks and no more strictly than
 * senders can afford: what is merely odd is a remark, what has no meaning is a fault (S-STS-7). Pure.
 */
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';

export type StsMode = 'enforce' | 'testing' | 'none';

export interface StsPolicy {
  readonly mode: StsMode;
  /** Lower case, without trailing dot; a wildcard as `*.` in front. Empty only in mode `none`. */
  readonly mx: readonly string[];
  /** Seconds. */
  readonly maxAge: number;
}

export interface ReadPolicy {
  readonly policy: StsPolicy;
  readonly remarks: readonly PolicyRemark[];
}

/** Odd, but the policy counts. */
export type PolicyRemark =
  | { readonly kind: 'version-not-first' }
  | { readonly kind: 'blank-line'; readonly line: number }
  /** RFC 8461 3.2: all but the first are ignored. */
  | { readonly kind: 'repeated-field'; readonly field: string }
  | { readonly kind: 'mx-is-address'; readonly mx: string }
  | { readonly kind: 'mx-trailing-dot'; readonly mx: string }
  | { readonly kind: 'mx-in-mode-none' }
  /** S-STS-13: such a policy protects for so short a time that an attacker can wait for its end. */
  | { readonly kind: 'short-max-age'; readonly maxAge: number };

export type PolicyFault =
  | { readonly kind: 'too-large'; readonly limit: number }
  | { readonly kind: 'byte-order-mark' }
  | { readonly kind: 'not-utf8' }
  | { readonly kind: 'malformed-line'; readonly line: number; readonly text: string }
  | { readonly kind: 'missing'; readonly field: 'version' | 'mode' | 'max_age' | 'mx' }
  | { readonly kind: 'bad-version'; readonly value: string }
  | { readonly kind: 'bad-mode'; readonly value: string }
  | { readonly kind: 'bad-max-age'; readonly value: string }
  | { readonly kind: 'bad-mx'; readonly value: string; readonly why: string };

/** RFC 8461 3.3 suggests 64 kilobytes. */
export const MAX_POLICY_OCTETS = 64 * 1024;
/** RFC 8461 3.2: about a year, seconds. */
export const MAX_MAX_AGE = 31_557_600;
/** RFC 8461 3.2 and 10.2 advise weeks; below one of them we say so. Seconds. */
export const SHORT_MAX_AGE = 7 * 86_400;
const SHOWN_LENGTH = 80;

/** Reads a policy file. Never throws. */
export function parsePolicy(body: Buffer): Outcome<ReadPolicy, PolicyFault> {
  if (body.length > MAX_POLICY_OCTETS) return failed({ kind: 'too-large', limit: MAX_POLICY_OCTETS });
  const text = decode(body);
  if (text === null) return failed({ kind: 'not-utf8' });
  if (text.startsWith('\ufeff')) return failed({ kind: 'byte-order-mark' });
  const lines = readLines(text);
  if (!lines.ok) return lines;
  const { fields, blankLine } = lines.value;
  const remarks: PolicyRemark[] = [];
  if (blankLine !== null) remarks.push({ kind: 'blank-line', line: blankLine });
  const first = (name: string): string | undefined => {
    const values = fields.filter((field) => field.name === name);
    if (values.length > 1) remarks.push({ kind: 'repeated-field', field: name });
    return values[0]?.value;
  };
  const [version, mode, age] = [first('version'), first('mode'), first('max_age')];
  if (version === undefined) return failed({ kind: 'missing', field: 'version' });
  if (version !== 'STSv1') return failed({ kind: 'bad-version', value: shown(version) });
  if (fields[0]?.name !== 'version') remarks.push({ kind: 'version-not-first' });
  if (mode === undefined) return failed({ kind: 'missing', field: 'mode' });
  if (!isMode(mode)) return failed({ kind: 'bad-mode', value: shown(mode) });
  if (age === undefined) return failed({ kind: 'missing', field: 'max_age' });
  // Erratum 7282: eight digits are enough for the maximum, so more are no number that could be meant.
  if (!/^[0-9]{1,8}$/.test(age) || Number(age) > MAX_MAX_AGE) return failed({ kind: 'bad-max-age', value: shown(age) });
  const mx: string[] = [];
  for (const { name, value } of fields) {
    if (name !== 'mx') continue;
    const pattern = readPattern(value);
    if (!pattern.ok) return pattern;
    mx.push(pattern.value.pattern);
    if (pattern.value.remark !== null) remarks.push(pattern.value.remark);
  }
  if (mode !== 'none' && mx.length === 0) return failed({ kind: 'missing', field: 'mx' });
  if (mode === 'none' && mx.length > 0) remarks.push({ kind: 'mx-in-mode-none' });
  const maxAge = Number(age);
  if (mode !== 'none' && maxAge < SHORT_MAX_AGE) remarks.push({ kind: 'short-max-age', maxAge });
  return succeeded({ policy: { mode, mx, maxAge }, remarks });
}

/** Whether two policies ask for the same. */
export function samePolicy(one: StsPolicy, other: StsPolicy): boolean {
  return (
    one.mode === other.mode &&
    one.maxAge === other.maxAge &&
    one.mx.length === other.mx.length &&
    one.mx.every((pattern, index) => pattern === other.mx[index])
  );
}

/**
 * When a policy may be taken away without stranding anybody (RFC 8461 section 8.3, S-STS-17): the `none` policy has to stand
 * as long as anybody may still hold the old one. `noneSince` and the result in ms since the epoch.
 */
export function removableAt(old: StsPolicy, noneSince: number): number {
  return noneSince + old.maxAge * 1000;
}

/** The end of a sentence that begins with the policy. */
export function describePolicyFault(fault: PolicyFault): string {
  switch (fault.kind) {
    case 'too-large':
      return `is larger than ${fault.limit} octets`;
    case 'byte-order-mark':
      return 'begins with a byte order mark, which hides its first field';
    case 'not-utf8':
      return 'is not text in UTF-8';
    case 'malformed-line':
      return `has a line that is no "key: value" (line ${fault.line}, "${fault.text}")`;
    case 'missing':
      return fault.field === 'mx' ? 'names no MX host (mx)' : `has no ${fault.field}`;
    case 'bad-version':
      return `has version "${fault.value}" where only STSv1 exists`;
    case 'bad-mode':
      return `has mode "${fault.value}", which is none of enforce, testing and none`;
    case 'bad-max-age':
      return `has max_age "${fault.value}", which is no number from 0 to ${MAX_MAX_AGE}`;
    case 'bad-mx':
      return `has an mx "${fault.value}" that can be no host: ${fault.why}`;
  }
}

/** One sentence for the owner of the policy. */
export function describePolicyRemark(remark: PolicyRemark): string {
  switch (remark.kind) {
    case 'version-not-first':
      return 'The policy does not begin with its version.';
    case 'blank-line':
      return `The policy has an empty line (line ${remark.line}), which its grammar does not allow.`;
    case 'repeated-field':
      return `The policy has ${remark.field} more than once; only the first counts.`;
    case 'mx-is-address':
      return `The policy names the address ${remark.mx} as mx; only host names can match.`;
    case 'mx-trailing-dot':
      return `The policy writes ${remark.mx} with a trailing dot, which strict senders refuse.`;
    case 'mx-in-mode-none':
      return 'The policy has mode none and yet names MX hosts, which nobody looks at.';
    case 'short-max-age':
      return `The policy is kept for ${remark.maxAge} s only; less than a week protects little.`;
  }
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/** RFC 8461 3.2: `sts-policy-term` is LF or CRLF, white space may stand behind a value. */
function readLines(text: string): Outcome<{ fields: readonly Field[]; blankLine: number | null }, PolicyFault> {
  const fields: Field[] = [];
  let blankLine: number | null = null;
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = (raw.endsWith('\r') ? raw.slice(0, -1) : raw).replace(/[ \t]+$/, '');
    if (line === '') {
      if (index < lines.length - 1) blankLine ??= index + 1;
      continue;
    }
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      return failed({ kind: 'malformed-line', line: index + 1, text: shown(line) });
    }
    fields.push({ name, value });
  }
  return succeeded({ fields, blankLine });
}

/** Name, colon, white space, a value of visible characters and spaces (UTF-8 beyond ASCII) that ends in a visible one. */
const FIELD = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*([^\p{Cc} ](?:[^\p{Cc}]*[^\p{Cc} ])?)$/u;

function readPattern(value: string): Outcome<{ pattern: string; remark: PolicyRemark | null }, PolicyFault> {
  const bad = (why: string): Outcome<never, PolicyFault> => failed({ kind: 'bad-mx', value: shown(value), why });
  // An address has the form of a domain here; it stays and never matches (S-STS-8).
  if (parseIpAddress(value)?.family === 4) {
    return succeeded({ pattern: value, remark: { kind: 'mx-is-address', mx: value } });
  }
  const name = value.startsWith('*.') ? value.slice(2) : value;
  if (/[^\x21-\x7e]/.test(name)) return bad('it is not written in ASCII (A-labels)');
  const domain = parseDomain(name);
  if (!domain.ok) return bad(describeDomainFault(domain.failure));
  const pattern = value.startsWith('*.') ? `*.${domain.value}` : domain.value;
  return succeeded({ pattern, remark: name.endsWith('.') ? { kind: 'mx-trailing-dot', mx: shown(value) } : null });
}

function isMode(text: string): text is StsMode {
  return text === 'enforce' || text === 'testing' || text === 'none';
}

function shown(text: string): string {
  return printable(text, SHOWN_LENGTH);
}

function decode(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
