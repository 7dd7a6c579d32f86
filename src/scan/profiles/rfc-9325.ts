/** RFC 9325 (BCP 195, 2022) with RFC 8996 and RFC 9155 (S-PKI-5). SHOULD NOT is a phase-out, MUST NOT insufficient. */
import type { Judgement, Profile, Rating } from './profile.ts';

const judgement = (rating: Rating, why: string, reference: string): Judgement => ({ rating, why, reference });
const MUST_NOT_VERSION = 'RFC 9325 3.1.1';

export const RFC_9325: Profile = {
  id: 'rfc-9325',
  title: 'RFC 9325 and RFC 8996',
  source: 'RFC 9325 (BCP 195), November 2022; RFC 8996; RFC 9155',
  versions: {
    SSLv2: judgement('insufficient', 'it must not be negotiated', MUST_NOT_VERSION),
    SSLv3: judgement('insufficient', 'it must not be negotiated', MUST_NOT_VERSION),
    TLSv1: judgement('insufficient', 'it must not be negotiated', 'RFC 8996 4, RFC 9325 3.1.1'),
    'TLSv1.1': judgement('insufficient', 'it must not be negotiated', 'RFC 8996 5, RFC 9325 3.1.1'),
    'TLSv1.2': judgement('sufficient', 'it must be supported', MUST_NOT_VERSION),
    'TLSv1.3': judgement('good', 'it should be supported and preferred', MUST_NOT_VERSION),
  },
  suites: [
    { name: /NULL/, ...judgement('insufficient', 'nothing is encrypted', 'RFC 9325 4.1') },
    { name: /RC4/, ...judgement('insufficient', 'RC4 must not be negotiated', 'RFC 9325 4.1, RFC 7465') },
    { name: /EXPORT|_DES_|DES40|RC2/, ...judgement('insufficient', 'less than 112 bits', 'RFC 9325 4.1') },
    { name: /_anon_/, ...judgement('insufficient', 'nobody is authenticated', 'RFC 9325 5.1') },
    { name: /3DES/, ...judgement('phase-out', 'less than 128 bits', 'RFC 9325 4.1') },
    { name: /^TLS_RSA_/, ...judgement('phase-out', 'RSA key transport has no forward secrecy', 'RFC 9325 4.1') },
    { name: /^TLS_DHE_/, ...judgement('phase-out', 'finite-field Diffie-Hellman is fragile', 'RFC 9325 4.1') },
    { name: /_CBC_/, ...judgement('phase-out', 'CBC without encrypt-then-MAC', 'RFC 9325 4.2') },
    {
      name: /^TLS_ECDHE_(ECDSA|RSA)_WITH_AES_(128_GCM_SHA256|256_GCM_SHA384)$|^TLS_(AES|CHACHA20)_/,
      ...judgement('good', 'recommended', 'RFC 9325 4.2, 4.3'),
    },
    { name: /./, ...judgement('sufficient', 'forward secret and authenticated', 'RFC 9325 4.1') },
  ],
  groups: [
    { name: /^P-192$/, ...judgement('insufficient', 'less than 224 bits', 'RFC 9325 4.5') },
    { name: /^(sect|P-224|secp256k1)/, ...judgement('phase-out', 'deprecated', 'RFC 8422 5.1.1') },
    { name: /^(P-256|X25519)$/, ...judgement('good', 'it should be supported', 'RFC 9325 4.2.1') },
    { name: /./, ...judgement('sufficient', 'a registered group', 'RFC 9325 4.5') },
  ],
  dhe: [
    {
      atLeastBits: 2048,
      ...judgement('phase-out', 'long enough, but DHE should not be negotiated', 'RFC 9325 4.1, 4.5'),
    },
    { atLeastBits: 0, ...judgement('insufficient', 'less than 2048 bits', 'RFC 9325 4.5') },
  ],
  signatures: [
    { name: /md5|sha1$/i, ...judgement('insufficient', 'MD5 and SHA-1 must not be used', 'RFC 9155 2, RFC 9325 4.5') },
    { name: /sha224/i, ...judgement('phase-out', 'weaker than SHA-256', 'RFC 9325 4.5') },
    { name: /./, ...judgement('good', 'SHA-256 or better', 'RFC 9325 4.5') },
  ],
  keys: [
    { name: /^RSA/, atLeastBits: 2048, ...judgement('good', '2048 bits or more', 'RFC 9325 4.5') },
    { name: /^(RSA|DSA)/, ...judgement('insufficient', 'less than 2048 bits', 'RFC 9325 4.5') },
    { name: /./, atLeastBits: 224, ...judgement('good', 'long enough', 'RFC 9325 4.5') },
    { name: /./, ...judgement('insufficient', 'less than 224 bits', 'RFC 9325 4.5') },
  ],
  certificateSignatures: [
    { name: /md5|sha1/i, ...judgement('insufficient', 'MD5 and SHA-1 must not be used', 'RFC 9325 4.5') },
    { name: /./, ...judgement('good', 'SHA-256 or better', 'RFC 9325 4.5') },
  ],
  facts: {
    extendedMasterSecret: {
      yes: judgement('good', 'the session is bound to its handshake', 'RFC 9325 3.5, RFC 7627'),
      no: judgement('insufficient', 'it must be supported (triple handshake)', 'RFC 9325 3.5, RFC 7627'),
    },
    secureRenegotiation: {
      yes: judgement('good', 'a renegotiation is bound to its session', 'RFC 9325 3.5, RFC 5746'),
      no: judgement('insufficient', 'it must be implemented', 'RFC 9325 3.5, RFC 5746'),
    },
    compression: {
      yes: judgement('phase-out', 'it should be disabled (CRIME)', 'RFC 9325 3.3'),
      no: judgement('good', 'nothing is compressed', 'RFC 9325 3.3'),
    },
    commandInjection: {
      yes: judgement(
        'insufficient',
        'commands from before the handshake are obeyed inside TLS',
        'RFC 3207 4.2, CVE-2011-0411',
      ),
    },
    largeHello: {
      no: judgement('insufficient', 'a ClientHello of several segments gets no answer', 'RFC 8446 4.1.2, 5.1'),
    },
  },
  order: null,
};
