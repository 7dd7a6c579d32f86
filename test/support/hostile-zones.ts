/**
 * Zones made to cost a validator time (CVE-2023-50387, CVE-2023-50868, RFC 9276), as scenarios below the signed root.
 */
import { TYPE_NUMBERS } from '../../src/dns/record-type.ts';
import { KEY_FLAGS, keyOf, type SigningKey } from '../../src/lab/signing-key.ts';
import type { WireRecord } from '../../src/lab/wire-record.ts';
import { hashedOwner, signSet } from '../../src/lab/zone-signer.ts';
import type { Scenario } from './dnssec-scenario.ts';
import {
  address,
  bareApex,
  below,
  changed,
  delegation,
  ds,
  key,
  NSEC3,
  signatureOver,
  whenAskedFor,
  zone,
} from './dnssec-zone.ts';

/** Ed25519 keys that are none, each with this tag: the last two octets but one make up for the rest. */
export function keysWithOneTag(count: number, like: SigningKey): readonly SigningKey[] {
  return Array.from({ length: count }, (_, index) => {
    const octets = Buffer.alloc(32);
    octets.writeUInt32BE(index + 1, 0);
    for (let word = 0; word < 0x1_0000; word += 1) {
      octets.writeUInt16BE(word, 28);
      const made = keyOf(
        { algorithm: like.algorithm, key: octets, sign: () => Buffer.alloc(64) },
        { flags: like.flags },
      );
      if (made.tag === like.tag) return made;
      // The tag is a sum of words: the missing difference is nearly the word that is wanted.
      const missing = (like.tag - made.tag) & 0xffff;
      if (word === 0 && missing > 4) word = missing - 4;
    }
    throw new Error('a sum of words reaches every tag');
  });
}

const honest = key(15);

function hostile(title: string, build: Scenario['build'], security: Scenario['security'], because?: string): Scenario {
  return { title, build, name: 'www', type: 'A', security, because };
}

/** Signatures over `set` that are as good as any to look at, and wrong. */
function wrongSignatures(set: readonly WireRecord[], apex: string, count: number, signer: SigningKey): WireRecord[] {
  const times = { inception: 1_700_000_000, expiration: 2_100_000_000 };
  return Array.from({ length: count }, (_, index) => {
    const made = signSet({ zone: apex, set, signer, ...times });
    const data = Buffer.from(made.data);
    data.writeUInt32BE(index, data.length - 4);
    return { ...made, data };
  });
}

export const HOSTILE: readonly Scenario[] = [
  hostile(
    'a thousand keys of one tag, the honest one last',
    (apex, times) => {
      const crowd = [...keysWithOneTag(1000, honest), honest];
      const zones = [zone(apex, times, { keys: crowd, keySigners: [honest], zoneSigners: [honest] })];
      return { zones, ds: [ds(apex, honest)] };
    },
    'bogus',
    'dnskey-unlike-ds',
  ),
  hostile(
    'a thousand keys of one tag and a thousand signatures of it',
    (apex, times) => {
      const crowd = [honest, ...keysWithOneTag(1000, honest)];
      return {
        zones: [zone(apex, times, { keys: crowd, keySigners: [honest], zoneSigners: [honest] })],
        ds: [ds(apex, honest)],
        alter: whenAskedFor('A', (parts) => {
          const set = parts.answers.filter(({ type }) => type === TYPE_NUMBERS.A);
          return { ...parts, answers: [...set, ...wrongSignatures(set, apex, 500, honest)] };
        }),
      };
    },
    'bogus',
    'too-much-work',
  ),
  hostile(
    'five hundred wrong signatures over the keys themselves',
    (apex, times) => ({
      zones: [zone(apex, times, { keys: [honest] })],
      ds: [ds(apex, honest)],
      alter: whenAskedFor('DNSKEY', (parts) => {
        const set = parts.answers.filter(({ type }) => type === TYPE_NUMBERS.DNSKEY);
        return { ...parts, answers: [...set, ...wrongSignatures(set, apex, 500, honest)] };
      }),
    }),
    'bogus',
    'too-much-work',
  ),
  hostile(
    'eight hundred DS records, the right one last',
    (apex, times) => ({
      zones: [zone(apex, times, { keys: [honest] })],
      ds: [
        ...Array.from({ length: 800 }, (_, index) => {
          const wrong = ds(apex, honest);
          const data = Buffer.from(wrong.data);
          data.writeUInt32BE(index, 4);
          return { ...wrong, data };
        }),
        ds(apex, honest),
      ],
    }),
    'bogus',
    'dnskey-unlike-ds',
  ),
  hostile(
    'an RSA key whose exponent is as long as its modulus',
    (apex, times) => {
      const modulus = Buffer.alloc(512, 0xff);
      const exponent = Buffer.alloc(512, 0xfd);
      const octets = Buffer.concat([Buffer.from([0, 2, 0]), exponent, modulus]);
      const slow = keyOf({ algorithm: 8, key: octets, sign: () => Buffer.alloc(512, 1) });
      return { zones: [zone(apex, times, { keys: [slow] })], ds: [ds(apex, slow)] };
    },
    'bogus',
    'signature-wrong',
  ),
  {
    title: 'an absence with more NSEC3 records than a proof needs, 150 iterations and a long name',
    build: (apex, times) => ({
      zones: [zone(apex, times, { keys: [honest], denial: { ...NSEC3, iterations: 150, salt: Buffer.alloc(64, 9) } })],
      ds: [ds(apex, honest)],
      alter: (parts, question) => {
        if (question.type !== TYPE_NUMBERS.TXT || parts.rcode !== 3) return parts;
        const first = parts.authorities.find(({ type }) => type === TYPE_NUMBERS.NSEC3);
        const crowd = Array.from({ length: 100 }, (_, index) => {
          const name = hashedOwner(index.toString(16).padStart(40, '0'), apex);
          const made = { name, type: TYPE_NUMBERS.NSEC3, ttl: 300, data: first?.data ?? Buffer.alloc(0) };
          return [made, signSet({ zone: apex, set: [made], signer: honest, ...times })];
        });
        return { ...parts, authorities: crowd.flat() };
      },
    }),
    name: Array.from({ length: 110 }, () => 'a').join('.'),
    type: 'TXT',
    security: 'bogus',
    because: 'too-much-work',
  },
  {
    title: 'an absence proven with 2,500 iterations',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, { keys: [honest], denial: { ...NSEC3, iterations: 2500, salt: Buffer.alloc(255, 9) } }),
      ],
      ds: [ds(apex, honest)],
    }),
    name: Array.from({ length: 110 }, () => 'a').join('.'),
    type: 'TXT',
    security: 'insecure',
    because: 'too-many-iterations',
  },
  {
    title: 'sixty zones one below the other, each with its own key of the slowest algorithm',
    build: (apex, times) => {
      const names = Array.from({ length: 60 }, (_, depth) => `${'z.'.repeat(depth)}${apex}`);
      const slow = key(14, KEY_FLAGS.entry, 'deep');
      const zones = names.map((name) => {
        const more = [address(below('www', name), '192.0.2.1'), ...delegation(`z.${name}`, [ds(`z.${name}`, slow)])];
        return zone(name, times, { keys: [slow], records: bareApex(name), more });
      });
      return { zones, ds: [ds(apex, slow)] };
    },
    name: `www.${'z.'.repeat(59).slice(0, -1)}`,
    type: 'A',
    security: 'bogus',
    because: 'too-much-work',
  },
  {
    title: 'a chain of aliases that never ends',
    build: (apex, times) => ({
      zones: [
        zone(apex, times, {
          keys: [honest],
          more: Array.from({ length: 40 }, (_, index) => ({
            ...address(`l${index}.${apex}`, '192.0.2.1'),
            type: TYPE_NUMBERS.CNAME,
            data: Buffer.concat([Buffer.from([`l${index + 1}`.length]), Buffer.from(`l${index + 1}`), tail(apex)]),
          })),
        }),
      ],
      ds: [ds(apex, honest)],
    }),
    name: 'l0',
    type: 'A',
    // The failure has its own name.
    security: 'bogus',
    because: 'alias-loop',
  },
  hostile(
    'signatures of a stranger on every set of the zone',
    (apex, times) => ({
      zones: [zone(apex, times, { keys: [honest] })],
      ds: [ds(apex, honest)],
      alter: changed(signatureOver(TYPE_NUMBERS.A), (record) => ({
        ...record,
        data: Buffer.from(record.data).fill(7, 40),
      })),
    }),
    'bogus',
    'signature-wrong',
  ),
];

function tail(apex: string): Buffer {
  return Buffer.concat([Buffer.from([apex.length]), Buffer.from(apex), Buffer.from([0])]);
}
