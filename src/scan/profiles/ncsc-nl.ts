/**
 * NCSC-NL, "ICT security guidelines for Transport Layer Security", 2025-05, as Internet.nl applies it to mail servers
 * (S-PKI-6). What no list names is insufficient there.
 */
import type { Judgement, Profile, Rating } from './profile.ts';

const judgement = (rating: Rating, why: string, reference: string): Judgement => ({ rating, why, reference });
const GONE = judgement('insufficient', 'the version has known weaknesses', 'NCSC-NL 2025 3.3.1');

export const NCSC_NL_2025: Profile = {
  id: 'ncsc-nl-2025',
  title: 'NCSC-NL TLS guidelines 2025-05',
  source: 'NCSC-NL, ICT security guidelines for TLS, 2025-05, as applied by Internet.nl to mail',
  versions: {
    SSLv2: GONE,
    SSLv3: GONE,
    TLSv1: GONE,
    'TLSv1.1': GONE,
    'TLSv1.2': judgement('sufficient', 'good enough where it is configured well', 'NCSC-NL 2025 3.3.1'),
    'TLSv1.3': judgement('good', 'the version of today', 'NCSC-NL 2025 3.3.1'),
  },
  suites: [
    {
      name: /^TLS_(AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)$/,
      ...judgement('good', 'strong, forward secret, authenticated', 'NCSC-NL 2025 appendix B'),
    },
    {
      name: /^TLS_AES_128_(GCM|CCM)_SHA256$|^TLS_ECDHE_(ECDSA|RSA)_WITH_(CHACHA20_POLY1305_SHA256|AES_(128|256)_(GCM_SHA\d+|CCM))$/,
      ...judgement('sufficient', 'forward secret and authenticated', 'NCSC-NL 2025 appendix B'),
    },
    {
      name: /^TLS_ECDHE_(ECDSA|RSA)_WITH_((CAMELLIA|ARIA)_\d+_(GCM|CBC)_SHA(256|384)|AES_\d+_CBC_SHA(256|384))$/,
      ...judgement('phase-out', 'CBC, Camellia and ARIA are on their way out', 'NCSC-NL 2025 appendix B'),
    },
    {
      name: /^TLS_DHE_RSA_WITH_(CHACHA20_POLY1305_SHA256|AES_\d+_CCM|(AES|CAMELLIA|ARIA)_\d+_(GCM|CBC)_SHA(256|384))$/,
      ...judgement('phase-out', 'finite-field Diffie-Hellman is on its way out', 'NCSC-NL 2025 appendix B'),
    },
    { name: /./, ...judgement('insufficient', 'the suite is on no list', 'NCSC-NL 2025 appendix B') },
  ],
  groups: [
    {
      name: /MLKEM/,
      ...judgement('good', 'holds against quantum computers, too', 'NCSC-NL 2025, post-quantum cryptography'),
    },
    {
      name: /^(P-(256|384|521)|X25519|X448|brainpoolP(256|384|512)r1(tls13)?)$/,
      ...judgement('good', 'a strong curve', 'NCSC-NL 2025 3.3.3.1'),
    },
    { name: /^P-224$/, ...judgement('phase-out', 'a curve on its way out', 'NCSC-NL 2025 3.3.3.1') },
    {
      name: /^ffdhe(3072|4096|6144|8192)$/,
      ...judgement('phase-out', 'finite-field groups are on their way out', 'NCSC-NL 2025 3.3.3.1'),
    },
    { name: /./, ...judgement('insufficient', 'the group is on no list', 'NCSC-NL 2025 3.3.3.1') },
  ],
  dhe: [
    {
      atLeastBits: 3072,
      ...judgement('phase-out', 'finite-field groups are on their way out', 'NCSC-NL 2025 3.3.3.1'),
    },
    { atLeastBits: 0, ...judgement('insufficient', 'the group has less than 3072 bits', 'NCSC-NL 2025 3.3.3.1') },
  ],
  signatures: [
    { name: /md5|sha1$/i, ...judgement('insufficient', 'the hash is broken', 'NCSC-NL 2025 3.3.5') },
    { name: /sha224/i, ...judgement('phase-out', 'the hash is on its way out', 'NCSC-NL 2025 3.3.5') },
    { name: /./, ...judgement('good', 'a strong hash', 'NCSC-NL 2025 3.3.5') },
  ],
  keys: [
    { name: /^RSA/, atLeastBits: 3072, ...judgement('good', '3072 bits or more', 'NCSC-NL 2025 3.3.2.1') },
    {
      name: /^RSA/,
      atLeastBits: 2048,
      ...judgement('phase-out', '2048 bits are on their way out', 'NCSC-NL 2025 3.3.2.1'),
    },
    {
      name: /P-(256|384|521)|brainpool|Ed25519|Ed448/i,
      ...judgement('good', 'a strong curve', 'NCSC-NL 2025 3.3.2.1'),
    },
    { name: /P-224/, ...judgement('phase-out', 'a curve on its way out', 'NCSC-NL 2025 3.3.2.1') },
    { name: /./, ...judgement('insufficient', 'the key is too short or on no list', 'NCSC-NL 2025 3.3.2.1') },
  ],
  certificateSignatures: [
    { name: /sha(256|384|512)|Ed25519|Ed448/i, ...judgement('sufficient', 'a strong hash', 'NCSC-NL 2025 3.3.2') },
    { name: /./, ...judgement('insufficient', 'the hash is on no list', 'NCSC-NL 2025 3.3.2') },
  ],
  facts: {
    extendedMasterSecret: {
      yes: judgement('good', 'the session is bound to its handshake', 'NCSC-NL 2025 3.4, RFC 7627'),
      no: judgement(
        'insufficient',
        'without it sessions can be confused (triple handshake)',
        'NCSC-NL 2025 3.4, RFC 7627',
      ),
    },
    secureRenegotiation: {
      yes: judgement('good', 'a renegotiation is bound to its session', 'NCSC-NL 2025 3.4, RFC 5746'),
      no: judgement('insufficient', 'a renegotiation can put foreign words in front', 'NCSC-NL 2025 3.4, RFC 5746'),
    },
    compression: {
      yes: judgement('insufficient', 'compressed lengths give secrets away (CRIME)', 'NCSC-NL 2025 3.4'),
      no: judgement('good', 'nothing is compressed', 'NCSC-NL 2025 3.4'),
    },
  },
  order: null,
};
