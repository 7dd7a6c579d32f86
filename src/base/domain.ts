/**
 * A domain name, parsed once at the door: A-labels, lower case, no trailing dot. Inside the house nobody lower-cases,
 * trims or converts again (RFC 1035 2.3.4, RFC 5890 2.3.2.1).
 */
import { domainToASCII, domainToUnicode } from 'node:url';
import { failed, type Outcome, succeeded } from './outcome.ts';
import { printable } from './printable.ts';

declare const domainBrand: unique symbol;
export type Domain = string & { readonly [domainBrand]: true };

export type DomainFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-long'; readonly octets: number }
  | { readonly kind: 'bad-character'; readonly character: string }
  | { readonly kind: 'bad-label'; readonly label: string; readonly why: string }
  | { readonly kind: 'looks-like-address'; readonly text: string }
  | { readonly kind: 'not-idna'; readonly text: string };

/** RFC 1035 2.3.4: 255 octets on the wire leave 253 characters of text. */
export const MAX_DOMAIN_LENGTH = 253;
/** RFC 1035 2.3.4. */
export const MAX_LABEL_LENGTH = 63;

/**
 * Reads what a person typed: U-labels are converted to A-labels, one trailing dot is dropped. Names that end in a
 * number are refused before conversion, since IDNA processing as browsers do it would read `1.2` as the address 1.0.0.2,
 * and after it, since digits of other scripts become ASCII ones.
 */
export function parseDomain(text: string): Outcome<Domain, DomainFault> {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  if (bare === '') return failed({ kind: 'empty' });
  if (bare.length > 4 * MAX_DOMAIN_LENGTH) return failed({ kind: 'too-long', octets: bare.length });
  const bad = FORBIDDEN.exec(bare);
  if (bad !== null) return failed({ kind: 'bad-character', character: bad[0] });
  const typedLabels = bare.split(/[.\u3002\uff0e\uff61]/);
  if (endsInNumber(typedLabels)) return failed({ kind: 'looks-like-address', text: bare });
  if (typedLabels.includes('')) return failed({ kind: 'bad-label', label: '', why: 'is empty (two dots in a row)' });
  const ascii = (NON_ASCII.test(bare) || /(^|\.)xn--/i.test(bare) ? domainToASCII(bare) : bare).toLowerCase();
  // Some characters map to ASCII that no host name may have: U+249C becomes "(a)".
  if (!/^[a-z0-9_.-]+$/.test(ascii)) return failed({ kind: 'not-idna', text: bare });
  if (ascii.length > MAX_DOMAIN_LENGTH) return failed({ kind: 'too-long', octets: ascii.length });
  const labels = ascii.split('.');
  if (endsInNumber(labels)) return failed({ kind: 'looks-like-address', text: bare });
  for (const label of labels) {
    const why = labelFault(label);
    if (why !== null) return failed({ kind: 'bad-label', label, why });
  }
  return succeeded(ascii as Domain);
}

/** What a URL's host parser takes for an address (WHATWG URL 3.5, "ends in a number"). */
function endsInNumber(labels: readonly string[]): boolean {
  return /^[0-9]+$|^0[xX][0-9a-fA-F]*$/.test(labels.at(-1) ?? '');
}

/**
 * The form people read: A-labels turned into U-labels where they are valid. Every other label stays as it is, and so
 * does one that mixes alphabets, which no registry would have and an eye takes for another name: `xn--pple-43d`.
 */
export function showDomain(domain: string): string {
  if (!domain.includes('xn--')) return domain;
  return domain.split('.').map(showLabel).join('.');
}

function showLabel(label: string): string {
  // Whatever else can stand in a name of the DNS, a URL's host parser would read as escapes or as its end.
  if (!/^xn--[a-z0-9-]+$/.test(label) || !isALabel(label)) return label;
  const unicode = domainToUnicode(label);
  const alphabets = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u].filter((one) =>
    one.test(unicode),
  );
  return alphabets.length > 1 || FORBIDDEN.test(unicode) ? label : unicode;
}

/** One sentence for people, without the name of the option or field it was typed into. */
export function describeDomainFault(fault: DomainFault): string {
  switch (fault.kind) {
    case 'empty':
      return 'the domain is empty';
    case 'too-long':
      return `the domain is ${fault.octets} characters long; ${MAX_DOMAIN_LENGTH} is the most the DNS can carry`;
    case 'bad-character':
      return `the domain contains ${describeCharacter(fault.character)}, which cannot stand in a host name`;
    case 'bad-label':
      return `the part "${printable(fault.label, 80)}" of the domain ${fault.why}`;
    case 'looks-like-address':
      return `"${printable(fault.text, 80)}" is a number, not a domain; an IP address is written in brackets, as [192.0.2.1]`;
    case 'not-idna':
      return `"${printable(fault.text, 80)}" is not a valid internationalised domain name`;
  }
}

export function describeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === ' ') return 'a space';
  if (character === '\r' || character === '\n') return 'a line break';
  if (code < 0x20 || (code >= 0x7f && code < 0xa0))
    return `a control character (0x${code.toString(16).padStart(2, '0')})`;
  return `"${character}"`;
}

const NON_ASCII = /[^\0-\x7f]/;
/** ASCII that is neither letter, digit, hyphen, underscore nor dot, and all control and space characters. */
const FORBIDDEN = /[\0-,/:-@[-^`{-\x9f\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2066-\u2069\u3000\ufeff]|\p{Cs}/u;

function labelFault(label: string): string | null {
  if (label === '') return 'is empty';
  if (label.length > MAX_LABEL_LENGTH) return `is ${label.length} characters long; ${MAX_LABEL_LENGTH} is the limit`;
  if (label.startsWith('-') || label.endsWith('-')) return 'begins or ends with a hyphen';
  if (label.startsWith('xn--') && !isALabel(label)) return 'is not a valid A-label';
  return null;
}

/** RFC 5890 2.3.2.1: an A-label is what its U-label converts back to. */
function isALabel(label: string): boolean {
  const unicode = domainToUnicode(label);
  return unicode !== '' && unicode !== label && domainToASCII(unicode) === label;
}
