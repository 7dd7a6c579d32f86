/**
 * What can be right, open or wrong about a signed domain, as data: each scenario is a zone of its own below one signed
 * root, with one question and the verdict that the standards ask for.
 */
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import { createSigningKey, KEY_FLAGS, keyOf, type SigningKey } from '../../src/lab/signing-key.ts';
import { DNAME, type WireRecord } from '../../src/lab/wire-record.ts';
import { type DenialMethod, dsRecord, type SignedZone, setKey, signSet } from '../../src/lab/zone-signer.ts';
import {
  type Alter,
  address,
  alias,
  bareApex,
  below,
  CSK,
  changed,
  delegation,
  ds,
  either,
  key,
  NSEC,
  NSEC3,
  OPT_OUT,
  ofType,
  P256,
  SALTED,
  STRANGER,
  signatureOver,
  type Times,
  whenAskedFor,
  without,
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

const { A, DS, RRSIG, NSEC: NSEC_TYPE, NSEC3: NSEC3_TYPE, DNSKEY, CNAME, SOA } = TYPE_NUMBERS;

function plain(wishes: ZoneWishes = {}, alter?: Alter, signer: SigningKey = CSK): Scenario['build'] {
  return (apex, times) => ({ zones: [zone(apex, times, wishes)], ds: [ds(apex, signer)], alter });
}

/** A zone with a child zone `child`, which its contents are asked of. */
function withChild(
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

const unsignedChild = (apex: string, times: Times) => ({ zone: zone(apex, times, { keys: [] }), ds: [] });

/** Makes the signature over the sets of one type anew. */
function resigned(type: number, make: (set: readonly WireRecord[], apex: string) => WireRecord): Alter {
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

function apexOf(name: string): string {
  return name.split('.').at(-1) ?? '';
}

const DAY = 86_400;
const flip = (record: WireRecord): WireRecord => {
  const data = Buffer.from(record.data);
  data[data.length - 1] = (data[data.length - 1] ?? 0) ^ 1;
  return { ...record, data };
};

function secureWith(algorithm: number, named: string): Scenario {
  const build: Scenario['build'] = (apex, times) => ({
    zones: [zone(apex, times, { keys: [key(algorithm)] })],
    ds: [ds(apex, key(algorithm))],
  });
  return { title: `a zone signed with ${named} is secure`, build, name: 'www', type: 'A', security: 'secure' };
}

function insecureWith(title: string, build: Scenario['build'], because: string, otherwise?: string): Scenario {
  return { title, build, name: 'www', type: 'A', security: 'insecure', because, otherwise };
}

function bogusA(title: string, alter: Alter, because: string, wishes: ZoneWishes = {}): Scenario {
  const build = plain(wishes, whenAskedFor('A', alter));
  return { title, build, name: 'www', type: 'A', security: 'bogus', because };
}

const positives: readonly Scenario[] = [
  secureWith(8, 'RSA/SHA-256'),
  secureWith(10, 'RSA/SHA-512'),
  secureWith(13, 'ECDSA P-256'),
  secureWith(14, 'ECDSA P-384'),
  secureWith(15, 'Ed25519'),
  secureWith(16, 'Ed448'),
  ...[1, 2, 4].map(
    (digest): Scenario => ({
      title: `a DS with digest ${digest} leads into its zone`,
      build: (apex, times) => ({ zones: [zone(apex, times)], ds: [ds(apex, CSK, digest)] }),
      name: '',
      type: 'MX',
      security: 'secure',
      kind: 'records',
    }),
  ),
  {
    title: 'one key signs the keys, another the zone',
    build: plain({
      keys: [CSK, key(P256, KEY_FLAGS.zone)],
      keySigners: [CSK],
      zoneSigners: [key(P256, KEY_FLAGS.zone)],
    }),
    name: '_25._tcp.mx',
    type: 'TLSA',
    security: 'secure',
  },
  {
    title: 'the key that the DS names need not have the entry flag',
    build: plain({ keys: [key(P256, KEY_FLAGS.zone)] }, undefined, key(P256, KEY_FLAGS.zone)),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'a signed zone below a signed zone is secure',
    build: withChild((apex, times) => ({
      zone: zone(apex, times, { keys: [key(15)] }),
      ds: [ds(apex, key(15))],
    })),
    name: 'www.child',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'the DS of a signed zone is itself an answer of its parent',
    build: withChild((apex, times) => ({ zone: zone(apex, times), ds: [ds(apex)] })),
    name: 'child',
    type: 'DS',
    security: 'secure',
    kind: 'records',
  },
  {
    title: 'the keys of a zone are an answer of their own',
    build: plain(),
    name: '',
    type: 'DNSKEY',
    security: 'secure',
  },
  ...[NSEC, NSEC3, SALTED].flatMap((denial): Scenario[] => [
    {
      title: `a wildcard answers where ${called(denial)} prove that nothing is closer`,
      build: plain({ denial }),
      name: 'some.thing.wild',
      type: 'A',
      security: 'secure',
      kind: 'records',
    },
    {
      title: `an alias made from a wildcard is secure with ${called(denial)}`,
      build: plain({ denial }),
      name: 'x.wildalias',
      type: 'A',
      security: 'secure',
      kind: 'records',
    },
  ]),
  { title: 'the wildcard itself can be asked for', build: plain(), name: '*.wild', type: 'A', security: 'secure' },
  { title: 'an alias within the zone is secure', build: plain(), name: 'alias', type: 'A', security: 'secure' },
  { title: 'the alias alone can be asked for', build: plain(), name: 'alias', type: 'CNAME', security: 'secure' },
  {
    title: 'a name below a DNAME is secure, though the alias made from it has no signature',
    build: plain(),
    name: 'x.tree',
    type: 'A',
    security: 'secure',
    kind: 'records',
  },
  {
    title: 'an alias into another signed zone is secure',
    build: withChild((apex, times) => ({ zone: zone(apex, times), ds: [ds(apex)] }), {
      more: [],
    }),
    name: 'alias.child',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'two keys of one tag: the right one is found',
    build: (apex, times) => {
      const [first, second] = collidingKeys();
      const zones = [zone(apex, times, { keys: [first, second], keySigners: [second], zoneSigners: [second] })];
      return { zones, ds: [ds(apex, second)] };
    },
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'in a roll-over the DS still names the old key',
    build: plain({ keys: [CSK, STRANGER] }),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'a wrong SHA-1 digest beside a right SHA-256 one is left aside',
    build: (apex, times) => ({ zones: [zone(apex, times)], ds: [flip(ds(apex, CSK, 1)), ds(apex)] }),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'a DS of an unknown algorithm beside a known one does no harm',
    build: (apex, times) => ({ zones: [zone(apex, times)], ds: [ds(apex, createSigningKey(200)), ds(apex)] }),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'one signature has expired, the other has not',
    build: plain({}, (parts, question) => {
      const set = parts.answers.filter(ofType(A));
      if (question.type !== A || set.length === 0) return parts;
      const zoneName = apexOf(question.name);
      const old = signSet({ zone: zoneName, set, signer: CSK, inception: 1_000_000, expiration: 1_100_000 });
      return { ...parts, answers: [old, ...parts.answers] };
    }),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
];

function called(denial: DenialMethod): string {
  if (denial.kind === 'nsec') return 'NSEC';
  return denial.iterations === 0 ? 'NSEC3' : `NSEC3 of ${denial.iterations} iterations`;
}

/** Two P-256 keys with one tag: 65,536 tags, so that some three hundred keys will do. */
function collidingKeys(): readonly [SigningKey, SigningKey] {
  if (collision !== null) return collision;
  const seen = new Map<number, SigningKey>();
  for (;;) {
    const candidate = createSigningKey(15);
    const other = seen.get(candidate.tag);
    if (other !== undefined) {
      collision = [other, candidate];
      return collision;
    }
    seen.set(candidate.tag, candidate);
  }
}
let collision: readonly [SigningKey, SigningKey] | null = null;

const denials: readonly Scenario[] = [NSEC, NSEC3, SALTED].flatMap((denial): Scenario[] => {
  const build = plain({ denial });
  const by = `by ${called(denial)}`;
  const secure = { security: 'secure', build } as const;
  return [
    { ...secure, title: `a name without that type is proven ${by}`, name: 'www', type: 'TXT', kind: 'no-data' },
    { ...secure, title: `an apex without that type is proven ${by}`, name: '', type: 'AAAA', kind: 'no-data' },
    { ...secure, title: `a name that does not exist is proven ${by}`, name: 'nix', type: 'A', kind: 'no-such-name' },
    { ...secure, title: `a deep name below nothing is proven ${by}`, name: 'a.b.c.d', type: 'A', kind: 'no-such-name' },
    {
      ...secure,
      title: `an empty name with names below it is proven ${by}`,
      name: 'deep.ent',
      type: 'A',
      kind: 'no-data',
    },
    { ...secure, title: `a wildcard without that type is proven ${by}`, name: 'q.wild', type: 'TXT', kind: 'no-data' },
    { ...secure, title: `a host has no DS, proven ${by}`, name: 'www', type: 'DS', kind: 'no-data' },
    {
      ...secure,
      title: `an alias to a name that does not exist is proven ${by}`,
      name: 'nowhere',
      type: 'A',
      kind: 'no-such-name',
    },
    {
      title: `an unsigned delegation has no DS, and that is secure ${by}`,
      build: withChild(unsignedChild, { denial }),
      name: 'child',
      type: 'DS',
      security: 'secure',
      kind: 'no-data',
    },
    {
      title: `an unsigned zone below is insecure, proven ${by}`,
      build: withChild(unsignedChild, { denial }),
      name: 'www.child',
      type: 'A',
      security: 'insecure',
      because: 'no-ds',
      kind: 'records',
    },
  ];
});

const insecure: readonly Scenario[] = [
  insecureWith(
    'a signed zone without a DS is an island',
    (apex, times) => ({ zones: [zone(apex, times)], ds: [] }),
    'no-ds',
  ),
  insecureWith(
    'an unsigned zone is insecure',
    (apex, times) => ({ zones: [zone(apex, times, { keys: [] })], ds: [] }),
    'no-ds',
  ),
  {
    title: 'absence in an unsigned zone is insecure',
    build: (apex, times) => ({ zones: [zone(apex, times, { keys: [] })], ds: [] }),
    name: 'nix',
    type: 'A',
    security: 'insecure',
    because: 'no-ds',
    kind: 'no-such-name',
  },
  insecureWith(
    'a zone signed with an unknown algorithm alone is insecure',
    (apex, times) => ({
      zones: [zone(apex, times, { keys: [createSigningKey(200)] })],
      ds: [ds(apex, createSigningKey(200))],
    }),
    'unsupported-algorithm',
  ),
  insecureWith(
    'a zone signed with RSA/SHA-1 alone is insecure',
    (apex, times) => ({ zones: [zone(apex, times, { keys: [key(5)] })], ds: [ds(apex, key(5))] }),
    'unsupported-algorithm',
    'it is older than RFC 9905 and still believes SHA-1',
  ),
  insecureWith(
    'a DS with an unknown digest alone makes the zone insecure',
    (apex, times) => ({ zones: [zone(apex, times)], ds: [dsRecord(apex, CSK, 77)] }),
    'unsupported-algorithm',
  ),
  {
    title: 'an unsigned zone in an opt-out span is insecure',
    build: withChild(unsignedChild, { denial: OPT_OUT }),
    name: 'www.child',
    type: 'A',
    security: 'insecure',
    because: 'opt-out',
    kind: 'records',
  },
  {
    title: 'the missing DS of an unsigned zone in an opt-out span is insecure',
    build: withChild(unsignedChild, { denial: OPT_OUT }),
    name: 'child',
    type: 'DS',
    security: 'insecure',
    because: 'opt-out',
    kind: 'no-data',
  },
  {
    title: 'absence proven by an opt-out span is insecure',
    build: plain({ denial: OPT_OUT }),
    name: 'nix',
    type: 'A',
    security: 'insecure',
    because: 'opt-out',
    kind: 'no-such-name',
  },
  {
    title: 'a wildcard over an opt-out span is insecure',
    build: plain({ denial: OPT_OUT }),
    name: 'x.wild',
    type: 'A',
    security: 'insecure',
    because: 'opt-out',
    kind: 'records',
  },
  ...(['nix', 'www'] as const).map(
    (name): Scenario => ({
      title: `absence (${name}) proven with 151 iterations is insecure`,
      build: plain({ denial: { ...NSEC3, iterations: 151 } }),
      name,
      type: 'TXT',
      security: 'insecure',
      because: 'too-many-iterations',
    }),
  ),
  {
    title: 'absence proven with 150 iterations is secure',
    build: plain({ denial: { ...NSEC3, iterations: 150 } }),
    name: 'nix',
    type: 'A',
    security: 'secure',
    kind: 'no-such-name',
  },
  {
    title: 'what is there is secure, however many iterations absence would take',
    build: plain({ denial: { ...NSEC3, iterations: 500 } }),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'an alias from a signed zone into an unsigned one is insecure',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, { more: [...delegation(`child.${apex}`), alias(`out.${apex}`, `www.child.${apex}`)] }),
        zone(`child.${apex}`, times, { keys: [] }),
      ],
      ds: [ds(apex)],
    }),
    name: 'out',
    type: 'A',
    security: 'insecure',
    because: 'no-ds',
    kind: 'records',
  },
  {
    title: 'a zone below an unsigned zone is insecure, whatever its DS says',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, { keys: [], more: delegation(`child.${apex}`, [ds(`child.${apex}`)]) }),
        zone(`child.${apex}`, times),
      ],
      ds: [],
    }),
    name: 'www.child',
    type: 'A',
    security: 'insecure',
    because: 'no-ds',
  },
];

const brokenSignatures: readonly Scenario[] = [
  bogusA('an expired signature is bogus', expired(), 'signature-expired'),
  bogusA(
    'a signature from the future is bogus',
    resigned(A, (set, name) =>
      signSet({ zone: apexOf(name), set, signer: CSK, inception: 2_000_000_000, expiration: 2_100_000_000 }),
    ),
    'signature-not-yet-valid',
  ),
  bogusA('a signature of a key that is not in the zone is bogus', by({ signer: STRANGER }), 'no-matching-key'),
  bogusA(
    'a signature of a stranger under the tag of the zone key is bogus',
    by({ signer: STRANGER, tag: CSK.tag }),
    'signature-wrong',
  ),
  bogusA('altered data is bogus', changed(ofType(A), flip), 'signature-wrong'),
  bogusA('an altered signature is bogus', changed(signatureOver(A), flip), 'signature-wrong'),
  bogusA(
    'a shortened signature is bogus',
    changed(signatureOver(A), (one) => ({ ...one, data: one.data.subarray(0, one.data.length - 5) })),
    'signature-wrong',
  ),
  bogusA('a missing record is bogus', dropFirst(A), 'signature-wrong'),
  bogusA(
    'an added record is bogus',
    (parts, question) => ({ ...parts, answers: [...parts.answers, address(question.name, '192.0.2.66')] }),
    'signature-wrong',
  ),
  bogusA('a missing signature is bogus', without(signatureOver(A)), 'no-signature'),
  bogusA('a signature in the name of the parent is bogus', by({ zone: '' }), 'no-matching-key'),
  bogusA('a signature that names a neighbour as signer is bogus', by({ zone: 'neighbour' }), 'wrong-signer'),
  bogusA('a signature with more labels than the name is bogus', by({ labels: 9 }), 'too-many-labels'),
  bogusA('a signature that claims a wildcard which is none is bogus', by({ labels: 1 }), 'signature-wrong'),
  bogusA(
    'the set of another name under this one is bogus',
    (parts, question) => ({
      ...parts,
      answers: [
        address(question.name, '192.0.2.25'),
        signSet({
          zone: apexOf(question.name),
          set: [address(`mx.${apexOf(question.name)}`, '192.0.2.25')],
          signer: CSK,
          inception: 0,
          expiration: 2_100_000_000,
        }),
      ].map((one) => ({ ...one, name: question.name })),
    }),
    'signature-wrong',
  ),
  {
    title: 'keys without a signature are bogus',
    build: plain({}, whenAskedFor('DNSKEY', without(signatureOver(DNSKEY)))),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a DS for a zone without keys is bogus',
    build: (apex, times) => ({ zones: [zone(apex, times, { keys: [] })], ds: [ds(apex)] }),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'no-dnskey',
  },
  {
    title: 'a DS for another key is bogus',
    build: (apex, times) => ({ zones: [zone(apex, times)], ds: [ds(apex, STRANGER)] }),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'dnskey-unlike-ds',
  },
  {
    title: 'a DS with a wrong digest is bogus',
    build: (apex, times) => ({ zones: [zone(apex, times)], ds: [flip(ds(apex))] }),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'dnskey-unlike-ds',
  },
  {
    title: 'keys that are signed by another key than the DS names are bogus',
    build: plain({ keys: [CSK, STRANGER], keySigners: [STRANGER], zoneSigners: [STRANGER] }),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'no-matching-key',
  },
  {
    title: 'expired signatures of the keys are bogus',
    build: (apex, times) => ({
      zones: [zone(apex, { inception: times.inception - 90 * DAY, expiration: times.inception - 30 * DAY })],
      ds: [ds(apex)],
    }),
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'signature-expired',
  },
  ...(
    [
      ['a key without the zone flag signs nothing', { flags: KEY_FLAGS.notForZones }, undefined],
      [
        'a revoked key signs nothing',
        { flags: KEY_FLAGS.revoked },
        'it heeds revocation only where it follows anchors by itself',
      ],
      ['a key of another protocol signs nothing', { protocol: 2 }, undefined],
    ] as const
  ).map(([title, options, otherwise]): Scenario => {
    const signer = createSigningKey(P256, options);
    return {
      title,
      build: plain({ keys: [signer] }, undefined, signer),
      name: 'www',
      type: 'A',
      security: 'bogus',
      because: 'dnskey-unlike-ds',
      otherwise,
    };
  }),
  {
    title: 'a key of a small order that nobody can check is bogus',
    build: (apex, times) => {
      const fake = keyOf({ algorithm: 13, key: Buffer.alloc(64, 1), sign: () => Buffer.alloc(64, 1) });
      return { zones: [zone(apex, times, { keys: [fake] })], ds: [ds(apex, fake)] };
    },
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'signature-wrong',
  },
];

function expired(): Alter {
  return resigned(A, (set, name) =>
    signSet({ zone: apexOf(name), set, signer: CSK, inception: 1_000_000, expiration: 1_100_000 }),
  );
}

/** The same set signed with other claims. */
function by(claims: { zone?: string; signer?: SigningKey; labels?: number; tag?: number }): Alter {
  return resigned(A, (set, name) => {
    const times = { inception: 1_700_000_000, expiration: 2_100_000_000 };
    return signSet({ zone: apexOf(name), set, signer: CSK, ...times, ...claims });
  });
}

function dropFirst(type: number): Alter {
  return (parts) => {
    const first = parts.answers.find(ofType(type));
    return { ...parts, answers: parts.answers.filter((one) => one !== first) };
  };
}

const denialOrSignature = either(
  ofType(NSEC_TYPE),
  signatureOver(NSEC_TYPE),
  ofType(NSEC3_TYPE),
  signatureOver(NSEC3_TYPE),
);

/** Only the denial records with this place in the order of their appearance are left out. */
function withoutDenial(index: number): Alter {
  return (parts) => {
    const owners = [...new Set(parts.authorities.filter(denialOrSignature).map(({ name }) => name))];
    const gone = owners[index];
    const authorities = parts.authorities.filter((one) => !(denialOrSignature(one) && one.name === gone));
    return { ...parts, authorities };
  };
}

/** Says `rcode` instead. */
function saying(rcode: number): Alter {
  return (parts) => ({ ...parts, rcode });
}

/** Answers with the absence that holds for another name. */
function absenceOf(label: string, zones: (apex: string) => SignedZone): Alter {
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

const brokenDenials: readonly Scenario[] = [
  ...[NSEC, NSEC3].flatMap((denial): Scenario[] => {
    const bogus = (title: string, name: string, type: 'A' | 'TXT', alter: Alter, because: string): Scenario => ({
      title: `${title} (${called(denial)})`,
      build: plain({ denial }, whenAskedFor(type, alter)),
      name,
      type,
      security: 'bogus',
      because,
    });
    return [
      bogus('no data without a proof is bogus', 'www', 'TXT', without(denialOrSignature), 'no-denial'),
      bogus('no such name without a proof is bogus', 'nix', 'A', without(denialOrSignature), 'no-denial'),
      bogus('no such name without its first proof is bogus', 'nix', 'A', withoutDenial(0), 'denial-incomplete'),
      bogus(
        'an existing name that is said not to exist is bogus',
        'www',
        'A',
        (parts, question) => ({
          ...absent(parts, question),
        }),
        'no-denial',
      ),
      {
        ...bogus('no data said to be no such name is bogus', 'www', 'TXT', saying(3), 'denial-incomplete'),
        otherwise: denial.kind === 'nsec' ? 'it corrects the rcode to what is proven' : undefined,
      },
      bogus('no such name said to be no data is bogus', 'nix', 'A', saying(0), 'denial-incomplete'),
      bogus(
        'a wildcard without the proof that nothing is closer is bogus',
        'x.wild',
        'A',
        without(denialOrSignature),
        'wildcard-unproven',
      ),
      bogus(
        'an altered denial is bogus',
        'www',
        'TXT',
        changed(either(ofType(NSEC_TYPE), ofType(NSEC3_TYPE)), flip),
        'signature-wrong',
      ),
      bogus(
        'a denial without a signature is bogus',
        'nix',
        'A',
        without(either(signatureOver(NSEC_TYPE), signatureOver(NSEC3_TYPE))),
        'no-denial',
      ),
    ];
  }),
  {
    title: 'no such name without the proof that no wildcard stands there is bogus',
    build: plain({ denial: NSEC3 }, whenAskedFor('A', withoutDenial(2))),
    name: 'q.target',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a record that spans another name proves nothing about this one',
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'TXT',
          absenceOf('mx', () => own),
        ),
      };
    },
    name: 'www',
    type: 'TXT',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a name whose NSEC lists the type cannot lack it',
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'A',
          absenceOf('www', () => own),
        ),
      };
    },
    name: 'www',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "an alias's NSEC does not prove that the name has no records",
    build: (apex, times) => {
      const own = zone(apex, times);
      return {
        zones: [own],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'A',
          absenceOf('alias', () => own),
        ),
      };
    },
    name: 'alias',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "the parent's record at a cut says nothing of the names below it",
    build: (apex, times) => {
      const child = zone(`child.${apex}`, times);
      const own = zone(apex, times, { more: delegation(`child.${apex}`, [ds(`child.${apex}`)]) });
      const denied = absenceOf('child', () => own);
      const alter: Alter = (parts, question) =>
        question.type === A && question.name.startsWith('www.child.')
          ? { ...denied(parts, question), rcode: 3 }
          : parts;
      return { zones: [own, child], ds: [ds(apex)], alter };
    },
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: "the parent's record at a cut does not prove that the child's apex lacks a type",
    build: (apex, times) => {
      const child = zone(`child.${apex}`, times);
      const own = zone(apex, times, { more: delegation(`child.${apex}`, [ds(`child.${apex}`)]) });
      return {
        zones: [own, child],
        ds: [ds(apex)],
        alter: whenAskedFor(
          'MX',
          absenceOf('child', () => own),
        ),
      };
    },
    name: 'child',
    type: 'MX',
    security: 'bogus',
    because: 'denial-incomplete',
  },
  {
    title: 'a delegation that hides its DS without a proof is bogus',
    build: withChild(
      (apex, times) => ({ zone: zone(apex, times, { keys: [] }), ds: [ds(apex)] }),
      {},
      whenAskedFor('DS', (parts, question) =>
        question.name.startsWith('child.') ? { rcode: 0, answers: [], authorities: parts.authorities } : parts,
      ),
    ),
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'no-denial',
  },
  {
    title: 'unsigned records of a name that is no delegation are bogus',
    build: plain({}, whenAskedFor('A', without(ofType(RRSIG)))),
    name: 'a.deep.ent',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a DS set with a wrong signature is bogus',
    build: withChild(
      (apex, times) => ({ zone: zone(apex, times), ds: [ds(apex)] }),
      {},
      whenAskedFor('DS', (parts, question) =>
        question.name.startsWith('child.') ? changed(signatureOver(DS), flip)(parts, question) : parts,
      ),
    ),
    name: 'www.child',
    type: 'A',
    security: 'bogus',
    because: 'signature-wrong',
  },
  {
    title: 'an alias without a signature is bogus',
    build: plain({}, whenAskedFor('A', without(signatureOver(CNAME)))),
    name: 'alias',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a DNAME without a signature is bogus',
    build: plain({}, whenAskedFor('A', without(signatureOver(DNAME)))),
    name: 'x.tree',
    type: 'A',
    security: 'bogus',
    because: 'no-signature',
  },
  {
    title: 'a secure alias to a bogus name is bogus',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, {
          more: [
            ...delegation(`child.${apex}`, [ds(`child.${apex}`, STRANGER)]),
            alias(`out.${apex}`, `www.child.${apex}`),
          ],
        }),
        zone(`child.${apex}`, times),
      ],
      ds: [ds(apex)],
    }),
    name: 'out',
    type: 'A',
    security: 'bogus',
    because: 'dnskey-unlike-ds',
  },
];

function absent(parts: { readonly answers: readonly WireRecord[] }, question: { readonly name: string }) {
  const soa = bareApex(apexOf(question.name)).filter(ofType(SOA));
  return { rcode: 3, answers: parts.answers.slice(0, 0), authorities: soa };
}

export const SCENARIOS: readonly Scenario[] = [
  ...positives,
  ...denials,
  ...insecure,
  ...brokenSignatures,
  ...brokenDenials,
];
