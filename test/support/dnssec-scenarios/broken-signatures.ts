import { createSigningKey, KEY_FLAGS, keyOf } from '../../../src/lab/signing-key.ts';
import { signSet } from '../../../src/lab/zone-signer.ts';
import {
  A,
  apexOf,
  bogusA,
  by,
  DAY,
  DNSKEY,
  dropFirst,
  expired,
  flip,
  plain,
  resigned,
  type Scenario,
} from '../dnssec-scenario.ts';
import {
  address,
  CSK,
  changed,
  ds,
  ofType,
  P256,
  STRANGER,
  signatureOver,
  whenAskedFor,
  without,
  zone,
} from '../dnssec-zone.ts';

export const BROKEN_SIGNATURES: readonly Scenario[] = [
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
