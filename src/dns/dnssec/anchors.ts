/**
 * Where trust begins: the keys of the root, built in as digests with their dates, or those of a file for test beds and
 * zones of one's own (`--dnssec-anchor`). Pure.
 */
import { failed, type Outcome, succeeded } from '../../base/outcome.ts';
import { printable } from '../../base/printable.ts';
import { canonicalName, isWithin } from '../name.ts';
import type { EntryPoint } from './zone-key.ts';

export interface TrustAnchor {
  readonly zone: string;
  readonly entry: EntryPoint;
  /** ms since the epoch; null for no bound. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

/** IANA, root-anchors.xml (RFC 9718): KSK-2017 and KSK-2024. KSK-2010 ended on 2019-01-11. */
export const ROOT_ANCHORS: readonly TrustAnchor[] = [
  rootAnchor(20326, 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d', Date.UTC(2017, 1, 2)),
  rootAnchor(38696, '683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16', Date.UTC(2024, 6, 18)),
];

function rootAnchor(keyTag: number, digest: string, validFrom: number): TrustAnchor {
  const data = { keyTag, algorithm: 8, digestType: 2, digest: Buffer.from(digest, 'hex') };
  return { zone: '', entry: { kind: 'ds', data }, validFrom, validUntil: null };
}

export interface AnchorZone {
  readonly zone: string;
  readonly entries: readonly EntryPoint[];
}

/** The anchors in force at `now` (ms) of the deepest zone at or above `name`; null when there is none. */
export function anchorFor(anchors: readonly TrustAnchor[], name: string, now: number): AnchorZone | null {
  let zone: string | null = null;
  for (const anchor of anchors) {
    if (isWithin(name, anchor.zone) && (zone === null || anchor.zone.length > zone.length)) zone = anchor.zone;
  }
  if (zone === null) return null;
  const entries = anchors
    .filter((anchor) => anchor.zone === zone && isInForce(anchor, now))
    .map((anchor) => anchor.entry);
  return { zone, entries };
}

function isInForce({ validFrom, validUntil }: TrustAnchor, now: number): boolean {
  return (validFrom === null || validFrom <= now) && (validUntil === null || now < validUntil);
}

export interface AnchorFault {
  /** Of the record's beginning, from 1; 0 where there is no record at all. */
  readonly line: number;
  readonly problem: string;
}

/** A file that is longer holds something else, octets. */
export const MAX_ANCHOR_FILE = 1_048_576;

/** Reads DS and DNSKEY records in the form of a zone file (RFC 1035 section 5.1), comments and parentheses included. */
export function parseTrustAnchors(text: string): Outcome<readonly TrustAnchor[], AnchorFault> {
  if (text.length > MAX_ANCHOR_FILE) return failed({ line: 0, problem: 'the file is far too long for trust anchors' });
  const anchors: TrustAnchor[] = [];
  let owner: string | null = null;
  let open: { line: number; words: string[]; inherits: boolean } | null = null;
  let depth = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const bare = raw.replace(/;.*$/, '');
    open ??= { line: index + 1, words: [], inherits: /^[ \t]/.test(bare) };
    for (const word of bare.match(/[()]|[^\s()]+/g) ?? []) {
      if (word === '(') depth += 1;
      else if (word === ')') depth -= 1;
      else open.words.push(word);
    }
    if (depth < 0) return failed({ line: index + 1, problem: 'a parenthesis is closed that was never opened' });
    if (depth > 0) continue;
    const { line, words, inherits } = open;
    open = null;
    if (words.length === 0) continue;
    const written = inherits ? null : (words.shift() ?? '');
    if (written !== null) owner = written.startsWith('$') ? null : canonicalName(written);
    if (owner === null) return failed({ line, problem: `"${printable(written ?? '', 80)}" is not the name of a zone` });
    const entry = readEntry(words);
    if (!entry.ok) return failed({ line, problem: entry.failure });
    anchors.push({ zone: owner, entry: entry.value, validFrom: null, validUntil: null });
  }
  if (depth > 0) return failed({ line: open?.line ?? 0, problem: 'a parenthesis is never closed' });
  if (anchors.length === 0) return failed({ line: 0, problem: 'there is no DS or DNSKEY record in it' });
  return succeeded(anchors);
}

export function describeAnchorFault({ line, problem }: AnchorFault): string {
  return line === 0 ? problem : `line ${line}: ${problem}`;
}

function readEntry(words: readonly string[]): Outcome<EntryPoint, string> {
  const rest = [...words];
  // TTL and class may stand in either order (RFC 1035 section 5.1).
  while (/^(\d+[smhdw]?|IN)$/i.test(rest[0] ?? '') && rest.length > 1) rest.shift();
  const [type = '', first = '', second = '', third = '', ...blob] = rest;
  const [a, b, c] = [first, second, third].map((word) => (/^\d{1,5}$/.test(word) ? Number(word) : -1));
  const data = blob.join('');
  if (a === undefined || b === undefined || c === undefined || data === '' || Math.min(a, b, c) < 0) {
    return failed(`"${printable(words.join(' '), 80)}" is not a DS or DNSKEY record`);
  }
  switch (type.toUpperCase()) {
    case 'DS':
      if (a > 0xffff || b > 0xff || c > 0xff || !/^([0-9a-f]{2})+$/i.test(data)) return failed('the DS is malformed');
      return succeeded({
        kind: 'ds',
        data: { keyTag: a, algorithm: b, digestType: c, digest: Buffer.from(data, 'hex') },
      });
    case 'DNSKEY':
      if (a > 0xffff || b > 0xff || c > 0xff || !/^[0-9a-z+/]+={0,2}$/i.test(data)) {
        return failed('the DNSKEY is malformed');
      }
      return succeeded({
        kind: 'dnskey',
        data: { flags: a, protocol: b, algorithm: c, key: Buffer.from(data, 'base64') },
      });
    default:
      return failed(`"${printable(type, 20)}" is neither DS nor DNSKEY`);
  }
}
