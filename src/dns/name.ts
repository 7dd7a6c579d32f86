/**
 * Domain names between their wire form and our text (RFC 1035 3.1, 4.1.4 and 5.1, RFC 4343): lower case, no trailing
 * dot, the root is the empty string. A dot or backslash inside a label is written `\.` and `\\`, every octet that is
 * not printable ASCII as `\DDD`: two names have the same text only if they are the same name.
 */
import type { Reader } from './reader.ts';

/** RFC 1035 2.3.4: octets of a name on the wire, its length octets and the root included. */
export const MAX_NAME_OCTETS = 255;
/** RFC 1035 2.3.4. */
export const MAX_LABEL_OCTETS = 63;
/** Jumps while one name is read. Each leads strictly backwards; honest messages need one or two. */
export const MAX_NAME_POINTERS = 64;

/** Reads the name at the reader's place and moves past it; what is wrong becomes the reader's fault. */
export function readName(reader: Reader): string {
  const { bytes } = reader;
  let text = '';
  let octets = 1;
  let jumps = 0;
  let at = reader.at;
  /** Where a pointer may not reach any more: the beginning of the piece being read. */
  let barrier = at;
  let end = -1;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return reader.fail('a name runs over the end of the message');
    at += 1;
    if (length === 0) break;
    if (length >= 0xc0) {
      const low = bytes[at];
      if (low === undefined) return reader.fail('a name runs over the end of the message');
      if (end < 0) end = at + 1;
      const target = ((length & 0x3f) << 8) | low;
      jumps += 1;
      if (target >= barrier) return reader.fail('a compression pointer does not lead backwards');
      if (jumps > MAX_NAME_POINTERS) return reader.fail('a name is made of too many compression pointers');
      at = target;
      barrier = target;
      continue;
    }
    if (length > MAX_LABEL_OCTETS) return reader.fail('a label has an unknown type');
    octets += length + 1;
    if (octets > MAX_NAME_OCTETS) return reader.fail('a name is longer than 255 octets');
    if (at + length > bytes.length) return reader.fail('a name runs over the end of the message');
    if (text !== '') text += '.';
    for (const stop = at + length; at < stop; at += 1) text += CHARACTERS[bytes[at] ?? 0] ?? '';
  }
  reader.moveTo(end < 0 ? at : end);
  return text;
}

/** The uncompressed wire form, or null for a text that is no name (empty or over-long labels, bad escapes). */
export function encodeName(text: string): Buffer | null {
  if (text.length > 4 * MAX_NAME_OCTETS) return null;
  const wire: number[] = [];
  let labelAt = 0;
  wire.push(0);
  const closeLabel = (): boolean => {
    const length = wire.length - labelAt - 1;
    if (length === 0 || length > MAX_LABEL_OCTETS) return false;
    wire[labelAt] = length;
    return true;
  };
  if (text === '' || text === '.') return Buffer.from(wire);
  const stop = /(^|[^\\])(\\\\)*\.$/.test(text) ? text.length - 1 : text.length;
  for (let at = 0; at < stop; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (!closeLabel()) return null;
      labelAt = wire.push(0) - 1;
    } else if (code === BACKSLASH) {
      const decimal = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0];
      const octet = decimal === undefined ? text.charCodeAt(at + 1) : Number(decimal);
      if (Number.isNaN(octet) || octet > 0xff) return null;
      wire.push(lowerCase(octet));
      at += decimal === undefined ? 1 : 3;
    } else {
      if (code <= 0x20 || code >= 0x7f) return null;
      wire.push(lowerCase(code));
    }
  }
  if (!closeLabel()) return null;
  wire.push(0);
  return wire.length > MAX_NAME_OCTETS ? null : Buffer.from(wire);
}

/** The text `readName` would give for what a person or a record wrote; null when it is no name. */
export function canonicalName(text: string): string | null {
  if (PLAIN_NAME.test(text) && text.length < MAX_NAME_OCTETS - 1) return text;
  const wire = encodeName(text);
  if (wire === null) return null;
  let shown = '';
  for (let at = 0; (wire[at] ?? 0) !== 0; ) {
    const end = at + 1 + (wire[at] ?? 0);
    if (shown !== '') shown += '.';
    for (at += 1; at < end; at += 1) shown += CHARACTERS[wire[at] ?? 0] ?? '';
  }
  return shown;
}

/** Whether a name is below `ancestor` or equal to it, label by label. */
export function isWithin(name: string, ancestor: string): boolean {
  if (ancestor === '' || name === ancestor) return true;
  if (!name.endsWith(`.${ancestor}`)) return false;
  const before = name.slice(0, name.length - ancestor.length - 1);
  return (/\\*$/.exec(before)?.[0].length ?? 0) % 2 === 0;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const PLAIN_NAME = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}

/** How each octet of a label is written. */
const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet === DOT || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`;
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`;
  return String.fromCharCode(lowerCase(octet));
});
