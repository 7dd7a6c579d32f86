/**
 * Mozilla "Server Side TLS", guidelines 5.8 (2026): `modern` is TLS 1.3 alone, `intermediate` adds the forward-secret AEAD suites
 * of TLS 1.2. Who is on the list is good, all others are not on it.
 */
import type { Judgement, NameRule, Profile } from './profile.ts';

const LIST = 'Mozilla Server Side TLS 5.8';

const listed = (why: string): Judgement => ({ rating: 'good', why, reference: LIST });
const unlisted = (why: string): Judgement => ({ rating: 'insufficient', why, reference: LIST });
const onList = (name: RegExp, why: string): NameRule => ({ name, ...listed(why) });
const elsewise = (why: string): NameRule => ({ name: /./, ...unlisted(why) });

const TLS13_SUITES = onList(/^TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)$/, 'on the list');

export const MOZILLA_INTERMEDIATE: Profile = {
  id: 'mozilla-intermediate',
  title: 'Mozilla intermediate',
  source: 'Mozilla Server Side TLS, guidelines 5.8, intermediate',
  versions: {
    SSLv2: unlisted('older than TLS 1.2'),
    SSLv3: unlisted('older than TLS 1.2'),
    TLSv1: unlisted('older than TLS 1.2'),
    'TLSv1.1': unlisted('older than TLS 1.2'),
    'TLSv1.2': listed('on the list'),
    'TLSv1.3': listed('on the list'),
  },
  suites: [
    TLS13_SUITES,
    onList(
      /^TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)$/,
      'on the list',
    ),
    elsewise('the suite is not on the list'),
  ],
  groups: [
    onList(/^(X25519MLKEM768|X25519|P-256|P-384)$/, 'on the list'),
    { name: /./, rating: 'sufficient', why: 'not on the list, and no weaker for it', reference: LIST },
  ],
  dhe: [{ atLeastBits: 0, ...unlisted('DHE is no longer on the list') }],
  signatures: [
    { name: /md5|sha1$|sha224|^dsa/i, ...unlisted('the hash is too weak') },
    { name: /./, ...listed('SHA-256 or better') },
  ],
  keys: [
    onList(/P-(256|384)/, 'on the list'),
    { name: /^RSA/, atLeastBits: 2048, ...listed('2048 bits or more') },
    elsewise('the key is not on the list'),
  ],
  certificateSignatures: [
    onList(/sha(256|384|512)/i, 'SHA-256 or better'),
    elsewise('the signature is not on the list'),
  ],
  facts: {
    compression: { yes: unlisted('TLS compression has to be off'), no: listed('nothing is compressed') },
    ocspStaple: { yes: listed('a staple is sent') },
  },
  order: { server: listed('the server chooses'), client: listed('the client chooses among good suites') },
};

export const MOZILLA_MODERN: Profile = {
  ...MOZILLA_INTERMEDIATE,
  id: 'mozilla-modern',
  title: 'Mozilla modern',
  source: 'Mozilla Server Side TLS, guidelines 5.8, modern',
  versions: { ...MOZILLA_INTERMEDIATE.versions, 'TLSv1.2': unlisted('older than TLS 1.3') },
  suites: [TLS13_SUITES, elsewise('only the suites of TLS 1.3 are on the list')],
  keys: [onList(/P-(256|384)/, 'on the list'), elsewise('only ECDSA keys on P-256 and P-384 are on the list')],
};
