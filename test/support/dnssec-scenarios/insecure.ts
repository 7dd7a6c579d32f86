import { createSigningKey } from '../../../src/lab/signing-key.ts';
import { dsRecord } from '../../../src/lab/zone-signer.ts';
import { insecureWith, plain, type Scenario, unsignedChild, withChild } from '../dnssec-scenario.ts';
import { alias, CSK, delegation, ds, key, NSEC3, OPT_OUT, zone } from '../dnssec-zone.ts';

export const INSECURE: readonly Scenario[] = [
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
