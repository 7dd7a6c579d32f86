import { createSigningKey, KEY_FLAGS, type SigningKey } from '../../../src/lab/signing-key.ts';
import { signSet } from '../../../src/lab/zone-signer.ts';
import { A, apexOf, called, flip, plain, type Scenario, secureWith, withChild } from '../dnssec-scenario.ts';
import {
  type Alter,
  address,
  CSK,
  changed,
  delegation,
  ds,
  either,
  key,
  NSEC,
  NSEC3,
  ofType,
  P256,
  SALTED,
  STRANGER,
  signatureOver,
  whenAskedFor,
  zone,
} from '../dnssec-zone.ts';

export const SECURE: readonly Scenario[] = [
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
    title: 'a TTL that has run down on the way is no alteration',
    build: plain(
      {},
      changed(either(ofType(A), signatureOver(A)), (one) => ({ ...one, ttl: 5 })),
    ),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'a record that came twice counts once',
    build: plain(
      {},
      whenAskedFor('A', (parts) => ({ ...parts, answers: [...parts.answers.slice(0, 1), ...parts.answers] })),
    ),
    name: 'www',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'labels with dots and octets that are no letters are names like others',
    build: (apex, times) => ({
      zones: [zone(apex, times, { more: [address(`a\\.b.\\000\\255.${apex}`, '192.0.2.1')] })],
      ds: [ds(apex)],
    }),
    name: 'a\\.b.\\000\\255',
    type: 'A',
    security: 'secure',
  },
  {
    title: 'a parent that signs for a name below a cut is believed: it could give the child away as well',
    build: (apex, times) => {
      const child = `child.${apex}`;
      const signer = key(15);
      const forParent: Alter = (parts, question) => {
        const set = parts.answers.filter(ofType(A));
        if (question.type !== A || set.length === 0) return parts;
        return { ...parts, answers: [...set, signSet({ zone: apex, set, signer: CSK, ...times })] };
      };
      return {
        zones: [
          zone(apex, times, { more: delegation(child, [ds(child, signer)]) }),
          zone(child, times, { keys: [signer] }),
        ],
        ds: [ds(apex)],
        alter: forParent,
      };
    },
    name: 'www.child',
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
