/**
 * What scenarios are built from: zones with the usual contents, children, and the ways to bend an answer.
 */
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import type { SigningKey } from '../../src/lab/signing-key.ts';
import type { WireRecord } from '../../src/lab/wire-record.ts';
import { type DenialMethod, type SignedZone, setKey, signSet } from '../../src/lab/zone-signer.ts';
import {
  type Alter,
  bareApex,
  below,
  CSK,
  delegation,
  ds,
  either,
  key,
  ofType,
  signatureOver,
  type Times,
  whenAskedFor,
  type ZoneWishes,
  zone,
} from './dnssec-zone.ts';

export interface Built {
  readonly zones: readonly SignedZone[];
  /** What the root has for this domain. */
  readonly ds: readonly WireRecord[];
  readonly alter?: Alter | undefined;
}

export interface Scenario {
  readonly title: string;
  /** Where it stands, below the root; made from the title where left out. */
  readonly apex?: string | undefined;
  readonly build: (apex: string, times: Times) => Built;
  /** Below the apex; the empty name is the apex itself. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'MX' | 'TXT' | 'TLSA' | 'DS' | 'CNAME' | 'DNSKEY';
  readonly security: 'secure' | 'insecure' | 'bogus';
  /** The reason or cause that has to be named. */
  readonly because?: string | undefined;
  readonly kind?: 'records' | 'no-data' | 'no-such-name' | undefined;
  /** Why the resolver it is held against says something else, where it does. */
  readonly otherwise?: string | undefined;
}

export const { A, DS, RRSIG, NSEC: NSEC_TYPE, NSEC3: NSEC3_TYPE, DNSKEY, CNAME, SOA } = TYPE_NUMBERS;

export function plain(wishes: ZoneWishes = {}, alter?: Alter, signer: SigningKey = CSK): Scenario['build'] {
  return (apex, times) => ({ zones: [zone(apex, times, wishes)], ds: [ds(apex, signer)], alter });
}

/** A zone with a child zone `child`, which its contents are asked of. */
export function withChild(
  child: (apex: string, times: Times) => { readonly zone: SignedZone; readonly ds: readonly WireRecord[] },
  parent: ZoneWishes = {},
  alter?: Alter,
): Scenario['build'] {
  return (apex, times) => {
    const made = child(`child.${apex}`, times);
    const more = [...delegation(`child.${apex}`, made.ds), ...(parent.more ?? [])];
    return { zones: [zone(apex, times, { ...parent, more }), made.zone], ds: [ds(apex)], alter };
  };
}

export const unsignedChild = (apex: string, times: Times) => ({ zone: zone(apex, times, { keys: [] }), ds: [] });

/** Makes the signature over the sets of one type anew. */
export function resigned(type: number, make: (set: readonly WireRecord[], apex: string) => WireRecord): Alter {
  return (parts, question) => {
    const resign = (records: readonly WireRecord[]): readonly WireRecord[] =>
      records.map((record) => {
        if (!signatureOver(type)(record)) return record;
        return make(
          records.filter((one) => one.type === type && one.name === record.name),
          question.name,
        );
      });
    return { ...parts, answers: resign(parts.answers), authorities: resign(parts.authorities) };
  };
}

export function apexOf(name: string): string {
  return name.split('.').at(-1) ?? '';
}

export const DAY = 86_400;
export const flip = (record: WireRecord): WireRecord => {
  const data = Buffer.from(record.data);
  data[data.length - 1] = (data[data.length - 1] ?? 0) ^ 1;
  return { ...record, data };
};

export function secureWith(algorithm: number, named: string): Scenario {
  const build: Scenario['build'] = (apex, times) => ({
    zones: [zone(apex, times, { keys: [key(algorithm)] })],
    ds: [ds(apex, key(algorithm))],
  });
  return { title: `a zone signed with ${named} is secure`, build, name: 'www', type: 'A', security: 'secure' };
}

export function insecureWith(title: string, build: Scenario['build'], because: string, otherwise?: string): Scenario {
  return { title, build, name: 'www', type: 'A', security: 'insecure', because, otherwise };
}

export function bogusA(title: string, alter: Alter, because: string, wishes: ZoneWishes = {}): Scenario {
  const build = plain(wishes, whenAskedFor('A', alter));
  return { title, build, name: 'www', type: 'A', security: 'bogus', because };
}

export function called(denial: DenialMethod): string {
  if (denial.kind === 'nsec') return 'NSEC';
  return denial.iterations === 0 ? 'NSEC3' : `NSEC3 of ${denial.iterations} iterations`;
}

export function expired(): Alter {
  return resigned(A, (set, name) =>
    signSet({ zone: apexOf(name), set, signer: CSK, inception: 1_000_000, expiration: 1_100_000 }),
  );
}

/** The same set signed with other claims. */
export function by(claims: { zone?: string; signer?: SigningKey; labels?: number; tag?: number }): Alter {
  return resigned(A, (set, name) => {
    const times = { inception: 1_700_000_000, expiration: 2_100_000_000 };
    return signSet({ zone: apexOf(name), set, signer: CSK, ...times, ...claims });
  });
}

export function dropFirst(type: number): Alter {
  return (parts) => {
    const first = parts.answers.find(ofType(type));
    return { ...parts, answers: parts.answers.filter((one) => one !== first) };
  };
}

export const denialOrSignature = either(
  ofType(NSEC_TYPE),
  signatureOver(NSEC_TYPE),
  ofType(NSEC3_TYPE),
  signatureOver(NSEC3_TYPE),
);

/** Only the denial records with this place in the order of their appearance are left out. */
export function withoutDenial(index: number): Alter {
  return (parts) => {
    const owners = [...new Set(parts.authorities.filter(denialOrSignature).map(({ name }) => name))];
    const gone = owners[index];
    const authorities = parts.authorities.filter((one) => !(denialOrSignature(one) && one.name === gone));
    return { ...parts, authorities };
  };
}

/** Says `rcode` instead. */
export function saying(rcode: number): Alter {
  return (parts) => ({ ...parts, rcode });
}

/** Answers with the absence that holds for another name. */
export function absenceOf(label: string, zones: (apex: string) => SignedZone): Alter {
  return (_, question) => {
    const apex = apexOf(question.name);
    const made = zones(apex);
    const at = (name: string, type: number): readonly WireRecord[] => [
      ...(made.sets.get(setKey(name, type)) ?? []),
      ...(made.signatures.get(setKey(name, type)) ?? []),
    ];
    return { rcode: 0, answers: [], authorities: [...at(apex, SOA), ...at(below(label, apex), NSEC_TYPE)] };
  };
}

export function absent(parts: { readonly answers: readonly WireRecord[] }, question: { readonly name: string }) {
  const soa = bareApex(apexOf(question.name)).filter(ofType(SOA));
  return { rcode: 3, answers: parts.answers.slice(0, 0), authorities: soa };
}
