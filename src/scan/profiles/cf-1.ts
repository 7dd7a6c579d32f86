/**
 * What the confidence formula CF-1 weighs of a session, as a rating: 128 bits and TLS 1.2 cost nothing, what costs points is
 * on its way out, what costs most is insufficient. It rates what a host would accept; the formula itself takes what a probe got.
 */
import type { Judgement, NameRule, Profile, Rating } from './profile.ts';

const FORMULA = 'CF-1';

const judgement = (rating: Rating, why: string, reference: string = FORMULA): Judgement => ({ rating, why, reference });
const rule = (name: RegExp, rating: Rating, why: string): NameRule => ({ name, ...judgement(rating, why) });

export const CF_1: Profile = {
  id: 'cf-1',
  title: 'Confidence formula CF-1',
  source: 'CF-1: base by version, up to 9 points off for cipher and key',
  versions: {
    SSLv2: judgement('insufficient', 'base 60', 'CF-1 base'),
    SSLv3: judgement('insufficient', 'base 60', 'CF-1 base'),
    TLSv1: judgement('phase-out', 'base 70', 'CF-1 base'),
    'TLSv1.1': judgement('phase-out', 'base 80', 'CF-1 base'),
    'TLSv1.2': judgement('sufficient', 'base 100', 'CF-1 base'),
    'TLSv1.3': judgement('good', 'base 107', 'CF-1 base'),
  },
  suites: [
    rule(
      /NULL|EXPORT|_anon_|RC4|_DES_|DES40/,
      'insufficient',
      '9 points off: export, anonymous, RC4, none or below 112 bits',
    ),
    rule(/3DES/, 'phase-out', '5 points off: 112 bits'),
    rule(/./, 'good', 'nothing off: 128 bits or more'),
  ],
  groups: [],
  dhe: [],
  signatures: [],
  keys: [
    { name: /^(RSA|DSA)/, atLeastBits: 2048, ...judgement('good', 'nothing off') },
    { name: /^(RSA|DSA)/, ...judgement('phase-out', '4 points off: less than 2048 bits') },
    { name: /^EC/, atLeastBits: 224, ...judgement('good', 'nothing off') },
    { name: /^EC/, ...judgement('phase-out', '4 points off: less than 224 bits') },
    { name: /./, ...judgement('good', 'nothing off') },
  ],
  certificateSignatures: [
    rule(/md5|sha1/i, 'phase-out', '4 points off: signed with MD5 or SHA-1'),
    rule(/./, 'good', 'nothing off'),
  ],
  facts: {},
  order: null,
};
