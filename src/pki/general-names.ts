/**
 * GeneralNames (RFC 5280 section 4.2.1.6) of a subjectAltName, and the subtrees of nameConstraints (section 4.2.1.10).
 * DNS names are kept byte for byte, as Latin-1, so that a NUL or a stray byte stays visible to whoever compares.
 */
import { content, DerFault, type DerValue, inside, members, readCount } from './der.ts';
import { type DistinguishedName, readName } from './distinguished-name.ts';

/** Kinds of names that this house does not compare. */
export type UncomparedKind = 'otherName' | 'x400Address' | 'ediPartyName' | 'registeredID';

export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  /** 4 or 16 octets where they are well-formed. */
  readonly ipAddresses: readonly Buffer[];
  readonly directoryNames: readonly DistinguishedName[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** Names that are there but cannot be compared. */
  readonly uncompared: readonly UncomparedKind[];
}

export const NO_NAMES: AlternativeNames = {
  dnsNames: [],
  ipAddresses: [],
  directoryNames: [],
  emailAddresses: [],
  uris: [],
  uncompared: [],
};

export type Subtree =
  | { readonly kind: 'dns'; readonly base: string }
  | { readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer }
  | { readonly kind: 'directory'; readonly base: DistinguishedName }
  | { readonly kind: 'email'; readonly base: string }
  | { readonly kind: 'uri'; readonly base: string }
  | { readonly kind: UncomparedKind };

/** Subtrees by kind, since a name is compared only with those of its own kind. */
export type Subtrees = ReadonlyMap<Subtree['kind'], readonly Subtree[]>;

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** What is wrong with them; constraints that cannot be read constrain everything. */
  readonly fault: string | null;
}

/** Reads GeneralNames; an empty list is a fault. */
export function readAlternativeNames(value: DerValue): AlternativeNames {
  const dnsNames: string[] = [];
  const ipAddresses: Buffer[] = [];
  const directoryNames: DistinguishedName[] = [];
  const emailAddresses: string[] = [];
  const uris: string[] = [];
  const uncompared: UncomparedKind[] = [];
  for (const name of members(value)) {
    switch (name.tag) {
      case 0x81:
        emailAddresses.push(content(name).toString('latin1'));
        break;
      case 0x82:
        dnsNames.push(content(name).toString('latin1'));
        break;
      case 0x86:
        uris.push(content(name).toString('latin1'));
        break;
      case 0x87:
        ipAddresses.push(content(name));
        break;
      case 0xa4:
        directoryNames.push(readName(inside(name, 0xa4)));
        break;
      default:
        uncompared.push(uncomparedKind(name));
    }
  }
  if (value.contentStart === value.end) throw new DerFault('the subjectAltName is empty');
  return { dnsNames, ipAddresses, directoryNames, emailAddresses, uris, uncompared };
}

function uncomparedKind({ tag }: DerValue): UncomparedKind {
  switch (tag) {
    case 0xa0:
      return 'otherName';
    case 0xa3:
      return 'x400Address';
    case 0xa5:
      return 'ediPartyName';
    case 0x88:
      return 'registeredID';
    default:
      throw new DerFault('a general name is of a kind that does not exist');
  }
}

/** Reads NameConstraints. Structure faults throw; faults of a single base are kept in `fault`. */
export function readNameConstraints(value: DerValue): NameConstraints {
  let permitted: readonly Subtree[] = [];
  let excluded: readonly Subtree[] = [];
  const faults: string[] = [];
  for (const side of members(value)) {
    if (side.tag === 0xa0) permitted = readSubtrees(side, faults);
    else if (side.tag === 0xa1) excluded = readSubtrees(side, faults);
    else throw new DerFault('the name constraints hold something else than subtrees');
  }
  // RFC 5280 4.2.1.10: conforming authorities must not issue an empty sequence.
  if (permitted.length + excluded.length === 0) faults.push('they are empty');
  return { permitted: byKind(permitted), excluded: byKind(excluded), fault: faults[0] ?? null };
}

function byKind(subtrees: readonly Subtree[]): Subtrees {
  return Map.groupBy(subtrees, ({ kind }) => kind);
}

function readSubtrees(side: DerValue, faults: string[]): Subtree[] {
  return members(side, side.tag).map((subtree) => {
    const [base, ...range] = members(subtree);
    if (base === undefined) throw new DerFault('a name constraint has no base');
    for (const limit of range) {
      // RFC 5280 4.2.1.10: minimum is 0 and maximum absent, for every name form.
      if (limit.tag !== 0x80 || readCount(limit, 0x80) !== 0) faults.push('a subtree has a minimum or a maximum');
    }
    return readSubtree(base, faults);
  });
}

function readSubtree(base: DerValue, faults: string[]): Subtree {
  const text = (): string => content(base).toString('latin1').toLowerCase().replace(/\.$/, '');
  switch (base.tag) {
    case 0x81:
      return { kind: 'email', base: content(base).toString('latin1') };
    case 0x82:
      if (!CONSTRAINT_HOST.test(text())) faults.push('a DNS name among them is malformed');
      return { kind: 'dns', base: text() };
    case 0x86:
      return { kind: 'uri', base: text() };
    case 0x87:
      return readRange(content(base), faults);
    case 0xa4:
      return { kind: 'directory', base: readName(inside(base, 0xa4)) };
    default:
      return { kind: uncomparedKind(base) };
  }
}

/** Empty (everything), a host name, or one behind a dot (hosts below it, as many authorities write it). */
const CONSTRAINT_HOST = /^$|^\.?([a-z0-9_]([a-z0-9_-]{0,62}))(\.[a-z0-9_][a-z0-9_-]{0,62})*$/;

/** Address and mask, 8 or 32 octets, the mask being contiguous (RFC 5280 4.2.1.10, RFC 4632). */
function readRange(bytes: Buffer, faults: string[]): Subtree {
  const half = bytes.length / 2;
  const [address, mask] = [bytes.subarray(0, half), bytes.subarray(half)];
  if (bytes.length !== 8 && bytes.length !== 32) faults.push('an address range among them has an odd length');
  else if (!/^1*0*$/.test([...mask].map((byte) => byte.toString(2).padStart(8, '0')).join(''))) {
    faults.push('an address range among them has a mask with holes');
  }
  return { kind: 'ip', address, mask };
}
